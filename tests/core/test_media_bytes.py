"""Images and documents: what they are by their bytes, what the API says of them, and how they are scaled down."""

from __future__ import annotations

import base64
import io
import struct
import sys
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tools.chat import call, result, text
from tools.media import CATALOG, document, image, objects, packed, pdf, picture, png, tree, written
from tools.requests import request_of
from unbrick import api
from unbrick.media import bounds, documents, heads, images, pixels
from unbrick.proof.api import refusal
from unbrick.target import Target, Version

LONG, SHORT = "claude-opus-4-7", "claude-sonnet-4-5"
DATA = "messages.0.content.0.image.source.base64.data"
PDF = "messages.0.content.0.pdf.source.base64.data"
Messages = list[dict[str, Any]]


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def lint(messages: Messages, model: str = LONG, **more: Any) -> list[tuple[str, str]]:
    target = Target("claude-code", Version.parse("2.1.139"), model, **more)
    return [(v.code, v.text) for v in api.lint(request_of(messages), target)]


def prompt(*blocks: Any) -> Messages:
    return [{"role": "user", "content": list(blocks)}]


def answered(*parts: Any) -> Messages:
    return [
        {"role": "user", "content": "a"}, {"role": "assistant", "content": [call("t1")]},
        {"role": "user", "content": [result("t1", list(parts))]},
    ]


def changed(block: dict[str, Any], **source: Any) -> dict[str, Any]:
    """A block whose source has other members; None takes one out."""
    return {**block, "source": {k: v for k, v in {**block["source"], **source}.items() if v is not None}}


WORDS = changed(document(data=""), type="text", media_type="text/plain", data="words")
REFUSED = [
    pytest.param(prompt(image("")), "C011", "messages.0.content.0.image.source.base64: image cannot be empty",
                 id="an empty image"),
    pytest.param(prompt(image("data:image/png;base64," + b64(png()))), "C011",
                 "messages.0.content.0.image.source.base64: invalid base64 data", id="an address for base64"),
    pytest.param(prompt(image(b"<html>404</html>")), "C011", "Could not process image", id="a web page for an image"),
    pytest.param(prompt(image(picture(noise=True)[:300])), "C011", "Could not process image", id="a cut-off image"),
    pytest.param(prompt(image(named="image/gif")), "C011",
                 f"{DATA}: Image does not match the provided media type image/gif", id="an image of another type"),
    pytest.param(prompt(image(named=None)), "C011",
                 "messages.0.content.0.image.source.base64.media_type: Field required", id="no media type"),
    pytest.param(answered(text("a"), image(b"no")), "C011", "Could not process image", id="inside a result"),
    pytest.param(answered(text("a"), image("")), "C011",
                 "messages.2.content.0.tool_result.content.1.image.source.base64: image cannot be empty",
                 id="an empty image inside a result"),
    pytest.param(prompt(image(png(8001, 3))), "C012",
                 f"{DATA}: At least one of the image dimensions exceed max allowed size: 8000 pixels", id="too wide"),
    pytest.param(answered(*[image()] * 20, image(picture(3, 2001, "JPEG"), "image/jpeg")), "C012",
                 "messages.2.content.0.tool_result.content.20.image.source.base64.data: At least one of the image "
                 "dimensions exceed max allowed size for many-image requests: 2000 pixels", id="too high among many"),
    pytest.param(prompt(image(png() + bytes(8_000_000))), "C015",
                 "messages.0.content.0.image.source.base64: image exceeds 10 MB maximum: 10666772 bytes > 10485760 "
                 "bytes",
                 id="too heavy"),
    pytest.param(prompt(document(data="")), "C014",
                 "messages.0.content.0.document.source.base64: PDF cannot be empty", id="an empty document"),
    pytest.param(prompt(document(data=b"%PDF-1.4 not really")), "C014", f"{PDF}: The PDF specified was not valid.",
                 id="a document that is none"),
    pytest.param(prompt(document(data=pdf(30)[:-200])), "C014", f"{PDF}: The PDF specified was not valid.",
                 id="a document that is cut off"),
    pytest.param(prompt(document(password="x")), "C014", f"{PDF}: The PDF specified is password protected.",
                 id="a locked document"),
    pytest.param(prompt(document(601)), "C014", f"{PDF}: A maximum of 600 PDF pages may be provided.", id="too long"),
    pytest.param(prompt(changed(document(), media_type=None)), "C014",
                 "messages.0.content.0.document.source.base64.media_type: Field required", id="a document of no type"),
    pytest.param(prompt(changed(WORDS, data=None)), "C014",
                 "messages.0.content.0.document.source.text.data: Field required", id="a text without words"),
]


@pytest.mark.parametrize(("messages", "code", "said"), REFUSED)
def test_what_is_refused_is_named_in_the_words_of_the_api(messages: Messages, code: str, said: str) -> None:
    assert (code, said) in lint(messages)
    assert refusal({"model": LONG, "messages": messages}) == said


@pytest.mark.parametrize("messages", [
    pytest.param(prompt(image()), id="an image"),
    pytest.param(prompt(*[image(png(2001, 4))] * 20), id="twenty large images"),
    pytest.param(prompt(image(picture(format_="JPEG") + b"trailer", "image/jpeg")), id="bytes behind an image"),
    pytest.param(prompt(image(picture(60, 60, "GIF"), "image/gif"), image(picture(60, 60, "WEBP"), "image/webp")),
                 id="other formats"),
    pytest.param(prompt(document(3), WORDS), id="documents"),
    pytest.param(answered(text("a"), image(), document()), id="both inside a result"),
])
def test_what_is_taken_is_left_alone(messages: Messages) -> None:
    assert lint(messages) == []
    assert refusal({"model": LONG, "messages": messages}) is None


@pytest.mark.parametrize(("blocks", "model", "said"), [
    pytest.param([image()] * 100, SHORT, None, id="as many images as are taken"),
    pytest.param([image()] * 101, SHORT, "Too much media: 0 document pages + 101 images > 100", id="one more"),
    pytest.param([image()] * 101, LONG, None, id="on a model with a long window"),
    pytest.param([image()] * 601, LONG, "Too much media: 0 document pages + 601 images > 600", id="more than that"),
    pytest.param([*[image()] * 50, document(51)], SHORT, "Too much media: 51 document pages + 50 images > 100",
                 id="images and pages together"),
])
def test_images_and_pages_are_counted_together(blocks: list[Any], model: str, said: str | None) -> None:
    found = lint(prompt(*blocks), model)
    assert found == ([("C013", said)] if said else [])
    assert refusal({"model": model, "messages": prompt(*blocks)}) == said


def test_another_platform_takes_half_as_much() -> None:
    heavy = prompt(image(png() + bytes(4_000_000)))
    assert not lint(heavy)
    (code, said), = lint(heavy, endpoint="bedrock.test")
    assert (code, "5 MB maximum" in said) == ("C015", True)


@pytest.mark.parametrize(("head", "kind", "size"), [
    pytest.param(png(30, 20), "image/png", (30, 20), id="png"),
    pytest.param(b"GIF89a" + struct.pack("<HH", 30, 20), "image/gif", (30, 20), id="gif"),
    pytest.param(
        b"\xff\xd8\xff\xe0" + struct.pack(">H", 4) + b"JF\xff\xc2" + struct.pack(">HBHH", 11, 8, 20, 30) + bytes(9),
        "image/jpeg", (30, 20), id="jpeg behind a metadata segment",
    ),
    pytest.param(
        b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + struct.pack("<HBHB", 29, 0, 19, 0), "image/webp", (30, 20), id="webp"
    ),
    pytest.param(b"<svg xmlns=", None, None, id="svg"),
    pytest.param(b"", None, None, id="nothing"),
])
def test_images_are_told_by_their_first_bytes(head: bytes, kind: str | None, size: tuple[int, int] | None) -> None:
    assert heads.media_type(head) == kind
    assert images.read(b64(head)).type == kind
    assert kind is None or heads.size(head) == size


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "GIF", "WEBP"])
@pytest.mark.parametrize("noise", [False, True], ids=["one tone", "noise"])
def test_the_first_bytes_say_of_an_image_what_its_decoder_says(format_: str, noise: bool) -> None:
    raw = picture(311, 97, format_, noise=noise)
    found = images.read(b64(raw))
    assert (found.type, found.sides, found.valid, found.whole) == (f"image/{format_.lower()}", (311, 97), True, True)
    if len(raw) > 2000:
        assert not images.read(b64(raw[: len(raw) // 2])).whole


def decoded(text_: str) -> Image.Image:
    made = Image.open(io.BytesIO(base64.b64decode(text_)))
    made.load()
    return made


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_scaled_image_keeps_its_format_and_proportion(format_: str) -> None:
    found = pixels.scaled(b64(picture(2400, 1000, format_)), 2000)
    assert found is not None
    made = decoded(found[0])
    assert (made.format, made.size, found[1]) == (format_, (2000, 833), (2000, 833))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_pixel_is_scaled(mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (300, 20)).save(file, "JPEG" if mode == "CMYK" else "PNG")
    found = pixels.scaled(b64(file.getvalue()), 100)
    assert found is not None
    assert decoded(found[0]).size == (100, 7)


def test_a_heavy_image_is_scaled_until_it_fits() -> None:
    found = pixels.scaled(b64(picture(900, 700, noise=True)), 800, 300_000)
    assert found is not None
    assert len(found[0]) <= 300_000
    assert max(found[1]) < 800


@pytest.mark.parametrize("data", [
    pytest.param("", id="nothing"), pytest.param("é", id="no base64"), pytest.param(b64(b"<html>"), id="a web page"),
    pytest.param(b64(picture(noise=True)[:300]), id="a cut-off image"),
    pytest.param(b64(png()[:16] + struct.pack(">II", 90_000, 90_000) + png()[24:]), id="one that unpacks to gigabytes"),
])
def test_what_cannot_be_scaled_is_left(data: str) -> None:
    assert pixels.scaled(data, 2000) is None


def test_the_text_of_a_document_is_read() -> None:
    raw = pdf(1).replace(b"/Contents", b"/Contents")
    assert documents.text(b64(raw)) == ""
    assert documents.text("no") == ""


def said(words: str) -> bytes:
    """The content of a page."""
    return b"BT /F 1 Tf (%b) Tj ET" % words.encode()


BLANK = b"BT /F 1 Tf " + b"( ) Tj " * 4000 + b"ET"


@pytest.mark.parametrize(("raw", "words"), [
    pytest.param(written(said("one"), said("two")), "one\n\ntwo", id="words on two pages"),
    pytest.param(written(b"/X Do", drawn=said("drawn")), "drawn", id="words in a drawing"),
    pytest.param(written(said("one"), *[BLANK] * 900), "one", id="a page of blanks nine hundred times"),
    pytest.param(written(said("one"), b"/X Do " * 400, drawn=BLANK), "one", id="a drawing four hundred times"),
    pytest.param(written(said("one"), b"/X Do", drawn=b"/X Do " * 9), "one", id="a drawing that holds itself"),
    pytest.param(written(said("one"), b" " * 60_000_000), "one", id="a page that unpacks to 60 MB"),
    pytest.param(written(said("one"), b"1 " * 900_000), "one", id="a million numbers"),
    pytest.param(written(*[said("a")] * 700), "\n\n".join("a" * 600), id="more pages than can be sent"),
    pytest.param(written(*[said("word " * 9000)] * 700), None, id="more words than are taken"),
])
def test_the_words_of_a_document_are_taken_as_far_as_they_can_be_read(
    monkeypatch: pytest.MonkeyPatch, raw: bytes, words: str | None
) -> None:
    """None takes more than the calls that it may, which are as few here as 600 pages need."""
    monkeypatch.setattr(bounds, "CALLS", 6_000_000)
    found = documents.text(b64(raw))
    assert len(found) == documents.WORDS if words is None else found == words


@pytest.mark.parametrize(("raw", "found"), [
    pytest.param(tree(3, 4), documents.Document(64), id="sixty-four pages that are one"),
    pytest.param(tree(40, 2), documents.UNKNOWN, id="a million times a million pages in a few kilobytes"),
    pytest.param(tree(1, 300_000), documents.UNKNOWN, id="one page 300,000 times"),
    pytest.param(tree(500, 1), documents.UNKNOWN, id="pages in pages in pages"),
    pytest.param(objects(CATALOG, b"<< /Type /Pages /Count 1 /Kids [2 0 R 2 0 R] >>"), documents.INVALID,
                 id="pages that hold themselves"),
    pytest.param(b"%PDF-1.4\n" + b"startxref\n0\n" * 200_000, documents.UNKNOWN, id="two hundred thousand ends"),
    pytest.param(b"%PDF-1.5\n1 0 obj\n" + packed(bytes(4_000_000), b"/Type /XRef /W [1 2 1] /Size 1000000 /Root 1 0 R")
                 + b"\nendobj\nstartxref\n9\n%%EOF", documents.UNKNOWN, id="a million objects in a few kilobytes"),
])
def test_a_document_without_end_ends(
    monkeypatch: pytest.MonkeyPatch, raw: bytes, found: documents.Document
) -> None:
    monkeypatch.setattr(bounds, "CALLS", 1_500_000)
    assert documents.read(b64(raw)) == found


def test_a_document_of_few_and_long_calls_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a tenth of a second went by between two looks at the clock."""
    looks = count()
    monkeypatch.setattr(bounds, "thread_time", lambda: next(looks) / 10)
    assert documents.text(b64(written(said("one"), *[b"/X Do " * 400] * 99, drawn=b" " * 1_000))) == "one"
    assert next(looks) / 10 < bounds.SECONDS + 1


def test_a_document_that_no_request_holds_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = written(said("one"))
    monkeypatch.setattr(documents, "LARGEST", len(raw) - 1)
    assert documents.read(b64(raw)) == documents.UNKNOWN
    assert documents.text(b64(raw)) == ""


@pytest.mark.parametrize("calls", [10, bounds.CALLS])
def test_who_looks_at_calls_goes_on_looking(monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
    """A profiler, which the bound takes the place of for a while."""
    def look(*_what: object) -> None:
        pass

    monkeypatch.setattr(bounds, "CALLS", calls)
    before = sys.getprofile()
    sys.setprofile(look)
    try:
        documents.read(b64(written(said(str(calls)))))
        documents.text(b64(written(said("two"))))
        assert sys.getprofile() is look
    finally:
        sys.setprofile(before)


@given(st.one_of(st.text(max_size=200), st.binary(max_size=300).map(b64), st.binary(max_size=200).map(
    lambda rest: b64(picture()[:40] + rest)), st.binary(max_size=200).map(lambda rest: b64(b"%PDF-1.4\n" + rest))))
def test_no_bytes_raise(data: str) -> None:
    assert images.read(data).length == len(data)
    assert documents.read(data).pages >= 0
    assert images.what(images.head(data))
    pixels.scaled(data, 10)
    documents.text(data)


def test_a_sound_image_costs_no_library() -> None:
    import subprocess

    script = (
        "import sys, base64; sys.path[:0] = sys.argv[1:]\n"
        "from unbrick.media import images\n"
        f"assert images.read({b64(png())!r}).whole\n"
        "print(*sorted(m for m in sys.modules if m in ('PIL', 'pypdf', 'pydantic')))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == ""
