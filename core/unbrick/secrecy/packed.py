"""A file's bytes, and those that it, or a line of a transcript, holds compressed."""

from __future__ import annotations

import base64
import bz2
import gzip
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import IO, Protocol

CHUNK = 1 << 20
MOST = 1 << 28
"""So many bytes are unpacked of one file: a few kilobytes may stand for petabytes."""
ALL = 1 << 30
"""And so many of all that one look comes upon."""
_BEGIN = (b"H4sI", b"UEsDB")
"""How base64 of gzip and of zip begins."""
_BREAK = re.compile(rb"\\+[nr]|\s")
_BASE64 = re.compile(rb"(?:H4sI|UEsDB)(?:[\w+/=-]++|\\++[nr]|\s)*+")
_ONE = bytes.maketrans(b"+/", b"-_")
_FORMS = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open))
_FAULTS = (OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


class Room:
    """How many bytes may still be unpacked in all; whether something was not unpacked to its end for want of room."""

    def __init__(self) -> None:
        self.left = ALL
        self.cut = False

    def was_cut(self) -> bool:
        """Whether something was cut since this was asked last."""
        cut, self.cut = self.cut, False
        return cut


def contents(path: Path, room: Room) -> Iterator[Iterator[bytes]]:
    """What a file holds, each in pieces: its own bytes, and those that gzip, bzip2, xz or zip stand for. What cannot be
    read ends early."""
    with suppress(*_FAULTS), path.open("rb") as file:
        yield iter(lambda: file.read(CHUNK), b"")
        yield from _unpacked(file, room)


def begins(raw: bytes) -> bool:
    """Whether bytes may hold what gzip or zip made, in base64."""
    return any(begin in raw for begin in _BEGIN)


def embedded(raw: bytes, room: Room) -> Iterator[Iterator[bytes]]:
    """What a line holds that gzip or zip made and base64 holds, each in pieces."""
    for found in _BASE64.finditer(raw) if begins(raw) else ():
        letters = _BREAK.sub(b"", found[0])
        with suppress(*_FAULTS):
            file = BytesIO(base64.urlsafe_b64decode(letters.translate(_ONE)[: len(letters) // 4 * 4]))
            yield from _unpacked(file, room)


def _unpacked(file: IO[bytes], room: Room) -> Iterator[Iterator[bytes]]:
    file.seek(0)
    head = file.read(6)
    file.seek(0)
    if head.startswith(b"PK"):
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                with archive.open(member) as one:
                    yield _pieces(one, room)
    for magic, unpacked in _FORMS:
        if head.startswith(magic):
            with unpacked(file) as whole:
                yield _pieces(whole, room)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _pieces(file: _Readable, room: Room) -> Iterator[bytes]:
    """The bytes of a file, as far as there is room."""
    used = 0
    with suppress(*_FAULTS):
        while piece := file.read(CHUNK):
            if used >= MOST or room.left <= 0:
                room.cut = True
                return
            used += len(piece)
            room.left -= len(piece)
            yield piece
