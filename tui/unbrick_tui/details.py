"""A record and its findings in full, as paragraphs to read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from unbrick import sentences
from unbrick.entry import BlockKind, Kind
from unbrick.finding import Finding, Severity
from unbrick.formats import Format
from unbrick.patch import View
from unbrick.record import END, Json, read
from unbrick.report import Report
from unbrick.rules import BY_CODE
from unbrick.session import Standing
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.outline import REASONS, Outline
from unbrick_tui.remedy import ranked
from unbrick_tui.rows import media
from unbrick_tui.text import count, date_and_time, size
from unbrick_tui.widgets.text_view import Paragraph

LONG = 2000
"""A base64 text longer than this is named, not shown."""

STYLE = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.INFO: "dim"}
WORD = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def place(view: View, row: int) -> str:
    """`line 214`, `message 4`, `line 214, part 2`, `added at the end`."""
    line, part = view.at(row)
    if line >= END:
        return "added at the end"
    return f"{view.source.unit} {line:,}" + (f", part {part + 1}" if part else "")


def fate(outline: Outline, row: int) -> str:
    """What becomes of a row at the next resume, with its place in the request."""
    situation = outline.report.situation
    standing = outline.standing(row)
    if standing is not Standing.LOADED:
        if standing is Standing.LOST and not situation.target.resumed:
            return "lost: as the file stands, nothing of it can be sent"
        word = "" if standing is Standing.APART else f"{standing.name.lower()}: "
        return f"{word}{REASONS[standing]}"
    request = situation.request
    try:
        message, block = request.locate(request.row.index(row))
    except ValueError:
        return "on the thread; nothing of it is sent"
    return f"sent as messages.{message}" + (f".content.{block}" if block else "")


def finding(value: Finding, glyphs: Glyphs, *, explain: bool = True, fixes: bool = True) -> Iterator[Paragraph]:
    """A finding in full: sentence, the API's words, fixes with prices, ways out, the rule's explanation."""
    style = STYLE[value.severity]
    head = f"{getattr(glyphs, value.severity.value)} {WORD[value.severity]} {value.code} {value.name}"
    where = sentences.place(value).removesuffix(": ")
    yield style, f"{head}, {where}" if where else head
    yield "plain", value.message[:1].upper() + value.message[1:]
    if value.api_error:
        yield "dim", f"  the API or the client says: {value.api_error[:1000]}"
    for index, fix in enumerate(ranked(value) if fixes else ()):
        yield "plain", f"  {'f' if not index else 'or'}: {fix.title}: {fix.price}"
    for label, advice in sentences.labelled(value.advice, first=not value.fixes):
        yield "plain", f"  {label}: {advice.text}"
        if advice.command:
            yield "key", f"    {advice.command}"
    rule = BY_CODE.get(value.code)
    if explain and rule is not None and rule.explanation:
        yield "plain", ""
        yield from (("dim", text) for text in flowing(rule.explanation))


def flowing(text: str) -> Iterator[str]:
    """Paragraphs without the line breaks of the source; lists and indented lines keep theirs."""
    for index, paragraph in enumerate(text.split("\n\n")):
        if index:
            yield ""
        lines = paragraph.split("\n")
        fixed = any(line[:1] in " -*|" for line in lines if line)
        yield paragraph if fixed else " ".join(lines)


def record(format_: Format, view: View, row: int, outline: Outline | None, glyphs: Glyphs) -> Iterator[Paragraph]:
    """A record to read: where it stands, what becomes of it, its findings, its blocks."""
    raw = view.raw(row)
    value, fault = read(raw)
    dot = f" {glyphs.dot} "
    if value is None:
        yield "head", f"{place(view, row)}{dot}{size(len(raw))}{dot}not a record"
    else:
        entry = format_.entry(value)
        when = "" if entry.time is None else dot + date_and_time(entry.time)
        model = f"{dot}{entry.model}" if entry.model else ""
        yield "head", f"{place(view, row)}{dot}{entry.type}{when}{dot}{size(len(raw))}{model}"
        if entry.uuid:
            yield "dim", f"id {entry.uuid}, follows {entry.parent or 'nothing'}"
    if outline is not None:
        yield "dim", fate(outline, row)
        for found in outline.findings.get(row, ()):
            yield "plain", ""
            yield from finding(found, glyphs)
    yield "plain", ""
    if value is None:
        yield "bad", fault.message if fault is not None else "it cannot be read"
        if fault is not None and fault.salvage:
            yield "plain", f"{count(len(fault.salvage), 'whole record')} can be cut out of it."
        yield "plain", raw.decode("utf-8", "replace")
    else:
        yield from _content(format_, value, glyphs)


def _content(format_: Format, value: Json, glyphs: Glyphs) -> Iterator[Paragraph]:
    entry = format_.entry(value)
    stored = format_.blocks(value) if entry.kind in (Kind.USER, Kind.ASSISTANT) else []
    if not stored:
        text = format_.text(value)
        yield "plain", text or pretty(value)
        return
    for block, meaning in zip(stored, entry.blocks, strict=False):
        yield from _block(block, meaning.kind, glyphs)
        yield "plain", ""


def _block(block: Mapping[str, Any], kind: BlockKind, glyphs: Glyphs) -> Iterator[Paragraph]:
    if kind in (BlockKind.TOOL_USE, BlockKind.SERVER_USE):
        yield "head", f"{glyphs.call} call {block.get('name')} ({block.get('id')})"
        given = block.get("input")
        if isinstance(given, dict):
            for key, part in given.items():
                text = part if isinstance(part, str) else pretty(part)
                yield "plain", f"{key}: {text}" if "\n" not in text else f"{key}:\n{text}"
        else:
            yield "bad", pretty(given)
    elif kind is BlockKind.TOOL_RESULT:
        failed = ", an error" if block.get("is_error") else ""
        yield "head", f"{glyphs.result} result of {block.get('tool_use_id')}{failed}"
        content = block.get("content")
        for piece in content if isinstance(content, list) else [{"type": "text", "text": content}]:
            said = piece.get("text") if isinstance(piece, dict) else None
            yield "plain", said if isinstance(said, str) else _other(piece)
    elif kind in (BlockKind.TEXT, BlockKind.THINKING):
        said = block.get("text", block.get("thinking"))
        if kind is BlockKind.THINKING:
            yield "head", f"{glyphs.thinks} thinking"
        yield "plain", said if isinstance(said, str) and said else "(empty)"
    else:
        yield "head", str(block.get("type"))
        yield "plain", _other(block)


def _other(block: object) -> str:
    shown = media(block) if isinstance(block, dict) else ""
    return shown or pretty(block)


def pretty(value: object) -> str:
    """JSON on several lines, base64 shortened; never raises."""
    try:
        return json.dumps(_brief(value), indent=2, ensure_ascii=False)
    except (RecursionError, ValueError, TypeError):
        return repr(value)[:LONG]


def _brief(value: object) -> object:
    if isinstance(value, dict):
        if value.get("type") == "base64" and isinstance(value.get("data"), str) and len(value["data"]) > LONG:
            value = {**value, "data": f"({size(len(value['data']) * 3 // 4)} of base64)"}
        return {key: _brief(part) for key, part in value.items()}
    return [_brief(part) for part in value] if isinstance(value, list) else value


def structure(view: View, row: int) -> Iterator[Paragraph]:
    """A record's JSON on several lines."""
    raw = view.raw(row)
    value, fault = read(raw)
    if value is None:
        yield "bad", fault.message if fault is not None else "it cannot be read"
        yield from raw_bytes(view, row)
    else:
        yield "plain", pretty(value)


def raw_bytes(view: View, row: int) -> Iterator[Paragraph]:
    """The line as it stands in the file; bytes that are no UTF-8 as escapes."""
    yield "plain", view.raw(row).rstrip(b"\r\n").decode("utf-8", "backslashreplace")


def ways_out(report: Report) -> Iterator[Paragraph]:
    """What helps when no edit does: each finding's advice, and that of the last error."""
    for found in report.findings:
        for advice in found.advice:
            yield "plain", advice.text
            if advice.command:
                yield "key", f"    {advice.command}"
    if report.last_error is not None:
        for advice in report.last_error.advice:
            yield "plain", advice.text
            if advice.command:
                yield "key", f"    {advice.command}"
