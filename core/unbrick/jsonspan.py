"""Where a JSON value lies inside a line's bytes, so that one value is spliced and the rest keeps its bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from itertools import islice
from operator import itemgetter
from typing import NoReturn

Pointer = Sequence[str | int]
"""A path into a JSON value: member names and element indices, as in RFC 6901."""

Spelling = bytes | Callable[[bytes, int], bytes]
"""A value as JSON, or what spells it for a line and the place in it where the value begins (of a member that is added,
where its object does)."""


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 4000 else float(digits)


JSON_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_int=_integer)
"""Reads what a JavaScript client reads: lone surrogates and huge numbers pass, NaN and Infinity do not."""

_BOM = b"\xef\xbb\xbf"
SPACE = b" \t\r\n"
"""White space as JSON knows it; Python's own is wider."""
_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
"""A string; runs without an escape are taken in one go, since some hold megabytes."""
_STRING = re.compile(_TEXT, re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\]}]+")
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
"""A string that does not end reaches to the end: else each quote in it would be tried as another beginning."""


def locate(raw: bytes, pointer: Pointer) -> tuple[int, int]:
    """First and last-plus-one byte of the value at a pointer. Raises KeyError when there is none.

    Of a repeated key the last one counts, as in every JSON reader. A byte order mark in front is stepped over.
    """
    start = skip_space(raw, len(_BOM) if raw.startswith(_BOM) else 0)
    for step in pointer:
        start = _member(raw, start, step) if isinstance(step, str) else _element(raw, start, step)
    return start, value_end(raw, start)


def set_value(raw: bytes, pointer: Pointer, new: bytes) -> bytes:
    """Replace the value at a pointer. Raises KeyError when there is none."""
    return _spliced(raw, *locate(raw, pointer), new)


def spelled(new: Spelling, raw: bytes, place: int) -> bytes:
    """A value as JSON at a place of a line."""
    return new if isinstance(new, bytes) else new(raw, place)


def set_values(raw: bytes, values: Mapping[tuple[str | int, ...], Spelling]) -> bytes:
    """Replace the values at several pointers, none of which leads into another (see `Apart`), or add the members when
    only these are missing. Raises KeyError when more is."""
    if not values:
        return raw
    start = skip_space(raw, len(_BOM) if raw.startswith(_BOM) else 0)
    view, end = memoryview(raw), 0
    pieces: list[bytes | memoryview] = []
    for first, stop, new in sorted(_splices(raw, start, values, 0), key=itemgetter(0)):
        pieces += view[end:first], new
        end = stop
    return b"".join((*pieces, view[end:]))


class Apart:
    """Pointers none of which leads into another."""

    def __init__(self) -> None:
        self._ends: set[tuple[str | int, ...]] = set()
        self._above: set[tuple[str | int, ...]] = set()

    def add(self, pointer: tuple[str | int, ...]) -> bool:
        """Take a pointer in, where it neither leads into another one nor one into it."""
        above = [pointer[:length] for length in range(len(pointer))]
        if pointer in self._above or not self._ends.isdisjoint((pointer, *above)):
            return False
        self._ends.add(pointer)
        self._above.update(above)
        return True


def _splices(
    raw: bytes, start: int, values: Mapping[tuple[str | int, ...], Spelling], depth: int
) -> Iterator[tuple[int, int, bytes]]:
    """What is put between which bytes, for the values at pointers of which so many steps lead to `start`."""
    by_step: dict[str | int, dict[tuple[str | int, ...], Spelling]] = {}
    for pointer, new in values.items():
        if len(pointer) == depth:
            yield start, value_end(raw, start), spelled(new, raw, start)
            return
        by_step.setdefault(pointer[depth], {})[pointer] = new
    found: dict[str | int, int]
    if isinstance(next(iter(by_step)), str):
        found = {name: value for name, _key, value in _members(raw, start) if name in by_step}
    else:
        found = dict(_chosen(raw, start, {step for step in by_step if isinstance(step, int)}))
    added: list[bytes] = []
    for step, further in by_step.items():
        ((pointer, new), *_others) = further.items()
        if step in found:
            yield from _splices(raw, found[step], further, depth + 1)
        elif isinstance(step, str) and len(pointer) == depth + 1:
            added.append(json.dumps(step).encode() + b":" + spelled(new, raw, start))
        else:
            raise KeyError(step)
    if added:
        end = value_end(raw, start) - 1
        yield end, end, (b"" if skip_space(raw, start + 1) == end else b",") + b",".join(added)


def set_member(raw: bytes, parent: Pointer, key: str, new: bytes, *, first: bool = False) -> bytes:
    """Replace a member of an object, or add it as the last (or first) one. Raises KeyError when there is no object."""
    start, end = locate(raw, parent)
    if raw[start : start + 1] != b"{":
        raise KeyError("not an object")
    try:
        return set_value(raw, [*parent, key], new)
    except KeyError:
        member = json.dumps(key).encode() + b":" + new
        if skip_space(raw, start + 1) == end - 1:
            return _spliced(raw, start + 1, start + 1, member)
        if first:
            return _spliced(raw, start + 1, start + 1, member + b",")
        return _spliced(raw, end - 1, end - 1, b"," + member)


def remove(raw: bytes, pointer: Pointer) -> bytes:
    """Take out a member or element together with one separating comma. Raises KeyError when there is none.

    Of a repeated key all go: an earlier one would count in the place of the last.
    """
    *parent, last = pointer
    if isinstance(last, int):
        return remove_elements(raw, parent, {last})
    outer, _ = locate(raw, parent)
    copies = [(key, value_end(raw, value)) for name, key, value in _members(raw, outer) if name == last]
    if not copies:
        raise KeyError(last)
    return _without(raw, copies)


def remove_elements(raw: bytes, pointer: Pointer, indices: Set[int]) -> bytes:
    """Take several elements out of an array, each with one separating comma. Raises KeyError when one is not there."""
    outer, _ = locate(raw, pointer)
    gone = [(start, value_end(raw, start)) for _index, start in _chosen(raw, outer, indices)]
    if len(gone) < len(indices):
        raise KeyError(max(indices))
    return _without(raw, gone)


def _spliced(raw: bytes, start: int, end: int, new: bytes) -> bytes:
    """With a range replaced. A line may be large: it is copied once."""
    view = memoryview(raw)
    return b"".join((view[:start], new, view[end:]))


def _without(raw: bytes, gone: list[tuple[int, int]]) -> bytes:
    """Without some members or elements, each with one comma beside it: from the last on, since one that becomes the
    last goes with the comma before it."""
    view, stop = memoryview(raw), len(raw)
    kept: list[memoryview] = []
    for start, end in reversed(gone):
        after = skip_space(raw, end)
        if after < stop and raw[after : after + 1] == b",":
            end = min(skip_space(raw, after + 1), stop)
        else:
            before = start
            while before and raw[before - 1] in SPACE:
                before -= 1
            if raw[before - 1 : before] == b",":
                start = before - 1
        kept.append(view[end:stop])
        stop = start
    return b"".join((view[:stop], *reversed(kept)))


def skip_space(raw: bytes, position: int) -> int:
    """The first position at or after one that is not white space."""
    size = len(raw)
    while position < size and raw[position] in SPACE:
        position += 1
    return position


def value_end(raw: bytes, start: int) -> int:
    """One past the last byte of the value that begins at `start`; iterative, so depth does not matter."""
    first = raw[start : start + 1]
    if first == b'"':
        match = _STRING.match(raw, start)
        if match is None:
            raise KeyError("unterminated string")
        return match.end()
    if first not in (b"{", b"["):
        match = _SCALAR.match(raw, start)
        if match is None:
            raise KeyError("no value")
        return match.end()
    depth = 0
    for token in _TOKEN.finditer(raw, start):
        lead = raw[token.start()]
        if lead in b"[{":
            depth += 1
        elif lead in b"]}":
            depth -= 1
            if depth == 0:
                return token.end()
    raise KeyError("unterminated value")


def _members(raw: bytes, start: int) -> Iterator[tuple[str, int, int]]:
    """(name, start of key, start of value) of each member of the object at `start`."""
    if raw[start : start + 1] != b"{":
        raise KeyError("not an object")
    position = skip_space(raw, start + 1)
    while raw[position : position + 1] == b'"':
        key = _STRING.match(raw, position)
        if key is None:
            break
        name: str = json.loads(key.group().decode("utf-8", "replace"))
        colon = skip_space(raw, key.end())
        value = skip_space(raw, colon + 1)
        yield name, position, value
        position = skip_space(raw, value_end(raw, value))
        if raw[position : position + 1] != b",":
            break
        position = skip_space(raw, position + 1)


def _member(raw: bytes, start: int, name: str) -> int:
    last = None
    for found, _key, value in _members(raw, start):
        if found == name:
            last = value
    if last is None:
        raise KeyError(name)
    return last


def _element(raw: bytes, start: int, index: int) -> int:
    found = next(islice(_elements(raw, start), max(index, 0), None), None)
    if found is None or index < 0:
        raise KeyError(index)
    return found


def _chosen(raw: bytes, start: int, indices: Set[int]) -> Iterator[tuple[int, int]]:
    """Some elements of the array at `start`, by their indices, and where they begin."""
    elements = enumerate(islice(_elements(raw, start), max(indices) + 1))
    return ((index, element) for index, element in elements if index in indices)


def _elements(raw: bytes, start: int) -> Iterator[int]:
    """Where each element of the array at `start` begins."""
    if raw[start : start + 1] != b"[":
        raise KeyError("not an array")
    position = skip_space(raw, start + 1)
    while raw[position : position + 1] not in (b"]", b""):
        yield position
        position = skip_space(raw, value_end(raw, position))
        if raw[position : position + 1] != b",":
            break
        position = skip_space(raw, position + 1)


def prune_depth(raw: bytes, limit: int = 400) -> bytes | None:
    """The same JSON with every value nested deeper than `limit` replaced by null; None when brackets do not match."""
    out: list[bytes] = []
    depth = 0
    kept = 0
    for token in _TOKEN.finditer(raw):
        lead = raw[token.start()]
        if lead in b"[{":
            depth += 1
            if depth == limit + 1:
                out.append(raw[kept : token.start()] + b"null")
        elif lead in b"]}":
            if depth == limit + 1:
                kept = token.end()
            depth -= 1
            if depth < 0:
                return None
    if depth != 0:
        return None
    out.append(raw[kept:])
    return b"".join(out)
