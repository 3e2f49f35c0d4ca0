"""Safe points: complete turns that a session can be cut behind, and what each cut keeps and drops."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from operator import sub
from typing import overload

from unbrick import measure, models, recorded, words
from unbrick.entry import BlockKind, Flag, Kind
from unbrick.record import At
from unbrick.session import Session
from unbrick.situation import Situation
from unbrick.tally import Tally, count, heard, tally

TALK = (Kind.USER, Kind.ASSISTANT)
# Plain integers: looking up an enumeration's member costs more than the comparison.
_USER, _ASSISTANT, _PROMPT = int(Kind.USER), int(Kind.ASSISTANT), int(Flag.PROMPT)
_USE, _RESULT = int(BlockKind.TOOL_USE), int(BlockKind.TOOL_RESULT)


@dataclass(frozen=True)
class SafePoint:
    """A place to cut behind. `at` and `row` are the last record kept, `reply` the row of the last assistant
    record, or of the prompt where the kept part ends with one. `keeps` and `drops` are user and assistant records of
    the conversation; `prompts` are the rows of the typed prompts that would go, `gone`
    counts what would go. `tokens` is the size of the context afterwards, as the API counted it
    where the transcript recorded that, else estimated; `fits` whether that leaves the model room to go on. `segment`
    is 0 for the conversation since the last compaction, 1 for the one before it, and so on."""

    at: At
    row: int
    reply: int
    keeps: int
    drops: int
    prompts: Sequence[int]
    gone: Tally
    tokens: int
    segment: int = 0
    time: float | None = None
    fits: bool = True

    @property
    def price(self) -> str:
        """What the cut costs, in words."""
        return words.drops(*self.gone.counts)


def price_behind(situation: Situation, line: int) -> str:
    """What a cut behind any line costs, in words: what stands behind it of the conversation, loaded or cut off."""
    session, says = situation.session, heard(situation)
    behind = (row for row, _segment in history(session, situation) if says[row] and session.at(row).line > line)
    return words.drops(*tally(session.scan, behind).counts)


def history(session: Session, situation: Situation) -> list[tuple[int, int]]:
    """(row, segment) of the conversation, oldest first: the thread, and across each boundary and each break of
    the chain what stood before it."""
    thread = situation.thread
    if not thread.rows:
        return []
    lost_before = {loss.row: loss.before for loss in thread.losses if loss.before is not None}
    whole = _Whole(session)
    # The newest first; the pieces of one segment too.
    segments: list[list[list[int]]] = [[list(thread.rows)]]
    seen = set(thread.rows)
    while True:
        head = segments[-1][-1][0]
        before = lost_before.get(head)
        same = before is not None
        if before is None and session.kind(head) is Kind.BOUNDARY:
            before = session.row(session.scan.strings.text(session.scan.refers[head]))
        if before is None or before in seen:
            break
        older = whole.of(before, seen)
        if not older:
            break
        seen.update(older)
        if same:
            segments[-1].append(older)
        else:
            segments.append([older])
    return [
        (row, index) for index in range(len(segments) - 1, -1, -1) for piece in reversed(segments[index])
        for row in piece
    ]


class _Whole:
    """Chains with what a plain walk over parents leaves out of them: parallel calls of one response, and the results
    of all its calls, each behind the row it belongs to."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._members: dict[int, list[int]] = {}
        for row, message in enumerate(session.scan.message_id):
            if message >= 0:
                self._members.setdefault(message, []).append(row)

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


def points(situation: Situation, bad: Collection[int] = (), until: int | None = None) -> tuple[SafePoint, ...]:
    """Every safe point of the conversation, newest first.

    A turn is complete when a typed prompt or nothing follows it, its last message is the model's, and every call in
    it is answered. A request for a model that takes no prefill ends with what the user said instead, since nobody
    will put a prompt behind it (messages-api-rules R20). Left out are points behind one of the `bad` rows in their
    segment, points from row `until` of the file on, and those where the file holds records of the kept part behind
    those of the dropped part.
    """
    session = situation.session
    scan = session.scan
    rows = history(session, situation)
    total = sum(scan.kind[row] in TALK for row, _ in rows)
    prompts = [row for row, _ in rows if scan.flags[row] & Flag.PROMPT]
    says = heard(situation)
    whole = astuple(tally(scan, (row for row, _ in rows if says[row])))
    kinds, flags, first, block_kinds, refs = scan.kind, scan.flags, scan.first, scan.block_kind, scan.block_ref
    lowest_after = _lowest_after([row for row, _ in rows])
    sizes = _sizes(session, rows)
    limit = measure.window(situation) * measure.FULL
    target = situation.target
    asking = not target.resumed and target.api == "anthropic" and not models.prefills(target.model)
    found: list[SafePoint] = []
    kept = kept_prompts = 0
    counts = [0] * len(whole)
    highest = -1
    reply: int | None = None
    pending: set[int] = set()
    broken = False
    for place, (row, segment) in enumerate(rows):
        if place and rows[place - 1][1] != segment:
            pending, broken, reply = set(), False, None
        kind = kinds[row]
        highest = max(highest, row)
        broken = broken or row in bad
        for block in range(first[row], first[row + 1]):
            if block_kinds[block] == _USE:
                pending.add(refs[block])
            elif block_kinds[block] == _RESULT:
                pending.discard(refs[block])
        if says[row]:
            count(counts, scan, row)
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
            found.append(SafePoint(
                session.at(highest), highest, reply, kept, total - kept, _Rest(prompts, kept_prompts),
                Tally(*map(sub, whole, counts)), sizes[place], segment,
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


def _sizes(session: Session, rows: Sequence[tuple[int, int]]) -> list[int]:
    """Tokens of the context up to each row, within its segment."""
    sizes: list[int] = []
    start = 0
    for place in range(1, len(rows) + 1):
        if place == len(rows) or rows[place][1] != rows[start][1]:
            sizes += measure.contexts(session, [row for row, _segment in rows[start:place]])[1:]
            start = place
    return sizes


def _lowest_after(rows: Sequence[int]) -> list[int]:
    """For each place the lowest row that stands behind it in the conversation."""
    lowest = 1 << 62
    found = [lowest] * len(rows)
    for place in range(len(rows) - 1, -1, -1):
        found[place] = lowest
        lowest = min(lowest, rows[place])
    return found
