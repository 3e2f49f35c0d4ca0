"""Long text to read: folded to the width once, painted line by line, so that megabytes scroll like a page."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style as Painted

from unbrick.printable import printable
from unbrick_tui.prose import STYLES, Paragraph, Passage, Rich, Run
from unbrick_tui.text import ascii_only, fold, lines_of, size

__all__ = ["Paragraph", "TextView"]

MOST = 64_000_000
"""Characters shown of one text; what is beyond is counted."""
AT_ONCE = 10_000
"""Characters of a line that is searched as a whole whenever a part of it is painted."""


class Line(NamedTuple):
    """A line as it is painted: its text, its style or those of its parts with their ends, what stands before it."""

    text: str
    style: str = "plain"
    ends: tuple[tuple[int, str], ...] = ()
    first: str = ""
    rest: str = ""
    lead: str = "dim"

    def runs(self, start: int, end: int) -> list[Run]:
        """The parts of a piece of it."""
        if not self.ends:
            return [(self.style, self.text[start:end])]
        found: list[Run] = []
        for stop, style in self.ends:
            if stop > start:
                found.append((style, self.text[start : min(stop, end)]))
                start = stop
            if stop >= end:
                break
        return found


class TextView(ScrollView, can_focus=True):
    """Passages, folded. Everything passes through `printable`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_down", "down", show=False, id="text.down"),
        Binding("up,k", "scroll_up", "up", show=False, id="text.up"),
        Binding("pagedown,ctrl+f,space", "page_down", "page down", show=False, id="text.page-down"),
        Binding("pageup,ctrl+b", "page_up", "page up", show=False, id="text.page-up"),
        Binding("ctrl+d", "half(1)", "half a page down", show=False, id="text.half-down"),
        Binding("ctrl+u", "half(-1)", "half a page up", show=False, id="text.half-up"),
        Binding("home,g", "scroll_home", "to the top", show=False, id="text.top"),
        Binding("end,G", "scroll_end", "to the end", show=False, id="text.end"),
    ]

    def __init__(self, passages: Iterable[Passage] = (), *, ascii_: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ascii = ascii_
        self.sought: Callable[[str], Sequence[tuple[int, int]]] | None = None
        """Where what is searched for stands in a text."""
        self._lines: list[Line] = []
        self._line: array[int] = array("I")
        self._start: array[int] = array("I")
        self._end: array[int] = array("I")
        self._width = 0
        self._set(passages)

    def say(self, passages: Iterable[Passage], *, keep: bool = False) -> None:
        """Show another text from its beginning, or from where it is scrolled to."""
        y = self.scroll_offset.y if keep else 0
        self._set(passages)
        self._fold()
        self.scroll_to(0, y, animate=False, force=True, immediate=True)
        self.refresh()

    def _set(self, passages: Iterable[Passage]) -> None:
        self._lines = []
        for passage in passages:
            if isinstance(passage, Rich):
                self._lines.append(_laid(passage))
                continue
            style, text = passage
            shown = text if len(text) <= MOST else text[:MOST]
            for line in lines_of(shown):
                clean = printable(line)
                self._lines.append(Line(clean, style, rest=" " * _hang(clean)))
            if len(text) > MOST:
                left = f"({size(len(text) - MOST)} more; the file holds them, they are not shown)"
                self._lines.append(Line(left, "dim"))

    def _fold(self) -> None:
        self._line, self._start, self._end = array("I"), array("I"), array("I")
        for index, line in enumerate(self._lines):
            start = 0
            for end in _pieces(line, self._width):
                self._line.append(index)
                self._start.append(start)
                self._end.append(end)
                start = end
        self.virtual_size = Size(self._width, len(self._line))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the text has at a width, for a view that is as tall as its text."""
        inner = max(width - self.scrollbar_size_vertical, 8)
        return sum(len(_pieces(line, inner)) for line in self._lines)

    def _on_resize(self, event: events.Resize) -> None:
        width = self.scrollable_content_region.width
        if width != self._width:
            self._width = width
            self._fold()
            self.refresh()

    def action_half(self, pages: int) -> None:
        """Half a page down or up."""
        self.scroll_relative(y=pages * self.size.height // 2, animate=False, force=True, immediate=True)

    def action_page_down(self) -> None:
        """A page down."""
        self.scroll_relative(y=self.size.height - 1, animate=False, force=True, immediate=True)

    def action_page_up(self) -> None:
        """A page up."""
        self.scroll_relative(y=1 - self.size.height, animate=False, force=True, immediate=True)

    def render_line(self, y: int) -> Strip:
        """Paint one line of the screen."""
        place = y + self.scroll_offset.y
        width = self.size.width
        base = self.rich_style
        if not 0 <= place < len(self._line):
            return Strip.blank(width, base)
        line, start = self._lines[self._line[place]], self._start[place]
        lead = line.rest if start else line.first
        runs = [(line.lead, lead)] if lead else []
        runs += self._lit(line, start, self._end[place])
        strip = Strip([
            Segment(ascii_only(text) if self._ascii else text, base + self._style(style)) for style, text in runs
        ])
        return strip.adjust_cell_length(width, base)

    def _lit(self, line: Line, start: int, end: int) -> Iterator[Run]:
        """The parts of a piece, what is sought marked; in a very long line a match that is folded is not."""
        if self.sought is None:
            yield from line.runs(start, end)
            return
        whole = len(line.text) <= AT_ONCE
        first = 0 if whole else start
        spans = self.sought(line.text if whole else line.text[start:end])
        for begin, stop in spans:
            begin, stop = max(begin + first, start), min(stop + first, end)
            if begin < stop:
                yield from line.runs(start, begin) if begin > start else ()
                yield "here", line.text[begin:stop]
                start = stop
        if start < end:
            yield from line.runs(start, end)

    def _style(self, name: str) -> Style:
        # The terminal's own colours have no shades: what is quiet is dim.
        faint = " dim" if name == "dim" and self.app.native_ansi_color else ""
        return Painted.parse(STYLES[name] + faint).rich_style


def _laid(passage: Rich) -> Line:
    """A line of runs as it is painted, harmless."""
    parts, ends, length = [], [], 0
    for style, text in passage.runs:
        shown = printable(text)
        if shown:
            parts.append(shown)
            length += len(shown)
            ends.append((length, style))
    return Line("".join(parts), "plain", tuple(ends), passage.first, passage.rest, passage.lead)


_LEAD = re.compile(r" {1,12}(?:\d+\. )?")


def _hang(line: str) -> int:
    """Cells that the second and later pieces of a line are set in: as deep as the first one."""
    lead = _LEAD.match(line)
    return lead.end() if lead is not None else 0


def _pieces(line: Line, width: int) -> array[int]:
    """Where the pieces of a line end."""
    return fold(line.text, max(width - max(len(line.rest), len(line.first)), 8))
