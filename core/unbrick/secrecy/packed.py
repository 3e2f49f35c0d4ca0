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
_BEGIN = (b"H4sI", b"UEsDB")
"""How base64 of gzip and of zip begins."""
_BREAK = re.compile(rb"\\+[nr]|\s")
_BASE64 = re.compile(rb"(?:H4sI|UEsDB)(?:[\w+/=-]++|\\++[nr]|\s)*+")
_ONE = bytes.maketrans(b"+/", b"-_")
_FORMS = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open))
_FAULTS = (OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


def contents(path: Path) -> Iterator[Iterator[bytes]]:
    """What a file holds, each in pieces: its own bytes, and those that gzip, bzip2, xz or zip stand for. What cannot be
    read ends early."""
    with suppress(*_FAULTS), path.open("rb") as file:
        yield _pieces(file)
        yield from _unpacked(file)


def begins(raw: bytes) -> bool:
    """Whether bytes may hold what gzip or zip made, in base64."""
    return any(begin in raw for begin in _BEGIN)


def embedded(raw: bytes) -> Iterator[Iterator[bytes]]:
    """What a line holds that gzip or zip made and base64 holds, each in pieces."""
    for found in _BASE64.finditer(raw) if begins(raw) else ():
        letters = _BREAK.sub(b"", found[0])
        with suppress(*_FAULTS):
            yield from _unpacked(BytesIO(base64.urlsafe_b64decode(letters.translate(_ONE)[: len(letters) // 4 * 4])))


def _unpacked(file: IO[bytes]) -> Iterator[Iterator[bytes]]:
    file.seek(0)
    head = file.read(6)
    file.seek(0)
    if head.startswith(b"PK"):
        with zipfile.ZipFile(file) as archive:
            left = MOST
            for member in archive.infolist():
                left -= member.file_size
                if left > 0:
                    with archive.open(member) as one:
                        yield _pieces(one)
    for magic, unpacked in _FORMS:
        if head.startswith(magic):
            with unpacked(file) as whole:
                yield _pieces(whole, MOST)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _pieces(file: _Readable, left: int = -1) -> Iterator[bytes]:
    """The bytes of a file up to a number of them; all without one."""
    with suppress(*_FAULTS):
        while left and (piece := file.read(CHUNK)):
            yield piece
            left = max(left - len(piece), 0) if left > 0 else left
