"""Rules of the links family about which of several ends and branches is loaded: L005 to L007, L009, L011, L012."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick import measure
from unbrick.edit import Adopt, Linearise, Relink, SetLeaf
from unbrick.entry import BlockKind, Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.rules.breaks import branches, thread_ends_aside
from unbrick.rules.chainfix import TALK, line, restoring, true_parent
from unbrick.session import Session
from unbrick.situation import Situation
from unbrick.thread import Outcome


def lost_branch(situation: Situation) -> Iterator[Finding]:
    """A part of the conversation hangs beside the thread, and the client loads only one of the two.

    A person who goes back and types another prompt leaves such a branch on purpose; that is not reported. A reply
    that came after a request was tried again, beside the notice that it had failed, was lost by no one's will
    (anthropics/claude-code#72203, #88597, #91113): the next prompt hangs on the notice, and every resume drops the
    reply. Where the file does not say which of the two it is, the branch is offered with what it contains and is never
    brought back by itself.
    """
    session, thread = situation.session, situation.thread
    for parent, rows in branches(situation):
        if parent < 0 or parent == thread.leaf:
            continue
        follower = _follower(situation, parent)
        talk = [row for row in rows if session.kind(row) in TALK]
        if follower is None or not talk:
            continue
        prompts = [row for row in rows if session.has(row, Flag.PROMPT)]
        certain = not prompts and _retried(situation, follower, max(rows))
        count = measure.counted(len(talk), "message")
        tail = talk[-1]
        if prompts:
            fixes = (_switch(situation, rows, tail, follower),)
        else:
            edit = Relink(situation.at(follower), session.uuid(tail))
            title = f"Hang {line(situation, follower)}, which went on, behind {line(situation, tail)}"
            fixes = (restoring(situation, "graft", title, (edit,), rows, certain=certain),)
        why = (
            "it came after a failed request was tried again, and what followed hangs on the notice of the failure"
            if certain else "the file does not say whether it was left on purpose"
        )
        yield Finding(
            "L005", "lost-branch", Severity.ERROR if certain else Severity.INFO,
            f"{count} from here to {line(situation, rows[-1])} hang beside the thread and are not loaded: {why}",
            situation.at(rows[0]), rows[0], fixes=fixes,
        )
    yield from _unexplained(situation)


def _unexplained(situation: Situation) -> Iterator[Finding]:
    """Losses that no shape explains are told all the same."""
    session, thread = situation.session, situation.thread
    for loss in thread.losses:
        if loss.before != loss.row or not loss.messages or not thread.rows:
            continue
        known = (
            loss.row in session.scan.faults or loss.row in situation.loaded
            or session.scan.uuid[loss.row] in session.duplicates
        )
        if not known:
            yield Finding(
                "L005", "lost-branch", Severity.ERROR,
                f"{measure.counted(loss.messages, 'message')} are not loaded: {loss.why}",
                situation.at(loss.row), loss.row,
            )


def _follower(situation: Situation, parent: int) -> int | None:
    """The loaded record that goes on from a fork."""
    rows, loaded, session = situation.thread.rows, situation.loaded, situation.session
    return next(
        (row for row in rows[loaded[parent] + 1 :]
         if session.parent_row[row] == parent and not session.has(row, Flag.SIDECHAIN)), None,
    )


def _retried(situation: Situation, follower: int, last: int) -> bool:
    """Whether the loaded side goes from the fork to the next prompt over notices of failed requests only, and the
    other side was written before that prompt."""
    session, rows = situation.session, situation.thread.rows
    noticed = False
    for row in rows[situation.loaded[follower] :]:
        if session.has(row, Flag.PROMPT):
            return noticed and last < row
        if session.kind(row) is Kind.ASSISTANT and not session.has(row, Flag.API_ERROR):
            return False
        noticed = noticed or session.has(row, Flag.RETRY | Flag.API_ERROR)
    return False


def _switch(situation: Situation, rows: list[int], tail: int, follower: int) -> Fix:
    """Go on with another branch instead of the loaded one."""
    session, thread = situation.session, situation.thread
    left = thread.rows[situation.loaded[follower] :]
    return Fix(
        "switch", f"Go on from {line(situation, tail)} instead", Safety.MANUAL, (SetLeaf(session.uuid(tail) or ""),),
        f"brings back {measure.counted(measure.messages(session, rows), 'message')}, "
        f"leaves {measure.counted(measure.messages(session, left), 'message')} out",
    )


def wrong_leaf(situation: Situation) -> Iterator[Finding]:
    """The client ends the conversation at a record that is not its end.

    From 2.1.139 on it follows the last pointer record, unless the last message of the file descends from what that
    names; before, the last message in the file (2.1.101) or the newest time decides. A pointer that names a prompt
    whose reply is in the file leaves the reply out; a subagent's record at the end of the file makes clients before
    2.0.76 resume the subagent (claude-code-resume §3, Leaf).
    """
    session, thread = situation.session, situation.thread
    leaf = thread.leaf
    if leaf is None:
        return
    if thread_ends_aside(situation):
        last = _last_main(session)
        if last is not None:
            lost = max((loss.messages for loss in thread.losses), default=0)
            yield Finding(
                "L006", "wrong-leaf", Severity.ERROR,
                f"the client resumes a subagent's conversation, which ends here; {measure.counted(lost, 'message')} of "
                "the main one are not loaded",
                situation.at(leaf), leaf,
                fixes=(Fix(
                    "leaf", f"Make {line(situation, last)} the end", Safety.SAFE, (SetLeaf(session.uuid(last) or ""),),
                    "keeps everything; the subagent's records stay in the file",
                ),),
            )
        return
    for parent, rows in branches(situation):
        talk = [row for row in rows if session.kind(row) in TALK]
        if parent != leaf or not talk or any(session.has(row, Flag.NO_TIME) for row in (leaf, *rows)):
            continue
        certain = session.has(leaf, Flag.PROMPT) and not any(session.has(row, Flag.PROMPT) for row in rows)
        edit = SetLeaf(session.uuid(talk[-1]) or "")
        title = f"Make {line(situation, talk[-1])} the end"
        fix = restoring(situation, "leaf", title, (edit,), rows, certain=certain)
        yield Finding(
            "L006", "wrong-leaf", Severity.ERROR if certain else Severity.INFO,
            f"the client ends the conversation here, though {measure.counted(len(talk), 'message')} follow"
            + ("" if certain else "; the file does not say whether they were left on purpose"),
            situation.at(leaf), leaf, fixes=(fix,),
        )


def _last_main(session: Session) -> int | None:
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
        last = _last_main(session)
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
    for parent, rows in branches(situation):
        untimed = [row for row in (parent, *rows) if row >= 0 and session.has(row, Flag.NO_TIME)]
        talk = [row for row in rows if session.kind(row) in TALK]
        if parent == thread.leaf and untimed and talk:
            yield Finding(
                "L007", "leaf-not-found", Severity.ERROR,
                f"a record without a valid time makes the client end at {line(situation, parent)}: "
                f"{measure.counted(len(talk), 'message')} after it are not loaded",
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
    certain = session.kind(leaf) is Kind.USER and session.kind(first) is Kind.ASSISTANT
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
        )
    else:
        yield Finding(
            "L007", "leaf-not-found", Severity.ERROR,
            "the file holds no message, so there is no conversation to resume and none to bring back from it",
            api_error=_named(situation.thread.error, situation), outcome=situation.thread.outcome,
        )


def _named(error: str | None, situation: Situation) -> str | None:
    return None if error is None else error.replace("{session_id}", situation.bundle.session_id)


def _adopt(situation: Situation, rows: list[int]) -> Fix:
    title = "Take the subagent's mark off and give it a time where it has none"
    return Fix("adopt", title, Safety.SAFE, tuple(Adopt(situation.at(row)) for row in rows))


def _pointed(session: Session) -> int | None:
    scan = session.scan
    for row in range(len(session) - 1, -1, -1):
        if scan.flags[row] & Flag.POINTER and scan.refers[row] >= 0:
            return session.row_of.get(scan.refers[row])
    return None


def lost_parallel_results(situation: Situation) -> Iterator[Finding]:
    """One response made several calls at once, and the client follows only one of them.

    From 2.1.20 on each result hangs on its own call, so that a response with parallel calls is a tree. 2.1.20 to
    2.1.79 follow one branch of it; from 2.1.139 to 2.1.289 so does every client in files above 5 MB. The other calls
    and results are then dropped without a word. Written as one chain, calls first and then the results, the response is
    read fully by every version and size (claude-code-resume §3, Siblings; tested).
    """
    session, thread = situation.session, situation.thread
    hurt = False
    for loss in thread.losses:
        row = loss.row
        if loss.before != row or row not in situation.loaded or session.scan.message_id[row] < 0:
            continue
        order = _response(session, row)
        if not any(one not in situation.loaded and session.scan.kind[one] == Kind.USER for one in order):
            continue
        hurt = True
        yield Finding(
            "L009", "lost-parallel-results", Severity.ERROR,
            f"a response with parallel calls: the client follows one of them and drops "
            f"{measure.counted(loss.messages, 'record')} with the other calls and results",
            situation.at(row), row,
            fixes=(Fix("linearise", f"Write the {len(order):,} records of the response as one chain", Safety.SAFE,
                       (Linearise(tuple(situation.at(one) for one in order)),)),),
        )
    found = sorted(row for row in thread.recovered if row > (thread.boundary if thread.boundary is not None else -1))
    if found and not hurt:
        yield Finding(
            "L009", "lost-parallel-results", Severity.INFO,
            f"parallel calls are stored as a tree; this client puts {measure.counted(len(found), 'record')} of it back",
            situation.at(found[0]), found[0],
        )


def _response(session: Session, row: int) -> list[int]:
    """The records of a response in file order, then their results in the order of the calls."""
    scan = session.scan
    calls = [
        other for other, number in enumerate(scan.message_id)
        if number == scan.message_id[row] and scan.kind[other] == Kind.ASSISTANT
        and session.row_of.get(scan.uuid[other]) == other
    ]
    order = {
        scan.block_ref[block]: place for place, (block) in enumerate(
            block for call in calls for block in scan.blocks(call) if scan.block_kind[block] == BlockKind.TOOL_USE
        )
    }
    members = set(calls)
    results: list[tuple[int, int]] = []
    for other, parent in enumerate(session.parent_row):
        if parent not in members or scan.kind[other] != Kind.USER:
            continue
        refs = [
            order[scan.block_ref[block]] for block in scan.blocks(other)
            if scan.block_kind[block] == BlockKind.TOOL_RESULT and scan.block_ref[block] in order
        ]
        if refs:
            results.append((min(refs), other))
    return calls + [other for _place, other in sorted(results)]


def sidechain_in_chain(situation: Situation) -> Iterator[Finding]:
    """Records that are marked as a subagent's stand in the chain of the main conversation, and are sent with it.

    Every client sends what is linked, whatever its mark (claude-code-resume-table, `sidechain_linked`). Either a
    record of the main conversation carries the mark by mistake, which does no harm, or a subagent's messages were mixed
    in (anthropics/claude-code#22107, changelog 2.1.101).
    """
    session, thread = situation.session, situation.thread
    if thread_ends_aside(situation):
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
    count = measure.counted(measure.messages(session, run), "message")
    keep = Fix("adopt", "Take the subagent's mark off: they are the main conversation's", Safety.SAFE,
               tuple(Adopt(situation.at(row)) for row in run))
    if following is None or _paired_outside(session, run):
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
        f"{count} marked as a subagent's are linked into the conversation and sent with it",
        situation.at(run[0]), run[0],
        fixes=(*cut, Fix(keep.id, keep.title, Safety.MANUAL, keep.edits, "you decide: keeps everything as it is sent")),
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


def missing_message_id(situation: Situation) -> Iterator[Finding]:
    """Replies of the model do not carry the id of the response they belong to.

    From 2.0.76 on clients put the records of one response together by that id; replies without one all count as one
    response, are merged, and calls among them are dropped (claude-code-resume-table, `message_id_missing`). Such files
    come from other tools and from conversions. Any id of its own for each reply mends it.
    """
    session, scan, rows = situation.session, situation.session.scan, situation.thread.rows
    groups: list[list[int]] = []
    last: int | None = None
    for row in rows:
        if scan.kind[row] == Kind.ASSISTANT:
            if scan.message_id[row] < 0 and not scan.flags[row] & Flag.API_ERROR:
                if last is not None and groups and groups[-1][-1] == last:
                    groups[-1].append(row)
                else:
                    groups.append([row])
            last = row
        elif scan.kind[row] == Kind.USER:
            last = None
    if len(groups) < 2:
        return
    affected = RULES[5].severity(situation.target, situation.size)
    count = sum(map(len, groups))
    edits = tuple(
        Adopt(situation.at(row), response=f"msg_{(session.uuid(group[0]) or str(group[0])).replace('-', '')}")
        for group in groups for row in group
    )
    yield Finding(
        "L012", "missing-message-id", affected,
        f"{measure.counted(count, 'reply').replace('replys', 'replies')} of the model carry no response id"
        + ("; this client merges them all into one" if affected is Severity.ERROR else ""),
        situation.at(groups[0][0]), groups[0][0],
        fixes=(Fix("ids", "Give each reply an id of its own", Safety.SAFE, edits),),
    )


RULES: tuple[Rule[Situation], ...] = (
    Rule("L005", "lost-branch", lost_branch, None, (Affect(Severity.ERROR),)),
    Rule("L006", "wrong-leaf", wrong_leaf, None, (Affect(Severity.ERROR),)),
    Rule(
        "L007", "leaf-not-found", leaf_not_found, r"no conversation found with session id",
        (
            Affect(Severity.ERROR, until="2.1.90"),
            Affect(Severity.ERROR, Outcome.NOT_FOUND, since="2.1.90"),
        ),
    ),
    Rule(
        "L009", "lost-parallel-results", lost_parallel_results, None,
        (
            Affect(Severity.ERROR, since="2.1.20", until="2.1.80"),
            Affect(Severity.ERROR, since="2.1.139", until="2.1.290", above=5_000_000),
        ),
    ),
    Rule("L011", "sidechain-in-chain", sidechain_in_chain, None, (Affect(Severity.WARNING),)),
    Rule("L012", "missing-message-id", missing_message_id, None, (Affect(Severity.ERROR, since="2.1.20"),)),
)
