"""Calls and their results: each answered once, first thing in the next turn (R1-R5)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, takewhile

from unbrick.proof.asked import Asked, Turn

NOBODY = Turn("", ())


def pairs(asked: Asked) -> Iterator[tuple[str, str]]:
    """R1-R5. A result behind a text counts as none: the API has no sentence of its own for that (R3)."""
    used: set[str] = set()
    for before, turn in pairwise([NOBODY, *asked.turns, NOBODY]):
        calls = [str(block.get("id")) for _, _, block in before.of("tool_use")] if before.role == "assistant" else []
        yield from _open(before, calls, turn if turn.role == "user" else NOBODY)
        if turn.role == "assistant":
            for n, m, block in turn.of("tool_use"):
                if block.get("id") in used:
                    yield "R5", f"messages.{n}.content.{m}: `tool_use` ids must be unique"
                used.add(str(block.get("id")))
        elif turn.role == "user":
            yield from _stray(turn, calls)


def _open(turn: Turn, calls: list[str], after: Turn) -> Iterator[tuple[str, str]]:
    leading = takewhile(lambda one: one[2].get("type") == "tool_result", after.blocks)
    answered = {block.get("tool_use_id") for _, _, block in leading}
    missing = list(dict.fromkeys(call for call in calls if call not in answered))
    if missing:
        n = next(n for n, _, block in turn.of("tool_use") if block.get("id") in missing)
        yield ("R3" if any(block.get("tool_use_id") in missing for _, _, block in after.blocks) else "R1"), (
            f"messages.{n}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
            "message."
        )


def _stray(turn: Turn, calls: list[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for n, m, block in turn.of("tool_result"):
        ref = str(block.get("tool_use_id"))
        if ref not in calls:
            yield "R2", (
                f"messages.{n}.content.{m}: unexpected `tool_use_id` found in `tool_result` blocks: {ref}. Each "
                "`tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        elif ref in seen:
            yield "R4", (
                f"messages.{n}.content.{m}: each tool_use must have a single result. Found multiple `tool_result` "
                f"blocks with id: {ref}"
            )
        seen.add(ref)
