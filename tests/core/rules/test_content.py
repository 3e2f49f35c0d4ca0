from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from tools.chat import MODEL, Chat, call, codes, judge, mend, only, result, sent, text, thinking
from unbrick.edit import DropBlock
from unbrick.finding import Safety, Severity
from unbrick.report import Verdict
from unbrick.thread import Outcome

OLD, TREE, ROLE, MIDDLE, NEW = "1.0.128", "2.1.20", "2.1.139", "2.1.200", "2.1.329"
VERSIONS = (OLD, TREE, ROLE, MIDDLE, NEW)
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAACAAAAAYCAIAAAAUMWhjAAAAJElEQVR4nGM4ISdHU8QwasGoBaMWjFowasGoBaMWjFowNCwAAGcLDC4DZjluAAAAAElFTk"
    "SuQmCC"
)
Build = Callable[[], Chat]


def reply(*blocks: Any, **more: Any) -> Build:
    """A session whose second reply holds these blocks."""
    def build() -> Chat:
        chat = Chat().turn("PROMPT-1", "REPLY-1")
        chat.user("PROMPT-2")
        chat.assistant(*blocks, **more)
        return chat.turn("PROMPT-3", "REPLY-3")
    return build


def prompt(*content: Any) -> Build:
    """A session whose second prompt holds this."""
    def build() -> Chat:
        chat = Chat().turn("PROMPT-1", "REPLY-1")
        chat.user(*content)
        chat.assistant("REPLY-2")
        return chat.turn("PROMPT-3", "REPLY-3")
    return build


def message(type_: str, value: Any) -> Build:
    """A session in which one message is this."""
    def build() -> Chat:
        chat = Chat().turn("PROMPT-1", "REPLY-1")
        chat.user("PROMPT-2")
        chat.add(type_, value)
        return chat.turn("PROMPT-3", "REPLY-3")
    return build


def with_call(*blocks: Any) -> Build:
    """A session with these blocks in front of a call, in its record."""
    def build() -> Chat:
        chat = Chat().turn("PROMPT-1", "REPLY-1")
        chat.user("PROMPT-2")
        chat.assistant(*blocks, call("t1"))
        chat.user(result("t1", "TOOLOUT"))
        chat.assistant("REPLY-2")
        return chat.turn("PROMPT-3", "REPLY-3")
    return build


def said(content: Any) -> dict[str, Any]:
    return {"id": "msg_x", "type": "message", "role": "assistant", "model": MODEL, "content": content}


def image(data: str, media_type: str = "image/png") -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


WEB_PAGE = base64.b64encode(b"<html>not found</html>").decode()
SIGNED = thinking("DEEP", signature="EqRk")
FOREIGN = {"model": "glm-4.6"}

E, W, I = "error ", "warning ", "info "  # noqa: E741
TABLE = [
    # build, findings on 1.0.128, 2.1.20, 2.1.139, 2.1.200, 2.1.329
    pytest.param(reply("REPLY-2"), "", "", "", "", "", id="a plain reply"),
    pytest.param(reply(SIGNED, "REPLY-2"), "", "", "", "", "", id="signed thinking"),
    pytest.param(reply(thinking("", signature="EqRk"), "REPLY-2"), "", "", "", "", "", id="hidden, signed thinking"),
    pytest.param(reply(""), E + "C001", E + "C001", I + "C001", I + "C001", I + "C001", id="an empty reply"),
    pytest.param(
        with_call(""), E + "C001", E + "C001", E + "C001", E + "C001", I + "C001", id="empty text beside a call"
    ),
    pytest.param(reply("\n\n"), E + "C002", E + "C002", I + "C002", I + "C002", I + "C002", id="a blank reply"),
    pytest.param(prompt(text("")), E + "C001", E + "C001", E + "C001", I + "C001", I + "C001", id="an empty block"),
    pytest.param(prompt(""), E + "C001", E + "C001", E + "C003", E + "C003", E + "C003", id="an empty prompt"),
    pytest.param(
        message("assistant", said(None)), *[E + "C010"] * 4, I + "C010", id="a reply without content"
    ),
    pytest.param(
        message("assistant", said("REPLY-2")), *[E + "C010"] * 4, I + "C010", id="a reply that is a plain string"
    ),
    pytest.param(message("assistant", None), *[E + "C010"] * 4, I + "C010", id="a record without message"),
    pytest.param(
        reply(thinking("DEEP"), "REPLY-2"), E + "C007", E + "C007", E + "C007", W + "C007", W + "C007",
        id="thinking without signature",
    ),
    pytest.param(
        reply(thinking("DEEP", signature=""), "REPLY-2"), E + "C007", E + "C007", E + "C007", W + "C007", W + "C007",
        id="thinking with an empty signature",
    ),
    pytest.param(
        reply(thinking("DEEP", signature="EqRk"), "REPLY-2", **FOREIGN), E + "C008", E + "C008", E + "C008", "", "",
        id="thinking of another maker's model",
    ),
    pytest.param(
        reply(SIGNED, "REPLY-2", model="claude-sonnet-4-20250514"), "", "", "", "", "", id="thinking of another Claude"
    ),
    pytest.param(
        reply(SIGNED), E + "C003", *["info C022"] * 4, id="a reply that is only thinking",
    ),
    pytest.param(reply({"type": "zork", "text": "WORDS"}, "REPLY-2"), *[E + "C009"] * 5, id="a block of unknown type"),
    pytest.param(reply(text("REPLY-2", parsed_output=None)), *[E + "C009"] * 5, id="a member that is not known"),
    pytest.param(reply(text("REPLY-2", citations=None)), "", "", "", "", "", id="a member that is known"),
    pytest.param(
        prompt(text("look"), image(WEB_PAGE)), E + "C011", E + "C011", E + "C011", W + "C011", W + "C011",
        id="a web page for an image",
    ),
    pytest.param(
        prompt(text("look"), image(PNG, "image/jpeg")), E + "C011", E + "C011", E + "C011", W + "C011", W + "C011",
        id="an image of another type than it says",
    ),
    pytest.param(prompt(text("look"), image(PNG)), "", "", "", "", "", id="an image"),
]


@pytest.mark.parametrize(("build", "old", "tree", "role", "middle", "new"), TABLE)
def test_what_is_found_on_which_client(build: Build, old: str, tree: str, role: str, middle: str, new: str) -> None:
    found = [", ".join(codes(judge(build(), version), "TC")) for version in VERSIONS]
    assert found == [old, tree, role, middle, new]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("build", [param.values[0] for param in TABLE], ids=[param.id for param in TABLE])
def test_the_default_repair_mends_it_and_keeps_every_word(build: Build, version: str) -> None:
    repaired = mend(build(), version)
    assert repaired.after.verdict is Verdict.HEALTHY
    assert repaired.after.resume.outcome is Outcome.ACCEPTED
    before, after = (sent(report) for report in (repaired.before, repaired.after))
    for word in ("PROMPT-1", "REPLY-1", "PROMPT-2", "PROMPT-3", "REPLY-3", "TOOLOUT", "WORDS", "DEEP"):
        assert (word in before) <= (word in after), word


@pytest.mark.parametrize(("build", "code", "fixes"), [
    pytest.param(with_call(""), "C001", [("drop", "safe")], id="empty text beside a call is taken out"),
    pytest.param(reply(""), "C001", [("fill", "safe")], id="an empty reply is filled"),
    pytest.param(prompt(""), "C003", [("fill", "safe")], id="an empty prompt is filled"),
    pytest.param(
        reply(thinking("DEEP"), "REPLY-2"), "C007", [("as-text", "safe"), ("drop", "lossy")], id="thinking with words"
    ),
    pytest.param(reply(thinking(""), "REPLY-2"), "C007", [("drop", "safe")], id="thinking without words"),
    pytest.param(
        reply({"type": "zork", "text": "WORDS"}), "C009", [("as-text", "safe"), ("drop", "lossy")], id="unknown"
    ),
    pytest.param(reply(text("a", parsed_output=1)), "C009", [("strip", "safe"), ("drop", "lossy")], id="a member"),
    pytest.param(prompt(text("a"), image(PNG, "image/gif")), "C011", [("media-type", "safe")], id="a wrong media type"),
    pytest.param(prompt(text("a"), image(WEB_PAGE)), "C011", [("placeholder", "safe")], id="what is no image"),
    pytest.param(message("assistant", said(None)), "C010", [("drop", "safe")], id="a reply without content"),
    pytest.param(message("assistant", said("REPLY-2")), "C010", [("block", "safe")], id="a plain string"),
])
def test_what_is_offered_at_what_price(build: Build, code: str, fixes: list[tuple[str, str]]) -> None:
    found = only(judge(build(), ROLE), code)
    assert [(fix.id, fix.safety.value) for fix in found.fixes] == fixes
    assert all(
        fix.price.startswith("keeps everything" if fix.safety is Safety.SAFE else "drops 1 ") for fix in found.fixes
    )


def test_all_thinking_of_a_reply_goes_together() -> None:
    chat = Chat().turn()
    chat.user("PROMPT-2")
    chat.assistant(thinking("ONE"), message="m2")
    chat.assistant(thinking("TWO", signature="EqRk"), message="m2")
    chat.assistant("REPLY-2", message="m2")
    found = only(judge(chat, ROLE), "C007")
    kept, drop = found.fixes
    assert (kept.id, kept.safety) == ("as-text", Safety.SAFE)
    assert (drop.safety, drop.price) == (Safety.LOSSY, "drops 2 thinking blocks")
    assert all(isinstance(edit, DropBlock) for edit in drop.edits)
    after = mend(chat, ROLE, C007="drop").after
    assert after.verdict is Verdict.HEALTHY
    assert "thinking" not in sent(after)
    assert "REPLY-2" in sent(after)


def test_a_model_that_binds_its_thinking_loses_what_stands_behind_too() -> None:
    model = "claude-opus-5-5"
    chat = Chat().turn()
    chat.user("PROMPT-2")
    chat.assistant(thinking("ONE"), "REPLY-2", model=model)
    chat.user("PROMPT-3")
    chat.assistant(thinking("TWO", signature="EqRk"), "REPLY-3", model=model)
    found = only(judge(chat, NEW, model), "C007")
    (drop,) = found.fixes
    assert drop.price == "drops 2 thinking blocks"
    assert "binds" in drop.title


def test_a_refusal_that_the_client_heals_is_a_warning() -> None:
    report = judge(reply(thinking("DEEP"), "REPLY-2")(), NEW)
    found = only(report, "C007")
    assert (found.severity, found.outcome) == (Severity.WARNING, Outcome.HEALED)
    assert found.api_error == "messages.3.content.0.thinking.signature: Field required"
    assert report.resume.outcome is Outcome.HEALED
    assert report.verdict is Verdict.FRAGILE


def test_strict_readers_want_the_roles_to_take_turns() -> None:
    chat = Chat().turn()
    chat.assistant("and another thing")
    assert codes(judge(chat, ROLE), "TC") == []
    found = only(judge(chat, ROLE, strict=True), "C004")
    assert found.severity is Severity.ERROR


@pytest.mark.parametrize(("role", "said"), [("system", "'system'"), (None, "no role")])
def test_a_role_that_the_client_does_not_look_at_is_a_remark(role: str | None, said: str) -> None:
    chat = Chat().turn()
    chat.add("user", {"content": "PROMPT-2"} | ({"role": role} if role else {}))
    chat.assistant("REPLY-2")
    for version in VERSIONS:
        found = only(judge(chat, version), "C004")
        assert found.severity is Severity.INFO
        assert said in found.message
        assert judge(chat, version).verdict is Verdict.HEALTHY


def test_an_image_inside_a_result_is_replaced_there() -> None:
    chat = Chat().turn()
    chat.user("PROMPT-2")
    chat.assistant(call("t1"))
    chat.user(result("t1", [text("before"), image(WEB_PAGE), image(PNG)]))
    chat.assistant("REPLY-2")
    found = only(judge(chat, ROLE), "C011")
    assert found.api_error == "Could not process image"
    after = sent(mend(chat, ROLE).after)
    assert WEB_PAGE not in after
    assert PNG in after
    assert "[image removed" in after


def test_damage_that_is_rewound_is_nobodys_business() -> None:
    chat = Chat().turn("PROMPT-1", "REPLY-1")
    fork = chat.records[-1]["uuid"]
    chat.user("PROMPT-LEFT")
    chat.assistant(thinking("DEEP"), {"type": "zork"}, "")
    chat.user("PROMPT-STAYED", parent=fork)
    chat.assistant("REPLY-STAYED")
    for version in VERSIONS:
        assert codes(judge(chat, version), "TC") == []
