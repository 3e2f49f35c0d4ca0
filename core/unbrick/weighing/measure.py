"""How much of the model's window a conversation takes: what the API counted where that was recorded, else estimates."""

from __future__ import annotations

import re
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, compress
from typing import NamedTuple

from unbrick import api, models, recorded
from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.scanning.scan import Scan
from unbrick.session import Session
from unbrick.situation import Situation

LONG = 1_000_000
"""Tokens of the long window, which some models have when the account and a request header allow it."""

FULL = 0.9
"""Share of the window beyond which a request of estimated size is not promised to fit."""

ROOM = 0.8
"""Share of the window that a conversation should be brought down to, so that it can go on or be compacted: a
compaction sends it whole and needs room for the summary."""

TELLING = 2000
"""Estimated tokens between two counts from which these say how good the estimate is."""

_STATED = re.compile(r"prompt is too long:\s*[\d,]+ tokens > ([\d,]+) maximum", re.IGNORECASE)

NEAR = 0.75
"""Share of what is expected below which a count speaks of another context."""

_UNSAID = int(Flag.API_ERROR | Flag.SYNTHETIC)
_TALK, _UNSENT, _MEDIA = (int(Kind.USER), int(Kind.ASSISTANT)), int(Flag.API_ERROR | Flag.VIRTUAL), int(BlockFlag.MEDIA)
_CUT = int(Kind.BOUNDARY)


def weights(session: Session, rows: Iterable[int]) -> Iterator[int]:
    """Estimated tokens of each of some rows as it would be sent."""
    scan = session.scan
    kinds, flags, first = scan.kind, scan.flags, scan.first
    block_kinds, block_sizes, block_flags = scan.block_kind, scan.block_size, scan.block_flags
    for row in rows:
        total = 0
        if kinds[row] in _TALK and not flags[row] & _UNSENT:
            for block in range(first[row], first[row + 1]):
                total += api.block_tokens(block_kinds[block], block_sizes[block], block_flags[block] & _MEDIA)
        yield total


def weight(scan: Scan, block: int) -> int:
    """Estimated tokens of a block, by its index in the columns."""
    return api.block_tokens(scan.block_kind[block], scan.block_size[block], scan.block_flags[block] & _MEDIA)


def noted(scan: Scan, block: int, note: str) -> int:
    """Estimated tokens of a note in the place of a block: a result stays one, anything else becomes a text."""
    result = scan.block_kind[block] == BlockKind.TOOL_RESULT
    return api.block_tokens(BlockKind.TOOL_RESULT if result else BlockKind.TEXT, len(note))


class Weighed(NamedTuple):
    """Rows in the order of sending, weighed: the last boundary among them (-1 for none), the estimated tokens of all up
    to and with each, and the places where the API counted the context, with what it counted. A count from before that
    boundary speaks of another context; one covers the row that it stands in."""

    boundary: int
    totals: array[int]
    places: array[int]
    counts: array[int]

    @property
    def tokens(self) -> int:
        """Tokens of the context that the rows make up. What a change to them frees lowers it by just that, counted or
        estimated."""
        above = next(iter(deque(self._above(), maxlen=1)), (0, 0))[1]
        return (self.totals[-1] if self.totals else 0) + above

    def contexts(self) -> Iterator[int]:
        """Tokens of the context that each beginning of the rows makes up, from none of them to all.

        The API's own count, where a reply recorded one, plus an estimate of what follows that reply.
        """
        yield 0
        start = above = 0
        for place, following in chain(self._above(), ((len(self.totals), 0),)):
            yield from map(above.__add__, self.totals[start:place])
            start, above = place, following

    @property
    def pace(self) -> float:
        """How many tokens the API counts for one estimated, by what was added between the first count of a conversation
        and its highest; 1 where the counts do not tell."""
        if not self.counts:
            return 1.0
        last = max(self.counts)
        added = self.totals[self.places[self.counts.index(last)]] - self.totals[self.places[0]]
        return min(max((last - self.counts[0]) / added, 0.5), 2.0) if added >= TELLING else 1.0

    def _above(self) -> Iterator[tuple[int, int]]:
        """Each place with a count, and by how much what the API counted is above the estimate from there on."""
        above = lacking = 0
        for place, said in zip(self.places, self.counts, strict=True):
            total = self.totals[place]
            lacking += _lack(said + lacking, total + above)
            above = said + lacking - total
            yield place, above


def weigh(session: Session, rows: Sequence[int], boundary: int | None = None) -> Weighed:
    """Rows weighed, as they stand behind their own last boundary, or behind another."""
    said, flags = session.scan.tokens, session.scan.flags
    boundary = _boundary(session, rows) if boundary is None else boundary
    places = array("I", (
        place for place in compress(range(len(rows)), map(said.__getitem__, rows))
        if rows[place] > boundary and not flags[rows[place]] & _UNSAID
    ))
    counts = array("I", (said[rows[place]] for place in places))
    return Weighed(boundary, _totals(session, rows), places, counts)


def _totals(session: Session, rows: Sequence[int]) -> array[int]:
    """What rows weigh up to and with each."""
    try:
        return array("I", accumulate(weights(session, rows)))
    except OverflowError:
        return array("Q", accumulate(weights(session, rows)))


def _boundary(session: Session, rows: Iterable[int]) -> int:
    """The last boundary among rows, -1 for none."""
    kinds = session.scan.kind
    return max((row for row in rows if kinds[row] == _CUT), default=-1)


def _lack(count: int, expected: int) -> int:
    """What a count leaves out of the rows: one far below the count and the rows before it speaks of a context without
    them, as behind a compaction that is taken back. Thinking that is no longer sent, or fewer tools, take less."""
    return expected - count if count < expected * NEAR else 0


def context(session: Session, rows: Sequence[int]) -> int:
    """Tokens of the context that rows make up, in the order of sending."""
    return weigh(session, rows).tokens


def thread(situation: Situation) -> Weighed:
    """The thread, weighed."""
    return situation.once(_thread)


def _thread(situation: Situation) -> Weighed:
    return weigh(situation.session, situation.thread.rows)


def whole(situation: Situation) -> int:
    """Tokens of the context that the thread makes up."""
    return situation.once(_whole)


def _whole(situation: Situation) -> int:
    return thread(situation).tokens


def rate(situation: Situation) -> float:
    """How many tokens the API counts for one estimated on the thread (see `Weighed.pace`)."""
    return thread(situation).pace


def in_front(situation: Situation, rows: Sequence[int]) -> int:
    """Tokens of the context when rows that are not loaded come in front of the thread."""
    session, alone = situation.session, thread(situation)
    if _boundary(session, rows) > alone.boundary:
        return context(session, [*rows, *situation.thread.rows])
    before = weigh(session, rows, alone.boundary).tokens
    if not alone.counts:
        return before + whole(situation)
    return whole(situation) + _lack(alone.counts[0], before + alone.totals[alone.places[0]])


def among(situation: Situation, rows: Sequence[int]) -> int:
    """Tokens of the context when rows that are not loaded come into the thread, or behind it: it keeps its size, and
    they add what they weigh."""
    return whole(situation) + sum(weights(situation.session, rows))


def window(situation: Situation) -> int:
    """Tokens of the target model's window: what the last error says that it is, else the long one where the session
    shows that it was granted, else what the model is known to have."""
    return situation.once(_window)


def _window(situation: Situation) -> int:
    stated = _stated(situation)
    if stated:
        return stated
    size = models.window(situation.target.model)
    highest = situation.session.most_tokens
    return max(size, LONG) if size < highest else size


def _stated(situation: Situation) -> int:
    """The window that the refusal of the last prompt names, when that was a prompt to the target's model."""
    error = recorded.last(situation)
    found = None if error is None or error.past else _STATED.search(error.text)
    if found is None or error is None:
        return 0
    scan = situation.session.scan
    models_ = (scan.model[row] for row in range(error.row, -1, -1) if recorded.is_reply(situation.session, row))
    same = scan.strings.text(next(models_, -1)) == situation.target.model
    return int(found[1].replace(",", "")) if same else 0


def tokens(count: int) -> str:
    """`240,000 tokens`, rounded to what an estimate is worth."""
    step = 1000 if count >= 10_000 else 100 if count >= 1000 else 10
    rounded = max(step * round(count / step), 0 if not count else 1)
    return f"{rounded:,} tokens"


def messages(session: Session, rows: Iterable[int]) -> int:
    """User and assistant records among rows, the client's own error notices not counted."""
    return sum(map(session.messages.__getitem__, rows))


def counted(count: int, noun: str) -> str:
    """`1 message`, `1,147 messages`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
