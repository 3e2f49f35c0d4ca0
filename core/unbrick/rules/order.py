"""Records that do not stand in the order in which they were written (L014)."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.edit import Edit, Salvage, SetLeaf
from unbrick.entry import Kind
from unbrick.finding import Affect, Finding, Rule, Severity
from unbrick.rules.chainfix import descendants, history, restoring
from unbrick.situation import Situation
from unbrick.weighing import measure

MOST = 50_000_000
"""Bytes of lines that a mend moves at most."""


def records_out_of_order(situation: Situation) -> Iterator[Finding]:
    """Records stand in front of their parents, so the last line of the file is not the end of the conversation.

    Clients write from front to back. Where another tool sorted, merged or copied the lines in another order, clients
    from 2.1.101 on take the wrong record for the end, since they go by the order of the file, and from 2.1.158 on what
    stands before the last compaction boundary is not read (claude-code-resume-table, `shuffled`, `reversed_lines`,
    `c_shuffled`). The mend makes the newest message the end, and puts what follows a boundary behind it.
    """
    session = situation.session
    end = situation.once(true_end)
    if end is None:
        return
    lost = [row for row in history(situation, end) if row not in situation.loaded]
    edits: list[Edit] = []
    boundary = next((row for row in session.ancestors(end) if session.kind(row) is Kind.BOUNDARY), None)
    if boundary is not None:
        edits += moved_behind(situation, boundary)
    edits.append(SetLeaf(session.uuid(end) or ""))
    at = situation.thread.leaf if situation.thread.leaf is not None else end
    yield Finding(
        "L014", "records-out-of-order", Severity.ERROR,
        "the records of this file are not in the order in which they were written: the client takes this one for the "
        f"end, and {measure.counted(measure.messages(session, lost), 'message')} up to {situation.place(end)} are not "
        "loaded",
        situation.at(at), at,
        fixes=(restoring(situation, "order", f"Make {situation.place(end)}, the newest, the end", edits, lost),),
    )


def true_end(situation: Situation) -> int | None:
    """The newest message, where it is not loaded and the file is out of order."""
    return situation.session.out_of_order(situation.loaded)


def in_front(situation: Situation, boundary: int) -> list[int]:
    """What hangs on a boundary and stands in front of it in the file; copies that a later record replaces do not."""
    session = situation.session
    if session.in_order:
        return []
    return [
        row for row in sorted(descendants(session, boundary))
        if row < boundary and session.row_of.get(session.scan.uuid[row]) == row
    ]


def moved_behind(situation: Situation, boundary: int) -> Iterator[Edit]:
    """What hangs on a boundary and stands in front of it goes behind it, oldest first, byte for byte."""
    scan = situation.session.scan
    before = in_front(situation, boundary)
    if not before or sum(scan.size[row] for row in before) > MOST:
        return
    before.sort(key=lambda row: (scan.time[row], row))
    yield from (Salvage(situation.at(row), ()) for row in before)
    yield Salvage(situation.at(boundary), tuple(scan.view.raw(row) for row in (boundary, *before)))


RECORDS_OUT_OF_ORDER: Rule[Situation] = Rule(
    "L014", "records-out-of-order", records_out_of_order, None, (Affect(Severity.ERROR, since="2.1.101"),),
)
