"""What a message of an array means, in the form of Anthropic's Messages API."""

from __future__ import annotations

import json
from typing import Any

from unbrick.entry import Block, BlockKind, Entry, Flag, Kind
from unbrick.formats.claude_code.blocks import block, string_block
from unbrick.record import Json

_NO_TIME, _MALFORMED, _PROMPT = int(Flag.NO_TIME), int(Flag.MALFORMED), int(Flag.PROMPT)
_new = tuple.__new__
_KINDS = {"user": Kind.USER, "assistant": Kind.ASSISTANT, "system": Kind.ATTACHMENT}
MEMBERS = frozenset({"role", "content"})
"""What the API knows of a message."""
SYSTEM_MEMBERS = MEMBERS | {"output_config", "clear_at"}


def entry(value: Json) -> Entry:
    """The meaning of a decoded message. Never raises."""
    role, content = value.get("role"), value.get("content")
    kind = _KINDS.get(role, Kind.UNKNOWN) if isinstance(role, str) else Kind.UNKNOWN
    flags = _NO_TIME
    found: tuple[Block, ...] = ()
    if isinstance(content, str):
        found = (string_block(content),)
    elif isinstance(content, list):
        found = tuple(map(block, content))
    if wrong(value):
        flags |= _MALFORMED
    elif kind is Kind.USER and found and found[0].kind is not BlockKind.TOOL_RESULT:
        flags |= _PROMPT
    type_ = role if isinstance(role, str) and role else "?"
    return _new(Entry, (kind, type_, None, None, flags, None, None, None, None, None, found, 0))


def wrong(value: Json, body: bool = False) -> tuple[str, str] | None:
    """The rule that a message itself breaks, and the API's sentence with `{at}` for its place. In a request `body`,
    members that the API does not know are refused; a log may keep its own."""
    role = value.get("role")
    if not isinstance(role, str):
        return "C004", "{at}.role: " + ("Field required" if "role" not in value else "Input should be a valid string")
    if role not in _KINDS:
        return "C004", f'messages: Unexpected role "{role}". Allowed roles are "user" or "assistant"'
    if "content" not in value:
        return "C010", "{at}.content: Field required"
    if not isinstance(value["content"], str | list):
        return "C010", "{at}.content: Input should be a valid list"
    more = sorted(value.keys() - (SYSTEM_MEMBERS if role == "system" else MEMBERS)) if body else ()
    return ("C009", f"{{at}}.{more[0]}: Extra inputs are not permitted") if more else None


ROLES = {"human": "user", "ai": "assistant", "model": "assistant", "developer": "system"}
"""Roles of other programs that mean one of the API's."""


def odd(value: Json) -> str:
    """What is odd about the form of a message that can be written as the API takes it; empty for nothing."""
    role = value.get("role")
    if isinstance(role, str) and role in ROLES:
        return f"the role is {role!r}, which the API does not know"
    found = wrong(value, body=True)
    return "it has members that the API does not know" if found is not None and found[0] == "C009" else ""


def blocks(value: Json) -> list[dict[str, Any]]:
    """Content blocks of a message as they stand; a plain string is one text block."""
    content = value.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    found = content if isinstance(content, list) else []
    return [part if isinstance(part, dict) else {"type": "?", "value": part} for part in found]


def text(value: Json) -> str:
    """What a person reads of a message."""
    return "\n".join(said for part in blocks(value) if (said := _text(part)))


def _text(part: dict[str, Any]) -> str:
    for key in ("text", "thinking", "content"):
        if isinstance(part.get(key), str):
            return str(part[key])
    if part.get("type") == "tool_use":
        return f"{part.get('name')}({json.dumps(part.get('input'), ensure_ascii=False)})"
    content = part.get("content")
    if isinstance(content, list):
        return "\n".join(_text(one) for one in content if isinstance(one, dict))
    return ""
