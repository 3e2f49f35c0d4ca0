"""What is folded away at each level of detail, as groups of rows, worked out over whole columns."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from enum import IntEnum
from heapq import merge

from unbrick.entry import BlockKind, Flag, Kind
from unbrick.scanning.ones import both, places, without
from unbrick.scanning.scan import Scan
from unbrick_tui.widgets.layout import Groups


class Rank(IntEnum):
    """How deep in the conversation a record stands."""

    ALWAYS = 0
    """Never folded: it has a finding, or resume begins there."""
    PROMPT = 1
    """What a person typed; boundaries, summaries, errors, what cannot be read."""
    REPLY = 2
    TOOL = 3
    ASIDE = 4
    """Thinking, and what the client says around a prompt."""
    STATE = 5
    """Attachments, progress, settings."""
    AGENT = 6
    """A subagent's, in this file."""


class Level(IntEnum):
    """How much is shown, each with what stands before it."""

    PROMPTS = 1
    REPLIES = 2
    TOOLS = 3
    USUAL = 4
    """Everything, runs of context and state as one line each, and those of subagents."""
    ALL = 5


SHOWN = {
    Level.PROMPTS: "prompts", Level.REPLIES: "prompts and replies", Level.TOOLS: "prompts, replies, tools",
    Level.USUAL: "all but runs of context and state", Level.ALL: "all, nothing folded",
}

_OF_KIND = bytes(
    {Kind.FAULT: Rank.PROMPT, Kind.BOUNDARY: Rank.PROMPT, Kind.NOTICE: Rank.ASIDE, Kind.UNKNOWN: Rank.ASIDE}.get(
        kind, Rank.STATE
    )
    for kind in Kind
).ljust(256, b"\0")
_OF_BLOCK = bytes(
    Rank.TOOL if kind in (
        BlockKind.TOOL_USE, BlockKind.TOOL_RESULT, BlockKind.SERVER_USE, BlockKind.SERVER_RESULT,
    ) else Rank.ASIDE if kind in (BlockKind.THINKING, BlockKind.REDACTED) else Rank.REPLY
    for kind in BlockKind
).ljust(256, b"\0")
_HIDDEN = (Rank.ASIDE, Rank.STATE)
"""Ranks whose runs are not worth a line that says so, below the usual level."""


def ranks(scan: Scan) -> bytearray:
    """The rank of each row."""
    found = bytearray(scan.kind.tobytes().translate(_OF_KIND))
    blocks, first = scan.block_kind.tobytes().translate(_OF_BLOCK), scan.first
    for row in scan.of_kind(Kind.ASSISTANT):
        start, end = first[row], first[row + 1]
        found[row] = blocks[start] if end - start == 1 else min(blocks[start:end], default=2)
    for row in scan.of_kind(Kind.USER):
        found[row] = 4 if blocks.find(3, first[row], first[row + 1]) < 0 else 3
    for row in places(both(
        scan.kinds(Kind.USER, Kind.ASSISTANT), scan.marked(Flag.PROMPT, Flag.SUMMARY, Flag.API_ERROR),
    )):
        found[row] = 1
    for row in scan.flagged(Flag.SIDECHAIN):
        found[row] = 6
    return found


class Folding:
    """The turns of a session, and its groups at each level, each worked out once when it is asked for.

    `turns` are the rows of its prompts, subagents' left out. The line of a prompt has another above it, which says
    that a turn begins.
    """

    def __init__(self, scan: Scan, always: Iterable[int]) -> None:
        self.ranks = ranks(scan)
        self.turns = array("i", places(without(scan.marked(Flag.PROMPT), scan.marked(Flag.SIDECHAIN))))
        for row in always:
            self.ranks[row] = Rank.ALWAYS
        self._groups: dict[int, Groups] = {}

    def turn(self, row: int) -> int | None:
        """The number of the turn that a row is in, from 0; None before the first."""
        found = bisect_right(self.turns, row) - 1
        return found if found >= 0 else None

    def rows(self, turn: int) -> range:
        """The rows of a turn: those up to the next prompt."""
        end = self.turns[turn + 1] if turn + 1 < len(self.turns) else len(self.ranks)
        return range(self.turns[turn], end)

    def groups(self, level: int) -> Groups:
        """The groups of a level; to be asked for at first where it may take a moment."""
        found = self._groups.get(level)
        if found is None:
            found = self._groups[level] = self._work_out(level)
        return found

    def _work_out(self, level: int) -> Groups:
        if level == Level.PROMPTS:
            parts = [self.prompts_only(range(len(self.ranks)))]
        elif level == Level.REPLIES:
            parts = [self._runs(range(3, 7), (3, 6))]
        elif level == Level.TOOLS:
            parts = [self._runs(_HIDDEN, ()), self._runs((6,), (6,))]
        elif level == Level.USUAL:
            parts = [self._runs((5,), (5,), 2), self._runs((6,), (6,), 2)]
        else:
            parts = []
        total = len(self.turns)
        turns = Groups(self.turns, array("i", (1,)) * total, array("i", (2,)) * total)
        parts = [*(part for part in parts if part.first), turns]
        if len(parts) == 1:
            return turns
        # Step by step: one call that sorts a million records would hold up the keys.
        merged = Groups(array("i"), array("i"), array("i"))
        for group in merge(*(zip(*part, strict=True) for part in parts)):
            for column, value in zip(merged, group, strict=True):
                column.append(value)
        return merged

    def prompts_only(self, rows: range) -> Groups:
        """The groups among some rows that leave only prompts between them."""
        return self._runs(range(2, 7), (2, 3, 6), rows=rows)

    def _runs(
        self, folded: Iterable[int], said: Iterable[int], least: int = 1, rows: range | None = None,
    ) -> Groups:
        """Runs of at least so many rows of some ranks; one that holds none of the ranks `said` is hidden."""
        start, stop = (rows.start, rows.stop) if rows is not None else (0, len(self.ranks))
        ranks_ = self.ranks[start:stop]
        inside, talk = ranks_.translate(_table(folded)) + b"\0", ranks_.translate(_table(said))
        found = Groups(array("i"), array("i"), array("i"))
        first = inside.find(1)
        while first >= 0:
            last = inside.find(0, first)
            if last - first >= least:
                found.first.append(start + first)
                found.rows.append(last - first)
                found.height.append(talk.find(1, first, last) >= 0)
            first = inside.find(1, last)
        return found


def _table(ranks_: Iterable[int]) -> bytes:
    wanted = set(ranks_)
    return bytes(int(rank in wanted) for rank in range(256))
