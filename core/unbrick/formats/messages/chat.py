"""What a message of an array means in the form of OpenAI's Chat Completions API, read as the blocks that others have.

A call of `tool_calls` is a `tool_use` block behind the message's parts, a `tool` message one `tool_result` block, an
`image_url` an `image`. Arguments are their object, or the text itself where that is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from unbrick.entry import Block, BlockFlag, BlockKind, Entry, Flag, Kind
from unbrick.formats.claude_code.blocks import block as meaning
from unbrick.formats.claude_code.blocks import string_block
from unbrick.formats.messages import records
from unbrick.record import Json

KINDS = {
    "user": Kind.USER, "assistant": Kind.ASSISTANT, "tool": Kind.USER, "function": Kind.USER,
    "system": Kind.ATTACHMENT, "developer": Kind.ATTACHMENT,
}
MEMBERS = frozenset({
    "role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal", "audio", "reasoning_content",
})
"""What the API, or those who speak its protocol, know of a message."""
ROLES = {"human": "user", "ai": "assistant", "model": "assistant"}
"""Roles of other programs that mean one of the API's."""

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")
_DATA = re.compile(r"data:([^;,]*)[^,]*;base64,")
_SUBSTITUTES = ("tool_calls", "function_call", "refusal", "audio")
"""What an assistant's message may have in the place of content."""
_OWN = frozenset({"tool_calls", "tool_call_id", "function_call"})
_PARTS = ("image_url", "input_audio", "refusal")
_MODEL = re.compile(r"(?:openai/)?(?:gpt-|chatgpt-|o[134](?:-|\Z))")


def tells(head: Iterable[Json], around: Mapping[str, Any]) -> bool:
    """Whether messages, or the request body around them, are in this form; texts alone do not say."""
    model, tools = around.get("model"), around.get("tools")
    return (
        (isinstance(model, str) and _MODEL.match(model) is not None)
        or (isinstance(tools, list) and any(isinstance(one, dict) and "function" in one for one in tools))
        or any(_tells(value) for value in head)
    )


def _tells(value: Json) -> bool:
    content = value.get("content")
    return value.get("role") in ("tool", "function", "developer") or not _OWN.isdisjoint(value) or (
        isinstance(content, list)
        and any(isinstance(part, dict) and part.get("type") in _PARTS for part in content)
    )


def entry(value: Json) -> Entry:
    """The meaning of a decoded message. Never raises."""
    role = value.get("role")
    kind = KINDS.get(role, Kind.UNKNOWN) if isinstance(role, str) else Kind.UNKNOWN
    flags = int(Flag.NO_TIME)
    found = tuple(map(meaning, blocks(value)))
    if isinstance(value.get("content"), str) and role != "tool":
        found = (string_block(value["content"]), *found[1:])
    made = calls(value)
    if made:
        found = (*found[: -len(made)], *map(_called, made, found[-len(made) :]))
    fault = wrong(value)
    if fault is not None and fault[0] == "C010":
        flags |= int(Flag.MALFORMED)
    elif role == "user" and found:
        flags |= int(Flag.PROMPT)
    return Entry(kind, role if isinstance(role, str) and role else "?", None, None, flags, blocks=found)


def _called(call: object, found: Block) -> Block:
    """What a call means, whose name and arguments are judged otherwise here."""
    flags = found.flags & ~int(BlockFlag.BAD_NAME)
    if found.kind is BlockKind.TOOL_USE:
        if found.name is None or _NAME.match(found.name) is None:
            flags |= int(BlockFlag.BAD_NAME)
        if not has_text(call):
            flags |= int(BlockFlag.BAD_INPUT)
    return found._replace(flags=flags)


def has_text(call: object) -> bool:
    """Whether the arguments of a call are text."""
    given = call.get("function") if isinstance(call, dict) else None
    return isinstance(given, dict) and isinstance(given.get("arguments"), str)


def wrong(value: Json, body: bool = False) -> tuple[str, str] | None:
    """The rule that a message itself breaks, and the API's sentence with `{at}` for its place."""
    role, content = value.get("role"), value.get("content")
    if "role" not in value:
        return "C004", "Missing required parameter: '{at}.role'."
    if not isinstance(role, str) or role not in KINDS:
        return "C004", (
            f"Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and "
            "'developer'."
        )
    if content is not None and not isinstance(content, str | list):
        return "C010", (
            "Invalid type for '{at}.content': expected one of a string or array of objects, but got "
            f"{_noun(content)} instead."
        )
    listed = value.get("tool_calls")
    if role == "assistant" and listed is not None:
        if not isinstance(listed, list):
            said = f"expected an array of objects, but got {_noun(listed)} instead."
            return "C010", f"Invalid type for '{{at}}.tool_calls': {said}"
        if not listed:
            said = "Expected an array with minimum length 1, but got an empty array instead."
            return "C010", f"Invalid '{{at}}.tool_calls': empty array. {said}"
    if content is None and not (role == "assistant" and any(value.get(key) is not None for key in _SUBSTITUTES)):
        return "C003", "Invalid value for 'content': expected a string, got null."
    return None


def _noun(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "an integer" if isinstance(value, int) else "a decimal number"
    return "a string" if isinstance(value, str) else "an object"


def odd(value: Json) -> str:
    """What is odd about the form of a message that can be written as the API takes it; empty for nothing."""
    role = value.get("role")
    if isinstance(role, str) and role in ROLES:
        return f"the role is {role!r}, which the API does not know"
    if value.get("tool_calls") == []:
        return "its list of calls is empty"
    return "the content is one part, not a list of parts" if isinstance(value.get("content"), dict) else ""


def blocks(value: Json) -> list[dict[str, Any]]:
    """A message as blocks: its parts, then its calls; a `tool` message is one result."""
    if value.get("role") == "tool":
        made: dict[str, Any] = {"type": "tool_result"}
        if "tool_call_id" in value:
            made["tool_use_id"] = value["tool_call_id"]
        found = value.get("content")
        made["content"] = [part_block(part) for part in found] if isinstance(found, list) else found
        return [made]
    return [*map(part_block, parts(value)), *map(call_block, calls(value))]


def parts(value: Json) -> list[Any]:
    """The parts of a message's content as stored; a plain string is one text."""
    found = value.get("content")
    if isinstance(found, str):
        return [{"type": "text", "text": found}]
    return found if isinstance(found, list) else []


def calls(value: Json) -> list[Any]:
    """The calls of an assistant's message as stored."""
    found = value.get("tool_calls")
    return found if isinstance(found, list) and value.get("role") == "assistant" else []


def part_block(part: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever stands in a content list
    """A part of content as a block."""
    if not isinstance(part, dict):
        return {"type": "?", "value": part}
    if part.get("type") != "image_url":
        return part
    inside = part.get("image_url")
    url = inside.get("url") if isinstance(inside, dict) else inside
    if not isinstance(url, str):
        return {"type": "image", "source": {}}
    found = _DATA.match(url)
    if found is None:
        return {"type": "image", "source": {"type": "url", "url": url}}
    return {"type": "image", "source": {"type": "base64", "media_type": found[1], "data": url[found.end() :]}}


def call_block(call: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever stands in a list of calls
    """A call as a block."""
    if not isinstance(call, dict):
        return {"type": "?", "value": call}
    made: dict[str, Any] = {"type": "tool_use"}
    if "id" in call:
        made["id"] = call["id"]
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    if "name" in function:
        made["name"] = function["name"]
    if "arguments" in function:
        made["input"] = _object(function["arguments"])
    return made


def _object(arguments: object) -> object:
    """The object that arguments are the text of; what stands there where they are none."""
    if not isinstance(arguments, str):
        return arguments
    try:
        found = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    return found if isinstance(found, dict) else arguments


def content(value: Json) -> object:
    """A message's content as rules see it: blocks, a plain string, or what stands in their place."""
    found = value.get("content")
    return blocks(value) if value.get("role") == "tool" or calls(value) or isinstance(found, list) else found


def text(value: Json) -> str:
    """What a person reads of a message."""
    return records.text({"content": blocks(value)})
