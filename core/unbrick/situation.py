"""Everything a rule may look at: the session, what the client will load and send, and what the API says to it."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, TypeVarTuple

from unbrick.bundle import Bundle
from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.held import Handed, Held, Recovered
from unbrick.record import At
from unbrick.request import Request
from unbrick.session import Call, Session, Standing
from unbrick.target import Surroundings, Target
from unbrick.thread import Places, Thread

T = TypeVar("T")
Asked = TypeVarTuple("Asked")


@dataclass(frozen=True)
class Violation:
    """A rule of the API that the request breaks, at message `message` and block `block` of it (None: the whole
    message). `code` is the unbrick rule that explains it, `text` the API's sentence, `ref` the call id it names."""

    code: str
    message: int
    block: int | None
    text: str
    ref: str | None = None
    path: tuple[str | int, ...] = ()
    """Path to the image or document inside the block, where it stands in a result."""


def _silent(_row: int) -> str:
    return ""


def _nothing(_row: int) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Asks:
    """What a situation may ask of its format, by row; all decode records or read files, so ask of suspects only.

    `text` gives what a person reads of a row; `spot` where a block of it stands in a document; `kept` the ids that
    a boundary keeps by name; `content` the pointer to a message's content and the content, `glanced` these for who
    writes no long text of it anywhere (see `record.glance`); `results` what other files of the session hold of some
    calls; `recovered` the records that they hold; `conforms` what is odd about a
    record that `edit.Conform` would write in the client's form; `aside` the bytes that `edit.Trim` takes out of a
    row; `superseded` the rows that later ones replace in full; `handed` the work that other agents did, in transcripts
    of their own.
    """

    text: Callable[[int], str] = _silent
    kept: Callable[[int], tuple[str, ...]] = _nothing
    content: Callable[[int], tuple[tuple[str | int, ...], object]] = lambda _row: ((), None)
    spot: Callable[[int, int], tuple[str | int, ...]] = lambda _row, _block: ()
    results: Callable[[Collection[str]], Mapping[str, Held]] = lambda _refs: {}
    recovered: Callable[[], Sequence[Recovered]] = tuple
    conforms: Callable[[int], str] = _silent
    aside: Callable[[int], int] = lambda _row: 0
    superseded: Callable[[], Sequence[int]] = tuple
    handed: Callable[[], Sequence[Handed]] = tuple
    glanced: Callable[[int], tuple[tuple[str | int, ...], object]] = lambda _row: ((), None)


@dataclass(frozen=True)
class Situation:
    """Session, thread, request, target and surroundings of one judgement, and what else the format can be asked."""

    bundle: Bundle
    session: Session
    thread: Thread
    request: Request
    target: Target
    surroundings: Surroundings
    violations: tuple[Violation, ...] = ()
    asks: Asks = field(default_factory=Asks, repr=False, compare=False)
    _known: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, make: Callable[[Situation, *Asked], T], *asked: *Asked) -> T:
        """What a function of this situation and of hashable values gives, worked out at the first call: thousands of
        findings ask the same of one response, one fork, one file."""
        key = (make, *asked)
        if key not in self._known:
            self._known[key] = make(self, *asked)
        found: T = self._known[key]
        return found

    def text(self, row: int) -> str:
        """What a person reads of a row."""
        return self.asks.text(row)

    def kept(self, row: int) -> tuple[str, ...]:
        """Ids of the records that a boundary keeps by name."""
        return self.asks.kept(row)

    @cached_property
    def held(self) -> Mapping[str, Held]:
        """Call ids on the thread without a result there → what other files of the session hold of them."""
        waiting = {
            call.ref for call in self.odd_calls
            if call.ref and call.uses and not any(row in self.loaded for row, _block in call.results)
        }
        return self.asks.results(waiting) if waiting else {}

    @cached_property
    def recovered(self) -> Sequence[Recovered]:
        """Records that other files of the session hold and this one does not."""
        return self.asks.recovered()

    @property
    def size(self) -> int:
        """Bytes of the transcript as the patch leaves it."""
        return self.session.size

    def part(self, row: int, block: int) -> int | None:
        """Index of the part of the request that a block of a row goes in as, None where it does not."""
        first, others = self._parts
        found = others.get((row, block), -1) if block else first[self.loaded.column[row]]
        return None if found < 0 else found

    @cached_property
    def _parts(self) -> tuple[array[int], dict[tuple[int, int], int]]:
        """The parts of the first block of each row on the thread, by its place there and with -1 for none, and those of
        the other blocks of rows."""
        # One more at the end, which is also that of what is not on the thread.
        first, place_of = array("i", (-1,)) * (len(self.loaded) + 1), self.loaded.column
        others: dict[tuple[int, int], int] = {}
        for index, (row, block) in enumerate(zip(self.request.row, self.request.block, strict=True)):
            if row >= 0:
                if block:
                    others[row, block] = index
                else:
                    first[place_of[row]] = index
        first[-1] = -1
        return first, others

    @cached_property
    def loaded(self) -> Places:
        """Rows on the thread → their place in it."""
        return Places(self.thread.rows, len(self.session))

    @cached_property
    def lost(self) -> tuple[int, ...]:
        """Rows that are certainly part of the conversation and are not loaded."""
        return tuple(row for row, standing in enumerate(self.thread.standing) if standing == Standing.LOST)

    @cached_property
    def odd_calls(self) -> tuple[Call, ...]:
        """The tool calls that the thread holds a use or a result of, in file order, but for those of which nothing is
        remarkable: one use and one result, which begins its record, is sent, and has no typed prompt before it."""
        calls, regular = self.session.calls, self._regular()
        return tuple(calls.made(*one) for one in calls.blocks_of(self.thread.rows) if not regular(one[1]))

    def _regular(self) -> Callable[[list[int]], bool]:
        """Says of the blocks that carry a call id whether they are a call of which nothing is remarkable."""
        scan, place_of, sent = self.session.scan, self.loaded.column, self._parts[0]
        unsent = {-1, *self.request.synthetic}
        first, sorts, kinds, flags = scan.first, scan.block_kind, scan.kind, scan.block_flags
        typed = bytes(map(scan.marked(Flag.PROMPT).__getitem__, self.thread.rows))

        def regular(blocks: list[int]) -> bool:
            if len(blocks) != 2:
                return False
            use, result = blocks if sorts[blocks[0]] == BlockKind.TOOL_USE else blocks[::-1]
            row = bisect_right(first, result) - 1
            start, end = place_of[bisect_right(first, use) - 1], place_of[row]
            return (
                sorts[use] == BlockKind.TOOL_USE and sorts[result] == BlockKind.TOOL_RESULT
                and not flags[use] & BlockFlag.BAD_NAME and result == first[row] and kinds[row] == Kind.USER
                and 0 <= start < end and typed.find(1, start + 1, end) < 0 and sent[end] not in unsent
            )

        return regular

    @cached_property
    def violated(self) -> dict[tuple[str, int, int], Violation]:
        """(code, row, block) → the violation that shows there; block 0 for a whole message."""
        found: dict[tuple[str, int, int], Violation] = {}
        for violation in self.violations:
            start = self.request.first[violation.message]
            end = self.request.first[violation.message + 1]
            index = start + (violation.block or 0)
            if index < end and self.request.row[index] >= 0:
                key = (violation.code, self.request.row[index], self.request.block[index])
                found.setdefault(key, violation)
        return found

    def at(self, row: int) -> At:
        """Where a row stands in the file."""
        return self.session.at(row)

    def place(self, row: int) -> str:
        """Where a row stands, in words: `line 214`."""
        return self.session.scan.view.place(self.at(row))

    def blocks(self, row: int) -> list[tuple[int, BlockKind, int, str | None]]:
        """(block in the row, kind, flags, call id) of each block of a row."""
        scan = self.session.scan
        start = scan.first[row]
        return [
            (i - start, BlockKind(scan.block_kind[i]), scan.block_flags[i], scan.strings.text(scan.block_ref[i]))
            for i in scan.blocks(row)
        ]
