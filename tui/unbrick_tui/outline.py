"""What the timeline knows beyond the single record, gathered once per report off the interface's thread."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate

from unbrick.entry import BlockKind, Flag, Kind
from unbrick.finding import Finding, Severity
from unbrick.report import Report
from unbrick.scan import Scan
from unbrick.session import Standing
from unbrick_tui.text import count, one_line, tokens
from unbrick_tui.widgets.layout import Group

_APART = bytes((Kind.METADATA, Kind.PROGRESS, Kind.ATTACHMENT))
_HALVES = (BlockKind.TOOL_USE, BlockKind.TOOL_RESULT)
_RUN = re.compile(b"[" + re.escape(_APART) + b"]{2,}")

REASONS = {
    Standing.SUMMARISED: "a summary stands for it",
    Standing.REWOUND: "you went back before it",
    Standing.LOST: "it is in the file, and the client will not load it",
    Standing.UNDECIDED: "off the thread; the file does not say why",
    Standing.SIDE: "a subagent's",
    Standing.APART: "never part of the conversation",
    Standing.UNREADABLE: "it is not a record",
}


@dataclass(frozen=True)
class Spans:
    """Calls and their results as pairs of rows: first rows sorted, how far any of them reaches up to there, last
    rows sorted."""

    first: array[int]
    reach: array[int]
    last: array[int]

    @classmethod
    def of(cls, scan: Scan) -> Spans:
        """The pairs of a scan that lie on different rows, a call id used or answered twice as one."""
        low, high = array("q", [-1]) * len(scan.strings), array("q", [-1]) * len(scan.strings)
        row, firsts = 0, scan.first
        for block, (kind, ref) in enumerate(zip(scan.block_kind, scan.block_ref, strict=True)):
            if ref < 0 or kind not in _HALVES:
                continue
            while firsts[row + 1] <= block:
                row += 1
            if low[ref] < 0:
                low[ref] = row
            high[ref] = row
        pairs = sorted((a, b) for a, b in zip(low, high, strict=True) if 0 <= a < b)
        last = array("q", (b for _, b in pairs))
        return cls(array("q", (a for a, _ in pairs)), array("q", accumulate(last, max)), array("q", sorted(last)))

    def covers(self, row: int) -> bool:
        """Whether a call before the row is answered behind it."""
        found = bisect_left(self.first, row) - 1
        return found >= 0 and self.reach[found] > row

    def starts(self, row: int) -> bool:
        """Whether a pair begins at the row."""
        return _holds(self.first, row)

    def ends(self, row: int) -> bool:
        """Whether a pair ends at the row."""
        return _holds(self.last, row)


def _holds(rows: array[int], row: int) -> bool:
    found = bisect_left(rows, row)
    return found < len(rows) and rows[found] == row


@dataclass(frozen=True)
class Outline:
    """Findings by row, rows worth jumping to, runs to collapse, calls with results, and where resume begins.

    `problems` are rows with a warning or an error (with an info where there is nothing worse), `boundaries` maps
    the row of a compaction to the tokens before and after it (0: not known).
    """

    report: Report
    findings: dict[int, tuple[Finding, ...]]
    problems: array[int]
    boundaries: dict[int, tuple[int, int]]
    runs: tuple[Group, ...]
    spans: Spans
    start: int | None
    start_text: str
    title: str
    timed: bool
    """Whether any record says when it was written."""

    @classmethod
    def of(cls, report: Report) -> Outline:
        """Gather it from a report."""
        session = report.situation.session
        by_row: dict[int, list[Finding]] = {}
        for finding in report.findings:
            if finding.row is not None and 0 <= finding.row < len(session):
                by_row.setdefault(finding.row, []).append(finding)
        worst = [r for r, found in by_row.items() if any(f.severity is not Severity.INFO for f in found)]
        kinds = session.scan.kind
        boundaries = {
            row: _tokens_around(report, row) for row in _rows_of(kinds, Kind.BOUNDARY)
        }
        start = _start(report)
        breaks = sorted({*by_row, *([] if start is None else [start])})
        return cls(
            report, {row: tuple(found) for row, found in by_row.items()}, array("q", sorted(worst or by_row)),
            boundaries, tuple(_runs(kinds, breaks)), Spans.of(session.scan), start, _start_text(report), _title(report),
            any(time == time for time in session.scan.time),
        )

    def standing(self, row: int) -> Standing:
        """What becomes of a row at the next resume."""
        standing = self.report.situation.thread.standing
        return Standing(standing[row]) if row < len(standing) else Standing.LOADED

    def mates(self, row: int) -> tuple[int, ...]:
        """Rows that hold the other half of a row's calls and results, in file order."""
        situation = self.report.situation
        session, scan = situation.session, situation.session.scan
        found: set[int] = set()
        for block in scan.blocks(row) if row < len(scan) else ():
            if scan.block_kind[block] in (BlockKind.TOOL_USE, BlockKind.TOOL_RESULT):
                call = session.calls.get(scan.strings.text(scan.block_ref[block]) or "")
                if call is not None:
                    found.update(other for other, _block in (*call.uses, *call.results))
        return tuple(sorted(found - {row}))

    def next_of(self, rows: array[int], row: int, step: int) -> int | None:
        """The next (1) or previous (-1) of some sorted rows seen from a row, around the end."""
        if not rows:
            return None
        if step > 0:
            return rows[bisect_right(rows, row) % len(rows)]
        return rows[bisect_left(rows, row) - 1]


def _rows_of(kinds: array[int], kind: Kind) -> list[int]:
    needle, data, found = bytes((kind,)), kinds.tobytes(), []
    row = data.find(needle)
    while row >= 0:
        found.append(row)
        row = data.find(needle, row + 1)
    return found


def _tokens_around(report: Report, row: int) -> tuple[int, int]:
    counts = report.situation.session.scan.tokens
    before = next((counts[r] for r in range(row - 1, max(row - 5000, -1), -1) if counts[r]), 0)
    after = next((counts[r] for r in range(row + 1, min(row + 5000, len(counts))) if counts[r]), 0)
    return before, after


def _runs(kinds: array[int], breaks: list[int]) -> list[Group]:
    runs: list[Group] = []
    for match in _RUN.finditer(kinds.tobytes()):
        first, end = match.span()
        index = bisect_left(breaks, first)
        while first < end:
            stop = breaks[index] if index < len(breaks) and breaks[index] < end else end
            if stop - first > 1:
                runs.append(Group(first, stop - first, 1))
            first = stop + 1 if stop < end else end
            index += 1
    return runs


def _start(report: Report) -> int | None:
    thread = report.situation.thread
    if not report.target.resumed:
        return None
    if thread.boundary is not None:
        return thread.boundary
    return min(thread.rows) if thread.rows else None


def _start_text(report: Report) -> str:
    resume = report.resume
    said = f"resume begins here: {count(resume.messages, 'message')}"
    return f"{said}, {tokens(resume.tokens)}" if resume.tokens else said


def _title(report: Report) -> str:
    """What the person asked for first."""
    flags = report.situation.session.scan.flags
    row = next((row for row, flag in enumerate(flags) if flag & Flag.PROMPT), None)
    return "" if row is None else one_line(report.situation.text(row), 200)
