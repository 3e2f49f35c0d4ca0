"""What one line of the timeline says about a record, decoded when it is painted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

from unbrick.entry import BlockFlag, BlockKind, Entry, Flag, Kind
from unbrick.formats import Format
from unbrick.printable import printable
from unbrick.record import Fault, Json, read
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.text import count, one_line, size

_BRIEF = ("command", "file_path", "notebook_path", "path", "pattern", "query", "url", "skill", "description", "prompt")
"""The argument that tells a tool call from the next one, best first."""


class Tone(StrEnum):
    """How a line is painted; named after the style of the timeline."""

    PROMPT = "prompt"
    REPLY = "reply"
    TOOL = "tool"
    QUIET = "quiet"
    FAULT = "fault"
    SUMMARY = "summary"


class Said(NamedTuple):
    """A record in brief: a glyph and a word for what it is, its text on one line, when (NaN for none)."""

    glyph: str
    word: str
    text: str
    tone: Tone
    time: float


NAN = float("nan")


def say(format_: Format, raw: bytes, glyphs: Glyphs) -> Said:
    """What a line of a transcript says. Never raises."""
    value, fault = read(raw)
    if value is None:
        return unreadable(fault, raw, glyphs)
    entry = format_.entry(value)
    time = NAN if entry.time is None else entry.time
    glyph, word, tone = _what(entry, glyphs)
    return Said(glyph, word, _text(format_, value, entry, glyphs), tone, time)


def unreadable(fault: Fault | None, raw: bytes, glyphs: Glyphs) -> Said:
    """What is said of a line that is no record: why, and how it begins."""
    why = fault.message if fault is not None else "it cannot be read"
    start = printable(" ".join(raw[:160].decode("utf-8", "replace").split()))
    return Said(glyphs.error, "unreadable", f"{why} {glyphs.dot} {start}" if start else why, Tone.FAULT, NAN)


def _what(entry: Entry, glyphs: Glyphs) -> tuple[str, str, Tone]:
    kind, flags = entry.kind, entry.flags
    if kind is Kind.ASSISTANT:
        if flags & Flag.API_ERROR:
            return glyphs.error, "error", Tone.FAULT
        kinds = {block.kind for block in entry.blocks}
        if kinds & {BlockKind.TOOL_USE, BlockKind.SERVER_USE}:
            return glyphs.call, "call", Tone.TOOL
        if kinds and kinds <= {BlockKind.THINKING, BlockKind.REDACTED}:
            return glyphs.thinks, "thinks", Tone.QUIET
        return glyphs.reply, "reply", Tone.REPLY
    if kind is Kind.USER:
        if flags & Flag.SUMMARY:
            return glyphs.summary, "summary", Tone.SUMMARY
        results = [block.flags for block in entry.blocks if block.kind is BlockKind.TOOL_RESULT]
        if results:
            failed = any(flags & BlockFlag.ERROR for flags in results)
            return glyphs.result, "result", Tone.FAULT if failed else Tone.TOOL
        if flags & Flag.PROMPT:
            return glyphs.prompt, "you", Tone.PROMPT
        return glyphs.context, "context", Tone.QUIET
    if kind is Kind.ATTACHMENT:
        return glyphs.attached, "system" if entry.type == "system" else "attached", Tone.QUIET
    if kind is Kind.BOUNDARY:
        return glyphs.heavy, "compacted", Tone.SUMMARY
    words = {Kind.NOTICE: "notice", Kind.PROGRESS: "progress", Kind.METADATA: "record"}
    return glyphs.record, words.get(kind, "unknown"), Tone.QUIET


def _text(format_: Format, value: Json, entry: Entry, glyphs: Glyphs) -> str:
    if entry.kind in (Kind.USER, Kind.ASSISTANT) and entry.blocks:
        stored = format_.blocks(value)
        dot = f" {glyphs.dot} "
        return dot.join(
            text for text in (
                brief(block, meaning.kind, meaning.flags, glyphs)
                for block, meaning in zip(stored[:12], entry.blocks, strict=False)
            ) if text
        ) or "(empty)"
    name = entry.type.split("/", 1)[-1]
    text = one_line(format_.text(value))
    if entry.kind in (Kind.USER, Kind.ASSISTANT) or entry.type == "system":
        return text or "(empty)"
    if not text or text == name:
        return printable(name)
    return f"{printable(name)} {glyphs.dot} {text}"


def brief(block: Mapping[str, Any], kind: BlockKind, flags: int, glyphs: Glyphs) -> str:
    """A content block on one line."""
    if kind in (BlockKind.TOOL_USE, BlockKind.SERVER_USE):
        name = block.get("name")
        head = printable(name[:60]) if isinstance(name, str) else "(no name)"
        argument = _argument(block.get("input"))
        return f"{head}  {argument}" if argument else head
    if kind is BlockKind.TOOL_RESULT:
        return _result(block, flags, glyphs)
    if kind in (BlockKind.IMAGE, BlockKind.DOCUMENT):
        return media(block) or kind.name.lower()
    if kind is BlockKind.REDACTED:
        return "(encrypted thinking)"
    for key in ("text", "thinking"):
        text = block.get(key)
        if isinstance(text, str):
            return one_line(text) or ("(empty)" if not text else "(blank)")
    return printable(str(block.get("type", "?"))[:60])


def _argument(given: object) -> str:
    if not isinstance(given, dict):
        return "" if given is None else one_line(str(given)[:400])
    for key in (*_BRIEF, *given):
        text = given.get(key)
        if isinstance(text, str) and text.strip():
            return one_line(text)
    return ""


def _result(block: Mapping[str, Any], flags: int, glyphs: Glyphs) -> str:
    content = block.get("content")
    parts: list[str] = []
    length = 0
    pieces = content if isinstance(content, list) else [{"type": "text", "text": content}]
    text = ""
    for piece in pieces:
        if not isinstance(piece, dict):
            continue
        said = piece.get("text")
        if isinstance(said, str):
            length += len(said)
            text = text or unwrapped(said, glyphs) or one_line(said, 200)
        elif (shown := media(piece)) and len(parts) < 3:
            parts.append(shown)
    if length > 80:
        parts.append(size(length))
    if flags & BlockFlag.ERROR:
        parts.insert(0, f"{glyphs.error} error")
    if text:
        parts.append(text)
    return f" {glyphs.dot} ".join(parts) or "(empty)"


_JSON = 100_000
"""Characters of a result that are still looked into for what they say."""
_DEPTH = 8


def unwrapped(text: str, glyphs: Glyphs) -> str:
    """What a JSON object says on one line: its texts, and its numbers with their names; empty for any other text."""
    if text[:1] != "{" or len(text) > _JSON:
        return ""
    value, _fault = read(text.encode("utf-8", "replace"))
    said = (part for part in _said(value) if part) if value is not None else ()
    return one_line(f" {glyphs.dot} ".join(islice(said, 12)), 200)


def _said(value: object, name: str = "", depth: int = 0) -> Iterator[str]:
    if depth > _DEPTH:
        return
    if isinstance(value, str):
        yield one_line(value, 200)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield f"{name} {value}".strip()
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _said(part, key, depth + 1)
    elif isinstance(value, list):
        for part in value:
            yield from _said(part, name, depth + 1)


def media(block: Mapping[str, Any]) -> str:
    """`image/png, 3.4 MB` for an image or document, else nothing."""
    source = block.get("source")
    if not isinstance(source, dict):
        return ""
    kind = source.get("media_type") or source.get("type") or block.get("type")
    data = source.get("data")
    length = f", {size(len(data) * 3 // 4)}" if isinstance(data, str) and source.get("type") == "base64" else ""
    return f"{printable(str(kind)[:40])}{length}"


def collapsed(kinds: Mapping[str, int], attached: int, rows: int) -> str:
    """A run of context and state as one line: how many of each, and what they are."""
    parts = [count(attached, "attachment")] if attached else []
    if rows > attached:
        parts.append(f"{rows - attached:,} of settings and state")
    names = ", ".join(f"{number} {name}" if number > 1 else name for name, number in kinds.items())
    return f"{', '.join(parts)}: {printable(names)}"
