"""Rules of the links family: which records the client will find on its way from the leaf to the root."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.edit import Adopt, Relink
from unbrick.entry import Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.rules import branching, duplicates, leaf, mixed, order, replays, responses, sidechains
from unbrick.rules.breaks import breaks, broken_link, hang_behind, nameless
from unbrick.rules.chainfix import restoring
from unbrick.situation import Situation
from unbrick.thread import Outcome
from unbrick.weighing import measure


def missing_parent(situation: Situation) -> Iterator[Finding]:
    """A record names a parent that the file does not hold.

    Clients before 2.1.91 stop there: everything before it is gone from the conversation without an error, the most
    common damage of all (anthropics/claude-code#58554: 213 of 241 sessions resumed with 1 to 10 % of their history;
    #22526, #24304, #61188). Later clients go on with the record nearest before it in time, which may be another branch.
    It comes from a write that failed, from records kept only in memory, and from two clients on one file.

    The mend hangs the record on the one that stands before it in the file: never across a compaction, never on a
    subagent's record, never on a branch that was left on purpose.
    """
    scan = situation.session.scan
    for found in breaks(situation, "L001"):
        parent = scan.strings.text(scan.parent[found.row]) or ""
        damaged = situation.once(_cut_out).get(parent)
        if situation.session.parent_row[found.row] >= 0:
            what = "its parent is a record of a kind that this client does not take for a link"
        else:
            what = f"its parent ({parent[:8]}…) is not in the file"
        if damaged is None or found.before is None:
            yield broken_link(situation, "missing-parent", found, what, hang_behind(situation, found))
        else:
            what = f"its parent ({parent[:8]}…) stands on {situation.place(damaged)}, which is damaged: mend that first"
            yield broken_link(situation, "missing-parent", found, what, ())


def _cut_out(situation: Situation) -> dict[str, int]:
    """The ids of the records that can be cut out of damaged lines → the row of the line."""
    lines = situation.session.scan.salvaged.items()
    return {entry.uuid: row for row, entries in lines for entry in entries if entry.uuid}


def null_parent(situation: Situation) -> Iterator[Finding]:
    """A record in the middle of the conversation says that nothing stands before it.

    Every client takes that for the true beginning: the history before it is not sent, and nothing says so. A parent
    of null is right for the first record, for a compaction boundary, and nowhere else.
    """
    for found in breaks(situation, "L002"):
        what = "it names no parent, though a conversation stands before it"
        yield broken_link(situation, "null-parent", found, what, hang_behind(situation, found))


def parent_cycle(situation: Situation) -> Iterator[Finding]:
    """The parents go round in a circle.

    Clients before 2.1.30 hang on it for good. From then on they stop, or go on with the record nearest before it in
    time, and in files above 5 MB they stop again from 2.1.139 to 2.1.289 (anthropics/claude-code, changelog 2.1.30 and
    2.1.108; claude-code-resume-table, `parent_cycle`, `xb_parent_cycle`).
    """
    for found in breaks(situation, "L003"):
        what = "its parents go round in a circle"
        fixes = hang_behind(situation, found)
        if found.before is None:
            fixes = (Fix(
                "root", "Make it the beginning: nothing stands before it in the file", Safety.SAFE,
                (Relink(situation.at(found.row), None),), brings=situation.lost,
            ),)
        yield broken_link(situation, "parent-cycle", found, what, fixes)


def progress_in_chain(situation: Situation) -> Iterator[Finding]:
    """Records of a tool's progress stand as links in the chain of parents.

    Clients up to 2.1.84 wrote them so. Those before 2.1.20, which did not, do not know them as links and lose
    everything before; later ones pass over them (anthropics/claude-code#40319, #35024). The mend points each follower
    at the record before the progress.
    """
    session, scan = situation.session, situation.session.scan
    if 1 not in scan.kinds(Kind.PROGRESS):
        return
    children = [
        row for row, parent in enumerate(session.parent_row)
        if parent >= 0 and scan.kind[parent] == Kind.PROGRESS and scan.kind[row] != Kind.PROGRESS
        and not scan.flags[row] & Flag.SIDECHAIN
    ]
    if not children:
        return
    edits = tuple(
        Relink(situation.at(row), session.uuid(before)) for row in children
        if (before := _past_progress(situation, row)) is not None
    )
    found = next(breaks(situation, "L008"), None)
    title = f"Point {measure.counted(len(edits), 'record')} at what stands before the progress"
    what = f"{measure.counted(len(children), 'record')} hang{'s' * (len(children) == 1)} on a progress record"
    if found is not None and found.hurts:
        fixes = (restoring(situation, "bypass", title, edits, found.lost),)
        yield broken_link(situation, "progress-in-chain", found, what, fixes)
    elif any(row in situation.loaded for row in children):
        yield Finding(
            "L008", "progress-in-chain", Severity.INFO, f"{what}; this client passes over them",
            situation.at(children[0]), children[0], fixes=(Fix("bypass", title, Safety.SAFE, edits),),
        )


def _past_progress(situation: Situation, row: int) -> int | None:
    session = situation.session
    for other in session.ancestors(row):
        if other != row and session.kind(other) is not Kind.PROGRESS:
            return other
    return None


def record_without_uuid(situation: Situation) -> Iterator[Finding]:
    """A record of the conversation has no id, so nothing can hang on it.

    Clients before 2.1.91 lose everything before it; later ones find it by its time (claude-code-resume-table,
    `uuid_missing`). The record behind it still names the id as its parent, so it can be given back.
    """
    for found in breaks(situation, "L010"):
        bare = nameless(situation, found.row)
        if bare is None:
            continue
        scan = situation.session.scan
        named = scan.strings.text(scan.parent[found.row])
        edits = (Adopt(situation.at(bare), uuid=named),)
        title = f"Give it the id that {situation.place(found.row)} names"
        fixes = (
            (restoring(situation, "name", title, edits, (*found.lost, bare)),) if found.hurts
            else (Fix("name", title, Safety.SAFE, edits),)
        )
        what = "it has no id, so the record behind it does not find it"
        made = broken_link(situation, "record-without-uuid", found, what, fixes)
        yield Finding(
            made.code, made.name, made.severity, made.message, situation.at(bare), bare, fixes=fixes,
            outcome=made.outcome,
        )


_STOPS = (Affect(Severity.ERROR, until="2.1.91"),)

RULES: tuple[Rule[Situation], ...] = (
    Rule("L001", "missing-parent", missing_parent, None, _STOPS),
    Rule("L002", "null-parent", null_parent, None, (Affect(Severity.ERROR),)),
    Rule(
        "L003", "parent-cycle", parent_cycle, None,
        (
            Affect(Severity.ERROR, Outcome.HANG, until="2.1.30"),
            Affect(Severity.ERROR, since="2.1.30", until="2.1.108"),
            Affect(Severity.ERROR, since="2.1.116", until="2.1.267", above=5_000_000),
        ),
    ),
    duplicates.DUPLICATE_UUID,
    branching.LOST_BRANCH,
    branching.WRONG_LEAF,
    leaf.LEAF_NOT_FOUND,
    Rule("L008", "progress-in-chain", progress_in_chain, None, (Affect(Severity.ERROR, until="2.1.9"),)),
    responses.LOST_PARALLEL_RESULTS,
    Rule("L010", "record-without-uuid", record_without_uuid, None, _STOPS),
    sidechains.SIDECHAIN_IN_CHAIN,
    responses.MISSING_MESSAGE_ID,
    branching.REWOUND_BRANCH,
    order.RECORDS_OUT_OF_ORDER,
    replays.REPLAYED_RECORDS,
    mixed.FOREIGN_RECORDS,
    mixed.FOREIGN_IDS,
)
