"""Arrays in the form of OpenAI's Chat Completions API: recognised, read, judged and mended where they stand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.media import image
from tools.strategies import json_values
from unbrick.finding import Severity
from unbrick.formats.messages import chat
from unbrick.opening import Choices, Opened, examine, framed, open_source
from unbrick.repair import Repaired, repair
from unbrick.report import Report
from unbrick.scanning.scan import finish
from unbrick.source import Source

PNG = "data:image/png;base64," + image()["source"]["data"]

SHOWN = {"type": "image_url", "image_url": {"url": PNG}}


def call(ref: Any, name: Any = "f", arguments: Any = "{}") -> dict[str, Any]:
    return {"id": ref, "type": "function", "function": {"name": name, "arguments": arguments}}


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def asks(*calls: Any, content: Any = None) -> dict[str, Any]:
    return {"role": "assistant", "content": content, "tool_calls": list(calls)}


def tool(ref: Any, content: Any = "done", **more: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": ref, "content": content, **more}


def said(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


@pytest.fixture
def opened() -> Iterator[Any]:
    sources: list[Opened] = []

    def open_(value: object, indent: int | None = None) -> Opened:
        raw = value if isinstance(value, bytes) else json.dumps(value, indent=indent).encode()
        sources.append(open_source(Source.of(raw), Choices(surroundings=False)))
        return sources[-1]

    yield open_
    for one in sources:
        one.bundle.main.close()


def judged(one: Opened) -> Report:
    return finish(examine(one))


def mended(one: Opened) -> Repaired:
    return finish(repair(one.format, one.bundle))


def after(one: Opened, done: Repaired) -> Any:
    return json.loads(b"".join(one.bundle.main.patched(done.patch)))


def stopping(report: Report) -> list[tuple[str, str | None]]:
    return [(found.code, found.api_error) for found in report.findings if found.severity is Severity.ERROR]


GPT = {"model": "gpt-5"}


@pytest.mark.parametrize(("value", "client"), [
    pytest.param([user("a"), asks(call("c1")), tool("c1")], "openai-chat", id="calls"),
    pytest.param([user("a"), tool("c1")], "openai-chat", id="a tool message"),
    pytest.param([{"role": "developer", "content": "a"}, user("b")], "openai-chat", id="a developer's message"),
    pytest.param([user([{"type": "image_url", "image_url": {"url": PNG}}])], "openai-chat", id="an image_url"),
    pytest.param({**GPT, "messages": [user("a")]}, "openai-chat", id="a body that names a model of OpenAI's"),
    pytest.param(
        {"tools": [{"type": "function", "function": {"name": "f"}}], "messages": [user("a")]}, "openai-chat",
        id="a body with functions for tools",
    ),
    pytest.param([user("a"), said("b")], "messages", id="texts alone do not say"),
    pytest.param({"model": "claude-opus-4-7", "messages": [user("a")]}, "messages", id="a model of Anthropic's"),
    pytest.param(
        [user("a"), said([{"type": "tool_use", "id": "t1", "name": "f", "input": {}}])], "messages", id="tool_use"
    ),
])
def test_the_form_is_told_by_the_content(value: object, client: str) -> None:
    source = Source.of(json.dumps(value).encode())
    found, format_ = framed(source)
    assert format_ is not None
    assert format_.client == client
    found.close()


def test_one_message_a_line_is_told_too(opened: Any) -> None:
    lines = b"".join(json.dumps(one).encode() + b"\n" for one in [user("a"), asks(call("c1")), tool("c1"), said("b")])
    one = opened(lines)
    assert one.format.client == "openai-chat"
    assert judged(one).findings == ()


NULL = "Invalid value for 'content': expected a string, got null."
KNOWN = "Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'."
ARRAY = "expected one of a string or array of objects, but got"


@pytest.mark.parametrize(("message", "code", "sentence"), [
    pytest.param({"content": "a"}, "C004", "Missing required parameter: 'messages[1].role'.", id="no role"),
    pytest.param({"role": "bogus", "content": "a"}, "C004", f"Invalid value: 'bogus'. {KNOWN}", id="an unknown role"),
    pytest.param(user(7), "C010", f"Invalid type for 'messages[1].content': {ARRAY} an integer instead.", id="7"),
    pytest.param(
        user({"type": "text"}), "C010", f"Invalid type for 'messages[1].content': {ARRAY} an object instead.",
        id="one part, not in a list",
    ),
    pytest.param(user(None), "C003", NULL, id="null for content"),
    pytest.param({"role": "assistant"}, "C003", NULL, id="no content"),
    pytest.param({"role": "assistant", "refusal": None}, "C003", NULL, id="a refusal that is null is no substitute"),
    pytest.param({"role": "user", "tool_calls": [call("c1")]}, "C003", NULL, id="calls of the user's are none"),
    pytest.param(
        {**said("a"), "tool_calls": []}, "C010", "Invalid 'messages[1].tool_calls': empty array. Expected an array "
        "with minimum length 1, but got an empty array instead.", id="an empty list of calls",
    ),
    pytest.param(
        {**said("a"), "tool_calls": "x"}, "C010", "Invalid type for 'messages[1].tool_calls': expected an array of "
        "objects, but got a string instead.", id="calls that are text",
    ),
])
def test_what_a_message_is_refused_for_by_itself(opened: Any, message: Any, code: str, sentence: str) -> None:
    report = judged(opened({**GPT, "messages": [user("a"), message]}))
    assert stopping(report) == [(code, sentence)]


def test_too_many_calls_in_one_message_are_counted(opened: Any) -> None:
    many = [f"c{number}" for number in range(131)]
    report = judged(opened({**GPT, "messages": [user("a"), asks(*map(call, many)), *map(tool, many)]}))
    assert [found.message for found in report.findings] == [
        "the message makes 131 calls, and the API takes 128 in one"
    ]


@pytest.mark.parametrize("messages", [
    pytest.param([user("a"), asks(call("c1"), call("c2")), tool("c2"), tool("c1"), said("b"), user("c")], id="tools"),
    pytest.param([{"role": "system", "content": "s"}, user(""), user([]), said(""), {"role": "system", "content": "t"}],
                 id="empty messages, system messages anywhere"),
    pytest.param([user("a"), {"role": "assistant", "refusal": "no"}, {"role": "assistant", "audio": {"id": "x"}}],
                 id="what stands in for content"),
    pytest.param([user("a"), {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
                  {"role": "function", "name": "f", "content": "b"}], id="the older function_call"),
    pytest.param([user([{"type": "image_url", "image_url": {"url": PNG}}, {"type": "text", "text": "a"}])], id="image"),
    pytest.param([user("a"), asks(call("c1", arguments="")), tool("c1", [{"type": "text", "text": "b"}])], id="parts"),
])
def test_what_the_api_takes_is_left_alone(opened: Any, messages: list[Any]) -> None:
    report = judged(opened({**GPT, "messages": messages}))
    assert [found for found in report.findings if found.severity is not Severity.INFO] == []


CUT = "[No result was recorded for this call; its outcome is unknown]"
MENDED = [
    pytest.param(
        [user("a"), asks(call("c1"), call("c2")), tool("c1"), user("b")],
        [user("a"), asks(call("c1"), call("c2")), tool("c1"), tool("c2", CUT), user("b")], id="a call is answered",
    ),
    pytest.param(
        [user("a"), asks(call("c1")), user("b"), tool("c1", name="kept")],
        [user("a"), asks(call("c1")), tool("c1", name="kept"), user("b")], id="a late result is moved as it stands",
    ),
    pytest.param(
        [user("a"), tool("c9", "lost")],
        [user("a"), user("[result of a tool call that is not in the transcript]\nlost")], id="a stray result is kept",
    ),
    pytest.param(
        [user("a"), asks(call("c1")), tool("c1"), tool("c1"), said("b")],
        [user("a"), asks(call("c1")), tool("c1"), said("b")], id="a repeated result is taken out",
    ),
    pytest.param(
        [user("a"), asks(call("c1", "a b")), tool("c1")], [user("a"), asks(call("c1", "a_b")), tool("c1")],
        id="a name is written as the API takes it",
    ),
    pytest.param(
        [user("a"), asks(call("c1", arguments={"x": 1})), tool("c1")],
        [user("a"), asks(call("c1", arguments='{"x": 1}')), tool("c1")], id="arguments become text",
    ),
    pytest.param([user("a"), said(None)], [user("a"), said("(no content)")], id="content for none"),
    pytest.param([user("a"), {**said("b"), "tool_calls": []}], [user("a"), said("b")], id="no list for an empty one"),
    pytest.param(
        [user("a"), {"role": "assistant", "content": None, "tool_calls": []}], [user("a"), said("")],
        id="no list for an empty one, and a text",
    ),
    pytest.param([user({"type": "text", "text": "a"})], [user([{"type": "text", "text": "a"}])], id="a list of one"),
    pytest.param(
        [user("a"), asks(call("c1")), tool("c1", [{**SHOWN, "image_url": {"url": "data:image/png;base64,bm90"}}])],
        [user("a"), asks(call("c1")), tool("c1", [
            {"type": "text", "text": "[image removed: what was sent as image/png is text, 3 bytes]"}])],
        id="a note for what is no image",
    ),
    pytest.param([user("a"), {"role": "ai", "content": "b"}], [user("a"), said("b")], id="another program's role"),
    pytest.param(
        [user("a"), asks(call("c1"), call("c2"), content="x"), tool("c1", [SHOWN]), tool("c2"), said("b")],
        [user("a"), asks(call("c1"), call("c2"), content="x"),
         tool("c1", [{"type": "text", "text": "[image: see the next message of the user]"}]), tool("c2"),
         user([SHOWN]), said("b")], id="an image in a tool message is shown by the user",
    ),
    pytest.param([user([{"type": "thinking", "thinking": "x"}, {"type": "text", "text": "a"}])], None, id="thinking"),
]


@pytest.mark.parametrize(("messages", "expected"), MENDED)
@pytest.mark.parametrize("indent", [None, 2])
def test_what_is_refused_is_mended_in_the_documents_form(
    opened: Any, messages: list[Any], expected: list[Any] | None, indent: int | None
) -> None:
    one = opened({**GPT, "messages": messages}, indent)
    assert stopping(judged(one))
    done = mended(one)
    found = after(one, done)
    if expected is not None:
        assert found["messages"] == expected
        assert b"".join(one.bundle.main.patched(done.patch)).decode() == json.dumps({**GPT, "messages": expected},
                                                                                   indent=indent)
    again = opened(b"".join(one.bundle.main.patched(done.patch)))
    assert stopping(judged(again)) == []
    assert mended(again).patch == {}


def test_a_message_that_no_fix_names_keeps_its_bytes(opened: Any) -> None:
    raw = b'{"messages":[ {"content" : "a\\u00e9", "role":"user"},\n{"role":"assistant","tool_calls":' + json.dumps(
        [call("c1")]
    ).encode() + b'} ],"model":"gpt-5"}'
    one = opened(raw)
    done = mended(one)
    out = b"".join(one.bundle.main.patched(done.patch))
    assert out.startswith(raw[: raw.index(b" ],")])
    assert out.endswith(b' ],"model":"gpt-5"}')


@given(st.dictionaries(st.sampled_from(["role", "content", "tool_calls", "tool_call_id", "name"]), json_values))
def test_no_message_raises(value: dict[str, Any]) -> None:
    for role in (value.get("role"), *chat.KINDS):
        message = {**value, "role": role}
        found = chat.entry(message)
        assert len(found.blocks) == len(chat.blocks(message))
        chat.text(message)
        chat.wrong(message)
        chat.odd(message)


@given(st.lists(st.dictionaries(st.sampled_from(["role", "content", "tool_calls", "tool_call_id"]), json_values |
       st.sampled_from(["user", "assistant", "tool"]) | st.just([call("c1")]) | st.just("c1")), max_size=4))
def test_no_array_raises_and_a_repair_is_at_rest(messages: list[Any]) -> None:
    source = Source.of(json.dumps({**GPT, "messages": messages}).encode())
    one = open_source(source, Choices(surroundings=False, format="openai-chat"))
    done = mended(one)
    again = open_source(
        Source.of(b"".join(one.bundle.main.patched(done.patch))), Choices(surroundings=False, format="openai-chat")
    )
    assert mended(again).patch == {}
    one.bundle.main.close()
    again.bundle.main.close()


def test_a_call_is_pointed_at_where_it_is_stored() -> None:
    messages = [user("go"), asks(call("call_a"), content="I look."), said("and on")]
    with open_source(Source.of(json.dumps(messages).encode()), Choices(surroundings=False)) as session:
        report = finish(examine(session))
    assert [found.document for found in report.findings if found.code == "T001"] == [(1, "tool_calls", 0)]
