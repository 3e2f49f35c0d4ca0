"""Calls and results: each call is answered in the next message, first thing, once (messages-api-rules R1-R5, R28)."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.entry import BlockKind
from unbrick.request import Request, Role
from unbrick.situation import Violation

Place = tuple[int, int]
"""Message and block, as the API numbers them."""

_TOOLS = frozenset({BlockKind.TOOL_USE, BlockKind.TOOL_RESULT, BlockKind.SERVER_USE, BlockKind.SERVER_RESULT})


def turns(request: Request, join: bool) -> Iterator[tuple[Role, list[int]]]:
    """Messages as the API reads them: (role, message indices). With `join`, neighbours of one role are one turn,
    and system messages without content, allowed anywhere, are passed over."""
    role: Role | None = None
    messages: list[int] = []
    for message in range(len(request)):
        now = Role(request.roles[message])
        if join and now is Role.SYSTEM and request.first[message] == request.first[message + 1]:
            continue
        if role is now and (join or now is Role.SYSTEM):
            messages.append(message)
            continue
        if role is not None:
            yield role, messages
        role, messages = now, [message]
    if role is not None:
        yield role, messages


def pairs(request: Request, strict: bool) -> Iterator[Violation]:
    """Every call and result that stands wrong. What has no id at all is the contract's business."""
    if _TOOLS.isdisjoint(request.kind):
        return
    used: dict[str, Place] = {}
    pending: dict[str, Place] = {}
    answered: set[str] = set()
    unanswered: list[tuple[str, Place, bool]] = []
    result_rows = _results(request)
    for role, messages in turns(request, join=not strict):
        if role is Role.ASSISTANT:
            unanswered += [(ref, place, False) for ref, place in pending.items()]
            yield from _missing(request, unanswered, result_rows)
            unanswered, answered, pending = [], set(), {}
            yield from _calls(request, messages, used, pending)
            continue
        misplaced: set[str] = set()
        leading = role is Role.USER
        for message in messages:
            start = request.first[message]
            for index in range(start, request.first[message + 1]):
                if request.kind[index] != BlockKind.TOOL_RESULT:
                    leading = False
                    if request.kind[index] == BlockKind.TOOL_USE:
                        yield _only_in(message, index - start, "tool_use", "assistant", request.refs[index])
                    continue
                place, ref = (message, index - start), request.refs[index]
                if ref is None:
                    continue
                if ref in pending:
                    if leading:
                        answered.add(ref)
                    else:
                        misplaced.add(ref)
                        unanswered.append((ref, pending[ref], _same_row(request, place)))
                    del pending[ref]
                elif ref in answered or ref in misplaced:
                    yield _twice(place, ref)
                else:
                    yield _stray(place, ref, "T004" if ref in used and ref not in answered else "T002")
        unanswered += [(ref, place, False) for ref, place in pending.items()]
        pending = {}
        yield from _missing(request, unanswered, result_rows)
        unanswered = []
    yield from _missing(request, [(ref, place, False) for ref, place in pending.items()], result_rows)


def _calls(
    request: Request, messages: list[int], used: dict[str, Place], pending: dict[str, Place]
) -> Iterator[Violation]:
    server: dict[str, Place] = {}
    for message in messages:
        start = request.first[message]
        for index in range(start, request.first[message + 1]):
            kind, place, ref = request.kind[index], (message, index - start), request.refs[index]
            if ref is None:
                continue
            if kind == BlockKind.TOOL_USE:
                if ref in used:
                    yield Violation("T006", *place, f"{_where(place)}: `tool_use` ids must be unique", ref)
                    continue
                used[ref] = pending[ref] = place
            elif kind == BlockKind.TOOL_RESULT:
                yield _only_in(message, index - start, "tool_result", "user", ref)
                pending.pop(ref, None)
            elif kind == BlockKind.SERVER_USE:
                server[ref] = place
            elif kind == BlockKind.SERVER_RESULT and server.pop(ref, None) is None:
                type_ = request.piece(index).get("type")
                yield Violation(
                    "T002", *place, f"{_where(place)}: unexpected `tool_use_id` found in `{type_}` blocks: {ref}. Each "
                    f"`{type_}` block must have a corresponding `server_tool_use` block before it.", ref,
                )
    if messages[-1] == len(request) - 1:
        return
    for ref, place in server.items():
        name = request.piece(request.first[place[0]] + place[1]).get("name")
        yield Violation(
            "T001", *place, f"messages.{place[0]}: `{name}` tool use with id `{ref}` was found without a "
            f"corresponding `{name}_tool_result` block", ref,
        )


def _missing(
    request: Request, unanswered: list[tuple[str, Place, bool]], results: dict[str, int]
) -> Iterator[Violation]:
    """The calls of one message that are not answered where they must be. The API names them all in one sentence."""
    for ref, place, beside_text in unanswered:
        together = [other for other, at, _ in unanswered if at[0] == place[0]]
        text = (
            f"messages.{place[0]}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(together)}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
            "message."
        )
        later = results.get(ref, -1) > place[0]
        yield Violation("T005" if beside_text else "T004" if later else "T001", *place, text, ref)


def _results(request: Request) -> dict[str, int]:
    """The last message that each id is answered in."""
    found: dict[str, int] = {}
    for message in range(len(request)):
        for index in range(request.first[message], request.first[message + 1]):
            if request.kind[index] == BlockKind.TOOL_RESULT:
                found[request.refs[index] or ""] = message
    return found


def _same_row(request: Request, place: Place) -> bool:
    """Whether the block in front of a result that keeps it from being first is of the same record."""
    index = request.first[place[0]] + place[1]
    return any(
        request.row[before] == request.row[index] and request.kind[before] != BlockKind.TOOL_RESULT
        for before in range(request.first[place[0]], index)
    )


def _where(place: Place) -> str:
    return f"messages.{place[0]}.content.{place[1]}"


def _twice(place: Place, ref: str) -> Violation:
    text = f"each tool_use must have a single result. Found multiple `tool_result` blocks with id: {ref}"
    return Violation("T003", *place, f"{_where(place)}: {text}", ref)


def _stray(place: Place, ref: str, code: str) -> Violation:
    text = (
        f"{_where(place)}: unexpected `tool_use_id` found in `tool_result` blocks: {ref}. Each `tool_result` block "
        "must have a corresponding `tool_use` block in the previous message."
    )
    return Violation(code, *place, text, ref)


def _only_in(message: int, block: int, type_: str, role: str, ref: str | None) -> Violation:
    text = f"messages.{message}: `{type_}` blocks can only be in `{role}` messages"
    return Violation("T005" if type_ == "tool_result" else "C010", message, block, text, ref)
