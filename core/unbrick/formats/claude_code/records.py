"""What a Claude Code record means (claude-code-format.md §2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from unbrick.entry import Block, BlockFlag, BlockKind, Entry, Flag, Kind
from unbrick.formats.claude_code import forms, summaries, words
from unbrick.formats.claude_code.blocks import block, string_block
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
    api-request-shape api-request-blob""".split()  # noqa: SIM905 - thirty words read better than thirty strings
)

_NOTHING: dict[str, Any] = {}

# Plain integers: arithmetic on enum members costs more than decoding the record.
_LINK, _NO_TIME, _NO_UUID, _MALFORMED = int(Flag.LINK), int(Flag.NO_TIME), int(Flag.NO_UUID), int(Flag.MALFORMED)
_SIDECHAIN, _META, _TEAM, _VIRTUAL = int(Flag.SIDECHAIN), int(Flag.META), int(Flag.TEAM), int(Flag.VIRTUAL)
_SUMMARY, _FAILED, _PROMPT = int(Flag.SUMMARY), int(Flag.FAILED), int(Flag.PROMPT)
_API_ERROR, _SYNTHETIC = int(Flag.API_ERROR), int(Flag.SYNTHETIC)
_MICRO, _RETRY, _POINTER = int(Flag.MICRO), int(Flag.RETRY), int(Flag.POINTER)
_ROLE = int(BlockFlag.ROLE)
_USER, _ASSISTANT, _NOTICE, _UNKNOWN = Kind.USER, Kind.ASSISTANT, Kind.NOTICE, Kind.UNKNOWN
_TOOL_RESULT = BlockKind.TOOL_RESULT
_new = tuple.__new__


def entry(value: Json) -> Entry:
    """The meaning of a decoded record. Never raises."""
    get = value.get
    type_ = get("type")
    kind = _KINDS.get(type_, _UNKNOWN) if type_.__class__ is str else _UNKNOWN
    uuid = get("uuid")
    parent = get("parentUuid")
    if uuid.__class__ is not str:
        uuid = None
    if parent.__class__ is not str:
        parent = None
    if kind is _UNKNOWN:
        type_ = _word(type_)
        if type_ in METADATA or (uuid is None and "parentUuid" not in value):
            return _metadata(value, type_)
    flags = _LINK
    time = _time(get("timestamp"))
    if time is None:
        flags |= _NO_TIME
    if uuid is None:
        flags |= _NO_UUID
    if get("isSidechain"):
        flags |= _SIDECHAIN
    if get("isMeta"):
        flags |= _META
    if get("teamName"):
        flags |= _TEAM
    if get("isVirtual"):
        flags |= _VIRTUAL
    version = get("version")
    if version.__class__ is not str:
        version = None
    message_id = model = refers = None
    blocks: tuple[Block, ...] = ()
    tokens = 0
    if kind is _USER or kind is _ASSISTANT:
        message = get("message")
        if message.__class__ is not dict:
            flags |= _MALFORMED
            message = _NOTHING
        content = message.get("content")
        if content.__class__ is list:
            blocks = (block(content[0]),) if len(content) == 1 else tuple(map(block, content))
        elif content.__class__ is str:
            blocks = (string_block(content),)
            if kind is _ASSISTANT:
                flags |= _MALFORMED
        else:
            flags |= _MALFORMED
        if blocks and message.get("role") != type_:
            blocks = (blocks[0]._replace(flags=int(blocks[0].flags) | _ROLE), *blocks[1:])
        if kind is _USER:
            typed = blocks and blocks[0].kind is not _TOOL_RESULT
            if get("isCompactSummary") or (typed and _leading(content).startswith(summaries.PREFACE)):
                flags |= _SUMMARY
                if summaries.failed(content):
                    flags |= _FAILED
            elif not flags & _META and _is_prompt(blocks, content):
                flags |= _PROMPT
            refers = get("sourceToolAssistantUUID")
        else:
            message_id = message.get("id")
            model = message.get("model")
            if get("isApiErrorMessage"):
                flags |= _API_ERROR
            if model == words.SYNTHETIC_MODEL:
                flags |= _SYNTHETIC
            usage = message.get("usage")
            if usage.__class__ is dict:
                tokens = _tokens(usage)
            if message_id.__class__ is not str:
                message_id = None
            if model.__class__ is not str:
                model = None
    elif kind is _NOTICE:
        subtype = get("subtype")
        if subtype == "compact_boundary":
            kind = Kind.BOUNDARY
            refers = get("logicalParentUuid")
        elif subtype == "microcompact_boundary":
            flags |= _MICRO
        elif subtype == "api_error":
            flags |= _RETRY
        type_ = f"system/{_word(subtype)}" if subtype else "system"
    elif kind is Kind.ATTACHMENT:
        attachment = get("attachment")
        if attachment.__class__ is dict and attachment.get("type").__class__ is str:
            type_ = "attachment/" + attachment["type"]
            if forms.wrong(attachment):
                flags |= _MALFORMED
        else:
            flags |= _MALFORMED
    elif kind is Kind.PROGRESS:
        data = get("data")
        if data.__class__ is dict:
            type_ = f"progress/{_word(data.get('type'))}"
    if refers.__class__ is not str:
        refers = None
    # Not Entry(...): this is half of what a record costs.
    return _new(Entry, (kind, type_, uuid, parent, flags, time, message_id, model, version, refers, blocks, tokens))


def _leading(content: Any) -> str:  # noqa: ANN401 - whatever a message holds
    """The text that a message begins with."""
    if content.__class__ is list and content and content[0].__class__ is dict:
        content = content[0].get("text")
    return content if content.__class__ is str else ""


def _word(value: object) -> str:
    return value if isinstance(value, str) and value else "?"


def _metadata(value: Json, type_: str) -> Entry:
    refers = value.get("leafUuid")
    flags = _POINTER if type_ == "last-prompt" else 0
    if refers.__class__ is not str:
        refers = None
    time = _time(value.get("timestamp"))
    known = Kind.METADATA if type_ in METADATA else _UNKNOWN
    return _new(Entry, (known, type_, None, None, flags, time, None, None, None, refers, (), 0))


def _tokens(usage: Json) -> int:
    get = usage.get
    try:
        total = (
            get("input_tokens", 0) + get("cache_creation_input_tokens", 0) + get("cache_read_input_tokens", 0)
            + get("output_tokens", 0)
        )
        if total.__class__ is int and 0 <= total < 1 << 32:
            return int(total)
    except TypeError:
        pass
    total = 0
    for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"):
        count = usage.get(key)
        if count.__class__ is int and 0 < count < 1 << 30:
            total += count
    return min(total, (1 << 32) - 1)


_minute = ""
_minute_starts = 0.0


def _time(text: object) -> float | None:
    """Seconds since the epoch of an RFC 3339 time; one conversion per run of records of one minute."""
    global _minute, _minute_starts
    if not isinstance(text, str) or len(text) < 20:
        return None
    minute = text[:17]
    if minute == _minute and text[-1] == "Z" and "0" <= text[17] <= "5":
        try:
            past = float(text[17:-1])
        except ValueError:
            return None
        return _minute_starts + past if past < 60 else None
    try:
        seconds = datetime.fromisoformat(text).timestamp()
        _minute_starts = datetime.fromisoformat(minute + "00+00:00").timestamp()
    except (ValueError, OverflowError):
        return None
    _minute = minute
    return seconds


def _is_prompt(blocks: tuple[Block, ...], content: object) -> bool:
    if not blocks or blocks[0].kind is _TOOL_RESULT:
        return False
    if any(item.kind is _TOOL_RESULT for item in blocks):
        return False
    parts = content if isinstance(content, list) else [{"text": content}]
    texts = (part.get("text") for part, item in zip(parts, blocks, strict=True) if item.kind is BlockKind.TEXT)
    text = next((text for text in texts if text), "")
    return not (isinstance(text, str) and text.startswith(words.NOT_TYPED))


def blocks(value: Json) -> list[dict[str, Any]]:
    """Content blocks of a message record as stored; a plain string is one text block."""
    message = value.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if isinstance(content, list):
        return [part if isinstance(part, dict) else {"type": "?", "value": part} for part in content]
    return []
