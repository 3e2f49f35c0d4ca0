"""What saves that were killed left behind: temporary files and folders, and what had its name before its session had.

Before something gets its name that means nothing without another file, a note of it is put into the temporary folder
that it comes from, so that it can be taken back. Only what is still as it was made is: whoever changes a file, or adds
one, keeps it. A note may come from anybody, in a folder that was unpacked or cloned: it is heeded only where it names
what a save in that place makes.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from unbrick.disk import whole
from unbrick.saving import atomic
from unbrick.saving.atomic import TEMPORARY, Privacy, staged

NOTE = "note.json"
LARGEST = 1 << 26
"""Bytes of a note; each file that it names takes some hundred."""
_OURS = re.compile(r"\.(.+)\.[0-9a-f]{8}" + re.escape(TEMPORARY), re.DOTALL)
"""The name of what is not whole yet, with the one that it is to have."""


def note(made: Path, unless: Path, moves: Iterable[tuple[Path, Path]]) -> None:
    """Note in a temporary folder what is to be taken back unless a path exists: files and folders as (where one stands
    now, where it will stand), each folder before what is in it. One that does not stand yet is an empty folder to be.
    Raises OSError."""
    lines = [(os.path.relpath(then, made.parent), *_identity(now)) for now, then in moves]
    data = json.dumps({"unless": os.path.relpath(unless, made.parent), "made": lines}).encode()
    with staged(made, NOTE, Privacy(), (data,)) as written:
        written.put(made / NOTE)


def _identity(path: Path) -> tuple[int, ...]:
    """What tells a folder, or a file with its bytes, from another; nothing for what is not there."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return ()
    return (found.st_ino,) if stat.S_ISDIR(found.st_mode) else (found.st_ino, found.st_size, found.st_mtime_ns)


def take_back(made: Path) -> None:
    """Remove what the note of a temporary folder names, where it is still what was noted: files with the same bytes,
    and folders with nothing else in them."""
    with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        found = json.loads(whole(made / NOTE, LARGEST))
        place, unless = Path(os.path.realpath(made.parent)), Path(found["unless"])
        if len(unless.parts) != 1 or _identity(place / unless):  # What cannot be told raises.
            return
        for name, *noted in reversed(found["made"]):
            path = Path(os.path.normpath(place / name))
            if not _made_from(place / made.name, path):
                continue
            with suppress(OSError):
                folder = path.is_dir() and not path.is_symlink()
                if folder and tuple(noted) in ((), _identity(path)):
                    sweep(path)
                    atomic.system.rmdir(path)
                elif not folder and tuple(noted) == _identity(path) != ():
                    atomic.system.unlink(path)


def _made_from(made: Path, path: Path) -> bool:
    """Whether a save may have made something out of a temporary folder: it stands under the name that the folder is
    to have, in the same place or, for a session with files in two projects, in `../../another/same place`; and no link
    leads there."""
    match, place = _OURS.fullmatch(made.name), made.parent
    return os.path.realpath(path.parent) == str(path.parent) and match is not None and any(
        one.name == match[1] and (
            one.parent == place or (one.parent.name, one.parent.parent.parent) == (place.name, place.parent.parent)
        ) for one in (path, *path.parents)
    )


def sweep(folder: Path) -> None:
    """Remove what saves that were killed left in a folder. What a living process writes is locked and stays, and so
    does what cannot be told."""
    try:
        names = [entry for entry in folder.iterdir() if _OURS.fullmatch(entry.name)]
    except OSError:
        return
    for path in names:
        with suppress(OSError):
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                found = os.fstat(fd)
                if stat.S_ISDIR(found.st_mode):
                    if found.st_uid == os.geteuid():  # In a folder of many, a note may be somebody's trap.
                        take_back(path)
                    remove_tree(path)
                elif stat.S_ISREG(found.st_mode):
                    atomic.system.unlink(path)
            finally:
                os.close(fd)


def remove_tree(folder: Path) -> None:
    """Remove a folder that was made here, as far as possible."""
    with suppress(OSError):
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                remove_tree(entry)
            else:
                atomic.system.unlink(entry)
        atomic.system.rmdir(folder)
