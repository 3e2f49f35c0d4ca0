"""A request as the stand-in reads it: messages, turns, and every block with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Block = dict[str, Any]
Message = dict[str, Any]
Body = dict[str, Any]
Placed = tuple[str, Block]
"""A block and its place, `messages.4.content.1`."""


def blocks_of(message: Message) -> list[Block]:
    """The blocks of a message; a string is one text block."""
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


@dataclass(frozen=True)
class Turn:
    """Neighbouring messages of one role, which the API reads as one (docs, /api/messages)."""

    role: str
    blocks: tuple[tuple[int, int, Block], ...]
    """Index of the message, index of the block in it, the block."""

    def of(self, kind: str) -> Iterator[tuple[int, int, Block]]:
        """The blocks of a type."""
        return (one for one in self.blocks if one[2].get("type") == kind)


@dataclass(frozen=True)
class Asked:
    """A request's body, the beta features that its headers switch on, and the tokens that the model's window holds
    (None: tokens are not counted)."""

    body: Body
    betas: frozenset[str] = frozenset()
    window: int | None = None

    @cached_property
    def messages(self) -> list[Message]:
        """Its messages; empty where there is no list of them."""
        messages = self.body.get("messages")
        return [m for m in messages if isinstance(m, dict)] if isinstance(messages, list) else []

    @property
    def model(self) -> str:
        """The model's id."""
        return str(self.body.get("model", ""))

    @cached_property
    def turns(self) -> list[Turn]:
        """Its messages as turns. System messages without content may stand anywhere and are passed over."""
        found: list[tuple[str, list[tuple[int, int, Block]]]] = []
        for n, message in enumerate(self.messages):
            role, blocks = str(message.get("role")), blocks_of(message)
            if role == "system" and not blocks:
                continue
            if not found or found[-1][0] != role:
                found.append((role, []))
            found[-1][1].extend((n, m, block) for m, block in enumerate(blocks))
        return [Turn(role, tuple(blocks)) for role, blocks in found]

    def blocks(self) -> Iterator[Placed]:
        """Every block of every message."""
        for n, message in enumerate(self.messages):
            yield from ((f"messages.{n}.content.{m}", block) for m, block in enumerate(blocks_of(message)))
