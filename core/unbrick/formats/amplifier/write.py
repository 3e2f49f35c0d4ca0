"""Records and members of records as Amplifier writes them: Python's `json`, each call in both its places."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from unbrick import jsonspan
from unbrick.formats import Clock
from unbrick.formats.amplifier import records, words
from unbrick.record import Json

_HALF = re.compile(r"[\ud800-\udfff]")


def dump(value: object) -> bytes:
    """JSON as Python's `json` writes it without escaping; halves of surrogate pairs escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return _HALF.sub(lambda half: f"\\u{ord(half.group()):04x}", text).encode("utf-8")


def with_member(raw: bytes, key: str, new: object) -> bytes:
    """A line with a member of its record set, or added as the last one before the metadata."""
    try:
        return jsonspan.set_value(raw, (key,), dump(new))
    except KeyError:
        member = dump(key) + b": " + dump(new)
        found = re.search(rb'"(?:metadata|timestamp)"\s*:', raw)
        try:
            start, _end = jsonspan.locate(raw, ("metadata",))
        except KeyError:
            start = -1
        before = raw.rfind(b'"metadata"', 0, start) if start >= 0 and found else -1
        if before >= 0:
            return raw[:before] + member + b", " + raw[before:]
        body = raw.rstrip()
        inner = body[:-1].rstrip()
        return inner + (b"" if inner.endswith(b"{") else b", ") + member + b"}" + raw[len(body) :]


def without(raw: bytes, pointer: Sequence[str | int]) -> bytes:
    """A line without a member."""
    return jsonspan.remove(raw, pointer)


def result(ref: str, tool: str, content: str, clock: Clock, like: Json) -> bytes:
    """The record of a result, its time where a record like it has it."""
    value: Json = {"role": "tool"}
    if tool:
        value["name"] = tool
    return dump(value | {"tool_call_id": ref, "content": content} | _stamp(clock, like))


def _stamp(clock: Clock, like: Json) -> Json:
    """A record's own time, beside its other members in the file that context-persistent keeps."""
    stamp = {"timestamp": now(clock)}
    return stamp if "timestamp" in like and "metadata" not in like else {"metadata": stamp}


def unknown(said: str) -> str:
    """The content of a result for a call whose real one is not known."""
    return words.UNKNOWN.format(said=said)


def now(clock: Clock) -> str:
    """The time as the client writes it."""
    return clock.now().replace("Z", "+00:00")


def message(record: Mapping[str, Any], clock: Clock, like: Json) -> bytes:
    """A new record of a role and content."""
    role, content = record.get("role", "user"), record.get("content", "")
    if role == "assistant" and isinstance(content, str):
        content = [{"type": "text", "text": content}]
    return dump({"role": role, "content": content} | _stamp(clock, like))


def _places(value: Json) -> Iterator[tuple[int | None, int | None]]:
    """Where each block stands: its index in `content` and its index in `tool_calls`, None where it does not."""
    content, called = value.get("content"), value.get("tool_calls")
    inside = len(content) if isinstance(content, list) else 0
    same: dict[object, deque[int]] = {}
    for index, call in enumerate(called if isinstance(called, list) else ()):
        if isinstance(call, dict):
            same.setdefault(records.hashable(call.get("id")), deque()).append(index)
    for block, part in enumerate(records.blocks(value)):
        left = same.get(records.hashable(part.get("id"))) if part.get("type") == "tool_use" else None
        yield block if block < inside else None, left.popleft() if left else None


def _uses(found: Sequence[Json]) -> list[Json]:
    return [part for part in found if part.get("type") == "tool_use"]


def without_blocks(value: Json, blocks: Set[int]) -> Json:
    """A record without some blocks, in both places of a call."""
    places = [place for block, place in enumerate(_places(value)) if block in blocks]
    inside, among = ({index for index in indices if index is not None} for indices in zip(*places, strict=True))
    changed = dict(value)
    if inside:
        changed["content"] = _but(value["content"], inside)
    elif isinstance(value.get("content"), str) and (None, None) in places:
        changed["content"] = []
    if among:
        changed["tool_calls"] = _but(value["tool_calls"], among)
        if not changed["tool_calls"]:
            del changed["tool_calls"]
    return changed


def _but(items: list[Any], indices: Set[int]) -> list[Any]:
    return [item for index, item in enumerate(items) if index not in indices]


def with_blocks(value: Json, blocks: Mapping[int, Json]) -> Json:
    """A record with blocks in the place of others, by number, given in the API's form; a call in both its places."""
    if value.get("role") == "tool":
        for new in blocks.values():
            value = {**value, "tool_call_id": new.get("tool_use_id"), "content": new.get("content")}
        return value
    content, called = value.get("content"), value.get("tool_calls")
    parts = [*content] if isinstance(content, list) else []
    calls = [*called] if isinstance(called, list) else []
    for block, (inside, among) in enumerate(_places(value)):
        if block not in blocks:
            continue
        new = blocks[block]
        if inside is not None:
            old = parts[inside]
            kept = {key: old[key] for key in ("visibility",) if isinstance(old, dict) and key in old}
            parts[inside] = {**stored(new), **kept}
        elif among is None:
            parts.append(stored(new))
        if among is not None:
            calls[among] = {"id": new.get("id"), "tool": new.get("name"), "arguments": new.get("input")}
    changed = dict(value)
    if isinstance(content, list) or parts:
        changed["content"] = parts
    if isinstance(called, list):
        changed["tool_calls"] = calls
    return changed


def stored(part: Json) -> Json:
    """A block of the API's form as the client stores it in `content`."""
    if part.get("type") == "tool_use":
        return {"type": "tool_call", "id": part.get("id"), "name": part.get("name"), "input": part.get("input")}
    return dict(part)


def with_content(value: Json, new: Sequence[Any]) -> Json:
    """A record with other blocks, given in the API's form.

    A result that is kept as text becomes a user record of that text.
    """
    parts = [part for part in new if isinstance(part, dict)]
    if value.get("role") == "tool":
        kept = next((part for part in parts if part.get("type") == "tool_result"), None)
        if kept is not None:
            return {**value, "tool_call_id": kept.get("tool_use_id"), "content": kept.get("content")}
        text = "\n".join(str(part.get("text", "")) for part in parts)
        rest = {key: member for key, member in value.items() if key not in ("role", "name", "tool_call_id", "content")}
        return {"role": "user", "content": text, **rest}
    calls = _uses(parts)
    changed = {**value, "content": [stored(part) for part in parts]}
    if calls:
        changed["tool_calls"] = [
            {"id": part.get("id"), "tool": part.get("name"), "arguments": part.get("input")} for part in calls
        ]
    else:
        changed.pop("tool_calls", None)
    return changed


def conformed(value: Json) -> Json:
    """A record in the client's own form; what it says stays."""
    role = records.ROLES.get(str(value.get("role")), value.get("role"))
    changed = {**value, "role": role}
    if changed.get("tool_calls", ()) is None:
        del changed["tool_calls"]
    if role != "assistant":
        return changed
    old = changed.get("content")
    parts: list[Any] = []
    calls: list[Json] = []
    for place, (part, _odd) in enumerate(records.calls_and_texts(changed)):
        if isinstance(part, dict) and part.get("type") == "tool_use":
            name, given = part.get("name") or "unknown_tool", part.get("input")
            given = given if isinstance(given, dict) else {"raw": given}
            calls.append({"id": part.get("id"), "tool": name, "arguments": given})
            parts.append({"type": "tool_call", "id": part.get("id"), "name": name, "input": given})
        else:
            parts.append(old[place] if isinstance(old, list) and place < len(old) else part)
    if calls or not isinstance(old, str):
        changed["content"] = parts
    if calls:
        changed["tool_calls"] = calls
    return changed
