"""Requests that went out, beside one another."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from unbrick.sent import Fate, beside, blocks, rebuilt

BLOCKS = st.sampled_from([
    {"type": "text", "text": "a"}, {"type": "text", "text": "b"},
    {"type": "tool_use", "id": "1", "name": "x", "input": {}},
    {"type": "tool_result", "tool_use_id": "1", "content": "c"},
])
MESSAGES = st.lists(st.none() | st.fixed_dictionaries({
    "role": st.sampled_from(["user", "assistant"]), "content": st.text(max_size=2) | st.lists(BLOCKS, max_size=3),
}), max_size=8)


@given(MESSAGES)
def test_a_request_beside_itself_is_the_same(messages: list[dict[str, Any] | None]) -> None:
    fates = [one.fate for one in beside(messages, rebuilt(messages))]
    assert fates == [Fate.UNKNOWN if one is None else Fate.SAME for one in messages]


@given(MESSAGES, MESSAGES)
def test_every_message_of_both_is_named_once(
    before: list[dict[str, Any] | None], after: list[dict[str, Any] | None]
) -> None:
    found = list(beside(before, rebuilt(after)))
    assert [one.before for one in found if one.before is not None] == list(range(len(before)))
    assert [one.after for one in found if one.after is not None] == list(range(len(after)))


@given(MESSAGES)
def test_what_was_sent_is_what_is_rebuilt(messages: list[dict[str, Any] | None]) -> None:
    request = rebuilt(messages)
    assert [blocks(request.message(index)) for index in range(len(request))] == [blocks(one or {}) for one in messages]
