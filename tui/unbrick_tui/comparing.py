"""Two requests beside one another, message by message, as a list of lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from unbrick.request import Request
from unbrick.sent import Beside, Fate, Message, beside, blocks
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.listing import said_of
from unbrick_tui.prose import Paragraph, Run

_SIGNS = {Fate.SAME: "=", Fate.CHANGED: "~", Fate.GONE: "-", Fate.NEW: "+", Fate.UNKNOWN: "?"}
_STYLES = {Fate.SAME: "dim", Fate.CHANGED: "warn", Fate.GONE: "minus", Fate.NEW: "plus", Fate.UNKNOWN: "dim"}
_SAID = {
    Fate.SAME: "the same", Fate.CHANGED: "with other content", Fate.GONE: "not in the later one",
    Fate.NEW: "new in the later one", Fate.UNKNOWN: "not in the file any more; not compared",
}


class _Line(NamedTuple):
    """A line of the comparison: a fate, the pair it speaks of, and a block with its sign, where it is about one."""

    fate: Fate
    first: Beside
    last: Beside
    sign: str = ""
    block: int = 0


class ComparedListing:
    """A request that was sent (`before`, with the rows that each message stands in) beside a later one."""

    below: Mapping[int, Sequence[Paragraph]] = {}

    def __init__(
        self, before: Sequence[Message | None], rows: Sequence[Sequence[int]], after: Request,
        after_rows: Sequence[Sequence[int]] | None, glyphs: Glyphs,
    ) -> None:
        self._before, self._rows, self._after, self._after_rows = before, rows, after, after_rows
        self._glyphs = glyphs
        self._lines = list(self._compared())

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return all(line.fate is Fate.SAME for line in self._lines)

    @property
    def counted(self) -> str:
        """How many messages have which fate."""
        numbers: dict[Fate, int] = {}
        for line in self._lines:
            if not line.sign:
                first, last = line.first, line.last
                size = 1 if first.before is None or last.before is None else last.before - first.before + 1
                numbers[line.fate] = numbers.get(line.fate, 0) + size
        return ", ".join(f"{number:,} {fate.value}" for fate, number in numbers.items())

    def _compared(self) -> Iterator[_Line]:
        for fate, group in groupby(beside(self._before, self._after), lambda pair: pair.fate):
            pairs = list(group)
            if fate in (Fate.SAME, Fate.UNKNOWN):
                yield _Line(fate, pairs[0], pairs[-1])
                continue
            for pair in pairs:
                yield _Line(fate, pair, pair)
                if fate is Fate.CHANGED:
                    for change in pair.changes:
                        yield from (_Line(fate, pair, pair, sign, change.block) for sign, block in
                                    (("-", change.before), ("+", change.after)) if block is not None)
                else:
                    held = self._blocks(pair, "-" if fate is Fate.GONE else "+")
                    sign = "-" if fate is Fate.GONE else "+"
                    yield from (_Line(fate, pair, pair, sign, place) for place in range(len(held)))

    def _blocks(self, pair: Beside, sign: str) -> list[object]:
        if sign == "-":
            return [] if pair.before is None else blocks(self._before[pair.before] or {})
        return [] if pair.after is None else blocks(self._after.message(pair.after))

    def __len__(self) -> int:
        return len(self._lines)

    def runs(self, item: int) -> list[Run]:
        """`= messages.0 to messages.12: the same`, or a block that is gone or new."""
        line = self._lines[item]
        if line.sign:
            held = self._blocks(line.first, line.sign)
            said = said_of(held[line.block] if line.block < len(held) else None, self._glyphs)
            return [("plus" if line.sign == "+" else "minus", f"  {line.sign} .{line.block:<3}{said}")]
        first, last = line.first, line.last
        index = first.after if first.before is None else first.before
        end = last.after if last.before is None else last.before
        which = f"messages.{index}" + (f" to messages.{end}" if end != index else "")
        moved = f", as messages.{first.after}" if None not in (first.before, first.after) and (
            first.before != first.after) else ""
        role = "" if end != index else f" {self._role(first)}".rstrip()
        style = _STYLES[line.fate]
        return [(style, f"{_SIGNS[line.fate]} {which}{role}{moved}: {_SAID[line.fate]}")]

    def _role(self, pair: Beside) -> str:
        if pair.after is not None:
            return self._after.role(pair.after).word
        message = None if pair.before is None else self._before[pair.before]
        return str((message or {}).get("role") or "")

    def row(self, item: int) -> int | None:
        """The row that a message stands in now, or stood in."""
        pair = self._lines[item].first
        if pair.after is not None and self._lines[item].sign != "-":
            if self._after_rows is not None:
                return next(iter(self._after_rows[pair.after]), None)
            return next((part.row for part in self._after.parts(pair.after) if part.row >= 0), None)
        return None if pair.before is None else next(iter(self._rows[pair.before]), None)

    def mates(self, item: int) -> Sequence[int]:
        """A block that was changed: what was, and what will be."""
        line = self._lines[item]
        if not line.sign or line.fate is not Fate.CHANGED:
            return ()
        near = range(max(item - 1, 0), min(item + 2, len(self)))
        same = (other for other in near if other != item and self._lines[other].sign)
        return tuple(
            other for other in same
            if (self._lines[other].first, self._lines[other].block) == (line.first, line.block)
        )
