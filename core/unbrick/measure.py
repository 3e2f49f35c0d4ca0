"""How much of the model's window a conversation takes: what the API counted where that was recorded, else estimates."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from unbrick import api, models
from unbrick.entry import Flag, Kind
from unbrick.session import Session
from unbrick.situation import Situation

LONG = 1_000_000
"""Tokens of the long window, which some models have when the account and a request header allow it."""

FULL = 0.9
"""Share of the window beyond which a request of estimated size is not promised to fit."""


def weigh(session: Session, rows: Iterable[int]) -> int:
    """Estimated tokens of rows as they would be sent."""
    scan = session.scan
    total = 0
    for row in rows:
        if scan.kind[row] in (Kind.USER, Kind.ASSISTANT) and not scan.flags[row] & (Flag.API_ERROR | Flag.VIRTUAL):
            for block in scan.blocks(row):
                total += api.block_tokens(scan.block_kind[block], scan.block_size[block])
    return total


def contexts(session: Session, rows: Sequence[int]) -> list[int]:
    """Tokens of the context that each beginning of rows makes up, rows being in the order of sending: `[n]` is that
    of the first n rows.

    The API's own count, where a reply recorded one, plus an estimate of what follows that reply; the plain
    estimate where it is higher. A count from before a boundary among the rows speaks of another context.
    """
    return [0, *(total + above for total, above in _sums(session, rows, _boundary(session, rows)))]


def _boundary(session: Session, rows: Iterable[int]) -> int:
    """The last boundary among rows, -1 for none."""
    kinds = session.scan.kind
    return max((row for row in rows if kinds[row] == Kind.BOUNDARY), default=-1)


def _sums(session: Session, rows: Iterable[int], boundary: int) -> Iterator[tuple[int, int]]:
    """After each row: the estimate of all so far, and by how much the API's counts are above it."""
    scan = session.scan
    total = above = 0
    for row in rows:
        counted = scan.tokens[row]
        if counted and row > boundary and not scan.flags[row] & (Flag.API_ERROR | Flag.SYNTHETIC):
            # The count covers the reply itself.
            total += weigh(session, (row,))
            above = max(above, counted - total)
        else:
            total += weigh(session, (row,))
        yield total, above


def context(session: Session, rows: Sequence[int]) -> int:
    """Tokens of the context that rows make up, in the order of sending."""
    return contexts(session, rows)[-1]


def _sum(session: Session, rows: Iterable[int], boundary: int) -> tuple[int, int]:
    """What `_sums` comes to."""
    return next(iter(deque(_sums(session, rows, boundary), maxlen=1)), (0, 0))


def in_front(situation: Situation, rows: Sequence[int]) -> int:
    """Tokens of the context when rows that are not loaded come in front of the thread."""
    session, thread = situation.session, situation.thread
    boundary, total, above = situation.once(_thread)
    if _boundary(session, rows) > boundary:
        return context(session, [*rows, *thread.rows])
    front, front_above = _sum(session, rows, boundary)
    return front + total + max(front_above, above - front)


def _thread(situation: Situation) -> tuple[int, int, int]:
    """The last boundary of the thread, its estimate, and by how much the API's counts are above it."""
    rows = situation.thread.rows
    boundary = _boundary(situation.session, rows)
    return boundary, *_sum(situation.session, rows, boundary)


def window(situation: Situation) -> int:
    """Tokens of the target model's window; the long one where the session shows that it was granted."""
    size = models.window(situation.target.model)
    highest = situation.session.most_tokens
    return max(size, LONG) if size < highest else size


def tokens(count: int) -> str:
    """`240,000 tokens`, rounded to what an estimate is worth."""
    step = 1000 if count >= 10_000 else 100 if count >= 1000 else 10
    rounded = max(step * round(count / step), 0 if not count else 1)
    return f"{rounded:,} tokens"


def messages(session: Session, rows: Iterable[int]) -> int:
    """User and assistant records among rows, the client's own error notices not counted."""
    scan = session.scan
    return sum(
        scan.kind[row] in (Kind.USER, Kind.ASSISTANT) and not scan.flags[row] & Flag.API_ERROR for row in rows
    )


def counted(count: int, noun: str) -> str:
    """`1 message`, `1,147 messages`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
