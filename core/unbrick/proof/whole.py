"""The body as a whole: its characters, its size in tokens, and what it refers to (R26, R27, R29, R32)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from unbrick.proof.asked import Asked

PER_TOKEN = 4
"""Characters per token, as the usage that the stand-in reports is reckoned."""
IMAGE = 1_600
"""Tokens of an image, whatever it weighs."""
SURE = 1.3
"""So many times over the window a request has to be by that rule of thumb before it is refused."""


def characters(asked: Asked) -> Iterator[tuple[str, str]]:
    """R27: halves of surrogate pairs."""
    text = json.dumps(asked.body, ensure_ascii=False)
    found = re.search("[\ud800-\udfff]", text)
    if found:
        column = found.start()
        yield "R27", (
            f"The request body is not valid JSON: no low surrogate in string: line 1 column {column + 1} "
            f"(char {column})"
        )


def tokens(asked: Asked) -> Iterator[tuple[str, str]]:
    """R26: certainly more tokens than the window holds; only where somebody said how many those are."""
    if asked.window is None:
        return
    count = tokens_of(asked)
    if count > asked.window * SURE:
        yield "R26", f"prompt is too long: {count} tokens > {asked.window} maximum"


def tokens_of(asked: Asked) -> int:
    """About how many tokens a request is."""
    size = sum(len(json.dumps(asked.body.get(key, ""), ensure_ascii=False)) for key in ("system", "tools", "messages"))
    media = [block for _, block in asked.blocks() if block.get("type") == "image"]
    return (size - sum(len(json.dumps(block)) for block in media)) // PER_TOKEN + IMAGE * len(media)


def references(asked: Asked) -> Iterator[tuple[str, str]]:
    """R29: tools that a search found and that are not among the tools."""
    tools = asked.body.get("tools")
    names = {tool.get("name") for tool in tools if isinstance(tool, dict)} if isinstance(tools, list) else set()
    for _, block in asked.blocks():
        inner = block.get("content")
        for part in inner if isinstance(inner, list) else ():
            if isinstance(part, dict) and part.get("type") == "tool_reference" and part.get("tool_name") not in names:
                yield "R29", f"Tool reference '{part.get('tool_name')}' not found in available tools"


def diagnostics(asked: Asked) -> Iterator[tuple[str, str]]:
    """R32: the reply before, named by an id that the API never gave."""
    given = asked.body.get("diagnostics")
    before = given.get("previous_message_id") if isinstance(given, dict) else None
    if before is not None and not str(before).startswith("msg_"):
        yield "R32", (
            "diagnostics.previous_message_id: must be the id from a prior /v1/messages response (starts with msg_)"
        )
