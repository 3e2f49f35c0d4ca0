"""What a record means, in words that no single client owns."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What a record is in the conversation."""

    FAULT = 0
    """The line could not be read as a record."""
    USER = 1
    ASSISTANT = 2
    NOTICE = 3
    """Written by the client into the chain, never sent: retries, hook reports, durations."""
    BOUNDARY = 4
    """Compaction boundary: what stands before it on the chain is summarised."""
    ATTACHMENT = 5
    """Context the client adds around a prompt: reminders, files, listings."""
    PROGRESS = 6
    METADATA = 7
    """Not part of any chain: titles, pointers, settings."""
    UNKNOWN = 8


class Flag(IntEnum):
    """What else is true of a record; one bit each. Not IntFlag, whose `&` costs fifty times that of integers."""

    SIDECHAIN = 1
    """Belongs to a subagent."""
    META = 2
    """Injected by the client, hidden from the person."""
    SUMMARY = 4
    """The text that a compaction left in place of the history."""
    API_ERROR = 8
    """Records a refused or failed request, not a reply."""
    VIRTUAL = 16
    """Shown, never sent."""
    SYNTHETIC = 32
    """Written by the client in the assistant's name."""
    PROMPT = 64
    """Typed by a person."""
    NO_TIME = 128
    """Has no valid timestamp."""
    NO_UUID = 256
    """A chain record without an id."""
    MALFORMED = 512
    """The message does not have the shape that clients rely on."""
    TEAM = 1024
    POINTER = 2048
    """Names the leaf of the conversation."""
    MICRO = 4096
    """A boundary that clears old tool results but does not break the chain."""
    LINK = 8192
    """May stand in a chain of parents; a record without it has no id and no parent."""
    RETRY = 16384
    """A notice of a request that failed and was tried again."""
    FAILED = 32768
    """A summary that holds an error and nothing else: the compaction failed and was kept all the same."""


class BlockKind(IntEnum):
    """Kind of a content block."""

    TEXT = 0
    THINKING = 1
    REDACTED = 2
    TOOL_USE = 3
    TOOL_RESULT = 4
    IMAGE = 5
    DOCUMENT = 6
    SERVER_USE = 7
    SERVER_RESULT = 8
    OTHER = 9


class BlockFlag(IntEnum):
    """What is remarkable about a block, one bit each; rules look closer where one of these is set."""

    EMPTY = 1
    BLANK = 2
    BAD_ID = 4
    BAD_NAME = 8
    BAD_INPUT = 16
    UNSIGNED = 32
    """Thinking without a signature."""
    ERROR = 64
    """A tool result with is_error."""
    SURROGATE = 128
    """Holds half of a surrogate pair."""
    STRING = 256
    """The message's content is this one plain string, not a list of blocks."""
    SYNTHETIC = 512
    """A result in the client's own words for a call that has none."""
    MEDIA = 1024
    """A result that holds images or documents."""
    MALFORMED = 2048
    """Not an object, or lacks the field that its type requires."""
    REFERENCE = 4096
    """A result that holds tool references."""
    EXTRA = 8192
    """Has more members than its type requires."""
    FORM = 32768
    """A call stored in a form, or in one of two places only, that not every reader of the client understands."""
    ROLE = 16384
    """The first block of a message that names another role than its record is written under."""


class Block(NamedTuple):
    """One content block. `size` is characters of text (of base64 for media); `ref` the tool call id."""

    kind: BlockKind
    flags: int = 0
    ref: str | None = None
    size: int = 0
    name: str | None = None


class Entry(NamedTuple):
    """A record's meaning.

    `type` is the client's own word for the record (`user`, `last-prompt`, `attachment/file`…). `refers` is
    the id the record points at besides its parent: the leaf for a pointer, the last record before it for a
    boundary, the calling record for a tool result. `time` is seconds since the epoch.
    """

    kind: Kind
    type: str
    uuid: str | None = None
    parent: str | None = None
    flags: int = 0
    time: float | None = None
    message_id: str | None = None
    model: str | None = None
    version: str | None = None
    refers: str | None = None
    blocks: tuple[Block, ...] = ()
    tokens: int = 0
    """Input tokens that the API counted for the request this record answers, 0 when it does not say."""


BareBlock = tuple[BlockKind, int, str | None, int, str | None]
BareEntry = tuple[
    Kind, str, str | None, str | None, int, float | None, str | None, str | None, str | None, str | None,
    tuple[BareBlock, ...], int,
]
"""An entry, and a block, without the names of its members: a scan asks for one of each record, and giving them names
takes a sixth of its time."""


def named(bare: BareEntry) -> Entry:
    """An entry with the names of its members."""
    *members, blocks, tokens = bare
    return Entry._make((*members, tuple(map(Block._make, blocks)), tokens))
