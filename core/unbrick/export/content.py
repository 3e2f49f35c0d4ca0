"""What a document of a session holds: its records in order, each with who speaks, calls joined with their results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Any

from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.export.visible import beginning, one_line, visible
from unbrick.finding import Finding
from unbrick.formats import Format
from unbrick.media.heads import TYPES
from unbrick.media.images import bare
from unbrick.media.images import read as read_image
from unbrick.report import Report
from unbrick.secrecy.secrets import hidden
from unbrick.session import Standing


class Level(IntEnum):
    """How much of a conversation is told."""

    TALK = 0
    """Prompts and replies; a line for each call."""
    BRIEF = 1
    """Also thinking, calls and results, long ones cut."""
    FULL = 2
    """All of it, whole, with what the client adds around the conversation."""


@dataclass(frozen=True)
class What:
    """What goes into a document: `everything` in the file instead of what resume loads, the findings, images, and
    whether likely secrets stay readable."""

    everything: bool = False
    level: Level = Level.FULL
    findings: bool = True
    images: bool = True
    secrets: bool = False


class Who(StrEnum):
    """Who speaks."""

    YOU = "You"
    ASSISTANT = "Assistant"
    SUMMARY = "Summary"
    CLIENT = "Client"


class Part(StrEnum):
    """What a piece of a record is."""

    TEXT = "text"
    THINKING = "thinking"
    CALL = "call"
    RESULT = "result"
    IMAGE = "image"
    NOTE = "note"


@dataclass(frozen=True)
class Piece:
    """A part of a record, fit to be shown once it is escaped: a title on one line, a text, and what answers a call. An
    image has base64 of a raster type in the place of a text."""

    part: Part
    title: str = ""
    text: str = ""
    answers: tuple[Piece, ...] = ()
    error: bool = False
    type: str = ""


@dataclass(frozen=True)
class Section:
    """A record: who speaks, where it stands, when (NaN for unknown), what becomes of it at a resume. `goes_on` says
    that the one before it was the same speaker's."""

    row: int
    who: Who
    place: str
    time: float
    standing: Standing
    pieces: tuple[Piece, ...]
    findings: tuple[Finding, ...] = ()
    goes_on: bool = False


STANDINGS = {
    Standing.SUMMARISED: "summarised, not loaded", Standing.REWOUND: "rewound, not loaded",
    Standing.LOST: "lost, not loaded", Standing.UNDECIDED: "beside the conversation, not loaded",
    Standing.SIDE: "a subagent's", Standing.UNREADABLE: "unreadable",
}
"""What is said of records that stand outside the conversation that resume loads."""

_BRIEF = ("command", "file_path", "notebook_path", "path", "pattern", "query", "url", "skill", "description", "prompt")
"""The argument that tells a tool call from the next one, best first."""
_CUT = 12, 1000
"""Lines and characters that a long part is cut to."""
_PIXELS = 50_000_000
"""An image of more pixels is left out: shown, it would take the memory of whoever opens the document."""
_USES = (BlockKind.TOOL_USE, BlockKind.SERVER_USE)
_QUIET = (Kind.PROGRESS, Kind.METADATA)


def rows(report: Report, what: What) -> Sequence[int]:
    """The rows of a document, in order."""
    return range(len(report.situation.session)) if what.everything else report.situation.thread.rows


def sections(format_: Format, report: Report, what: What) -> Iterator[Section]:
    """The records of a document, decoded one by one."""
    reader = _Reader(format_, report, what)
    before: tuple[Who, Standing] | None = None
    for row in rows(report, what):
        who = speaker(report, row)
        pieces = tuple(reader.pieces(row, who))
        findings = reader.findings.get(row, ())
        if pieces or findings:
            session = report.situation.session
            standing = report.situation.thread.standing_of(row)
            place, time = report.situation.place(row), session.scan.time[row]
            goes_on = before == (who, standing) and who in (Who.ASSISTANT, Who.CLIENT)
            yield Section(row, who, place, time, standing, pieces, findings, goes_on)
            before = who, standing


def speaker(report: Report, row: int) -> Who:
    """Who speaks in a record."""
    session = report.situation.session
    kind = session.kind(row)
    if kind is Kind.ASSISTANT and not session.has(row, Flag.API_ERROR):
        return Who.ASSISTANT
    if kind is not Kind.USER:
        return Who.CLIENT
    if session.has(row, Flag.SUMMARY):
        return Who.SUMMARY
    if session.has(row, Flag.META):
        return Who.CLIENT
    scan = session.scan
    results = any(scan.block_kind[block] == BlockKind.TOOL_RESULT for block in scan.blocks(row))
    return Who.ASSISTANT if results else Who.YOU


@dataclass
class _Reader:
    """Decodes records, each result with the call that it answers."""

    format: Format
    report: Report
    what: What
    findings: Mapping[int, tuple[Finding, ...]] = field(init=False)

    def __post_init__(self) -> None:
        found: dict[int, tuple[Finding, ...]] = {}
        for finding in self.report.findings if self.what.findings else ():
            if finding.row is not None:
                found[finding.row] = (*found.get(finding.row, ()), finding)
        self.findings = found
        self._session = self.report.situation.session
        self._told: set[tuple[int, int]] = set()
        self._blocks = lru_cache(4)(lambda row: self.format.blocks(self._session.value(row)))

    def pieces(self, row: int, who: Who) -> Iterator[Piece]:
        """The parts of a record."""
        session = self._session
        kind = session.kind(row)
        if who is Who.CLIENT:
            yield from self._client(row, kind)
            return
        scan = session.scan
        for index, block in enumerate(self._blocks(row)[: len(scan.blocks(row))]):
            place = scan.first[row] + index
            piece = self._piece(row, index, BlockKind(scan.block_kind[place]), block)
            if piece is not None:
                yield piece

    def _client(self, row: int, kind: Kind) -> Iterator[Piece]:
        """What the client says beside the conversation."""
        session, level = self._session, self.what.level
        if kind is Kind.BOUNDARY:
            yield Piece(Part.NOTE, "The conversation was compacted here")
        elif kind is Kind.FAULT:
            why = session.scan.faults[row].message if row in session.scan.faults else "it cannot be read"
            raw = session.scan.view.raw(row)[:2000].decode("utf-8", "replace")
            yield Piece(Part.NOTE, f"Unreadable: {one_line(why)}", self._said(raw, cut=True), error=True)
        elif kind is Kind.ASSISTANT:
            yield Piece(Part.NOTE, "The request failed", self._said(self.format.text(session.value(row))), error=True)
        elif level is Level.FULL and (kind not in _QUIET or self.what.everything):
            type_ = session.scan.strings.text(session.scan.type[row]) or "record"
            yield Piece(Part.NOTE, one_line(type_), self._said(self.format.text(session.value(row))))

    def _piece(self, row: int, index: int, kind: BlockKind, block: Mapping[str, Any]) -> Piece | None:
        level = self.what.level
        if kind is BlockKind.TEXT:
            return Piece(Part.TEXT, text=self._said(block.get("text")))
        if kind is BlockKind.THINKING:
            said = self._said(block.get("thinking"), cut=True)
            return Piece(Part.THINKING, "Thinking", said) if said and level is not Level.TALK else None
        if kind is BlockKind.REDACTED:
            return Piece(Part.THINKING, "Thinking, encrypted") if level is Level.FULL else None
        if kind in _USES:
            return self._call(row, block)
        if kind is BlockKind.TOOL_RESULT:
            told = (row, index) in self._told or level is Level.TALK
            return None if told else self._result(row, index, block)
        if kind is BlockKind.IMAGE:
            return self._image(block)
        return Piece(Part.NOTE, one_line(str(block.get("type") or kind.name.lower())), self._json(block))

    def _call(self, row: int, block: Mapping[str, Any]) -> Piece:
        given = block.get("input")
        title = f"{one_line(str(block.get('name') or '(no name)'), 60)}: {self._line(_argument(given))}".rstrip(": ")
        if self.what.level is Level.TALK:
            return Piece(Part.CALL, title)
        answers: tuple[Piece, ...] = ()
        ref = block.get("id")
        call = self._session.calls.get(ref) if isinstance(ref, str) and ref else None
        for there, index in call.results if call is not None else ():
            shown = self.what.everything or there in self.report.situation.thread.members
            if there >= row and shown and (there, index) not in self._told and index < len(self._blocks(there)):
                self._told.add((there, index))
                answers = (self._result(there, index, self._blocks(there)[index]),)
                break
        return Piece(Part.CALL, title, self._given(given), answers, any(answer.error for answer in answers))

    def _result(self, row: int, index: int, block: Mapping[str, Any]) -> Piece:
        content = block.get("content")
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        said: list[str] = []
        images: list[Piece] = []
        for part in parts:
            if not isinstance(part, dict):
                continue
            if isinstance(part.get("text"), str):
                said.append(part["text"])
            elif part.get("type") == "image":
                images.append(self._image(part))
            elif part.get("text") is not None:
                said.append(json.dumps(part["text"], ensure_ascii=False, indent=2))
            elif part.get("type") != "text":
                said.append(f"[{part.get('type')}]")
        text = "\n".join(said)
        count = text.count("\n") + 1
        error = bool(self._session.scan.block_flags[self._session.scan.first[row] + index] & BlockFlag.ERROR)
        title = ("Error" if error else "Result") + (f", {count:,} lines" if count > 1 else "")
        return Piece(Part.RESULT, title, self._said(text, cut=True), tuple(images), error)

    def _image(self, block: Mapping[str, Any]) -> Piece:
        source = block.get("source")
        data = source.get("data") if isinstance(source, dict) else None
        if not isinstance(data, str):
            return Piece(Part.NOTE, "An image that stands elsewhere")
        data = "".join(bare(data).split())
        found = read_image(data)
        width, height = found.sides or (0, 0)
        title = f"{TYPES.get(found.type or '', 'Image')}, {width:,} × {height:,}" if found.sides else "Image"
        usable = found.type in TYPES and found.valid and found.whole and 0 < width * height <= _PIXELS
        if not usable:
            return Piece(Part.NOTE, f"{title} (cannot be shown)")
        if not self.what.images or self.what.level is Level.TALK:
            return Piece(Part.NOTE, title)
        return Piece(Part.IMAGE, title, data, type=str(found.type))

    def _given(self, given: object) -> str:
        if not isinstance(given, dict):
            return self._json(given)
        lines = []
        for key, value in given.items():
            said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            lines.append(f"{key}:\n{said}" if "\n" in said else f"{key}: {said}")
        return self._said("\n".join(lines), cut=True)

    def _json(self, value: object) -> str:
        return self._said(json.dumps(value, ensure_ascii=False, indent=2), cut=True)

    def _said(self, value: object, *, cut: bool = False) -> str:
        text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
        text = visible(text if self.what.secrets else hidden(text))
        return beginning(text, *_CUT) if cut and self.what.level is not Level.FULL else text

    def _line(self, text: str) -> str:
        return one_line(text if self.what.secrets else hidden(text[:2000]))


def _argument(given: object) -> str:
    if not isinstance(given, dict):
        return "" if given is None else str(given)[:400]
    return next((text for key in (*_BRIEF, *given) if isinstance(text := given.get(key), str) and text.strip()), "")
