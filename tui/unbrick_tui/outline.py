"""What the timeline knows beyond the single record, gathered once per report off the interface's thread."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate, islice

from unbrick.entry import BlockKind, Flag, Kind
from unbrick.finding import Finding, Severity
from unbrick.patch import View
from unbrick.record import Fault
from unbrick.report import Report
from unbrick.session import Standing
from unbrick_tui.folding import Folding, Level
from unbrick_tui.handed import APART, Work
from unbrick_tui.handed import by_row as handed_by_row
from unbrick_tui.spans import Spans
from unbrick_tui.text import count, one_line, tokens

NEAR = 400
"""Rows among which the parts of one message stand."""
MARKS = 20_000
"""Places of a session at which its running weight is kept, at most twice as many."""

REASONS = {
    Standing.SUMMARISED: "a summary stands for it",
    Standing.REWOUND: "you went back before it",
    Standing.LOST: "it is in the file, and the client will not load it",
    Standing.UNDECIDED: "beside the thread; the file does not say why",
    Standing.SIDE: "a subagent's",
    Standing.APART: "never part of the conversation",
    Standing.UNREADABLE: "it is not a record",
}


@dataclass(frozen=True)
class Outline:
    """Findings by row, rows worth jumping to, turns and what is folded, calls with results, where resume begins.

    `problems` are rows with a warning or an error (with an info where there is nothing worse), `boundaries` maps
    the row of a compaction to the tokens before and after it (0: not known), `compactions` are those rows, sorted.
    `handed` is the work of subagents by the row of the call that handed it to them;
    `apart` is that of which no call is known.
    `weights` has the bytes up to every so many rows (`step`).
    """

    report: Report
    findings: dict[int, tuple[Finding, ...]]
    problems: array[int]
    boundaries: dict[int, tuple[int, int]]
    compactions: array[int]
    handed: dict[int, tuple[Work, ...]]
    apart: tuple[Work, ...]
    folding: Folding
    spans: Spans
    weights: array[int]
    step: int
    start: int | None
    start_text: str
    title: str
    timed: bool
    """Whether any record says when it was written."""
    sent: bool = True
    """Whether the thread goes into a request."""

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
        folding = Folding(session.scan, {*by_row, *([] if start is None else [start])})
        folding.groups(Level.USUAL)
        handed = handed_by_row(report)
        apart = handed.pop(APART, ())
        step = max(len(session) // MARKS, 1)
        return cls(
            report, {row: tuple(found) for row, found in by_row.items()}, array("q", sorted(worst or by_row)),
            boundaries, array("q", boundaries), handed, apart, folding, Spans.of(session.scan),
            array("Q", islice(accumulate(session.scan.size, initial=0), 0, None, step)), step,
            start, _start_text(report), _title(report), any(time == time for time in session.scan.time),
        )

    @property
    def marked(self) -> dict[int, tuple[Finding, ...]]:
        """The records with findings, where any of them is more than a note."""
        return self.findings if self.problems else {}

    def standing(self, row: int) -> Standing:
        """What becomes of a row at the next resume."""
        standing = self.report.situation.thread.standing
        return Standing(standing[row]) if row < len(standing) else Standing.LOADED

    def continues(self, row: int) -> bool:
        """Whether a row is a further part of a message that an earlier row of its turn began."""
        scan = self.report.situation.session.scan
        number = scan.message_id[row] if row < len(scan) else -1
        if number < 0:
            return False
        first = max(row - NEAR, 0)
        before = scan.message_id[first:row]
        turn = self.folding.turn(row)
        begins = self.folding.turns[turn] if turn is not None else 0
        return number in before[max(begins - first, 0) :]

    def weight(self, first: int, last: int) -> int:
        """Bytes of the rows of a range, to within `step` rows at each end."""
        marks, most = self.weights, len(self.weights) - 1
        return marks[min(-(-last // self.step), most)] - marks[min(first // self.step, most)]

    def fault(self, view: View, row: int) -> Fault | None:
        """What the check found of a line that it could not read; None for a record, and where the view is not the one
        that was checked. The reader that explains takes seconds for a long line."""
        scan = self.report.situation.session.scan
        if row >= len(scan) or scan.kind[row] != Kind.FAULT:
            return None
        same = scan.view.source is view.source and scan.view.patch == view.patch
        return scan.faults.get(row) if same else None

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
