"""Which of several branches and ends of a conversation is loaded (L005, L006)."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick import measure
from unbrick.edit import Relink, SetLeaf
from unbrick.entry import Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.rules.breaks import branches, thread_ends_aside
from unbrick.rules.chainfix import TALK, line, restoring
from unbrick.rules.leaf import last_main
from unbrick.situation import Situation


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
        last = last_main(session)
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


LOST_BRANCH: Rule[Situation] = Rule("L005", "lost-branch", lost_branch, None, (Affect(Severity.ERROR),))

WRONG_LEAF: Rule[Situation] = Rule("L006", "wrong-leaf", wrong_leaf, None, (Affect(Severity.ERROR),))
