"""The last turns of a session, read from the end of its file."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.entry import BlockKind, Flag, Kind
from unbrick.record import read
from unbrick.sessions.ends import ends
from unbrick_tui.failures import explain
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.rows import say
from unbrick_tui.shelf import Row, home
from unbrick_tui.text import count, moment
from unbrick_tui.widgets.text_view import Paragraph

WINDOWS = (1 << 16, 1 << 20)
"""Bytes of the end that are looked at, more where less holds too little: a tool's output may be long."""
_TALK = (Kind.USER, Kind.ASSISTANT)


def facts(row: Row, glyphs: Glyphs) -> str:
    """One line about a session: its id, its client, its project, how many records, what is wrong by code."""
    health, about = row.health, row.about
    if health is not None and health.trouble:
        return health.trouble
    parts = [f"open in a client, process {row.owner}" if row.owner is not None else ""]
    parts.append(about.session_id[:8] if len(about.session_id) == 36 else about.session_id)
    parts.append(" ".join(filter(None, (row.format.name if row.format is not None else "", about.version))))
    if health is not None and health.records:
        parts.append(count(health.records, "record"))
    if health is not None and health.lost:
        parts.append(f"{count(health.lost, 'message')} lost")
    if health is not None and health.codes:
        parts.append(", ".join(health.codes))
    parts += [moment(row.time), home(about.project) if about.project is not None else ""]
    return f" {glyphs.dot} ".join(filter(None, parts))


def last_turns(row: Row, lines: int, glyphs: Glyphs) -> list[Paragraph]:
    """What was said last, oldest first, one line for each message; a sentence where the file cannot be read."""
    found: list[Paragraph] = []
    for window in WINDOWS:
        try:
            held = ends(row.stored.path, window)
        except OSError as error:
            return [("bad", explain(error)[0])]
        found = list(_said(row, held.head if held.whole else held.tail, lines, glyphs))
        if len(found) >= lines or held.whole:
            break
    return found[::-1] or [("dim", "Nothing was said in the part of the file that was looked at.")]


def _said(row: Row, raws: list[bytes], lines: int, glyphs: Glyphs) -> Iterator[Paragraph]:
    """The newest first."""
    left = lines
    for raw in reversed(raws):
        value, _fault = read(raw)
        if value is None or row.format is None or not left:
            continue
        entry = row.format.entry(value)
        if entry.kind not in _TALK or entry.flags & (Flag.META | Flag.SIDECHAIN):
            continue
        kinds = {block.kind for block in entry.blocks}
        if kinds and kinds <= {BlockKind.THINKING, BlockKind.REDACTED, BlockKind.TOOL_RESULT}:
            continue
        said = say(row.format, raw, glyphs)
        style = "bad" if entry.flags & Flag.API_ERROR else "key" if entry.flags & Flag.PROMPT else "plain"
        left -= 1
        yield style, f"{said.glyph} {said.word:<8} {said.text}"
