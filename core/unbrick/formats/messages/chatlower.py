"""Neutral edits written into an array in OpenAI's form: rules speak of blocks, the document of parts and calls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence, Set
from typing import Any

from unbrick import jsonspan
from unbrick.formats.messages import chat, lower
from unbrick.formats.messages.write import indent_at, written
from unbrick.jsonspan import Pointer
from unbrick.record import Json


class Draft(lower.Draft):
    """Edits of one document: its messages show as blocks, and what changes in those is written where it stands."""

    def native(self, row: int) -> Json:
        """The message of a row as stored and edited so far."""
        return super().record(row)

    def record(self, row: int) -> Json:
        """The message of a row with its content as blocks."""
        value = super().record(row)
        return {**value, "content": chat.content(value)}

    def set(self, row: int, pointer: Pointer, value: object) -> None:
        """Replace one value of a message that shows as blocks."""
        if pointer[0] != "content":
            super().set(row, pointer, value)
            return
        stored = self.native(row)
        shown = chat.content(stored)
        self._become(row, (), stored, message(stored, _replaced(shown, tuple(pointer[1:]), value)))

    def take_out(self, row: int, _pointer: Pointer, indices: Set[int]) -> None:
        """Take parts or calls out."""
        stored = self.native(row)
        kept = [block for index, block in enumerate(chat.blocks(stored)) if index not in indices]
        self._become(row, (), stored, message(stored, kept))

    def conform(self, row: int) -> None:
        """Name the role as the API does; take an empty list of calls out; put a part by itself into a list."""
        role = chat.ROLES.get(str(self.native(row).get("role")))
        if role is not None:
            super().set(row, ("role",), role)
        if self.native(row).get("tool_calls") == []:
            self.put(row, jsonspan.remove(self.raw(row), ("tool_calls",)))
            if self.native(row).get("content") is None:
                super().set(row, ("content",), "")
        found = self.native(row).get("content")
        if isinstance(found, dict):
            super().set(row, ("content",), [found])

    def message(self, role: str, content: object) -> bytes:
        """A new message."""
        base = indent_at(self.view.raw(0), 0) if len(self.view) else ""
        return written(message({"role": role}, content), self.style, base)

    def put_results(self, row: int, blocks: Sequence[Json]) -> None:
        """Put tool messages behind a call's message and the tool messages that follow it."""
        base = indent_at(self.view.raw(0), 0) if len(self.view) else ""
        last = self._last(row)
        for block in blocks:
            self.behind(last, written(message({"role": "tool"}, [block]), self.style, base))

    def move(self, row: int, call: int, _blocks: Sequence[int]) -> None:
        """Move a tool message, as it stands, behind the others of a call's message."""
        raw = self.raw(row)
        self.drop(row)
        self.behind(self._last(call), raw)

    def _last(self, row: int) -> int:
        """The last of the tool messages behind a row, or the row itself."""
        while row + 1 < len(self.view) and self._raw.get(row + 1, b"") is not None:
            try:
                following = self.native(row + 1)
            except KeyError:
                break
            if following.get("role") != "tool":
                break
            row += 1
        return row

    def _become(self, row: int, pointer: Pointer, old: Any, new: Any) -> None:  # noqa: ANN401 - JSON in, JSON out
        """Write what differs between two values at a pointer, and nothing else."""
        if old == new and type(old) is type(new):
            return
        if isinstance(old, dict) and isinstance(new, dict) and old.get("type") == new.get("type"):
            for key in old.keys() - new.keys():
                self.put(row, jsonspan.remove(self.raw(row), (*pointer, key)))
            for key, value in new.items():
                if key in old:
                    self._become(row, (*pointer, key), old[key], value)
                else:
                    super().set(row, (*pointer, key), value)
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            for index, (one, other) in enumerate(zip(old, new, strict=True)):
                self._become(row, (*pointer, index), one, other)
        elif isinstance(old, list) and isinstance(new, list) and (gone := _left_out(old, new)) is not None:
            for index in reversed(gone):
                self.put(row, jsonspan.remove(self.raw(row), (*pointer, index)))
        else:
            super().set(row, pointer, new)


def _left_out(old: list[Any], new: list[Any]) -> list[int] | None:
    """Indices of the elements of a list that a shorter one leaves out; None when it is otherwise different."""
    gone: list[int] = []
    place = 0
    for index, value in enumerate(old):
        if place < len(new) and new[place] == value:
            place += 1
        else:
            gone.append(index)
    return gone if new and place == len(new) else None


def _replaced(value: Any, pointer: tuple[str | int, ...], new: object) -> Any:  # noqa: ANN401 - JSON in, JSON out
    """A value with what stands at a pointer replaced, or a member added. Raises KeyError where there is none."""
    if not pointer:
        return new
    step, *rest = pointer
    try:
        if isinstance(value, dict):
            inside = value[step] if rest else None
            return {**value, str(step): _replaced(inside, tuple(rest), new)}
        if isinstance(value, list) and isinstance(step, int):
            return [*value[:step], _replaced(value[step], tuple(rest), new), *value[step + 1 :]]
    except IndexError:
        pass
    raise KeyError(step)


def message(stored: Json, shown: object) -> Json:
    """A message as stored, with its content as blocks show it: text, or parts, calls, one result."""
    made = {"role": stored.get("role"), **stored}
    if not isinstance(shown, list):
        return {**made, "content": shown}
    results = [block for block in shown if isinstance(block, dict) and block.get("type") == "tool_result"]
    if results:
        inner = results[0].get("content")
        made["tool_call_id"] = results[0].get("tool_use_id")
        made["content"] = list(map(_part, inner)) if isinstance(inner, list) else inner
        return {**made, "role": "tool"}
    if stored.get("role") == "tool":
        made = {"role": "user"}
    before = list(zip(chat.blocks(stored), [*chat.parts(stored), *chat.calls(stored)], strict=True)) if (
        stored.get("role") != "tool"
    ) else []
    old = _partners(shown, before)
    calls = [
        _call(block, *pair) for block, pair in zip(shown, old, strict=True) if block.get("type") == "tool_use"
    ]
    parts = [
        pair[1] if pair[0] == block else _part(block)
        for block, pair in zip(shown, old, strict=True) if block.get("type") != "tool_use"
    ]
    made.pop("tool_calls", None)
    if calls:
        made["tool_calls"] = calls
    if parts or not isinstance(stored.get("content"), list):
        plain = len(parts) == 1 and set(parts[0]) == {"type", "text"} and not isinstance(stored.get("content"), list)
        said: object = parts[0]["text"] if plain else parts or (None if calls else "")
        if said is not None or stored.get("content") is not None:
            made["content"] = said
    else:
        made["content"] = None if calls else []
    return made


Pair = tuple[Any, Any]
"""A block, and what it stands for in the message."""


def _partners(shown: Iterable[Any], before: list[Pair]) -> list[Pair]:
    """For each block that one of before which it is, else that one in its place when as many are of its kind."""
    shown = list(shown)
    left = list(before)
    found: list[Pair | None] = []
    for block in shown:
        pair = next((one for one in left if one[0] == block), None)
        if pair is not None:
            left.remove(pair)
        found.append(pair)
    same = len(shown) == len(before)
    return [
        pair or (before[index] if same and before[index] in left else (None, None)) for index, pair in enumerate(found)
    ]


def _call(block: Json, old: object, stored: object) -> Json:
    """A call; its arguments keep their text where the object that they are has not changed."""
    made: Json = dict(stored) if isinstance(stored, dict) else {"id": None, "type": "function"}
    if "id" in block:
        made["id"] = block["id"]
    function = made.get("function")
    function = dict(function) if isinstance(function, dict) else {}
    if "name" in block:
        function["name"] = block["name"]
    given = block.get("input")
    same = isinstance(old, dict) and old.get("input") == given and chat.has_text(stored)
    if not same and "input" in block:
        function["arguments"] = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return {**made, "function": function}


def _part(block: Any) -> Any:  # noqa: ANN401 - whatever stands in a content list
    """A part of content that a block is."""
    if not isinstance(block, dict):
        return block
    if block.get("type") == "?":
        return block.get("value")
    source = block.get("source")
    if block.get("type") != "image" or not isinstance(source, dict):
        return block
    url = source.get("url")
    if not isinstance(url, str):
        url = f"data:{source.get('media_type')};base64,{source.get('data')}"
    return {"type": "image_url", "image_url": {"url": url}}
