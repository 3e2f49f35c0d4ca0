"""The members of a request, its messages and blocks: what is missing, of another type, or unknown (R6-R8, R17, R30,
R31)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from unbrick.proof.asked import Asked, Block

COMMON = {"type", "cache_control"}
CALLING = COMMON | {"id", "name", "input", "caller", "wireToolInputs"}
KEYS: dict[str, set[str] | None] = {
    "text": COMMON | {"text", "citations"}, "thinking": {"type", "thinking", "signature"},
    "redacted_thinking": {"type", "data"}, "image": COMMON | {"source"}, "tool_use": CALLING,
    "tool_result": COMMON | {"tool_use_id", "content", "is_error"}, "server_tool_use": CALLING,
    **dict.fromkeys((
        "document", "search_result", "advisor_tool_result", "bash_code_execution_tool_result", "connector_text",
        "code_execution_tool_result", "container_upload", "mid_conv_system", "tool_search_tool_result",
        "text_editor_code_execution_tool_result", "web_fetch_tool_result", "web_search_tool_result",
    )),
}
"""Types of blocks and the members that each may have; None: any. In the order of no list: the API sorts by name."""
BETAS = ("mcp_tool_use", "mcp_tool_result", "compaction", "tool_addition", "tool_removal", "tool_reference", "fallback")
"""Types that come with a beta feature; the client says in a header which it uses, and is taken at its word."""
FALLBACK = "server-side-fallback"
"""How the feature is named without which the API does not take the mark of another model's turn
(anthropics/claude-code#66760)."""
INSIDE = ("text", "image", "document", "search_result", "tool_reference")
"""Types that may stand inside a result."""
SERVER_ID, CALL_ID = r"srvtoolu_[a-zA-Z0-9_]+", r"[a-zA-Z0-9_-]+"
SYSTEM_KEYS = {"output_config", "clear_at"}


def faults(asked: Asked) -> Iterator[tuple[str, str]]:
    """(rule, sentence) of everything that has not the members it should have."""
    messages = asked.body.get("messages")
    if not isinstance(messages, list):
        yield "R22", f"messages: {'Input should be a valid list' if 'messages' in asked.body else 'Field required'}"
        return
    for n, message in enumerate(messages):
        where = f"messages.{n}"
        if not isinstance(message, dict):
            yield "R31", f"{where}: Input should be a valid dictionary"
            continue
        content = message.get("content")
        for key in ("role", "content"):
            if key not in message:
                yield "R31", f"{where}.{key}: Field required"
        for key in message.keys() - {"role", "content"} - (SYSTEM_KEYS if message.get("role") == "system" else set()):
            yield "R31", f"{where}.{key}: Extra inputs are not permitted"
        if "content" in message and not isinstance(content, str | list):
            yield "R31", f"{where}.content: Input should be a valid list"
        for m, block in enumerate(content if isinstance(content, list) else ()):
            place = f"{where}.content.{m}"
            marks = isinstance(block, dict) and block.get("type") == "fallback"
            if marks and not any(beta.startswith(FALLBACK) for beta in asked.betas):
                yield _unknown(place, "fallback", KEYS)
            else:
                yield from _block(place, block)


def _unknown(where: str, kind: object, known: Collection[str]) -> tuple[str, str]:
    tags = ", ".join(f"'{one}'" for one in sorted(known))
    return "R30", f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {tags}"


def _block(where: str, block: Any, only: tuple[str, ...] | None = None) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    if not isinstance(block, dict):
        yield "R31", f"{where}: Input should be an object"
        return
    kind = block.get("type")
    if "type" not in block:
        yield "R30", f"{where}: Unable to extract tag using discriminator 'type'"
    elif not isinstance(kind, str) or (kind not in KEYS and kind not in BETAS) or (only and kind not in only):
        yield _unknown(where, kind, only or KEYS)
    else:
        yield from _members(f"{where}.{kind}", kind, block)
        allowed = KEYS.get(kind)
        if allowed is not None:
            for key in sorted(block.keys() - allowed):
                yield "R31", f"{where}.{kind}.{key}: Extra inputs are not permitted"


def _members(where: str, kind: str, block: Block) -> Iterator[tuple[str, str]]:
    if kind == "text":
        yield from _string("R31", where, block, "text")
    elif kind == "thinking":
        yield from _string("R17", where, block, "signature")
        yield from _string("R17", where, block, "thinking")
    elif kind == "redacted_thinking":
        yield from _string("R17", where, block, "data")
    elif kind in ("tool_use", "server_tool_use"):
        yield from _id(where, block, "id", CALL_ID if kind == "tool_use" else SERVER_ID)
        yield from _name(where, block, most=200 if kind == "tool_use" else None)
        if not isinstance(block.get("input"), dict):
            said = "Input should be a valid dictionary" if "input" in block else "Field required"
            yield "R8", f"{where}.input: {said}"
    elif kind == "tool_result":
        yield from _id(where, block, "tool_use_id", CALL_ID)
        content = block.get("content")
        if content is not None and not isinstance(content, str | list):
            yield "R31", f"{where}.content: Input should be a valid list"
        if not isinstance(block.get("is_error", False), bool | None):
            yield "R31", f"{where}.is_error: Input should be a valid boolean"
        for k, part in enumerate(content if isinstance(content, list) else ()):
            yield from _block(f"{where}.content.{k}", part, INSIDE)
    elif kind.endswith("_tool_result"):
        yield from _string("R28", where, block, "tool_use_id")


def _string(rule: str, where: str, block: Block, key: str) -> Iterator[tuple[str, str]]:
    if not isinstance(block.get(key), str):
        yield rule, f"{where}.{key}: {'Input should be a valid string' if key in block else 'Field required'}"


def _id(where: str, block: Block, key: str, pattern: str) -> Iterator[tuple[str, str]]:
    if isinstance(block.get(key), str) and not re.fullmatch(pattern, block[key]):
        yield "R6", f"{where}.{key}: String should match pattern '^{pattern}$'"
    else:
        yield from _string("R6", where, block, key)


def _name(where: str, block: Block, *, most: int | None) -> Iterator[tuple[str, str]]:
    name = block.get("name")
    if most is not None and name == "":
        yield "R7", f"{where}.name: String should have at least 1 character"
    elif most is not None and isinstance(name, str) and len(name) > most:
        yield "R7", f"{where}.name: String should have at most {most} characters"
    else:
        yield from _string("R7", where, block, "name")
