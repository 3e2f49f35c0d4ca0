"""A record to read: where it stands, what becomes of it, its findings, and each of its blocks as what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from unbrick.entry import BlockKind, Entry, Flag, Kind
from unbrick.formats import Format
from unbrick.patch import View
from unbrick.record import Fault, Json, read
from unbrick_tui import details, edits
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.highlight import highlighted
from unbrick_tui.jsontext import coloured, pretty
from unbrick_tui.markdown import rendered
from unbrick_tui.outline import Outline
from unbrick_tui.prose import Bounds, Passage, plain
from unbrick_tui.rows import media
from unbrick_tui.text import count, date_and_time, size

_CODE = {"command": "bash", "code": "", "script": "bash", "sql": "sql", "query": ""}
"""Members of a call's input that are code, and the language where the name tells it."""
_LANGUAGE = ("language", "lang")


def record(
    format_: Format, view: View, row: int, outline: Outline | None, glyphs: Glyphs, bounds: Bounds,
) -> Iterator[Passage]:
    """A record in full, as far as the bounds go."""
    value, fault = value_of(view, row, outline)
    length = view.head(row, 0)[1]
    dot = f" {glyphs.dot} "
    if value is None:
        yield "head", f"{details.place(view, row)}{dot}{size(length)}{dot}not a record"
    else:
        entry = format_.entry(value)
        when = "" if entry.time is None else dot + date_and_time(entry.time)
        model = f"{dot}{entry.model}" if entry.model else ""
        yield "head", f"{details.place(view, row)}{dot}{entry.type}{when}{dot}{size(length)}{model}"
        if entry.uuid:
            yield "dim", f"id {entry.uuid}, follows {entry.parent or 'nothing'}"
    if outline is not None:
        yield "dim", details.fate(outline, row)
        for found in outline.findings.get(row, ()):
            yield "plain", ""
            yield from details.finding(found, glyphs)
    yield "plain", ""
    if value is None:
        yield "bad", fault.message if fault is not None else "it cannot be read"
        if fault is not None and fault.salvage:
            yield "plain", f"{count(len(fault.salvage), 'whole record')} can be cut out of it."
        yield from raw_bytes(view, row, bounds)
    else:
        yield from _content(format_, value, entry, glyphs, bounds)


def value_of(view: View, row: int, outline: Outline | None) -> tuple[Json | None, Fault | None]:
    """Value and fault of a row. What the check found of a line that it could not read is not worked out again."""
    fault = None if outline is None else outline.fault(view, row)
    return read(view.raw(row)) if fault is None else (None, fault)


def _content(format_: Format, value: Json, entry: Entry, glyphs: Glyphs, bounds: Bounds) -> Iterator[Passage]:
    stored = format_.blocks(value) if entry.kind in (Kind.USER, Kind.ASSISTANT) else []
    if not stored:
        text = format_.text(value)
        yield from plain(text, bounds) if text else coloured(value, bounds)
        return
    formatted = not entry.flags & Flag.API_ERROR
    for block, meaning in zip(stored, entry.blocks, strict=False):
        yield from block_passages(block, meaning.kind, glyphs, bounds, formatted=formatted)
        yield "plain", ""


def block_passages(
    block: Mapping[str, Any], kind: BlockKind, glyphs: Glyphs, bounds: Bounds, *, formatted: bool = True,
) -> Iterator[Passage]:
    """A content block to read."""
    if kind in (BlockKind.TOOL_USE, BlockKind.SERVER_USE):
        yield "head", f"{glyphs.call} call {block.get('name')} ({block.get('id')})"
        yield from _given(block.get("input"), bounds)
    elif kind is BlockKind.TOOL_RESULT:
        yield from _result(block, glyphs, bounds)
    elif kind in (BlockKind.TEXT, BlockKind.THINKING):
        said = block.get("text", block.get("thinking"))
        if kind is BlockKind.THINKING:
            yield "head", f"{glyphs.thinks} thinking"
        if not isinstance(said, str) or not said:
            yield "plain", "(empty)"
        elif formatted:
            yield from _prose(said, glyphs, bounds)
        else:
            yield from plain(said, bounds)
    else:
        yield "head", str(block.get("type"))
        yield from _other(block, bounds)


def _prose(text: str, glyphs: Glyphs, bounds: Bounds) -> Iterator[Passage]:
    yield from rendered(text, glyphs) if bounds.affords(text) else plain(text, bounds)


def _given(given: object, bounds: Bounds) -> Iterator[Passage]:
    """The input of a call: an edit as a diff, code in its colours, everything else by its name."""
    if not isinstance(given, dict):
        yield "bad", pretty(given, bounds)
        return
    edit = edits.edit_of(given, bounds)
    if edit is not None:
        yield from edit
        yield from edits.other_members(given)
        return
    for key, part in given.items():
        if not isinstance(part, str):
            yield "key", f"{key}:"
            yield from coloured(part, bounds)
        elif key in _CODE and bounds.affords(part):
            named = next((given[name] for name in _LANGUAGE if isinstance(given.get(name), str)), _CODE[key])
            yield "key", f"{key}:"
            yield from highlighted(part, named, lead="  ")
        else:
            yield from plain(f"{key}: {part}" if "\n" not in part else f"{key}:\n{part}", bounds)


def _result(block: Mapping[str, Any], glyphs: Glyphs, bounds: Bounds) -> Iterator[Passage]:
    content = block.get("content")
    pieces = content if isinstance(content, list) else [{"type": "text", "text": content}]
    texts = [piece["text"] for piece in pieces if isinstance(piece, dict) and isinstance(piece.get("text"), str)]
    failed = bool(block.get("is_error"))
    said = [f"{glyphs.result} result of {block.get('tool_use_id')}", size(sum(map(len, texts)))]
    lines = sum(text.count("\n") + 1 for text in texts if text)
    said += [count(lines, "line")] if lines else []
    yield "bad" if failed else "head", f" {glyphs.dot} ".join([*said, *([f"{glyphs.error} an error"] * failed)])
    for piece in pieces:
        text = piece.get("text") if isinstance(piece, dict) else None
        if isinstance(text, str):
            yield from plain(text or "(empty)", bounds)
        elif piece != {"type": "text", "text": None}:
            yield from _other(piece, bounds)


def _other(block: object, bounds: Bounds) -> Iterator[Passage]:
    shown = media(block) if isinstance(block, dict) else ""
    if shown:
        yield "plain", f"{shown} (i shows pictures)" if shown.startswith("image") else shown
    else:
        yield from coloured(block, bounds)


def structure(view: View, row: int, outline: Outline | None, bounds: Bounds) -> Iterator[Passage]:
    """A record's JSON on several lines."""
    value, fault = value_of(view, row, outline)
    if value is None:
        yield "bad", fault.message if fault is not None else "it cannot be read"
        yield from raw_bytes(view, row, bounds)
    else:
        yield from coloured(value, bounds)


def raw_bytes(view: View, row: int, bounds: Bounds) -> Iterator[Passage]:
    """The line as it stands in the file; bytes that are no UTF-8 as escapes."""
    raw, length = view.head(row, bounds.most)
    bounds.hidden += length - len(raw)
    yield "plain", raw.rstrip(b"\r\n").decode("utf-8", "backslashreplace")
    if length > len(raw):
        yield "dim", f"(m shows more: {size(length - len(raw))} of this line are not laid out yet)"
