"""Long text to read: folded to the width once, painted line by line, so that megabytes scroll like a page."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from unbrick.printable import printable
from unbrick_tui.text import ascii_only, fold, lines_of, size

MOST = 2_000_000
"""Characters shown of one text; what is beyond is counted."""

Paragraph = tuple[str, str]
"""A style (`plain`, `dim`, `head`, `plus`, `minus`, `bad`, `warn`, `good`, `key`) and a text of any number of lines."""


class TextView(ScrollView, can_focus=True):
    """Paragraphs, folded. Everything passes through `printable`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"text--{name}" for name in ("plain", "dim", "head", "plus", "minus", "bad", "warn", "good", "key")
    }

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

    def __init__(self, paragraphs: Iterable[Paragraph] = (), *, ascii_: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ascii = ascii_
        self._lines: list[Paragraph] = []
        self._line: array[int] = array("I")
        self._start: array[int] = array("I")
        self._end: array[int] = array("I")
        self._width = 0
        self._set(paragraphs)

    def say(self, paragraphs: Iterable[Paragraph]) -> None:
        """Show another text from its beginning."""
        self._set(paragraphs)
        self._fold()
        self.scroll_to(0, 0, animate=False, force=True, immediate=True)
        self.refresh()

    def _set(self, paragraphs: Iterable[Paragraph]) -> None:
        self._lines = []
        for style, text in paragraphs:
            shown = text if len(text) <= MOST else text[:MOST]
            self._lines += [(style, printable(line)) for line in lines_of(shown)]
            if len(text) > MOST:
                self._lines.append(("dim", f"({size(len(text) - MOST)} more; the file holds them, they are not shown)"))

    def _fold(self) -> None:
        self._line, self._start, self._end = array("I"), array("I"), array("I")
        for index, (_style, line) in enumerate(self._lines):
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
        return sum(len(_pieces(line, inner)) for _style, line in self._lines)

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
        line = y + self.scroll_offset.y
        width = self.size.width
        base = self.rich_style
        if not 0 <= line < len(self._line):
            return Strip.blank(width, base)
        style_name, text = self._lines[self._line[line]]
        start = self._start[line]
        piece = " " * (_hang(text) if start else 0) + text[start : self._end[line]]
        style: Style = base + self.get_component_rich_style(f"text--{style_name}", partial=True)
        return Strip([Segment(ascii_only(piece) if self._ascii else piece, style)]).adjust_cell_length(width, style)


_LEAD = re.compile(r" {1,12}(?:\d+\. )?")


def _hang(line: str) -> int:
    """Cells that the second and later pieces of a line are set in: as deep as the first one."""
    lead = _LEAD.match(line)
    return lead.end() if lead is not None else 0


def _pieces(line: str, width: int) -> array[int]:
    """Where the pieces of a line end."""
    return fold(line, max(width - _hang(line), 8))
