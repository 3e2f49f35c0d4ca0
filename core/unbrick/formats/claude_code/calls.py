"""Tool calls and their results: where a result must stand so that every version reads it."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import pairwise

from unbrick.entry import BlockKind, Flag, Kind
from unbrick.formats import Clock
from unbrick.formats.claude_code import ending, write
from unbrick.formats.claude_code.behaviour import behaviour
from unbrick.formats.claude_code.change import Draft
from unbrick.session import Session
from unbrick.target import Target


def answer(draft: Draft, calls: Iterable[tuple[int, str]], clock: Clock) -> None:
    """Put the client's own results behind calls, given by row and id, that have none; where the conversation ends with
    them, the client's reply as well, both at the end of the file (as clients from 2.1.290 do).

    A response with several calls is written as one chain first when its records do not stand on one path.
    """
    responses: dict[Hashable, list[tuple[int, str]]] = {}
    held: dict[int, set[str | None]] = {}
    for call, ref in calls:
        if call not in held:
            held[call] = _calls_in(draft.session, call)
        if ref not in held[call]:
            raise KeyError(ref)
        draft.uuid(call)
        responses.setdefault(_response(draft, call), []).append((call, ref))
    for together in responses.values():
        _answer(draft, together, clock)


def _answer(draft: Draft, calls: Sequence[tuple[int, str]], clock: Clock) -> None:
    """Put results behind calls of one response, each behind the one before."""
    session, first = draft.session, calls[0][0]
    members = _members(draft, first)
    last, followers = _one_path(draft, members)
    end = start = write.at_end(session, clock) if _ends_with(draft, members) else None
    before, following = draft.record(last), draft.record(followers[0]) if followers else None
    prompt = write.prompt_id(session, first)
    uuid = draft.uuid(last)
    around: write.Around | None = None
    for call, ref in calls:
        if around is None or around.row != call:
            around = write.around(session, call)
        parent, uuid = uuid, clock.uuid()
        time = write.after(before, following, clock) if end is None else write.stamp(end)
        line = write.result(around, ref, parent, uuid, time, prompt)
        if end is None:
            draft.behind(last, line)
        else:
            draft.append(line)
            end += write.STEP
        before = {"timestamp": time}
    for child in followers:
        draft.relink(child, uuid)
    if start is not None and end is not None:
        leaf = draft.thread.leaf
        behind = uuid if leaf is None or leaf in members or not followers else draft.uuid(leaf)
        reply = write.stamp(max(start + write.PAUSE, end))
        draft.append(write.no_response(session, calls[-1][0], behind, clock.uuid(), clock.uuid(), reply))


def move(draft: Draft, moves: Iterable[tuple[int, int]], target: Target, clock: Clock) -> None:
    """Put result records directly behind their calls, in the chain and in the file; each is given with the row of a
    call of its response. What followed one follows its old parent. Where one is newer than all that stays, a client
    that goes by time would take it for the end of the conversation: then it gets the time of its place."""
    session = draft.session
    responses: dict[Hashable, tuple[int, list[int]]] = {}
    for row, call in moves:
        draft.uuid(row)
        responses.setdefault(_response(draft, call), (call, []))[1].append(row)
    moving = {row for _call, rows in responses.values() for row in rows}
    before = _unmoved_parents(draft, moving)
    by_time = behaviour(target.version).leaf.by_time
    newer = write.newer_than_others(session, moving) if by_time else set[int]()
    links: dict[int, str | None] = {}
    """Row → what it follows once its old place is empty."""
    ends: dict[str, str] = {}
    """Id of a record that results now stand behind → that of the last of them."""
    for call, rows in responses.values():
        members = [member for member in _members(draft, call) if member not in moving]
        near = set(members)
        last, followers = _one_path(draft, members)
        end = draft.uuid(rows[-1])
        for row in rows:
            for child in session.children.get(row):
                if session.parent_row[row] not in near:
                    links[child] = before[row]
                elif child in draft.loaded:
                    links[child] = end
        links |= dict.fromkeys(followers, end)
        ends[draft.uuid(last)] = end
        _place(draft, rows, last, newer, clock)
    for child, parent in links.items():
        if child not in moving:
            draft.relink(child, parent if parent is None else ends.get(parent, parent))


def _place(draft: Draft, rows: Sequence[int], last: int, newer: Collection[int], clock: Clock) -> None:
    """Put records behind another one, each behind the one before; those in `newer` get the time of their place."""
    previous, stays = last, last
    for row in rows:
        draft.relink(row, draft.uuid(previous))
        if row in newer:
            draft.set(row, ("timestamp",), write.after(draft.record(previous), None, clock))
        if row == stays + 1:
            stays = row
        else:
            draft.move_behind(row, stays)
        previous = row


def _unmoved_parents(draft: Draft, moving: Collection[int]) -> dict[int, str | None]:
    """Rows that move → the id of what stands before each and does not move itself."""
    found: dict[int, str | None] = {}
    for start in sorted(moving):
        row: int | None = start
        passed: dict[int, None] = {}
        parent: str | None = None
        while row is not None and row in moving and row not in found and row not in passed:
            passed[row] = None
            parent = draft.parent_of(row)
            row = None if parent is None else draft.session.row(parent)
        found |= dict.fromkeys(passed, found.get(row, parent) if row is not None else parent)
    return found


def linearise(draft: Draft, order: Sequence[int], target: Target) -> None:
    """Write records as one chain in the given order; what followed any of them follows the last. A response of
    several calls written like this is read fully by every version and file size (claude-code-resume.md §3, §6)."""
    if not order:
        return
    last, followers = _chain(draft, order)
    for child in followers:
        draft.relink(child, draft.uuid(last))
    if _ends_with(draft, order):
        session = draft.session
        if ending.last_spoken(session, len(session)) in set(order) - {last}:
            draft.move_to_end(last)
        if behaviour(target.version).leaf.by_time and any(write.is_newest(session, row) for row in order):
            ending.make_newest(draft, last, len(session))


def rename_replacements(draft: Draft, names: Mapping[str, str]) -> None:
    """Rename calls, given by old and new id, in the lists of results that the client replaced."""
    scan = draft.session.scan
    replaced = scan.strings.find("content-replacement")
    known = names and replaced in scan.type
    for row in (row for row, type_ in enumerate(scan.type) if type_ == replaced >= 0) if known else ():
        listed = draft.session.value(row).get("replacements")
        for index, one in enumerate(listed if isinstance(listed, list) else ()):
            for key in ("toolUseId", "tool_use_id"):
                old = one.get(key) if isinstance(one, dict) else None
                if isinstance(old, str) and old in names:
                    draft.set(row, ("replacements", index, key), names[old])


def _response(draft: Draft, call: int) -> Hashable:
    """What the calls of one response have in common."""
    number = draft.session.scan.message_id[call]
    return number if number >= 0 else -1 - call, call in draft.loaded, draft.session.has(call, Flag.SIDECHAIN)


def _calls_in(session: Session, row: int) -> set[str | None]:
    """The ids of the calls in a record."""
    scan = session.scan
    return {
        scan.strings.text(scan.block_ref[i]) for i in scan.blocks(row) if scan.block_kind[i] == BlockKind.TOOL_USE
    }


def _members(draft: Draft, call: int) -> list[int]:
    """The records of the response that a call belongs to, then the results that stand near them, in the order
    of the calls."""
    session = draft.session
    scan = session.scan
    group = [call]
    if scan.message_id[call] >= 0:
        group = [
            row for row in session.responses.get(scan.message_id[call], ())
            if (row in draft.loaded) == (call in draft.loaded) and session.row_of.get(scan.uuid[row]) == row
            and session.has(row, Flag.SIDECHAIN) == session.has(call, Flag.SIDECHAIN)
        ]
        group = group if call in group else [call]
    members = dict.fromkeys(group)
    for row in group:
        for block in scan.blocks(row):
            number = scan.block_ref[block]
            ref = scan.strings.text(number)
            if scan.block_kind[block] != BlockKind.TOOL_USE or ref is None or not session.calls.answered(number):
                continue
            for answer_, _index in session.calls[ref].results:
                if answer_ in members or session.row_of.get(scan.uuid[answer_]) != answer_:
                    continue
                if session.parent_row[answer_] in members:
                    members[answer_] = None
                    break
    return list(members)


def _one_path(draft: Draft, members: Sequence[int]) -> tuple[int, list[int]]:
    """The last member of a path that holds them all, and what follows it; they are chained when there is none."""
    end = _end_of_path(draft.session, members)
    return _chain(draft, members) if end is None else (end, draft.followers(end, set(members)))


def _end_of_path(session: Session, members: Sequence[int]) -> int | None:
    """The member that all others stand above; None where two of them have nothing below. No row is passed twice."""
    left, seen = set(members), set[int]()
    end: int | None = None
    for member in reversed(members):
        if member in seen:
            continue
        for row in session.ancestors(member):
            if row in seen:
                if row != end:
                    return None
                break
            seen.add(row)
            left.discard(row)
            if not left and end is None:
                return member
        else:
            if end is not None:
                return None
        end = member
    return end


def _chain(draft: Draft, order: Sequence[int]) -> tuple[int, list[int]]:
    """Link rows in order, each to the one before, and give the last one and all that followed any of them. What
    already stands between two neighbours (attachments) stays there."""
    session = draft.session
    members = set(order)
    between: set[int] = set()
    above = [row for row in session.ancestors(order[0]) if row in members]
    if above[-1] != order[0]:
        draft.relink(order[0], draft.parent_of(above[-1]))
    for previous, row in pairwise(order):
        passed: list[int] = []
        found = None
        for other in session.ancestors(row):
            if other in members and other != row:
                found = other
                break
            passed.append(other)
        if found == previous:
            between.update(passed)
        else:
            draft.relink(row, draft.uuid(previous))
    apart = members | between
    return order[-1], sorted({child for row in order for child in draft.followers(row, apart)})


def _ends_with(draft: Draft, members: Sequence[int]) -> bool:
    """Whether nothing is said on the thread after these rows."""
    session = draft.session
    wanted = set(members)
    if not wanted & draft.loaded:
        return False
    for row in reversed(draft.thread.rows):
        if row in wanted:
            return True
        if session.kind(row) in (Kind.USER, Kind.ASSISTANT) and not session.has(row, Flag.API_ERROR):
            return False
    return False
