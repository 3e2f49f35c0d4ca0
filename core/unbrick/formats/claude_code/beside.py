"""What hangs beside the conversation, and why: rewound, summarised, certainly lost, or undecided.

One decision for standings and rules. Strict: without positive evidence a branch is undecided.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress, islice
from math import inf
from operator import itemgetter

from unbrick.compaction import sound
from unbrick.entry import Flag, Kind
from unbrick.formats.claude_code.chain import Chain
from unbrick.scanning.ones import below_zero, table, without
from unbrick.scanning.runs import Runs
from unbrick.session import Session, Standing
from unbrick.thread import Branch, Why

OPEN = 255
"""Not decided yet."""

_TALK = (Kind.USER, Kind.ASSISTANT)
_THROUGH = (OPEN, Standing.APART)
"""Standings that a branch runs through: notices and error records link it to where it hangs."""
_IS_THROUGH, IS_OPEN = table(lambda standing: standing in _THROUGH), table(lambda standing: standing == OPEN)

_DECIDED = {Why.RETRY: Standing.LOST, Why.CUT: Standing.LOST, Why.UNTIMED: Standing.LOST,
            Why.REWOUND: Standing.REWOUND, Why.SUMMARISED: Standing.SUMMARISED}


@dataclass
class _Beside:
    """A session of which the conversation is decided. `leaf` is its end, `start` the boundary that history ends at, -1
    for none."""

    session: Session
    chain: Chain
    of: bytearray
    leaf: int | None
    start: int
    forks: dict[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    """Of a record that branches hang on: those that were decided before them and begin with a typed prompt, as (first
    record, prompt). Thousands of branches may hang on one record."""
    sides: dict[int, int] = field(default_factory=dict)
    prompts: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """Of such a record: everything that hangs on it and begins with a typed prompt, in file order, with that."""

    @cached_property
    def place(self) -> dict[int, int]:
        """Place of each row in the chain."""
        return {row: place for place, row in enumerate(self.chain.rows)}

    def groups(self) -> Iterator[tuple[int, int, list[int]]]:
        """(the record a branch hangs on or -1, its first record, its open rows in file order)."""
        parents, of, runs = self.session.parent_row, self.of, self.session.runs
        shut = without(runs.links, of.translate(_IS_THROUGH))
        head: dict[int, int] = {}
        """First link of a stretch of a run that a branch runs through → first record of the branch."""
        found: dict[int, list[int]] = {}
        row = of.find(OPEN)
        while row >= 0:
            at, path = _first(runs, shut, row), []
            while at not in head:
                head[at] = at
                path.append(at)
                if parents[at] < 0 or shut[parents[at]]:
                    break
                at = _first(runs, shut, parents[at])
            top = head[at]
            head.update(dict.fromkeys(path, top))
            end = runs.end(row)
            stop = shut.find(1, row, end)
            stop = end if stop < 0 else stop
            found.setdefault(top, []).extend(compress(range(row, stop), of[row:stop].translate(IS_OPEN)))
            row = of.find(OPEN, stop)
        for top, rows in found.items():
            yield self._anchor(top), top, rows

    def _anchor(self, top: int) -> int:
        """What a branch hangs on; for a boundary the record that it names as the last one before it."""
        session = self.session
        parent = session.parent_row[top]
        if parent < 0 and session.scan.kind[top] == Kind.BOUNDARY:
            parent = session.row_of.get(session.scan.refers[top], -1)
        return parent if parent >= 0 and self.of[parent] not in _THROUGH else -1

    def why(self, parent: int, top: int, rows: list[int]) -> Why:
        """Why a branch hangs beside."""
        standing = self.of[parent] if parent >= 0 else OPEN
        if standing == Standing.REWOUND or (standing != OPEN and self._rewound(parent, top, rows)):
            return Why.REWOUND
        if rows[-1] < self.start and standing in (Standing.SUMMARISED, Standing.LOADED):
            return Why.SUMMARISED
        if standing != Standing.LOADED:
            return Why.UNKNOWN
        flags = self.session.scan.flags
        prompts = any(flags[row] & Flag.PROMPT for row in rows)
        if parent == self.leaf:
            if any(flags[row] & Flag.NO_TIME for row in (parent, *rows)):
                return Why.UNTIMED
            # What was compacted from the end goes on from it, and so does the reply to a prompt.
            compacted = self.session.scan.kind[top] == Kind.BOUNDARY and sound(self.session, top)
            return Why.CUT if compacted or (flags[parent] & Flag.PROMPT and not prompts) else Why.UNKNOWN
        if not prompts and self._retried(parent, rows[-1]):
            return Why.RETRY
        return Why.CLIENTS if prompts and self._at_once(parent, rows) else Why.UNKNOWN

    def _rewound(self, parent: int, top: int, rows: list[int]) -> bool:
        """Whether both sides begin with a typed prompt, the one that went on began after the other ended, and a resume
        at that moment would have gone on with the other: so it was a person who left it, not a client that lost it."""
        session, scan = self.session, self.session.scan
        if _prompt_of(session, top) is None or not self._current(parent, top, rows):
            return False
        times = [scan.time[row] for row in rows if not scan.flags[row] & Flag.NO_TIME]
        if parent not in self.forks:
            self.forks[parent] = tuple(
                (child, prompt) for child, prompt in self._prompts(parent) if self.of[child] not in _THROUGH
            )
        last = max(times, default=-inf)
        return any(
            child > rows[-1] and (not times or scan.time[stayed] >= last) for child, stayed in self.forks[parent]
        )

    def _current(self, parent: int, top: int, rows: list[int]) -> bool:
        """Whether the conversation ended in these rows when the next prompt of the fork was typed: the last pointer
        before it names one of them, or the last message before it is one of them and descends from what that names."""
        session, flags = self.session, self.session.scan.flags
        prompts = self._prompts(parent)
        place = bisect_right(prompts, rows[-1], key=itemgetter(0))
        if place == len(prompts):
            return False
        following = prompts[place][0]
        last = self._speaking.rfind(1, top, following)
        named = self._pointing.rfind(1, 0, following)
        pointed = -1 if named < 0 else session.row_of.get(session.scan.refers[named], -1)
        if pointed >= 0 and pointed in rows:
            return True
        if last < 0 or last not in rows:
            return False
        return pointed < 0 or pointed > following or not flags[pointed] & Flag.LINK or session.descends(last, pointed)

    def _prompts(self, parent: int) -> list[tuple[int, int]]:
        if parent not in self.prompts:
            children = self.session.children.get(parent, ())
            prompts = ((child, _prompt_of(self.session, child)) for child in children)
            self.prompts[parent] = [(child, prompt) for child, prompt in prompts if prompt is not None]
        return self.prompts[parent]

    @cached_property
    def _speaking(self) -> bytes:
        """1 for each message of the main conversation."""
        return without(self.session.messages, self.session.scan.marked(Flag.SIDECHAIN))

    @cached_property
    def _pointing(self) -> bytes:
        """1 for each pointer that names a record."""
        scan = self.session.scan
        return without(scan.marked(Flag.POINTER), below_zero(scan.refers))

    def _retried(self, parent: int, last: int) -> bool:
        """Whether the loaded side goes from the fork to the next prompt over notices of failed requests only, and the
        other side was written before that prompt."""
        scan, noticed = self.session.scan, False
        for row in islice(self.chain.rows, self._side(parent), None):
            if scan.flags[row] & Flag.PROMPT:
                return noticed and last < row
            if scan.kind[row] == Kind.ASSISTANT and not scan.flags[row] & Flag.API_ERROR:
                return False
            noticed = noticed or bool(scan.flags[row] & (Flag.RETRY | Flag.API_ERROR))
        return False

    def _side(self, parent: int) -> int:
        """Place in the chain of the record that goes on from a fork; the length of the chain where none does."""
        if parent not in self.sides:
            loaded = (self.place[child] for child in self.session.children.get(parent, ()) if child in self.place)
            self.sides[parent] = min(loaded, default=len(self.chain.rows))
        return self.sides[parent]

    @cached_property
    def _spans(self) -> list[tuple[float, float, bool]]:
        """For each place of the chain: first and last time of a message from there on, and whether one is a prompt."""
        scan = self.session.scan
        spans = [(inf, -inf, False)]
        for row in reversed(self.chain.rows):
            first, last, prompt = spans[-1]
            if scan.kind[row] in _TALK:
                if not scan.flags[row] & Flag.NO_TIME:
                    first, last = min(first, scan.time[row]), max(last, scan.time[row])
                prompt = prompt or bool(scan.flags[row] & Flag.PROMPT)
            spans.append((first, last, prompt))
        return spans[::-1]

    def _at_once(self, parent: int, rows: list[int]) -> bool:
        """Whether the loaded side holds a prompt too, and each side was written on after the other had begun."""
        scan, place = self.session.scan, self._side(parent)
        first, last, prompt = self._spans[place]
        times = [scan.time[row] for row in rows if scan.kind[row] in _TALK and not scan.flags[row] & Flag.NO_TIME]
        if not prompt or not times or self.chain.rows[place] > rows[-1]:
            return False
        return first < max(times) and min(times) < last


def _first(runs: Runs, shut: bytes, row: int) -> int:
    """The first link of the stretch of a run that a row is in, behind what is shut."""
    start = runs.start(row)
    before = shut.rfind(1, start, row)
    return start if before < 0 else runs.links.find(1, before + 1)


def decide(session: Session, chain: Chain, of: bytearray, leaf: int | None, start: int) -> tuple[Branch, ...]:
    """Decide the rows that are still open, in place; the branches with messages that are lost or undecided."""
    found: list[Branch] = []
    beside = _Beside(session, chain, of, leaf, start)
    kinds = session.scan.kind
    for parent, top, rows in [*beside.groups()]:
        why = beside.why(parent, top, rows)
        standing = _DECIDED.get(why, Standing.UNDECIDED)
        for row in rows:
            of[row] = standing
        if standing in (Standing.LOST, Standing.UNDECIDED) and any(kinds[row] in _TALK for row in rows):
            found.append(Branch(parent, tuple(rows), why))
    if leaf is not None:
        _marked(session, leaf, of)
    return tuple(found)


def _marked(session: Session, leaf: int, of: bytearray) -> None:
    """A reply to the end of the main conversation is no subagent's, though it carries the mark of one."""
    kinds = session.scan.kind
    main = of[leaf] in (Standing.LOADED, Standing.LOST) and not session.has(leaf, Flag.SIDECHAIN)
    if not main or kinds[leaf] not in (Kind.USER, Kind.ATTACHMENT):
        return
    tail = [row for row in session.children.get(leaf, ()) if of[row] == Standing.SIDE]
    if not tail or kinds[tail[0]] != Kind.ASSISTANT:
        return
    for row in tail:
        of[row] = Standing.LOST
        tail += [child for child in session.children.get(row, ()) if of[child] == Standing.SIDE]


def _prompt_of(session: Session, row: int) -> int | None:
    """The typed prompt that a branch begins with, past notices and attachments."""
    for _ in range(100):
        if session.scan.flags[row] & Flag.PROMPT:
            return row
        children = session.children.get(row, ())
        if session.scan.kind[row] in _TALK or len(children) != 1:
            return None
        row = children[0]
    return None
