"""Requests that really went out, as a client noted them down, and where the next one departs from the last."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from unbrick.entry import BlockKind
from unbrick.record import compact
from unbrick.request import Part, Request, Role, Synthetic

Message = dict[str, Any]

_FREE = (Synthetic.REMINDER, Synthetic.PROMPT)
"""Parts whose words are not known before they are sent."""


class Proof(StrEnum):
    """How sure it is that a request was rebuilt as it went out."""

    VERIFIED = "verified"
    """Its digest is the one that the client noted."""
    DIFFERS = "differs"
    """Every message was found, but its digest is another."""
    INCOMPLETE = "incomplete"
    """Some of it is not in the file."""

    @property
    def words(self) -> str:
        """For a person."""
        return {"verified": "verified", "differs": "rebuilt, digest differs"}.get(self.value, "cannot be rebuilt")


@dataclass(frozen=True)
class Sent:
    """A request as a client noted it: the row of the note, its id, time (RFC 3339) and purpose in the client's words,
    client version, model, number of messages, and what came of rebuilding it; `why` is a sentence, empty when it is
    verified. `messages` gives the messages, None for one that is not in the file; `rows` the rows that each stands in.
    """

    row: int
    id: str
    time: str | None
    purpose: str | None
    version: str | None
    model: str | None
    size: int
    proof: Proof
    why: str
    messages: Callable[[], list[Message | None]]
    rows: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Departure:
    """The first place where a request that will be sent departs from one that was: indices of the message and block
    (None: the message as a whole), what stood there and what will, as JSON (None: nothing)."""

    message: int
    block: int | None
    before: Any
    after: Any


def departure(sent: Sequence[Message | None], built: Request) -> Departure | None:
    """Where a request that is built departs from the messages of one that was sent; None where it goes on from it.

    A string and a single text block say the same (the API's own rule). The last message may have grown by then.
    Messages that are not known any more and the client's own reminders are not compared.
    """
    for index, message in enumerate(sent):
        if message is None:
            continue
        if index >= len(built):
            return Departure(index, None, message, None)
        role = built.role(index).word
        if role != message.get("role"):
            return Departure(index, None, message, built.message(index))
        found = _first(message, built, index, last=index == len(sent) - 1)
        if found is not None:
            return found
    return None


def _first(message: Message, built: Request, index: int, *, last: bool) -> Departure | None:
    for change in _changes(message, built, index):
        if not (change.before is None and last):
            return Departure(index, change.block, change.before, change.after)
    return None


class Fate(StrEnum):
    """What becomes of a message when the next request is sent."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"
    """It was sent, and will not be sent again."""
    NEW = "new"
    """It was not in the request that was sent."""
    UNKNOWN = "unknown"
    """What was sent stands in the file no more."""


@dataclass(frozen=True)
class Change:
    """A block that was sent and the one that will be in its place, as JSON (None: nothing)."""

    block: int
    before: Any
    after: Any


@dataclass(frozen=True)
class Beside:
    """A message of a request that was sent beside that of the next one: their indices (None: it is in one of them
    only), and the blocks that differ."""

    fate: Fate
    before: int | None
    after: int | None
    changes: tuple[Change, ...] = ()


def beside(sent: Sequence[Message | None], built: Request) -> Iterator[Beside]:
    """The messages of a request that was sent beside those of one that is built, both in order, compared as
    `departure` does."""
    start = 0
    while start < min(len(sent), len(built)):
        one = _pair(sent, built, start, start)
        if one.fate not in (Fate.SAME, Fate.UNKNOWN):
            break
        yield one
        start += 1
    old = [f"{index}?" if message is None else _key(message, ()) for index, message in enumerate(sent[start:])]
    new = [_key(built.message(index), _own(built, index)) for index in range(start, len(built))]
    for word, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        after = start + j
        for before in range(start + i, start + i_end):
            found = after if word == "equal" else _kin(sent[before], built, range(after, start + j_end))
            if found is None:
                yield Beside(Fate.GONE, before, None)
                continue
            yield from (Beside(Fate.NEW, None, one) for one in range(after, found))
            yield _pair(sent, built, before, found)
            after = found + 1
        yield from (Beside(Fate.NEW, None, one) for one in range(after, start + j_end))


def _kin(message: Message | None, built: Request, among: Iterable[int]) -> int | None:
    """The first of some messages that one which was sent has become: of its role, with a block in common or a block
    of the same call."""
    if message is None:
        return None
    marks = {mark for block in blocks(message) for mark in _marks(block)}
    return next(
        (index for index in among if _alike(message, built, index)
         and any(mark in marks for block in blocks(built.message(index)) for mark in _marks(block))), None,
    )


def _marks(block: Any) -> Iterator[object]:  # noqa: ANN401 - JSON
    yield compact(_plain(block))
    if isinstance(block, dict):
        yield from ((key, block[key]) for key in ("id", "tool_use_id") if isinstance(block.get(key), str))


def _alike(message: Message, built: Request, index: int) -> bool:
    return bool(message.get("role") == built.role(index).word)


def _pair(sent: Sequence[Message | None], built: Request, before: int, after: int) -> Beside:
    message = sent[before]
    if message is None:
        return Beside(Fate.UNKNOWN, before, after)
    if not _alike(message, built, after):
        return Beside(Fate.CHANGED, before, after)
    changes = tuple(_changes(message, built, after))
    return Beside(Fate.CHANGED if changes else Fate.SAME, before, after, changes)


def _own(built: Request, index: int) -> set[int]:
    """The blocks of a message whose words are not known before they are sent."""
    return {place for place, part in enumerate(built.parts(index)) if part.synthetic in _FREE}


def _changes(message: Message, built: Request, index: int) -> Iterator[Change]:
    own = _own(built, index)
    for place, (old, new) in enumerate(zip_longest(blocks(message), blocks(built.message(index)))):
        if place not in own and _plain(old) != _plain(new):
            yield Change(place, old, new)


def _key(message: Message, own: Collection[int]) -> bytes | str:
    """What a message is known by again."""
    said = [_plain(block) for place, block in enumerate(blocks(message)) if place not in own]
    return compact([message.get("role"), said])


def rebuilt(messages: Sequence[Message | None]) -> Request:
    """A request that was sent, as one that is built: so that `beside` can compare another one with it. The row of a
    part is the index of its message; what is not known any more is an empty message of the user's."""
    request = Request(decode=lambda index: blocks(messages[index] or {}))
    roles = {role.word: role for role in Role}
    for index, message in enumerate(messages):
        request.start(roles.get(str((message or {}).get("role")), Role.USER))
        for place, block in enumerate(blocks(message or {})):
            ref = next((block[key] for key in ("id", "tool_use_id") if isinstance(block.get(key), str)), None) \
                if isinstance(block, dict) else None
            request.add(Part(index, place, kind_of(block), ref=ref))
    return request


_KINDS = {
    "text": BlockKind.TEXT, "thinking": BlockKind.THINKING, "redacted_thinking": BlockKind.REDACTED,
    "tool_use": BlockKind.TOOL_USE, "tool_result": BlockKind.TOOL_RESULT, "image": BlockKind.IMAGE,
    "document": BlockKind.DOCUMENT, "server_tool_use": BlockKind.SERVER_USE,
}


def kind_of(block: Any) -> BlockKind:  # noqa: ANN401 - JSON
    """What a block of a request is, by its type."""
    return _KINDS.get(str(block.get("type")), BlockKind.OTHER) if isinstance(block, dict) else BlockKind.OTHER


def blocks(message: Message) -> list[Any]:
    """The blocks of a message; a string is one text block."""
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return content if isinstance(content, list) else []


def _plain(block: Any) -> Any:  # noqa: ANN401 - JSON
    """A block without its mark for the cache, which moves from request to request."""
    if isinstance(block, dict) and "cache_control" in block:
        return {key: value for key, value in block.items() if key != "cache_control"}
    return block
