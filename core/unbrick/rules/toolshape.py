"""Rules of the tools family about a call itself: its id, its name, its input."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Sequence

from unbrick.api import CONTRACTS
from unbrick.edit import DropBlock, Edit, SetRef
from unbrick.entry import BlockFlag
from unbrick.finding import Affect, Finding, Fix, Rule, Severity
from unbrick.rules import nameless
from unbrick.rules.freshrefs import FreshRefs
from unbrick.rules.parts import broken, refusal, remark, safe, sends, sent, set_block, stored
from unbrick.situation import Situation
from unbrick.thread import Outcome

NO_NAME = "unknown_tool"


def duplicated_call_id(situation: Situation) -> Iterator[Finding]:
    """Two tool calls carry the same id.

    The API refuses the conversation (#20573, #20901, #21083). It happens when records are written twice after a lost
    connection, or were copied by an edit. Clients from 2.1.80 on send the first and leave the rest out.

    A repeat of the same call is taken out. A different call under the same id gets an id of its own, together with
    its result.
    """
    name = "duplicated-call-id"
    fresh = FreshRefs(situation)
    violated = {what.violation.ref: what for what in broken(situation, "T006")}
    for call in situation.odd_calls:
        loaded = sorted((situation.loaded[row], row, block) for row, block in call.uses if row in situation.loaded)
        if len(loaded) < 2:
            continue
        what = violated.pop(call.ref, None)
        # Before any result is looked at, so that a record is read once for all its calls.
        first, *others = [_essence(situation, row, block) for _place, row, block in loaded]
        answers = sorted((situation.loaded[row], row, block) for row, block in call.results if row in situation.loaded)
        own = _own_answers(situation, loaded, answers)
        for (place, row, block), essence in zip(loaded[1:], others, strict=True):
            repeated = essence == first
            message = f"the call id {call.ref} is used {len(loaded)} times, "
            message += "for the same call" if repeated else "for different calls"
            answer = own.get((place, row, block))
            if repeated and not (answer is not None and answers[0] < (place, row, block)):
                fix = _drop_repeat(situation, row, block)
            else:
                # Of two calls that were both answered, each was made.
                new = fresh.give(call.ref)
                fix = _own_id(situation, new, (row, block), None if answer is None else answer[1:])
            if what is not None:
                yield refusal(situation, name, type(what)(what.violation, row, block), message, (fix,))
            else:
                lost = sends(situation) and not repeated and not sent(situation, row, block)
                severity = Severity.WARNING if lost else Severity.INFO
                yield remark(situation, "T006", name, severity, message, row, block, (fix,))
    for what in violated.values():
        yield refusal(situation, name, what, f"the call id {what.violation.ref} is used more than once")


Loaded = tuple[int, int, int]
"""A place on the thread, its row, and a block of it."""


def _own_answers(situation: Situation, calls: Sequence[Loaded], answers: Sequence[Loaded]) -> dict[Loaded, Loaded]:
    """Call → its result, of calls and results under one id: each result is that of the first call of the response
    before it that has none yet."""
    ids, response = situation.session.scan.message_id, None
    waiting: deque[Loaded] = deque()
    found: dict[Loaded, Loaded] = {}
    for at, answers_one in sorted([*((at, False) for at in calls), *((at, True) for at in answers)]):
        if answers_one:
            if waiting:
                found[waiting.popleft()] = at
            continue
        row = at[1]
        part_of = ids[row] if ids[row] >= 0 else -1 - row
        if part_of != response:
            waiting.clear()
        response = part_of
        waiting.append(at)
    return found


def _essence(situation: Situation, row: int, block: int) -> object:
    found = stored(situation, row, block)
    return (found.get("name"), found.get("input")) if isinstance(found, dict) else found


def _drop_repeat(situation: Situation, row: int, block: int) -> Fix:
    return safe("drop", "Take the repeated call out", DropBlock(situation.at(row), block))


def _own_id(situation: Situation, new: str, use: tuple[int, int], result: tuple[int, int] | None) -> Fix:
    edits: list[Edit] = [set_block(situation, *use, new, "id")]
    if result is not None:
        edits.append(set_block(situation, *result, new, "tool_use_id"))
    return safe("own-id", f"Give the second call the id {new}, and its result too", *edits)


def bad_call_id(situation: Situation) -> Iterator[Finding]:
    """A tool call id holds characters that the API does not allow.

    Ids may hold letters, digits, `_` and `-`. Other models and gateways write ids such as `Bash:12` or `call_1|fc_2`,
    which is found out when the session goes on with the first-party API. Every client version sends them as stored.

    The id is rewritten, in the call and in its results. A call without any gets one, and so does its result where
    it is certain which that is: where as many results without an id follow. Otherwise the call is answered in the
    client's words, and what such results say is kept as text.
    """
    seen: set[str] = set()
    fresh = FreshRefs(situation)
    for what in broken(situation, "T007"):
        ref, row, block = what.violation.ref, what.row, what.block
        fixes: tuple[Fix, ...] = ()
        if ref is not None:
            if ref in seen:
                continue
            seen.add(ref)
            new = fresh.give(ref)
            fixes = (safe("new-id", f"Rewrite the id to {new}, in the call and its results", SetRef(ref, new)),)
        elif row is not None and block is not None:
            fixes = nameless.fixes(situation, row, block)
        said = "no id" if ref is None else f"the id {ref!r}"
        yield refusal(situation, "bad-call-id", what, f"a tool call has {said}, which the API does not accept", fixes)


def bad_tool_name(situation: Situation) -> Iterator[Finding]:
    """A tool call has an empty or overlong name.

    Anthropic's API takes names of 1 to 200 characters in the history, OpenAI's of 64 letters, digits, `_` and `-`; a
    model that calls a tool by a whole sentence makes every later request fail. Clients before 2.1.281 stay stuck; later
    ones shorten a long name each time they send it, and stay stuck on an empty one.

    The name is shortened. It labels a call that is over, so nothing that the conversation says changes.
    """
    contract = CONTRACTS[situation.target.api]
    taken = f"{contract.name_limit} characters" if contract.name_limit > 64 else "64 letters, digits, _ and -"
    name, message = "bad-tool-name", f"the name of a tool call is not of 1 to {taken}"
    claimed: set[tuple[int | None, int | None]] = set()
    for what in broken(situation, "T008"):
        claimed.add((what.row, what.block))
        fixes = () if what.row is None or what.block is None else (_rename(situation, what.row, what.block),)
        yield refusal(situation, name, what, message, fixes)
    scan = situation.session.scan
    for call in situation.odd_calls:
        for row, block in call.uses:
            odd = scan.block_flags[scan.first[row] + block] & BlockFlag.BAD_NAME
            if odd and row in situation.loaded and (row, block) not in claimed:
                fix = _rename(situation, row, block)
                said = f"{message}; this client shortens it"
                yield remark(situation, "T008", name, Severity.INFO, said, row, block, (fix,))


def _rename(situation: Situation, row: int, block: int) -> Fix:
    found = stored(situation, row, block)
    old = found.get("name") if isinstance(found, dict) else None
    contract = CONTRACTS[situation.target.api]
    given = re.sub(contract.not_in_names, "_", old) if isinstance(old, str) else ""
    new = given[: contract.name_limit] or NO_NAME
    longer = len(given) > contract.name_limit
    title = f"Shorten the name to {contract.name_limit} characters" if longer else f"Name it {new}"
    return safe("rename", title, set_block(situation, row, block, new, "name"))


def bad_tool_input(situation: Situation) -> Iterator[Finding]:
    """The input of a tool call is not an object.

    The API refuses it. It happens when a call is cut off while it is written, or when another program stores the
    input as text. Every client version sends it as stored.

    Text that is an object is turned into one; anything else is kept under the name `raw`.
    """
    for what in broken(situation, "T009"):
        fixes: tuple[Fix, ...] = ()
        if what.row is not None and what.block is not None:
            found = stored(situation, what.row, what.block)
            old = found.get("input") if isinstance(found, dict) else None
            new = _object(old)
            title = "Give it an empty input" if not new else "Write the input as an object"
            fixes = (safe("input", title, set_block(situation, what.row, what.block, new, "input")),)
        yield refusal(situation, "bad-tool-input", what, "the input of a tool call is not an object", fixes)


def _object(old: object) -> dict[str, object]:
    if isinstance(old, dict):
        return old
    if isinstance(old, str):
        try:
            found = json.loads(old)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return found
    return {} if old in (None, "", []) else {"raw": old}


_REFUSED = (Affect(Severity.ERROR, Outcome.REFUSED),)

RULES: tuple[Rule[Situation], ...] = (
    Rule("T006", "duplicated-call-id", duplicated_call_id,
         r"`?tool_use`? ids must be unique|Duplicate value for 'tool_call_id' of \S+ in message\[", (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.80"), Affect(Severity.INFO, since="2.1.80"),
    )),
    Rule("T007", "bad-call-id", bad_call_id,
         r"(?<!server_)tool_use(?:_id|\.id)?.{0,20}String should match pattern"
         r"|(?:tool_calls\[\d+\]\.id|tool_call_id|call_id)': (?:string too long|empty string)"
         r"|Missing (?:required )?parameter:? '[^']*(?:tool_calls\[\d+\]\.id|tool_call_id)'", _REFUSED),
    Rule("T008", "bad-tool-name", bad_tool_name, r"tool_use\.name: String should have at"
         r"|'(?:messages|input)\[\d+\]\.(?:tool_calls\[\d+\]\.function\.)?name'", _REFUSED),
    Rule("T009", "bad-tool-input", bad_tool_input,
         r"tool_use\.input: (?:Input should be a valid dictionary|Field required)"
         r"|tool_calls\[\d+\]\.function\.arguments'", _REFUSED),
)
