"""Images and documents made on the spot, and the blocks that hold them."""

from __future__ import annotations

import base64
import io
import zlib
from itertools import accumulate
from typing import Any

from PIL import Image
from pypdf import PdfWriter

Block = dict[str, Any]
CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
"""The first object of a PDF."""


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


def objects(*bodies: bytes) -> bytes:
    """A PDF of objects numbered from 1, the first one its catalog."""
    parts = [b"%PDF-1.5\n", *(b"%d 0 obj\n%b\nendobj\n" % one for one in enumerate(bodies, 1))]
    *starts, end = accumulate(map(len, parts))
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    size = len(bodies) + 1
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, end)
    return b"".join((*parts, b"xref\n0 %d\n0000000000 65535 f \n" % size, table, tail))


def packed(data: bytes, more: bytes = b"") -> bytes:
    """A stream as a PDF holds it."""
    small = zlib.compress(data, 9)
    return b"<< /Length %d /Filter /FlateDecode %b >>\nstream\n%b\nendstream" % (len(small), more, small)


def written(*contents: bytes, drawn: bytes = b"") -> bytes:
    """A PDF with a page for each content, and what a page draws as `/X Do`."""
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(len(contents)))
    streams = 5 + len(contents)
    page = (
        b"<< /Type /Page /Parent 2 0 R /Contents %d 0 R "
        b"/Resources << /Font << /F 3 0 R >> /XObject << /X 4 0 R >> >> >>"
    )
    form = b"/Type /XObject /Subtype /Form /Resources << /Font << /F 3 0 R >> >>"
    known = [*dict.fromkeys(contents)]
    return objects(
        CATALOG, b"<< /Type /Pages /Count %d /Kids [%b] >>" % (len(contents), kids),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", packed(drawn, form),
        *(page % (streams + known.index(one)) for one in contents), *map(packed, known),
    )


def tree(depth: int, times: int) -> bytes:
    """A PDF whose pages hold pages, each of them more than once."""
    nodes = (b"<< /Type /Pages /Count 1 /Kids [%b] >>" % (b"%d 0 R " % (at + 3) * times) for at in range(depth))
    return objects(CATALOG, *nodes, b"<< /Type /Page >>")


def document(pages: int = 1, *, data: bytes | str | None = None, password: str = "") -> Block:
    """A document block with a PDF of empty pages, or with other bytes."""
    raw = pdf(pages, password) if data is None else data
    return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": _base64(raw)}}


def _base64(data: bytes | str) -> str:
    return data if isinstance(data, str) else base64.b64encode(data).decode()
