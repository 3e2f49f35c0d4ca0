"""What mends calls and results that carry no id at all: ids, and answers to the calls that have no result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from unbrick.edit import Edit
from unbrick.entry import BlockKind, Kind
from unbrick.finding import Fix
from unbrick.rules import toolfix
from unbrick.rules.freshrefs import FreshRefs
from unbrick.rules.parts import counted, safe, set_block
from unbrick.rules.stray import KEPT
from unbrick.situation import Situation

Place = tuple[int, int]
"""A row and a block of it."""


@dataclass(frozen=True)
class _Nameless:
    """The calls on the thread without an id; those of them in replies, which are answered; the result that surely is
    that of a call; and by row the results of which nobody can tell."""

    calls: list[Place] = field(default_factory=list)
    asked: list[Place] = field(default_factory=list)
    results: dict[Place, Place] = field(default_factory=dict)
    loose: dict[int, set[int]] = field(default_factory=dict)

    def turn(self, calls: list[Place], results: list[Place]) -> None:
        """Take in what belongs together: as many results as there are calls answer these in order."""
        if len(calls) == len(results):
            self.results.update(zip(calls, results, strict=True))
            return
        for row, block in results:
            self.loose.setdefault(row, set()).add(block)


def fixes(situation: Situation, row: int, block: int) -> tuple[Fix, ...]:
    """The fix for a call or a result without an id: one for all calls of the session and the results that are surely
    theirs; what the other results of a record say is kept as text."""
    if block in situation.once(_nameless).loose.get(row, ()):
        return situation.once(_as_text, row)
    return situation.once(_own_ids)


def _nameless(situation: Situation) -> _Nameless:
    scan, found = situation.session.scan, _Nameless()
    calls: list[Place] = []
    results: list[Place] = []

    def ended() -> None:
        found.turn(calls, results)
        calls.clear()
        results.clear()

    for row in situation.thread.rows:
        kinds = scan.block_kind[scan.first[row] : scan.first[row + 1]]
        uses = [*_without_id(situation, row, BlockKind.TOOL_USE)]
        answers = [*_without_id(situation, row, BlockKind.TOOL_RESULT)]
        found.calls.extend(uses)
        if scan.kind[row] == Kind.ASSISTANT:
            if results:
                ended()
            found.asked.extend(uses)
            calls += uses
            found.turn([], answers)
        elif scan.kind[row] == Kind.USER:
            results += answers
            if BlockKind.TOOL_RESULT not in kinds:
                ended()
    ended()
    return found


def _without_id(situation: Situation, row: int, kind: BlockKind) -> Iterator[Place]:
    scan = situation.session.scan
    for block, index in enumerate(scan.blocks(row)):
        if scan.block_kind[index] == kind and scan.block_ref[index] < 0:
            yield row, block


def _own_ids(situation: Situation) -> tuple[Fix, ...]:
    """The fix that gives all calls an id, and answers those of replies that have no result."""
    found, fresh = situation.once(_nameless), FreshRefs(situation)
    given = {place: fresh.give() for place in found.calls}
    edits: list[Edit] = [set_block(situation, *place, ref, "id") for place, ref in given.items()]
    edits += [set_block(situation, *place, given[use], "tool_use_id") for use, place in found.results.items()]
    waiting = [place for place in found.asked if place not in found.results]
    for place in waiting:
        edits += toolfix.answer(situation, place[0], given[place]).edits
    if not edits:
        return ()
    title = "Give the call an id" if len(given) == 1 else f"Give {counted(len(given), 'call')} an id each"
    if waiting:
        title += ", and answer what has no result"
    elif found.results:
        title += ", and its result too" if len(given) == 1 else ", and their results too"
    return (safe("new-id", title, *edits),)


def _as_text(situation: Situation, row: int) -> tuple[Fix, ...]:
    return tuple(toolfix.as_text(situation, row, situation.once(_nameless).loose[row], KEPT))
