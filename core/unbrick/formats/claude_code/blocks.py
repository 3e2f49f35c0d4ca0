"""What a content block of a Claude Code record means; read once per block of a transcript, so without detours."""

from __future__ import annotations

import re
from typing import Any

from unbrick.entry import BareBlock, Block, BlockFlag, BlockKind
from unbrick.formats.claude_code import words
from unbrick.record import Json

_EMPTY, _BLANK, _STRING = int(BlockFlag.EMPTY), int(BlockFlag.BLANK), int(BlockFlag.STRING)
_BAD_ID, _BAD_NAME, _BAD_INPUT = int(BlockFlag.BAD_ID), int(BlockFlag.BAD_NAME), int(BlockFlag.BAD_INPUT)
_MALFORMED, _UNSIGNED, _ERROR = int(BlockFlag.MALFORMED), int(BlockFlag.UNSIGNED), int(BlockFlag.ERROR)
_SYNTHETIC, _MEDIA, _REFERENCE = int(BlockFlag.SYNTHETIC), int(BlockFlag.MEDIA), int(BlockFlag.REFERENCE)
_EXTRA = int(BlockFlag.EXTRA)

_TEXT, _THINKING = BlockKind.TEXT, BlockKind.THINKING
_TOOL_USE, _TOOL_RESULT = BlockKind.TOOL_USE, BlockKind.TOOL_RESULT

_OTHERS = {
    "redacted_thinking": BlockKind.REDACTED,
    "image": BlockKind.IMAGE,
    "document": BlockKind.DOCUMENT,
}

_id_pattern = re.compile(r"[a-zA-Z0-9_-]+\Z").match

_UNREADABLE = (BlockKind.OTHER, _MALFORMED, None, 0, None)


def block(value: Any) -> Block:  # noqa: ANN401 - whatever stands in a content list
    """The meaning of a content block. Never raises."""
    return Block._make(bare(value))


def string_block(content: str) -> Block:
    """The meaning of a message whose content is one plain string."""
    return Block._make(bare_string(content))


def bare(value: Any) -> BareBlock:  # noqa: ANN401 - whatever stands in a content list
    """What `block` gives, without the names of the members."""
    if value.__class__ is not dict:
        return _UNREADABLE
    type_ = value.get("type")
    if type_ == "tool_result":
        return _tool_result(value)
    if type_ == "tool_use":
        return _tool_use(value)
    if type_ == "text":
        text = value.get("text")
        extra = _EXTRA if len(value) > 2 else 0
        return _text(text, extra) if text.__class__ is str else (_TEXT, _MALFORMED, None, 0, None)
    if type_ == "thinking":
        return _thinking(value)
    return _other(value, type_) if type_.__class__ is str else _UNREADABLE


def _text(text: str, flags: int) -> BareBlock:
    if not text:
        flags |= _EMPTY
    elif text.isspace():
        flags |= _BLANK
    return _TEXT, flags, None, len(text), None


def bare_string(content: str) -> BareBlock:
    """What `string_block` gives, without the names of the members."""
    return _text(content, _STRING)


def _is_id(ref: str) -> bool:
    # An ASCII identifier is a valid id, and most are; only the others pay for the pattern.
    return (ref.isascii() and ref.isidentifier()) or _id_pattern(ref) is not None


def _ref(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _tool_use(value: Json) -> BareBlock:
    ref, name, given = value.get("id"), value.get("name"), value.get("input")
    flags = _EXTRA if len(value) > 4 else 0
    if ref.__class__ is not str:
        ref = None
        flags |= _BAD_ID
    elif not _is_id(ref):
        flags |= _BAD_ID
    if name.__class__ is not str:
        name = None
        flags |= _BAD_NAME
    elif not 0 < len(name) <= 200:
        flags |= _BAD_NAME
    size = 0
    if given.__class__ is dict:
        for part in given.values():
            size += len(part) if part.__class__ is str else 8
    else:
        flags |= _BAD_INPUT
    return _TOOL_USE, flags, ref, size, name


def _tool_result(value: Json) -> BareBlock:
    ref, content = value.get("tool_use_id"), value.get("content")
    flags = _EXTRA if len(value) > 4 else 0
    size = 0
    if ref.__class__ is not str:
        ref = None
        flags |= _BAD_ID
    elif not _is_id(ref):
        flags |= _BAD_ID
    if value.get("is_error"):
        flags |= _ERROR
    if content.__class__ is str:
        size = len(content)
        if size < 200 and content in words.RESULTS:
            flags |= _SYNTHETIC
    elif content.__class__ is list:
        more, size = _result_parts(content)
        flags |= more
    elif content is not None:
        flags |= _MALFORMED
    return _TOOL_RESULT, flags, ref, size, None


def _result_parts(content: list[Any]) -> tuple[int, int]:
    """Flags and size of a result that is a list of blocks."""
    flags = size = 0
    for part in content:
        if part.__class__ is not dict:
            flags |= _MALFORMED
            continue
        type_ = part.get("type")
        text = part.get("text")
        if type_ == "text":
            if text.__class__ is not str:
                flags |= _MALFORMED
            elif not text:
                flags |= _EMPTY
            else:
                size += len(text)
        elif type_ == "tool_reference":
            flags |= _REFERENCE
        else:
            flags |= _MEDIA
            size += _media_size(part)
    return flags, size


def _thinking(value: Json) -> BareBlock:
    thinking, signature = value.get("thinking"), value.get("signature")
    flags = _EXTRA if len(value) > 3 else 0
    size = 0
    if signature.__class__ is str and signature:
        size = len(signature)
    else:
        flags |= _UNSIGNED
    if thinking.__class__ is str:
        size += len(thinking)
    else:
        flags |= _MALFORMED
    return _THINKING, flags, None, size, None


def _other(value: Json, type_: str) -> BareBlock:
    kind = _OTHERS.get(type_)
    if kind is not None:
        return kind, 0, None, _media_size(value), None
    if type_ == "server_tool_use":
        return BlockKind.SERVER_USE, 0, _ref(value.get("id")), 0, _ref(value.get("name"))
    if type_.endswith("_tool_result"):
        return BlockKind.SERVER_RESULT, 0, _ref(value.get("tool_use_id")), 0, type_
    return BlockKind.OTHER, 0, None, 0, type_


def _media_size(value: Json) -> int:
    source = value.get("source")
    data = source.get("data") if source.__class__ is dict else None
    return len(data) if data.__class__ is str else 0
