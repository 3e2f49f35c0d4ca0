"""Who speaks, and in which order: roles, system turns, the end of a request, what only one side may say (R19-R22)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from unbrick.proof.asked import Asked, Turn, blocks_of

REFUSES_SYSTEM = re.compile(r"claude-(?:\d|(?:opus|sonnet|haiku)-(?:[1-4](?!\d)))(?!-[89](?!\d))|haiku-5(?!-[5-9])")
"""Models of which it is known that they take no system turn. Sonnet 5 is reported both ways."""
PREFILLS = re.compile(r"claude-(?:[23]\b|instant|(?:opus|sonnet|haiku)-[1-4](?:-[0-5])?(?!-?\d(?!\d{7})))")
"""Models that continue an assistant turn: up to 4.5 (docs, api/errors)."""
ONLY_ASSISTANT = ("tool_use", "thinking", "redacted_thinking", "server_tool_use")
DIRECTIVE = "the directive-only form (content: [] with output_config) is accepted at any position"


def turns(asked: Asked) -> Iterator[tuple[str, str]]:
    """R19 and R22: unknown roles, and system turns where they may not stand."""
    if not asked.messages:
        yield "R22", "messages: at least one message is required"
    for message in asked.messages:
        role = message.get("role")
        if role not in ("user", "assistant", "system"):
            yield "R19", f"messages: Unexpected role \"{role}\"."
        elif role == "system" and REFUSES_SYSTEM.search(asked.model):
            yield "R19", "role 'system' is not supported on this model"
    if REFUSES_SYSTEM.search(asked.model):
        return
    before: Turn | None = None
    for turn, after in pairwise([*asked.turns, None]):
        assert turn is not None
        if turn.role == "system":
            n = turn.blocks[0][0]
            last = str(before.blocks[-1][2].get("type")) if before is not None and before.blocks else ""
            if before is None:
                yield "R19", (
                    f"messages.{n}: use the top-level 'system' parameter for the initial system prompt; {DIRECTIVE}"
                )
            elif before.role == "assistant" and (last == "tool_result" or not last.endswith("_tool_result")):
                yield "R19", f"messages.{n}: role 'system' must follow a 'user' message or a server tool result"
            elif after is not None and after.role == "user":
                yield "R19", (
                    f"messages.{n}: role 'system' must precede an 'assistant' message or end the array; {DIRECTIVE}"
                )
        before = turn


def sides(asked: Asked) -> Iterator[tuple[str, str]]:
    """R19: blocks that only a model, or only a person, may send."""
    for n, message in enumerate(asked.messages):
        for block in blocks_of(message):
            kind = block.get("type")
            if kind in ONLY_ASSISTANT and message.get("role") != "assistant":
                yield "R19", f"messages.{n}: `{kind}` blocks can only be in `assistant` messages"
            elif kind == "tool_result" and message.get("role") == "assistant":
                yield "R19", f"messages.{n}: `{kind}` blocks can only be in `user` messages"


def end(asked: Asked) -> Iterator[tuple[str, str]]:
    """R20 and R21: a request that ends in an assistant's words."""
    last = asked.messages[-1] if asked.messages else {}
    if last.get("role") != "assistant":
        return
    if not PREFILLS.search(asked.model):
        yield "R20", (
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    else:
        text = next((str(block.get("text", "")) for block in reversed(blocks_of(last))), "")
        if text != text.rstrip():
            yield "R21", "messages: final assistant content cannot end with trailing whitespace"
