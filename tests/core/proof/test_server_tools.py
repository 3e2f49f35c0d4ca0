"""What the stand-in says of the API's own tools, and of marks that only a feature of the API knows (R28, R30)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.chat import text
from tools.requests import request_of
from unbrick import api
from unbrick.proof.api import Asked, refusal, refusals
from unbrick.target import Target, Version

MODEL = "claude-opus-4-7"
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
ADVICE = {**FOUND, "type": "advisor_tool_result", "content": {"type": "advisor_result", "text": "a"}}
MARK = {"type": "fallback", "from": {"model": "claude-fable-5-1"}, "to": {"model": "claude-opus-5-5"}}
BETA = frozenset({"server-side-fallback-2026-07-01"})


def spoken(*turns: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"role": role, "content": content} for role, content in turns]


def said(messages: list[dict[str, Any]], betas: frozenset[str] = frozenset()) -> str | None:
    return refusal({"model": MODEL, "messages": messages}, betas)


@pytest.mark.parametrize(("turns", "sentence"), [
    pytest.param([("user", "a"), ("assistant", [SEARCH, FOUND, text("b")]), ("user", "c")], None, id="together"),
    pytest.param(
        [("user", "a"), ("assistant", [SEARCH]), ("assistant", [FOUND]), ("user", "c")], None, id="in two messages",
    ),
    pytest.param(
        [("user", "a"), ("assistant", [ADVICE, text("b")]), ("user", "c")],
        "messages.1.content.0: unexpected `tool_use_id` found in `advisor_tool_result` blocks: srvtoolu_1. Each "
        "`advisor_tool_result` block must have a corresponding `server_tool_use` block before it.",
        id="a result without its call",
    ),
    pytest.param(
        [("user", "a"), ("assistant", [FOUND, SEARCH]), ("user", "c")], "messages.1.content.0: unexpected",
        id="the result first",
    ),
    pytest.param(
        [("user", "a"), ("assistant", [SEARCH]), ("user", "b"), ("assistant", [FOUND]), ("user", "c")],
        "messages.1: `web_search` tool use with id `srvtoolu_1` was found without a corresponding "
        "`web_search_tool_result` block", id="a prompt between them",
    ),
])
def test_a_result_stands_behind_its_call_in_one_turn(turns: list[tuple[str, Any]], sentence: str | None) -> None:
    found = said(spoken(*turns))
    assert found == sentence or (found is not None and sentence is not None and found.startswith(sentence))


def test_the_mark_of_another_model_is_known_with_its_feature_only() -> None:
    messages = spoken(("user", "a"), ("assistant", [MARK, text("b")]), ("user", "c"))
    assert "Input tag 'fallback' found using 'type' does not match any of the expected tags: '" in str(said(messages))
    assert said(messages, BETA) is None


blocks = st.lists(st.sampled_from([SEARCH, FOUND, ADVICE, MARK, text("b")]), min_size=1, max_size=4)


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), blocks), max_size=4))
def test_the_linter_and_the_stand_in_agree(turns: list[tuple[str, Any]]) -> None:
    messages = spoken(*((role, content if role == "assistant" else "a") for role, content in turns), ("user", "c"))
    target = Target("claude-code", Version.parse("2.1.139"), MODEL)
    linted = {violation.text.split(" expected tags")[0] for violation in api.lint(request_of(messages), target, True)}
    proved = [text.split(" expected tags")[0] for _, text in refusals(Asked({"model": MODEL, "messages": messages}))]
    assert set(proved) <= linted
    assert bool(proved) == bool(linted)
