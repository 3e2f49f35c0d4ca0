"""How Claude Code would have written a record so that it finds it (claude-code-resume §3, Leaf)."""

from __future__ import annotations

from datetime import UTC, datetime

from unbrick.edit import Adopt
from unbrick.entry import Flag, Kind
from unbrick.formats import Clock
from unbrick.formats.claude_code import write
from unbrick.formats.claude_code.change import Draft
from unbrick.target import Target


def adopt(edit: Adopt, draft: Draft, _target: Target, clock: Clock) -> None:
    """Take the marks of a subagent and of something only shown off, give a time where there is none, and ids. Raises
    KeyError for no such place."""
    session = draft.session
    row = draft.row(edit.at)
    if session.has(row, Flag.SIDECHAIN):
        draft.set(row, ("isSidechain",), False)
    if session.has(row, Flag.TEAM):
        draft.set(row, ("teamName",), None)
    if session.has(row, Flag.VIRTUAL):
        draft.set(row, ("isVirtual",), False)
    if session.has(row, Flag.NO_TIME):
        draft.set(row, ("timestamp",), _time(draft, row, clock))
    uuid = edit.uuid or (clock.uuid() if session.uuid(row) is None else None)
    if uuid is not None:
        draft.set(row, ("uuid",), uuid)
    if edit.response is not None and session.kind(row) is Kind.ASSISTANT:
        draft.set(row, ("message", "id"), edit.response)


def _time(draft: Draft, row: int, clock: Clock) -> str:
    """A time that keeps the order of the file: behind the nearest timed record before it, else in front of the
    nearest one behind it, a millisecond for each record without a time between."""
    session = draft.session
    flags = session.scan.flags
    for rows, step in ((range(row - 1, -1, -1), write.STEP), (range(row + 1, len(session)), -write.STEP)):
        between = 1
        for other in rows:
            if not flags[other] & Flag.LINK:
                continue
            if not flags[other] & Flag.NO_TIME:
                found = write.instant(session.value(other).get("timestamp"))
                if found is not None:
                    return write.stamp(found + step * between)
            between += 1
    return write.stamp((write.instant(clock.now()) or datetime.now(UTC)) + write.STEP * row)
