"""Images and documents that the API refuses: what is said on which client, and what a repair makes of them."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from tools.chat import Chat, call, codes, judge, mend, only, result, sent, text
from tools.media import document, image, pdf, picture, png
from unbrick.finding import Safety, Severity
from unbrick.report import Report
from unbrick.thread import Outcome

FIRST, TREE, SHRINKS, ROLE, STRIPS, NEW = "2.0.76", "2.1.20", "2.1.132", "2.1.139", "2.1.152", "2.1.329"
VERSIONS = (FIRST, TREE, SHRINKS, ROLE, STRIPS, NEW)
SHORT = "claude-sonnet-4-5"
E, W, I = "error ", "warning ", "info "  # noqa: E741 - severities


def shown(*blocks: Any) -> Chat:
    """A session whose second prompt holds these blocks."""
    chat = Chat().turn("PROMPT-1", "REPLY-1")
    chat.user(text("PROMPT-2"), *blocks)
    chat.assistant("REPLY-2")
    return chat.turn("PROMPT-3", "REPLY-3")


def read(*parts: Any, **more: Any) -> Chat:
    """A session in which a tool gave back these parts."""
    chat = Chat().turn("PROMPT-1", "REPLY-1")
    chat.user("PROMPT-2")
    chat.assistant(call("t1", "Read"))
    chat.user(result("t1", list(parts)), **more)
    chat.assistant("REPLY-2")
    return chat.turn("PROMPT-3", "REPLY-3")


def changed(block: dict[str, Any], **source: Any) -> dict[str, Any]:
    return {**block, "source": {k: v for k, v in {**block["source"], **source}.items() if v is not None}}


WIDE = image(png(9000, 20))
MANY = [image(png(2400, 20)), *[image()] * 20]
HEAVY = image(png() + bytes(4_000_000))
ADDRESS = image("data:image/png;base64," + base64.b64encode(png()).decode())
WEB_PAGE = image(b"<!doctype html><title>404</title>")
R5 = (E,) * 4 + (W,) * 2


@pytest.mark.parametrize(("chat", "code", "severities"), [
    pytest.param(shown(WEB_PAGE), "C011", R5, id="a web page"),
    pytest.param(read(text("a"), image(picture(noise=True)[:300])), "C011", R5, id="a cut-off image in a result"),
    pytest.param(shown(image("data:image/png;base64,AAAA")), "C011", R5, id="an address"),
    pytest.param(shown(WIDE), "C012", (E, E, W, W, W, W), id="an image of 9000 pixels"),
    pytest.param(shown(*MANY), "C012", (E, E, W, W, W, W), id="an image of 2400 pixels among many"),
    pytest.param(read(*MANY), "C012", R5, id="one inside a result"),
    pytest.param(shown(HEAVY), "C015", ("", E, E, E, E, E), id="a heavy image"),
    pytest.param(read(HEAVY), "C015", ("", "", E, E, E, E), id="a heavy image in a result"),
    pytest.param(shown(document(data=b"%PDF-1.4 no")), "C014", R5, id="a document that is none"),
    pytest.param(shown(document(password="x")), "C014", R5, id="a locked document"),
    pytest.param(shown(document(101)), "C014", R5, id="a long document"),
    pytest.param(shown(document(60), document(60)), "C013", R5, id="two documents that are too long together"),
    pytest.param(shown(*[image()] * 101), "C013", (E, E, I, I, I, I), id="too many images"),
    pytest.param(shown(image(), document(3)), "C011", ("",) * 6, id="nothing wrong"),
])
def test_each_client_meets_it_as_it_does(chat: Chat, code: str, severities: tuple[str, ...]) -> None:
    for version, severity in zip(VERSIONS, severities, strict=True):
        found = codes(judge(chat, version, SHORT))
        assert set(found) == ({severity + code} if severity else set()), version


def test_a_heavy_image_is_refused_by_the_client_itself() -> None:
    report = judge(shown(HEAVY), NEW)
    found = only(report, "C015")
    assert str(found.api_error).startswith("Image base64 size (5.1MB) exceeds API limit (5MB). Please resize")
    assert report.resume.outcome is Outcome.CRASH
    old = only(judge(shown(image(png() + bytes(8_000_000))), FIRST), "C015")
    assert "image exceeds 10 MB maximum" in str(old.api_error)


def offered(chat: Chat, code: str, version: str = ROLE) -> list[tuple[str, str]]:
    report = judge(chat, version, SHORT)
    return [(fix.id, fix.safety) for fix in next(f for f in report.findings if f.code == code).fixes]


@pytest.mark.parametrize(("chat", "code", "fixes"), [
    pytest.param(shown(image(named="image/gif")), "C011", [("media-type", "safe")], id="a wrong type"),
    pytest.param(shown(image(named=None)), "C011", [("media-type", "safe")], id="no type"),
    pytest.param(shown(ADDRESS), "C011", [("media-type", "safe")], id="an address in front"),
    pytest.param(shown(WEB_PAGE), "C011", [("placeholder", "safe")], id="what is no image"),
    pytest.param(shown({"type": "image"}), "C011", [("placeholder", "safe")], id="no source"),
    pytest.param(shown(WIDE), "C012", [("scale", "safe"), ("placeholder", "lossy")], id="too wide"),
    pytest.param(shown(HEAVY), "C015", [("scale", "safe"), ("placeholder", "lossy")], id="too heavy"),
    pytest.param(shown(changed(document(), media_type=None)), "C014", [("placeholder", "safe")], id="an untyped PDF"),
    pytest.param(shown(document(data=b"NAME=value\n")), "C014", [("placeholder", "safe")], id="a text as PDF"),
    pytest.param(shown(document(password="x")), "C014", [("placeholder", "lossy")], id="a locked document"),
    pytest.param(shown(document(101)), "C014", [("words", "lossy")], id="a long document"),
    pytest.param(shown(document(60), document(60)), "C013", [("oldest", "lossy")], id="too much"),
])
def test_what_is_offered_at_what_price(chat: Chat, code: str, fixes: list[tuple[str, str]]) -> None:
    assert offered(chat, code) == fixes


def media(report: Report) -> list[dict[str, Any]]:
    """The images and documents that would be sent."""
    blocks = [b for m in report.situation.request.messages() if isinstance(m["content"], list) for b in m["content"]]
    inner = [p for b in blocks if isinstance(b.get("content"), list) for p in b["content"]]
    return [b for b in blocks + inner if b["type"] in ("image", "document")]


def size(block: dict[str, Any]) -> tuple[int, int]:
    made: tuple[int, int] = Image.open(io.BytesIO(base64.b64decode(block["source"]["data"]))).size
    return made


@pytest.mark.parametrize("version", [TREE, ROLE, NEW])
@pytest.mark.parametrize(("chat", "kept"), [
    pytest.param(shown(WIDE), [(2000, 4)], id="too wide"),
    pytest.param(read(text("a"), WIDE, image()), [(2000, 4), (30, 20)], id="too wide, in a result"),
    pytest.param(shown(image(picture(9000, 900, "JPEG"), "image/jpeg")), [(2000, 200)], id="a photograph"),
    pytest.param(shown(*MANY), [(2000, 17), *[(30, 20)] * 20], id="among many"),
    pytest.param(shown(*[image(png(2400 + i, 20)) for i in range(21)]), [(2000, 17)] * 21, id="many of them"),
    pytest.param(shown(image(named="image/gif")), [(30, 20)], id="a wrong type"),
    pytest.param(shown(ADDRESS), [(30, 20)], id="an address"),
])
def test_a_repair_keeps_every_image(chat: Chat, kept: list[tuple[int, int]], version: str) -> None:
    done = mend(chat, version)
    assert codes(done.after) == []
    assert [size(block) for block in media(done.after)] == kept
    assert all(one.fix.safety is Safety.SAFE for one in done.applied)
    assert len(done.applied) == 1


def test_a_heavy_image_is_scaled_until_the_client_sends_it() -> None:
    done = mend(shown(image(picture(2600, 2400, noise=True))), NEW)
    (block,) = media(done.after)
    assert len(block["source"]["data"]) < 5 << 20
    assert done.after.resume.outcome is Outcome.ACCEPTED


def test_the_copy_that_the_client_shows_is_scaled_along() -> None:
    wide = WIDE["source"]["data"]
    dimensions = {"originalWidth": 9000, "originalHeight": 20, "displayWidth": 9000, "displayHeight": 20}
    chat = read(WIDE, toolUseResult={"type": "image", "file": {"base64": wide, "type": "image/png",
                                                               "dimensions": dimensions}})
    done = mend(chat, ROLE)
    record = done.after.situation.session.value(4)
    (block,) = media(done.after)
    shown_ = record["toolUseResult"]["file"]
    assert shown_["base64"] == block["source"]["data"] != wide
    assert shown_["dimensions"] == {**dimensions, "displayWidth": 2000, "displayHeight": 4}


def test_a_note_says_what_was_no_image() -> None:
    done = mend(shown(WEB_PAGE), ROLE)
    assert "[image removed: what was sent as image/png is a web page, 33 bytes]" in sent(done.after)
    assert not media(done.after)


def test_a_text_that_was_saved_as_a_document_is_sent_as_text() -> None:
    done = mend(read(document(data="NAME=Wörter\n".encode())), ROLE)
    assert "NAME=Wörter" in json.dumps(list(done.after.situation.request.messages()), ensure_ascii=False)
    assert codes(done.after) == []


def spoken(pages: int) -> bytes:
    """A PDF whose pages say which they are."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    font = DictionaryObject({
        NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
        NameObject("/BaseFont"): NameObject("/Helvetica"),
    })
    for number in range(pages):
        page = writer.add_blank_page(200, 200)
        page[NameObject("/Resources")] = DictionaryObject({
            NameObject("/Font"): DictionaryObject({NameObject("/F1"): font}),
        })
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 10 100 Td (This is page {number + 1}) Tj ET".encode())
        page[NameObject("/Contents")] = stream
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


@pytest.mark.parametrize(("chat", "code", "fix", "said"), [
    pytest.param(shown(document(data=spoken(101))), "C014", "words", "This is page 101", id="a long document"),
    pytest.param(shown(document(101)), "C014", "words", "[document removed: 101 pages without text]", id="of pictures"),
    pytest.param(shown(document(data=spoken(60)), document(60)), "C013", "oldest", "This is page 60", id="two of them"),
    pytest.param(shown(document(password="x")), "C014", "placeholder", "[document removed: it asks for a password, ",
                 id="a locked one"),
])
def test_the_words_of_a_document_take_its_place(chat: Chat, code: str, fix: str, said: str) -> None:
    done = mend(chat, ROLE, SHORT, **{code: fix})
    assert said in sent(done.after)
    assert codes(done.after) == []


def linked(place: int, **source: Any) -> dict[str, Any]:
    """An image that the API fetches, or has."""
    return {"type": "image", "source": source or {"type": "url", "url": f"https://example.com/{place}.png"}}


@pytest.mark.parametrize("held", [
    pytest.param(lambda place: image(png(30 + place, 20)), id="in the request"),
    pytest.param(linked, id="at an address"),
    pytest.param(lambda place: linked(place, type="file", file_id=f"file_{place}"), id="uploaded before"),
])
def test_of_too_many_images_the_oldest_go_and_leave_room(held: Callable[[int], dict[str, Any]]) -> None:
    images_ = [held(place) for place in range(110)]
    done = mend(shown(*images_), FIRST, SHORT, C013="oldest")
    assert media(done.after) == images_[30:]
    (applied,) = done.applied
    assert applied.fix.price == "drops 30 images"


@pytest.mark.parametrize(("version", "model", "count", "kept"), [
    pytest.param("2.0.76", SHORT, 101, 101, id="all are sent, and refused"),
    pytest.param("2.1.70", SHORT, 105, 100, id="so many that it fits"),
    pytest.param("2.1.90", SHORT, 105, 80, id="with room for twenty"),
    pytest.param("2.1.139", "claude-opus-4-7", 105, 105, id="a model with a long window"),
    pytest.param("2.1.90", "claude-opus-4-7", 105, 80, id="which an older client does not know"),
    pytest.param("2.1.90", "claude-opus-4-6[1m]", 105, 105, id="unless its id says so"),
    pytest.param("2.1.240", SHORT, 130, 80, id="the last of those"),
    pytest.param("2.1.266", SHORT, 130, 88, id="twenty-one at a time"),
    pytest.param("2.1.329", SHORT, 121, 100, id="one step"),
    pytest.param("2.1.329", SHORT, 122, 80, id="two steps"),
    pytest.param("2.1.329", "claude-opus-5-5", 640, 598, id="beyond six hundred"),
])
def test_clients_leave_out_the_oldest_images(version: str, model: str, count: int, kept: int) -> None:
    images_ = [image(png(30 + place, 20)) for place in range(count)]
    chat = read(text("RESULT"), *images_[:60])
    chat.user(text("PROMPT-4"), *images_[60:])
    chat.assistant("REPLY-4")
    report = judge(chat, version, model)
    assert [b["source"]["data"] for b in sorted(media(report), key=size)] == [
        b["source"]["data"] for b in images_[count - kept :]
    ]
    assert report.situation.request.left_out == count - kept
    noted = "[media removed" in sent(report)
    assert noted == (version in ("2.1.266", "2.1.329"))


def test_a_prompt_that_was_one_image_is_left_empty_by_clients_before_notes() -> None:
    chat = Chat().turn()
    chat.user(image(png(77, 5)))
    chat.assistant("REPLY-2")
    chat.user(text("PROMPT-3"), *[image()] * 104)
    chat.assistant("REPLY-3")
    assert "error C003" in codes(judge(chat, ROLE, SHORT))
    assert codes(judge(chat, NEW, SHORT)) == ["info C013"]


def test_nothing_is_above_a_warning_where_the_client_helps_itself() -> None:
    for chat in (shown(WEB_PAGE), shown(WIDE), shown(document(password="x"))):
        report = judge(chat, NEW, SHORT)
        assert max(found.severity for found in report.findings) is Severity.WARNING
        assert report.resume.outcome is Outcome.HEALED


def test_a_document_is_opened_once_for_all_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    from unbrick.media import documents

    opened: list[int] = []
    real = documents._opened
    monkeypatch.setattr(documents, "_opened", lambda raw: opened.append(len(raw)) or real(raw))
    chat = shown(document(data=pdf(7)), WEB_PAGE)
    mend(chat, ROLE)
    assert len(opened) <= 1
