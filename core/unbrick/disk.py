"""What stands at a path. `pathlib` raises for a path that is too long or lies in a folder that may not be searched;
here such a path, which a transcript or somebody else's $PATH may name, holds nothing."""

from __future__ import annotations

import errno
import os
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


def whole(path: Path, most: int) -> bytes:
    """A small file, of at most so many bytes. Raises OSError, also for a larger one and for what is no file: a pipe
    would wait for somebody to write into it."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
        if found.st_size > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        with os.fdopen(fd, "rb", closefd=False) as file:
            return file.read(found.st_size + 1)
    finally:
        os.close(fd)


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0
