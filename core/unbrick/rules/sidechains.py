"""Subagents' records in the main conversation (L011)."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.edit import Adopt, Relink
from unbrick.entry import Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.rules.breaks import thread_ends_aside
from unbrick.rules.chainfix import TALK, true_parent
from unbrick.session import Session
from unbrick.situation import Situation
from unbrick.weighing import measure


def sidechain_in_chain(situation: Situation) -> Iterator[Finding]:
    """Records that are marked as a subagent's stand in the chain of the main conversation, and are sent with it.

    Every client sends what is linked, whatever its mark (claude-code-resume-table, `sidechain_linked`). Either a
    record of the main conversation carries the mark by mistake, which does no harm, or a subagent's messages were mixed
    in (anthropics/claude-code#22107, changelog 2.1.101).
    """
    session, thread = situation.session, situation.thread
    if 1 not in session.scan.marked(Flag.SIDECHAIN) or thread_ends_aside(situation):
        return
    rows = list(thread.rows)
    place = 0
    while place < len(rows):
        start = place
        while place < len(rows) and session.has(rows[place], Flag.SIDECHAIN):
            place += 1
        run = rows[start:place]
        if run and any(session.kind(row) in TALK for row in run):
            yield _run(situation, run, rows[place] if place < len(rows) else None)
        place += 1


def _run(situation: Situation, run: list[int], following: int | None) -> Finding:
    session = situation.session
    number = measure.messages(session, run)
    count, is_are = measure.counted(number, "message"), "is" if number == 1 else "are"
    keep = Fix("adopt", "Take the subagent's mark off: they are the main conversation's", Safety.SAFE,
               tuple(Adopt(situation.at(row)) for row in run))
    if following is None or _paired_outside(session, run) or _only_reply(situation, run, following):
        return Finding(
            "L011", "sidechain-in-chain", Severity.INFO,
            f"the main conversation holds {count} with a subagent's mark, sent all the same",
            situation.at(run[0]), run[0], fixes=(keep,),
        )
    before = true_parent(situation, run[0])
    cut: tuple[Fix, ...] = ()
    if following is not None and before is not None:
        edit = Relink(situation.at(following), session.uuid(before))
        cut = (Fix("unlink", "Take the subagent's messages out of the chain; they stay in the file", Safety.LOSSY,
                   (edit,), f"drops {count} of a subagent"),)
    return Finding(
        "L011", "sidechain-in-chain", Severity.WARNING,
        f"{count} with a subagent's mark {is_are} linked into the conversation and sent with it",
        situation.at(run[0]), run[0],
        fixes=(*cut, Fix(keep.id, keep.title, Safety.MANUAL, keep.edits, "you decide: keeps everything as it is sent")),
    )


def _only_reply(situation: Situation, run: list[int], following: int) -> bool:
    """Whether the run is the model's, and the only reply to what stands before it: a subagent's begins with the task
    that it was given, and hangs beside a reply."""
    session, rows = situation.session, situation.thread.rows
    start = situation.loaded[run[0]]
    talk = [row for row in run if session.kind(row) in TALK]
    before = next((row for row in reversed(rows[:start]) if session.kind(row) in TALK), None)
    after = next((row for row in rows[situation.loaded[following] :] if session.kind(row) in TALK), None)
    return (
        before is not None and after is not None and session.kind(before) is Kind.USER
        and session.kind(after) is Kind.USER and all(session.kind(row) is Kind.ASSISTANT for row in talk)
    )


def _paired_outside(session: Session, run: list[int]) -> bool:
    """Whether a call or result in the run has its counterpart outside of it, in the main conversation."""
    inside = set(run)
    scan = session.scan
    for row in run:
        for block in scan.blocks(row):
            call = session.calls.get(scan.strings.text(scan.block_ref[block]) or "")
            if call is not None and any(
                other not in inside and not session.has(other, Flag.SIDECHAIN)
                for other, _ in (*call.uses, *call.results)
            ):
                return True
    return False


SIDECHAIN_IN_CHAIN: Rule[Situation] = Rule(
    "L011", "sidechain-in-chain", sidechain_in_chain, None, (Affect(Severity.WARNING),),
)
