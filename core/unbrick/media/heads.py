"""The media type and the size of an image by its first bytes."""

from __future__ import annotations

import struct

TYPES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WebP"}
"""Media types that the API takes (vision documentation), and what people call them."""


def media_type(head: bytes) -> str | None:
    """The media type that the first bytes tell of."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def size(head: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, None where the first bytes do not say."""
    try:
        if head.startswith(b"\x89PNG"):
            return struct.unpack_from(">II", head, 16)
        if head.startswith(b"GIF"):
            return struct.unpack_from("<HH", head, 6)
        if head.startswith(b"RIFF"):
            return _webp(head)
        return _jpeg(head)
    except struct.error:
        return None


def _webp(head: bytes) -> tuple[int, int] | None:
    if head[12:16] == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    if head[12:16] == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if head[12:16] == b"VP8X":
        low_w, high_w, low_h, high_h = struct.unpack_from("<HBHB", head, 24)
        return (low_w | high_w << 16) + 1, (low_h | high_h << 16) + 1
    return None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    """Size from the frame header; the segments before it (metadata, thumbnails) are stepped over."""
    position = 2
    while position + 9 < len(head) and head[position] == 0xFF:
        marker = head[position + 1]
        if marker == 0xFF:
            position += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", head, position + 5)
            return width, height
        else:
            (length,) = struct.unpack_from(">H", head, position + 2)
            position += 2 + length
    return None
