"""Where the chain breaks on the way from the leaf to the root, and which rule each break belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unbrick.compaction import sound_summary
from unbrick.edit import Relink
from unbrick.entry import Flag, Kind
from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick.rules.chainfix import MISSING, NO_PARENT, TALK, history, restoring, true_parent
from unbrick.rules.replays import copied
from unbrick.scanning.columns import inherited
from unbrick.session import Standing
from unbrick.situation import Situation
from unbrick.thread import Loss, Outcome
from unbrick.weighing import measure


@dataclass(frozen=True)
class Break:
    """A record whose parent the client does not find, or should not have followed. `goes_on` is the row that the
    client goes on with instead (None: it stops there), `before` the row that stood before it, `lost` the rows that
    are not loaded because of the break, oldest first."""

    code: str
    row: int
    goes_on: int | None
    before: int | None
    lost: tuple[int, ...] = ()
    messages: int = 0

    @property
    def hurts(self) -> bool:
        """Whether messages are not sent because of it."""
        return self.messages > 0


def breaks(situation: Situation, code: str) -> Iterator[Break]:
    """The breaks that a rule explains: those that lose history, and those that this client gets over."""
    session, thread = situation.session, situation.thread
    if thread.whole:
        return
    standing = thread.standing
    seen: set[int] = set()
    aside = situation.once(thread_ends_aside)
    for loss in thread.losses:
        if loss.before != loss.row and not aside and not _told_elsewhere(situation, loss.row):
            seen.add(loss.row)
            if _code(situation, loss.row) == code:
                yield _broken(situation, code, loss)
    rows: list[int] = []
    if thread.losses and code in ("L001", "L010"):
        # Further breaks of the lost history, so that one repair mends them all.
        rows = [
            row for row, parent in enumerate(session.parent_row)
            if parent == MISSING and standing[row] == Standing.LOST
        ]
    for row in (*rows, *thread.bridged):
        if row in seen or _code(situation, row) != code or _told_elsewhere(situation, row):
            continue
        seen.add(row)
        goes_on, before = thread.bridged.get(row), true_parent(situation, row)
        lost = _missed(situation, before) if goes_on is not None and before != goes_on else _kept(situation, before)
        yield Break(code, row, goes_on, before, tuple(lost), measure.messages(session, lost))


def _told_elsewhere(situation: Situation, row: int) -> bool:
    """Whether another rule speaks of this break: of copies, of another session's records, of a summary without its
    boundary or in front of it."""
    session = situation.session
    parent = session.parent_row[row]
    return (
        row in situation.once(copied) or row in situation.thread.foreign or sound_summary(session, row)
        or (parent >= 0 and sound_summary(session, parent))
    )


def _broken(situation: Situation, code: str, loss: Loss) -> Break:
    before = true_parent(situation, loss.row)
    lost = [row for row in history(situation, before) if situation.thread.standing[row] != Standing.REWOUND]
    return Break(code, loss.row, None, before, tuple(lost), loss.messages or measure.messages(situation.session, lost))


def _missed(situation: Situation, before: int | None) -> list[int]:
    """What the client passes over where it goes on with another record than the one that stood before."""
    standing = situation.thread.standing
    return [
        row for row in history(situation, before)
        if standing[row] in (Standing.UNDECIDED, Standing.LOST)
    ]


def _kept(situation: Situation, summary: int | None) -> list[int]:
    """What a boundary keeps behind its summary, where the client goes on with the summary and passes over it."""
    session = situation.session
    boundary = NO_PARENT if summary is None or not sound_summary(session, summary) else session.parent_row[summary]
    if boundary < 0 or session.kind(boundary) is not Kind.BOUNDARY:
        return []
    named = (session.row(uuid) for uuid in situation.kept(boundary))
    return [row for row in named if row is not None and row < boundary and row not in situation.loaded]


def thread_ends_aside(situation: Situation) -> bool:
    """Whether the client resumes a subagent's conversation instead of the main one."""
    session, leaf = situation.session, situation.thread.leaf
    return leaf is not None and session.has(leaf, Flag.SIDECHAIN) and not any(
        session.kind(row) in TALK and not session.has(row, Flag.SIDECHAIN) for row in situation.thread.rows
    )


def _code(situation: Situation, row: int) -> str:
    """The rule that a broken link belongs to, by its shape."""
    session = situation.session
    parent = session.parent_row[row]
    if parent == NO_PARENT:
        return "L002"
    if parent == MISSING:
        if nameless(situation, row) is not None:
            return "L010"
        before = true_parent(situation, row)
        return "L004" if before is not None and session.scan.uuid[before] in session.duplicates else "L001"
    if session.kind(parent) is Kind.PROGRESS:
        return "L008"
    if session.duplicates and situation.once(_behind_twins)[row]:
        return "L004"
    return "L003" if situation.once(_circular)[row] else "L001"


def _behind_twins(situation: Situation) -> bytearray:
    """1 for a row that shares its id, or has such a row above it."""
    session = situation.session
    return inherited(session.parent_row, bytes(uuid in session.duplicates for uuid in session.scan.uuid))


def _circular(situation: Situation) -> bytearray:
    """1 for a row whose parents lead into a circle: what hangs on a root or on a missing parent leads to one."""
    parents = situation.session.parent_row
    ends = inherited(parents, bytes(parent < 0 for parent in parents))
    return bytearray(not end for end in ends)


def nameless(situation: Situation, row: int) -> int | None:
    """The record directly before a row that has lost its id, which is then the id that the row names as its parent."""
    session = situation.session
    flags = session.scan.flags
    for other in range(row - 1, -1, -1):
        if flags[other] & Flag.LINK:
            return other if flags[other] & Flag.NO_UUID and not flags[other] & Flag.SIDECHAIN else None
    return None


def broken_link(situation: Situation, name: str, found: Break, what: str, fixes: tuple[Fix, ...]) -> Finding:
    """A broken link as a finding: an error where messages are lost or the client hangs, else information."""
    thread = situation.thread
    outcome = Outcome.HANG if thread.outcome is Outcome.HANG and found.goes_on is None else None
    if found.hurts:
        lost_for_sure = any(thread.standing[row] == Standing.LOST for row in found.lost)
        severity = Severity.ERROR if found.goes_on is None or lost_for_sure else Severity.WARNING
        lost = measure.counted(found.messages, "message")
        if found.goes_on is None:
            are = "is" if found.messages == 1 else "are"
            after = f"; the client stops there, and {lost} before it {are} not loaded"
        else:
            after = f"; the client goes on with {situation.place(found.goes_on)} instead and leaves {lost} out"
    elif outcome is not None:
        severity, after = Severity.ERROR, "; the client hangs on it"
    elif found.goes_on is not None:
        severity, after = Severity.INFO, f"; this client goes on with {situation.place(found.goes_on)}"
    elif situation.thread.standing[found.row] == Standing.LOST:
        severity, after = Severity.ERROR, "; this is a further break in the history that is not loaded"
    else:
        severity, after = Severity.INFO, "; nothing stands before it in the file"
    return Finding(
        found.code, name, severity, what + after, situation.at(found.row), found.row, fixes=fixes, outcome=outcome,
        api_error=thread.error if outcome is not None else None,
    )


def hang_behind(situation: Situation, found: Break) -> tuple[Fix, ...]:
    """Hang a record on the one that stood before it."""
    if found.before is None:
        return ()
    edit = Relink(situation.at(found.row), situation.session.uuid(found.before))
    title = f"Hang it behind {situation.place(found.before)}, which stood before it"
    if not found.lost:
        return (Fix("relink", title, Safety.SAFE, (edit,)),)
    certain = all(situation.thread.standing[row] != Standing.UNDECIDED for row in found.lost)
    return (restoring(situation, "relink", title, (edit,), found.lost, certain=certain),)


__all__ = ["Break", "breaks", "broken_link", "hang_behind", "nameless", "thread_ends_aside"]
