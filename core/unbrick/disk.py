"""What stands at a path. `pathlib` raises for a path that is too long or lies in a folder that may not be searched;
here such a path, which a transcript or somebody else's $PATH may name, holds nothing."""

from __future__ import annotations

import stat
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a regular file, or a link to one, is there for us."""
    return stat.S_ISREG(_mode(path))


def is_dir(path: Path) -> bool:
    """Whether a folder, or a link to one, is there for us."""
    return stat.S_ISDIR(_mode(path))


def has_dir(path: Path) -> bool:
    """Whether a folder is there, where what is there must not be missed. Raises OSError when it cannot be told."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0
