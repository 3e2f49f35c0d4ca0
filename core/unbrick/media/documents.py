"""What a PDF in base64 is: its pages, and whether it can be opened; loads pypdf only when there is one."""

from __future__ import annotations

import binascii
import io
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pypdf import PdfReader

WORDS = 200_000
"""Characters of a document's text that are taken out of it at most."""
_KNOWN: dict[bytes, Document] = {}
_REMEMBERED = 256


class Document(NamedTuple):
    """A PDF: its pages, and what the API says of it where it does not take it (None: nothing)."""

    pages: int
    fault: str | None = None


EMPTY = Document(0, "PDF cannot be empty")
NO_BASE64 = Document(0, "invalid base64 data")
LOCKED = Document(0, "The PDF specified is password protected.")
INVALID = Document(0, "The PDF specified was not valid.")


def read(data: str) -> Document:
    """What base64 data holds. Never raises. The last ones are remembered, by their digest: a repair asks again and
    again, and opening a book takes a second."""
    if not data:
        return EMPTY
    try:
        raw = binascii.a2b_base64(data, strict_mode=True)
    except (binascii.Error, ValueError):
        return NO_BASE64
    import hashlib

    key = hashlib.blake2b(raw, digest_size=16).digest()
    if key not in _KNOWN:
        if len(_KNOWN) >= _REMEMBERED:
            del _KNOWN[next(iter(_KNOWN))]
        _KNOWN[key] = _opened(raw)
    return _KNOWN[key]


def text(data: str) -> str:
    """The text of a document, page by page; empty where it has none or cannot be opened."""
    try:
        raw = binascii.a2b_base64(data)
        reader = _reader(raw)
        if reader is None:
            return ""
        found: list[str] = []
        size = 0
        for page in reader.pages:
            words = page.extract_text().strip()
            size += len(words)
            found.append(words)
            if size > WORDS:
                break
        return "\n\n".join(words for words in found if words)[:WORDS]
    except Exception:  # A parser of other people's files raises what it likes.
        return ""


def plain(data: str) -> str:
    """The words of what was no document but text all along; empty where it is anything else."""
    try:
        words = binascii.a2b_base64(data).decode("utf-8")
    except ValueError:
        return ""
    readable = not any(letter < " " and letter not in "\t\r\n\f" for letter in words)
    return words if readable and len(words) <= WORDS and words.strip() else ""


def _opened(raw: bytes) -> Document:
    from pypdf.errors import DependencyError

    if b"%PDF-" not in raw[:1024]:
        return INVALID
    try:
        reader = _reader(raw)
        if reader is None:
            return LOCKED
        pages = len(reader.pages)
    except DependencyError:  # A cipher that only more software opens: nobody can say, so nothing is held against it.
        return Document(0)
    except Exception:  # A parser of other people's files raises what it likes.
        return INVALID
    return Document(pages) if pages else INVALID


def _reader(raw: bytes) -> PdfReader | None:
    """A document opened, None where it asks for a password."""
    import logging

    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # It speaks of every flaw that it reads past.
    reader = PdfReader(io.BytesIO(raw))
    return reader if not reader.is_encrypted or reader.decrypt("") else None
