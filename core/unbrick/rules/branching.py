"""Which of several branches and ends of a conversation is loaded (L005, L006, L013)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from unbrick import words
from unbrick.edit import Relink, SetLeaf
from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.rules.breaks import thread_ends_aside
from unbrick.rules.chainfix import TALK, brings, restoring, switched
from unbrick.rules.leaf import last_main
from unbrick.rules.order import true_end
from unbrick.scanning.ones import of_kinds, places
from unbrick.session import Standing
from unbrick.situation import Situation
from unbrick.thread import Branch, Why
from unbrick.weighing import measure


def lost_branch(situation: Situation) -> Iterator[Finding]:
    """A part of the conversation hangs beside the thread, and the client loads only one of the two.

    A person who goes back and types another prompt leaves such a branch on purpose (L013). A reply
    that came after a request was tried again, beside the notice that it had failed, was lost by no one's will
    (anthropics/claude-code#72203, #88597, #91113): the next prompt hangs on the notice, and every resume drops the
    reply. Two clients that have one session open each write a branch, and a resume loads that of one of them
    (claude-code-resume §5; tested). Where the file does not say which of these it is, the branch is a warning when it
    holds replies, is offered with what it contains, and is never brought back by itself.
    """
    session, thread = situation.session, situation.thread
    if situation.once(true_end) is not None:
        return
    for branch in thread.branches:
        parent, rows = branch.parent, branch.rows
        apart = parent < 0 and bool(thread.rows) and not thread.losses and rows[0] > (thread.boundary or -1)
        if parent == thread.leaf or not (apart or parent in situation.loaded):
            continue
        talk = [row for row in rows if session.kind(row) in TALK]
        prompts = sum(session.has(row, Flag.PROMPT) for row in rows)
        replies = _has_replies(situation, branch)
        follower = situation.once(_follower, parent) if parent >= 0 else None
        tail = talk[-1]
        certain = branch.why is Why.RETRY
        if prompts:
            fixes = (_switch(situation, tail),)
        elif follower is not None:
            edit = Relink(situation.at(follower), session.uuid(tail))
            title = f"Hang {situation.place(follower)}, which went on, behind {situation.place(tail)}"
            hung = follower, tail
            fixes = (restoring(situation, "graft", title, (edit,), rows, certain=certain, hung=hung),)
        else:
            continue
        severity = Severity.ERROR if certain else Severity.WARNING if replies else Severity.INFO
        if not prompts and follower is not None and not certain and not session.has(follower, Flag.PROMPT):
            severity = Severity.INFO  # Two answers to one record: a request that was sent again leaves that behind.
        held = measure.counted(len(talk), "message")
        if prompts:
            held += f" ({measure.counted(prompts, 'prompt')} among them)"
        one = len(talk) == 1
        where = f"from here to {situation.place(rows[-1])} " if rows[-1] != rows[0] else ""
        yield Finding(
            "L005", "lost-branch", severity,
            f"{held} {where}{'hangs' if one else 'hang'} beside the thread and {'is' if one else 'are'} not loaded: "
            + _BECAUSE.get(branch.why, "the file does not say whether it was left on purpose"),
            situation.at(rows[0]), rows[0], fixes=fixes,
        )
    yield from _unexplained(situation)


_BECAUSE = {
    Why.RETRY: "it came after a failed request was tried again, and what followed hangs on the notice of the failure",
    Why.CLIENTS: "both sides went on at the same time, as when two clients have one session open",
}


def _has_replies(situation: Situation, branch: Branch) -> bool:
    """Whether a branch holds what a model said, or what came of a call it made."""
    scan = situation.session.scan
    return any(
        not scan.flags[row] & (Flag.API_ERROR | Flag.SYNTHETIC) and any(
            scan.block_kind[block] == BlockKind.TOOL_RESULT if scan.kind[row] == Kind.USER
            else scan.kind[row] == Kind.ASSISTANT and scan.block_kind[block] == BlockKind.TEXT
            and not scan.block_flags[block] & (BlockFlag.EMPTY | BlockFlag.BLANK)
            for block in scan.blocks(row)
        )
        for row in branch.rows
    )


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
    loaded, session = situation.loaded, situation.session
    on = [row for row in session.children.get(parent, ()) if row in loaded and not session.has(row, Flag.SIDECHAIN)]
    return min(on, key=loaded.__getitem__, default=None)


def _switch(situation: Situation, tail: int) -> Fix:
    """Go on with another branch instead of the loaded one."""
    session = situation.session
    rows, left = switched(situation, tail)
    price = brings(session, rows)
    price += f", leaves {words.plural(left, 'message')} out" if left else ""
    return Fix(
        "switch", f"Go on from {situation.place(tail)} instead", Safety.MANUAL, (SetLeaf(session.uuid(tail) or ""),),
        price,
    )


SHOWN = 5
"""So many of the branches that a person left are offered, the last ones first."""


def rewound_branch(situation: Situation) -> Iterator[Finding]:
    """The person went back, typed another prompt, and so left a part of the conversation behind.

    That is how the client is meant to work, and nothing is wrong. It is told because a branch that was left is still in
    the file: one of them can be made the conversation again.
    """
    session, thread = situation.session, situation.thread
    standing, parents = thread.standing, session.parent_row
    heads = [
        row for row in places(of_kinds(standing, Standing.REWOUND))
        if (parents[row] < 0 or standing[parents[row]] != Standing.REWOUND)
    ]
    branches = [rows for head in heads if (rows := _below(situation, head))]
    if not branches:
        return
    first = branches[-1][0]
    count = sum(measure.messages(session, rows) for rows in branches)
    where = ("was" if count == 1 else "were") + (f", in {len(branches):,} branches," if len(branches) > 1 else "")
    yield Finding(
        "L013", "rewound-branch", Severity.INFO,
        f"{measure.counted(count, 'message')} {where} left for a later prompt; they are in the file and not sent",
        situation.at(first), first, fixes=tuple(_way_back(situation, rows) for rows in reversed(branches[-SHOWN:])),
    )


def _below(situation: Situation, head: int) -> list[int]:
    """The rows of a branch in file order; none where it holds no message."""
    session, standing = situation.session, situation.thread.standing
    rows = sorted(row for row in session.runs.below(head) if standing[row] == Standing.REWOUND)
    return rows if any(session.scan.kind[row] in TALK for row in rows) else []


def _way_back(situation: Situation, rows: Sequence[int]) -> Fix:
    tail = next(row for row in reversed(rows) if situation.session.kind(row) in TALK)
    return replace(_switch(situation, tail), id=f"switch-{situation.at(tail).line}")


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
                    "leaf", f"Make {situation.place(last)} the end", Safety.SAFE, (SetLeaf(session.uuid(last) or ""),),
                    "keeps everything; the subagent's records stay in the file", situation.lost,
                ),),
            )
        return
    if situation.once(true_end) is not None:
        return
    for branch in thread.branches:
        if branch.parent != leaf or branch.why is Why.UNTIMED:
            continue
        rows, certain = branch.rows, branch.why is Why.CUT
        talk = [row for row in rows if session.kind(row) in TALK]
        edit = SetLeaf(session.uuid(talk[-1]) or "")
        title = f"Make {situation.place(talk[-1])} the end"
        fix = restoring(situation, "leaf", title, (edit,), rows, certain=certain)
        doubtful = Severity.WARNING if _has_replies(situation, branch) else Severity.INFO
        yield Finding(
            "L006", "wrong-leaf", Severity.ERROR if certain else doubtful,
            f"the client ends the conversation here, though {measure.counted(len(talk), 'message')} "
            f"{'follows' if len(talk) == 1 else 'follow'}"
            + ("" if certain else "; the file does not say whether they were left on purpose"),
            situation.at(leaf), leaf, fixes=(fix,),
        )


REWOUND_BRANCH: Rule[Situation] = Rule("L013", "rewound-branch", rewound_branch)

LOST_BRANCH: Rule[Situation] = Rule("L005", "lost-branch", lost_branch, None, (Affect(Severity.ERROR),))

WRONG_LEAF: Rule[Situation] = Rule("L006", "wrong-leaf", wrong_leaf, None, (Affect(Severity.ERROR),))
