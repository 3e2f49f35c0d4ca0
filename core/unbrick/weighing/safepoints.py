"""Safe points: complete turns that a session can be cut behind, and what each cut keeps and drops."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from operator import sub
from typing import NamedTuple, overload

from unbrick import models, recorded, words
from unbrick.entry import BlockKind, Flag, Kind
from unbrick.record import At
from unbrick.scanning import ones
from unbrick.session import Session
from unbrick.situation import Situation
from unbrick.weighing import measure
from unbrick.weighing.tally import Priced, Tally, count, held, loaded, tally, without_summaries

TALK = (Kind.USER, Kind.ASSISTANT)
# Plain integers: looking up an enumeration's member costs more than the comparison.
_USER, _ASSISTANT, _PROMPT = int(Kind.USER), int(Kind.ASSISTANT), int(Flag.PROMPT)
_USE, _RESULT = int(BlockKind.TOOL_USE), int(BlockKind.TOOL_RESULT)


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


class Now(NamedTuple):
    """1 for each row that is a message that is loaded now, and for each that is in the file and not loaded."""

    loaded: bytes
    held: bytes


def now(situation: Situation) -> Now:
    """As a situation has it."""
    return Now(situation.once(loaded), situation.once(held))


class _Behind:
    """What goes with all that stands behind a row: asked for rows in order."""

    def __init__(self, situation: Situation, now: Now) -> None:
        session = situation.session
        self._scan, self._boundary = session.scan, situation.thread.boundary
        self._loaded = array("q", ones.places(now.loaded))
        self._whole = astuple(tally(session.scan, self._loaded))
        self._kept = [0] * len(self._whole)
        self._place = 0
        first = {row: rows[0] for rows in session.duplicates.values() for row in rows}
        # What an earlier record with its id says as well stays.
        self._held = sorted(first.get(row, row) for row in ones.places(now.held))

    def gone(self, row: int) -> tuple[Tally, int]:
        """What is loaded now behind a row, and how many messages are not."""
        while self._place < len(self._loaded) and self._loaded[self._place] <= row:
            count(self._kept, self._scan, self._loaded[self._place])
            self._place += 1
        erased = len(self._held) - bisect_right(self._held, row)
        older = self._boundary is not None and row < self._boundary
        return without_summaries(Tally(*map(sub, self._whole, self._kept)), older, erased), erased

    @property
    def kept(self) -> int:
        """How many messages that are loaded now stand before the last row that was asked for."""
        return self._place


def price_behind(situation: Situation, line: int) -> str:
    """What a cut behind any line costs, in words."""
    session = situation.session
    gone, erased = _Behind(situation, now(situation)).gone(session.scan.view.start(line + 1) - 1)
    return words.costs(gone.counts, erased)


def history(session: Session, situation: Situation) -> list[tuple[int, int]]:
    """(row, segment) of the conversation, oldest first: the thread, and across each boundary and each break of
    the chain what stood before it."""
    return [(row, segment) for piece, segment in _pieces(session, situation) for row in piece]


def _pieces(session: Session, situation: Situation) -> list[tuple[list[int], int]]:
    """The history in pieces that hang together, each with its segment, oldest first."""
    thread = situation.thread
    if not thread.rows:
        return []
    lost_before = {loss.row: loss.before for loss in thread.losses if loss.before is not None}
    whole = _Whole(session)
    found = [(list(thread.rows), 0)]
    seen = set(thread.rows)
    while True:
        head, segment = found[-1][0][0], found[-1][1]
        before = lost_before.get(head)
        if before is None and session.kind(head) is Kind.BOUNDARY:
            before = session.row(session.scan.strings.text(session.scan.refers[head]))
            segment += 1
        if before is None or before in seen:
            break
        older = whole.of(before, seen)
        if not older:
            break
        seen.update(older)
        found.append((older, segment))
    return found[::-1]


class _Whole:
    """Chains with what a plain walk over parents leaves out of them: parallel calls of one response, and the results
    of all its calls, each behind the row it belongs to."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def _members(self) -> dict[int, list[int]]:
        """The rows of each response, by the number of its id."""
        found: dict[int, list[int]] = {}
        for row, message in enumerate(self._session.scan.message_id):
            if message >= 0:
                found.setdefault(message, []).append(row)
        return found

    def of(self, row: int, seen: Collection[int]) -> list[int]:
        """The rows up to a row that were not seen yet, oldest first."""
        session, scan = self._session, self._session.scan
        chain: list[int] = []
        for up in session.ancestors(row):
            if up in seen:
                break
            chain.append(up)
        chain.reverse()
        known = set(chain)
        added: set[int] = set()
        for own in chain:
            for member in (own, *self._members.get(scan.message_id[own], ())):
                added.add(member)
                for block in scan.blocks(member):
                    if scan.block_kind[block] == BlockKind.TOOL_USE:
                        call = session.calls.get(scan.strings.text(scan.block_ref[block]) or "")
                        added.update(result for result, _block in (call.results if call else ()))
        extra = deque(one for one in sorted(added - known) if one not in seen)
        whole: list[int] = []
        for own in chain:
            while extra and extra[0] < own:
                whole.append(extra.popleft())
            whole.append(own)
        return [*whole, *extra]


def points(
    situation: Situation, bad: Collection[int] = (), until: int | None = None, since: Now | None = None,
) -> tuple[SafePoint, ...]:
    """Every safe point of the conversation, newest first.

    A turn is complete when a typed prompt or nothing follows it, its last message is the model's, and every call in
    it is answered. A request for a model that takes no prefill ends with what the user said instead, since nobody
    will put a prompt behind it (messages-api-rules R20). Left out are points behind one of the `bad` rows in their
    segment, points from row `until` of the file on, and those where the file holds records of the kept part behind
    those of the dropped part. `since` says what is loaded now where that is not what the situation has.
    """
    session = situation.session
    scan = session.scan
    pieces = _pieces(session, situation)
    rows = [(row, segment) for piece, segment in pieces for row in piece]
    heads = {piece[0] for piece, _segment in pieces}
    last = set(pieces[-1][0]) if pieces else set()
    prompts = [row for row, _ in rows if scan.flags[row] & Flag.PROMPT]
    behind = _Behind(situation, since or now(situation))
    kinds, flags, first, block_kinds, refs = scan.kind, scan.flags, scan.first, scan.block_kind, scan.block_ref
    lowest_after = _lowest_after([row for row, _ in rows])
    sizes = [size for piece, _segment in pieces for size in measure.contexts(session, piece)[1:]]
    limit = measure.window(situation) * measure.FULL
    target = situation.target
    asking = not target.resumed and target.api == "anthropic" and not models.prefills(target.model)
    found: list[SafePoint] = []
    kept = kept_prompts = 0
    highest = -1
    reply: int | None = None
    pending: set[int] = set()
    broken = False
    for place, (row, segment) in enumerate(rows):
        if place and rows[place - 1][1] != segment:
            pending, broken, reply = set(), False, None
        if row in heads:
            kept = 0
        kind = kinds[row]
        highest = max(highest, row)
        broken = broken or row in bad
        for block in range(first[row], first[row + 1]):
            if block_kinds[block] == _USE:
                pending.add(refs[block])
            elif block_kinds[block] == _RESULT:
                pending.discard(refs[block])
        if kind == _USER:
            kept += 1
            kept_prompts += bool(flags[row] & _PROMPT)
            reply = row if asking else None
        elif kind == _ASSISTANT:
            kept += 1
            if asking:
                reply = None
            elif recorded.is_reply(session, row):
                reply = row
        following = rows[place + 1] if place + 1 < len(rows) else None
        ends = following is None or following[1] != segment or (
            kinds[following[0]] == _ASSISTANT if asking else bool(flags[following[0]] & _PROMPT)
        )
        if (
            ends and reply is not None and not pending and not broken and highest < lowest_after[place]
            and (until is None or highest < until)
        ):
            time = scan.time[reply]
            gone, erased = behind.gone(highest)
            # What a compaction kept by name stands in its place again once the compaction is cut off.
            found.append(SafePoint(
                session.at(highest), highest, reply, kept if row in last else kept + behind.kept,
                _Rest(prompts, kept_prompts), gone, erased, sizes[place], segment,
                None if time != time else time, sizes[place] <= limit,
            ))
    return tuple(reversed(found))


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


def _lowest_after(rows: Sequence[int]) -> list[int]:
    """For each place the lowest row that stands behind it in the conversation."""
    lowest = 1 << 62
    found = [lowest] * len(rows)
    for place in range(len(rows) - 1, -1, -1):
        found[place] = lowest
        lowest = min(lowest, rows[place])
    return found
