"""New records in the client's own hand: compact JSON, its key order, the surroundings of a neighbour."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Set
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from math import inf
from typing import Any, NamedTuple

from unbrick.entry import Kind
from unbrick.formats import Clock
from unbrick.formats.claude_code import words
from unbrick.record import Json, compact
from unbrick.session import Session

ENVELOPE = (
    "isSidechain", "userType", "entrypoint", "cwd", "sessionId", "version", "gitBranch", "slug", "agentId", "teamName",
)
"""What a record says of where and by whom it was written, in today's order; the same for all records of a turn."""

STEP = timedelta(milliseconds=1)
PAUSE = timedelta(milliseconds=25)
"""Between an appended result and the reply behind it, so that further results fit in between."""

NEAR = 2000
"""Rows within which an earlier result is taken for a model before a prompt is."""


def imitate(own: Mapping[str, Any], neighbour: Json, model: Json) -> bytes:
    """A record with its own members and the neighbour's envelope, its keys in the order of a record like it.

    `own` stands in the order that keys have which the model lacks: each follows the one before it.
    """
    envelope = {key: neighbour[key] for key in ENVELOPE if key in neighbour and key not in own}
    order = [key for key in model if key in own or key in envelope]
    previous = -1
    for key in (*own, *envelope):
        if key not in order:
            order.insert(previous + 1, key)
        previous = order.index(key)
    return compact({key: own[key] if key in own else envelope[key] for key in order})


def instant(text: object) -> datetime | None:
    """A time as records write it; None for what is none, and at the ends of the calendar, where nothing can follow."""
    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(text)
        time = (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time if MINYEAR < time.year < MAXYEAR else None


def moment(seconds: float) -> datetime | None:
    """A time given in seconds since the epoch, to the millisecond; None where no calendar holds it."""
    try:
        time = datetime.fromtimestamp(round(seconds * 1000) / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return time if MINYEAR < time.year < MAXYEAR else None


def stamp(time: datetime) -> str:
    """A time as the client writes it: RFC 3339, milliseconds, Z."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def after(neighbour: Json, following: Json | None, clock: Clock) -> str:
    """The time of a record put behind a neighbour: a millisecond later, but not later than what follows it."""
    time = instant(neighbour.get("timestamp"))
    if time is None:
        return clock.now()
    later = time + STEP
    limit = instant(following.get("timestamp")) if following else None
    return stamp(later if limit is None or later < limit else max(time, min(later, limit)))


def newest(session: Session) -> datetime | None:
    """The newest time that any record of a chain carries."""
    top = session.newest
    return None if top is None else moment(top)


def is_newest(session: Session, row: int) -> bool:
    """Whether no record of a chain carries a newer time than a row."""
    own = session.scan.time[row]
    return own == own and (session.newest is None or session.newest <= own)


def newer_than_others(session: Session, rows: Set[int]) -> set[int]:
    """Those of some rows that no other record of a chain is newer than."""
    if not any(is_newest(session, row) for row in rows):
        return set()
    times, uuids = session.scan.time, session.scan.uuid
    others = (time for row, time in enumerate(times) if time == time and uuids[row] >= 0 and row not in rows)
    newest = max(others, default=-inf)
    return {row for row in rows if times[row] >= newest}


def at_end(session: Session, clock: Clock) -> datetime:
    """The time of a record that ends the conversation: now, and newer than every other, since clients before
    2.1.112 resume from the newest."""
    now = instant(clock.now()) or datetime.now(UTC)
    top = newest(session)
    return now if top is None or top < now else top + STEP


def model_user(session: Session, row: int) -> Json:
    """The record to take the key order of a result from: the nearest earlier result, else prompt, else the row."""
    users, answers = session.users
    answer, user = bisect_left(answers, row) - 1, bisect_left(users, row) - 1
    if answer >= 0 and row - answers[answer] <= NEAR:
        return session.value(answers[answer])
    return session.value(users[user] if user >= 0 else row)


class Around(NamedTuple):
    """What a result is written like: the row of its call, that record and its id, and a record of its own kind."""

    row: int
    record: Json
    uuid: str | None
    model: Json


def around(session: Session, call: int) -> Around:
    """What a result for a call of a row is written like."""
    return Around(call, session.value(call), session.uuid(call), model_user(session, call))


def result(call: Around, ref: str, parent: str, uuid: str, time: str, prompt: str | None) -> bytes:
    """The result that clients from 2.1.290 themselves write for a call whose session ended before it returned; `prompt`
    is the id of the prompt that it belongs to."""
    text = words.RESULT_INTERRUPTED
    block = {"type": "tool_result", "content": text, "is_error": True, "tool_use_id": ref}
    own: dict[str, Any] = {
        "parentUuid": parent,
        "isSidechain": bool(call.record.get("isSidechain")),
        **({} if prompt is None else {"promptId": prompt}),
        "type": "user",
        "message": {"role": "user", "content": [block]},
        "uuid": uuid,
        "timestamp": time,
        "toolUseResult": text,
        "toolDenialKind": "interrupted",
        "sourceToolAssistantUUID": call.uuid,
    }
    return imitate(own, call.record, call.model)


def prompt_id(session: Session, row: int) -> str | None:
    """The id of the prompt that a row belongs to, as the user record before it has it."""
    for other in session.ancestors(row):
        if session.kind(other) is Kind.USER:
            prompt = session.value(other).get("promptId")
            return prompt if isinstance(prompt, str) else None
    return None


def no_response(session: Session, call: int, parent: str, uuid: str, message: str, time: str) -> bytes:
    """The assistant record that clients append behind such results, so that the next prompt follows a reply."""
    neighbour = session.value(call)
    own: dict[str, Any] = {
        "parentUuid": parent,
        "isSidechain": bool(neighbour.get("isSidechain")),
        "type": "assistant",
        "uuid": uuid,
        "timestamp": time,
        "message": {
            "id": message,
            "container": None,
            "model": words.SYNTHETIC_MODEL,
            "role": "assistant",
            "stop_reason": "stop_sequence",
            "stop_sequence": "",
            "type": "message",
            "usage": {
                "input_tokens": 0,
                "output_tokens": 0,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
                "service_tier": None,
                "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
            },
            "content": [{"type": "text", "text": words.NO_RESPONSE}],
            "context_management": None,
        },
        "isApiErrorMessage": False,
        **({"madeBy": "other"} if "madeBy" in neighbour else {}),
    }
    return imitate(own, neighbour, dict.fromkeys(own))


def pointer(leaf: str, session_id: str) -> bytes:
    """The line that names the end of the conversation for clients from 2.1.139."""
    return compact({"type": "last-prompt", "leafUuid": leaf, "sessionId": session_id})
