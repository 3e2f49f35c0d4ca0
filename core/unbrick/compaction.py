"""What stands around a compaction boundary: the history before it, the summary behind it, and whether that is one."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from unbrick.entry import Flag, Kind
from unbrick.scanning.ones import both, places, table
from unbrick.session import Session, Standing
from unbrick.thread import Thread

_UNLOADED = table(lambda standing: standing in (Standing.SUMMARISED, Standing.APART))
"""Standing → 1 for what is not loaded where a summary stands for it, as a translation table."""


def previous(session: Session, row: int) -> int | None:
    """The record of the main conversation that stands before a row in the file."""
    flags, kinds = session.scan.flags, session.scan.kind
    for other in range(row - 1, -1, -1):
        if (
            flags[other] & Flag.LINK and not flags[other] & (Flag.SIDECHAIN | Flag.NO_UUID)
            and kinds[other] not in (Kind.PROGRESS, Kind.UNKNOWN)
        ):
            return other
    return None


def before(session: Session, boundary: int) -> int | None:
    """The last record before a compaction: the one the boundary names, else the one before it in the file."""
    named = session.row_of.get(session.scan.refers[boundary], -1)
    return named if named >= 0 and named != boundary else previous(session, boundary)


def summary(session: Session, boundary: int, rows: Iterable[int] = ()) -> int | None:
    """The summary that follows a boundary: among `rows`, those of a thread that begins with it, or hanging on it."""
    for row in rows:
        if session.has(row, Flag.SUMMARY) and row > boundary:
            return row
    stack, seen = [boundary], {boundary}
    while stack:
        for child in session.children.get(stack.pop(), ()):
            if session.has(child, Flag.SUMMARY):
                return child
            if child not in seen and session.kind(child) not in (Kind.USER, Kind.ASSISTANT):
                seen.add(child)
                stack.append(child)
    return None


def sound(session: Session, boundary: int, rows: Iterable[int] = ()) -> bool:
    """Whether a summary stands for what is before a boundary: there is one, and it is not only an error."""
    found = summary(session, boundary, rows)
    return found is not None and sound_summary(session, found)


def sound_summary(session: Session, row: int) -> bool:
    """Whether a record is a summary, and not only an error in the place of one."""
    return session.has(row, Flag.SUMMARY) and not session.has(row, Flag.FAILED)


def summarised(session: Session, thread: Thread, boundary: int) -> array[int]:
    """The rows before a boundary that no resume loads, for its summary stands for them, with what stands among them
    and is never sent."""
    return array("I", places(stood_for(session, thread, boundary)))


def stood_for(session: Session, thread: Thread, boundary: int) -> bytes:
    """The same rows: 1 for each among those before the boundary."""
    unloaded = bytearray(thread.standing[:boundary].tobytes().translate(_UNLOADED))
    for row in thread.members:
        if row < boundary:
            unloaded[row] = 0
    return both(unloaded, session.runs.links[:boundary])
