"""What a record has to do with others: what it follows, what follows it, the other halves of its calls, the parts of
its message, the compaction it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from unbrick.entry import BlockKind, Kind
from unbrick.session import MISSING, Standing
from unbrick.situation import Situation

MOST = 200
"""Records of one relation that are named; the rest is counted."""

_HALVES = (BlockKind.TOOL_USE, BlockKind.TOOL_RESULT)


class Tie(StrEnum):
    """How two records hang together."""

    PARENT = "follows"
    MISSING = "follows a record that the file does not hold"
    BRIDGED = "the client goes on from here to"
    BRIDGED_FROM = "the client comes here from"
    CHILD = "followed by"
    CALL = "the call that it answers"
    RESULT = "the result of its call"
    PART = "another part of the same message"
    TWIN = "another record with the same id"
    SUMMARISED = "summarised by the compaction at"
    KEPT = "keeps from before it"
    REFERS = "refers to"


class Relation(NamedTuple):
    """A tie to another record: its row (None where the file does not hold it), and the id that ties them."""

    tie: Tie
    row: int | None
    ref: str = ""


class Related(NamedTuple):
    """The relations of a row, and how many more there are that are not named."""

    relations: tuple[Relation, ...]
    more: int


def related(situation: Situation, row: int) -> Related:
    """All that a row has to do with others, what it follows first. Never raises."""
    if not 0 <= row < len(situation.session):
        return Related((), 0)
    seen: set[tuple[Tie, int | None]] = set()
    found: list[Relation] = []
    counts: dict[Tie, int] = {}
    for one in _relations(situation, row):
        if one.row == row or (one.tie, one.row) in seen:
            continue
        seen.add((one.tie, one.row))
        counts[one.tie] = counts.get(one.tie, 0) + 1
        if counts[one.tie] <= MOST:
            found.append(one)
    return Related(tuple(found), sum(counts.values()) - len(found))


def _relations(situation: Situation, row: int) -> Iterator[Relation]:
    session, thread = situation.session, situation.thread
    scan = session.scan
    parent = session.parent_row[row]
    if parent >= 0:
        yield Relation(Tie.PARENT, parent, session.uuid(parent) or "")
    elif parent == MISSING:
        yield Relation(Tie.MISSING, None, scan.strings.text(scan.parent[row]) or "")
    if row in thread.bridged:
        yield Relation(Tie.BRIDGED, thread.bridged[row])
    yield from (Relation(Tie.BRIDGED_FROM, other) for other in thread.bridged_from.get(row, ()))
    yield from (Relation(Tie.CHILD, child) for child in session.children.get(row))
    for block in scan.blocks(row):
        ref = scan.strings.text(scan.block_ref[block])
        call = session.calls.get(ref) if ref and scan.block_kind[block] in _HALVES else None
        if call is not None:
            yield from (Relation(Tie.CALL, use, call.ref) for use, _block in call.uses)
            yield from (Relation(Tie.RESULT, result, call.ref) for result, _block in call.results)
    if scan.message_id[row] >= 0:
        yield from (Relation(Tie.PART, other) for other in session.responses.get(scan.message_id[row], ()))
    yield from (Relation(Tie.TWIN, twin) for twin in session.duplicates.get(scan.uuid[row], ()))
    if thread.standing and thread.standing_of(row) is Standing.SUMMARISED and thread.boundary is not None:
        boundaries = (after for after in range(row + 1, len(scan)) if scan.kind[after] == Kind.BOUNDARY)
        yield Relation(Tie.SUMMARISED, next(boundaries, thread.boundary))
    if session.kind(row) is Kind.BOUNDARY:
        kept = (session.row(uuid) for uuid in situation.kept(row))
        yield from (Relation(Tie.KEPT, other) for other in kept if other is not None)
    refers = session.row(scan.strings.text(scan.refers[row]))
    if refers is not None and refers != parent:
        yield Relation(Tie.REFERS, refers)
