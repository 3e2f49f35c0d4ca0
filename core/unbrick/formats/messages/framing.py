"""How message arrays lie in files: a JSON array, a request body that holds one, or one message a line."""

from __future__ import annotations

import re
from typing import Any

import orjson

from unbrick.elements import BOM, Elements, array_start
from unbrick.jsonspan import skip_space
from unbrick.patch import View
from unbrick.record import FRAME, read
from unbrick.source import Source

MEMBER = "messages"
_HEAD = 1 << 16
_BODY = re.compile(rb'\s*\{\s*"[a-z_]+"\s*:', re.DOTALL)


def framed(source: Source) -> Source | None:
    """The file as the elements of its array; None where it is no document with one.

    An object that a line holds whole is a body only when nothing but white space follows the line: else it is the first
    of many records.
    """
    if source.framed is None or source.framed[0] != source.stamp:
        source.framed = source.stamp, _framed(source)
    return source.framed[1]


def _framed(source: Source) -> Source | None:
    head = source.read(0, _HEAD).removeprefix(BOM)
    if not head.strip() and source.size < _HEAD:
        # A name is all that tells what an empty file was to be.
        return Elements(source, (), source.size) if source.path.suffix == ".json" else None
    start = skip_space(head, 0)
    lead = head[start : start + 1]
    if lead not in (b"[", b"{") or (lead == b"{" and not _may_be_body(source, head)):
        return None
    found = array_start(source.read(0, source.size), (MEMBER,))
    return None if found is None else Elements(source, *found)


def _may_be_body(source: Source, head: bytes) -> bool:
    if not _BODY.match(head) and head.strip() != b"{":
        return False
    lines = source.lines()
    first = next(lines, b"")
    if all(not raw or raw.isspace() for raw in lines):
        # Whether its array is found tells; decoded, a line takes many times its size.
        return True
    if read(first)[0] is not None:
        return False
    # A line that breaks off says nothing; members of a request's own, or an object that goes on, do.
    return b'"' + MEMBER.encode() + b'"' in head or head.lstrip()[1:2] in (b"\n", b"\r")


def around(view: View) -> tuple[bytes, bytes]:
    """What stands before and behind the messages, as a patch leaves it; made whole where the document is damaged."""
    source = view.source
    head, tail = view.patch.get(FRAME) or (source.mended if isinstance(source, Elements) else None) or source.frame()
    return head, tail


def envelope(view: View) -> dict[str, Any]:
    """What a request body says beside its messages, as a patch leaves it; empty for an array by itself."""
    source = view.source
    if not isinstance(source, Elements) or not source.base:
        return {}
    head, tail = around(view)
    try:
        value = orjson.loads(head + tail)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def has_body(view: View) -> bool:
    """Whether the messages stand in a request body."""
    return isinstance(view.source, Elements) and bool(view.source.base)
