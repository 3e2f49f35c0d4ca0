"""What a Claude Code record means (claude-code-format.md §2)."""

from __future__ import annotations

from typing import Any

from unbrick.clock import seconds
from unbrick.entry import BareBlock, BareEntry, BlockFlag, BlockKind, Entry, Flag, Kind, named
from unbrick.formats.claude_code import forms, summaries, words
from unbrick.formats.claude_code.blocks import bare as bare_block
from unbrick.formats.claude_code.blocks import bare_string
from unbrick.record import Json

METADATA = frozenset(
    """summary custom-title ai-title agent-name agent-color agent-setting tag last-prompt mode permission-mode
    pr-link queue-operation file-history-snapshot file-history-delta content-replacement marble-origami-commit
    marble-origami-snapshot attribution-snapshot worktree-state bridge-session cost-state continued-in
    saved_hook_context speculation-accept task-summary atis-latch agent_metadata tools-used api-request
    api-request-shape api-request-blob""".split()  # noqa: SIM905 - thirty words read better than thirty strings
)

_KINDS = {
    "user": Kind.USER,
    "assistant": Kind.ASSISTANT,
    "system": Kind.NOTICE,
    "attachment": Kind.ATTACHMENT,
    "progress": Kind.PROGRESS,
    **dict.fromkeys(METADATA, Kind.METADATA),
}

COUNTS = ("cache_read_input_tokens", "cache_creation_input_tokens", "input_tokens", "output_tokens")
"""What the API counted for a reply, as its record holds it; what was sent early is read from the cache."""
MOST_TOKENS = (1 << 32) - 1
"""What a column of tokens holds."""

_NOTHING: dict[str, Any] = {}

# Plain integers: arithmetic on enum members costs more than decoding the record.
_LINK, _NO_TIME, _NO_UUID, _MALFORMED = int(Flag.LINK), int(Flag.NO_TIME), int(Flag.NO_UUID), int(Flag.MALFORMED)
_SIDECHAIN, _META, _TEAM, _VIRTUAL = int(Flag.SIDECHAIN), int(Flag.META), int(Flag.TEAM), int(Flag.VIRTUAL)
_SUMMARY, _FAILED, _PROMPT = int(Flag.SUMMARY), int(Flag.FAILED), int(Flag.PROMPT)
_API_ERROR, _SYNTHETIC = int(Flag.API_ERROR), int(Flag.SYNTHETIC)
_MICRO, _RETRY, _POINTER = int(Flag.MICRO), int(Flag.RETRY), int(Flag.POINTER)
_ROLE = int(BlockFlag.ROLE)
_USER, _ASSISTANT, _NOTICE, _ATTACHMENT = Kind.USER, Kind.ASSISTANT, Kind.NOTICE, Kind.ATTACHMENT
_METADATA, _UNKNOWN = Kind.METADATA, Kind.UNKNOWN
_TEXT, _TOOL_RESULT = BlockKind.TEXT, BlockKind.TOOL_RESULT


def entry(value: Json) -> Entry:
    """The meaning of a decoded record. Never raises."""
    return named(bare(value))


def bare(value: Json) -> BareEntry:
    """What `entry` gives, without the names of the members."""
    get = value.get
    type_: Any = get("type")
    kind = _KINDS.get(type_, _UNKNOWN) if type_.__class__ is str else _UNKNOWN
    if kind is _METADATA:
        return _metadata(value, kind, type_)
    uuid = get("uuid")
    if uuid.__class__ is not str:
        uuid = None
    parent = get("parentUuid")
    if parent.__class__ is not str:
        parent = None
    if kind is _UNKNOWN:
        type_ = _word(type_)
        if uuid is None and "parentUuid" not in value:
            return _metadata(value, kind, type_)
    flags = _LINK
    time = seconds(get("timestamp"))
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
    blocks: tuple[BareBlock, ...] = ()
    tokens = 0
    if kind is _USER or kind is _ASSISTANT:
        message = get("message")
        if message.__class__ is not dict:
            flags |= _MALFORMED
            message = _NOTHING
        content = message.get("content")
        if content.__class__ is list:
            blocks = (bare_block(content[0]),) if len(content) == 1 else tuple(map(bare_block, content))
        elif content.__class__ is str:
            blocks = (bare_string(content),)
            if kind is _ASSISTANT:
                flags |= _MALFORMED
        else:
            flags |= _MALFORMED
        if blocks and message.get("role") != type_:
            first, marks, ref, size, name = blocks[0]
            blocks = ((first, marks | _ROLE, ref, size, name), *blocks[1:])
        if kind is _USER:
            said = blocks and blocks[0][0] is not _TOOL_RESULT
            if get("isCompactSummary") or (said and _leading(content).startswith(summaries.PREFACE)):
                flags |= _SUMMARY
                if summaries.failed(content):
                    flags |= _FAILED
            elif said and not flags & _META and _typed(content, blocks):
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
    elif kind is _ATTACHMENT:
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
    return kind, type_, uuid, parent, flags, time, message_id, model, version, refers, blocks, tokens


def _leading(content: Any) -> str:  # noqa: ANN401 - whatever a message holds
    """The text that a message begins with."""
    if content.__class__ is list and content and content[0].__class__ is dict:
        content = content[0].get("text")
    return content if content.__class__ is str else ""


def _word(value: object) -> str:
    return value if isinstance(value, str) and value else "?"


def _metadata(value: Json, kind: Kind, type_: str) -> BareEntry:
    refers = value.get("leafUuid")
    if refers.__class__ is not str:
        refers = None
    flags = _POINTER if type_ == "last-prompt" else 0
    time = seconds(value.get("timestamp"))
    return kind, type_, None, None, flags, time, None, None, None, refers, (), 0


def _tokens(usage: Json) -> int:
    try:
        total = (
            usage["input_tokens"] + usage["cache_creation_input_tokens"] + usage["cache_read_input_tokens"]
            + usage["output_tokens"]
        )
    except (KeyError, TypeError):
        total = None
    if total.__class__ is not int:
        total = sum(count for count in map(usage.get, COUNTS) if count.__class__ is int)
    return total if 0 <= total <= MOST_TOKENS else MOST_TOKENS if total > 0 else 0


def _typed(content: Any, blocks: tuple[BareBlock, ...]) -> bool:  # noqa: ANN401 - whatever a message holds
    """Whether a person typed a message: it answers no call, and does not begin in the client's own words."""
    text = content
    if content.__class__ is list:
        text = ""
        for part, (kind, *_) in zip(content, blocks, strict=True):
            if kind is _TOOL_RESULT:
                return False
            if kind is _TEXT and not text:
                text = part.get("text")
    return text.__class__ is not str or not text.startswith(words.NOT_TYPED)


def blocks(value: Json) -> list[dict[str, Any]]:
    """Content blocks of a message record as stored; a plain string is one text block."""
    message = value.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if isinstance(content, list):
        return [part if isinstance(part, dict) else {"type": "?", "value": part} for part in content]
    return []
