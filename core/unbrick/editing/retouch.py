"""A record edited by hand: written out as text to edit, and the edited text taken back as edits.

Only what was changed is spliced into the line; everything else keeps its spelling.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from unbrick import jsonspan
from unbrick.edit import DropRecord, Edit, Salvage
from unbrick.errors import UnbrickError
from unbrick.jsonspan import JSON_DECODER
from unbrick.record import At, Json, compact

Path = tuple[str | int, ...]

_BOM = b"\xef\xbb\xbf"
_SPACE = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

_REASONS = {
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting value": "a value is missing",
    "Expecting property name enclosed in double quotes": "a name in double quotes is missing",
    "Unterminated string starting at": "a text begins here and does not end",
    "Invalid control character at": "a line break or another control character stands inside a text; \\n writes one",
    "Invalid \\escape": "this escape is none that JSON knows",
    "Invalid \\uXXXX escape": "this escape is none that JSON knows",
}
"""What the reader complains of, in words for somebody who typed it."""


class NotJsonError(UnbrickError):
    """An edited text is not JSON, or holds something that is no record; `line` and `column` count from 1."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(f"Line {line:,}, column {column:,}: {reason}.")
        self.line, self.column = line, column


class Written(NamedTuple):
    """One record of an edited text: what it says, and how it is spelled."""

    value: Json
    text: str


def written_out(raw: bytes) -> str:
    """The line of a record as text to edit: indented JSON, or as it stands where it is not JSON or where indenting
    would say something else (a number beyond every range). Ends with a line feed."""
    try:
        value = _value(raw)
        text = json.dumps(value, ensure_ascii=False, indent=2)
        text = _SURROGATE.sub(lambda half: f"\\u{ord(half.group()):04x}", text)
        if _same(JSON_DECODER.decode(text), value):
            return text + "\n"
    except (ValueError, RecursionError):
        pass
    return _text(raw).rstrip("\r\n") + "\n"


def taken_back(text: str) -> list[Written]:
    """The records of an edited text, in order; none where nothing is left of it. Raises NotJsonError."""
    found: list[Written] = []
    position = _space(text, 0)
    while position < len(text):
        try:
            value, end = JSON_DECODER.raw_decode(text, position)
        except json.JSONDecodeError as error:
            reason = _REASONS.get(error.msg) or error.msg[:1].lower() + error.msg[1:]
            raise NotJsonError(reason, error.lineno, error.colno) from None
        except RecursionError:
            raise _at(text, position, "this is nested too deeply to be read") from None
        except ValueError as error:
            raise _at(text, position, f"the record holds {error}, which JSON does not know") from None
        if not isinstance(value, dict):
            raise _at(text, position, "a record is an object in braces, and this is none")
        found.append(Written(value, text[position:end]))
        position = _space(text, end)
    return found


def edits(at: At, raw: bytes, records: Sequence[Written]) -> tuple[Edit, ...]:
    """What makes a line into some records: none of them takes it out, several stand in its place in this order. The
    one that is most like the line keeps the spelling of all that did not change; empty where nothing did."""
    if not records:
        return (DropRecord(at),)
    try:
        old = _value(raw)
    except (ValueError, RecursionError):
        old = None
    pieces = [_line(record) for record in records]
    if isinstance(old, dict):
        own = min(range(len(records)), key=lambda index: len(list(_changes(old, records[index].value))))
        pieces[own] = respelled(raw, old, records[own].value)
    if pieces == [raw.rstrip(b"\r\n")]:
        return ()
    return (Salvage(at, tuple(pieces)),)


def _line(record: Written) -> bytes:
    """A record as one line: as it was typed, or compact where that took several lines."""
    if "\n" in record.text or "\r" in record.text or _SURROGATE.search(record.text):
        return compact(record.value)
    return record.text.encode("utf-8")


def respelled(raw: bytes, old: Any, new: Any) -> bytes:  # noqa: ANN401 - JSON
    """A line, without its terminator, that says `new` where it said `old`; what did not change keeps its bytes."""
    line = raw.rstrip(b"\r\n")
    for change in _changes(old, new):
        line = change.apply(line)
    return line


class _Set(NamedTuple):
    """A value replaced, or a member added."""

    path: Path
    value: Any

    def apply(self, line: bytes) -> bytes:
        if self.path and isinstance(self.path[-1], str):
            return jsonspan.set_member(line, self.path[:-1], self.path[-1], compact(self.value))
        return jsonspan.set_value(line, self.path, compact(self.value))


class _Insert(NamedTuple):
    """An element put in front of another, or behind it."""

    path: Path
    value: Any
    behind: bool

    def apply(self, line: bytes) -> bytes:
        start, end = jsonspan.locate(line, self.path)
        new = compact(self.value)
        return line[:end] + b"," + new + line[end:] if self.behind else line[:start] + new + b"," + line[start:]


class _Remove(NamedTuple):
    """A member or element taken out."""

    path: Path

    def apply(self, line: bytes) -> bytes:
        return jsonspan.remove(line, self.path)


Change = _Set | _Insert | _Remove


def _changes(old: Any, new: Any, path: Path = ()) -> Iterator[Change]:  # noqa: ANN401 - JSON
    """The changes that make one value into another, to be applied in order."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old:
            if key not in new:
                yield _Remove((*path, key))
        for key, value in new.items():
            if key in old:
                yield from _changes(old[key], value, (*path, key))
            else:
                yield _Set((*path, key), value)
    elif isinstance(old, list) and isinstance(new, list) and old and new:
        yield from _elements(old, new, path)
    elif not _same(old, new):
        yield _Set(path, new)


def _elements(old: list[Any], new: list[Any], path: Path) -> Iterator[Change]:
    """The same for lists: what stands alike at both ends is left alone, what is between is compared in order."""
    front = back = 0
    short = min(len(old), len(new))
    if len(old) != len(new):
        while front < short and _same(old[front], new[front]):
            front += 1
        while back < short - front and _same(old[-1 - back], new[-1 - back]):
            back += 1
    paired = short - front - back
    for index in range(front, front + paired):
        yield from _changes(old[index], new[index], (*path, index))
    for index in range(len(old) - back - 1, front + paired - 1, -1):
        yield _Remove((*path, index))
    added = new[front + paired : len(new) - back]
    if front + paired:
        for number, value in enumerate(added, front + paired):
            yield _Insert((*path, number - 1), value, True)
    else:
        yield from (_Insert((*path, 0), value, False) for value in reversed(added))


def _value(raw: bytes) -> Any:  # noqa: ANN401 - JSON
    """What a line says, as a JavaScript client reads it. Raises ValueError or RecursionError where it is not JSON."""
    return JSON_DECODER.decode(_text(raw).rstrip())


def _text(raw: bytes) -> str:
    return raw.removeprefix(_BOM).decode("utf-8", "replace")


def _space(text: str, position: int) -> int:
    """The first position at or after one that is not white space."""
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _at(text: str, position: int, reason: str) -> NotJsonError:
    line = text.count("\n", 0, position) + 1
    return NotJsonError(reason, line, position - text.rfind("\n", 0, position))


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether two values say the same; true is not 1, and 1.0 is not 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
