"""The linter and the stand-in, two readings of one set of rules, over made-up requests: what one refuses the other
does, and for the same reason. A rule that either misreads shows as a difference."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tools.chat import call, result, text, thinking
from tools.requests import request_of
from unbrick import api
from unbrick.proof.api import Asked, refusals
from unbrick.target import Target, Version

OLD, PLAIN, SYSTEMIC = "claude-sonnet-4-20250514", "claude-opus-4-7", "claude-opus-5-5"
IDS = st.sampled_from(["toolu_1", "toolu_2", "toolu_3"])
WORDS = st.sampled_from(["words", "a b ", "", " "])
BLOCKS = st.one_of(
    st.builds(text, st.sampled_from(["words", "more"])),
    st.builds(text, WORDS),
    st.builds(call, IDS | st.sampled_from(["toolu:4", "", 7]), st.sampled_from(["Bash", "", "x" * 201])),
    st.builds(call, IDS),
    st.builds(lambda ref, given: {**call(ref), "input": given}, IDS, st.sampled_from(["x", [], None, {"a": 1}])),
    st.builds(result, IDS),
    st.builds(result, IDS | st.just("toolu 5"), st.sampled_from(["", "out", [], [text("out")], [{"type": "odd"}], 3])),
    st.builds(lambda **more: thinking(**more), signature=st.sampled_from(["EqRk", "", None, 5])),
    st.sampled_from([
        thinking(), {"type": "redacted_thinking"}, {"type": "redacted_thinking", "data": "EqRk"}, {"type": "odd"},
        {"text": "a"}, text("a", parsed_output=1), call("toolu_1", caller={"type": "direct"}),
    ]),
)
ROLES = st.sampled_from(["user", "assistant", "user", "assistant", "system"])
CALLED = [{"role": "user", "content": "a"}, {"role": "assistant", "content": [call("toolu_1"), call("toolu_2")]}]
REASONS = (
    r"ids were found without `tool_result`", r"unexpected `tool_use_id`", r"must have a single result", r"ids must be",
    r"should match pattern", r"at (?:most|least) \d+ char", r"input: ", r"must be non-empty", r"non-whitespace",
    r"must have non-empty content", r"Invalid `signature`", r"final block", r"prefill", r"trailing whitespace",
    r"is not supported on this model", r"role 'system' must|use the top-level", r"can only be in",
    r"Input tag|extract tag", r"Extra inputs", r"Field required|valid string|valid list",
)
SHAPES = re.compile(r"String should|Field required|Input should|Input tag|Extra inputs|Unable to extract")


@st.composite
def conversations(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Messages of which most are as they should be."""
    messages: list[dict[str, Any]] = []
    for role in draw(st.lists(ROLES, min_size=1, max_size=6)):
        blocks = st.builds(text, WORDS | st.just("words")) if role == "system" else BLOCKS
        least = int(role == "system")  # clients leave a turn of theirs out that has nothing to say
        strings = st.sampled_from(["words", "more words", ""] if role == "user" else ["words"])
        content = draw(strings | st.lists(blocks, min_size=least, max_size=4))
        messages.append({"role": role, "content": content})
        if role == "assistant" and draw(st.booleans()) and isinstance(content, list):
            answers = [result(block["id"]) for block in content if block.get("type") == "tool_use"]
            messages.append({"role": "user", "content": [*answers, *draw(st.lists(BLOCKS, max_size=1))] or "words"})
    return messages


def reasons(sentences: list[str]) -> set[str]:
    """Which kinds of sentences are among some."""
    found = {pattern for sentence in sentences for pattern in REASONS if re.search(pattern, sentence)}
    assert found or not sentences, sentences
    return found


def readings(messages: list[dict[str, Any]], model: str) -> tuple[list[str], list[str]]:
    """What the linter and the stand-in say of a request that is sent as it stands."""
    target = Target("claude-code", Version.parse("2.1.139"), model)
    linted = [violation.text for violation in api.lint(request_of(messages), target, True)]
    return linted, [sentence for _, sentence in refusals(Asked({"model": model, "messages": messages}))]


@settings(max_examples=400)
@given(conversations(), st.sampled_from([OLD, PLAIN, SYSTEMIC]))
@example([*CALLED, {"role": "user", "content": [result("toolu_2"), text("b"), result("toolu_1")]}], PLAIN)
@example([*CALLED, {"role": "system", "content": "b"}, {"role": "user", "content": [result("toolu_1")]}], SYSTEMIC)
@example([*CALLED, {"role": "assistant", "content": [thinking(signature="EqRk")]}], PLAIN)
def test_both_refuse_the_same_and_for_the_same_reason(messages: list[dict[str, Any]], model: str) -> None:
    linted, proved = readings(messages, model)
    assert bool(linted) == bool(proved), (linted, proved)
    if proved:
        # What has not the members it should have is all that the API speaks of; of the rest each may add what follows.
        told = [sentence for sentence in linted if SHAPES.search(sentence)] or linted
        assert reasons(proved[:1]) <= reasons(linted), (linted, proved)
        assert reasons(told) & reasons(proved), (linted, proved)
        assert bool(SHAPES.search(told[0])) == bool(SHAPES.search(proved[0])), (linted, proved)
