"""The lines that stand under a record: its findings, in a sentence, with the key and the price of a fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from unbrick.finding import Finding, Severity
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.handed import Work
from unbrick_tui.remedy import ranked
from unbrick_tui.text import clause, count, fold, one_line, shorten

INDENT = "    "
MOST_LINES = 4
MOST_FINDINGS = 4
OPENS = "space"
"""The key that opens a subagent's work."""


class Under(NamedTuple):
    """One painted line: a lead in front, a key to press (or nothing), the text, the name of the style."""

    lead: str
    key: str
    text: str
    style: str


def under(findings: Sequence[Finding], width: int, glyphs: Glyphs) -> list[Under]:
    """The lines of a record's findings, folded to a width."""
    lines: list[Under] = []
    ordered = sorted(findings, key=lambda finding: finding.severity, reverse=True)
    for finding in ordered[:MOST_FINDINGS]:
        lines += _finding(finding, width, glyphs)
    if len(ordered) > MOST_FINDINGS:
        lines.append(Under(INDENT, "", f"and {len(ordered) - MOST_FINDINGS} more here; the record shows all", "info"))
    return lines


def agents(works: Sequence[Work], judged: Mapping[Path, int], width: int, glyphs: Glyphs) -> list[Under]:
    """The lines of the subagents that a call handed its work to; of those that were judged, how many records have
    findings."""
    room = max(width - len(INDENT) - len(OPENS) - 6, 8)
    return [
        Under(INDENT, OPENS, f" {shorten(f'{one}{_said(judged.get(one.handed.path), glyphs)}', room, glyphs.ellipsis)}",
              "warning" if judged.get(one.handed.path) else "reply")
        for one in works
    ]


def _said(marked: int | None, glyphs: Glyphs) -> str:
    if marked is None:
        return ""
    return f" {glyphs.dot} {f'{marked:,} with findings' if marked else 'nothing is wrong with it'}"


def _finding(finding: Finding, width: int, glyphs: Glyphs) -> list[Under]:
    style = finding.severity.value
    word = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}[finding.severity]
    head = f"{glyphs.finding} {getattr(glyphs, style)} {finding.code} {word}: "
    room = max(width - len(INDENT) - 7, 16)
    pieces = folded(head + one_line(finding.message, 1000), room, MOST_LINES, glyphs)
    lines = [Under(INDENT + ("    " if index else ""), "", piece, style) for index, piece in enumerate(pieces)]
    if finding.fixes:
        fix, ways = ranked(finding)[0], len(finding.fixes) - 1
        other = f" (or {count(ways, 'other way')})" if ways else ""
        offer = one_line(f"{fix.title}: {fix.price}{other}", 600)
        for index, piece in enumerate(folded(offer, room - 4, 2, glyphs)):
            lines.append(Under(INDENT + "    ", "" if index else "f", ("    " if index else " ") + piece, "reply"))
    elif finding.advice:
        lines.append(Under(INDENT + "    ", "f", " no edit of this file helps; shows what does", "reply"))
    return lines


def folded(text: str, width: int, most: int, glyphs: Glyphs) -> list[str]:
    """A text on at most so many lines; the last one is cut where there is more."""
    pieces: list[str] = []
    start = 0
    for end in fold(text, width):
        if len(pieces) == most - 1:
            pieces.append(clause(text[start:].rstrip(), width, glyphs.ellipsis))
            break
        pieces.append(text[start:end].rstrip())
        start = end
    return pieces
