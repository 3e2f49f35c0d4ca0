"""The course of a session's context: its tokens at each reply, with the compactions and failures on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import compress, count
from typing import NamedTuple

from unbrick import compaction, recorded
from unbrick.entry import Kind
from unbrick.session import Session, Standing
from unbrick.situation import Situation
from unbrick.weighing import measure


class Event(StrEnum):
    """What a stop on the way is."""

    REPLY = "reply"
    COMPACTION = "compaction"
    """A summary took the place of what is before it."""
    FAILED = "failed compaction"
    """A boundary without a summary behind it, or with an error in the place of one."""
    ERROR = "error"
    """A request that failed, as the client noted it."""


class Stop(NamedTuple):
    """One stop on the way: its row; the tokens of the context there, at a compaction of the one that it ended;
    whether the API counted them; what it is."""

    row: int
    tokens: int
    counted: bool
    event: Event


@dataclass(frozen=True)
class Course:
    """Stops of the conversation in order, across its compactions, and the window of the target's model in tokens."""

    stops: tuple[Stop, ...]
    window: int

    @property
    def highest(self) -> int:
        """The most tokens at any stop."""
        return max((stop.tokens for stop in self.stops), default=0)

    def near(self, row: int) -> int:
        """The last stop at or before a row of the file, 0 for none."""
        places = [place for place, stop in enumerate(self.stops) if stop.row <= row]
        return max(places, key=lambda place: self.stops[place].row, default=0)


_BEFORE = bytes(
    standing in (Standing.LOADED, Standing.SUMMARISED, Standing.LOST, Standing.UNDECIDED) for standing in range(256)
)
"""Standing → 1 for what was part of the conversation once, as a translation table."""


def course(situation: Situation) -> Course:
    """The way that the context took; the records of one response are one stop, as are the tries of one request."""
    session = situation.session
    stops: list[Stop] = []
    for rows, first in _contexts(situation):
        for stop in _stops(session, rows, first, stops[-1].tokens if stops else 0):
            if stops and _same(session, stops[-1], stop):
                stops.pop()
            stops.append(stop)
    return Course(tuple(stops), measure.window(situation))


def _contexts(situation: Situation) -> Iterator[tuple[list[int], int]]:
    """The rows of each context, oldest first, and the row that it begins with: what stands before it in the file was
    kept from an earlier one."""
    thread, kinds = situation.thread, situation.session.scan.kind
    rows = list(thread.rows)
    first = thread.boundary if thread.boundary is not None else min(rows, default=0)
    older: list[int] = []
    for row in compress(count(), thread.standing[:first].tobytes().translate(_BEFORE)):
        if kinds[row] == Kind.BOUNDARY and older:
            yield older, older[0]
            older = []
        older.append(row)
    if older:
        yield older, older[0]
    yield rows, first


def _stops(session: Session, rows: list[int], first: int, before: int) -> Iterator[Stop]:
    """The stops of one context from a row of the file on; `before` is what the context came to that it follows."""
    weighed = measure.weigh(session, rows)
    sizes, counted = [*weighed.contexts()], bytearray(len(rows))
    for place in weighed.places:
        counted[place] = 1
    for place, row in enumerate(rows):
        if row < first:
            continue
        if session.kind(row) is Kind.BOUNDARY:
            event = Event.COMPACTION if compaction.sound(session, row, rows) else Event.FAILED
            yield Stop(row, max(before, sizes[place]), False, event)
        elif recorded.is_error(session, row):
            yield Stop(row, sizes[place + 1], False, Event.ERROR)
        elif recorded.is_reply(session, row):
            yield Stop(row, sizes[place + 1], bool(counted[place]), Event.REPLY)


def _same(session: Session, one: Stop, other: Stop) -> bool:
    """Whether two stops are parts of one response of the model, or tries of one request."""
    if one.event is not other.event or one.event not in (Event.REPLY, Event.ERROR):
        return False
    name = session.scan.message_id[one.row]
    return one.event is Event.ERROR or name == session.scan.message_id[other.row] >= 0
