"""The course of a session's context: its tokens at each reply, with the compactions and failures on the way."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from unbrick import compaction, measure, recorded
from unbrick.entry import Kind
from unbrick.safepoints import history
from unbrick.session import Session
from unbrick.situation import Situation


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


def course(situation: Situation) -> Course:
    """The way that the context took; the records of one response are one stop, as are the tries of one request."""
    session = situation.session
    rows: list[tuple[int, int]] = history(session, situation)
    stops: list[Stop] = []
    for part in _segments(rows):
        for stop in _stops(session, part, stops[-1].tokens if stops else 0):
            if stops and _same(session, stops[-1], stop):
                stops.pop()
            stops.append(stop)
    return Course(tuple(stops), measure.window(situation))


def _segments(rows: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """The rows of each context, first to last."""
    start = 0
    for place in range(1, len(rows) + 1):
        if place == len(rows) or rows[place][1] != rows[start][1]:
            yield [row for row, _segment in rows[start:place]]
            start = place


def _stops(session: Session, rows: list[int], before: int) -> Iterator[Stop]:
    """The stops of one context; `before` is what the context came to that it follows."""
    sizes = measure.contexts(session, rows)
    counted = array("B", bytes(len(rows)))
    for place, _count in measure.counts(session, rows):
        counted[place] = 1
    for place, row in enumerate(rows):
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
