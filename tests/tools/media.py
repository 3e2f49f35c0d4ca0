"""Images and documents made on the spot, and the blocks that hold them."""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image
from pypdf import PdfWriter

Block = dict[str, Any]


def picture(width: int = 30, height: int = 20, format_: str = "PNG", *, noise: bool = False) -> bytes:
    """An image in one tone, or one that hardly shrinks when it is packed."""
    made = Image.effect_noise((width, height), 60) if noise else Image.new("L", (width, height), 200)
    file = io.BytesIO()
    made.save(file, format_)
    return file.getvalue()


def png(width: int = 30, height: int = 20) -> bytes:
    """A PNG in one tone."""
    return picture(width, height)


def image(data: bytes | str | None = None, named: str | None = "image/png") -> Block:
    """An image block of bytes or of what stands in the place of base64; a small PNG unless told otherwise."""
    source = {"type": "base64", "media_type": named, "data": _base64(png() if data is None else data)}
    return {"type": "image", "source": {key: value for key, value in source.items() if value is not None}}


def pdf(pages: int = 1, password: str = "") -> bytes:
    """A PDF of empty pages."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def document(pages: int = 1, *, data: bytes | str | None = None, password: str = "") -> Block:
    """A document block with a PDF of empty pages, or with other bytes."""
    raw = pdf(pages, password) if data is None else data
    return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": _base64(raw)}}


def _base64(data: bytes | str) -> str:
    return data if isinstance(data, str) else base64.b64encode(data).decode()
