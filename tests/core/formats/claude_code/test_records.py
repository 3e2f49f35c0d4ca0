"""What records mean: kinds, flags and blocks, and that nothing raises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
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
    assert isinstance(CLAUDE.text(value), str)
    assert isinstance(CLAUDE.blocks(value), list)
