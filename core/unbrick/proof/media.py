"""Images and documents of a request, read for a second time: what the API refuses of them, in its own words.

Decoded by Pillow and pypdf, where `unbrick.api` goes by the first bytes as far as it can (messages-api-rules §6, §7).
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator
from typing import Any

from PIL import Image
from pypdf import PdfReader
from pypdf.errors import LimitReachedError

from unbrick.media.bounds import EndlessError, bounded

Block = dict[str, Any]
Placed = tuple[str, Block]
"""A block and its place in the request."""

MANY, MANY_SIDE, SIDE = 20, 2000, 8000
HEAVIEST = 10 << 20
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}


def refusals(blocks: Iterable[Placed], most: int) -> Iterator[str]:
    """What is refused of the blocks of a request with their places; images and pages may be `most` in all."""
    media = [(place, block) for place, block in _inner(blocks) if block.get("type") in ("image", "document")]
    images = sum(block["type"] == "image" for _place, block in media)
    pages = 0
    for place, block in media:
        source = block.get("source")
        kind = source.get("type") if isinstance(source, dict) else None
        if not isinstance(source, dict) or kind is None:
            yield f"{place}.{block['type']}.source: Field required"
        elif kind == "base64":
            if block["type"] == "image":
                yield from _image(f"{place}.image.source.base64", source, MANY_SIDE if images > MANY else SIDE)
            else:
                count, why = _pages(place, source)
                pages += count
                if why is not None:
                    yield why
                elif count > most:
                    yield f"{place}.pdf.source.base64.data: A maximum of {most} PDF pages may be provided."
        elif kind == "text" and not isinstance(source.get("data"), str):
            yield f"{place}.document.source.text.data: Field required"
    if images + pages > most:
        yield f"Too much media: {pages} document pages + {images} images > {most}"


def _inner(blocks: Iterable[Placed]) -> Iterator[Placed]:
    for place, block in blocks:
        content = block.get("content")
        if block.get("type") == "tool_result" and isinstance(content, list):
            yield from ((f"{place}.tool_result.content.{n}", part) for n, part in enumerate(content)
                        if isinstance(part, dict))
        else:
            yield place, block


def _image(place: str, source: Block, side: int) -> Iterator[str]:
    data, named = source.get("data"), source.get("media_type")
    if named is None:
        yield f"{place}.media_type: Field required"
    elif named not in FORMATS:
        yield f"{place}.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
    if not isinstance(data, str):
        yield f"{place}.data: Field required"
        return
    if not data:
        yield f"{place}: image cannot be empty"
        return
    raw = _decoded(data)
    if raw is None:
        yield f"{place}: invalid base64 data"
        return
    try:
        image = Image.open(io.BytesIO(raw), formats=list(FORMATS.values()))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        yield "Could not process image"
        return
    if named is not None and image.format != FORMATS.get(str(named)):
        yield f"{place}.data: Image does not match the provided media type {named}"
    if len(data) > HEAVIEST:
        yield f"{place}: image exceeds 10 MB maximum: {len(data)} bytes > {HEAVIEST} bytes"
    if max(image.size) > side:
        said = " for many-image requests" if side == MANY_SIDE else ""
        yield f"{place}.data: At least one of the image dimensions exceed max allowed size{said}: {side} pixels"
        return
    try:
        image.load()
    except (OSError, ValueError, SyntaxError):
        yield "Could not process image"


def _pages(place: str, source: Block) -> tuple[int, str | None]:
    """Pages of a PDF, and what is refused of it."""
    data = source.get("data")
    if source.get("media_type") != "application/pdf":
        said = "Field required" if "media_type" not in source else "Input should be 'application/pdf'"
        return 0, f"{place}.document.source.base64.media_type: {said}"
    if not isinstance(data, str):
        return 0, f"{place}.document.source.base64.data: Field required"
    if not data:
        return 0, f"{place}.document.source.base64: PDF cannot be empty"
    raw = _decoded(data)
    if raw is None:
        return 0, f"{place}.document.source.base64: invalid base64 data"
    reader = None
    try:
        with bounded():
            reader = PdfReader(io.BytesIO(raw))
            if reader.is_encrypted and not reader.decrypt(""):
                return 0, f"{place}.pdf.source.base64.data: The PDF specified is password protected."
            count = len(reader.pages)
    except EndlessError:
        return 0, None  # Nobody can say.
    except LimitReachedError:  # While pages are counted: too many for pypdf.
        return 0, None if reader is not None else f"{place}.pdf.source.base64.data: The PDF specified was not valid."
    except Exception:
        count = 0
    return count, None if count else f"{place}.pdf.source.base64.data: The PDF specified was not valid."


def _decoded(data: str) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True)
    except ValueError:
        return None
