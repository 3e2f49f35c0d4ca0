"""OpenAI's Chat Completions API: what it refuses, in its own words.

A call is a part of its assistant's message; a tool message is one of its own with one result. The sentences are those
that users report, each named below. What a message is refused for as a whole (its role, content that is missing, an
empty list of calls) its format says in `Request.wrong`.

Not refused: a conversation that begins or ends with the assistant, neighbours of one role, system messages anywhere,
empty texts and empty lists of parts (openai/openai-python#1812). Arguments that are no JSON are taken by OpenAI itself
and refused by others who speak its protocol, so only strict consumers are held to them (vllm-project/vllm#48006).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from unbrick.api import media
from unbrick.api.pairing import NAMED, Place
from unbrick.entry import BlockFlag, BlockKind
from unbrick.media import images
from unbrick.request import Request, Role
from unbrick.situation import Violation
from unbrick.target import Target

ID_LIMIT = 40
"""Characters of a call's id (camel-ai/camel#2215); OpenAI has taken longer ones since 2026 (vercel/ai#17233)."""
NAME_LIMIT = 64
CALLS = 128
"""Calls in one message (openai/openai-dotnet#317, github/copilot-cli#669)."""
NAME = re.compile(r"[a-zA-Z0-9_-]+\Z")
PARTS = ("text", "image_url", "input_audio", "refusal", "audio", "file")
"""The parts of content that the API takes, in the order in which it names them."""

_UNANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The "
    "following tool_call_ids did not have response messages: "
)
"""router-for-me/CLIProxyAPI#2798, BerriAI/litellm#10083."""
_STRAY = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
"""openai/openai-go#43, sdcb/chats#132; the spelling is the API's."""
_UNSUPPORTED = (
    "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', "
    "'gif', 'webp']."
)
_DATA_URL = (
    "Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), "
    "but got"
)
"""Alibaba-NLP/OmniSearch#3, anomalyco/opencode#23983."""

_USE, _RESULT = int(BlockKind.TOOL_USE), int(BlockKind.TOOL_RESULT)
_IMAGE, _TEXT = int(BlockKind.IMAGE), int(BlockKind.TEXT)
_SHAPE = int(BlockFlag.BAD_NAME | BlockFlag.BAD_INPUT)
_MALFORMED, _MEDIA, _SURROGATE = int(BlockFlag.MALFORMED), int(BlockFlag.MEDIA), int(BlockFlag.SURROGATE)


def pairs(request: Request, target: Target, complete: bool) -> Iterator[Violation]:
    """Calls and tool messages: each call is answered once, before anything else is said."""
    kinds, refs, first = request.kind, request.refs, request.first
    if _USE not in kinds and _RESULT not in kinds:
        return
    last = {ref: index for index, (ref, kind) in enumerate(zip(refs, kinds, strict=True)) if kind == _RESULT}
    used: set[str] = set()
    settled: set[str] = set()
    group: _Group | None = None
    for message, role in enumerate(request.roles):
        start, end = first[message], first[message + 1]
        if role == Role.ASSISTANT or start == end:
            yield from _unanswered(request, group, last)
            group = None
        if role == Role.ASSISTANT:
            group = _Group()
            for index in range(start, end):
                place, ref = (message, index - start), refs[index]
                if kinds[index] == _RESULT:
                    yield Violation("T005", *place, _type("tool_result"), ref)
                elif kinds[index] == _USE and ref is not None:
                    if ref in group.calls or (target.strict and ref in used):
                        text = f"Duplicate value for 'tool_call_id' of {ref} in message[{message}]"
                        yield Violation("T006", *place, text, ref)
                        group.twice.add(ref)
                    else:
                        group.calls[ref] = place
                    used.add(ref)
            if not group.calls:
                group = None
            continue
        for index in range(start, end):
            place, ref = (message, index - start), refs[index]
            if kinds[index] != _RESULT:
                yield from _unanswered(request, group, last)
                group = None
            elif ref is None:
                continue
            elif group is None or ref not in group.calls:
                text = _STRAY if group is None else (
                    f"Invalid parameter: 'tool_call_id' of '{ref}' not found in 'tool_calls' of previous message."
                )  # dapr/dapr-agents#145
                yield Violation("T004" if ref in used - settled else "T002", *place, text, ref)
            elif ref in group.answered:
                text = (
                    f"Invalid parameter: Duplicate value for 'tool_call_id' of '{ref}', in "
                    f"messages[{group.answered[ref]}] and messages[{message}]."
                )  # agno-agi/agno#5116, anomalyco/opencode#1211
                if ref not in group.twice:
                    yield Violation("T003", *place, text, ref)
            else:
                group.answered[ref] = message
                settled.add(ref)
    yield from _unanswered(request, group, last)


class _Group:
    """The calls of one message, the messages that answer them, and the ids that it uses twice."""

    def __init__(self) -> None:
        self.calls: dict[str, Place] = {}
        self.answered: dict[str, int] = {}
        self.twice: set[str] = set()


def _unanswered(request: Request, group: _Group | None, last: Mapping[str | None, int]) -> Iterator[Violation]:
    missing = [ref for ref in group.calls if ref not in group.answered] if group is not None else []
    if group is None or not missing:
        return
    text = _UNANSWERED + ", ".join(missing[:NAMED]) + (", …" if len(missing) > NAMED else "")
    for ref in missing:
        place = group.calls[ref]
        later = last.get(ref, -1) >= request.first[place[0] + 1]
        yield Violation("T004" if later else "T001", *place, text, ref)


def calls(request: Request, target: Target, complete: bool) -> Iterator[Violation]:
    """Ids, names and arguments of calls, and how many there are."""
    kinds, refs, flags = request.kind, request.refs, request.flags
    number, before = 0, -1
    for index, kind in enumerate(kinds):
        if kind not in (_USE, _RESULT):
            continue
        message, block = request.locate(index)
        number, before = (number + 1 if message == before else 0), message
        where = f"messages[{message}].tool_calls[{number}]"
        ref = refs[index]
        if kind == _USE and number == CALLS:
            length = kinds[request.first[message] : request.first[message + 1]].count(_USE)
            text = f"Expected an array with maximum length {CALLS}, but got an array with length {length} instead."
            yield Violation("C010", message, None, f"Invalid 'messages[{message}].tool_calls': array too long. {text}")
        if ref is None:
            text = f"Missing required parameter: '{where}.id'." if kind == _USE else (
                "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'."
            )  # langchain-ai/langchain#22600
            yield Violation("T007", message, block, text)
        elif target.strict and len(ref) > ID_LIMIT:
            place = f"{where}.id" if kind == _USE else f"messages[{message}].tool_call_id"
            yield Violation("T007", message, block, too_long(place, ID_LIMIT, ref), ref)
        if kind == _USE and flags[index] & _SHAPE:
            value = request.piece(index)
            said = misnamed(value, f"{where}.function.name")
            if said is not None:
                yield Violation("T008", message, block, said, ref)
            said = _arguments(value, f"{where}.function.arguments", target.strict)
            if flags[index] & BlockFlag.BAD_INPUT and said is not None:
                yield Violation("T009", message, block, said, ref)


def misnamed(value: dict[str, Any], where: str) -> str | None:
    """What OpenAI's APIs say of a call's name, at a place as they write it; None of one that they take
    (mcp-use/mcp-use#90, diegosouzapw/OmniRoute#346, mrexodia/ida-pro-mcp#129)."""
    name = value.get("name")
    if not isinstance(name, str):
        return _not_a_string(value, "name", where)
    if not name:
        return f"Invalid '{where}': {_EMPTY}"
    if len(name) > NAME_LIMIT:
        return too_long(where, NAME_LIMIT, name)
    if NAME.match(name) is None:
        return (
            f"Invalid '{where}': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]+$'."
        )
    return None


_EMPTY = "empty string. Expected a string with minimum length 1, but got an empty string instead."


def _arguments(value: dict[str, Any], where: str, strict: bool) -> str | None:
    """What is said of arguments: text in the block is text that is no object (aaif-goose/goose-mobile#20,
    mark3labs/mcphost#117); strict endpoints read it and pass on what their reader says."""
    given = value.get("input")
    if not isinstance(given, str):
        return _not_a_string(value, "input", where)
    if not strict:
        return None
    try:
        found = json.loads(given)
    except (ValueError, RecursionError) as error:
        return str(error)
    return None if isinstance(found, dict) else f"{where}: expected a JSON object"


def parts(request: Request, target: Target, complete: bool) -> Iterator[Violation]:
    """Parts of content that the API does not take where they stand."""
    suspect = _MALFORMED | _MEDIA | _SURROGATE
    plain = (_TEXT, _USE, _RESULT)
    for index, (kind, flags) in enumerate(zip(request.kind, request.flags, strict=True)):
        if kind in plain and not flags & suspect:
            continue
        message, block = request.locate(index)
        value = request.piece(index)
        where = f"messages[{message}].content[{block}]"
        if flags & _SURROGATE and target.strict:
            text = f"Failed to parse the request body as JSON: messages[{message}].content: {_HALF}"
            yield Violation("J009", message, block, text, request.refs[index])
        if kind == _IMAGE or flags & _MEDIA:
            yield from _images(request, message, block, value, where)
        elif kind == _TEXT:
            if flags & _MALFORMED:
                yield Violation("C010", message, block, _not_a_string(value, "text", f"{where}.text"))
        elif kind not in plain:
            type_ = value.get("type") if isinstance(value, dict) else None
            if not isinstance(type_, str):
                yield Violation("C010", message, block, f"Missing required parameter: '{where}.type'.")
            elif type_ not in PARTS:
                yield Violation("C009", message, block, _type(type_))


_HALF = "lone leading surrogate in hex escape"
"""What readers of JSON stricter than OpenAI's say (JohnnyZ93/oai-compatible-copilot#271, elizaOS/eliza#18079)."""


def _images(request: Request, message: int, block: int, value: dict[str, Any], where: str) -> Iterator[Violation]:
    role = "tool" if value.get("type") == "tool_result" else request.role(message).word
    for path, image in media.inside(value):
        if image.get("type") != "image":
            continue
        if role != "user":
            text = (
                f"Invalid 'messages[{message}]'. Image URLs are only allowed for messages with role 'user', but this "
                f"message with role '{role}' contains an image URL."
            )  # openai/openai-node#1030, OpenHands/OpenHands#7700
            yield Violation("C011", message, block, text, None, path)
            continue
        said = _image(image, f"{where}.image_url.url")
        if said is not None:
            yield Violation("C011", message, block, said, None, path)


def _image(value: dict[str, Any], where: str) -> str | None:
    source = value.get("source")
    source = source if isinstance(source, dict) else {}
    url = source.get("url")
    if isinstance(url, str):
        if url.startswith(("http://", "https://")):
            return None
        got = "unsupported MIME type" if url.startswith("data:") else "a value without the 'data:' prefix."
        return f"Invalid image URL: '{where}'. {_DATA_URL} {got}"
    data = source.get("data")
    if not isinstance(data, str) or not data:
        return f"Invalid image URL: '{where}'. {_DATA_URL} empty base64-encoded bytes."
    found = images.read(data)
    return None if found.valid and found.type is not None else _UNSUPPORTED


def _type(found: str) -> str:
    """What is said of a type of part that the API does not know, such as `input_file`, `tool_result`, `video_url`."""
    named = ", ".join(f"'{one}'" for one in PARTS[:-1])
    return f"Invalid value: '{found}'. Supported values are: {named}, and '{PARTS[-1]}'."


def too_long(where: str, limit: int, text: str) -> str:
    """What OpenAI's APIs say of a text above a limit of characters."""
    return (
        f"Invalid '{where}': string too long. Expected a string with maximum length {limit}, but got a string with "
        f"length {len(text)} instead."
    )


def _not_a_string(value: dict[str, Any], key: str, where: str) -> str:
    if value.get(key) is None and key not in value:
        return f"Missing required parameter: '{where}'."
    return f"Invalid type for '{where}': expected a string, but got {noun(value[key])} instead."


def noun(value: object) -> str:
    """A JSON value as the API's sentences name its type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float):
        return "a decimal number"
    return "a string" if isinstance(value, str) else "an array" if isinstance(value, list) else "an object"


CHECKS = (pairs, calls, parts)
