"""Thinking that an edit before it makes invalid, on models that bind it to what stood before."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from unbrick import models
from unbrick.edit import Answer, Clear, DropBlock, DropRecord, Edit, Insert, Redact, Remake, SetRef, SetValue, Uncompact
from unbrick.entry import BlockKind
from unbrick.finding import Fix, Safety
from unbrick.record import At
from unbrick.report import Report

_ALTERS = (Answer, Insert, Clear, DropBlock, DropRecord, SetValue, Remake, Uncompact)


def _altered(report: Report, edits: Sequence[Edit]) -> Iterator[tuple[At, bool]]:
    """Where edits put something else before the model than it saw when it went on from there, and whether only
    behind that record.

    Edits that bring back what was sent at the time, such as a relinked record, do not count.
    """
    session = report.situation.session
    for edit in edits:
        if isinstance(edit, Insert):
            yield edit.behind, True
        elif isinstance(edit, _ALTERS):
            yield edit.at, isinstance(edit, Answer)
        elif isinstance(edit, Redact):
            yield from ((at, False) for at in edit.ats)
        elif isinstance(edit, SetRef):
            call = session.calls.get(edit.new)
            yield from ((session.at(row), False) for row, _block in (call.uses if call else ()))


def stale_thinking(report: Report, edits: Sequence[Edit]) -> Fix | None:
    """Thinking behind an edit, on models that bind it to what stands before it (messages-api-rules R16)."""
    if not models.binds_thinking(report.target.model):
        return None
    situation, request = report.situation, report.situation.request
    first_part: dict[At, int] = {}
    for index, row in enumerate(request.row):
        if row >= 0:
            first_part.setdefault(situation.at(row), index)
    order = sorted(first_part)
    # A record that an edit took out is not there any more: what stands behind it counts.
    altered = _altered(report, edits)
    places = (bisect_right(order, at) if behind else bisect_left(order, at) for at, behind in altered)
    first = min((first_part[order[place]] for place in places if place < len(order)), default=None)
    if first is None:
        return None
    drops = tuple(
        DropBlock(situation.at(row), request.block[index])
        for index, row in enumerate(request.row)
        if index >= first and row >= 0 and request.kind[index] in (BlockKind.THINKING, BlockKind.REDACTED)
    )
    if not drops:
        return None
    count = f"{len(drops):,} thinking block" + ("s" if len(drops) > 1 else "")
    return Fix(
        "thinking-along", f"Take {count} behind the edit along: {report.target.model} binds thinking to what stood "
        "before it", Safety.LOSSY, tuple(reversed(drops)), f"drops {count}",
    )
