"""Files that are either whole or not there: written beside, synced, then put in place in one step.

Every call that changes the file system goes through `system`, so that a test can stop the process at each of them.
Whoever writes a temporary file holds a lock on it, which dies with the process: a file without one was left behind.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from unbrick.saving.privacy import ACL, access_list
from unbrick.saving.privacy import Privacy as Privacy

system: Any = os
"""The module whose functions are called."""

TEMPORARY = ".unbrick-tmp"
BACKUP = ".unbrick-backup"
CHUNK = 1 << 20
WINDOW = 32 << 20
"""Bytes of a large file that are given to the disk at once, while more is written."""


@dataclass(frozen=True)
class Staged:
    """A whole file beside its destination, under a name that no client lists."""

    path: Path
    size: int
    sha256: str

    def put(self, destination: Path) -> None:
        """Replace the destination, or make it; whoever looks sees the old file or the new one."""
        system.replace(self.path, destination)
        sync_folder(destination.parent)

    def put_new(self, destination: Path) -> None:
        """Make the destination. Raises FileExistsError when there is one."""
        make_new(self.path, destination)
        sync_folder(destination.parent)


@contextmanager
def staged(folder: Path, name: str, privacy: Privacy, chunks: Iterable[bytes]) -> Iterator[Staged]:
    """A file with this content in a folder, removed at the end unless it was put in its place.

    Nobody but the owner can read it before it has the privacy asked for.
    """
    path, fd = _make(folder, name)
    held = os.dup(fd)
    try:
        try:
            size, digest = _write(fd, chunks)
            _make_as_private(fd, privacy)
            system.fsync(fd)
        finally:
            system.close(fd)
        yield Staged(path, size, digest)
    finally:
        with suppress(OSError):  # All is on the disk already.
            os.close(held)
        with suppress(FileNotFoundError):
            system.unlink(path)


class Unfinished(NamedTuple):
    """A file that is being written, beside its destination under a name that no client lists."""

    file: BinaryIO
    path: Path

    def finish(self, privacy: Privacy) -> Staged:
        """The file, whole and on the disk, as private as asked for; its digest is not known."""
        self.file.flush()
        _make_as_private(self.file.fileno(), privacy)
        system.fsync(self.file.fileno())
        return Staged(self.path, self.file.tell(), "")


@contextmanager
def unfinished(folder: Path, name: str) -> Iterator[Unfinished]:
    """A file to be written bit by bit, that nobody else can read; removed at the end unless it was put in its place."""
    path, fd = _make(folder, name)
    try:
        with os.fdopen(fd, "wb") as file:
            yield Unfinished(file, path)
    finally:
        with suppress(FileNotFoundError):
            system.unlink(path)


def _make(folder: Path, name: str) -> tuple[Path, int]:
    """A new file under a temporary name and its descriptor, locked. A sweep may have come before the lock."""
    while True:
        path = temporary(folder, name)
        fd = system.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:
            return path, fd
        os.close(fd)


def temporary(folder: Path, name: str) -> Path:
    """A name for what is not whole yet, that no client lists. A name may be 255 bytes long, and a character four."""
    short = os.fsdecode(os.fsencode(name)[:200])
    return folder / f".{short}.{secrets.token_hex(4)}{TEMPORARY}"


def _write(fd: int, chunks: Iterable[bytes]) -> tuple[int, str]:
    digest = hashlib.sha256()
    size = given = 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        left = memoryview(chunk)
        while left:
            left = left[system.write(fd, left) :]
        if size - given >= WINDOW:
            _let_go(fd, max(given - 2 * WINDOW, 0), size)
            given = size
    return size, digest.hexdigest()


def _let_go(fd: int, start: int, end: int) -> None:
    """Begin to bring a range to the disk, and give back the memory of what is there already: the last sync waits for
    little, and a large file does not drive out of memory what others have there. Systems that know no such advice do
    without."""
    with suppress(AttributeError, OSError):
        system.posix_fadvise(fd, start, end - start, os.POSIX_FADV_DONTNEED)


def _make_as_private(fd: int, privacy: Privacy) -> None:
    """Owner and group first: as long as they differ, their permissions are not given. Nor are those of a list that
    cannot be kept: with a list, the group's bits stand for all that it names."""
    mode = privacy.mode
    made = os.fstat(fd)
    wanted = tuple(own if known < 0 else known for known, own in (
        (privacy.uid, made.st_uid), (privacy.gid, made.st_gid),
    ))
    if wanted != (made.st_uid, made.st_gid):
        try:
            system.fchown(fd, *wanted)
        except OSError:
            mode &= 0o700
    if access_list(fd) != privacy.acl:
        try:
            # One that the folder gave to the new file goes: it may name people whom the original does not.
            system.removexattr(fd, ACL) if privacy.acl is None else system.setxattr(fd, ACL, privacy.acl)
        except OSError:
            mode &= 0o707
    system.fchmod(fd, mode)


def make_new(path: Path, destination: Path) -> None:
    """Give a file a new name that must be free. Raises FileExistsError when it is not."""
    try:
        system.link(path, destination)
    except FileExistsError:
        raise
    except OSError:
        # File systems without hard links: nothing else takes a name away under us than another save.
        if os.path.lexists(destination):
            raise FileExistsError(f"{destination} exists") from None
        system.rename(path, destination)
    else:
        system.unlink(path)


def keep(path: Path, backup: Path) -> None:
    """Keep the bytes that a file has now under a second name, whole from the first moment.

    A hard link, because the file is then replaced and not written to; a copy where links are not possible.
    Raises FileExistsError when the name is taken.
    """
    try:
        system.link(path, backup)
    except FileExistsError:
        raise
    except OSError:
        copy_new(path, backup)
    sync_folder(path.parent)


def copy_new(path: Path, destination: Path) -> None:
    """Copy a file under a name that must be free, with the time it was last written. Raises OSError."""
    written = path.stat().st_mtime_ns
    with staged(path.parent, path.name, Privacy.of(path), read_chunks(path)) as copy:
        with suppress(OSError):
            system.utime(copy.path, ns=(written, written))
        copy.put_new(destination)


@contextmanager
def alone(fd: int) -> Iterator[bool]:
    """Whether nobody else saves over an open file for the length of the block. Where a file system knows no locks,
    nobody can be kept out."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
        return
    except OSError:
        yield True
        return
    try:
        yield True
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)


def append(path: Path, data: bytes) -> None:
    """Put bytes at the end of a file in one step. Raises OSError; then none of them is there, or a part."""
    fd = system.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        left = memoryview(data)
        while left:
            left = left[system.write(fd, left) :]
        system.fsync(fd)
    finally:
        system.close(fd)


def read_chunks(path: Path) -> Generator[bytes, None, None]:
    """A file in large pieces."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the file system can."""
    with suppress(OSError):
        fd = system.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            system.fsync(fd)
        finally:
            system.close(fd)


def other_links(path: Path) -> int:
    """How many other names a file has, its own backups and unfinished saves not counted."""
    found = path.stat()
    if found.st_nlink < 2:
        return 0
    ours = 0
    for sibling in path.parent.iterdir():
        if sibling.name.endswith((BACKUP, TEMPORARY)):
            with suppress(OSError):
                ours += os.path.samestat(found, sibling.lstat())
    return max(found.st_nlink - 1 - ours, 0)
