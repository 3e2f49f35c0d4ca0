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
from unbrick.ones import both, places, without
from unbrick.session import MISSING, NO_PARENT, Session, Standing
from unbrick.thread import Loss, Outcome, Thread

_BY_KIND = bytes(
    Standing.UNREADABLE if kind == Kind.FAULT
    else Standing.APART if kind in (Kind.METADATA, Kind.PROGRESS, Kind.NOTICE) else OPEN
    for kind in range(256)
)
"""What the kind alone says, as a translation table."""

_TALK = (Kind.USER, Kind.ASSISTANT)

FEW = 64
"""Rows that are decided one by one, which takes less than to begin with all at once."""


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

    def mark_all(self, first: int, end: int, standing: Standing) -> int:
        """The same for the rows from one to before another."""
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
        seen = bytearray(len(session))
        walked: list[tuple[int, int]] = []
        while row is not None and not seen[row]:
            end = row + 1
            first = runs.start(row)
            passed = seen.rfind(1, first, end) + 1
            first = max(first, passed, self.boundaries.rfind(1, first, end))
            seen[first:end] = b"\1" * (end - first)
            walked.append((first, end))
            parent: int | None = session.parent_row[first]
            if 0 < passed == first:
                break
            if self.boundaries[first]:
                counted = self._walked(walked, standing)
                messages += counted if standing is not Standing.SUMMARISED else 0
                walked = []
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
                    walked, standing, parent = [], Standing.SUMMARISED, previous(session, first)
            row = parent
        return messages + self._walked(walked, standing)

    def _walked(self, walked: list[tuple[int, int]], standing: Standing) -> int:
        """Decide stretches of a chain, and the parallel calls and results that hang on them."""
        session, scan = self.session, self.session.scan
        messages = sum(self.mark_all(first, end, standing) for first, end in walked)
        for child in self._beside(walked):
            row = session.parent_row[child]
            if self.of[child] == OPEN and scan.kind[row] == Kind.ASSISTANT and (
                (scan.kind[child] == Kind.USER and _answers(session, child))
                or scan.message_id[child] == scan.message_id[row] >= 0
            ):
                one = scan.kind[child] != Kind.ASSISTANT
                messages += self.mark((child,), standing) if one else self._branch(child, standing)
        return messages

    def _beside(self, walked: list[tuple[int, int]]) -> Iterator[int]:
        """What hangs on stretches of a chain, but for the links of their runs."""
        for first, end in walked:
            yield from self.runs.hanging(first, end)
            goes_on = self.runs.after(end - 1)
            if goes_on >= 0:
                yield goes_on

    def _branch(self, row: int, standing: Standing) -> int:
        """Decide a record and what hangs on it, as far as that is open."""
        messages = 0
        stack = [row]
        while stack:
            first = stack.pop()
            links = self.runs.stretch(first, self.runs.end(first))
            end = next((link for link in links if self.of[link] != OPEN), self.runs.end(first))
            messages += self.mark_all(first, end, standing)
            stack += (child for child in self.runs.hanging(first, end) if self.of[child] == OPEN)
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
    end = session.out_of_order(set(chain.rows)) if chain.rows else None
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
    responses = {ids[row]: row for row in chain.rows if kinds[row] == assistant and ids[row] >= 0}
    if not responses:
        return
    lost: dict[int, int] = {}
    undecided = [*places(table.of.translate(IS_OPEN))]
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
