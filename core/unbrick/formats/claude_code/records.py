"""What a Claude Code record means (claude-code-format.md §2)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from unbrick.entry import Block, BlockFlag, BlockKind, Entry, Flag, Kind
from unbrick.formats.claude_code import summaries, words
from unbrick.record import Json

_KINDS = {
    "user": Kind.USER,
    "assistant": Kind.ASSISTANT,
    "system": Kind.NOTICE,
    "attachment": Kind.ATTACHMENT,
    "progress": Kind.PROGRESS,
}

METADATA = frozenset(
    """summary custom-title ai-title agent-name agent-color agent-setting tag last-prompt mode permission-mode
    pr-link queue-operation file-history-snapshot file-history-delta content-replacement marble-origami-commit
    marble-origami-snapshot attribution-snapshot worktree-state bridge-session cost-state continued-in
    saved_hook_context speculation-accept task-summary atis-latch agent_metadata tools-used api-request
    api-request-shape api-request-blob""".split()
)

_BLOCKS = {
    "text": BlockKind.TEXT,
    "thinking": BlockKind.THINKING,
    "redacted_thinking": BlockKind.REDACTED,
    "tool_use": BlockKind.TOOL_USE,
    "tool_result": BlockKind.TOOL_RESULT,
    "image": BlockKind.IMAGE,
    "document": BlockKind.DOCUMENT,
    "server_tool_use": BlockKind.SERVER_USE,
}

_ID = re.compile(r"[a-zA-Z0-9_-]+\Z").match
_NOTHING: dict[str, Any] = {}


def entry(value: Json) -> Entry:
    """The meaning of a decoded record. Never raises."""
    get = value.get
    type_ = get("type")
    kind = _KINDS.get(type_, Kind.UNKNOWN) if type_.__class__ is str else Kind.UNKNOWN
    uuid = get("uuid")
    parent = get("parentUuid")
    if uuid.__class__ is not str:
        uuid = None
    if parent.__class__ is not str:
        parent = None
    if kind is Kind.UNKNOWN:
        if type_ in METADATA or (uuid is None and "parentUuid" not in value):
            return _metadata(value, str(type_ or "?"), uuid)
        type_ = str(type_ or "?")
    flags = int(Flag.LINK)
    time = _time(get("timestamp"))
    if time is None:
        flags |= Flag.NO_TIME
    if uuid is None:
        flags |= Flag.NO_UUID
    if get("isSidechain"):
        flags |= Flag.SIDECHAIN
    if get("isMeta"):
        flags |= Flag.META
    if get("teamName"):
        flags |= Flag.TEAM
    if get("isVirtual"):
        flags |= Flag.VIRTUAL
    version = get("version")
    if version.__class__ is not str:
        version = None
    message_id = model = refers = None
    blocks: tuple[Block, ...] = ()
    tokens = 0
    if kind is Kind.USER or kind is Kind.ASSISTANT:
        message = get("message")
        if message.__class__ is not dict:
            flags |= Flag.MALFORMED
            message = _NOTHING
        content = message.get("content")
        if content.__class__ is list:
            blocks = tuple(map(block, content))
        elif content.__class__ is str:
            blocks = (_text(content, int(BlockFlag.STRING)),)
            if kind is Kind.ASSISTANT:
                flags |= Flag.MALFORMED
        else:
            flags |= Flag.MALFORMED
        if kind is Kind.USER:
            if get("isCompactSummary"):
                flags |= Flag.SUMMARY
                if summaries.failed(content):
                    flags |= Flag.FAILED
            elif not flags & Flag.META and _is_prompt(blocks, content):
                flags |= Flag.PROMPT
            refers = get("sourceToolAssistantUUID")
        else:
            message_id = message.get("id")
            model = message.get("model")
            if get("isApiErrorMessage"):
                flags |= Flag.API_ERROR
            if model == words.SYNTHETIC_MODEL:
                flags |= Flag.SYNTHETIC
            usage = message.get("usage")
            if usage.__class__ is dict:
                tokens = _tokens(usage)
            if message_id.__class__ is not str:
                message_id = None
            if model.__class__ is not str:
                model = None
    elif kind is Kind.NOTICE:
        subtype = get("subtype")
        if subtype == "compact_boundary":
            kind = Kind.BOUNDARY
            refers = get("logicalParentUuid")
        elif subtype == "microcompact_boundary":
            flags |= Flag.MICRO
        elif subtype == "api_error":
            flags |= Flag.RETRY
        type_ = f"system/{subtype}" if subtype else "system"
    elif kind is Kind.ATTACHMENT:
        attachment = get("attachment")
        if attachment.__class__ is dict and attachment.get("type").__class__ is str:
            type_ = "attachment/" + attachment["type"]
        else:
            flags |= Flag.MALFORMED
    elif kind is Kind.PROGRESS:
        data = get("data")
        if data.__class__ is dict:
            type_ = f"progress/{data.get('type')}"
    if refers.__class__ is not str:
        refers = None
    return Entry(
        kind, type_, uuid, parent, flags, time, message_id, model, version, refers, blocks, tokens,
    )


def _metadata(value: Json, type_: str, uuid: str | None) -> Entry:
    refers = value.get("leafUuid")
    flags = int(Flag.POINTER) if type_ == "last-prompt" else 0
    if refers.__class__ is not str:
        refers = None
    time = _time(value.get("timestamp"))
    known = Kind.METADATA if type_ in METADATA else Kind.UNKNOWN
    return Entry(known, type_, None, None, flags, time, refers=refers)


def _tokens(usage: Json) -> int:
    total = 0
    for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"):
        count = usage.get(key)
        if count.__class__ is int and 0 < count < 1 << 30:
            total += count
    return min(total, (1 << 32) - 1)


_second = ""
_seconds = 0.0


def _time(text: Any) -> float | None:
    """Seconds since the epoch of an RFC 3339 time; one conversion per distinct second."""
    global _second, _seconds
    if text.__class__ is not str or len(text) < 20:
        return None
    second = text[:19]
    if text[19] == "." and text[-1] == "Z" and second == _second:
        try:
            return _seconds + float(text[19:-1])
        except ValueError:
            return None
    try:
        seconds = datetime.fromisoformat(text).timestamp()
        _seconds = datetime.fromisoformat(second + "+00:00").timestamp()
    except (ValueError, OverflowError):
        return None
    _second = second
    return seconds


def _text(text: str, flags: int = 0) -> Block:
    if not text:
        flags |= BlockFlag.EMPTY
    elif not text.strip():
        flags |= BlockFlag.BLANK
    return Block(BlockKind.TEXT, flags, None, len(text))


def block(value: Any) -> Block:
    """The meaning of a content block. Never raises."""
    if value.__class__ is not dict:
        return Block(BlockKind.OTHER, BlockFlag.MALFORMED)
    get = value.get
    type_ = get("type")
    if type_.__class__ is not str:
        return Block(BlockKind.OTHER, BlockFlag.MALFORMED)
    kind = _BLOCKS.get(type_)
    if kind is BlockKind.TEXT:
        text = get("text")
        extra = BlockFlag.EXTRA if len(value) > 2 else 0
        return _text(text, extra) if text.__class__ is str else Block(kind, BlockFlag.MALFORMED)
    if kind is BlockKind.TOOL_USE:
        return _tool_use(value)
    if kind is BlockKind.TOOL_RESULT:
        return _tool_result(value)
    if kind is BlockKind.THINKING:
        thinking, signature = get("thinking"), get("signature")
        flags = 0 if signature.__class__ is str and signature else int(BlockFlag.UNSIGNED)
        if len(value) > 3:
            flags |= BlockFlag.EXTRA
        size = (len(thinking) if thinking.__class__ is str else 0) + (len(signature) if signature.__class__ is str else 0)
        return Block(kind, flags, None, size)
    if kind is None:
        if type_.endswith("_tool_result"):
            return Block(BlockKind.SERVER_RESULT, 0, _ref(get("tool_use_id")), 0, type_)
        return Block(BlockKind.OTHER, 0, None, 0, type_)
    if kind is BlockKind.SERVER_USE:
        return Block(kind, 0, _ref(get("id")), 0, _ref(get("name")))
    return Block(kind, 0, None, _media_size(value))


def _ref(value: Any) -> str | None:
    return value if value.__class__ is str else None


def _tool_use(value: Json) -> Block:
    ref, name, given = value.get("id"), value.get("name"), value.get("input")
    flags = int(BlockFlag.EXTRA) if len(value) > 4 else 0
    if ref.__class__ is not str or not _ID(ref):
        flags |= BlockFlag.BAD_ID
    if name.__class__ is not str or not 0 < len(name) <= 200:
        flags |= BlockFlag.BAD_NAME
    size = 0
    if given.__class__ is not dict:
        flags |= BlockFlag.BAD_INPUT
    else:
        for part in given.values():
            size += len(part) if part.__class__ is str else 8
    return Block(BlockKind.TOOL_USE, flags, _ref(ref), size, _ref(name))


def _tool_result(value: Json) -> Block:
    ref, content = value.get("tool_use_id"), value.get("content")
    flags = int(BlockFlag.EXTRA) if len(value) > 4 else 0
    if ref.__class__ is not str or not _ID(ref):
        flags |= BlockFlag.BAD_ID
    if value.get("is_error"):
        flags |= BlockFlag.ERROR
    size = 0
    if content.__class__ is str:
        size = len(content)
        if size < 200 and content in words.RESULTS:
            flags |= BlockFlag.SYNTHETIC
    elif content.__class__ is list:
        for part in content:
            if part.__class__ is not dict:
                flags |= BlockFlag.MALFORMED
                continue
            type_ = part.get("type")
            text = part.get("text")
            if type_ == "text":
                if text.__class__ is not str:
                    flags |= BlockFlag.MALFORMED
                elif not text:
                    flags |= BlockFlag.EMPTY
                else:
                    size += len(text)
            elif type_ == "tool_reference":
                flags |= BlockFlag.REFERENCE
            else:
                flags |= BlockFlag.MEDIA
                size += _media_size(part)
    return Block(BlockKind.TOOL_RESULT, flags, _ref(ref), size)


def _media_size(value: Json) -> int:
    source = value.get("source")
    data = source.get("data") if source.__class__ is dict else None
    return len(data) if data.__class__ is str else 0


def _is_prompt(blocks: tuple[Block, ...], content: Any) -> bool:
    text = ""
    for item, flat in zip(blocks, content if content.__class__ is list else (content,), strict=True):
        if item.kind is BlockKind.TOOL_RESULT:
            return False
        if item.kind is BlockKind.TEXT and not text:
            text = flat if flat.__class__ is str else str(flat.get("text", ""))
    return not text.startswith(words.NOT_TYPED)


def blocks(value: Json) -> list[dict[str, Any]]:
    """Content blocks of a message record as stored; a plain string is one text block."""
    message = value.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if isinstance(content, list):
        return [part if isinstance(part, dict) else {"type": "?", "value": part} for part in content]
    return []
