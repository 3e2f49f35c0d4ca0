"""Whether the records of one response are put together again (L009, L012)."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.edit import Adopt, Edit, Linearise
from unbrick.entry import BlockKind, Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.scanning.ones import below_zero, both, places, without
from unbrick.session import Session
from unbrick.situation import Situation
from unbrick.weighing import measure


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
        order = _response(situation, row)
        if not any(one not in situation.loaded and session.scan.kind[one] == Kind.USER for one in order):
            continue
        hurt = True
        yield Finding(
            "L009", "lost-parallel-results", Severity.ERROR,
            f"a response with parallel calls: the client follows one of them and drops "
            f"{measure.counted(loss.messages, 'record')} with the other calls and results",
            situation.at(row), row,
            fixes=(Fix("linearise", f"Write the {len(order):,} records of the response as one chain", Safety.SAFE,
                       (Linearise(tuple(situation.at(one) for one in order)),), brings=tuple(order)),),
        )
    found = sorted(row for row in thread.recovered if row > (thread.boundary if thread.boundary is not None else -1))
    if found and not hurt:
        yield Finding(
            "L009", "lost-parallel-results", Severity.INFO,
            f"parallel calls are stored as a tree; this client puts {measure.counted(len(found), 'record')} of it back",
            situation.at(found[0]), found[0],
        )


def _members(situation: Situation) -> dict[int, list[int]]:
    """Message id, by number, → the records of that response that nothing hides."""
    session, scan = situation.session, situation.session.scan
    found: dict[int, list[int]] = {}
    for row, number in enumerate(scan.message_id):
        if number >= 0 and scan.kind[row] == Kind.ASSISTANT and session.row_of.get(scan.uuid[row]) == row:
            found.setdefault(number, []).append(row)
    return found


def _response(situation: Situation, row: int) -> list[int]:
    """The records of a response in file order, then their results in the order of the calls."""
    return _with_results(situation.session, situation.once(_members).get(situation.session.scan.message_id[row], []))


def _with_results(session: Session, calls: list[int]) -> list[int]:
    """Records of the model's in file order, then the results of their calls in the order of the calls."""
    scan = session.scan
    order = {
        scan.block_ref[block]: place for place, (block) in enumerate(
            block for call in calls for block in scan.blocks(call) if scan.block_kind[block] == BlockKind.TOOL_USE
        )
    }
    results: list[tuple[int, int]] = []
    for other in sorted(child for call in calls for child in session.children.get(call, ())):
        if scan.kind[other] != Kind.USER:
            continue
        refs = [
            order[scan.block_ref[block]] for block in scan.blocks(other)
            if scan.block_kind[block] == BlockKind.TOOL_RESULT and scan.block_ref[block] in order
        ]
        if refs:
            results.append((min(refs), other))
    return calls + [other for _place, other in sorted(results)]


def missing_message_id(situation: Situation) -> Iterator[Finding]:
    """Replies of the model do not carry the id of the response they belong to.

    From 2.0.76 on clients put the records of one response together by that id; replies without one all count as one
    response, are merged, and calls among them are dropped (claude-code-resume-table, `message_id_missing`). Such files
    come from other tools and from conversions. An id of its own for each response mends it.
    """
    session, scan, loaded = situation.session, situation.session.scan, situation.loaded
    if not any(scan.message_id[row] < 0 and scan.kind[row] == Kind.ASSISTANT for row in loaded):
        return
    responses: dict[int, list[int]] = {}
    of: dict[int, int] = {}
    links = without(scan.marked(Flag.LINK), scan.marked(Flag.API_ERROR, Flag.SIDECHAIN))
    for row in places(both(both(scan.kinds(Kind.ASSISTANT), below_zero(scan.message_id)), links)):
        # A record that hangs directly on another of the model's is a further block of the same response.
        of[row] = of.get(session.parent_row[row], row)
        responses.setdefault(of[row], []).append(row)
    groups = [group for group in responses.values() if any(row in loaded for row in group)]
    if len(groups) < 2:
        return
    affected = MISSING_MESSAGE_ID.severity(situation.target, situation.size)
    count = sum(map(len, groups))
    edits: list[Edit] = [
        Adopt(situation.at(row), response=f"msg_{(session.uuid(group[0]) or str(group[0])).replace('-', '')}")
        for group in groups for row in group
    ]
    # A client that does not put parallel calls together again would now drop all but one of them.
    edits += [
        Linearise(tuple(situation.at(row) for row in order))
        for order in (_with_results(session, group) for group in groups) if not all(row in loaded for row in order)
    ]
    yield Finding(
        "L012", "missing-message-id", affected,
        f"{measure.counted(count, 'record')} of the model's replies name no response"
        + ("; this client merges them all into one" if affected is Severity.ERROR else ""),
        situation.at(groups[0][0]), groups[0][0],
        fixes=(Fix("ids", "Give each response an id of its own", Safety.SAFE, tuple(edits), brings=situation.lost),),
    )


LOST_PARALLEL_RESULTS: Rule[Situation] = Rule(
    "L009", "lost-parallel-results", lost_parallel_results, None,
    (
        Affect(Severity.ERROR, since="2.1.20", until="2.1.80"),
        Affect(Severity.ERROR, since="2.1.116", until="2.1.267", above=5_000_000),
    ),
)

MISSING_MESSAGE_ID: Rule[Situation] = Rule(
    "L012", "missing-message-id", missing_message_id, None, (Affect(Severity.ERROR, since="2.1.20"),),
)
