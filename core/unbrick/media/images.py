"""What an image in base64 is, by its first and last bytes; only one whose end is missing is decoded."""

from __future__ import annotations

import binascii
import re
import struct
from typing import NamedTuple

from unbrick.media import pixels
from unbrick.media.heads import media_type, size

_HEAD, _TAIL = 1 << 16, 1 << 10
"""Characters of base64 that are looked at, both multiples of four."""
_SCHEME = re.compile(r"data:[^,]{0,100};base64,")


class Image(NamedTuple):
    """An image: its media type by its first bytes (None: none that the API takes), width and height in pixels where
    they say so, characters of base64, whether those are base64, and whether it can be decoded."""

    type: str | None
    sides: tuple[int, int] | None
    length: int
    valid: bool = True
    whole: bool = True


def read(data: str) -> Image:
    """What base64 data holds. Never raises."""
    head, tail = _decoded(data[:_HEAD]), _decoded(data[-(len(data) % 4 + _TAIL) :])
    if head is None or tail is None:
        return Image(None, None, len(data), valid=False)
    kind = media_type(head)
    sides = None if kind is None else size(head)
    whole = kind is not None and (_ends(kind, head, tail, len(data)) or pixels.decodes(data))
    return Image(kind, sides, len(data), whole=whole)


def bare(data: str) -> str:
    """Base64 without what is in front of it where it was taken for an address (`data:image/png;base64,`)."""
    found = _SCHEME.match(data)
    return data[found.end() :] if found else data


def what(head: bytes) -> str:
    """What bytes are that are no image, in words: `a web page`, `text`, `bytes of no known kind`."""
    start = head[:512].lstrip().lower()
    for signs, words in _KINDS:
        if start.startswith(signs):
            return words
    if not head:
        return "nothing"
    printable = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in head[:512])
    return "text" if printable == len(head[:512]) else "bytes of no known kind"


_KINDS = (
    ((b"<!doctype html", b"<html"), "a web page"), ((b"<svg", b"<?xml"), "a drawing (SVG or other XML)"),
    ((b"%pdf-",), "a PDF"), ((b"pk\x03\x04",), "a ZIP archive"), ((b"bm",), "a BMP image"),
    ((b"ii*\0", b"mm\0*"), "a TIFF image"), ((b"{", b"["), "JSON"),
    ((b"\x89png", b"\xff\xd8\xff", b"gif8", b"riff"), "an image that is cut off or damaged"),
)


def head(data: str) -> bytes:
    """The first bytes of base64 data, empty where it is none."""
    return _decoded(data[:_HEAD]) or b""


def _decoded(text: str) -> bytes | None:
    """Bytes of a stretch of base64, None where it is none."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        return None


def _ends(kind: str, head: bytes, tail: bytes, length: int) -> bool:
    """Whether the last bytes are such as an image of a type ends in; some writers add a few of their own."""
    if kind == "image/png":
        return b"IEND" in tail
    if kind == "image/jpeg":
        return b"\xff\xd9" in tail
    if kind == "image/gif":
        return tail.rstrip(b"\0").endswith(b";")
    (stated,) = struct.unpack_from("<I", head, 4)
    return bool(stated + 8 <= length // 4 * 3)
