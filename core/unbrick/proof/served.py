"""Tools that the API itself runs: a result stands behind its call in one turn of the assistant's (R28)."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.proof.asked import Asked


def served(asked: Asked) -> Iterator[tuple[str, str]]:
    """R28. A call at the very end may still be under way."""
    turns = asked.turns
    for place, turn in enumerate(turns):
        if turn.role != "assistant":
            continue
        waiting: dict[str, tuple[int, str]] = {}
        for n, m, block in turn.blocks:
            kind, ref = str(block.get("type")), str(block.get("id") or block.get("tool_use_id"))
            if kind == "server_tool_use":
                waiting[ref] = n, str(block.get("name"))
            elif kind.endswith("_tool_result") and waiting.pop(ref, None) is None:
                yield "R28", (
                    f"messages.{n}.content.{m}: unexpected `tool_use_id` found in `{kind}` blocks: {ref}. Each "
                    f"`{kind}` block must have a corresponding `server_tool_use` block before it."
                )
        for ref, (n, name) in waiting.items() if place < len(turns) - 1 else ():
            yield "R28", (
                f"messages.{n}: `{name}` tool use with id `{ref}` was found without a corresponding "
                f"`{name}_tool_result` block"
            )
