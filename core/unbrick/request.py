"""The request that a client will send: messages and blocks as columns, each with its origin."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from itertools import compress, count
from typing import Any, NamedTuple, TypeVar

from unbrick.entry import BlockKind
from unbrick.scanning.ones import where

T = TypeVar("T")
Content = str | list[dict[str, Any]]
PARTS = 10_000
"""Parts of one result that are judged, and findings of one rule about one record that are told: no client writes more,
and a damaged line may hold millions."""

_BLOCK_KINDS = tuple(BlockKind)


class Role(IntEnum):
    """Role of a message."""

    USER = 0
    ASSISTANT = 1
    SYSTEM = 2

    @property
    def word(self) -> str:
        """The API's spelling."""
        return self.name.lower()


class Synthetic(StrEnum):
    """Why a part of the request stands in no record."""

    REMINDER = "reminder"
    """Context that the client writes anew at each start."""
    NO_RESPONSE = "no-response"
    """The client's own assistant turn after a prompt that got no reply."""
    CONTINUE = "continue"
    """The client's own prompt after an interrupted turn."""
    RESULT = "result"
    """A result in the client's words for a call that has none."""
    PLACEHOLDER = "placeholder"
    """Text in the place of content that was dropped."""
    PROMPT = "prompt"
    """The prompt that will be typed next."""


class Part(NamedTuple):
    """One content block of the request: the row and block (within the row) it comes from, or, with row -1,
    why the client writes it itself. `kind` and `flags` are what the API will see; SURROGATE stands where the
    client does not repair halves of surrogate pairs. `size` is as in `entry.Block`."""

    row: int
    block: int
    kind: BlockKind
    flags: int = 0
    ref: str | None = None
    synthetic: Synthetic | None = None
    size: int = 0


class Marks:
    """Numbers from 0 on that are marked: a byte for each up to the last, where a set takes sixty for each."""

    def __init__(self) -> None:
        self._marks = bytearray()

    def add(self, number: int) -> None:
        """Mark a number."""
        self._marks.extend(bytes(max(number + 1 - len(self._marks), 0)))
        self._marks[number] = 1

    def take(self, other: Marks, most: int) -> None:
        """Begin with the numbers below a bound that are marked in another."""
        self._marks = other._marks[:most]

    def __contains__(self, number: int) -> bool:
        return number < len(self._marks) and self._marks[number] == 1

    def __iter__(self) -> Iterator[int]:
        return compress(count(), self._marks)


class Refs:
    """Call ids by part: a number for each, where texts in a list take ninety bytes. It is that of a string which `text`
    knows, -1 for none, or from -2 down one of a text that stands in no record."""

    def __init__(self, text: Callable[[int], str | None] = lambda _number: None) -> None:
        self._text = text
        self._own: list[str] = []
        self.numbers = array("i")

    def own(self, ref: str | None) -> int:
        """The number of a text that stands in no record, given out for it."""
        if ref is None:
            return -1
        self._own.append(ref)
        return -1 - len(self._own)

    def take(self, other: Refs, parts: int) -> None:
        """Begin with those of the first parts of another request."""
        self.numbers = other.numbers[:parts]
        self._own = other._own[: max(-1 - min(self.numbers, default=-1), 0)]

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, part: int) -> str | None:
        return self._of(self.numbers[part])

    def __iter__(self) -> Iterator[str | None]:
        return map(self._of, self.numbers)

    def _of(self, number: int) -> str | None:
        if number == -1:
            return None
        return self._text(number) if number >= 0 else self._own[-2 - number]


def _below(most: int, found: Mapping[int, T]) -> dict[int, T]:
    return {number: one for number, one in found.items() if number < most}


@dataclass
class Request:
    """Messages in the order of sending.

    Columns: `roles[m]`; parts of message m are `first[m]` to `first[m + 1]` of the part columns. `written`
    holds the blocks that the client writes itself or rewrites, by part index; every other block is decoded
    from its record when asked for. `plain` are messages whose content is sent as one string.
    """

    decode: Callable[[int], list[dict[str, Any]]]
    """Blocks of a row as stored, a plain string being one text block."""
    glance: Callable[[int], list[dict[str, Any]]] | None = None
    """The same for who writes nothing of long texts anywhere (see `record.glance`)."""
    roles: array[int] = field(default_factory=lambda: array("B"))
    first: array[int] = field(default_factory=lambda: array("I", [0]))
    row: array[int] = field(default_factory=lambda: array("i"))
    block: array[int] = field(default_factory=lambda: array("H"))
    kind: array[int] = field(default_factory=lambda: array("B"))
    flags: array[int] = field(default_factory=lambda: array("H"))
    refs: Refs = field(default_factory=Refs)
    size: array[int] = field(default_factory=lambda: array("I"))
    written: dict[int, dict[str, Any]] = field(default_factory=dict)
    synthetic: dict[int, Synthetic] = field(default_factory=dict)
    plain: Marks = field(default_factory=Marks)
    extra: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Members of a message besides role and content, by message index."""
    suffix: dict[int, str] = field(default_factory=dict)
    """Text that the client appends to a block (a seam between joined texts, a reminder in a result), by part index."""
    shortens: bool = False
    """Whether the client leaves out of each request what is too long for the model's window, and nothing on disk."""
    settles: bool = False
    """Whether the client writes the results that it makes up to disk, and says in them that the outcome is unknown."""
    marks: int = 0
    """How many places the client marks for the cache by itself."""
    image_limit: int | None = None
    """Characters of base64 above which an image keeps the client from sending anything; None where it does not look."""
    results_weighed: bool = False
    """Whether it looks at images inside results, too."""
    left_out: int = 0
    """How many images and documents the client leaves out, the oldest, since the API does not take as many."""
    complete: bool = False
    """Whether it goes out as it is: no prompt is typed behind it."""
    own_system: bool = False
    """Whether system turns are messages of the transcript, not something that the client makes of its reminders."""
    prompted: bool = False
    """Whether the transcript holds the request's own system prompt, or has a place for one."""
    tools: frozenset[str] | None = None
    """Names of the tools that the request offers, where the transcript says so."""
    wrong: dict[int, tuple[str, str, int]] = field(default_factory=dict)
    """What the API refuses of a message itself, by message index: a rule's code, the API's sentence, the row."""
    heals: frozenset[str] = frozenset()
    """Codes of the violations that the client gets over with a second try of its own."""
    heals_in_prompts: frozenset[str] = frozenset()
    """Those that it gets over only where they are in a message itself, not inside a result."""
    course: object = field(default=None, repr=False, compare=False)
    """What its format noted of how it was made, so that that of an edited session is made sooner."""

    def __len__(self) -> int:
        return len(self.roles)

    def glanced(self) -> Request:
        """The same, for who asks how long texts are and how they begin, and writes none of them anywhere."""
        return self if self.glance is None else replace(self, decode=self.glance)

    def start(self, role: Role) -> int:
        """Begin a message; its index."""
        self.roles.append(role)
        self.first.append(len(self.row))
        return len(self.roles) - 1

    def add(self, part: Part, written: dict[str, Any] | None = None) -> None:
        """Append a part to the last message."""
        index = len(self.row)
        self.row.append(part.row)
        self.block.append(part.block)
        self.kind.append(part.kind)
        self.flags.append(part.flags)
        self.refs.numbers.append(self.refs.own(part.ref))
        self.size.append(part.size)
        if part.synthetic is not None:
            self.synthetic[index] = part.synthetic
        if written is not None:
            self.written[index] = written
        self.first[-1] = len(self.row)

    def take(self, other: Request, messages: int) -> None:
        """Begin with the first messages of another request of the same records."""
        parts = other.first[messages]
        self.roles, self.first = other.roles[:messages], other.first[: messages + 1]
        self.row, self.block, self.kind = other.row[:parts], other.block[:parts], other.kind[:parts]
        self.flags, self.size = other.flags[:parts], other.size[:parts]
        self.refs.take(other.refs, parts)
        self.plain.take(other.plain, messages)
        self.extra = _below(messages, other.extra)
        self.written, self.synthetic = _below(parts, other.written), _below(parts, other.synthetic)
        self.suffix = _below(parts, other.suffix)

    def role(self, message: int) -> Role:
        """Role of a message."""
        return Role(self.roles[message])

    def parts(self, message: int) -> Iterator[Part]:
        """Parts of a message in order."""
        return map(self.part, range(self.first[message], self.first[message + 1]))

    def part(self, index: int) -> Part:
        """A part by its index."""
        return Part(
            self.row[index], self.block[index], _BLOCK_KINDS[self.kind[index]], self.flags[index],
            self.refs[index], self.synthetic.get(index), self.size[index],
        )

    def piece(self, part: int) -> dict[str, Any]:
        """One block as it will be sent, by part index."""
        written = self.written.get(part)
        return self._ended(part, self._decoded(part, self.decode(self.row[part])) if written is None else written)

    def _decoded(self, part: int, blocks: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The block of a part among those of its record; empty when the file was rewritten and it is gone."""
        index = self.block[part]
        return blocks[index] if index < len(blocks) else {}

    def _ended(self, part: int, block: dict[str, Any]) -> dict[str, Any]:
        suffix = self.suffix.get(part)
        if suffix is None:
            return block
        key = "text" if block.get("type") == "text" else "content"
        found = block.get(key)
        if isinstance(found, list):
            items = list(found)
            if items and isinstance(items[-1], dict) and isinstance(items[-1].get("text"), str):
                items[-1] = {**items[-1], "text": f"{items[-1]['text']}\n"}
            return {**block, key: [*items, {"type": "text", "text": suffix.strip()}]}
        text = str(found or "")
        return {**block, key: f"{text if key == 'text' else text.strip()}{suffix}"}

    def content(self, message: int) -> Content:
        """Content of a message as it will be sent."""
        blocks: list[dict[str, Any]] = []
        row = -1
        decoded: list[dict[str, Any]] = []
        for index in range(self.first[message], self.first[message + 1]):
            written = self.written.get(index)
            if written is None:
                if self.row[index] != row:
                    row = self.row[index]
                    decoded = self.decode(row)
                written = self._decoded(index, decoded)
            blocks.append(self._ended(index, written))
        if message in self.plain and len(blocks) == 1 and isinstance(blocks[0].get("text"), str):
            return str(blocks[0]["text"])
        return blocks

    def message(self, message: int) -> dict[str, Any]:
        """A message as it will be sent."""
        return {
            "role": self.role(message).word, "content": self.content(message), **self.extra.get(message, {}),
        }

    def messages(self) -> Iterator[dict[str, Any]]:
        """All messages as they will be sent."""
        return (self.message(index) for index in range(len(self)))

    def where(self, row: int) -> tuple[int, int] | None:
        """Index of the message, and of the block in it, where a row first goes in."""
        first = next(where(self.row, row), None)
        return None if first is None else self.locate(first)

    def locate(self, part: int) -> tuple[int, int]:
        """Message index and block index of a part."""
        message = bisect_right(self.first, part) - 1
        return message, part - self.first[message]
