"""Where a conversation can begin instead: typed prompts in front of which nothing is pending, and what dropping all
before them costs."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from unbrick import models
from unbrick.entry import BlockKind, Flag, Kind
from unbrick.record import At
from unbrick.scanning import ones
from unbrick.situation import Situation
from unbrick.weighing import measure
from unbrick.weighing.tally import FIELDS, Priced, Tally, count, held, loaded


@dataclass(frozen=True)
class Beginning(Priced):
    """A prompt to begin with. `keeps` are user and assistant records that a resume loads afterwards; `prompts` are the
    rows of the typed prompts that would go; `gone` counts what goes of what is loaded now, `erased` the messages that
    go and are not loaded now, `drops` both; `tokens` is the size of the context afterwards."""

    at: At
    row: int
    keeps: int
    prompts: Sequence[int]
    gone: Tally
    erased: int
    tokens: int
    time: float | None = None


def beginnings(situation: Situation) -> tuple[Beginning, ...]:
    """Every place where the loaded conversation can begin, the one that keeps most first; none that a part of what
    goes before it stands behind in the file, for that would stay."""
    session, scan, rows = situation.session, situation.session.scan, situation.thread.rows
    whole, pace, freed = measure.whole(situation), measure.rate(situation), 0
    total = sum(scan.kind[row] in (Kind.USER, Kind.ASSISTANT) for row in rows)
    found: list[Beginning] = []
    prompts: list[int] = []
    highest = -1
    dropped, counts, says = 0, [0] * len(FIELDS), situation.once(loaded)
    last = {row: of_one[-1] for of_one in session.duplicates.values() for row in of_one}
    behind = sorted(last.get(row, row) for row in ones.places(situation.once(held)))
    bound = _bound(situation)
    blocks, alone = sum(map(sum, bound.values())), sum(alone for _blocks, alone in bound.values())
    pending: set[int] = set()
    for row, weight in zip(rows, measure.weights(session, rows), strict=True):
        if scan.flags[row] & Flag.PROMPT:
            if dropped and not pending and highest < row:
                time, gone = scan.time[row], Tally(*counts)
                found.append(Beginning(
                    session.at(row), row, total - dropped - alone,
                    tuple(prompts), replace(gone, thoughts=gone.thoughts + blocks), bisect_left(behind, row),
                    max(whole - round(freed * pace), 0), None if time != time else time,
                ))
            prompts.append(row)
        freed += weight
        beside, only = bound.get(row, (0, 0))
        blocks, alone = blocks - beside - only, alone - only
        dropped += scan.kind[row] in (Kind.USER, Kind.ASSISTANT)
        if says[row]:
            count(counts, scan, row)
            highest = max(highest, row)
        for block in scan.blocks(row):
            if scan.block_kind[block] == BlockKind.TOOL_USE:
                pending.add(scan.block_ref[block])
            elif scan.block_kind[block] == BlockKind.TOOL_RESULT:
                pending.discard(scan.block_ref[block])
    return tuple(found)


def _bound(situation: Situation) -> Mapping[int, tuple[int, int]]:
    """Row → thinking blocks that are sent of it and that an edit before it makes invalid (messages-api-rules R16):
    those beside something else, and 1 where there is nothing else in it."""
    if not models.binds_thinking(situation.target.model):
        return {}
    request, scan = situation.request, situation.session.scan
    sent = Counter(
        row for row, kind in zip(request.row, request.kind, strict=True)
        if row >= 0 and kind in (BlockKind.THINKING, BlockKind.REDACTED)
    )
    return {row: (0, 1) if number == len(scan.blocks(row)) else (number, 0) for row, number in sent.items()}
