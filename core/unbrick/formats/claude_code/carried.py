"""The request of an edited session, taken up where the edit begins: what stands in front of it comes out as it did."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress, count, islice
from operator import ne
from typing import NamedTuple

from unbrick.formats.claude_code.merge import Merger
from unbrick.formats.claude_code.outgoing import Draft, Drafts, Own
from unbrick.formats.claude_code.pairing import Pairing
from unbrick.patch import View
from unbrick.record import END, FRAME
from unbrick.target import Surroundings, Target

EVERY = 256
"""Messages between two stops."""
MOST = 1 << 17
"""Rows up to which it is noted how a request was made; nobody waits for a longer one to be made again."""


class Stop(NamedTuple):
    """A place on the way to a request: the rows and messages that are done, how many calls were made and which of them
    the next message answers, the messages that a record can still join, those of them that one of the same response can
    (by its id), and those of their parts that the client writes."""

    place: int
    messages: int
    used: int
    expected: tuple[int, ...]
    open: tuple[Draft, ...]
    by_id: Mapping[int, int]
    own: Mapping[int, Own]


@dataclass
class Course:
    """What a request was made of: the records as a patch leaves them, for whom, the rows that are loaded, those that
    are sent, the place of the last message among these, and the parts of the replies that do not go out as they are.
    `stored` is the code of the first part that the client writes, `effort` what it says of the model's effort; `used`
    are the calls, in order."""

    view: View
    target: Target
    surroundings: Surroundings
    loaded: array[int]
    rows: array[int]
    last: int
    kept: Mapping[int, list[int]]
    stored: int
    effort: str
    used: Mapping[int, None]
    stops: list[Stop] = field(default_factory=list)

    def note(self, place: int, messages: int, drafts: Drafts, merger: Merger, pairing: Pairing) -> bool:
        """Note a stop, where nothing waits for the next record; whether that could be."""
        if merger.open is None or place > self.last:
            return False
        drafts_, by_id = merger.open
        codes = {code for draft in drafts_ for code in draft.parts}
        if not drafts.folded.keys().isdisjoint(codes):
            return False
        number = {id(draft): index for index, draft in enumerate(drafts_)}
        self.stops.append(Stop(
            place, messages, len(pairing.used), tuple(pairing.expected), tuple(map(_copy, drafts_)),
            {reply: number[id(draft)] for reply, draft in by_id.items()},
            {code: drafts.own(code) for code in codes if code >= drafts.stored},
        ))
        return True

    def same(self, other: Course) -> Stop | None:
        """The last stop of another course up to which this one goes the same way."""
        if self.view.source is not other.view.source or self.target != other.target or (
            self.surroundings != other.surroundings or self.effort != other.effort
        ):
            return None
        place = min(self._common(other), self.last)
        return next((stop for stop in reversed(other.stops) if stop.place <= place), None)

    def _common(self, other: Course) -> int:
        """How many rows are sent first, in the same way, of those that no edit is in front of."""
        rows = self.rows[: _same(self.rows, other.rows)]
        first, loaded = _first_changed(self.view, other.view), _same(self.loaded, other.loaded)
        edited = {*compress(self.loaded, map(first.__le__, self.loaded)), *islice(self.loaded, loaded, None)}
        edited.update(self._changed(other), other._changed(self))
        return next(compress(count(), map(edited.__contains__, rows)), len(rows))

    def _changed(self, other: Course) -> Iterator[int]:
        """The replies of which other parts are sent."""
        for row, parts in self.kept.items():
            theirs = other.kept.get(row)
            if parts != theirs and (theirs is None or [*self._plain(parts)] != [*other._plain(theirs)]):
                yield row

    def _plain(self, codes: Iterable[int]) -> Iterator[int]:
        """Codes without the number of blocks that there are in the session."""
        return (code if code < self.stored else self.stored - code - 1 for code in codes)

    def take(self, stop: Stop, other: Course, drafts: Drafts, merger: Merger, pairing: Pairing) -> None:
        """Go on from a stop of another course."""
        codes = {code: drafts.again(own) for code, own in stop.own.items()}
        open_ = [*map(_copy, stop.open)]
        for draft in open_:
            draft.parts = [codes.get(code, code) for code in draft.parts]
        merger.reopen(open_, {reply: open_[index] for reply, index in stop.by_id.items()})
        pairing.used.update(dict.fromkeys(islice(other.used, stop.used)))
        pairing.expected, pairing.head = [*stop.expected], False
        self.stops = [one for one in other.stops if one.place <= stop.place]


def _copy(draft: Draft) -> Draft:
    return replace(draft, parts=[*draft.parts], joined=None if draft.joined is None else {*draft.joined})


def _first_changed(one: View, other: View) -> int:
    """The first row that two patches of a source may leave otherwise."""
    mine, theirs = one.patch, other.patch
    lines = {line for line in {*mine, *theirs} if mine.get(line) != theirs.get(line)}
    if FRAME in lines:
        return 0
    return one.start(min(lines, default=END))


def _same(one: Sequence[int], other: Sequence[int]) -> int:
    """How many numbers two columns begin with in common."""
    return next(compress(count(), map(ne, one, other)), min(len(one), len(other)))
