"""The errors that a transcript itself recorded: refused and failed requests, as the client noted them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unbrick.entry import Flag, Kind
from unbrick.session import Session
from unbrick.situation import Situation

LONGEST = 4000
"""Characters of an error text that are looked at."""


@dataclass(frozen=True)
class Recorded:
    """An error record: its row, its text, and whether a real reply later on shows that the session went on."""

    row: int
    text: str
    past: bool


def is_error(session: Session, row: int) -> bool:
    """Whether a row records an error of the conversation itself, not of a subagent."""
    return session.has(row, Flag.API_ERROR | Flag.RETRY) and not session.has(row, Flag.SIDECHAIN)


def is_reply(session: Session, row: int) -> bool:
    """Whether a row is something the model said, not written by the client in its name."""
    return session.kind(row) is Kind.ASSISTANT and not session.has(
        row, Flag.API_ERROR | Flag.SYNTHETIC | Flag.SIDECHAIN
    )


def error_rows(session: Session) -> Iterator[int]:
    """Rows of recorded errors, the last first."""
    marked = [*session.scan.flagged(Flag.API_ERROR, Flag.RETRY)]
    return (row for row in reversed(marked) if is_error(session, row))


def last(situation: Situation) -> Recorded | None:
    """The last error that the transcript recorded; one that ended a request before one that was tried again."""
    session = situation.session
    newest = next(error_rows(session), None)
    if newest is None:
        return None
    row = newest
    if session.has(row, Flag.RETRY):
        row = next((r for r in error_rows(session) if session.has(r, Flag.API_ERROR)), newest)
        if any(is_reply(session, r) for r in range(row + 1, newest)):
            row = newest
    reply = next((r for r in range(len(session) - 1, newest, -1) if is_reply(session, r)), None)
    text = situation.text(row).strip()[:LONGEST]
    return Recorded(row, text, reply is not None)
