"""The stand-in's own reading of the API's rules, and that it is its own."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import unbrick
from unbrick.proof.api import refusal

CORE = Path(unbrick.__file__).parent
Block = dict[str, Any]


def call(id_: str = "toolu_1", **more: Any) -> Block:
    return {"type": "tool_use", "id": id_, "name": "Bash", "input": {}, **more}


def answer(id_: str = "toolu_1", **more: Any) -> Block:
    return {"type": "tool_result", "tool_use_id": id_, "content": "ok", **more}


def body(*contents: Any, model: str = "claude-opus-4-7") -> dict[str, Any]:
    """A request whose turns alternate, the person's first."""
    roles = ("user", "assistant")
    return {"model": model, "messages": [
        {"role": roles[place % 2], "content": content} for place, content in enumerate(contents)
    ]}


TEXT = {"type": "text", "text": "a"}


@pytest.mark.parametrize(
    "taken",
    [
        pytest.param(body("a"), id="a prompt"),
        pytest.param(body("a", [call()], [answer()]), id="a call and its result"),
        pytest.param(body("a", [call("toolu_1"), call("toolu_2")], [answer("toolu_2"), answer("toolu_1"), TEXT]),
                     id="two results in another order, a text behind them"),
        pytest.param(body([{"type": "image", "source": {"type": "base64", "data": "iVBORw0KGgo="}}]), id="an image"),
        pytest.param({"model": "claude-opus-5-5", "messages": [
            {"role": "user", "content": "a"}, {"role": "system", "content": "b"}, {"role": "assistant", "content": "c"},
            {"role": "user", "content": "d"},
        ]}, id="a system turn on a model that takes it"),
    ],
)
def test_what_is_taken(taken: dict[str, Any]) -> None:
    assert refusal(taken) is None


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        pytest.param({"messages": []}, "at least one message", id="no message"),
        pytest.param({"messages": ["a"]}, "Input should be a valid list", id="a message that is a string"),
        pytest.param(body(["a"]), "messages.0.content.0: Input should be an object", id="a block that is a string"),
        pytest.param(body(""), "must have non-empty content", id="an empty prompt"),
        pytest.param(body([{"type": "text", "text": ""}]), "text content blocks must be non-empty", id="an empty text"),
        pytest.param(body([{"type": "text", "text": " "}]), "non-whitespace", id="a blank text"),
        pytest.param(body("a", [call()], "b"), "without `tool_result` blocks", id="a call without a result"),
        pytest.param(body("a", [call()], [TEXT, answer()]), "without `tool_result` blocks", id="a text before it"),
        pytest.param(body("a", [TEXT], [answer()]), "unexpected `tool_use_id`", id="a result without a call"),
        pytest.param(body("a", [call()], [answer(), answer()]), "must have a single result", id="two results"),
        pytest.param(body("a", [call(), call()], [answer()]), "ids must be unique", id="an id that is used twice"),
        pytest.param(body("a", [call("toolu:1")], [answer("toolu:1")]), "should match pattern", id="a bad id"),
        pytest.param(body("a", [call(input="x")], [answer()]), "valid dictionary", id="an input that is a string"),
        pytest.param(body("a", [call(name="x" * 201)], [answer()]), "at most 200 characters", id="a long name"),
        pytest.param(body("a", [{"type": "thinking", "thinking": "x"}, TEXT], "b"), "signature: Field required",
                     id="thinking without a signature"),
        pytest.param(body([{"type": "odd"}]), "Input tag 'odd'", id="an unknown block"),
        pytest.param(body([{"type": "image", "source": {"type": "base64", "data": "AAAA"}}]), "Could not process image",
                     id="an image that is none"),
        pytest.param(body([{"type": "image", "source": {"type": "base64", "data": "é"}}]),
                     "Could not process image", id="an image that is not even base64"),
        pytest.param(body("\ud83d"), "no low surrogate", id="half of a surrogate pair"),
        pytest.param(body("a", "b"), "must end with a user message", id="a prefill"),
        pytest.param({"model": "claude-opus-4-7", "messages": [{"role": "user", "content": "a"},
                                                               {"role": "system", "content": "b"}]},
                     "role 'system' is not supported", id="a system turn on a model that refuses it"),
    ],
)
def test_what_is_refused(refused: dict[str, Any], said: str) -> None:
    assert said in str(refusal(refused))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return names


def test_the_stand_in_shares_no_code_with_what_it_proves() -> None:
    for name in ("api", "standin"):
        own = {one for one in imported(CORE / "proof" / f"{name}.py") if one.startswith("unbrick")}
        assert all(one.startswith("unbrick.proof") for one in own)


def test_nothing_else_in_the_library_knows_of_the_proof() -> None:
    others = [path for path in CORE.rglob("*.py") if path.parent.name != "proof"]
    assert not [path for path in others if any(name.startswith("unbrick.proof") for name in imported(path))]
