"""What the client will load: the rows of the conversation in the order it will send them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from unbrick.session import Standing


class Outcome(StrEnum):
    """What happens to the first request after a resume."""

    ACCEPTED = "accepted"
    HEALED = "healed"
    """Refused, then accepted by the client's own second try."""
    REFUSED = "refused"
    NOT_FOUND = "not-found"
    """The client says that there is no such conversation."""
    CRASH = "crash"
    HANG = "hang"
    EMPTY = "empty"
    """It opens with no history at all."""


@dataclass(frozen=True)
class Loss:
    """A break of the chain: the client does not go on from `row` to what stands before it.

    `before` is the row that an undamaged chain would have gone on with (None when unknown), `messages` the
    user and assistant records that are not loaded because of it, `why` a sentence.
    """

    row: int
    why: str
    before: int | None = None
    messages: int = 0


class Why(StrEnum):
    """Why records hang beside the conversation."""

    RETRY = "retry"
    """A reply that came after a failed request was tried again: what followed hangs on the notice of the failure."""
    CUT = "cut"
    """The reply to the prompt that the client takes for the end."""
    UNTIMED = "untimed"
    """Behind the end, which a record without a time made the client stop at."""
    REWOUND = "rewound"
    """Left by the person for a later prompt."""
    SUMMARISED = "summarised"
    """Left before the last compaction."""
    CLIENTS = "clients"
    """Both sides went on at the same time, as when two clients have one session open."""
    UNKNOWN = "unknown"
    """The file does not say."""


@dataclass(frozen=True)
class Branch:
    """Records that hang beside the conversation and are lost or undecided: `parent` is the row they hang on (-1: on
    nothing that is known), `rows` are in file order."""

    parent: int
    rows: tuple[int, ...]
    why: Why


class Places(Mapping[int, int]):
    """The place in the thread of each row of a session that is on it: a number for each row, where a dictionary takes
    a hundred bytes."""

    def __init__(self, rows: Sequence[int], count: int) -> None:
        self._rows = rows
        # Two more at the end, which what stands for a parent that there is not leads to.
        self.column = array("i", (-1,)) * (count + 2)
        for place, row in enumerate(rows):
            self.column[row] = place

    def __contains__(self, row: object) -> bool:
        return isinstance(row, int) and self.column[row] >= 0

    def __getitem__(self, row: int) -> int:
        if row not in self:
            raise KeyError(row)
        return self.column[row]

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


@dataclass
class Thread:
    """The conversation as the client will load it.

    `rows` are in the order of sending: chain records of every kind, from the root or the last compaction
    boundary to the leaf. `outcome` is ACCEPTED unless loading itself fails. `error` is what the client then
    prints. `bridged` maps a row to the row that the client goes on with instead of its parent. `standing` says
    of each row of the session what becomes of it.
    """

    rows: array[int]
    leaf: int | None = None
    outcome: Outcome = Outcome.ACCEPTED
    error: str | None = None
    boundary: int | None = None
    """Row of the compaction boundary that the thread begins with."""
    bridged: dict[int, int] = field(default_factory=dict)
    recovered: frozenset[int] = frozenset()
    """Rows off the plain parent walk that the client re-attaches (parallel results, preserved messages)."""
    standing: array[int] = field(default_factory=lambda: array("B"))
    losses: tuple[Loss, ...] = ()
    whole: bool = False
    """Whether the client reads the file whole or not at all: one line that it cannot read costs all others."""
    branches: tuple[Branch, ...] = ()
    """What hangs beside the conversation without having been left on purpose."""
    foreign: frozenset[int] = frozenset()
    """Rows that another session wrote into this file, apart from its conversation."""

    @cached_property
    def members(self) -> frozenset[int]:
        """The rows of the thread; ask for it when the thread is complete."""
        return frozenset(self.rows)

    @cached_property
    def bridged_from(self) -> dict[int, list[int]]:
        """`bridged` the other way round: a row → the rows that the client goes on to it from."""
        found: dict[int, list[int]] = {}
        for row, parent in self.bridged.items():
            found.setdefault(parent, []).append(row)
        return found

    def standing_of(self, row: int) -> Standing:
        """What becomes of a row."""
        return Standing(self.standing[row])
