"""Where the conversation ends: the pointer that newer clients follow, and what older ones look at instead."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from unbrick.entry import Flag, Kind
from unbrick.formats import Clock
from unbrick.formats.claude_code import write
from unbrick.formats.claude_code.behaviour import Leaf, behaviour
from unbrick.formats.claude_code.change import Draft
from unbrick.scanning.ones import either, places
from unbrick.session import Session
from unbrick.target import Target

STAYS = frozenset({"custom-title", "ai-title", "agent-name", "tag", "content-replacement"})
"""Metadata that speaks of the session as a whole wherever in the file it stands."""


def end_at(draft: Draft, leaf: int, target: Target, clock: Clock, end: int) -> None:
    """Make a row the end of the conversation, of the rows before `end` (claude-code-resume.md §3, Leaf).

    A client that follows the appended pointer does so unless the last user or assistant record of the file
    descends from it: then the last such record of the wanted chain is moved, byte for byte, to the end of the
    file. Clients before them take that last record, the oldest the newest time, which is then set on it.
    Not possible: a client that knows no pointers ends at a user or assistant record, never at an attachment behind
    it; one that goes by time may pass over a record that has children.
    """
    session = draft.session
    rule = behaviour(target.version).leaf
    if session.has(leaf, Flag.NO_TIME):
        parent = session.parent_row[leaf]
        neighbour = draft.record(parent) if parent >= 0 else {}
        draft.set(leaf, ("timestamp",), write.after(neighbour, None, clock))
    if session.has(leaf, Flag.SIDECHAIN):
        draft.set(leaf, ("isSidechain",), False)
    talk = (Kind.USER, Kind.ASSISTANT)
    spoken = leaf
    if session.kind(leaf) not in talk:
        spoken = next((row for row in session.ancestors(leaf) if _speaks(session, row)), leaf)
    if session.kind(spoken) in talk:
        last = last_spoken(session, end)
        if last is not None and last != spoken and (
            rule is not Leaf.POINTER or (last != leaf and draft.descends(last, leaf))
        ):
            draft.move_to_end(spoken)
        if rule.by_time:
            make_newest(draft, spoken, end)
    draft.append(write.pointer(draft.uuid(leaf), _session_id(draft, leaf)))


def last_spoken(session: Session, end: int) -> int | None:
    """The last user or assistant record of the main conversation before a row."""
    return next((row for row in range(end - 1, -1, -1) if _speaks(session, row)), None)


def _speaks(session: Session, row: int) -> bool:
    return session.scan.kind[row] in (Kind.USER, Kind.ASSISTANT) and not session.has(row, Flag.SIDECHAIN)


def make_newest(draft: Draft, row: int, end: int) -> None:
    """Give a row a time after that of every chain record before row `end`, when it has not got it."""
    scan = draft.session.scan
    times = [scan.time[other] for other in range(end) if other != row and scan.uuid[other] >= 0]
    top = max((time for time in times if time == time), default=None)
    if top is not None and not scan.time[row] > top:
        moment = write.moment(top)
        if moment is None:
            raise KeyError(row)
        draft.set(row, ("timestamp",), write.stamp(moment + write.STEP))


def _session_id(draft: Draft, row: int) -> str:
    return str(draft.session.value(row).get("sessionId") or "")


def cut(draft: Draft, last: int, target: Target, clock: Clock) -> None:
    """Take out every line behind a row; the conversation then ends at the last chain record that is kept.

    Messages that a compaction preserved stand before their boundary in the file and so stay. Titles, tags and
    the list of replaced results stay as well: they speak of the whole session.
    """
    session = draft.session
    scan = session.scan
    for row in range(last + 1, len(session)):
        if scan.strings.text(scan.type[row]) not in STAYS:
            draft.drop(row)
    for row in range(last + 1):
        if scan.flags[row] & Flag.POINTER and session.row_of.get(scan.refers[row], -1) > last:
            draft.drop(row)
    leaf = _kept_leaf(draft, last)
    if leaf is not None:
        end_at(draft, leaf, target, clock, last + 1)


def _kept_leaf(draft: Draft, last: int) -> int | None:
    """The row that the kept part ends with: the last row itself where it is a link, else the last one of the
    thread before it, else the last link of the main conversation."""
    session, thread = draft.session, draft.thread

    def links(row: int) -> bool:
        return (
            session.has(row, Flag.LINK) and not session.has(row, Flag.SIDECHAIN | Flag.NO_UUID)
            and session.scan.kind[row] not in (Kind.PROGRESS, Kind.UNKNOWN)
        )

    if links(last):
        return last
    on_thread = [row for row in thread.rows if row <= last and row not in thread.recovered and links(row)]
    if on_thread:
        return max(on_thread)
    return next((row for row in range(last, -1, -1) if links(row)), None)


def forget(draft: Draft, instead: Mapping[str, str | None]) -> None:
    """Let pointers and boundaries that name one of some records name what stands before it instead; pointers to
    nothing go."""
    scan = draft.session.scan
    numbers = {scan.strings.find(uuid): new for uuid, new in instead.items()}
    for row in places(either(scan.marked(Flag.POINTER), scan.kinds(Kind.BOUNDARY))):
        kind, pointer = scan.kind[row], scan.flags[row] & Flag.POINTER
        if draft.gone(row):
            continue
        refers = scan.refers[row]
        if pointer and refers in numbers:
            new = numbers[refers]
            if new is None:
                draft.drop(row)
            else:
                draft.set(row, ("leafUuid",), new)
        elif kind == Kind.BOUNDARY:
            if numbers.get(refers) is not None:
                draft.set(row, ("logicalParentUuid",), numbers[refers])
            _forget_preserved(draft, row, instead)


def _forget_preserved(draft: Draft, row: int, gone: Container[str]) -> None:
    """Take records out of the list of what a compaction preserved, so that the others are still found."""
    metadata = draft.session.value(row).get("compactMetadata")
    if not isinstance(metadata, dict):
        return
    messages = metadata.get("preservedMessages")
    rest: list[str] = []
    if isinstance(messages, dict):
        for key in ("uuids", "allUuids"):
            listed = messages.get(key)
            left = [one for one in listed if not _among(one, gone)] if isinstance(listed, list) else []
            if isinstance(listed, list) and left != listed:
                rest = left if key == "uuids" else rest
                draft.set(row, ("compactMetadata", "preservedMessages", key), left)
    segment = metadata.get("preservedSegment")
    if isinstance(segment, dict) and rest:
        for key, one in (("headUuid", rest[0]), ("tailUuid", rest[-1])):
            if _among(segment.get(key), gone):
                draft.set(row, ("compactMetadata", "preservedSegment", key), one)


def _among(value: object, ids: Container[str]) -> bool:
    return isinstance(value, str) and value in ids


_NAMING = ("uuid", "parentUuid", "leafUuid", "logicalParentUuid", "sourceToolAssistantUUID", "messageId")


def rename(draft: Draft, names: Mapping[str, str]) -> None:
    """Put other ids in the place of old ones in every record that names one: its own, its parent, what it points at,
    the snapshot it belongs to, and what a boundary keeps."""
    session = draft.session
    scan = session.scan
    found = {scan.strings.find(old) for old in names}
    snapshots = {scan.strings.find(type_) for type_ in ("file-history-snapshot", "file-history-delta")}
    for row in range(len(session)):
        if not (
            {scan.uuid[row], scan.parent[row], scan.refers[row]} & found or scan.kind[row] == Kind.BOUNDARY
            or scan.type[row] in snapshots
        ):
            continue
        value = draft.record(row)
        for key in _NAMING:
            if isinstance(value.get(key), str) and value[key] in names:
                draft.set(row, (key,), names[value[key]])
        metadata = value.get("compactMetadata")
        if isinstance(metadata, dict):
            for key in ("preservedSegment", "preservedMessages"):
                if isinstance(metadata.get(key), dict) and _renamed(metadata[key], names) != metadata[key]:
                    draft.set(row, ("compactMetadata", key), _renamed(metadata[key], names))


def _renamed(value: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        key: [names.get(one, one) if isinstance(one, str) else one for one in held] if isinstance(held, list)
        else names.get(held, held) if isinstance(held, str) else held
        for key, held in value.items()
    }
