"""What Anthropic's Messages API refuses in a request, found in the request's columns; only suspects are decoded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, groupby, islice, pairwise, zip_longest
from operator import eq
from typing import Any

from unbrick import models
from unbrick.api import media
from unbrick.api.pairing import pairs, turns
from unbrick.entry import BlockFlag, BlockKind
from unbrick.request import PARTS, Request, Role
from unbrick.scanning import ones
from unbrick.situation import Violation
from unbrick.target import Target

_SHAPE = int(
    BlockFlag.BAD_ID | BlockFlag.BAD_NAME | BlockFlag.BAD_INPUT | BlockFlag.UNSIGNED | BlockFlag.MALFORMED
    | BlockFlag.EXTRA | BlockFlag.MEDIA
)
_REFERENCE, _EXTRA = int(BlockFlag.REFERENCE), int(BlockFlag.EXTRA)
_WORDS = int(BlockFlag.EMPTY | BlockFlag.BLANK | BlockFlag.SURROGATE)
_MEDIA = int(BlockFlag.MEDIA)
_KINDS = bytes(
    kind in (
        BlockKind.IMAGE, BlockKind.DOCUMENT, BlockKind.REDACTED, BlockKind.SERVER_USE, BlockKind.SERVER_RESULT,
        BlockKind.OTHER,
    )
    for kind in range(256)
)
_MEDIA_KINDS = (int(BlockKind.IMAGE), int(BlockKind.DOCUMENT))
MARKS = 4
"""So many blocks of a request may be marked for the cache (messages-api-rules R13)."""
_DIRECTIVE = "the directive-only form (content: [] with output_config) is accepted at any position"
_THINKING = (int(BlockKind.THINKING), int(BlockKind.REDACTED))
_ASSISTANT_ONLY = {
    int(BlockKind.THINKING): "thinking", int(BlockKind.REDACTED): "redacted_thinking",
    int(BlockKind.SERVER_USE): "server_tool_use",
}


def _blocks(request: Request, target: Target, complete: bool) -> Iterator[Violation]:
    """Blocks that are refused for what they are, whatever stands around them."""
    suspect = int(_SHAPE | _WORDS | _REFERENCE)
    suspects = ones.either(ones.of_flags(request.flags, suspect), request.kind.tobytes().translate(_KINDS))
    looks = _Looks(request, target)
    for _message, indices in groupby(ones.places(suspects), key=lambda index: request.locate(index)[0]):
        yield from islice(chain.from_iterable(map(looks.refused, indices)), PARTS)
    yield from looks.together()


class _Looks:
    """A look at blocks one by one, and what shows only in all of them."""

    def __init__(self, request: Request, target: Target) -> None:
        self.request, self.glanced, self.target = request, request.glanced(), target
        self.album = media.Album()
        self.marked: list[tuple[int, int]] = []

    def refused(self, index: int) -> Iterator[Violation]:
        """What is refused of one block."""
        request = self.request
        kind, flags = request.kind[index], request.flags[index]
        message, block = request.locate(index)
        ref = request.refs[index]
        where = f"messages.{message}.content.{block}"
        if flags & _REFERENCE:
            for tool in _references(request.piece(index)):
                if request.tools is not None and tool in request.tools:
                    continue
                yield Violation("T012", message, block, f"Tool reference '{tool}' not found in available tools", ref)
        if flags & _WORDS:
            yield from _text(request, index, message, block, self.target)
        if flags & _SHAPE or _KINDS[kind]:
            value = self.glanced.piece(index)
            if kind in _MEDIA_KINDS or flags & _MEDIA:
                self.album.add(message, block, value)
                if media.flawless(value):
                    return
            from unbrick.api.contract import faults  # pydantic takes longer to load than most checks to run

            if flags & _EXTRA and value.get("cache_control") and kind not in _THINKING:
                self.marked.append((message, block))
            for code, place, sentence in faults(value):
                said = f"{where}{'.' if place else ''}{place}: {sentence}"
                yield Violation(code, message, block, said, ref, media.path_of(place))
            if kind == BlockKind.THINKING and value.get("signature") == "":
                yield Violation("C007", message, block, f"{where}: Invalid `signature` in `thinking` block", ref)

    def together(self) -> Iterator[Violation]:
        """What is refused of all blocks together."""
        yield from self.album.violations(self.request, self.target)
        found = len(self.marked) + self.request.marks
        if self.marked and found > MARKS:
            text = f"A maximum of {MARKS} blocks with cache_control may be provided. Found {found}."
            yield Violation("C020", *self.marked[0], text)


def _references(block: dict[str, Any]) -> Iterator[str]:
    """Names of the tools that a result refers to."""
    content = block.get("content")
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and part.get("type") == "tool_reference":
            yield str(part.get("tool_name", ""))


def _text(request: Request, index: int, message: int, block: int, target: Target) -> Iterator[Violation]:
    flags, kind = request.flags[index], request.kind[index]
    if flags & BlockFlag.SURROGATE:
        text = "The request body is not valid JSON: no low surrogate in string"
        yield Violation("J009", message, block, text, request.refs[index])
    if kind != BlockKind.TEXT:
        # Empty text inside a result is known to be refused by strict readers only.
        if target.strict and flags & BlockFlag.EMPTY:
            yield Violation("C001", message, block, "messages: text content blocks must be non-empty")
    elif flags & BlockFlag.EMPTY:
        if message in request.plain:
            yield _no_content(message)
            return
        if request.piece(index).get("cache_control"):
            text = f"messages.{message}.content.{block}.text: cache_control cannot be set for empty text blocks"
            yield Violation("C001", message, block, text)
        yield Violation("C001", message, block, "messages: text content blocks must be non-empty")
    elif flags & BlockFlag.BLANK:
        yield Violation("C002", message, block, "messages: text content blocks must contain non-whitespace text")


def _no_content(message: int) -> Violation:
    text = "all messages must have non-empty content except for the optional final assistant message"
    return Violation("C003", message, None, f"messages.{message}: {text}")


def _messages(request: Request, target: Target, complete: bool) -> Iterator[Violation]:
    """Messages without content, and kinds of blocks in the wrong role."""
    last = len(request) - 1
    kinds, first = request.kind, request.first
    if _ASSISTANT_ONLY.keys().isdisjoint(set(kinds)) and not any(map(eq, first, islice(first, 1, None))):
        return
    assistant, system = int(Role.ASSISTANT), int(Role.SYSTEM)
    for message, role in enumerate(request.roles):
        start, end = first[message], first[message + 1]
        if start == end:
            ends = complete and message == last and role == assistant
            if message not in request.wrong and role != system and not ends:
                yield _no_content(message)
        elif role == assistant:
            if kinds[end - 1] in _THINKING and not (message < last and request.roles[message + 1] == assistant):
                word = _ASSISTANT_ONLY[kinds[end - 1]]
                text = f"messages.{message}: The final block in an assistant message cannot be `{word}`."
                yield Violation("C003", message, end - start - 1, text)
        else:
            for index in range(start, end):
                if kinds[index] in _ASSISTANT_ONLY:
                    word = _ASSISTANT_ONLY[kinds[index]]
                    text = f"messages.{message}: `{word}` blocks can only be in `assistant` messages"
                    yield Violation("C010", message, index - start, text)


def _system(request: Request, target: Target, complete: bool) -> Iterator[Violation]:
    """System turns: on models that do not know them, and where they may not stand (messages-api-rules R19)."""
    if Role.SYSTEM not in request.roles:
        return
    refused = models.accepts_system(target.model) is False
    if refused:
        for message, role in enumerate(request.roles):
            if role == Role.SYSTEM:
                yield Violation("C005", message, None, "role 'system' is not supported on this model")
        return
    roles = (role for role, _messages in islice(turns(request, join=True), 1, None))
    before: Role | None = None
    for (turn, messages), following in zip_longest(turns(request, join=True), roles):
        previous, before = before, turn
        if turn is Role.SYSTEM:
            message = messages[0]
            after_server = previous is Role.ASSISTANT and _ends_in_server_result(request, message - 1)
            if previous is None:
                text = f"use the top-level 'system' parameter for the initial system prompt; {_DIRECTIVE}"
            elif previous is Role.ASSISTANT and not after_server:
                text = "role 'system' must follow a 'user' message or a server tool result"
            elif following is Role.USER:
                text = f"role 'system' must precede an 'assistant' message or end the array; {_DIRECTIVE}"
            else:
                continue
            yield Violation("C006", message, None, f"messages.{message}: {text}")


def _ends_in_server_result(request: Request, message: int) -> bool:
    end = request.first[message + 1]
    return end > request.first[message] and request.kind[end - 1] == BlockKind.SERVER_RESULT


def _alternation(request: Request, target: Target, complete: bool) -> Iterator[Violation]:
    """What strict consumers insist on, which do not join neighbours of one role, as the first-party API did once."""
    if not target.strict:
        return
    roles = [(message, role) for message, role in enumerate(request.roles) if role != Role.SYSTEM]
    if roles and roles[0][1] != Role.USER:
        yield Violation("C004", roles[0][0], None, 'messages: first message must use the "user" role')
    for (_, before), (message, role) in pairwise(roles):
        if before == role:
            text = (
                'messages: roles must alternate between "user" and "assistant", but found multiple '
                f'"{Role(role).word}" roles in a row'
            )
            yield Violation("C004", message, None, text)


def _end(request: Request, target: Target, complete: bool) -> Iterator[Violation]:
    """The end of a request that is sent as it stands (messages-api-rules R20, R21)."""
    last = len(request) - 1
    if not complete or last < 0 or request.roles[last] != Role.ASSISTANT:
        return
    if not models.prefills(target.model):
        yield Violation(
            "C004", last, None,
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        )
    elif request.first[last] < request.first[last + 1]:
        text = request.piece(request.first[last + 1] - 1).get("text")
        if isinstance(text, str) and text != text.rstrip():
            text = "messages: final assistant content cannot end with trailing whitespace"
            yield Violation("C004", last, request.first[last + 1] - request.first[last] - 1, text)


def _pairs(request: Request, target: Target, complete: bool) -> Iterator[Violation]:
    return pairs(request, target.strict)


CHECKS = (_blocks, _pairs, _messages, _system, _alternation, _end)
