"""Requests that really went out, as a client noted them down, and where the next one departs from the last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from unbrick.request import Request, Synthetic

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
    before, after = blocks(message), blocks(built.message(index))
    own = {place for place, part in enumerate(built.parts(index)) if part.synthetic in _FREE}
    for place, (old, new) in enumerate(zip_longest(before, after)):
        if old is None and last:
            return None
        if place not in own and _plain(old) != _plain(new):
            return Departure(index, place, old, new)
    return None


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
