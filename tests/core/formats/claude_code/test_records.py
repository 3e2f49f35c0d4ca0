"""What records mean: kinds, flags and blocks, and that nothing raises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.entry import Block, BlockFlag, BlockKind, Flag, Kind
from unbrick.formats.claude_code import ClaudeCode

CLAUDE = ClaudeCode()
TIME = "2026-05-04T09:00:00.000Z"


def user(content: Any, **members: Any) -> dict[str, Any]:
    return {"type": "user", "uuid": "u", "timestamp": TIME, "message": {"role": "user", "content": content}, **members}


def says(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


FLAGS = [
    pytest.param(user("hello"), Flag.PROMPT, id="a typed prompt"),
    pytest.param(user("<command-name>/compact"), 0, id="a command"),
    pytest.param(user("hello", isMeta=True), Flag.META, id="text the client wrote"),
    pytest.param(user("hello", isSidechain=True), Flag.SIDECHAIN | Flag.PROMPT, id="a subagent's"),
    pytest.param(user("Summary", isCompactSummary=True), Flag.SUMMARY, id="a summary"),
    pytest.param(user(None), Flag.MALFORMED, id="no content"),
    pytest.param({"type": "user", "uuid": "u", "timestamp": TIME}, Flag.MALFORMED, id="no message"),
    pytest.param(user("hello", timestamp="yesterday"), Flag.NO_TIME | Flag.PROMPT, id="no valid time"),
    pytest.param(user("hello", uuid=None, parentUuid=None), Flag.NO_UUID | Flag.PROMPT, id="no id"),
]


@pytest.mark.parametrize(("value", "flags"), FLAGS)
def test_flags(value: dict[str, Any], flags: int) -> None:
    entry = CLAUDE.entry(value)
    asked = (
        Flag.PROMPT | Flag.META | Flag.SIDECHAIN | Flag.SUMMARY | Flag.MALFORMED | Flag.NO_TIME
        | Flag.NO_UUID | Flag.LINK
    )
    assert entry.flags & asked & ~Flag.PROMPT == (flags | Flag.LINK) & ~Flag.PROMPT
    if not flags & Flag.MALFORMED:
        assert bool(entry.flags & Flag.PROMPT) is bool(flags & Flag.PROMPT)


BLOCKS = [
    pytest.param(says(""), BlockKind.TEXT, BlockFlag.EMPTY, id="empty text"),
    pytest.param(says(" \n"), BlockKind.TEXT, BlockFlag.BLANK, id="blank text"),
    pytest.param({"type": "thinking", "thinking": "x"}, BlockKind.THINKING, BlockFlag.UNSIGNED, id="unsigned thinking"),
    pytest.param({"type": "tool_use", "id": "a b", "name": "X", "input": {}}, BlockKind.TOOL_USE, BlockFlag.BAD_ID,
                 id="an id with a space"),
    pytest.param({"type": "tool_use", "id": "a", "name": "X", "input": "no"}, BlockKind.TOOL_USE, BlockFlag.BAD_INPUT,
                 id="an input that is no object"),
    pytest.param({"type": "novelty"}, BlockKind.OTHER, 0, id="an unknown type"),
    pytest.param("text", BlockKind.OTHER, BlockFlag.MALFORMED, id="no object"),
]


@pytest.mark.parametrize(("value", "kind", "flag"), BLOCKS)
def test_blocks(value: Any, kind: BlockKind, flag: int) -> None:
    (found,) = CLAUDE.entry(user([value])).blocks
    assert found.kind is kind
    assert found.flags & flag == flag


COUNTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
TOKENS = [
    pytest.param(dict.fromkeys(COUNTS, 10), 40, id="all four counts"),
    pytest.param({"input_tokens": 10, "output_tokens": 5}, 15, id="two of them"),
    pytest.param({"input_tokens": 10, "output_tokens": "five"}, 10, id="a count that is no number"),
    pytest.param({**dict.fromkeys(COUNTS, 10), "output_tokens": 0.5}, 30, id="a count that is no whole number"),
    pytest.param(dict.fromkeys(COUNTS, 1 << 40), (1 << 32) - 1, id="more than a column holds"),
    pytest.param(dict.fromkeys(COUNTS, -1), 0, id="less than none"),
    pytest.param(None, 0, id="no counts"),
]


@pytest.mark.parametrize(("usage", "tokens"), TOKENS)
def test_tokens(usage: Any, tokens: int) -> None:
    message = {"role": "assistant", "content": [says("x")], "usage": usage}
    assert CLAUDE.entry({"type": "assistant", "uuid": "u", "timestamp": TIME, "message": message}).tokens == tokens


PARTS = [
    pytest.param([says(""), says("hello")], True, id="the first text that says something counts"),
    pytest.param([says(""), says("<command-name>/compact")], False, id="a command behind an empty text"),
    pytest.param([{"type": "image"}, says("look")], True, id="a picture and a text"),
    pytest.param([says("hello"), {"type": "tool_result", "tool_use_id": "a"}], False, id="a result behind a text"),
    pytest.param([{"type": "image"}], True, id="a picture alone"),
    pytest.param([], False, id="nothing"),
]


@pytest.mark.parametrize(("content", "typed"), PARTS)
def test_what_a_person_typed(content: Any, typed: bool) -> None:
    assert bool(CLAUDE.entry(user(content)).flags & Flag.PROMPT) is typed


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12,
)
KEYS = st.sampled_from(
    ["type", "uuid", "parentUuid", "timestamp", "message", "content", "role", "id", "attachment", "subtype", "isMeta",
     "leafUuid", "data", "compactMetadata", "usage", "model"]
)
TYPES = st.sampled_from(["user", "assistant", "system", "attachment", "progress", "last-prompt", "summary", "novelty"])


@given(st.dictionaries(KEYS, JSON | st.dictionaries(KEYS, JSON)), TYPES)
def test_no_record_raises(value: dict[str, Any], type_: str) -> None:
    entry = CLAUDE.entry({**value, "type": type_})
    assert entry.kind in Kind
    assert entry == CLAUDE.bare({**value, "type": type_})
    assert all(isinstance(block, Block) for block in entry.blocks)
    assert isinstance(CLAUDE.text(value), str)
    assert isinstance(CLAUDE.blocks(value), list)
