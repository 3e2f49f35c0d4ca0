"""Messages and parts of them written in the style of the document that they stand in."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from unbrick import jsonspan
from unbrick.jsonspan import Pointer, skip_space

_HALF = re.compile(r"[\ud800-\udfff]")
_INDENT = re.compile(rb"\n([ \t]*)")


class Style(NamedTuple):
    """How a document is written: spaces or tabs of one level (None: all on one line), and whether spaces part."""

    unit: str | None = None
    spaced: bool = False


def style(raw: bytes) -> Style:
    """The style of one element."""
    if b"\n" not in raw:
        return Style(None, b'": ' in raw)
    levels = [len(found) for found in _INDENT.findall(raw)]
    base, inner = levels[-1], next((level for level in levels if level != levels[-1]), levels[-1] + 2)
    found = _INDENT.search(raw)
    tab = found is not None and found[1].startswith(b"\t")
    return Style(("\t" if tab else " ") * max(inner - base, 1), True)


def written(value: object, how: Style, base: str = "") -> bytes:
    """A value in a style; the lines behind the first begin with `base`."""
    parts = (", ", ": ") if how.spaced else (",", ":")
    if how.unit is not None:
        parts = (",", ": ")
    text = json.dumps(value, ensure_ascii=False, indent=how.unit, separators=parts)
    text = _HALF.sub(lambda half: f"\\u{ord(half.group()):04x}", text)
    return text.replace("\n", f"\n{base}").encode("utf-8")


def indent_at(raw: bytes, position: int) -> str:
    """The white space that begins the line of a place; of the first line, that of the last one."""
    start = raw.rfind(b"\n", 0, position) + 1
    line = raw[start:] if start else raw[raw.rfind(b"\n") + 1 :]
    return line[: len(line) - len(line.lstrip(b" \t"))].decode("ascii") if b"\n" in raw else ""


def insert(raw: bytes, pointer: Pointer, index: int, new: Sequence[bytes]) -> bytes:
    """Put elements into the array at a pointer, parted as its neighbours are. Raises KeyError when there is none."""
    start, end = jsonspan.locate(raw, pointer)
    if raw[start : start + 1] != b"[":
        raise KeyError(index)
    first = skip_space(raw, start + 1)
    space = raw[start + 1 : first]
    comma = b"," + (space or (b" " if b'": ' in raw else b""))
    elements = comma.join(new)
    if first >= end - 1:
        return raw[: start + 1] + elements + raw[start + 1 :]
    if index == 0:
        return raw[:first] + elements + comma + raw[first:]
    _before, behind = jsonspan.locate(raw, (*pointer, index - 1))
    return raw[:behind] + comma + elements + raw[behind:]
