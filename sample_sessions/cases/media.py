"""Images and documents that the API refuses. Their bytes are made without compression, so that they are the same
everywhere."""

from __future__ import annotations

import base64
import struct
import zlib

from sample_sessions.making import LONG, NEW, OLD, Item, Json, Judged, both, calls, prompt, result, sample


def png(width: int, height: int) -> bytes:
    """A white image of one bit per pixel."""
    rows = (b"\0" + b"\xff" * -(-width // 8)) * height
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def pdf(pages: int, *, locked: bool = False) -> bytes:
    """A document that shows one empty page so many times; a locked one opens with no password that is known."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, b" ".join([b"3 0 R"] * pages)),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Resources<<>>>>",
        b"<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>" % (b"4f" * 32, b"55" * 32),
    ]
    made, places = b"%PDF-1.4\n", []
    for number, what in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, what)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    lock = b"/Encrypt 4 0 R/ID[<00><00>]" if locked else b""
    return made + b"xref\n0 5\n0000000000 65535 f \n%strailer\n<</Size 5/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (
        table, lock, len(made),
    )


def block(kind: str, media_type: str, data: bytes) -> Json:
    """A block of an image or a document."""
    encoded = base64.b64encode(data).decode()
    return {"type": kind, "source": {"type": "base64", "media_type": media_type, "data": encoded}}


def image(width: int, height: int) -> Json:
    """An image block."""
    return block("image", "image/png", png(width, height))


def document(data: bytes) -> Json:
    """A document block."""
    return block("document", "application/pdf", data)


def paste(r: list[Json], *blocks: Json) -> list[Item]:
    """Put blocks into the prompt that asks for two requests at once."""
    message = r[prompt(r, "Two requests")]["message"]
    message["content"] = [{"type": "text", "text": message["content"]}, *blocks]
    return [*r]


def refused_once(error: str, code: str) -> tuple[Judged, ...]:
    """Refused for good on the old client; the new one takes the block out and tries again."""
    return Judged(OLD, "refused", error, codes=(code,)), Judged(NEW, "healed", error, codes=(code,))


@sample("image-too-wide", LONG, "anthropics/claude-code#29551", *both("healed", "C012", error="8000 pixels"))
def image_too_wide(r: list[Json]) -> list[Item]:
    """A screenshot of a whole page, 9000 pixels wide, went into a prompt."""
    return paste(r, image(9000, 6))


@sample(
    "large-image-among-many", LONG, "anthropics/claude-code#16173",
    *refused_once("many-image requests: 2000 pixels", "C012"),
)
def large_image_among_many(r: list[Json]) -> list[Item]:
    """A tool gave back an image of 2400 pixels, which is fine until the conversation holds more than twenty. 2.1.139
    takes such images out of prompts, and not out of results."""
    at = result(r, calls(r, "shop/orders.py"))
    r[at]["message"]["content"][0]["content"] = [image(2400, 10)]
    return paste(r, *[image(32, 24)] * 20)


@sample("cut-off-image", LONG, "anthropics/claude-code#53228", *refused_once("Could not process image", "C011"))
def cut_off_image(r: list[Json]) -> list[Item]:
    """An image in a result begins as it should and breaks off in the middle."""
    at = result(r, calls(r, "shop/orders.py"))
    r[at]["message"]["content"][0]["content"] = [block("image", "image/png", png(400, 120)[:3000])]
    return [*r]


@sample(
    "mistyped-image", LONG, "anthropics/claude-code#15746",
    *refused_once("does not match the provided media type image/jpeg", "C011"),
)
def mistyped_image(r: list[Json]) -> list[Item]:
    """A sound image is sent under the type of another format."""
    return paste(r, block("image", "image/jpeg", png(32, 24)))


@sample("text-as-document", LONG, "anthropics/claude-code#25323", *refused_once("PDF specified was not valid", "C014"))
def text_as_document(r: list[Json]) -> list[Item]:
    """A small text was saved with the ending .pdf, and sent as a document."""
    return paste(r, document(b"%PDF-1.4 not really a pdf\n"))


@sample(
    "locked-document", LONG, "anthropics/claude-code#25202",
    *refused_once("PDF specified is password protected", "C014"), options=("--lossy",),
)
def locked_document(r: list[Json]) -> list[Item]:
    """A document that asks for a password went into a prompt."""
    return paste(r, document(pdf(2, locked=True)))


@sample(
    "too-many-pages", LONG, "anthropics/claude-code#16136",
    *refused_once("Too much media: 602 document pages", "C013"), options=("--lossy",),
)
def too_many_pages(r: list[Json]) -> list[Item]:
    """Two documents are taken each by itself, and together have more pages than the API takes."""
    return paste(r, document(pdf(301)), document(pdf(301)))
