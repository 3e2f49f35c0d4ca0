"""Thinking: signatures, where it may stand, and that a turn which goes on begins with it (R15, R18)."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.proof.asked import Asked

KINDS = ("thinking", "redacted_thinking")


def thoughts(asked: Asked) -> Iterator[tuple[str, str]]:
    """R15: signatures that are none, and thinking with nothing behind it."""
    for where, block in asked.blocks():
        if block.get("type") == "thinking" and block.get("signature") == "":
            yield "R15", f"{where}: Invalid `signature` in `thinking` block"
    for turn in asked.turns:
        kind = str(turn.blocks[-1][2].get("type")) if turn.blocks else ""
        if turn.role == "assistant" and kind in KINDS:
            yield "R15", (
                f"messages.{turn.blocks[-1][0]}: The final block in an assistant message cannot be `{kind}`."
            )


def opening(asked: Asked) -> Iterator[tuple[str, str]]:
    """R18: with thinking `enabled`, not adaptive, the assistant's part of a tool loop that goes on begins with it. A
    prompt behind the last results ends the loop."""
    given = asked.body.get("thinking")
    if not isinstance(given, dict) or given.get("type") != "enabled":
        return
    turns = [turn for turn in asked.turns if turn.role != "system"]
    if len(turns) < 2 or any(block.get("type") != "tool_result" for _, _, block in turns[-1].blocks):
        return
    place = len(turns) - 2
    while place >= 2 and any(turns[place - 1].of("tool_result")):
        place -= 2
    n, m, block = next(iter(turns[place].blocks), (0, 0, {}))
    if turns[place].role == "assistant" and block.get("type") not in KINDS:
        yield "R18", (
            f"messages.{n}.content.{m}.type: Expected `thinking` or `redacted_thinking`, but found "
            f"`{block.get('type')}`. When `thinking` is enabled, a final `assistant` message must start with a "
            "thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks)."
        )
