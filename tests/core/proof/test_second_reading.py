"""The stand-in's own reading of the API's rules, rule by rule, and that it is its own."""

from __future__ import annotations

import ast
import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import unbrick
from unbrick.proof.api import UNSEEN, Asked, refusal, refusals

CORE = Path(unbrick.__file__).parent
OPUS, SYSTEMIC, OLD = "claude-opus-4-7", "claude-opus-5-5", "claude-sonnet-4-20250514"
Block = dict[str, Any]
Body = dict[str, Any]

TEXT = {"type": "text", "text": "a"}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "EqRk"}
MARKED = {**TEXT, "cache_control": {"type": "ephemeral"}}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}


def call(id_: str = "toolu_1", **more: Any) -> Block:
    return {"type": "tool_use", "id": id_, "name": "Bash", "input": {}, **more}


def answer(id_: str = "toolu_1", **more: Any) -> Block:
    return {"type": "tool_result", "tool_use_id": id_, "content": "ok", **more}


def picture(format_: str = "PNG", named: str = "image/png", side: int = 4) -> Block:
    file = io.BytesIO()
    Image.new("1", (side, 1)).save(file, format_)
    data = base64.b64encode(file.getvalue()).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": named, "data": data}}


def body(*contents: Any, model: str = OPUS, **more: Any) -> Body:
    """A request whose turns alternate, the person's first."""
    return {"model": model, **more, "messages": [
        {"role": ("user", "assistant")[place % 2], "content": content} for place, content in enumerate(contents)
    ]}


def spoken(*turns: tuple[str, Any], model: str = OPUS) -> Body:
    """A request of roles and contents."""
    return {"model": model, "messages": [{"role": role, "content": content} for role, content in turns]}


def without(block: Block, key: str) -> Block:
    return {name: value for name, value in block.items() if name != key}


LOOP = body("a", [call()], [answer()], model=OLD, thinking={"type": "enabled", "budget_tokens": 1024})
REFUSED: list[tuple[str, str, Body, str]] = [
    ("R1", "a call without a result", body("a", [call()], "b"), "messages.1: `tool_use` ids were found without"),
    ("R1", "one of two calls without", body("a", [call("t1"), call("t2")], [answer("t2")]), "immediately after: t1."),
    ("R1", "a call at the end", body("a", [call()], model=OLD), "messages.1: `tool_use` ids were found without"),
    ("R1", "a system turn between call and result", spoken(
        ("user", "a"), ("assistant", [call()]), ("system", "b"), ("user", [answer()]), model=SYSTEMIC,
    ), "messages.2: role 'system' must follow"),
    ("R2", "a result without a call", body("a", [TEXT], [answer()]), "messages.2.content.0: unexpected"),
    ("R2", "a result two turns late", body("a", [call()], [answer()], "b", [answer()]), "messages.4.content.0: unex"),
    ("R3", "a text before the result", body("a", [call()], [TEXT, answer()]), "without `tool_result` blocks"),
    ("R3", "a message before the result", spoken(
        ("user", "a"), ("assistant", [call()]), ("user", "b"), ("user", [answer()]),
    ), "without `tool_result` blocks"),
    ("R4", "two results", body("a", [call()], [answer(), answer()]), "messages.2.content.1: each tool_use must have"),
    ("R5", "an id that is used twice", body("a", [call(), call()], [answer()]), "messages.1.content.1: `tool_use` ids"),
    ("R6", "a bad id", body("a", [call("toolu:1")], [answer("toolu:1")]), "id: String should match pattern"),
    ("R6", "a server call with a client's id", body("a", [{**SEARCH, "id": "toolu_1"}, TEXT], "b"), "'^srvtoolu_["),
    ("R7", "a long name", body("a", [call(name="x" * 201)], [answer()]), "at most 200 characters"),
    ("R7", "no name", body("a", [call(name="")], [answer()]), "at least 1 character"),
    ("R8", "an input that is a string", body("a", [call(input="x")], [answer()]), "Input should be a valid dict"),
    ("R8", "no input", body("a", [without(call(), "input")], [answer()]), "tool_use.input: Field required"),
    ("R9", "an empty text", body([{"type": "text", "text": ""}]), "messages: text content blocks must be non-empty"),
    ("R9", "an empty text in a result", body("a", [call()], [answer(content=[{**TEXT, "text": ""}])]), "be non-empty"),
    ("R10", "a blank text", body([{"type": "text", "text": " \n"}]), "must contain non-whitespace text"),
    ("R11", "an empty text with a mark", body([{**MARKED, "text": ""}]), "cache_control cannot be set for empty text"),
    ("R12", "an empty prompt", body(""), "messages.0: all messages must have non-empty content"),
    ("R12", "a reply without blocks", body("a", [], "b"), "messages.1: all messages must have non-empty content"),
    ("R12", "a system turn without blocks", spoken(("user", "a"), ("system", []), model=SYSTEMIC),
     "messages.1: system content must contain at least one block"),
    ("R13", "five marks", body([MARKED] * 3, system=[MARKED], tools=[{"name": "a", **without(MARKED, "text")}]),
     "A maximum of 4 blocks with cache_control may be provided. Found 5."),
    ("R15", "an empty signature", body("a", [{**THOUGHT, "signature": ""}, TEXT], "b"), "Invalid `signature`"),
    ("R15", "thinking at the end of a turn", body("a", [TEXT, THOUGHT], "b"), "cannot be `thinking`."),
    ("R17", "no signature", body("a", [without(THOUGHT, "signature"), TEXT], "b"), "signature: Field required"),
    ("R17", "no data", body("a", [{"type": "redacted_thinking"}, TEXT], "b"), "redacted_thinking.data: Field required"),
    ("R18", "a loop that does not begin with thinking", LOOP, "messages.1.content.0.type: Expected `thinking` or"),
    ("R19", "an unknown role", spoken(("tool", "a")), 'Unexpected role "tool"'),
    ("R19", "a system turn on a model that refuses it", spoken(("user", "a"), ("system", "b")),
     "role 'system' is not supported on this model"),
    ("R19", "a system turn first", spoken(("system", "a"), ("user", "b"), model=SYSTEMIC), "top-level 'system'"),
    ("R19", "a system turn before a prompt", spoken(("user", "a"), ("system", "b"), ("user", "c"), model=SYSTEMIC),
     "messages.1: role 'system' must precede an 'assistant' message or end the array"),
    ("R19", "a call by a person", body([call()]), "`tool_use` blocks can only be in `assistant` messages"),
    ("R19", "a result by the model", body("a", [answer(), TEXT], "b"), "`tool_result` blocks can only be in `user`"),
    ("R20", "a prefill", body("a", "b"), "does not support assistant message prefill"),
    ("R21", "a prefill that ends in a space", body("a", "b ", model=OLD), "cannot end with trailing whitespace"),
    ("R22", "no message", body(), "at least one message is required"),
    ("R22", "no list", {"messages": "a"}, "messages: Input should be a valid list"),
    ("R23", "an image that is none", body([{"type": "image", "source": {
        "type": "base64", "media_type": "image/png", "data": "AAAA"}}]), "Could not process image"),
    ("R23", "another type than it says", body([picture("GIF")]), "does not match the provided media type image/png"),
    ("R23", "too wide", body([picture(side=8001)]), "max allowed size: 8000 pixels"),
    ("R24", "a PDF that is none", body([{"type": "document", "source": {
        "type": "base64", "media_type": "application/pdf", "data": "AAAA"}}]), "The PDF specified was not valid"),
    ("R27", "half of a surrogate pair", body("\ud83d"), "no low surrogate in string: line 1 column"),
    ("R29", "a tool that is not there", body("a", [call()], [answer(content=[
        {"type": "tool_reference", "tool_name": "Odd"}])], tools=[{"name": "Bash"}]), "Tool reference 'Odd' not found"),
    ("R30", "an unknown block", body([{"type": "odd"}]), "messages.0.content.0: Input tag 'odd' found"),
    ("R30", "a block without a type", body([{"text": "a"}]), "Unable to extract tag using discriminator 'type'"),
    ("R30", "a call in a result", body("a", [call()], [answer(content=[call()])]), "Input tag 'tool_use'"),
    ("R31", "an unknown member", body([{**TEXT, "parsed_output": 1}]), "text.parsed_output: Extra inputs"),
    ("R31", "thinking with a mark", body("a", [{**THOUGHT, "cache_control": {}}, TEXT], "b"), "thinking.cache_control"),
    ("R31", "a block that is a string", body(["a"]), "messages.0.content.0: Input should be an object"),
    ("R31", "a message that is a string", {"messages": ["a"]}, "messages.0: Input should be a valid dictionary"),
    ("R31", "a message with an id", {"messages": [{"role": "user", "content": "a", "id": "1"}]}, "messages.0.id"),
    ("R31", "a text that is a number", body([{**TEXT, "text": 1}]), "text.text: Input should be a valid string"),
    ("R31", "no content", {"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
    ("R32", "an id that the API never gave", body("a", diagnostics={"previous_message_id": "5ca1"}), "with msg_"),
]
TAKEN = [
    ("a prompt", body("a")),
    ("a call and its result", body("a", [call()], [answer()])),
    ("a loop that begins with thinking", {**LOOP, **body("a", [THOUGHT, call()], [answer()], model=OLD)}),
    ("a loop that a prompt ends", {**LOOP, **body("a", [call()], [answer(), TEXT], model=OLD)}),
    ("two results in another order, a text behind them", body("a", [call("t1"), call("t2")], [
        answer("t2"), answer("t1"), TEXT])),
    ("results in two messages", spoken(("user", "a"), ("assistant", [call("t1"), call("t2")]), ("user", [
        answer("t1")]), ("user", [answer("t2")]))),
    ("an image", body([picture()])),
    ("a result without content", body("a", [call()], [without(answer(), "content")])),
    ("four marks", body([MARKED] * 3, system=[MARKED])),
    ("thinking whose text is left out", body("a", [{**THOUGHT, "thinking": ""}, TEXT], "b")),
    ("thinking before another reply", spoken(("user", "a"), ("assistant", [THOUGHT]), ("assistant", "b"), ("user", "c")
    )),
    ("a search by the API", body("a", [SEARCH, FOUND, TEXT], "b")),
    ("two prompts, the first an assistant's", spoken(("assistant", "a"), ("user", "b"), ("user", "c"))),
    ("a system turn on a model that takes it", spoken(
        ("user", "a"), ("system", "b"), ("assistant", "c"), ("user", "d"), model=SYSTEMIC)),
    ("a system turn without content", {"model": SYSTEMIC, "messages": [
        {"role": "user", "content": "a"}, {"role": "system", "content": [], "output_config": {"effort": "low"}},
        {"role": "user", "content": "b"}]}),
    ("a prefill of an old model", body("a", "b", model=OLD)),
    ("a tool that is there", body("a", [call()], [answer(content=[
        {"type": "tool_reference", "tool_name": "Bash"}])], tools=[{"name": "Bash"}])),
    ("quoted marks", body('"cache_control": 1' * 9)),
]


@pytest.mark.parametrize("taken", [pytest.param(one, id=name) for name, one in TAKEN])
def test_what_is_taken(taken: Body) -> None:
    assert list(refusals(Asked(taken))) == []


@pytest.mark.parametrize(
    ("rule", "refused", "said"),
    [pytest.param(rule, one, said, id=f"{rule} {name}") for rule, name, one, said in REFUSED],
)
def test_what_is_refused(rule: str, refused: Body, said: str) -> None:
    found = list(refusals(Asked(refused)))
    assert said in str(refusal(refused)), found
    assert rule in {number for number, _ in found}


def test_tokens_are_counted_where_the_window_is_known() -> None:
    long = body("word " * 200)
    assert refusal(long) is None
    assert str(refusal(long, window=100)).startswith("prompt is too long: ")
    assert refusal(body([picture()]), window=5_000) is None


def test_every_rule_is_checked_or_said_to_be_unseen() -> None:
    """R26 has its own test above, R28 is in test_server_tools."""
    checked = {rule for rule, *_ in REFUSED} | {"R26", "R28"}
    assert checked | UNSEEN.keys() == {f"R{number}" for number in range(1, 33)}
    assert not checked & UNSEEN.keys()


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return names


def reading() -> set[str]:
    """The modules of the stand-in and what they import of the project, to the last."""
    todo, seen = ["standin"], set()
    while todo:
        name = todo.pop()
        seen.add(name)
        for one in imported(CORE / "proof" / f"{name}.py"):
            if one.startswith("unbrick"):
                if one.startswith("unbrick.media.bounds"):
                    continue  # How much work is too much says nothing of what is right.
                assert one.startswith("unbrick.proof"), f"{name} imports {one}"
                inner = one.removeprefix("unbrick.proof").strip(".").split(".")[0]
                if inner and (CORE / "proof" / f"{inner}.py").exists() and inner not in seen:
                    todo.append(inner)
    return seen


def test_the_stand_in_shares_no_code_with_what_it_proves() -> None:
    assert {"standin", "api", "asked", "shape", "pairs", "roles", "texts", "thoughts", "whole"} <= reading()


def test_nothing_else_in_the_library_knows_of_the_proof() -> None:
    others = [path for path in CORE.rglob("*.py") if path.parent.name != "proof"]
    assert not [path for path in others if any(name.startswith("unbrick.proof") for name in imported(path))]
