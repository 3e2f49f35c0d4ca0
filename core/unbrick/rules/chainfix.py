"""Where a broken chain went on: the true parent of a record, what hangs on it, and what bringing it back costs."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from uuid import NAMESPACE_OID, UUID

from unbrick import words
from unbrick.edit import Edit
from unbrick.entry import BlockKind, Flag, Kind
from unbrick.finding import Fix, Safety
from unbrick.scanning.ones import below_zero, both, either, of_kinds, without
from unbrick.session import MISSING, NO_PARENT, Session, Standing
from unbrick.situation import Situation
from unbrick.weighing import measure
from unbrick.weighing.tally import loaded as sent

TALK = (Kind.USER, Kind.ASSISTANT)

_LINKS = (*TALK, Kind.NOTICE, Kind.ATTACHMENT, Kind.BOUNDARY)


def fresh(name: str) -> str:
    """An id that follows from a name, any text, so that a check gives the same answer twice."""
    from hashlib import sha1

    digest = sha1(NAMESPACE_OID.bytes + name.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return str(UUID(bytes=digest[:16], version=4))


def true_parent(situation: Situation, row: int) -> int | None:
    """The nearest earlier record of the main conversation in the file's order, within the same compaction segment.

    Never a subagent's record, never one of a branch that the person left, never one that descends from the row
    itself; a boundary only for what directly follows it. Where that record stands on another branch than the newest one
    before the row, the newest: clients that bridge go by time as well. None when nothing stands before.
    """
    found = _before(situation, partial(_parent_before, situation), row)
    newest = _before(situation, situation.once(_newest_before).__getitem__, row)
    if found is None or newest is None or newest == found:
        return found
    times = situation.session.scan.time
    later = times[found] < times[newest] <= times[row]
    return newest if later and situation.once(_apart, found, newest) else found


def _before(situation: Situation, before: Callable[[int], int], row: int) -> int | None:
    session = situation.session
    hanging = () if session.in_order else situation.once(_hanging, row)
    other = before(row)
    while other >= 0 and session.kind(other) is not Kind.BOUNDARY and _among(hanging, other):
        other = before(other)
    return None if other < 0 else other


def _hanging(situation: Situation, row: int) -> array[int]:
    """A row and all that hang on it, in file order."""
    session = situation.session
    return array("i", sorted(session.runs.below(row)) if session.has(row, Flag.LINK) else [row])


def _among(rows: Sequence[int], row: int) -> bool:
    """Whether a row is one of some in file order."""
    place = bisect_left(rows, row)
    return place < len(rows) and rows[place] == row


def _apart(situation: Situation, one: int, other: int) -> bool:
    """Whether neither of two records hangs on the other."""
    session = situation.session
    return not session.descends(one, other) and not session.descends(other, one)


def _newest_before(situation: Situation) -> array[int]:
    """For each row the newest one before it that may be its parent, in its compaction segment; -1 for none."""
    session, times = situation.session, situation.session.scan.time
    kinds, found = session.scan.kind, array("i")
    newest = -1
    for row, parent in enumerate(situation.once(_parents)):
        found.append(newest)
        if parent and (newest < 0 or kinds[row] == Kind.BOUNDARY or not times[row] < times[newest]):
            newest = row
    return found


def _parent_before(situation: Situation, row: int) -> int:
    """The nearest row before one that may be the parent of something, -1 for none."""
    return situation.once(_parents).rfind(1, 0, row)


def _parents(situation: Situation) -> bytes:
    """1 for each row that may be the parent of something."""
    session, scan, standing = situation.session, situation.session.scan, situation.thread.standing
    apart = either(scan.marked(Flag.SIDECHAIN, Flag.TEAM), below_zero(scan.uuid))
    left = without(of_kinds(standing, Standing.REWOUND), scan.kinds(Kind.BOUNDARY))
    found = bytearray(without(scan.kinds(*_LINKS), either(apart, left)))
    replaced = (row for rows in session.duplicates.values() for row in rows[:-1])
    for row in (*replaced, *situation.thread.foreign):
        found[row] = 0
    return bytes(found)


def descendants(session: Session, row: int) -> set[int]:
    """A row and everything that hangs on it."""
    return {*session.runs.below(row)}


def history(situation: Situation, row: int | None) -> list[int]:
    """The records that a row and what stands before it would bring in, oldest first, up to a boundary or to what is
    loaded already; further breaks are bridged as their repair would. Parallel calls and results come along, and
    messages that a compaction kept are passed over."""
    return _whole(situation, _walked(situation, row, true_parent)[0])


def switched(situation: Situation, end: int) -> tuple[list[int], int]:
    """What comes and how many messages go when the conversation ends at a row that is not loaded. A chain that breaks
    on its way up stays broken."""
    walked, fork = _walked(situation, end, lambda _situation, _row: None)
    return _whole(situation, walked), _between(situation, fork, len(situation.thread.rows))


def _between(situation: Situation, fork: int | None, end: int) -> int:
    """How many messages stand between a loaded row, None for none, and a place of the thread; parallel calls of the
    response that the row is part of, and their results, belong to what stands before."""
    session, loaded, counted = situation.session, situation.loaded, situation.once(_counted)
    if fork is None:
        return counted[end]
    near = (fork, session.parent_row[fork]) if session.kind(fork) is Kind.USER else (fork,)
    shared = {
        loaded.get(other, -1) for row in near if row >= 0 and session.scan.message_id[row] >= 0
        for member in session.responses.get(session.scan.message_id[row], ())
        for other in (member, *_parallel(session, member))
    }
    stay = sum(counted[place + 1] - counted[place] for place in shared if loaded[fork] < place < end)
    return max(counted[end] - counted[loaded[fork] + 1] - stay, 0)


def _left(situation: Situation, row: int, parent: int) -> int:
    """How many messages before a loaded row are not loaded any more when it hangs on another."""
    _rows, fork = _walked(situation, parent, true_parent)
    return _between(situation, fork, situation.loaded[row])


def _counted(situation: Situation) -> array[int]:
    """How many messages are loaded before each place of the thread, and at its end."""
    messages = both(situation.session.messages, situation.once(sent))
    return array("i", accumulate(map(messages.__getitem__, situation.thread.rows), initial=0))


def _walked(
    situation: Situation, row: int | None, bridged: Callable[[Situation, int], int | None],
) -> tuple[list[int], int | None]:
    """The chain of a row as far as it is not loaded, the row first, and the row that is loaded, None where it ends
    before; `bridged` says what it goes on with where a parent is missing."""
    session, loaded, kept = situation.session, situation.loaded, situation.thread.recovered
    seen: set[int] = set()
    walked: list[int] = []
    while row is not None and row not in seen and (row not in loaded or row in kept):
        seen.add(row)
        if row not in loaded:
            walked.append(row)
        if session.kind(row) is Kind.BOUNDARY:
            # What it keeps by name from before it comes along.
            named = (session.row(uuid) for uuid in reversed(situation.kept(row)))
            walked += (one for one in named if one is not None and one < row and one not in loaded)
            return walked, None
        parent = session.parent_row[row]
        row = parent if parent >= 0 else bridged(situation, row) if parent == MISSING else None
    return walked, None if row in seen else row


def _whole(situation: Situation, walked: Sequence[int]) -> list[int]:
    """The records of a chain, which is given from its end, oldest first, with the calls and results beside it."""
    session, loaded = situation.session, situation.loaded
    seen = set(walked)
    rows: list[int] = []
    for row in reversed(walked):
        rows.append(row)
        stack = [_parallel(session, row)]
        while stack:
            other = next(stack[-1], None)
            if other is None:
                stack.pop()
            elif other not in seen and other not in loaded:
                seen.add(other)
                rows.append(other)
                stack.append(_parallel(session, other))
    return rows


def _parallel(session: Session, row: int) -> Iterator[int]:
    """Calls of the same response and results that hang right on a record."""
    scan = session.scan
    if scan.kind[row] != Kind.ASSISTANT:
        return
    for child in session.children.get(row, ()):
        same = scan.kind[child] == Kind.ASSISTANT and scan.message_id[child] == scan.message_id[row] >= 0
        kinds = (scan.block_kind[block] for block in scan.blocks(child))
        if same or (scan.kind[child] == Kind.USER and BlockKind.TOOL_RESULT in kinds):
            yield child


def restoring(
    situation: Situation, fix_id: str, title: str, edits: Sequence[Edit], rows: Sequence[int], *, certain: bool = True,
    instead: Sequence[int] | None = None, hung: tuple[int, int] | None = None,
) -> Fix:
    """A fix that brings rows back to the thread, wherever they stood, or in front of `instead`; `hung` is a loaded row
    and the one that it hangs on then.

    Safe when they are certainly lost and the whole fits the model's window; else the price says what comes back. Where
    other messages are left out for it, the person decides.
    """
    session = situation.session
    window = measure.window(situation)
    if instead is None and not any(row in situation.loaded for row in rows):
        thread = situation.thread.rows
        measured = measure.in_front if not (rows and thread) or _older(session, rows[-1], thread[0]) else measure.among
        after = measured(situation, rows)
    else:
        back = set(rows)
        rest = [row for row in (situation.thread.rows if instead is None else instead) if row not in back]
        after = measure.context(session, [*rows, *rest])
    fits = after <= window * measure.FULL
    price = f"{brings(session, rows)}, about {measure.tokens(after)} afterwards"
    price += "" if fits else f": {after / window:.0%} of the model's window"
    left = 0 if hung is None else _left(situation, *hung)
    if left:
        price += f"; leaves {words.plural(left, 'message')} out"
        return Fix(fix_id, title, Safety.MANUAL, tuple(edits), price, tuple(rows))
    if certain and fits:
        return Fix(fix_id, title, Safety.SAFE, tuple(edits), f"keeps everything; {price}", tuple(rows))
    return Fix(fix_id, title, Safety.RESTORES, tuple(edits), price, tuple(rows))


def told(session: Session, rows: Iterable[int]) -> int:
    """How many messages are among rows; a summary, which stands for others, is none of them."""
    return measure.messages(session, (row for row in rows if not session.scan.flags[row] & Flag.SUMMARY))


def brings(session: Session, rows: Sequence[int]) -> str:
    """That rows come back, in words: summaries are counted where there is nothing else."""
    count = told(session, rows)
    return words.brings(count) if count else words.brings(measure.messages(session, rows), "summary", "summaries")


def _older(session: Session, row: int, other: int) -> bool:
    """Whether one record was written before another, by their times, or by their lines where these do not tell."""
    one, two = session.scan.time[row], session.scan.time[other]
    return one < two or (not one > two and row < other)


__all__ = ["MISSING", "NO_PARENT", "TALK", "brings", "descendants", "history", "restoring", "switched", "told",
           "true_parent"]
