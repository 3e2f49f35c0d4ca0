"""What becomes of each record: loaded, summarised, rewound, lost, undecided (strict: certainty or UNDECIDED)."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from unbrick.compaction import before as before_boundary
from unbrick.compaction import previous, sound, sound_summary
from unbrick.entry import BlockKind, Flag, Kind
from unbrick.formats.claude_code.beside import IS_OPEN, OPEN, decide
from unbrick.formats.claude_code.chain import Chain, Walker
from unbrick.formats.claude_code.leaf import last_spoken
from unbrick.formats.claude_code.loaded import Loaded
from unbrick.formats.claude_code.strangers import strangers
from unbrick.scanning.ones import both, places, without
from unbrick.scanning.vectors import Ones
from unbrick.session import MISSING, NO_PARENT, Session, Standing
from unbrick.thread import Loss, Outcome, Thread

_BY_KIND = bytes(
    Standing.UNREADABLE if kind == Kind.FAULT
    else Standing.APART if kind in (Kind.METADATA, Kind.PROGRESS, Kind.NOTICE) else OPEN
    for kind in range(256)
)
"""What the kind alone says, as a translation table."""

_TALK = (Kind.USER, Kind.ASSISTANT)
_SAID, _REPLY = int(Kind.USER), int(Kind.ASSISTANT)

FEW = 64
"""Rows that are decided one by one, which takes less than to begin with all at once."""


class _Walked:
    """A walk up a chain: `seen` is 1 for each row that it came by."""

    def __init__(self, seen: bytearray) -> None:
        self.seen = seen
        self.spans: list[tuple[int, int]] = []
        """What was walked since the last decision: from row to before row, with little between that was not."""
        self.behind: list[int] = []
        """The links that go on where the walk came into the middle of a run, -1 for none."""

    def take(self, first: int, end: int) -> None:
        """A stretch of a run that was walked."""
        self.seen[first:end] = b"\1" * (end - first)
        if self.spans and end <= self.spans[-1][0] <= end + FEW:
            end = self.spans.pop()[1]
        self.spans.append((first, end))


class _Standings:
    """The standings while they are being worked out; a row is decided once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.runs = session.runs
        scan, links = session.scan, self.runs.links
        self.of = bytearray(scan.kind.tobytes().translate(_BY_KIND))
        self.talk, self.boundaries = scan.kinds(*_TALK), scan.kinds(Kind.BOUNDARY)
        for row in places(both(links, scan.marked(Flag.SIDECHAIN))):
            if scan.kind[row] != Kind.PROGRESS:
                self.of[row] = Standing.SIDE
        open_links = without(links, scan.marked(Flag.API_ERROR))
        for row in places(without(self.of.translate(IS_OPEN), open_links)):
            self.of[row] = Standing.APART

    def mark(self, rows: Iterable[int], standing: Standing) -> int:
        """Decide the rows that are open; how many user and assistant records were."""
        of, talk = self.of, self.talk
        messages = 0
        for row in rows:
            if of[row] == OPEN:
                of[row] = standing
                messages += talk[row]
        return messages

    def mark_some(self, first: int, end: int, marks: Ones, standing: Standing) -> int:
        """The same for the rows from one to before another that have a one in `marks`."""
        of = self.of[first:end]
        marked = both(of.translate(IS_OPEN), marks[first:end])
        # As one number of many bytes, of which those of these rows change.
        changed = int.from_bytes(of) ^ int.from_bytes(marked) * (OPEN ^ standing)
        self.of[first:end] = changed.to_bytes(end - first)
        return both(marked, self.talk[first:end]).count(1)

    def mark_all(self, first: int, end: int, standing: Standing) -> int:
        """The same for all rows from one to before another."""
        if end - first < FEW:
            return self.mark(range(first, end), standing)
        of = self.of[first:end]
        self.of[first:end] = of.translate(bytes(range(OPEN)) + bytes((standing,)))
        return both(of.translate(IS_OPEN), self.talk[first:end]).count(1)

    def history(self, row: int | None, standing: Standing) -> int:
        """Decide a record and what stands before it: `standing` up to a boundary whose summary stands for what is
        before it, summarised behind that."""
        session, runs = self.session, self.runs
        messages = 0
        walked = _Walked(bytearray(len(session)))
        while row is not None and not walked.seen[row]:
            first, stop = runs.run(row)
            end = row + 1
            passed = walked.seen.rfind(1, first, end) + 1
            first = max(first, passed, self.boundaries.rfind(1, first, end))
            walked.take(first, end)
            if end < stop:
                walked.behind.append(runs.links.find(1, end, stop))
            parent: int | None = session.parent_row[first]
            if 0 < passed == first:
                break
            if self.boundaries[first]:
                counted = self._walked(walked, standing)
                messages += counted if standing is not Standing.SUMMARISED else 0
                if standing is not Standing.SUMMARISED and sound(session, first):
                    standing = Standing.SUMMARISED
                parent = before_boundary(session, first)
            elif parent == MISSING:
                parent = previous(session, first)
            elif parent == NO_PARENT:
                parent = None
                if sound_summary(session, first):
                    # The boundary in front of it is gone.
                    messages += self._walked(walked, standing)
                    standing, parent = Standing.SUMMARISED, previous(session, first)
            row = parent
        return messages + self._walked(walked, standing)

    def _walked(self, walked: _Walked, standing: Standing) -> int:
        """Decide what was walked since the last time, and the parallel calls and results that hang on it."""
        scan, parents, of, seen = self.session.scan, self.session.parent_row, self.of, walked.seen
        kinds, ids = scan.kind, scan.message_id
        spans, beside = walked.spans, [row for row in walked.behind if row >= 0]
        walked.spans, walked.behind = [], []
        messages = 0
        for first, end in spans:
            messages += self.mark_some(first, end, seen, standing)
            beside += self.runs.hanging(first, end)
        results: list[int] = []
        calls: list[int] = []
        for child in beside:
            row = parents[child]
            if of[child] == OPEN and seen[row] and kinds[row] == _REPLY and (
                ids[child] == ids[row] >= 0 or (kinds[child] == _SAID and _answers(self.session, child))
            ):
                (calls if kinds[child] == _REPLY else results).append(child)
        return messages + self.mark(results, standing) + self._branches(calls, standing)

    def _branches(self, stack: list[int], standing: Standing) -> int:
        """Decide some records and what hangs on them, as far as that is open."""
        of, runs = self.of, self.runs
        messages = 0
        while stack:
            first = stack.pop()
            end = runs.end(first)
            if of.count(OPEN, first, end) < runs.links.count(1, first, end):
                end = next(link for link in runs.stretch(first, end) if of[link] != OPEN)
            messages += self.mark_all(first, end, standing)
            stack += [child for child in runs.hanging(first, end) if of[child] == OPEN]
        return messages


def _answers(session: Session, row: int) -> bool:
    """Whether a record begins with a tool result."""
    scan = session.scan
    first = scan.first[row]
    return first < scan.first[row + 1] and scan.block_kind[first] == BlockKind.TOOL_RESULT


def stand(loaded: Loaded, walker: Walker, chain: Chain, thread: Thread) -> None:
    """Fill in `standing` and `losses` of a thread."""
    session = loaded.session
    table = _Standings(session)
    for row in chain.rows:
        table.of[row] = Standing.LOADED
    foreign = thread.foreign = strangers(session)
    for row in foreign:
        if table.of[row] == OPEN:
            table.of[row] = Standing.APART
    losses: list[Loss] = []
    leaf = thread.leaf
    if thread.outcome in (Outcome.NOT_FOUND, Outcome.CRASH) and not chain.rows:
        leaf = last_spoken(loaded) if loaded.end == len(session) else _last_talk(session)
        leaf = _last_talk(session) if leaf is None else leaf
        if leaf is not None:
            lost = table.history(leaf, Standing.LOST)
            losses.append(Loss(leaf, thread.error or "the client finds no conversation", leaf, lost))
    for row in chain.bridged:
        table.mark(_unread_summary(session, row), Standing.LOST)
    for row, why in chain.breaks:
        unread = _unread_summary(session, row)
        if unread:
            losses.append(Loss(row, why, unread[0], table.mark(unread, Standing.LOST)))
            boundary = session.parent_row[unread[0]]
            if boundary >= 0 and session.kind(boundary) is Kind.BOUNDARY:
                table.history(before_boundary(session, boundary), Standing.SUMMARISED)
            continue
        before = _previous(session, row, foreign)
        if _summarises(session, chain):
            # The boundary itself is gone; its summary stands for what is before it.
            table.history(before, Standing.SUMMARISED)
            continue
        lost = table.history(before, Standing.LOST) + table.mark(_nameless(session, row), Standing.LOST)
        losses.append(Loss(row, why, before, lost))
    if chain.rows:
        _root(session, chain, table, losses, foreign)
        if chain.boundary is not None:
            kept = sound(session, chain.boundary, chain.rows)
            before = before_boundary(session, chain.boundary)
            table.history(before, Standing.SUMMARISED if kept else Standing.LOST)
    elif loaded.discarded >= 0:
        # Nothing stands behind that boundary, not even a summary.
        table.history(before_boundary(session, loaded.discarded), Standing.LOST)
    end = session.out_of_order(set(chain.rows)) if chain.rows and not session.in_order else None
    if end is not None:
        table.history(end, Standing.LOST)
    _replaced(session, chain, table, losses)
    _unread(loaded, chain, table, losses)
    _parallel(session, chain, table, losses)
    start = chain.boundary if chain.boundary is not None else loaded.discarded
    thread.branches = decide(session, chain, table.of, leaf, start)
    thread.standing = array("B", table.of)
    thread.losses = tuple(losses)


def _nameless(session: Session, row: int) -> Iterator[int]:
    """The record right before one whose parent is missing, where it has lost its id: then it is that parent."""
    flags = session.scan.flags
    before = next((other for other in range(row - 1, -1, -1) if flags[other] & Flag.LINK), None)
    if session.parent_row[row] == MISSING and before is not None and flags[before] & Flag.NO_UUID:
        yield before


def _last_talk(session: Session) -> int | None:
    kinds = session.scan.kind
    return next((row for row in range(len(kinds) - 1, -1, -1) if kinds[row] in _TALK), None)


def _previous(session: Session, row: int, foreign: frozenset[int]) -> int | None:
    """The record of this session that stands before a row in the file."""
    before = previous(session, row)
    while before is not None and before in foreign:
        before = previous(session, before)
    return before


def _root(
    session: Session, chain: Chain, table: _Standings, losses: list[Loss], foreign: frozenset[int]
) -> None:
    """A root in the middle: the walk ends at a record that says that nothing stands before it."""
    row = chain.rows[0]
    if chain.boundary is not None or session.parent_row[row] != NO_PARENT:
        return
    same = session.duplicates.get(session.scan.uuid[row], ())
    # The root written twice is no conversation before it.
    before = _previous(session, row, foreign.union(twin for twin in same if _alike(session, twin, row)))
    if before is None or table.of[before] == Standing.LOADED:
        return
    if _summarises(session, chain):
        table.history(before, Standing.SUMMARISED)
        return
    lost = table.history(before, Standing.LOST)
    if lost:
        losses.append(Loss(row, "it names no parent, though a conversation stands before it", before, lost))


def _unread_summary(session: Session, row: int) -> tuple[int, ...]:
    """The summary that a row hangs on and the client does not read, as where it stands in front of its boundary."""
    parent = session.parent_row[row]
    return (parent,) if parent >= 0 and sound_summary(session, parent) else ()


def _summarises(session: Session, chain: Chain) -> bool:
    """Whether the conversation begins with the summary of a compaction, its boundary not there."""
    talk = next((row for row in chain.rows if session.scan.kind[row] in _TALK), None)
    return chain.boundary is None and talk is not None and sound_summary(session, talk)


def _replaced(session: Session, chain: Chain, table: _Standings, losses: list[Loss]) -> None:
    """Records that a later one with the same id replaces: the same line again, or another that hides it."""
    for rows in session.duplicates.values():
        last = rows[-1]
        held = {session.scan.view.raw(last).strip()}
        for row in reversed(rows[:-1]):
            if table.of[row] != OPEN:
                continue
            raw = session.scan.view.raw(row).strip()
            if raw in held or _alike(session, row, last):
                table.of[row] = Standing.APART
            elif table.of[last] == Standing.LOADED:
                lost = table.mark((row,), Standing.LOST)
                losses.append(Loss(row, "a later record has the same id and takes its place", row, lost))
            held.add(raw)


def _alike(session: Session, row: int, other: int) -> bool:
    one, two = session.value(row), session.value(other)
    return bool(one.get("message")) and one.get("message") == two.get("message")


def _unread(loaded: Loaded, chain: Chain, table: _Standings, losses: list[Loss]) -> None:
    """Everything behind the line that reading stopped at."""
    session = loaded.session
    if loaded.end >= len(session):
        return
    lost = table.mark_all(loaded.end, len(session), Standing.LOST)
    if lost:
        losses.append(Loss(loaded.end, "the client stops reading at this line", loaded.end, lost))


def _parallel(session: Session, chain: Chain, table: _Standings, losses: list[Loss]) -> None:
    """Parallel calls and results of a loaded response that this client does not re-attach."""
    scan = session.scan
    ids, kinds, assistant = scan.message_id, scan.kind, int(Kind.ASSISTANT)
    undecided = [*places(table.of.translate(IS_OPEN))]
    if not undecided:
        return
    responses = {ids[row]: row for row in chain.rows if kinds[row] == assistant and ids[row] >= 0}
    lost: dict[int, int] = {}
    for row in undecided:
        # A call that was never answered is dropped wherever it stands, and a copied text is no parallel call.
        loaded = responses.get(ids[row])
        if loaded is not None and kinds[row] == assistant and any(
            scan.block_kind[block] == BlockKind.TOOL_USE and session.calls.answered(scan.block_ref[block])
            for block in scan.blocks(row)
        ):
            lost[loaded] = lost.get(loaded, 0) + table.mark((row,), Standing.LOST)
    for row in undecided:
        parent = session.parent_row[row]
        loaded = responses.get(ids[parent]) if parent >= 0 and kinds[parent] == assistant else None
        if loaded is not None and kinds[row] == Kind.USER and not scan.flags[row] & Flag.PROMPT:
            lost[loaded] = lost.get(loaded, 0) + table.mark((row,), Standing.LOST)
    losses += [
        Loss(row, "it follows one of several parallel calls and leaves the others out", row, count)
        for row, count in lost.items() if count
    ]
