"""Edits: small, neutral changes of a conversation; each client's format writes them its own way.

Records are named by `At`, the place that a patch leaves alone when it touches other lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from unbrick.record import At


@dataclass(frozen=True)
class Relink:
    """Give a record another parent; None makes it a root."""

    at: At
    parent: str | None


@dataclass(frozen=True)
class SetLeaf:
    """Make a record the end of the conversation that the client resumes."""

    uuid: str


@dataclass(frozen=True)
class Answer:
    """Give a call that has no result one; what followed the call follows the result.

    `content` is the real result, as another file of the session holds it; None writes one in the client's own words,
    which say what is known: that the tool `finished`, that it was started and did not, or (None) neither.
    """

    at: At
    ref: str
    content: str | None = None
    finished: bool | None = None


@dataclass(frozen=True)
class Move:
    """Put a result record directly behind its call; what followed it follows its old parent."""

    at: At
    behind: At


@dataclass(frozen=True)
class Linearise:
    """Write the records of one parallel response and its results as one chain, in this order."""

    order: tuple[At, ...]


@dataclass(frozen=True)
class DropBlock:
    """Take one content block out; the record goes too when nothing is left in it."""

    at: At
    block: int


@dataclass(frozen=True)
class Together:
    """Answers to calls, results moved behind theirs, other ids of calls, blocks taken out of one record, or values
    replaced in one, done in one go: each on what the ones before left."""

    edits: tuple[Answer, ...] | tuple[Move, ...] | tuple[SetRef, ...] | tuple[DropBlock, ...] | tuple[SetValue, ...]


@dataclass(frozen=True)
class DropRecord:
    """Take a record out; its children follow its parent."""

    at: At


@dataclass(frozen=True)
class DropRecords:
    """Take several records out at once; what followed each follows the nearest record before it that stays."""

    ats: tuple[At, ...]


@dataclass(frozen=True)
class Forget:
    """Take out the records before a compaction boundary that its summary stands for; those that it keeps stay."""

    at: At


@dataclass(frozen=True)
class Clear:
    """Put notes in the place of what content blocks hold, each named by its number in the record: a tool result keeps
    its id and gets the note for its content, any other block becomes a text."""

    at: At
    notes: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Trim:
    """Shorten what a record holds only for the client's screen; nothing of it is ever sent."""

    at: At


@dataclass(frozen=True)
class Recount:
    """Lower what the API counted for the replies behind each of several records by so many tokens, those that were
    taken out of it."""

    ats: tuple[At, ...]
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class SetValue:
    """Replace the JSON value at a pointer inside a record."""

    at: At
    pointer: tuple[str | int, ...]
    value: Any


@dataclass(frozen=True)
class Scale:
    """An image with no side longer than `side` pixels, of at most `length` characters of base64 (None: any)."""

    side: int
    length: int | None = None


@dataclass(frozen=True)
class Words:
    """The words of a document; a note where it has none."""

    otherwise: str


@dataclass(frozen=True)
class Remake:
    """Replace several values inside a record, worked out when the edit is written where that takes long.

    Where a `Scale` stands, the pointer names the base64 of an image: it is scaled down, together with the client's own
    copies of it. Where `Words` stand, it names a document block: a text takes its place.
    """

    at: At
    values: tuple[tuple[tuple[str | int, ...], Any], ...]


@dataclass(frozen=True)
class SetRef:
    """Give a tool call another id, in the call and in every result of it."""

    old: str
    new: str


@dataclass(frozen=True)
class Insert:
    """Put a new record behind another; what followed it follows the new one. Behind `At(0)` is the beginning of a
    list of messages. A record of `role` and `content` alone is written as the client writes one."""

    behind: At
    record: Mapping[str, Any]


@dataclass(frozen=True)
class Salvage:
    """Put whole records in the place of a damaged line, byte for byte; none drops the line, None stands for those that
    can be cut out of it."""

    at: At
    pieces: tuple[bytes, ...] | None = None


@dataclass(frozen=True)
class Cut:
    """Make a record the last one of the file; what stands behind it goes."""

    after: At


@dataclass(frozen=True)
class Uncompact:
    """Take a boundary and its summary out; what followed them follows the history before."""

    at: At


@dataclass(frozen=True)
class Keep:
    """Let a boundary keep these messages from before it, by id and in order, behind its summary."""

    at: At
    uuids: tuple[str, ...]


@dataclass(frozen=True)
class Adopt:
    """Make a record one that the client takes for part of the main conversation: not a subagent's, not only shown,
    with a valid time and an id.

    `uuid` is the id to give it; None keeps its own, or gives a fresh one where it has none. `response` is the id of
    the model's response that it is part of; None leaves that alone.
    """

    at: At
    uuid: str | None = None
    response: str | None = None


@dataclass(frozen=True)
class Rename:
    """Give records other ids, wherever these are named: pairs of the old id and the new one."""

    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Hoist:
    """Move the words of a message into the request's own system prompt, behind what that says."""

    at: At


@dataclass(frozen=True)
class Reframe:
    """Write what stands around and between the records anew, where a document is damaged there."""


@dataclass(frozen=True)
class Conform:
    """Write what a record says in the client's own form; what it says stays."""

    at: At


@dataclass(frozen=True)
class Redact:
    """Put a note in the place of a value wherever records hold it, escaped or not, also in JSON inside their strings
    (see `hide.Hidden`). What stands around the records goes along."""

    ats: tuple[At, ...]
    value: str = field(repr=False)
    note: str


Edit = (
    Relink | SetLeaf | Answer | Move | Linearise | DropBlock | Together | DropRecord | DropRecords | Forget | Clear
    | Trim | Recount | SetValue | Remake | SetRef | Insert | Salvage | Cut | Uncompact | Keep | Adopt | Rename | Hoist
    | Reframe | Conform | Redact
)


def places(edit: Edit) -> Iterator[At]:
    """The places that an edit names."""
    for one in fields(edit):
        value = getattr(edit, one.name)
        if isinstance(value, At):
            yield value
        elif isinstance(edit, Together) and isinstance(value, tuple):
            for part in value:
                yield from places(part)
        elif isinstance(value, tuple):
            yield from (part for part in value if isinstance(part, At))
