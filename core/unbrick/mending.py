"""The bytes of a damaged record as who reads it reads them. A line may be large: what is made of it is held once."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder, utf_8_decode
from collections.abc import Iterable, Iterator
from io import BytesIO

CHUNK = 1 << 20
"""Bytes that are made into text at a time, which takes up to four times as many."""


def _chunks(raw: bytes | memoryview) -> Iterator[memoryview]:
    view = memoryview(raw)
    return (view[at : at + CHUNK] for at in range(0, len(view), CHUNK))


def not_utf8(raw: bytes) -> int | None:
    """The first byte that is no UTF-8."""
    view, at = memoryview(raw), 0
    while at < len(raw):
        chunk = view[at : at + CHUNK]
        try:
            at += utf_8_decode(chunk, "strict", at + len(chunk) == len(raw))[1]
        except UnicodeDecodeError as error:
            return at + error.start
    return None


def utf8(pieces: Iterable[bytes | memoryview]) -> bytes:
    """The bytes with U+FFFD where they are no UTF-8."""
    out, decoder = BytesIO(), getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        for chunk in _chunks(piece):
            out.write(decoder.decode(chunk).encode("utf-8"))
    out.write(decoder.decode(b"", True).encode("utf-8"))
    return out.getvalue()


ESCAPE = re.compile(
    rb"\\(?:u(?P<high>[dD][89abAB][0-9a-fA-F]{2})(?P<pair>\\u[dD][c-fC-F][0-9a-fA-F]{2})?"
    rb"|u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""One escape of a JSON string; a whole surrogate pair counts as one."""


def is_half(escape: re.Match[bytes]) -> bool:
    """Whether an escape is half of a surrogate pair."""
    return bool(escape["low"] or (escape["high"] and not escape["pair"]))


def without_halves(raw: memoryview) -> bytes:
    """A record with U+FFFD in the place of halves of surrogate pairs, as the newest clients read it."""
    out, at = BytesIO(), 0
    for found in filter(is_half, ESCAPE.finditer(raw)):
        out.write(raw[at : found.start()])
        out.write("\ufffd".encode())
        at = found.end()
    out.write(raw[at:])
    return out.getvalue()


_NAN = re.compile(rb"[NI](?:aN|nfinity)")
_NUMBER = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|(-?(?:NaN|Infinity)\b)', re.DOTALL)


def numbers(raw: bytes | memoryview) -> bytes | None:
    """A record with null in the place of numbers that JSON does not know, and U+FFFD where it is no UTF-8; None for one
    without such numbers."""
    if not (_NAN.search(raw) and any(found[1] for found in _NUMBER.finditer(raw))):
        return None
    return utf8(_with_null(memoryview(raw)))


def _with_null(raw: memoryview) -> Iterator[bytes | memoryview]:
    at = 0
    for found in _NUMBER.finditer(raw):
        if found[1]:
            yield raw[at : found.start(1)]
            yield b"null"
            at = found.end(1)
    yield raw[at:]


def without_nul(raw: memoryview) -> bytes:
    """The bytes without NUL."""
    out = BytesIO()
    for chunk in _chunks(raw):
        out.write(bytes(chunk).replace(b"\x00", b""))
    return out.getvalue()
