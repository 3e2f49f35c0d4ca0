"""Where a conversation can begin instead: typed prompts in front of which nothing is pending, and what dropping all
before them costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unbrick import measure, words
from unbrick.entry import BlockKind, Flag, Kind
from unbrick.record import At
from unbrick.situation import Situation
from unbrick.tally import FIELDS, Tally, count, heard


@dataclass(frozen=True)
class Beginning:
    """A prompt to begin with. `keeps` and `drops` are user and assistant records that are loaded now; `prompts` are the
    rows of the typed prompts that would go, `gone` counts what goes; `tokens` is the size of the context afterwards."""

    at: At
    row: int
    keeps: int
    drops: int
    prompts: Sequence[int]
    gone: Tally
    tokens: int
    time: float | None = None

    @property
    def price(self) -> str:
        """What it costs, in words."""
        return words.drops(*self.gone.counts)


def beginnings(situation: Situation) -> tuple[Beginning, ...]:
    """Every place where the loaded conversation can begin, the one that keeps most first."""
    session, scan, rows = situation.session, situation.session.scan, situation.thread.rows
    whole, pace, freed = measure.context(session, rows), measure.pace(session, rows), 0
    total = sum(scan.kind[row] in (Kind.USER, Kind.ASSISTANT) for row in rows)
    found: list[Beginning] = []
    prompts: list[int] = []
    dropped, counts, says = 0, [0] * len(FIELDS), heard(situation)
    pending: set[int] = set()
    for row, weight in zip(rows, measure.weights(session, rows), strict=True):
        if scan.flags[row] & Flag.PROMPT:
            if dropped and not pending:
                time = scan.time[row]
                found.append(Beginning(
                    session.at(row), row, total - dropped, dropped, tuple(prompts), Tally(*counts),
                    max(whole - round(freed * pace), 0), None if time != time else time,
                ))
            prompts.append(row)
        freed += weight
        dropped += scan.kind[row] in (Kind.USER, Kind.ASSISTANT)
        if says[row]:
            count(counts, scan, row)
        for block in scan.blocks(row):
            if scan.block_kind[block] == BlockKind.TOOL_USE:
                pending.add(scan.block_ref[block])
            elif scan.block_kind[block] == BlockKind.TOOL_RESULT:
                pending.discard(scan.block_ref[block])
    return tuple(found)
