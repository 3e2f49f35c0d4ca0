"""Each rule of the Messages API broken once in a request body: what is found, in whose words, where, and its repair."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.chat import call, result, text, thinking
from tools.media import image, png
from unbrick.bundle import Bundle
from unbrick.check import check
from unbrick.clock import FixedClock
from unbrick.finding import Safety, Severity
from unbrick.formats.messages import Messages
from unbrick.patch import EMPTY, Patch
from unbrick.repair import repair
from unbrick.report import Report, Verdict
from unbrick.scanning.scan import finish
from unbrick.source import Source
from unbrick.telling.json_report import pointer

FORMAT = Messages()
ASKED, DONE = {"role": "user", "content": "Look."}, {"role": "user", "content": "Thanks."}
LONG = "n" * 201
PNG = image()
WIDE = image(png(8100, 10))
R1 = "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. Each `tool_use` " \
     "block must have a corresponding `tool_result` block in the next message."
PREFILL = "This model does not support assistant message prefill. The conversation must end with a user message."


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": [*content]}


def assistant(*content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": [*content]}


def system(said: str) -> dict[str, Any]:
    return {"role": "system", "content": said}


def use(**more: Any) -> dict[str, Any]:
    return {**call("toolu_1"), **more}


ANSWER = result("toolu_1")
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}

BROKEN = [
    pytest.param([ASKED, assistant(use()), DONE], "T001", "/messages/1/content/0", R1, id="R1 no result"),
    pytest.param([ASKED, assistant(text("Hm.")), user(ANSWER)], "T002", "/messages/2/content/0",
                 "messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. Each "
                 "`tool_result` block must have a corresponding `tool_use` block in the previous message.",
                 id="R2 no call"),
    pytest.param([ASKED, assistant(use()), user(text("Wait."), ANSWER)], "T005", "/messages/1/content/0", R1,
                 id="R3 a text before the result"),
    pytest.param([ASKED, assistant(use()), user(ANSWER, ANSWER)], "T003", "/messages/2/content/1",
                 "messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks "
                 "with id: toolu_1", id="R4 two results"),
    pytest.param([ASKED, assistant(use()), user(ANSWER), assistant(use()), user(ANSWER)], "T006",
                 "/messages/3/content/0", "messages.3.content.0: `tool_use` ids must be unique", id="R5 an id twice"),
    pytest.param([ASKED, assistant(call("Bash:12")), user(result("Bash:12"))], "T007", "/messages/1/content/0",
                 "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'", id="R6 an odd id"),
    pytest.param([ASKED, assistant(use(name=LONG)), user(ANSWER)], "T008", "/messages/1/content/0",
                 "messages.1.content.0.tool_use.name: String should have at most 200 characters", id="R7 a long name"),
    pytest.param([ASKED, assistant(use(input="{}")), user(ANSWER)], "T009", "/messages/1/content/0",
                 "messages.1.content.0.tool_use.input: Input should be a valid dictionary", id="R8 an input as text"),
    pytest.param([user(text(""), text("Look."))], "C001", "/messages/0/content/0",
                 "messages: text content blocks must be non-empty", id="R9 an empty text"),
    pytest.param([user(text(" \n"), text("Look."))], "C002", "/messages/0/content/0",
                 "messages: text content blocks must contain non-whitespace text", id="R10 a blank text"),
    pytest.param([ASKED, assistant(), DONE], "C003", "/messages/1",
                 "messages.1: all messages must have non-empty content except for the optional final assistant message",
                 id="R12 no content"),
    pytest.param([user(*({**text(str(n)), "cache_control": {"type": "ephemeral"}} for n in range(5)))], "C020",
                 "/messages/0/content/0", "A maximum of 4 blocks with cache_control may be provided. Found 5.",
                 id="R13 five marks"),
    pytest.param([ASKED, assistant(thinking("Hm.", signature=""), text("Yes.")), DONE], "C007",
                 "/messages/1/content/0", "messages.1.content.0: Invalid `signature` in `thinking` block",
                 id="R15 an empty signature"),
    pytest.param([ASKED, assistant({"type": "thinking", "thinking": "Hm."}, text("Yes.")), DONE], "C007",
                 "/messages/1/content/0", "messages.1.content.0.thinking.signature: Field required",
                 id="R17 no signature"),
    pytest.param([ASKED, system("Be brief."), assistant(text("Yes.")), DONE], "C005", "/messages/1/content",
                 "role 'system' is not supported on this model", id="R19 a system turn"),
    pytest.param([{"role": "human", "content": "Look."}], "C004", "/messages/0",
                 'messages: Unexpected role "human". Allowed roles are "user" or "assistant"', id="R19 another role"),
    pytest.param([ASKED, assistant(text("It"))], "C004", "/messages/1/content/0", PREFILL, id="R20 a beginning"),
    pytest.param([], "C003", "", "messages: at least one message is required", id="R22 no message"),
    pytest.param([user(WIDE)], "C012", "/messages/0/content/0",
                 "messages.0.content.0.image.source.base64.data: At least one of the image dimensions exceed max "
                 "allowed size: 8000 pixels", id="R23 a wide image"),
    pytest.param([user(text("\ud83d"))], "J009", "/messages/0/content/0",
                 "The request body is not valid JSON: no low surrogate in string", id="R27 half of an emoji"),
    pytest.param([ASKED, assistant(SEARCH, text("Yes.")), DONE], "T010", "/messages/1/content/0", None,
                 id="R28 a search without its result"),
    pytest.param([ASKED, assistant({"type": "note", "text": "Yes."}), DONE], "C009", "/messages/1/content/0",
                 "messages.1.content.0: Input tag 'note' found using 'type' does not match any of the expected tags",
                 id="R30 an unknown type"),
    pytest.param([ASKED, assistant({**text("Yes."), "parsed_output": 1}), DONE], "C009", "/messages/1/content/0",
                 "messages.1.content.0.text.parsed_output: Extra inputs are not permitted",
                 id="R31 a member of a block"),
    pytest.param([ASKED, {**assistant(text("Yes.")), "id": "msg_1"}, DONE], "C009", "/messages/1",
                 "messages.1.id: Extra inputs are not permitted", id="R31 a member of a message"),
    pytest.param([{"role": "user"}, assistant(text("Yes.")), DONE], "C010", "/messages/0",
                 "messages.0.content: Field required", id="no content at all"),
]
ALONG = {"T006": [("T004", "/messages/4/content/0")]}
"""What comes along: the result of a call whose id is taken stands for no call."""


def source_of(messages: list[Any]) -> Source:
    body = {"model": "claude-opus-4-7", "max_tokens": 9, "messages": messages}
    found = FORMAT.frame(Source.of(json.dumps(body, indent=2).encode(), "body.json"))
    assert found is not None
    return found


def judged(source: Source, patch: Patch = EMPTY) -> Report:
    return finish(check(FORMAT, Bundle(source, "body"), patch))


@pytest.mark.parametrize(("messages", "code", "place", "error"), BROKEN)
def test_a_broken_rule_is_the_one_that_is_found(messages: list[Any], code: str, place: str, error: str | None) -> None:
    report = judged(source_of(messages))
    above = [one for one in report.findings if one.severity is Severity.ERROR]
    assert [(one.code, pointer(one.document)) for one in above] == [(code, place), *ALONG.get(code, [])]
    if error is not None:
        assert (above[0].api_error or "").startswith(error)
    assert report.verdict is Verdict.BROKEN


@pytest.mark.parametrize(("messages", "code", "place", "error"), BROKEN)
def test_a_broken_rule_is_mended(messages: list[Any], code: str, place: str, error: str | None) -> None:
    if error == PREFILL or not messages:
        pytest.skip("what to ask is the person's to say")
    source = source_of(messages)
    done = finish(repair(
        FORMAT, Bundle(source, "body"), allow={Safety.SAFE, Safety.LOSSY}, clock=FixedClock()
    ))
    after = b"".join(source.patched(done.patch))
    json.loads(after)
    again = FORMAT.frame(Source.of(after, "body.json"))
    assert again is not None
    assert [one.id for one in judged(again).findings if one.severity is not Severity.INFO] == []
