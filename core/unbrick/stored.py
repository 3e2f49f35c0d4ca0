"""Sessions as they lie on disk: what a folder tells of one, and what a session says of itself."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Stored(NamedTuple):
    """A transcript as its folder lists it: its size in bytes, when it was last written (nanoseconds since the epoch),
    whether it belongs to the project of the folder that was asked for, and the client that keeps it there."""

    path: Path
    size: int
    mtime_ns: int
    here: bool = False
    client: str = ""

    @classmethod
    def at(cls, path: Path | os.DirEntry[str], client: str = "", *, here: bool = False) -> Stored | None:
        """What stands at a path; None where no regular file does."""
        try:
            found = path.stat()
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        return cls(Path(path), found.st_size, found.st_mtime_ns, here, client)


@dataclass(frozen=True)
class About:
    """What a session says of itself in the first and last lines of its file: its id, its title (the one it was given,
    else the first prompt), the folder the person worked in, the version of the client that wrote last."""

    session_id: str
    title: str = ""
    project: Path | None = None
    version: str = ""


def newest_first(found: Iterable[Stored]) -> list[Stored]:
    """This folder's first, newest first."""
    return sorted(found, key=lambda one: (not one.here, -one.mtime_ns, one.path))
