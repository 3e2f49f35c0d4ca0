"""What a PDF in base64 is: its pages, and whether it can be opened, within bounds of our own: a small one may unpack or
refer to itself without end. Loads pypdf only when there is one."""

from __future__ import annotations

import binascii
import io
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from unbrick.media.bounds import EndlessError, bounded

if TYPE_CHECKING:
    from pypdf import PdfReader

LARGEST = 32_000_000
"""Bytes of a document that is opened: as many as a request may have (errors documentation, request size limits)."""
WORDS = 200_000
"""Characters of a document's text that are taken out of it at most."""
PAGES = 600
"""Pages whose text is taken out: as many as a request may hold (PDF documentation)."""
UNPACKED = 4_000_000
"""Bytes that a stream of a page may unpack to, at once, whatever that takes."""
FORMS = 500
"""Drawings inside a page that may be drawn, one inside the other too."""
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
UNKNOWN = Document(0)
"""Nobody can say, so nothing is held against it."""


def read(data: str) -> Document:
    """What base64 data holds. Never raises. The last ones are remembered, by their digest: a repair asks again and
    again, and opening a book takes a second."""
    if not data:
        return EMPTY
    try:
        raw = binascii.a2b_base64(data, strict_mode=True)
    except (binascii.Error, ValueError):
        return NO_BASE64
    if len(raw) > LARGEST:
        return UNKNOWN
    import hashlib

    key = hashlib.blake2b(raw, digest_size=16).digest()
    if key not in _KNOWN:
        if len(_KNOWN) >= _REMEMBERED:
            del _KNOWN[next(iter(_KNOWN))]
        _KNOWN[key] = _opened(raw)
    return _KNOWN[key]


def text(data: str) -> str:
    """The text of a document, page by page, as far as the bounds let it be read; empty where it has none or cannot be
    opened."""
    found: list[str] = []
    # A parser of other people's files raises what it likes.
    with suppress(Exception, EndlessError), bounded():
        for words in _pages(binascii.a2b_base64(data)):
            found.append(words)
    return "\n\n".join(words for words in found if words)[:WORDS]


def _pages(raw: bytes) -> Iterator[str]:
    from pypdf import apply_configuration

    size = 0
    with apply_configuration(zlib_maximum_output_length=UNPACKED, xform_maximum_invocations_per_extraction=FORMS):
        reader = _reader(raw) if len(raw) <= LARGEST else None
        for page in islice(reader.pages if reader is not None else (), PAGES):
            words = page.extract_text().strip()
            size += len(words)
            yield words
            if size > WORDS:
                return


def plain(data: str) -> str:
    """The words of what was no document but text all along; empty where it is anything else."""
    try:
        words = binascii.a2b_base64(data).decode("utf-8")
    except ValueError:
        return ""
    readable = not any(letter < " " and letter not in "\t\r\n\f" for letter in words)
    return words if readable and len(words) <= WORDS and words.strip() else ""


def _opened(raw: bytes) -> Document:
    from pypdf.errors import DependencyError, LimitReachedError

    if b"%PDF-" not in raw[:1024]:
        return INVALID
    reader = None
    try:
        with bounded():
            reader = _reader(raw)
            if reader is None:
                return LOCKED
            pages = len(reader.pages)
    except (DependencyError, EndlessError):  # A cipher that only more software opens, or no end.
        return UNKNOWN
    except LimitReachedError:  # While pages are counted: too many for pypdf.
        return INVALID if reader is None else UNKNOWN
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
