"""What an Amplifier record means: one message a line, each call stored twice (amplifier.md §1.1).

A record's blocks are numbered as its `content` list, and calls that stand in `tool_calls` alone follow. They are
given in the API's form; `stored` gives them in the form that the provider sends.
"""

from __future__ import annotations

import json
from typing import Any

from unbrick.clock import seconds
from unbrick.entry import Block, BlockFlag, BlockKind, Entry, Flag, Kind
from unbrick.formats.amplifier import words
from unbrick.formats.claude_code.blocks import block, string_block
from unbrick.record import Json

_KINDS = {
    "user": Kind.USER, "tool": Kind.USER, "assistant": Kind.ASSISTANT, "system": Kind.NOTICE,
    "developer": Kind.NOTICE, "function": Kind.NOTICE,
}
# Tuples, here and below: what a record holds in the place of a type may be of a kind that no set can be asked for.
TYPES = ("text", "thinking", "redacted_thinking", "tool_call", "tool_result", "image", "reasoning")
"""Types of blocks that the client's own model of a message knows; it crashes on any other."""

_FORM, _SYNTHETIC = int(BlockFlag.FORM), int(BlockFlag.SYNTHETIC)
_MALFORMED, _NO_TIME, _PROMPT, _META = int(Flag.MALFORMED), int(Flag.NO_TIME), int(Flag.PROMPT), int(Flag.META)
_new = tuple.__new__


def entry(value: Json) -> Entry:
    """The meaning of a decoded record. Never raises."""
    role = value.get("role")
    kind = _KINDS.get(role, Kind.UNKNOWN) if role.__class__ is str else Kind.UNKNOWN
    content = value.get("content")
    flags = 0
    if kind is Kind.UNKNOWN or not _readable(value, content):
        flags |= _MALFORMED
    time = _time(value)
    if time is None:
        flags |= _NO_TIME
    type_ = role if role.__class__ is str and role else "?"
    blocks: tuple[Block, ...] = ()
    if role == "tool":
        blocks = (_result(value, content),)
    elif kind is Kind.ASSISTANT:
        blocks = tuple(_assistant(value))
    elif kind is Kind.USER:
        blocks = _user(content)
        text = leading(content)
        if words.from_hook(value):
            type_ = "user/hook"
        elif text.startswith(words.REMINDER):
            type_ = "user/reminder"
        flags |= _PROMPT if type_ == "user" and not value.get("tool_call_id") else _META
    return _new(Entry, (kind, type_, None, None, flags, time, None, None, None, None, blocks, 0))


def _readable(value: Json, content: Any) -> bool:  # noqa: ANN401 - whatever a record holds
    """Whether the client's own model of a message takes the record."""
    if content.__class__ is list:
        for part in content:
            if part.__class__ is not dict or part.get("type") not in TYPES:
                return False
    elif content.__class__ is not str:
        return False
    called = value.get("tool_calls", ())
    return called.__class__ is list or called == ()


def _user(content: Any) -> tuple[Block, ...]:  # noqa: ANN401 - whatever a record holds
    if content.__class__ is str:
        return (string_block(content),)
    return tuple(block(clean(part)) for part in content) if content.__class__ is list else ()


def _result(value: Json, content: Any) -> Block:  # noqa: ANN401 - whatever a record holds
    found = block({"type": "tool_result", "tool_use_id": value.get("tool_call_id"), "content": content})
    if words.made_up(content):
        return found._replace(flags=int(found.flags) | _SYNTHETIC)
    return found


def _assistant(value: Json) -> list[Block]:
    content = value.get("content")
    called = value.get("tool_calls")
    if content.__class__ is str and not called:
        return [string_block(content)]
    if content.__class__ is list and not called and not any(
        part.__class__ is dict and part.get("type") in ("tool_call", "tool_use") for part in content
    ):
        return [block(clean(part)) for part in content]
    found = []
    for part, odd in calls_and_texts(value):
        read = block(part)
        found.append(read._replace(flags=int(read.flags) | _FORM) if odd else read)
    return found


def calls_and_texts(value: Json) -> list[tuple[Any, bool]]:
    """The blocks of an assistant record in the API's form, each with whether it is a call that is not stored as the
    client stores calls."""
    content, called = value.get("content"), value.get("tool_calls")
    waiting: dict[object, list[Json]] = {}
    listed = [call for call in called if call.__class__ is dict] if called.__class__ is list else []
    for call in listed:
        waiting.setdefault(hashable(call.get("id")), []).append(call)
    found: list[tuple[Any, bool]] = []
    if content.__class__ is str:
        if content or not listed:
            found.append(({"type": "text", "text": content}, False))
    elif content.__class__ is list:
        for part in content:
            if part.__class__ is not dict or part.get("type") not in ("tool_call", "tool_use"):
                found.append((clean(part), False))
                continue
            same = waiting.get(hashable(part.get("id")))
            if same:
                call = same.pop(0)
                found.append((use(call), part["type"] == "tool_use" or not own(call)))
            else:
                found.append(({
                    "type": "tool_use", "id": part.get("id"), "name": part.get("name"),
                    "input": _object(part.get("input")),
                }, True))
    for call in listed:
        same = waiting[hashable(call.get("id"))]
        if any(one is call for one in same):
            found.append((use(call), True))
    return found


def hashable(ref: object) -> object:
    """What stands for an id of any type in a table."""
    return ref if isinstance(ref, str) else repr(ref)


def own(call: Json) -> bool:
    """Whether an element of `tool_calls` has the client's own form."""
    return "tool" in call and call.get("arguments").__class__ is dict


def use(call: Json) -> Json:
    """An element of `tool_calls`, in any form that is known, as the API's block."""
    inner = call.get("function")
    function: Json = inner if isinstance(inner, dict) else {}
    name = call.get("tool") or function.get("name") or call.get("name") or ""
    given = call["arguments"] if "arguments" in call else function.get("arguments", {})
    return {"type": "tool_use", "id": call.get("id"), "name": name, "input": _object(given)}


def _object(given: object) -> object:
    """Arguments that were stored as text, read; what is no object stays as it is."""
    if isinstance(given, str):
        try:
            found = json.loads(given or "{}")
        except (ValueError, RecursionError):
            return given
        return found if isinstance(found, dict) else given
    return {} if given is None else given


def clean(part: Any) -> Any:  # noqa: ANN401 - whatever stands in a content list
    """A block with the members that the provider sends."""
    if part.__class__ is not dict:
        return part
    type_ = part.get("type")
    if type_ == "text":
        return {"type": "text", "text": part.get("text")}
    if type_ == "thinking":
        return {"type": "thinking", "thinking": part.get("thinking"), "signature": part.get("signature")}
    if type_ == "redacted_thinking":
        return {"type": "redacted_thinking", "data": part.get("data")}
    return {key: inner for key, inner in part.items() if key != "visibility"} if "visibility" in part else part


def blocks(value: Json) -> list[dict[str, Any]]:
    """The blocks of a record in the API's form, as `entry` numbers them."""
    role, content = value.get("role"), value.get("content")
    if role == "tool":
        return [{"type": "tool_result", "tool_use_id": value.get("tool_call_id"), "content": content}]
    if role == "assistant":
        found = [part for part, _odd in calls_and_texts(value)]
    elif isinstance(content, str):
        found = [{"type": "text", "text": content}]
    else:
        found = [clean(part) for part in content] if isinstance(content, list) else []
    return [part if isinstance(part, dict) else {"type": "?", "value": part} for part in found]


def content(value: Json) -> tuple[tuple[str | int, ...], object]:
    """The pointer to a record's content, and the content: blocks, a plain string, or what stands there."""
    found = value.get("content")
    if value.get("role") != "tool" and (
        found is None or (isinstance(found, str) and not value.get("tool_calls")) or isinstance(found, dict)
    ):
        return ("content",), found
    return ("content",), blocks(value)


def text(value: Json) -> str:
    """What a person reads of a record."""
    said: list[str] = []
    for part in blocks(value):
        for key in ("text", "thinking", "content"):
            if isinstance(part.get(key), str):
                said.append(part[key])
                break
        else:
            if part.get("type") == "tool_use":
                said.append(f"{part.get('name')}({json.dumps(part.get('input'), ensure_ascii=False)})")
            elif part.get("content") is not None:
                said.append(json.dumps(part["content"], ensure_ascii=False))
    return "\n".join(said)


def leading(content: Any) -> str:  # noqa: ANN401 - whatever a record holds
    """The text that a message begins with."""
    if content.__class__ is list and content and content[0].__class__ is dict:
        content = content[0].get("text")
    return content if content.__class__ is str else ""


def _time(value: Json) -> float | None:
    about = value.get("metadata")
    stamp = about.get("timestamp") if about.__class__ is dict else None
    return seconds(stamp or value.get("timestamp"))


def odd(value: Json) -> str:
    """What is odd about the form of a record that can be written as the client does; empty for nothing."""
    role, content, called = value.get("role"), value.get("content"), value.get("tool_calls", ())
    if isinstance(role, str) and role in ROLES:
        return f"the role is {role!r}, which the client does not know"
    if role != "assistant":
        return ""
    if called is None:
        return "`tool_calls` is null"
    listed = [call for call in called if isinstance(call, dict)] if isinstance(called, list) else []
    if any(not own(call) for call in listed):
        return "its calls are in another program's form"
    if content is None and listed:
        return "it has no content"
    if isinstance(content, list) and any(isinstance(part, dict) and part.get("type") == "tool_use" for part in content):
        return "its calls are in the API's form"
    if any(odd for _part, odd in calls_and_texts(value)):
        return "its calls stand in one of two places only"
    return ""


ROLES = {"human": "user", "ai": "assistant", "model": "assistant"}
"""Roles of other programs that mean one of the client's."""


def kind_of(part: object) -> BlockKind:
    """Kind of a block in the API's form."""
    return block(part).kind
