"""Content that may not be empty, and the marks for the cache (R9-R13)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from unbrick.proof.asked import Asked, Block, blocks_of

MARKS = 4
MARK = '"cache_control":'


def empty(asked: Asked) -> Iterator[tuple[str, str]]:
    """R9-R12: messages and texts with nothing in them."""
    last = len(asked.messages) - 1
    for n, message in enumerate(asked.messages):
        role = message.get("role")
        if message.get("content") in ("", []):
            if role == "system" and "output_config" not in message:
                yield "R12", f"messages.{n}: system content must contain at least one block"
            elif role != "system" and (n, role) != (last, "assistant"):
                yield "R12", (
                    f"messages.{n}: all messages must have non-empty content except for the optional final assistant "
                    "message"
                )
            continue
        for m, block in enumerate(blocks_of(message)):
            yield from _text(f"messages.{n}.content.{m}", block)
            inner = block.get("content") if block.get("type") == "tool_result" else None
            for k, part in enumerate(inner if isinstance(inner, list) else ()):
                yield from _text(f"messages.{n}.content.{m}.tool_result.content.{k}", part)


def _text(where: str, block: Block) -> Iterator[tuple[str, str]]:
    text = block.get("text")
    if block.get("type") != "text" or not isinstance(text, str):
        return
    if not text:
        if block.get("cache_control"):
            yield "R11", f"{where}.text: cache_control cannot be set for empty text blocks"
        yield "R9", "messages: text content blocks must be non-empty"
    elif not text.strip():
        yield "R10", "messages: text content blocks must contain non-whitespace text"


def marks(asked: Asked) -> Iterator[tuple[str, str]]:
    """R13: too many marks for the cache, in tools, system prompt and messages together."""
    count = sum(_marks(asked.body.get(key)) for key in ("tools", "system", "messages"))
    if count > MARKS:
        yield "R13", f"A maximum of {MARKS} blocks with cache_control may be provided. Found {count}."


def _marks(value: object) -> int:
    """Blocks with a mark, at any depth; quoted JSON inside a text does not count."""
    if isinstance(value, list):
        return sum(map(_marks, value))
    if not isinstance(value, dict) or MARK not in json.dumps(value, ensure_ascii=True, separators=(",", ":")):
        return 0
    return bool(value.get("cache_control")) + sum(
        _marks(inner) for key, inner in value.items() if key not in ("cache_control", "input", "input_schema")
    )
