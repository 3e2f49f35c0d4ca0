"""The edits by hand that a record allows, as answers to choose from, and what each stands for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import compress
from operator import or_
from typing import NamedTuple

from unbrick.editing import byhand
from unbrick.editing.byhand import IMAGES, THINKING
from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.finding import Fix
from unbrick.situation import Situation
from unbrick_tui.screens.choice import Answer

TEXT, REDACT = "text", "redact"
"""Answers that need something to be typed."""

_TALK = (Kind.USER, Kind.ASSISTANT)
_HALVES = (BlockKind.TOOL_USE, BlockKind.TOOL_RESULT)
_NAMES = {
    BlockKind.TEXT: "text", BlockKind.THINKING: "thinking", BlockKind.REDACTED: "thinking",
    BlockKind.TOOL_USE: "call", BlockKind.TOOL_RESULT: "result", BlockKind.IMAGE: "image",
    BlockKind.DOCUMENT: "document",
}


class Deed(NamedTuple):
    """One edit by hand: what is chosen, and how its fix is made (None where something has to be typed first)."""

    answer: Answer
    make: Callable[[], Fix] | None = None


def deeds(situation: Situation, row: int) -> Iterator[Deed]:
    """What can be done by hand at a row, what is smallest first."""
    session = situation.session
    blocks = situation.blocks(row)
    kinds = [kind for _number, kind, _flags, _ref in blocks]
    if byhand.texts(situation, row):
        yield Deed(Answer(TEXT, "Change a text", "opens it to be edited; only that value is written"))
    yield Deed(
        Answer("record", "Take this record out", "with the other halves of its calls and results"),
        lambda: byhand.record(situation, row),
    )
    if any(kind in _HALVES for kind in kinds):
        yield Deed(
            Answer("pair", "Take out its calls and results", "both halves of each; what else it says stays"),
            lambda: byhand.pair(situation, row),
        )
    if len(blocks) > 1:
        for number, kind, *_rest in blocks:
            name = _NAMES.get(kind, "block")
            yield Deed(
                Answer(f"block-{number}", f"Take out block {number}: {name}"),
                lambda number=number: byhand.block(situation, row, number),  # type: ignore[misc]
            )
    if row in situation.loaded and session.kind(row) in _TALK:
        yield Deed(
            Answer("turn", "Take this turn out", "from its prompt up to the next one"),
            lambda: byhand.turn(situation, row),
        )
    if session.has(row, Flag.PROMPT) and row in situation.loaded:
        yield Deed(
            Answer("begin", "Begin with this prompt", "drops all that stands before it"),
            lambda: byhand.keep_from(situation, row),
        )
    yield from _strips(situation, row)
    yield Deed(Answer(REDACT, "Redact a secret everywhere", "a value to type: a note takes its place in every record"))


def _strips(situation: Situation, row: int) -> Iterator[Deed]:
    """Images and thinking: of this record, before it, everywhere; where there are any."""
    kinds = situation.session.scan.kind
    place = situation.place(row)
    for what in (IMAGES, THINKING):
        held = [one for one in _holding(situation, what) if kinds[one] in _TALK]
        for id_, rows, where in (
            ("here", [row] if row in held else [], place), ("before", [one for one in held if one < row],
                                                           f"all records before {place}"),
            ("all", held, "the whole session"),
        ):
            if rows:
                yield Deed(
                    Answer(f"{what}-{id_}", f"Take the {what} out of {where}"),
                    lambda what=what, rows=rows, where=where: byhand.strip(  # type: ignore[misc]
                        situation, what, rows, where),
                )


def _holding(situation: Situation, what: str) -> list[int]:
    """The rows that hold images, or thinking."""
    scan = situation.session.scan
    wanted = (BlockKind.IMAGE, BlockKind.DOCUMENT) if what == IMAGES else (BlockKind.THINKING, BlockKind.REDACTED)
    kinds = bytes(kind in wanted for kind in range(256))
    marked = map(bool, scan.block_kind.tobytes().translate(kinds))
    if what == IMAGES:
        marked = map(or_, marked, map(bool, map(int(BlockFlag.MEDIA).__and__, scan.block_flags)))
    blocks = compress(range(len(scan.block_kind)), marked)
    return list(dict.fromkeys(bisect_right(scan.first, block) - 1 for block in blocks))
