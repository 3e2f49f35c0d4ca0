"""Case 2's ladder: the ways to make a conversation fit the model's window, each with the tokens after it.

Best first by what they keep: a larger window keeps everything, notes in the place of images and old results keep every
message, a cut drops whole turns. Nothing invents a summary.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from unbrick.answers import in_project
from unbrick.edit import Clear, Cut, Edit, Recount
from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.finding import Advice, Fix, Safety
from unbrick.printable import shell
from unbrick.situation import Situation
from unbrick.weighing import measure
from unbrick.weighing.safepoints import newest

RESULT, IMAGE = "Old tool result content cleared", "Image or document removed"
"""What a note says: the client's own words for old results (claude-code-format.md §4), and ours."""

# Plain integers: looking up an enumeration's member costs more than the comparison.
_USER, _RESULT, _MEDIA = int(Kind.USER), int(BlockKind.TOOL_RESULT), int(BlockFlag.MEDIA)
_SHOWN, _OWN = frozenset({int(BlockKind.IMAGE), int(BlockKind.DOCUMENT)}), int(Flag.SUMMARY | Flag.VIRTUAL)

WORTH = 200
"""Estimated tokens from which it is worth clearing a block."""


@dataclass(frozen=True)
class Rung:
    """One way to make a conversation fit: the fix, or the advice where it is no edit; the tokens and messages
    afterwards; whether that leaves the model room to go on, and /compact room to do its work."""

    fix: Fix | None
    advice: Advice | None
    tokens: int
    messages: int
    fits: bool
    compacts: bool

    @property
    def title(self) -> str:
        """What it does, in words."""
        return self.fix.title if self.fix else self.advice.text if self.advice else ""


@dataclass(frozen=True)
class Block:
    """A block that a note may stand for: its row, its number in it, its index in the columns, its tokens, what the
    note frees of them."""

    row: int
    block: int
    index: int
    tokens: int
    freed: int
    media: bool

    @property
    def note(self) -> str:
        """What stands in its place."""
        return f"[{IMAGE if self.media else RESULT}: about {measure.tokens(self.tokens)}]"


def ladder(
    situation: Situation, rows: Sequence[int] | None = None, first: tuple[Edit, ...] = (), brings: str = "",
) -> tuple[Rung, ...]:
    """The ways to make the conversation fit, best first; those that come to the same are named once.

    With `rows`, for the conversation that these make up once the edits in `first` are applied, whose price `brings`
    says.
    """
    whole = situation.thread.rows if rows is None else rows
    if not whole:
        return ()
    now = measure.whole(situation) if rows is None else measure.context(situation.session, whole)
    # Where the API counts less than is estimated, less is freed.
    pace = min(measure.rate(situation) if rows is None else measure.weigh(situation.session, whole).pace, 1.0)
    kept = _messages(situation, whole)
    clearing = _clearing(situation, whole, now, kept, pace, first, brings)
    steps = [*clearing, *_cutting(situation, rows)]
    fitting = [rung for rung in steps if rung.fits]
    best = sorted(fitting or steps, key=lambda rung: -rung.messages)
    return (*_larger(situation, now, kept, bool(first)), *best)


def fixes(rungs: Sequence[Rung]) -> tuple[Fix, ...]:
    """The rungs that are edits and make it fit."""
    return tuple(rung.fix for rung in rungs if rung.fix is not None and rung.fits)


def advices(rungs: Sequence[Rung]) -> tuple[Advice, ...]:
    """The rungs that are no edit."""
    return tuple(rung.advice for rung in rungs if rung.advice is not None)


def cut_to_fit(situation: Situation, rows: Collection[int] | None = None) -> Iterator[Fix]:
    """The cut that keeps most of what fits, when the file's order allows one; behind one of `rows` where they are
    given."""
    yield from (rung.fix for rung in _cutting(situation, rows) if rung.fix is not None)


def lighten(situation: Situation, excess: int) -> Iterator[Fix]:
    """Notes in the place of the fewest images, documents and results that take so many bytes of the request."""
    scan = situation.session.scan
    chosen: list[Block] = []
    blocks = _blocks(situation, situation.thread.rows, min(measure.rate(situation), 1.0))
    for block in sorted(blocks, key=lambda block: -scan.block_size[block.index]):
        if excess > 0:
            chosen.append(block)
            excess -= scan.block_size[block.index]
    if chosen and excess <= 0:
        yield Fix("clear-largest", _title(chosen, False), Safety.LOSSY, tuple(_edits(situation, chosen)),
                  f"drops {_counted(chosen)}")
    yield from cut_to_fit(situation)


def _cutting(situation: Situation, among: Collection[int] | None) -> Iterator[Rung]:
    point = newest(situation, measure.window(situation) * measure.ROOM, None if among is None else set(among))
    if point is not None:
        fix = Fix(
            "cut", f"Cut behind {situation.place(point.row)}: leaves about {measure.tokens(point.tokens)}",
            Safety.LOSSY, (Cut(point.at),), point.price,
        )
        yield Rung(fix, None, point.tokens, point.keeps, True, True)


def _larger(situation: Situation, now: int, kept: int, undone: bool) -> Iterator[Rung]:
    """A model with a larger window."""
    if measure.window(situation) >= measure.LONG or now > measure.LONG * measure.FULL:
        return
    what = f"a model whose window is {measure.LONG:,} tokens, where your account has one: nothing is dropped."
    command = in_project(situation.bundle, f"claude --resume {shell(situation.bundle.resume_id)} --model 'sonnet[1m]'")
    resumed = command if situation.target.resumed else None
    advice = Advice(f"Bring all of it back and go on with {what}") if undone else Advice(f"Go on with {what}", resumed)
    yield Rung(None, advice, now, kept, True, now <= measure.LONG * measure.ROOM)


def _clearing(
    situation: Situation, whole: Sequence[int], now: int, kept: int, pace: float, first: tuple[Edit, ...], brings: str,
) -> Iterator[Rung]:
    """Notes in the place of images, of the fewest old results that do, of both, and of the last turn's as well."""
    blocks = sorted(_blocks(situation, whole, pace), key=lambda block: -block.tokens)
    last = _last_turn(situation, whole)
    old = [block for block in blocks if block.row not in last]
    media = [block for block in old if block.media]
    results = [block for block in old if not block.media]
    tried = (
        ("clear-media", media, 0), ("clear-results", results, 0), ("clear-both", [*media, *results], len(media)),
        ("clear-all", blocks, 0),
    )
    found = False
    for id_, chosen, least in tried:
        if not chosen or (found and id_ in ("clear-both", "clear-all")):
            continue
        rung = _fewest(situation, now, kept, id_, chosen, max(least, 1), first, brings)
        found = found or rung.fits
        yield rung


def _fewest(
    situation: Situation, now: int, kept: int, id_: str, blocks: Sequence[Block], least: int,
    first: tuple[Edit, ...], brings: str,
) -> Rung:
    """The rung that clears the fewest of some blocks, given largest first, that make it fit; all where none do."""
    limit = int(measure.window(situation) * measure.ROOM)
    freed = [*accumulate((block.freed for block in blocks), initial=0)]
    count = bisect_left(freed, now - limit, least, len(blocks))
    tokens = now - freed[count]
    chosen = blocks[:count]
    fix = Fix(
        id_, f"{_title(chosen, bool(first))}: about {measure.tokens(now)} → {measure.tokens(tokens)}", Safety.LOSSY,
        (*first, *_edits(situation, chosen)), "; ".join(filter(None, (brings, f"drops {_counted(chosen)}"))),
    )
    return Rung(fix, None, tokens, kept, tokens <= limit, tokens <= limit)


def _messages(situation: Situation, whole: Sequence[int]) -> int:
    """User and assistant records, as a report counts what is loaded."""
    kinds = [*map(situation.session.scan.kind.__getitem__, whole)]
    return kinds.count(Kind.USER) + kinds.count(Kind.ASSISTANT)


def _blocks(situation: Situation, whole: Sequence[int], pace: float) -> Iterator[Block]:
    """The results, images and documents of rows that are worth a note, which frees a share of their tokens."""
    scan = situation.session.scan
    kinds, flags, first = scan.kind, scan.flags, scan.first
    sorts, block_flags = scan.block_kind, scan.block_flags
    for row in whole:
        if kinds[row] != _USER or flags[row] & _OWN:
            continue
        for index in range(first[row], first[row + 1]):
            kind = sorts[index]
            media = bool(block_flags[index] & _MEDIA) or kind in _SHOWN
            if media or kind == _RESULT:
                tokens = measure.weight(scan, index)
                if tokens > WORTH:
                    block = Block(row, index - first[row], index, tokens, 0, media)
                    freed = int(pace * (tokens - measure.noted(scan, index, block.note)))
                    yield replace(block, freed=freed)


def _last_turn(situation: Situation, whole: Sequence[int]) -> set[int]:
    """The rows of the last turn that the model replied to, and what follows it."""
    session = situation.session
    replied = False
    for place in range(len(whole) - 1, -1, -1):
        row = whole[place]
        replied = replied or (session.kind(row) is Kind.ASSISTANT and not session.has(row, Flag.API_ERROR))
        if replied and session.has(row, Flag.PROMPT):
            return set(whole[place:])
    return set()


def _edits(situation: Situation, blocks: Sequence[Block]) -> Iterator[Edit]:
    by_row: dict[int, list[Block]] = {}
    for block in blocks:
        by_row.setdefault(block.row, []).append(block)
    rows = sorted(by_row)
    for row in rows:
        notes = tuple((block.block, block.note) for block in sorted(by_row[row], key=lambda one: one.block))
        yield Clear(situation.at(row), notes)
    if situation.session.most_tokens:
        freed = tuple(sum(block.freed for block in by_row[row]) for row in rows)
        yield Recount(tuple(map(situation.at, rows)), freed)


def _title(blocks: Sequence[Block], undone: bool) -> str:
    count = _counted(blocks).removeprefix("the content of ")
    if undone:
        return f"Take the compaction back, with notes in the place of {count}"
    return f"Put notes in the place of {count}"


def _counted(blocks: Sequence[Block]) -> str:
    media = sum(block.media for block in blocks)
    parts = [(media, "image or document", "images and documents"), (len(blocks) - media, "tool result", "tool results")]
    said = " and ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in parts if count)
    return f"the content of {said}"
