"""Safe points: complete turns that a session can be cut behind, and what each cut keeps and drops."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice, pairwise
from types import MappingProxyType
from typing import NamedTuple, overload

from unbrick import models, recorded, words
from unbrick.entry import BlockKind, Flag, Kind
from unbrick.record import At
from unbrick.scanning import ones
from unbrick.scanning.scan import Scan
from unbrick.session import Session
from unbrick.situation import Situation
from unbrick.weighing import measure
from unbrick.weighing.past import Pieces
from unbrick.weighing.past import pieces as pieces_of
from unbrick.weighing.tally import FIELDS, Priced, Tally, count, held, loaded, without_summaries

TALK = (Kind.USER, Kind.ASSISTANT)
# Plain integers: looking up an enumeration's member costs more than the comparison.
_USER, _ASSISTANT = int(Kind.USER), int(Kind.ASSISTANT)
_NO_END = int(Flag.SIDECHAIN | Flag.NO_UUID)
_USE, _RESULT = int(BlockKind.TOOL_USE), int(BlockKind.TOOL_RESULT)
FEW = 16
"""Safe points that are kept to find the newest one that drops something."""


@dataclass(frozen=True)
class SafePoint(Priced):
    """A place to cut behind. `at` and `row` are the last record kept, `reply` the row of the last assistant
    record, or of the prompt where the kept part ends with one. `keeps` are user and assistant records that a resume
    loads afterwards. `prompts` are the rows of the typed prompts that would go; `gone` counts what would go of what is
    loaded now, `erased` the messages that would go and are not loaded now, `drops` both. `tokens` is the size of the
    context afterwards, as the API counted it where the transcript recorded that, else estimated; `fits` whether that
    leaves the model room to go on. `segment` is 0 for the conversation since the last compaction, 1 for the one before
    it, and so on."""

    at: At
    row: int
    reply: int
    keeps: int
    prompts: Sequence[int]
    gone: Tally
    erased: int
    tokens: int
    segment: int = 0
    time: float | None = None
    fits: bool = True
    back: int = 0


class Now(NamedTuple):
    """1 for each row that is a message that is loaded now, and for each that is in the file and not loaded; of rows
    that say something else since, where they stood in which scan."""

    loaded: bytes
    held: bytes
    was: Mapping[int, tuple[Scan, int]] = MappingProxyType({})


def now(situation: Situation) -> Now:
    """As a situation has it."""
    return Now(situation.once(loaded), situation.once(held))


class _Behind:
    """What goes with all that stands behind a row: asked for rows in order, the last first."""

    def __init__(self, situation: Situation, now: Now) -> None:
        session = situation.session
        self._scan, self._boundary = session.scan, situation.thread.boundary
        self._loaded, self._end = now.loaded, len(now.loaded)
        self._gone, self._was = [0] * len(FIELDS), now.was
        first = {row: rows[0] for rows in session.duplicates.values() for row in rows}
        # What an earlier record with its id says as well stays.
        self._held = array("i", sorted(first.get(row, row) for row in ones.places(now.held)))

    def gone(self, row: int) -> tuple[Tally, int]:
        """What is loaded now behind a row, and how many messages are not."""
        while (at := self._loaded.rfind(1, row + 1, self._end)) >= 0:
            self._end = at
            count(self._gone, *self._was.get(at, (self._scan, at)))
        erased = len(self._held) - bisect_right(self._held, row)
        older = self._boundary is not None and row < self._boundary
        return without_summaries(Tally(*self._gone), older, erased), erased


def price_behind(situation: Situation, line: int) -> str:
    """What a cut behind any line costs, in words."""
    session = situation.session
    gone, erased = _Behind(situation, now(situation)).gone(session.scan.view.start(line + 1) - 1)
    return words.costs(gone.counts, erased)


class _Place(NamedTuple):
    """A safe point without its price: `back` messages that it keeps are no summary, and `typed` prompts stand before
    it; its piece of the history begins with `head`, and is the one that is loaded where it is the `last`."""

    row: int
    reply: int
    keeps: int
    back: int
    typed: int
    tokens: int
    segment: int
    head: int
    last: bool


class _Places:
    """Places, oldest first, as columns of numbers: a long conversation has as many as prompts."""

    def __init__(self, places: Iterable[_Place]) -> None:
        self._rows, self._tokens, self._begins = array("i"), array("q"), array("I")
        self._pieces: list[tuple[int, int, bool]] = []
        for place in places:
            self._append(place)

    def _append(self, place: _Place) -> None:
        *rows, tokens, segment, head, last = place
        if not self._pieces or self._pieces[-1] != (segment, head, last):
            self._pieces.append((segment, head, last))
            self._begins.append(len(self._tokens))
        self._rows.extend(rows)
        self._tokens.append(tokens)

    def __reversed__(self) -> Iterator[_Place]:
        for place in range(len(self._tokens) - 1, -1, -1):
            piece = self._pieces[bisect_right(self._begins, place) - 1]
            yield _Place._make((*self._rows[5 * place : 5 * place + 5], self._tokens[place], *piece))


def points(
    situation: Situation, bad: Collection[int] = (), until: int | None = None, since: Now | None = None,
) -> tuple[SafePoint, ...]:
    """Every safe point of the conversation, newest first.

    A turn is complete when a typed prompt or nothing follows it, its last message is the model's, and every call in
    it is answered. A request for a model that takes no prefill ends with what the user said instead, since nobody
    will put a prompt behind it (messages-api-rules R20). Left out are points behind one of the `bad` rows in their
    segment, points from row `until` of the file on, and those where the file holds records of the kept part behind
    those of the dropped part or behind the reply, which the conversation would end with, or where a reply that no
    conversation can end with is the last. `since` says what is loaded now where that is not what the situation has.
    """
    pieces = pieces_of(situation.session, situation)
    places = _Places(_places(situation, pieces, bad))
    prices = _Prices(situation, pieces, since or now(situation))
    return tuple(prices.of(place) for place in reversed(places) if until is None or place.row < until)


def newest(situation: Situation, tokens: float, among: Collection[int] | None = None) -> SafePoint | None:
    """The newest safe point that drops something and leaves at most so many tokens; with `among`, one of these rows
    from before the last compaction. None but those that may be it are priced, for each costs what goes with it."""
    return situation.once(_newest, tokens, None if among is None else frozenset(among))


def _newest(situation: Situation, tokens: float, among: frozenset[int] | None) -> SafePoint | None:
    pieces = pieces_of(situation.session, situation)
    # It is nearly always the last or the one before, so that others are seldom kept.
    for most in (FEW, None):
        places = deque((
            place for place in _places(situation, pieces)
            if place.tokens <= tokens and (among is None or (place.segment and place.row in among))
        ), most)
        prices = _Prices(situation, pieces, now(situation))
        found = next((point for point in map(prices.of, reversed(places)) if point.drops), None)
        if found is not None or len(places) != most:
            break
    return found


class _Prices:
    """What the safe points of a situation cost: asked for the newest first."""

    def __init__(self, situation: Situation, pieces: Pieces, now: Now) -> None:
        self._session, typed = situation.session, situation.session.scan.marked(Flag.PROMPT)
        self._prompts = array("i", (row for piece, _segment in pieces for row in piece if typed[row]))
        self._behind = _Behind(situation, now)
        self._loaded = array("i", ones.places(situation.once(loaded)))
        self._limit = measure.window(situation) * measure.FULL

    def of(self, place: _Place) -> SafePoint:
        """A place as a safe point."""
        time = self._session.scan.time[place.reply]
        gone, erased = self._behind.gone(place.row)
        # What a compaction kept by name stands in its place again once the compaction is cut off.
        stays = 0 if place.last else bisect_right(self._loaded, place.row) - bisect_right(self._loaded, place.head)
        return SafePoint(
            self._session.at(place.row), place.row, place.reply, place.keeps + stays,
            _Rest(self._prompts, place.typed), gone, erased, place.tokens, place.segment,
            None if time != time else time, place.tokens <= self._limit, 0 if place.last else place.back,
        )


def _places(situation: Situation, pieces: Pieces, bad: Collection[int] = ()) -> Iterator[_Place]:
    """Where the safe points are in the pieces of a history (see `points`), oldest first."""
    session, target = situation.session, situation.target
    scan = session.scan
    flags = scan.flags
    asking = not target.resumed and target.api == "anthropic" and not models.prefills(target.model)
    rows = pieces[0][0] if len(pieces) == 1 else array("i", chain.from_iterable(piece for piece, _segment in pieces))
    heads = [*accumulate((len(piece) for piece, _segment in pieces), initial=0)]
    # What follows is taken in the order of the rows: a column of each would take more than all places.
    sizes = chain.from_iterable(
        islice((measure.weigh(session, piece) if end < len(rows) else measure.thread(situation)).contexts(), 1, None)
        for (piece, _segment), end in zip(pieces, heads[1:], strict=True)
    )
    messages = scan.kinds(*TALK)
    talk, told, prompts = (
        bytes(map(marks.__getitem__, rows))
        for marks in (messages, ones.without(messages, scan.marked(Flag.SUMMARY)), scan.marked(Flag.PROMPT))
    )
    said_before, back_before = (
        [*accumulate((marks.count(1, *ends) for ends in pairwise(heads)), initial=0)] for marks in (talk, told)
    )
    lowest = array("i", accumulate(reversed(rows), min, initial=len(session)))
    starts = bytearray(map(scan.kinds(Kind.ASSISTANT).__getitem__, rows) if asking else prompts) + b"\1"
    parted = [head for head, (one, other) in zip(heads[1:], pairwise(pieces), strict=False) if one[1] != other[1]]
    named = [_named(situation, piece) for piece, _segment in pieces]
    pending: set[int] = set()
    highest, reply, last, broken, said, back, typed = -1, -1, 0, False, 0, 0, 0
    for head in (0, *parted):
        starts[head] = 1
    for start, end in pairwise(ones.places(starts)):
        if start in parted:
            pending, reply, broken = set(), -1, False
        turn, piece = rows[start:end], bisect_right(heads, end - 1) - 1
        highest, broken = max(highest, *turn), broken or any(row in bad for row in turn)
        reply = _reply(session, turn, asking, reply)
        last = start + turn.index(reply) if reply in turn else last
        _settle(scan, turn, pending)
        said += talk.count(1, start, end)
        back += told.count(1, start, end)
        typed += prompts.count(1, start, end)
        *_within, tokens = islice(sizes, end - start)
        first = rows[heads[piece]]
        if (
            reply >= 0 and not pending and not broken and max(rows[last:end]) == highest < lowest[-1 - end]
            and not (flags[reply] | flags[highest]) & _NO_END and session.parent_row[first] <= highest
        ):
            final = piece == len(pieces) - 1
            along = 0 if final else named[piece]
            yield _Place(
                highest, reply, said - said_before[piece] + along, back - back_before[piece] + along, typed, tokens,
                pieces[piece][1], first, final,
            )


def _named(situation: Situation, piece: Sequence[int]) -> int:
    """How many messages from before a compaction are loaded with what stands behind it, since it keeps them by name."""
    session, head = situation.session, piece[0]
    if session.kind(head) is not Kind.BOUNDARY:
        return 0
    rows = {session.row(uuid) for uuid in situation.kept(head)} - {None}
    return sum(session.messages[row] for row in rows if row is not None and row < head)


def _reply(session: Session, turn: Sequence[int], asking: bool, before: int) -> int:
    """The row that a turn ends with when it is complete, -1 when it is not: the last of the model's records, or the
    user's where the request asks. What is no message leaves it as it was `before`."""
    kinds = session.scan.kind
    for row in reversed(turn):
        if kinds[row] == _USER:
            return row if asking else -1
        if kinds[row] == _ASSISTANT and (asking or recorded.is_reply(session, row)):
            return -1 if asking else row
    return before


def _settle(scan: Scan, turn: Sequence[int], pending: set[int]) -> None:
    """Note the calls of a turn, and which are answered in it."""
    first, kinds, refs = scan.first, scan.block_kind, scan.block_ref
    for row in turn:
        for block in range(first[row], first[row + 1]):
            if kinds[block] == _USE:
                pending.add(refs[block])
            elif kinds[block] == _RESULT:
                pending.discard(refs[block])


class _Rest(Sequence[int]):
    """The end of a list, shared by all points: a copy for each would be quadratic."""

    def __init__(self, whole: Sequence[int], start: int) -> None:
        self._whole, self._start = whole, start

    def __len__(self) -> int:
        return len(self._whole) - self._start

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        places = range(self._start, len(self._whole))[index]
        return self._whole[places] if isinstance(places, int) else [self._whole[place] for place in places]
