"""A request as a list of lines: each message, and below it its blocks, each tied to the line that it comes from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from textual.cache import LRUCache

from unbrick.entry import BlockKind
from unbrick.request import Part, Request
from unbrick.sent import Sent, kind_of
from unbrick.situation import Situation, Violation
from unbrick_tui.as_sent import WHY
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.prose import Paragraph, Run
from unbrick_tui.rows import brief
from unbrick_tui.text import count

_WORDS = {
    BlockKind.TEXT: ("record", "text"), BlockKind.THINKING: ("thinks", "thinks"),
    BlockKind.REDACTED: ("thinks", "thinks"), BlockKind.TOOL_USE: ("call", "call"),
    BlockKind.SERVER_USE: ("call", "call"), BlockKind.IMAGE: ("attached", "image"),
    BlockKind.TOOL_RESULT: ("result", "result"), BlockKind.SERVER_RESULT: ("result", "result"),
    BlockKind.DOCUMENT: ("attached", "document"), BlockKind.OTHER: ("record", "other"),
}
"""Glyph and word of each kind of block."""


NEAR = 500
"""Parts around a call among which its result is looked for first; it nearly always follows at once."""


class Listing(Protocol):
    """Items to be painted one line each; `below` are texts that stand under some of them."""

    below: Mapping[int, Sequence[Paragraph]]

    def __len__(self) -> int:
        """How many items."""
        ...

    def runs(self, item: int) -> list[Run]:
        """What an item says, on one line."""
        ...

    def row(self, item: int) -> int | None:
        """The row of the transcript that an item comes from."""
        ...

    def mates(self, item: int) -> Sequence[int]:
        """The other halves of the call or result that an item is."""
        ...


class RequestListing:
    """The messages of a request and their blocks, decoded when they are looked at. `origin` says where a part comes
    from, `rows` the rows of a message where its parts do not name them."""

    def __init__(
        self, request: Request, glyphs: Glyphs, origin: Callable[[int, Part], str],
        violations: Sequence[Violation] = (), rows: Sequence[Sequence[int]] | None = None,
    ) -> None:
        self.request = request
        self._glyphs = glyphs
        self._origin = origin
        self._rows = rows
        self._said: LRUCache[int, str] = LRUCache(2048)
        found: dict[int, list[Paragraph]] = {}
        for one in violations:
            where = f"messages.{one.message}" + ("" if one.block is None else f".content.{one.block}")
            said = one.text if one.text.startswith("messages.") else f"{where}: {one.text}"
            found.setdefault(self.item(one.message, one.block), []).append(("bad", f"{glyphs.error} refused: {said}"))
        self.below: Mapping[int, Sequence[Paragraph]] = dict(sorted(found.items()))

    def __len__(self) -> int:
        return len(self.request) + len(self.request.row)

    def item(self, message: int, block: int | None = None) -> int:
        """The item of a message, or of a block of it."""
        request = self.request
        message = max(0, min(message, len(request) - 1))
        start, held = request.first[message], request.first[message + 1] - request.first[message]
        return message + start + (0 if block is None or not held else 1 + max(0, min(block, held - 1)))

    def message(self, item: int) -> int:
        """The message that an item belongs to."""
        first = self.request.first
        return bisect_right(range(len(self.request)), item, key=lambda message: message + first[message]) - 1

    def part(self, item: int) -> int | None:
        """The part of the request that an item is; None for a message as a whole."""
        message = self.message(item)
        place = item - message - self.request.first[message]
        return None if not place else self.request.first[message] + place - 1

    def of_row(self, row: int) -> int | None:
        """The item that a row of the transcript first goes in as."""
        try:
            part = self.request.row.index(row)
        except ValueError:
            return None
        return self.item(*self.request.locate(part))

    def row(self, item: int) -> int | None:
        """The row that a block comes from; of a message, the first of its blocks that comes from one."""
        message, part = self.message(item), self.part(item)
        if self._rows is not None:
            return next(iter(self._rows[message]), None)
        start, end = self.request.first[message], self.request.first[message + 1]
        parts = range(start, end) if part is None else (part,)
        return next((self.request.row[one] for one in parts if self.request.row[one] >= 0), None)

    def mates(self, item: int) -> Sequence[int]:
        """The other halves of a call or result."""
        part = self.part(item)
        ref = None if part is None else self.request.refs[part]
        if part is None or ref is None:
            return ()
        near = range(max(part - NEAR, 0), min(part + NEAR, len(self.request.row)))
        places = [place for place in near if self.request.refs[place] == ref]
        if len(places) < 2:
            places = [place for place, name in enumerate(self.request.refs) if name == ref]
        halves = (self.item(*self.request.locate(place)) for place in places)
        return tuple(half for half in halves if half != item)

    def runs(self, item: int) -> list[Run]:
        """`messages.12 user · 3 blocks`, or a block: its index, what it is, where it comes from, what it says."""
        message, part = self.message(item), self.part(item)
        request = self.request
        if part is None:
            held = request.first[message + 1] - request.first[message]
            return [
                ("head", f"messages.{message} {request.role(message).word}"),
                ("dim", f" {self._glyphs.dot} {count(held, 'block') if held else 'not in the file'}"),
            ]
        place = part - request.first[message]
        found = request.part(part)
        glyph, word = _WORDS[found.kind]
        why = "" if found.synthetic is None else WHY[found.synthetic]
        said = self._said.get(part)
        if said is None:
            said = self._said[part] = brief(request.piece(part), found.kind, found.flags, self._glyphs)
        return [
            ("dim", f"  .{place:<3}"), ("link" if why else "name", f"{getattr(self._glyphs, glyph)} {word:<8} "),
            ("dim", f"{self._origin(message, found):<10} "),
            *([("warn", f"{why} {self._glyphs.dot} ")] if why else []), ("plain", said),
        ]


def next_listing(situation: Situation, glyphs: Glyphs) -> RequestListing:
    """The request that will be sent."""

    def origin(_message: int, part: Part) -> str:
        return situation.place(part.row) if part.row >= 0 and part.synthetic is None else "client's"

    return RequestListing(situation.request, glyphs, origin, situation.violations)


def sent_listing(sent: Sent, request: Request, situation: Situation, glyphs: Glyphs) -> RequestListing:
    """A request that was sent, put together again as `request`."""

    def origin(message: int, _part: Part) -> str:
        return next(map(situation.place, sent.rows[message]), "")

    return RequestListing(request, glyphs, origin, rows=sent.rows)


def said_of(block: Any, glyphs: Glyphs) -> str:  # noqa: ANN401 - JSON
    """A block of a request on one line, as JSON tells its kind."""
    if not isinstance(block, dict):
        return "" if block is None else str(block)[:400]
    kind = kind_of(block)
    glyph, word = _WORDS[kind]
    return f"{getattr(glyphs, glyph)} {word}  {brief(block, kind, 0, glyphs)}"
