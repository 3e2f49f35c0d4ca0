"""Judging requests as Python values: what is found, where, and that nothing is ever raised."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unbrick import Problem, lint

CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "read", "input": {}}]}
ASKED = {"role": "user", "content": "Read it."}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "four lines"}]}


class Block:
    """What an SDK gives back."""

    def model_dump(self, **_how: object) -> dict[str, Any]:
        return CALL["content"][0]  # type: ignore[return-value]


class Unfit:
    def model_dump(self, **_how: object) -> dict[str, Any]:
        raise ValueError("not now")


@pytest.mark.parametrize("request_", [
    pytest.param([ASKED, CALL, RESULT], id="a list of messages"),
    pytest.param({"model": "claude-sonnet-4-5", "messages": [ASKED, CALL, RESULT]}, id="a body"),
    pytest.param([ASKED, {"role": "assistant", "content": [Block()]}, RESULT], id="an object of an SDK in it"),
    pytest.param((ASKED, CALL, RESULT), id="a tuple"),
    pytest.param([], id="nothing yet"),
    pytest.param([{**ASKED, "ts": 1}], id="a log's own member in a bare list"),
])
def test_what_the_api_takes_has_no_problem(request_: object) -> None:
    assert lint(request_) == ()


CYCLE: list[object] = []
CYCLE.append(CYCLE)
DEEP: object = "x"
for _level in range(400):
    DEEP = [DEEP]


@pytest.mark.parametrize(("request_", "code", "pointer", "words"), [
    pytest.param([ASKED, CALL, ASKED], "T001", "/1/content/0", "has no result", id="a call without a result"),
    pytest.param({"messages": [ASKED, CALL, ASKED]}, "T001", "/messages/1/content/0", "has no result", id="in a body"),
    pytest.param({"messages": [{**ASKED, "ts": 1}]}, "C009", "/messages/0", "the member ts", id="an unknown member"),
    pytest.param({"messages": []}, "C003", "", "no message", id="a body without messages"),
    pytest.param([{"role": "robot", "content": "hi"}], "C004", "/0", "role", id="an unknown role"),
    pytest.param([{"role": "user", "content": "\ud83d"}], "J009", "/0/content", "surrogate", id="half of an emoji"),
    pytest.param([{"role": "user", "content": b"hi"}], "J013", "/0/content", "type bytes", id="bytes"),
    pytest.param([{"role": "user", "content": float("nan")}], "J013", "/0/content", "nan", id="not a number"),
    pytest.param([{"role": "user", 1: 2}], "J013", "/0", "type int", id="a name that is no text"),
    pytest.param([{"role": "user", "content": [Unfit()]}], "J013", "/0/content/0", "ValueError", id="fails to dump"),
    pytest.param([1], "J005", "/0", "not an object", id="a number"),
    pytest.param({"messages": 1}, "J013", "", "neither a list", id="no list"),
    pytest.param(None, "J013", "", "neither a list", id="nothing at all"),
    pytest.param(CYCLE, "J013", "", "holds itself", id="a list that holds itself"),
])
def test_a_problem_says_what_and_where(request_: object, code: str, pointer: str, words: str) -> None:
    found = lint(request_)
    first = next((one for one in found if one.code == code), None)
    assert first is not None, found
    assert (first.pointer, first.severity) == (pointer, "error")
    assert words in first.message


def test_deep_nesting_is_judged() -> None:
    assert lint([{"role": "user", "content": DEEP}])


def test_the_api_s_own_words_come_along() -> None:
    (found,) = lint([ASKED, CALL, ASKED])
    assert isinstance(found, Problem)
    assert (found.api_error or "").startswith("messages.1: `tool_use` ids were found without `tool_result` blocks")


def test_strict_endpoints_want_the_roles_to_alternate() -> None:
    assert lint([ASKED, ASKED]) == ()
    assert {one.pointer for one in lint([ASKED, ASKED], strict=True)} <= {"/1", "/1/content"} != set()
    assert lint([CALL, RESULT], strict=True)[0].api_error == 'messages: first message must use the "user" role'


def test_the_model_decides_about_the_end() -> None:
    body = {"messages": [ASKED, {"role": "assistant", "content": "It says"}]}
    assert lint(body, model="claude-sonnet-4-5") == ()
    assert [one.code for one in lint(body, model="claude-opus-4-7")] == ["C004"]


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary()
    | st.sampled_from(["user", "assistant", "system", "tool_use", "text", "toolu_1"]),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["role", "content", "type", "id", "text", "tool_use_id", "input", "messages"]) | st.text(),
        inner,
    ),
    max_leaves=12,
)
MESSAGE = st.fixed_dictionaries({}, optional={"role": ODD, "content": ODD})


@settings(max_examples=60, deadline=None)
@given(ODD | st.lists(MESSAGE) | st.fixed_dictionaries({"messages": st.lists(MESSAGE)}, optional={"model": ODD}))
def test_nothing_is_raised_whatever_is_given(request_: object) -> None:
    for found in lint(request_):
        assert found.message
        assert found.severity in ("error", "warning")


def test_the_package_alone_is_cheap_to_import() -> None:
    code = (
        "import sys, unbrick; "
        "print(sum(name.startswith('unbrick.') for name in sys.modules), 'orjson' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["0", "False"]
