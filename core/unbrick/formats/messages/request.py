"""The request that an array of messages is: its messages as they stand, healed by nobody."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from unbrick.entry import BlockFlag, BlockKind, Kind
from unbrick.formats.claude_code.reading import mark_surrogates
from unbrick.formats.messages import chat, records
from unbrick.formats.messages.framing import envelope, has_body
from unbrick.record import FaultKind, Json
from unbrick.request import Part, Request, Role, Synthetic
from unbrick.session import Session, Standing
from unbrick.thread import Loss, Outcome, Thread


class Dialect(NamedTuple):
    """How messages are written: as blocks, what is wrong with one by itself, the role that each counts as, the members
    that the API knows, and how it names the place of one."""

    blocks: Callable[[Json], list[dict[str, Any]]]
    wrong: Callable[[Json, bool], tuple[str, str] | None]
    roles: Mapping[str, Role]
    members: frozenset[str]
    place: str


ANTHROPIC = Dialect(
    records.blocks, records.wrong, {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM},
    records.MEMBERS, "messages.{}",
)
OPENAI = Dialect(
    chat.blocks, chat.wrong,
    {"user": Role.USER, "tool": Role.USER, "function": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM,
     "developer": Role.SYSTEM},
    chat.MEMBERS, "messages[{}]",
)
_LENIENT = (FaultKind.SURROGATE, FaultKind.BOM, FaultKind.BLANK)
"""Faults that a reader of JSON gets over, whatever the API then says."""
NO_MESSAGE = "messages: at least one message is required"
INVALID = "The request body is not valid JSON"


def thread(session: Session) -> Thread:
    """Every message in the order of the document; nothing at all where the document cannot be read."""
    scan = session.scan
    standing = array("B", bytes(len(scan)))
    bad = [row for row, fault in scan.faults.items() if fault.kind not in _LENIENT]
    flaw = scan.view.flaw
    for row, kind in enumerate(scan.kind):
        if kind == Kind.FAULT:
            standing[row] = Standing.UNREADABLE
    rows = array("i", (row for row, found in enumerate(standing) if found == Standing.LOADED))
    if not bad and not flaw:
        empty = not rows and has_body(scan.view)
        outcome, error = (Outcome.REFUSED, NO_MESSAGE) if empty else (Outcome.ACCEPTED, None)
        return Thread(rows, rows[-1] if rows else None, outcome, error, standing=standing, whole=True)
    why = "one message that cannot be read has a reader reject the whole document"
    lost = len(rows)
    for row in rows:
        standing[row] = Standing.LOST
    losses = tuple(Loss(row, why, None, lost if row == bad[0] else 0) for row in bad)
    return Thread(
        array("i"), None, Outcome.REFUSED, INVALID, standing=standing, losses=losses,
        whole=True,
    )


def request(
    session: Session, thread: Thread, prompt: str | None = None, dialect: Dialect = ANTHROPIC
) -> Request:
    """The messages as they stand, each with what is wrong with itself; a prompt is one more."""
    scan, view = session.scan, session.scan.view
    around, body = envelope(view), has_body(view)
    built = Request(
        partial(session.of, make=dialect.blocks), partial(session.glance, make=dialect.blocks),
        complete=body and prompt is None, own_system=True, prompted=body,
        marks=_marks(around.get("system")) + _marks(around.get("tools")), tools=_tools(around),
    )
    for row in thread.rows:
        value = session.value(row)
        role = dialect.roles.get(str(value.get("role")), Role.USER)
        message = built.start(role)
        found = dialect.wrong(value, body)
        if found is not None:
            built.wrong[message] = (found[0], found[1].replace("{at}", dialect.place.format(message)), row)
        extra = {key: part for key, part in value.items() if key not in dialect.members}
        if extra and body:
            built.extra[message] = extra
        start = scan.first[row]
        for index in scan.blocks(row):
            if scan.block_flags[index] & BlockFlag.STRING:
                built.plain.add(message)
            built.add(Part(
                row, index - start, BlockKind(scan.block_kind[index]), scan.block_flags[index],
                scan.strings.text(scan.block_ref[index]), None, scan.block_size[index],
            ))
    mark_surrogates(session, built)
    if prompt is not None:
        message = built.start(Role.USER)
        built.plain.add(message)
        said = {"type": "text", "text": prompt}
        built.add(Part(-1, 0, BlockKind.TEXT, int(BlockFlag.STRING), None, Synthetic.PROMPT, len(prompt)), said)
    return built


def _marks(value: Any) -> int:  # noqa: ANN401 - whatever a body holds
    """How many parts of the system prompt, or tools, are marked for the cache."""
    return sum(isinstance(one, dict) and "cache_control" in one for one in value) if isinstance(value, list) else 0


def _tools(around: dict[str, Any]) -> frozenset[str] | None:
    listed = around.get("tools")
    if not isinstance(listed, list):
        return None
    return frozenset(str(one.get("name")) for one in listed if isinstance(one, dict))
