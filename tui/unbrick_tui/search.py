"""Finding text in the records of a view: what is looked for, what of a record counts, and the pass over all of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Generator, Iterable, Iterator
from functools import cached_property

import regex

from unbrick.formats import Format
from unbrick.patch import View
from unbrick.record import read
from unbrick.scanning.search import Found, find, sure
from unbrick_tui.text import one_line

PATIENCE = 0.25
"""Seconds that an expression may take in one record; some would take years."""
SLOW = 12
"""Records in which an expression may take too long before the search is given up."""
ID = 8
"""Letters from which on a text is looked for in ids, too."""
BATCH = 64
LARGE = 1 << 21
"""Bytes of a record from which on a row does not show the place in it where the text stands."""


class TooSlowError(Exception):
    """A regular expression that takes for ever on this session; says so in a sentence."""


class Query:
    """What is looked for. A capital letter in it makes case count. Raises ValueError, with a sentence, where a regular
    expression is none."""

    def __init__(self, text: str, *, regular: bool = False) -> None:
        self.text = text
        self.regular = regular
        # A letter behind a backslash is a class or an anchor.
        letters = regex.sub(r"\\.", "", text) if regular else text
        self.any_case = letters == letters.lower()
        flags = regex.MULTILINE | (regex.IGNORECASE if self.any_case else 0)
        try:
            self._pattern = regex.compile(text if regular else regex.escape(text), flags)
        except (regex.error, ValueError, OverflowError, RecursionError) as error:
            said = str(error).split(" at position")[0]
            place = getattr(error, "pos", None)
            where = "" if place is None else f" (character {place + 1})"
            raise ValueError(f"not a regular expression: {said}{where}") from error

    def __str__(self) -> str:
        return f"/{self.text}/" if self.regular else f"“{self.text}”"

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it stands in a text, as far as that is known in time."""
        found: list[tuple[int, int]] = []
        try:
            for match in self._pattern.finditer(text, timeout=PATIENCE / 5, concurrent=True):
                if match.end() > match.start():
                    found.append(match.span())
        except TimeoutError:
            pass
        return found

    def holds(self, text: str) -> bool:
        """Whether it stands in a text. Raises TimeoutError when that takes too long to tell."""
        return self._pattern.search(text, timeout=PATIENCE, concurrent=True) is not None

    @cached_property
    def ids(self) -> bool:
        """Whether it may be an id, or a part of one."""
        return len(self.text) >= ID

    def excerpt(self, format_: Format, raw: bytes, shown: str, room: int) -> str:
        """What a row shows in `room` cells: what it would show anyhow, or the place in the record that was found."""
        if self.spans(shown[: max(room - 1, 0)]) or len(raw) > LARGE:
            return shown
        text = words(format_, raw, ids=self.ids)
        try:
            match = self._pattern.search(text, timeout=PATIENCE / 5, concurrent=True)
        except TimeoutError:
            match = None
        if match is None:
            return shown
        start = max(match.start() - max(room // 4, 4), 0)
        return ("…" if start else "") + one_line(text[start : start + 4 * room].lstrip())


class Matches:
    """Rows that were found so far, looked up in file order while a search that began at row `first` goes on."""

    def __init__(self, query: Query, first: int, total: int) -> None:
        self.query = query
        self.first = first
        self.total = total
        self.done = 0
        self.over = False
        self.slow = 0
        """Records in which it took too long to tell."""
        self._around, self._ahead = array("q"), array("q")

    def add(self, rows: Iterable[int]) -> None:
        """More of them, in the order of the search."""
        for row in rows:
            (self._ahead if row >= self.first else self._around).append(row)

    def __len__(self) -> int:
        return len(self._around) + len(self._ahead)

    def number(self, row: int) -> int:
        """The how manieth a row is, from 1; 0 for none of them."""
        rows, before = (self._ahead, len(self._around)) if row >= self.first else (self._around, 0)
        place = bisect_left(rows, row)
        return before + place + 1 if place < len(rows) and rows[place] == row else 0

    def after(self, row: int, step: int) -> int | None:
        """The next (1) or previous (-1) one seen from a row, around the end; None while none is known."""
        if not len(self):
            return None
        before = bisect_left(self._around, row) + bisect_left(self._ahead, row)
        place = (before + (self.number(row) > 0) if step > 0 else before - 1) % len(self)
        return self._ahead[place - len(self._around)] if place >= len(self._around) else self._around[place]

    def said(self, row: int) -> str:
        """`3 of 1,204, still searching`."""
        number = self.number(row)
        some = f"{number:,} of {len(self):,}" if number else f"{len(self):,} found"
        if not len(self):
            some = "found nowhere" if self.over else ""
        if not self.over:
            return f"{some}, still searching" if some else "searching"
        return f"{some}; {self.slow:,} took too long" if self.slow else some


def words(format_: Format, raw: bytes, *, ids: bool = False) -> str:
    """Everything of a record that a person reads, and its ids where they are asked for."""
    value, _fault = read(raw)
    if value is None:
        return raw.decode("utf-8", "replace")
    parts = [format_.text(value)]
    for block in format_.blocks(value):
        # As JSON, what a tool is given spells quotes and line ends as escapes.
        if isinstance(given := block.get("input"), dict | list):
            parts += strings(given)
    if ids:
        entry = format_.entry(value)
        named = (entry.uuid, entry.parent, entry.message_id, entry.refers, *(block.ref for block in entry.blocks))
        parts += dict.fromkeys(filter(None, named))
    return "\n".join(parts)


def strings(value: object) -> Iterator[str]:
    """The strings of a JSON value."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += reversed(one.values())
        elif isinstance(one, list):
            waiting += reversed(one)


def search(format_: Format, view: View, query: Query, first: int = 0) -> Generator[Found, None, int]:
    """Rows in whose words the query stands, from row `first` on and around the end; last, in how many records it took
    too long to tell. Whoever stops asking cancels it. Raises TooSlowError."""
    slow = 0
    text = sure(query.text, ignore_case=query.any_case) if query.regular else query.text
    candidates = find(view, text, ignore_case=query.any_case, first=first) if text else _every(view, first)
    for done, rows in candidates:
        found: list[int] = []
        for row in rows:
            try:
                if query.holds(words(format_, view.raw(row), ids=query.ids)):
                    found.append(row)
            except TimeoutError:
                slow += 1
                yield Found(done, tuple(found))
                found = []
            if slow >= SLOW:
                raise TooSlowError("this expression takes too long; a simpler one may find it")
        yield Found(done, tuple(found))
    return slow


def _every(view: View, first: int) -> Iterator[Found]:
    """All rows, a few at a time."""
    done = 0
    for start, end in ((first, len(view)), (0, first)):
        for row in range(start, end, BATCH):
            rows = range(row, min(row + BATCH, end))
            done += len(rows)
            yield Found(done, tuple(rows))
