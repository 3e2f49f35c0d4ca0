"""What the records of a transcript may have become in a request: candidates for a message of which only the hash is
known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from unbrick.entry import BlockKind, Flag, Kind
from unbrick.formats.claude_code import records, target
from unbrick.formats.claude_code.request import request
from unbrick.formats.claude_code.thread import thread
from unbrick.sent import Message
from unbrick.session import Session
from unbrick.target import NOWHERE

Candidate = tuple[tuple[int, ...], Message]
"""The rows that a message is made of, and the message."""

LONGEST_RUN = 40
"""So many neighbouring user records are tried as one message."""


def candidates(session: Session) -> Iterator[Candidate]:
    """Messages that may have been sent, likely ones first: single records; the replies of one response together; the
    results of one response together, alone and with the prompt behind them; neighbouring user records; and the
    messages that the client which wrote the file would send now."""
    yield from _records(session)
    responses = _responses(session)
    yield from _replies(session, responses)
    yield from _results(session, responses)
    yield from _runs(session)
    yield from _predicted(session)


def _talk(session: Session) -> Iterator[int]:
    kinds, flags = session.scan.kind, session.scan.flags
    return (
        row for row in range(len(session))
        if kinds[row] in (Kind.USER, Kind.ASSISTANT) and not flags[row] & (Flag.SIDECHAIN | Flag.API_ERROR)
    )


def _records(session: Session) -> Iterator[Candidate]:
    for row in _talk(session):
        message = session.value(row).get("message")
        if isinstance(message, dict):
            yield (row,), {"role": message.get("role"), "content": message.get("content")}


def _responses(session: Session) -> dict[int, list[int]]:
    """Rows of each response that stands in several records or calls several tools, by number of its id."""
    scan = session.scan
    rows: dict[int, list[int]] = {}
    for row in _talk(session):
        if scan.kind[row] == Kind.ASSISTANT and scan.message_id[row] >= 0:
            rows.setdefault(scan.message_id[row], []).append(row)
    return rows


def _blocks(session: Session, rows: tuple[int, ...]) -> list[dict[str, Any]]:
    return [block for row in rows for block in session.of(row, records.blocks)]


def _joined(session: Session, rows: tuple[int, ...], role: str) -> Candidate:
    return rows, {"role": role, "content": _blocks(session, rows)}


def _replies(session: Session, responses: dict[int, list[int]]) -> Iterator[Candidate]:
    for rows in responses.values():
        for end in range(len(rows), 1, -1):
            yield _joined(session, tuple(rows[:end]), "assistant")


def _results(session: Session, responses: dict[int, list[int]]) -> Iterator[Candidate]:
    """The results of a response in file order and in the order of its calls."""
    scan = session.scan
    answers: dict[int, int] = {}
    following: dict[int, int] = {}
    before = -1
    for row in _talk(session):
        if scan.kind[row] == Kind.USER:
            refs = [scan.block_ref[at] for at in scan.blocks(row) if scan.block_kind[at] == BlockKind.TOOL_RESULT]
            answers.update(dict.fromkeys(refs, row))
            if before >= 0:
                following[before] = row
            before = row
        else:
            before = -1
    for rows in responses.values():
        calls = [
            scan.block_ref[at] for row in rows for at in scan.blocks(row) if scan.block_kind[at] == BlockKind.TOOL_USE
        ]
        called = tuple(dict.fromkeys(answers[ref] for ref in calls if ref in answers))
        for order in dict.fromkeys((tuple(sorted(called)), called)):
            if len(order) > 1:
                yield _joined(session, order, "user")
            prompt = following.get(max(order, default=-1))
            if prompt is not None:
                yield _joined(session, (*order, prompt), "user")


def _runs(session: Session) -> Iterator[Candidate]:
    """Runs of user records with no reply between them."""
    run: list[int] = []
    for row in (*_talk(session), -1):
        if row >= 0 and session.scan.kind[row] == Kind.USER:
            run = [*run[-LONGEST_RUN + 1 :], row]
            for start in range(len(run) - 1):
                yield _joined(session, tuple(run[start:]), "user")
        else:
            run = []


def _predicted(session: Session) -> Iterator[Candidate]:
    wrote = target.recorded(session)
    built = request(session, thread(session, wrote), wrote, NOWHERE)
    for index in range(len(built)):
        rows = dict.fromkeys(part.row for part in built.parts(index) if part.row >= 0)
        yield tuple(rows), built.message(index)
