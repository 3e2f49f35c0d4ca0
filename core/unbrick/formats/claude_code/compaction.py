"""Taking a compaction back: its boundary and summary go, the history before it is read again."""

from __future__ import annotations

from collections.abc import Sequence

from unbrick.entry import Flag, Kind
from unbrick.formats.claude_code import ending
from unbrick.formats.claude_code.change import Draft


def undo(draft: Draft, boundary: int) -> None:
    """Drop a boundary and its summary and hang what followed them on what stood before (claude-code-resume.md §6:
    restores the whole history on 2.0.76, 2.1.139 and 2.1.329)."""
    session = draft.session
    before = _before(draft, boundary)
    parent = None if before is None else session.uuid(before)
    gone = [boundary]
    summary = _summary(draft, boundary)
    if summary is not None:
        gone.append(summary)
    for row in gone:
        for child in session.children.get(row, ()):
            if child not in gone:
                draft.relink(child, parent)
    for row in gone:
        uuid = session.uuid(row)
        if uuid is not None:
            ending.forget(draft, {uuid: parent})
        draft.drop(row)


def keep(draft: Draft, boundary: int, uuids: Sequence[str]) -> None:
    """Name the messages that are put behind the summary of a boundary, the way clients from 2.1.158 on do. Raises
    KeyError when the boundary has no summary."""
    session = draft.session
    summary = _summary(draft, boundary)
    anchor = None if summary is None else session.uuid(summary)
    if anchor is None:
        raise KeyError(session.at(boundary))
    kept = {
        "preservedSegment": {"headUuid": uuids[0], "anchorUuid": anchor, "tailUuid": uuids[-1]},
        "preservedMessages": {"anchorUuid": anchor, "uuids": [*uuids], "allUuids": [*uuids]},
    }
    if isinstance(draft.record(boundary).get("compactMetadata"), dict):
        for key, value in kept.items():
            draft.set(boundary, ("compactMetadata", key), value)
    else:
        draft.set(boundary, ("compactMetadata",), kept)


def _before(draft: Draft, boundary: int) -> int | None:
    """The row that the history before a boundary ends with: the one it names, else the last that it preserved,
    else the nearest earlier record of the main conversation."""
    session = draft.session
    value = session.value(boundary)
    metadata = value.get("compactMetadata")
    segment = metadata.get("preservedSegment") if isinstance(metadata, dict) else None
    tail = segment.get("tailUuid") if isinstance(segment, dict) else None
    for uuid in (value.get("logicalParentUuid"), tail):
        row = session.row(uuid) if isinstance(uuid, str) else None
        if row is not None and not draft.descends(row, boundary):
            return row
    for row in range(boundary - 1, -1, -1):
        if session.has(row, Flag.LINK) and not session.has(row, Flag.SIDECHAIN | Flag.NO_UUID):
            return row
    return None


def _summary(draft: Draft, boundary: int) -> int | None:
    """The summary of a boundary: its child, else the next one in the file before another boundary."""
    session = draft.session
    for child in session.children.get(boundary, ()):
        if session.has(child, Flag.SUMMARY):
            return child
    for row in range(boundary + 1, len(session)):
        if session.kind(row) is Kind.BOUNDARY:
            return None
        if session.has(row, Flag.SUMMARY):
            return row
    return None
