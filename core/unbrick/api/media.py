"""The images and documents of a request, and what the API refuses of them (messages-api-rules §6, §7).

Each is looked at by its first and last bytes while its record is decoded, so that no two are in memory at once; what
depends on how many there are is judged afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from unbrick import models
from unbrick.entry import BlockFlag, BlockKind
from unbrick.media import documents, heads, images
from unbrick.media.documents import Document
from unbrick.media.images import Image
from unbrick.request import Request
from unbrick.situation import Violation
from unbrick.target import Target

MANY = 20
"""With more images than this in a request, each side is limited to MANY_SIDE pixels."""
MANY_SIDE = 2_000
SIDE = 8_000
API_LIMIT = 10 * 1024 * 1024
"""Characters of base64 per image on the first-party API; other platforms keep to the older five megabytes."""
OTHER_LIMIT = 5 * 1024 * 1024
MOST, MOST_LONG = 100, 600
"""Images and pages of documents in one request, on models with a window of 200,000 tokens and on all others
(vision and PDF documentation)."""

BAD_IMAGE, DIMENSIONS, TOO_MUCH, BAD_DOCUMENT, HEAVY = "C011", "C012", "C013", "C014", "C015"
MISMATCH = "Image does not match the provided media type"
WIDE = "At least one of the image dimensions exceed max allowed size"

Path = tuple[str | int, ...]
Block = dict[str, Any]


def most(model: str | None) -> int:
    """Images and pages that a model's request may hold."""
    return MOST_LONG if models.window(model) > models.WINDOW else MOST


def limit(target: Target) -> int:
    """Characters of base64 that an image may have where a request goes to."""
    return API_LIMIT if target.endpoint == "api" else OTHER_LIMIT


def inside(block: Block) -> Iterator[tuple[Path, Block]]:
    """The images and documents of a block, itself or inside a result, each with its path."""
    if block.get("type") in ("image", "document"):
        yield (), block
    elif block.get("type") == "tool_result" and isinstance(block.get("content"), list):
        for index, part in enumerate(block["content"]):
            if isinstance(part, dict) and part.get("type") in ("image", "document"):
                yield ("content", index), part


def base64(block: Block) -> str | None:
    """The base64 of an image or a document, None where it is held in another way."""
    source = block.get("source")
    if not isinstance(source, dict) or source.get("type") != "base64":
        return None
    data = source.get("data")
    return data if isinstance(data, str) else None


def flawless(block: Block) -> bool:
    """Whether a block is an image just as the API wants it to be put, so that nobody has to look closer."""
    source = block.get("source")
    return (
        block.keys() == {"type", "source"} and isinstance(source, dict) and len(source) == 3
        and source.get("type") == "base64" and isinstance(source.get("media_type"), str)
        and source["media_type"] in heads.TYPES and isinstance(source.get("data"), str)
    )


class Held(NamedTuple):
    """An image or a document of a request: its message and block, its path inside the block, whether it is an image,
    the media type it is sent under, and what its bytes are (None: not in the request, or nothing to look at)."""

    message: int
    block: int
    path: Path
    image: bool
    named: object
    what: Image | Document | None

    def place(self, *more: str) -> str:
        """Where it stands, as the API names it."""
        inner = ("tool_result", *self.path) if self.path else ()
        return ".".join(map(str, ("messages", self.message, "content", self.block, *inner, *more)))


@dataclass
class Album:
    """The images and documents of a request, in its order."""

    held: list[Held] = field(default_factory=list)
    images: int = 0
    pages: int = 0

    def add(self, message: int, block: int, value: Block) -> None:
        """Look at what a block holds."""
        for path, one in inside(value):
            data = base64(one)
            named = None if data is None else one["source"].get("media_type")
            what: Image | Document | None = None
            if one["type"] == "image":
                self.images += 1
                what = None if data is None else images.read(data)
            elif data is not None and named == "application/pdf":
                what = documents.read(data)
                self.pages += what.pages
            self.held.append(Held(message, block, path, one["type"] == "image", named, what))

    def violations(self, request: Request, target: Target) -> Iterator[Violation]:
        """What the API refuses of them, and what keeps the client from asking it."""
        top = most(target.model)
        for held in self.held:
            if isinstance(held.what, Image):
                if _too_heavy(held, request):
                    yield Violation(HEAVY, held.message, held.block, _weighed(held.what, request), None, held.path)
                    continue
                said = image(held.what, held.named, self.images > MANY, limit(target))
            elif held.what is not None:
                said = document(held.what, top)
            else:
                continue
            if said is not None:
                code, place, sentence = said
                text = sentence if place is None else f"{held.place(*place)}: {sentence}"
                yield Violation(code, held.message, held.block, text, None, held.path)
        # One that is too long by itself is refused for that.
        pages = sum(one.what.pages for one in self.held if isinstance(one.what, Document) and one.what.pages <= top)
        if self.images + pages > top:
            first = self.held[0]
            text = f"Too much media: {pages} document pages + {self.images} images > {top}"
            yield Violation(TOO_MUCH, first.message, first.block, text)


def gathered(request: Request) -> Album:
    """The album of a request. Reads every record that holds an image or a document."""
    album, request = Album(), request.glanced()
    for index, (kind, flags) in enumerate(zip(request.kind, request.flags, strict=True)):
        if kind in (BlockKind.IMAGE, BlockKind.DOCUMENT) or flags & BlockFlag.MEDIA:
            album.add(*request.locate(index), request.piece(index))
    return album


def _too_heavy(held: Held, request: Request) -> bool:
    """Whether an image keeps the client from sending anything."""
    return (
        isinstance(held.what, Image) and request.image_limit is not None and held.what.length > request.image_limit
        and (request.results_weighed or not held.path)
    )


def _weighed(found: Image, request: Request) -> str:
    """What the client says then (observed on 2.1.12 to 2.1.329)."""
    own, top = (f"{size / (1 << 20):.1f}".removesuffix(".0") for size in (found.length, request.image_limit or 0))
    return f"Image base64 size ({own}MB) exceeds API limit ({top}MB). Please resize the image before sending."


def path_of(place: str) -> Path:
    """The path inside a block that a sentence of the API's names: `tool_result.content.2.image…` → content, 2."""
    steps = place.split(".")
    return ("content", int(steps[2])) if len(steps) > 2 and steps[2].isdigit() else ()


Said = tuple[str, tuple[str, ...] | None, str]
"""The code of the rule, the place inside the block (None: the API names none), the sentence."""


def image(found: Image, named: object, many: bool, most_characters: int) -> Said | None:
    """What the API says about an image."""
    source = ("image", "source", "base64")
    data = (*source, "data")
    if not found.length:
        return BAD_IMAGE, source, "image cannot be empty"
    if not found.valid:
        return BAD_IMAGE, source, "invalid base64 data"
    if found.type is None:
        return BAD_IMAGE, None, "Could not process image"
    if isinstance(named, str) and found.type != named:
        return BAD_IMAGE, data, f"{MISMATCH} {named}"
    if found.length > most_characters:
        megabytes = most_characters // (1024 * 1024)
        said = f"image exceeds {megabytes} MB maximum: {found.length} bytes > {most_characters} bytes"
        return HEAVY, source, said
    longest = max(found.sides or (0,))
    if longest > SIDE:
        return DIMENSIONS, data, f"{WIDE}: {SIDE} pixels"
    if many and longest > MANY_SIDE:
        return DIMENSIONS, data, f"{WIDE} for many-image requests: {MANY_SIDE} pixels"
    return None if found.whole else (BAD_IMAGE, None, "Could not process image")


def document(found: Document, top: int) -> Said | None:
    """What the API says about a PDF."""
    if found.fault is not None:
        kind = "document" if found in (documents.EMPTY, documents.NO_BASE64) else "pdf"
        place = (kind, "source", "base64") if kind == "document" else (kind, "source", "base64", "data")
        return BAD_DOCUMENT, place, found.fault
    if found.pages > top:
        place = ("pdf", "source", "base64", "data")
        return BAD_DOCUMENT, place, f"A maximum of {top} PDF pages may be provided."
    return None
