"""How Claude Code would have written a record so that it finds it (claude-code-resume §3, Leaf)."""

from __future__ import annotations

from unbrick.edit import Adopt
from unbrick.entry import Flag, Kind
from unbrick.formats import Clock
from unbrick.formats.claude_code.change import Draft
from unbrick.session import Session
from unbrick.target import Target


def adopt(edit: Adopt, draft: Draft, _target: Target, clock: Clock) -> None:
    """Take the subagent's mark off, give a time where there is none, and ids. Raises KeyError for no such place."""
    session = draft.session
    row = draft.row(edit.at)
    if session.has(row, Flag.SIDECHAIN):
        draft.set(row, ("isSidechain",), False)
    if session.has(row, Flag.TEAM):
        draft.set(row, ("teamName",), None)
    if session.has(row, Flag.NO_TIME):
        draft.set(row, ("timestamp",), _time(session, row) or clock.now())
    uuid = edit.uuid or (clock.uuid() if session.uuid(row) is None else None)
    if uuid is not None:
        draft.set(row, ("uuid",), uuid)
    if edit.response is not None and session.kind(row) is Kind.ASSISTANT:
        draft.set(row, ("message", "id"), edit.response)


def _time(session: Session, row: int) -> str | None:
    """The time of the nearest record before it that has one, as it is spelled there."""
    flags = session.scan.flags
    for other in range(row - 1, -1, -1):
        if flags[other] & Flag.LINK and not flags[other] & Flag.NO_TIME:
            found = session.value(other).get("timestamp")
            return found if isinstance(found, str) else None
    return None
