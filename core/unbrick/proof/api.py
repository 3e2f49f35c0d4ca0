"""The Messages API's rules for a request, read for a second time: what it refuses, in its own words.

Small on purpose, and without a line in common with `unbrick.api`: what this accepts and refuses is held against what
unbrick says of the same session (messages-api-rules.md, R1–R32).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

Message = dict[str, Any]
Body = dict[str, Any]

SYSTEM_ROLE = re.compile(r"opus-(4-[89]|[5-9])|sonnet-[5-9]|haiku-[5-9]|fable|mythos")
BLOCKS = {"text", "thinking", "redacted_thinking", "tool_use", "tool_result", "image", "document", "search_result"}


def refusal(body: Body) -> str | None:
    """The sentence the API refuses a request with; None when it takes it."""
    return next(_refusals(body), None)


def blocks_of(message: Message) -> list[dict[str, Any]]:
    """The blocks of a message; a string is one text block."""
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _refusals(body: Body) -> Iterator[str]:
    messages: list[Message] = body.get("messages") or []
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        yield "messages: Input should be a valid list"
        return
    if not messages:
        yield "messages: at least one message is required"
    yield from _surrogates(body)
    yield from _roles(messages, str(body.get("model", "")))
    for n, message in enumerate(messages):
        yield from _contents(n, message, last=n == len(messages) - 1)
    yield from _pairs(messages)
    if messages and messages[-1].get("role") == "assistant":
        yield "This model does not support assistant message prefill. The conversation must end with a user message."


def _surrogates(body: Body) -> Iterator[str]:
    text = json.dumps(body, ensure_ascii=False)
    found = re.search("[\ud800-\udfff]", text)
    if found:
        column = found.start()
        place = f"line 1 column {column + 1} (char {column})"
        yield f"The request body is not valid JSON: no low surrogate in string: {place}"


def _roles(messages: list[Message], model: str) -> Iterator[str]:
    for n, message in enumerate(messages):
        role = message.get("role")
        if role in ("user", "assistant"):
            continue
        if role != "system":
            yield f"messages: Unexpected role \"{role}\"."
        elif not SYSTEM_ROLE.search(model):
            yield "role 'system' is not supported on this model"
        elif blocks_of(message):
            after = next((m for m in messages[n + 1 :] if m.get("role") != "system" or blocks_of(m)), None)
            while after is not None and after.get("role") == "system":
                after = next((m for m in messages[messages.index(after) + 1 :] if m.get("role") != "system"), None)
            if n == 0:
                yield "messages.0: use the top-level 'system' parameter for the initial system prompt"
            elif after is not None and after.get("role") != "assistant":
                yield (
                    f"messages.{n}: role 'system' must precede an 'assistant' message or end the array; the "
                    "directive-only form (content: [] with output_config) is accepted at any position"
                )


def _contents(n: int, message: Message, *, last: bool) -> Iterator[str]:
    blocks = blocks_of(message)
    role = message.get("role")
    content = message.get("content")
    if isinstance(content, list) and len(content) != len(blocks):
        yield f"messages.{n}.content.{next(m for m, b in enumerate(content) if not isinstance(b, dict))}: " \
              "Input should be an object"
    if (not blocks or message.get("content") == "") and role != "system" and not (last and role == "assistant"):
        yield f"messages.{n}: all messages must have non-empty content except for the optional final assistant message"
        return
    for m, block in enumerate(blocks):
        where = f"messages.{n}.content.{m}"
        kind = block.get("type")
        if kind == "text":
            yield from _text(where, block)
        elif kind == "thinking":
            if "signature" not in block:
                yield f"{where}.thinking.signature: Field required"
            elif not block["signature"]:
                yield f"{where}: Invalid `signature` in `thinking` block"
        elif kind == "tool_use":
            yield from _call(where, block)
        elif kind == "tool_result":
            if role == "assistant":
                yield f"{where}: `tool_result` blocks can only be in `user` messages"
            inner = block.get("content")
            for part in inner if isinstance(inner, list) else []:
                if isinstance(part, dict) and part.get("type") == "text":
                    yield from _text(f"{where}.tool_result.content", part)
        elif kind == "image":
            yield from _image(block)
        elif kind not in BLOCKS and not str(kind).endswith("_tool_result") and kind != "server_tool_use":
            yield f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
    if role == "assistant" and last is False and blocks and blocks[-1].get("type") == "thinking":
        yield f"messages.{n}: The final block in an assistant message cannot be `thinking`."


def _image(block: dict[str, Any]) -> Iterator[str]:
    source = block.get("source")
    source = source if isinstance(source, dict) else {}
    data = str(source.get("data", ""))
    heads = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
    if source.get("type") == "base64" and not _decoded(data[:16]).startswith(heads):
        yield "Could not process image"


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError:
        return b""


def _text(where: str, block: dict[str, Any]) -> Iterator[str]:
    text = block.get("text")
    if not isinstance(text, str):
        yield f"{where}.text.text: Field required"
    elif not text:
        if "cache_control" in block:
            yield f"{where}.text: cache_control cannot be set for empty text blocks"
        yield "messages: text content blocks must be non-empty"
    elif not text.strip():
        yield "messages: text content blocks must contain non-whitespace text"


def _call(where: str, block: dict[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"[a-zA-Z0-9_-]+", str(block.get("id"))):
        yield f"{where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
    name = block.get("name")
    if not name:
        yield f"{where}.tool_use.name: String should have at least 1 character"
    elif len(str(name)) > 200:
        yield f"{where}.tool_use.name: String should have at most 200 characters"
    if "input" not in block:
        yield f"{where}.tool_use.input: Field required"
    elif not isinstance(block["input"], dict):
        yield f"{where}.tool_use.input: Input should be a valid dictionary"


def _pairs(messages: list[Message]) -> Iterator[str]:
    seen: set[str] = set()
    turns: list[tuple[int, object, list[dict[str, Any]]]] = []
    for n, message in enumerate(messages):
        if message.get("role") == "system":
            continue
        if turns and turns[-1][1] == message.get("role"):
            turns[-1][2].extend(blocks_of(message))
        else:
            turns.append((n, message.get("role"), blocks_of(message)))
    for place, (n, role, blocks) in enumerate(turns):
        if role == "assistant":
            calls = [str(b.get("id")) for b in blocks if b.get("type") == "tool_use"]
            for call in calls:
                if call in seen:
                    yield f"messages.{n}: `tool_use` ids must be unique"
                seen.add(call)
            after = turns[place + 1][2] if place + 1 < len(turns) else []
            answered: list[str] = []
            for block in after:
                if block.get("type") != "tool_result":
                    break
                answered.append(str(block.get("tool_use_id")))
            open_calls = [call for call in calls if call not in answered]
            if open_calls:
                yield (
                    f"messages.{n}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                    f"{', '.join(open_calls)}. Each `tool_use` block must have a corresponding `tool_result` block in "
                    "the next message."
                )
        else:
            before = turns[place - 1][2] if place else []
            calls = [str(b.get("id")) for b in before if b.get("type") == "tool_use"]
            results = [(m, str(b.get("tool_use_id"))) for m, b in enumerate(blocks) if b.get("type") == "tool_result"]
            for m, ref in results:
                if ref not in calls:
                    yield (
                        f"messages.{n}.content.{m}: unexpected `tool_use_id` found in `tool_result` blocks: {ref}. "
                        "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                    )
                elif [r for _, r in results].count(ref) > 1:
                    yield (
                        f"messages.{n}.content.{m}: each tool_use must have a single result. Found multiple "
                        f"`tool_result` blocks with id: {ref}"
                    )
