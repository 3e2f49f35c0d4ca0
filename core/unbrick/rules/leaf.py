"""Whether the client finds an end of the conversation that it accepts (L007)."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.edit import Adopt
from unbrick.entry import Flag
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.rules.chainfix import TALK, restoring
from unbrick.session import Session, Standing
from unbrick.situation import Situation
from unbrick.thread import Outcome, Why
from unbrick.weighing import measure


def last_main(session: Session) -> int | None:
    """The last message of the main conversation in the file."""
    kinds, flags = session.scan.kind, session.scan.flags
    return next(
        (row for row in range(len(kinds) - 1, -1, -1)
         if kinds[row] in TALK and not flags[row] & (Flag.SIDECHAIN | Flag.NO_UUID)), None,
    )


def leaf_not_found(situation: Situation) -> Iterator[Finding]:
    """The client finds no end of the conversation that it accepts.

    "No conversation found with session ID": the record that should be the end is marked as a subagent's, or has no
    valid time (from 2.1.90 on; before, the last message is left out instead, and 2.0.76 crashes on a first record
    without a time). Taking the mark off, or giving the record the time of the one before it, is all it needs
    (claude-code-resume-table, `sidechain_flag_last`, `ts_missing_last`).
    """
    session, thread = situation.session, situation.thread
    failing = thread.outcome in (Outcome.NOT_FOUND, Outcome.CRASH) and not thread.rows
    bad = Flag.SIDECHAIN | Flag.NO_TIME
    if failing:
        pointed = _pointed(session)
        last = last_main(session)
        wanted = last if pointed is None or not session.has(pointed, bad) else pointed
        if wanted is None or last is None:
            yield from _no_messages(situation)
            return
        untimed = [row for row in range(len(session)) if session.has(row, Flag.LINK) and session.has(row, Flag.NO_TIME)]
        rows = [wanted] if session.has(wanted, bad) else untimed if thread.outcome is Outcome.CRASH else []
        if not rows:
            return
        what = "is marked as a subagent's" if session.has(wanted, Flag.SIDECHAIN) else "has no valid time"
        yield Finding(
            "L007", "leaf-not-found", Severity.ERROR,
            f"the record that should be the end of the conversation {what}: the client does not open the session"
            if rows == [wanted] else "a record has no valid time, and this client stops at that",
            situation.at(rows[0]), rows[0], api_error=_named(thread.error, situation), outcome=thread.outcome,
            fixes=(_adopt(situation, rows),),
        )
        return
    yield from _marked_tail(situation)
    for branch in thread.branches:
        if branch.why is Why.UNTIMED:
            untimed = [row for row in (branch.parent, *branch.rows) if session.has(row, Flag.NO_TIME)]
            yield Finding(
                "L007", "leaf-not-found", Severity.ERROR,
                f"a record without a valid time makes the client end at {situation.place(branch.parent)}: "
                f"{measure.counted(measure.messages(session, branch.rows), 'message')} after it are not loaded",
                situation.at(untimed[0]), untimed[0], fixes=(_adopt(situation, untimed),),
            )


def _marked_tail(situation: Situation) -> Iterator[Finding]:
    """Records marked as a subagent's that go on from the end of the main conversation."""
    session, leaf = situation.session, situation.thread.leaf
    if leaf is None or session.has(leaf, Flag.SIDECHAIN):
        return
    tail: list[int] = []
    stack = [leaf]
    while stack:
        children = [row for row in session.children.get(stack.pop(), ()) if session.has(row, Flag.SIDECHAIN)]
        tail += children
        stack += children
    if not any(session.kind(row) in TALK for row in tail):
        return
    first = next(row for row in tail if session.kind(row) in TALK)
    certain = situation.thread.standing_of(first) is Standing.LOST
    fix = restoring(
        situation, "adopt", "Take the subagent's mark off", tuple(Adopt(situation.at(row)) for row in tail),
        sorted(tail), certain=certain,
    )
    yield Finding(
        "L007", "leaf-not-found", Severity.ERROR if certain else Severity.WARNING,
        f"{measure.counted(measure.messages(session, tail), 'message')} at the end carry a subagent's mark and are not "
        "loaded, though they go on from the main conversation",
        situation.at(first), first, fixes=(fix,),
    )


def _no_messages(situation: Situation) -> Iterator[Finding]:
    session = situation.session
    if any(kind in TALK for kind in session.scan.kind):
        yield Finding(
            "L007", "leaf-not-found", Severity.ERROR,
            "every message in this file is a subagent's: it belongs to another session, which is the one to resume",
            api_error=_named(situation.thread.error, situation), outcome=situation.thread.outcome,
            fixes=tuple(_on_its_own(situation)),
        )
    else:
        yield Finding(
            "L007", "leaf-not-found", Severity.ERROR,
            "the file holds no message, so there is no conversation to resume and none to bring back from it",
            api_error=_named(situation.thread.error, situation), outcome=situation.thread.outcome,
        )


def _on_its_own(situation: Situation) -> Iterator[Fix]:
    """A subagent's conversation made one that can be resumed by itself."""
    session = situation.session
    marked = [row for row in range(len(session)) if session.has(row, Flag.LINK) and session.has(row, Flag.SIDECHAIN)]
    if marked:
        count = measure.counted(measure.messages(session, marked), "message")
        yield Fix(
            "adopt", "Take the subagent's mark off every record, to resume this conversation by itself", Safety.MANUAL,
            tuple(Adopt(situation.at(row)) for row in marked), f"you decide: {count} that belong to another session",
            tuple(marked),
        )


def _named(error: str | None, situation: Situation) -> str | None:
    return None if error is None else error.replace("{session_id}", situation.bundle.session_id)


def _adopt(situation: Situation, rows: list[int]) -> Fix:
    title = "Take the subagent's mark off and give it a time where it has none"
    edits = tuple(Adopt(situation.at(row)) for row in rows)
    return Fix("adopt", title, Safety.SAFE, edits, brings=situation.lost)


def _pointed(session: Session) -> int | None:
    scan = session.scan
    for row in range(len(session) - 1, -1, -1):
        if scan.flags[row] & Flag.POINTER and scan.refers[row] >= 0:
            return session.row_of.get(scan.refers[row])
    return None


LEAF_NOT_FOUND: Rule[Situation] = Rule(
    "L007", "leaf-not-found", leaf_not_found, r"no conversation found with session id",
    (
        Affect(Severity.ERROR, until="2.1.90"),
        Affect(Severity.ERROR, Outcome.NOT_FOUND, since="2.1.90"),
    ),
)
