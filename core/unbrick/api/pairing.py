"""Calls and results: each call is answered in the next message, first thing, once (messages-api-rules R1-R5, R28)."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.entry import BlockKind
from unbrick.request import Request, Role
from unbrick.situation import Violation

Place = tuple[int, int]
"""Message and block, as the API numbers them."""

# Plain integers and a tuple: looking up an enumeration's member costs more than the comparison.
_USE, _RESULT = int(BlockKind.TOOL_USE), int(BlockKind.TOOL_RESULT)
_SERVER_USE, _SERVER_RESULT = int(BlockKind.SERVER_USE), int(BlockKind.SERVER_RESULT)
_TOOLS = frozenset({_USE, _RESULT, _SERVER_USE, _SERVER_RESULT})
_ROLES = tuple(Role)

NAMED = 100
"""So many calls of one message are named in the sentence about them."""


def turns(request: Request, join: bool) -> Iterator[tuple[Role, list[int]]]:
    """Messages as the API reads them: (role, message indices). With `join`, neighbours of one role are one turn,
    and system messages without content, allowed anywhere, are passed over."""
    before = -1
    messages: list[int] = []
    first, system = request.first, int(Role.SYSTEM)
    for message, role in enumerate(request.roles):
        if role == system and join and first[message] == first[message + 1]:
            continue
        if role == before and (join or role == system):
            messages.append(message)
            continue
        if before >= 0:
            yield _ROLES[before], messages
        before, messages = role, [message]
    if before >= 0:
        yield _ROLES[before], messages


def pairs(request: Request, strict: bool) -> Iterator[Violation]:
    """Every call and result that stands wrong. What has no id at all is the contract's business."""
    if _TOOLS.isdisjoint(request.kind):
        return
    used: dict[str, Place] = {}
    pending: dict[str, Place] = {}
    answered: set[str] = set()
    unanswered: list[tuple[str, Place, bool]] = []
    last_results: dict[str | None, int] = {}
    """Id of a call → the last part that is a result of it; filled when it is first needed."""
    kinds, refs, rows, first = request.kind, request.refs, request.row, request.first
    for role, messages in turns(request, join=not strict):
        if role is Role.ASSISTANT:
            unanswered += [(ref, place, False) for ref, place in pending.items()]
            if unanswered:
                yield from _missing(request, unanswered, last_results)
            unanswered, answered, pending = [], set(), {}
            yield from _calls(request, messages, used, pending)
            continue
        misplaced: set[str] = set()
        leading = role is Role.USER
        for message in messages:
            start = first[message]
            others: set[int] = set()
            """Records with something before a block that is no result."""
            for index in range(start, first[message + 1]):
                if kinds[index] != _RESULT:
                    leading = False
                    others.add(rows[index])
                    if kinds[index] == _USE:
                        yield _only_in(message, index - start, "tool_use", "assistant", refs[index])
                    continue
                place, ref = (message, index - start), refs[index]
                if ref is None:
                    continue
                if ref in pending:
                    if leading:
                        answered.add(ref)
                    else:
                        misplaced.add(ref)
                        unanswered.append((ref, pending[ref], rows[index] in others))
                    del pending[ref]
                elif ref in answered or ref in misplaced:
                    yield _twice(place, ref)
                else:
                    yield _stray(place, ref, "T004" if ref in used and ref not in answered else "T002")
        unanswered += [(ref, place, False) for ref, place in pending.items()]
        pending = {}
        if unanswered:
            yield from _missing(request, unanswered, last_results)
            unanswered = []
    yield from _missing(request, [(ref, place, False) for ref, place in pending.items()], last_results)


def _calls(
    request: Request, messages: list[int], used: dict[str, Place], pending: dict[str, Place]
) -> Iterator[Violation]:
    server: dict[str, Place] = {}
    kinds, refs, first = request.kind, request.refs, request.first
    for message in messages:
        start = first[message]
        for index in range(start, first[message + 1]):
            kind, ref = kinds[index], refs[index]
            if ref is None:
                continue
            place = message, index - start
            if kind == _USE:
                if ref in used:
                    yield Violation("T006", *place, f"{_where(place)}: `tool_use` ids must be unique", ref)
                    continue
                used[ref] = pending[ref] = place
            elif kind == _RESULT:
                yield _only_in(message, index - start, "tool_result", "user", ref)
                pending.pop(ref, None)
                server.pop(ref, None)
            elif kind == _SERVER_USE:
                server[ref] = place
            elif kind == _SERVER_RESULT and server.pop(ref, None) is None:
                type_ = request.piece(index).get("type")
                yield Violation(
                    "T010", *place, f"{_where(place)}: unexpected `tool_use_id` found in `{type_}` blocks: {ref}. Each "
                    f"`{type_}` block must have a corresponding `server_tool_use` block before it.", ref,
                )
    if not server or messages[-1] == len(request) - 1:
        return
    for ref, place in server.items():
        name = request.piece(request.first[place[0]] + place[1]).get("name")
        yield Violation(
            "T010", *place, f"messages.{place[0]}: `{name}` tool use with id `{ref}` was found without a "
            f"corresponding `{name}_tool_result` block", ref,
        )


def _missing(
    request: Request, unanswered: list[tuple[str, Place, bool]], last_results: dict[str | None, int]
) -> Iterator[Violation]:
    """The calls of one message that are not answered where they must be. The API names them all in one sentence, of
    which the first are enough here."""
    together: dict[int, list[str]] = {}
    for ref, place, _beside_text in unanswered:
        together.setdefault(place[0], []).append(ref)
    texts = {
        message: f"messages.{message}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(refs[:NAMED])}{', …' if len(refs) > NAMED else ''}. Each `tool_use` block must have a "
        "corresponding `tool_result` block in the next message."
        for message, refs in together.items()
    }
    for ref, place, beside_text in unanswered:
        if not last_results:
            places = zip(request.refs, request.kind, range(len(request.refs)), strict=True)
            last_results[None] = -1
            last_results.update((other, index) for other, kind, index in places if kind == _RESULT)
        later = not beside_text and last_results.get(ref, -1) >= request.first[place[0] + 1]
        yield Violation("T005" if beside_text else "T004" if later else "T001", *place, texts[place[0]], ref)


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
