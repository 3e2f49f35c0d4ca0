"""Whether image blocks hold images, by their first bytes (messages-api-rules §6)."""

from __future__ import annotations

import binascii
import struct
from collections.abc import Iterator
from typing import Any

MANY = 20
"""With more images than this in a request, each side is limited to MANY_SIDE pixels."""
MANY_SIDE = 2_000
SIDE = 8_000
API_LIMIT = 10 * 1024 * 1024
"""Characters of base64 per image on the first-party API; other platforms keep to the older five megabytes."""
OTHER_LIMIT = 5 * 1024 * 1024

_HEAD = 1 << 16


def images(block: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """The base64 images of a block, itself or inside a result, each with its path."""
    if block.get("type") == "image":
        source = block.get("source")
        if isinstance(source, dict) and source.get("type") == "base64":
            yield (), source
    elif block.get("type") == "tool_result" and isinstance(block.get("content"), list):
        for index, part in enumerate(block["content"]):
            if isinstance(part, dict):
                for _path, source in images(part):
                    yield ("tool_result", "content", index), source


def fault(source: dict[str, Any], many: bool, limit: int) -> tuple[str | None, str] | None:
    """What the API says about an image: the place inside the block (None: the API names none) and the sentence."""
    data = source.get("data")
    if not isinstance(data, str) or not isinstance(source.get("media_type"), str):
        return None
    if not data:
        return "image.source.base64", "image cannot be empty"
    head = _head(data)
    kind = media_type(head)
    if kind is None:
        return None, "Could not process image"
    if kind != source["media_type"]:
        return "image.source.base64.data", f"Image does not match the provided media type {source['media_type']}"
    if len(data) > limit:
        megabytes = limit // (1024 * 1024)
        return "image.source.base64", f"image exceeds {megabytes} MB maximum: {len(data)} bytes > {limit} bytes"
    sides = size(head)
    if sides is not None and max(sides) > SIDE:
        return "image.source.base64.data", "At least one of the image dimensions exceed max allowed size: 8000 pixels"
    if many and sides is not None and max(sides) > MANY_SIDE:
        return "image.source.base64.data", (
            "At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels"
        )
    return None


def kind_of(data: str) -> str | None:
    """The media type of base64 data by its first bytes, None when it is no image that the API knows."""
    return media_type(_head(data))


def _head(data: str) -> bytes:
    """The first bytes of base64 data, empty where it is none."""
    text = data[:_HEAD].rstrip("=")
    try:
        return binascii.a2b_base64(text[: len(text) // 4 * 4].encode("ascii"))
    except (binascii.Error, ValueError):
        return b""


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
