"""Rules of the links family: which records the client will find on its way from the leaf to the root."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

from unbrick import measure
from unbrick.edit import Adopt, Edit, Relink, Salvage
from unbrick.entry import Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.rules import branching, leaf, responses, sidechains
from unbrick.rules.breaks import Break, breaks, nameless
from unbrick.rules.chainfix import MISSING, descendants, line, restoring, true_parent
from unbrick.session import Standing
from unbrick.situation import Situation
from unbrick.thread import Outcome


def _finding(situation: Situation, name: str, found: Break, what: str, fixes: tuple[Fix, ...]) -> Finding:
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
            after = f"; the client goes on with {line(situation, found.goes_on)} instead and leaves {lost} out"
    elif outcome is not None:
        severity, after = Severity.ERROR, "; the client hangs on it"
    elif found.goes_on is not None:
        severity, after = Severity.INFO, f"; this client goes on with {line(situation, found.goes_on)}"
    elif situation.thread.standing[found.row] == Standing.LOST:
        severity, after = Severity.ERROR, "; this is a further break in the history that is not loaded"
    else:
        severity, after = Severity.INFO, "; nothing stands before it in the file"
    return Finding(
        found.code, name, severity, what + after, situation.at(found.row), found.row, fixes=fixes, outcome=outcome,
        api_error=thread.error if outcome is not None else None,
    )


def _relink(situation: Situation, found: Break) -> tuple[Fix, ...]:
    """Hang a record on the one that stood before it."""
    if found.before is None:
        return ()
    edit = Relink(situation.at(found.row), situation.session.uuid(found.before))
    title = f"Hang it behind {line(situation, found.before)}, which stood before it"
    if not found.lost:
        return (Fix("relink", title, Safety.SAFE, (edit,)),)
    certain = all(situation.thread.standing[row] != Standing.UNDECIDED for row in found.lost)
    return (restoring(situation, "relink", title, (edit,), found.lost, certain=certain),)


def missing_parent(situation: Situation) -> Iterator[Finding]:
    """A record names a parent that the file does not hold.

    Clients before 2.1.101 stop there: everything before it is gone from the conversation without an error, the most
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
            yield _finding(situation, "missing-parent", found, what, _relink(situation, found))
        else:
            what = f"its parent ({parent[:8]}…) stands on {line(situation, damaged)}, which is damaged: mend that first"
            yield _finding(situation, "missing-parent", found, what, ())


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
        yield _finding(situation, "null-parent", found, what, _relink(situation, found))


def parent_cycle(situation: Situation) -> Iterator[Finding]:
    """The parents go round in a circle.

    Clients before 2.1.30 hang on it for good. From then on they stop, or go on with the record nearest before it in
    time, and in files above 5 MB they stop again from 2.1.139 to 2.1.289 (anthropics/claude-code, changelog 2.1.30 and
    2.1.108; claude-code-resume-table, `parent_cycle`, `xb_parent_cycle`).
    """
    for found in breaks(situation, "L003"):
        what = "its parents go round in a circle"
        yield _finding(situation, "parent-cycle", found, what, _relink(situation, found))


def duplicate_uuid(situation: Situation) -> Iterator[Finding]:
    """Two different records carry the same id.

    The later one takes the place of the earlier one, which is then not sent; where the chain runs through both, old
    clients hang and later ones lose what stands before. The same line written twice is common and harmless, and is
    not reported (anthropics/claude-code#40487; most duplicates come from a client that wrote its history again).
    """
    session = situation.session
    replaced = {loss.row: loss for loss in situation.thread.losses if loss.before == loss.row and loss.messages}
    told = False
    for rows in session.duplicates.values():
        last = rows[-1]
        hidden = [row for row in rows[:-1] if row in replaced]
        for row, following in pairwise([*hidden, last]):
            told = True
            yield Finding(
                "L004", "duplicate-uuid", Severity.ERROR,
                f"{line(situation, last)} carries the same id ({str(session.uuid(row))[:8]}…) and takes its place: "
                "this message is not sent",
                situation.at(row), row, fixes=tuple(_tell_apart(situation, row, following)),
            )
    for found in breaks(situation, "L004"):
        if told and not found.hurts:
            continue
        if session.parent_row[found.row] == MISSING:
            what = "its parent is not in the file: the record before it carries the id of another one"
            near = {-1 if found.before is None else found.before}
        else:
            what = "two records with one id make its parents go round in a circle"
            near = descendants(session, found.row).union(session.ancestors(found.row))
        twins = next((rows for rows in session.duplicates.values() if not near.isdisjoint(rows)), None)
        fixes = () if twins is None else tuple(_tell_apart(situation, twins[0], twins[-1]))
        yield _finding(situation, "duplicate-uuid", found, what, fixes or _relink(situation, found))


def _tell_apart(situation: Situation, row: int, last: int) -> Iterator[Fix]:
    """Give one of two records its own id back: the one that the record behind it still names. Of many with one id
    each is told apart from the next, so that all can be mended at once."""
    session, scan = situation.session, situation.session.scan
    if session.scan.view.raw(row).strip() == session.scan.view.raw(last).strip():
        repeated = (Salvage(situation.at(last), ()),)
        yield Fix("drop", "Drop the repeated line", Safety.SAFE, repeated, brings=situation.lost)
        return
    for twin in (last, row):
        behind = next(
            (other for other in range(twin + 1, len(session))
             if scan.flags[other] & Flag.LINK and not scan.flags[other] & Flag.SIDECHAIN), None,
        )
        if behind is not None and session.parent_row[behind] == MISSING:
            named = scan.strings.text(scan.parent[behind])
            yield Fix(
                "rename", f"Give {line(situation, twin)} its own id back, which {line(situation, behind)} still names",
                Safety.SAFE, (Adopt(situation.at(twin), uuid=named),), brings=situation.lost,
            )
            return
    fresh = _fresh(session.uuid(last) or "", last)
    edits: list[Edit] = [Adopt(situation.at(last), uuid=fresh)]
    rows = session.duplicates[scan.uuid[last]]
    behind = _follower(situation, last, rows)
    if behind is not None:
        edits.append(Relink(situation.at(behind), fresh))
    if session.parent_row[last] in (rows[-1], MISSING):
        before = true_parent(situation, last)
        if before is not None:
            edits.append(Relink(situation.at(last), session.uuid(before)))
    title = f"Give {line(situation, last)} an id of its own"
    yield Fix("rename", title, Safety.SAFE, tuple(edits), brings=situation.lost)


def _follower(situation: Situation, row: int, twins: list[int]) -> int | None:
    """The first record that hangs on the id of several, between one of them and the next."""
    children = situation.once(_children, twins[-1])
    place = bisect_right(children, row)
    following = bisect_right(twins, row)
    end = twins[following] if following < len(twins) else len(situation.session)
    return children[place] if place < len(children) and children[place] < end else None


def _children(situation: Situation, row: int) -> list[int]:
    session = situation.session
    return [child for child in session.children.get(row, ()) if not session.has(child, Flag.SIDECHAIN)]


def _fresh(uuid: str, row: int) -> str:
    """An id that follows from another one, so that a check gives the same answer twice."""
    from uuid import NAMESPACE_OID, UUID, uuid5

    found = uuid5(NAMESPACE_OID, f"{uuid} {row}")
    return str(UUID(bytes=found.bytes, version=4))


def progress_in_chain(situation: Situation) -> Iterator[Finding]:
    """Records of a tool's progress stand as links in the chain of parents.

    Clients up to 2.1.84 wrote them so. Those before 2.1.20, which did not, do not know them as links and lose
    everything before; later ones pass over them (anthropics/claude-code#40319, #35024). The mend points each follower
    at the record before the progress.
    """
    session, scan = situation.session, situation.session.scan
    if Kind.PROGRESS not in scan.kind:
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
    what = f"{measure.counted(len(children), 'record')} have a progress record for a parent"
    if found is not None and found.hurts:
        fixes = (restoring(situation, "bypass", title, edits, found.lost),)
        yield _finding(situation, "progress-in-chain", found, what, fixes)
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

    Clients before 2.1.101 lose everything before it; later ones find it by its time (claude-code-resume-table,
    `uuid_missing`). The record behind it still names the id as its parent, so it can be given back.
    """
    for found in breaks(situation, "L010"):
        bare = nameless(situation, found.row)
        if bare is None:
            continue
        scan = situation.session.scan
        named = scan.strings.text(scan.parent[found.row])
        edits = (Adopt(situation.at(bare), uuid=named),)
        title = f"Give it the id that {line(situation, found.row)} names"
        fixes = (
            (restoring(situation, "name", title, edits, (*found.lost, bare)),) if found.hurts
            else (Fix("name", title, Safety.SAFE, edits),)
        )
        what = "it has no id, so the record behind it does not find it"
        made = _finding(situation, "record-without-uuid", found, what, fixes)
        yield Finding(
            made.code, made.name, made.severity, made.message, situation.at(bare), bare, fixes=fixes,
            outcome=made.outcome,
        )


_STOPS = (Affect(Severity.ERROR, until="2.1.101"),)

RULES: tuple[Rule[Situation], ...] = (
    Rule("L001", "missing-parent", missing_parent, None, _STOPS),
    Rule("L002", "null-parent", null_parent, None, (Affect(Severity.ERROR),)),
    Rule(
        "L003", "parent-cycle", parent_cycle, None,
        (
            Affect(Severity.ERROR, Outcome.HANG, until="2.1.30"),
            Affect(Severity.ERROR, since="2.1.30", until="2.1.108"),
            Affect(Severity.ERROR, since="2.1.139", until="2.1.290", above=5_000_000),
        ),
    ),
    Rule(
        "L004", "duplicate-uuid", duplicate_uuid, None,
        (Affect(Severity.ERROR, Outcome.HANG, until="2.1.30"), Affect(Severity.ERROR, since="2.1.30")),
    ),
    branching.LOST_BRANCH,
    branching.WRONG_LEAF,
    leaf.LEAF_NOT_FOUND,
    Rule("L008", "progress-in-chain", progress_in_chain, None, (Affect(Severity.ERROR, until="2.1.20"),)),
    responses.LOST_PARALLEL_RESULTS,
    Rule("L010", "record-without-uuid", record_without_uuid, None, _STOPS),
    sidechains.SIDECHAIN_IN_CHAIN,
    responses.MISSING_MESSAGE_ID,
)
