"""How much of the model's window a conversation takes: what the API counted where that was recorded, else estimates."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
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


def contexts(session: Session, rows: Sequence[int]) -> list[int]:
    """Tokens of the context that each beginning of rows makes up, rows being in the order of sending: `[n]` is that
    of the first n rows.

    The API's own count, where a reply recorded one, plus an estimate of what follows that reply. A count from before
    a boundary among the rows speaks of another context.
    """
    return [0, *(total + above for total, above in _sums(session, rows, _boundary(session, rows)))]


def counts(session: Session, rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(place among rows, count) where the API counted the context that rows make up."""
    boundary = _boundary(session, rows)
    numbers = session.scan.tokens
    return ((place, numbers[row]) for place, row in enumerate(rows) if _says(session, row, boundary))


def _says(session: Session, row: int, boundary: int) -> bool:
    """Whether a row holds a count of the context behind a boundary; it covers the row itself."""
    scan = session.scan
    return bool(scan.tokens[row]) and row > boundary and not scan.flags[row] & _UNSAID


def _boundary(session: Session, rows: Iterable[int]) -> int:
    """The last boundary among rows, -1 for none."""
    kinds = session.scan.kind
    return max((row for row in rows if kinds[row] == Kind.BOUNDARY), default=-1)


def _sums(session: Session, rows: Sequence[int], boundary: int) -> Iterator[tuple[int, int]]:
    """After each row: the estimate of all so far, and by how much what the API counted is above it."""
    counted = session.scan.tokens
    total = above = lacking = 0
    for row, added in zip(rows, weights(session, rows), strict=True):
        total += added
        if counted[row] and _says(session, row, boundary):
            lacking += _lack(counted[row] + lacking, total + above)
            above = counted[row] + lacking - total
        yield total, above


def _lack(count: int, expected: int) -> int:
    """What a count leaves out of the rows: one far below the count and the rows before it speaks of a context without
    them, as behind a compaction that is taken back. Thinking that is no longer sent, or fewer tools, take less."""
    return expected - count if count < expected * NEAR else 0


def context(session: Session, rows: Sequence[int]) -> int:
    """Tokens of the context that rows make up, in the order of sending. What a change to them frees lowers it by just
    that, counted or estimated."""
    if not session.most_tokens:
        return sum(weights(session, rows))
    return sum(_sum(session, rows, _boundary(session, rows)))


def _sum(session: Session, rows: Sequence[int], boundary: int) -> tuple[int, int]:
    """What `_sums` comes to."""
    return next(iter(deque(_sums(session, rows, boundary), maxlen=1)), (0, 0))


def pace(session: Session, rows: Sequence[int]) -> float:
    """How many tokens the API counts for one estimated, by what was added between the first count of a conversation
    and its highest; 1 where the counts do not tell."""
    boundary = _boundary(session, rows)
    scan = session.scan
    points: list[tuple[int, int]] = []
    total = 0
    for row, added in zip(rows, weights(session, rows), strict=True):
        total += added
        if _says(session, row, boundary):
            points.append((total, scan.tokens[row]))
    if not points:
        return 1.0
    (start, first), (end, last) = points[0], max(points, key=lambda point: point[1])
    return min(max((last - first) / (end - start), 0.5), 2.0) if end - start >= TELLING else 1.0


def whole(situation: Situation) -> int:
    """Tokens of the context that the thread makes up."""
    return situation.once(_whole)


def _whole(situation: Situation) -> int:
    return context(situation.session, situation.thread.rows)


def rate(situation: Situation) -> float:
    """How many tokens the API counts for one estimated on the thread (see `pace`)."""
    return situation.once(_rate)


def _rate(situation: Situation) -> float:
    return pace(situation.session, situation.thread.rows)


def in_front(situation: Situation, rows: Sequence[int]) -> int:
    """Tokens of the context when rows that are not loaded come in front of the thread."""
    session, thread = situation.session, situation.thread
    alone = situation.once(_thread)
    if _boundary(session, rows) > alone.boundary:
        return context(session, [*rows, *thread.rows])
    before = sum(_sum(session, rows, alone.boundary))
    if not alone.first:
        return before + whole(situation)
    return whole(situation) + _lack(alone.first, before + alone.estimate)


def among(situation: Situation, rows: Sequence[int]) -> int:
    """Tokens of the context when rows that are not loaded come into the thread, or behind it: it keeps its size, and
    they add what they weigh."""
    return whole(situation) + sum(weights(situation.session, rows))


class _Alone(NamedTuple):
    """The thread by itself: its last boundary, the first count in it (0 for none), and the estimate of the rows up to
    that."""

    boundary: int
    first: int
    estimate: int


def _thread(situation: Situation) -> _Alone:
    session, rows = situation.session, situation.thread.rows
    place, first = next(counts(session, rows), (-1, 0))
    return _Alone(_boundary(session, rows), first, sum(weights(session, rows[: place + 1])))


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
