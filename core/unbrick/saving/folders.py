"""Folders that are either whole or not there: filled beside, then given their name."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from unbrick.saving import atomic
from unbrick.saving.atomic import Privacy, read_chunks, staged, sync_folder, temporary
from unbrick.saving.leftovers import note, remove_tree, take_back


def private_folder(path: Path) -> None:
    """Make a folder, and those above it that are not there, for its owner alone. Raises OSError."""
    for folder in (*reversed(path.parents), path):
        if not folder.is_dir():
            with suppress(FileExistsError):
                atomic.system.mkdir(folder, 0o700)


class Copy(NamedTuple):
    """A copy of a folder that has no name of its own yet, and the name that it is to have."""

    path: Path
    destination: Path

    def put(self, transcript: Path) -> None:
        """Give it its name. It goes again unless the transcript that it belongs to has its name by the end of the
        block that it was made in, or when the next save looks. Raises OSError."""
        inside = ((one, self.destination / one.relative_to(self.path)) for one in sorted(self.path.rglob("*")))
        note(self.path.parent, transcript, ((self.path, self.destination), *inside))
        atomic.system.rename(self.path, self.destination)


@contextmanager
def copied_tree(source: Path, destination: Path) -> Iterator[Copy]:
    """A copy of a folder with its files and links, beside the destination.

    What is neither file, folder nor link is left out. Raises OSError; then nothing of it is left.
    """
    with _staging(destination) as made:
        copy = made / "copy"
        _copy_folder(source, copy)
        yield Copy(copy, destination)


@contextmanager
def staged_folder(destination: Path) -> Iterator[Path]:
    """A folder to put files in; it has its own name when the block is left without an error.

    Raises FileExistsError when there is one of that name.
    """
    with _staging(destination) as made:
        inner = made / "new"
        atomic.system.mkdir(inner, 0o700)
        yield inner
        if os.path.lexists(destination):
            raise FileExistsError(f"{destination} exists")
        atomic.system.rename(inner, destination)
        sync_folder(destination.parent)


@contextmanager
def _staging(destination: Path) -> Iterator[Path]:
    """An empty folder beside a destination, under a name that no client lists, removed at the end."""
    made = temporary(destination.parent, destination.name)
    atomic.system.mkdir(made, 0o700)
    held = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            fcntl.flock(held, fcntl.LOCK_EX)
        yield made
    finally:
        take_back(made)
        remove_tree(made)
        os.close(held)


def _copy_folder(source: Path, destination: Path) -> None:
    mode = stat.S_IMODE(source.stat().st_mode)
    atomic.system.mkdir(destination, 0o700)
    for entry in sorted(source.iterdir()):
        target = destination / entry.name
        kind = entry.lstat().st_mode  # It raises, where asking for each kind would leave out what cannot be looked at.
        if stat.S_ISLNK(kind):
            atomic.system.symlink(entry.readlink(), target)
        elif stat.S_ISDIR(kind):
            _copy_folder(entry, target)
        elif stat.S_ISREG(kind):
            with staged(destination, entry.name, Privacy.of(entry), read_chunks(entry)) as copy:
                copy.put_new(target)
    same = source.stat().st_gid == destination.stat().st_gid
    atomic.system.chmod(destination, (mode if same else mode & 0o700) | 0o700)
