"""A list of places, one line each, painted when it is looked at: a long session has tens of thousands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from unbrick_tui.glyphs import UNICODE, Glyphs
from unbrick_tui.text import ascii_only, shorten

Piece = tuple[str, str]
"""A style (`plain`, `dim`, `warn`, `good`, `strong`) and harmless text."""


class Ladder(ScrollView, can_focus=True):
    """Lines that a function gives by number; one of them is pointed at."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "ladder--plain", "ladder--dim", "ladder--warn", "ladder--good", "ladder--strong", "ladder--here",
    }
    DEFAULT_CSS = """
    Ladder > .ladder--dim { color: $quiet; }
    Ladder > .ladder--warn { color: $warning; }
    Ladder > .ladder--good { color: $success; }
    Ladder > .ladder--strong { text-style: bold; }
    Ladder > .ladder--here { text-style: reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "down", show=False, id="list.down"),
        Binding("up,k", "move(-1)", "up", show=False, id="list.up"),
        Binding("pagedown,ctrl+f", "page(1)", "page down", show=False, id="list.page-down"),
        Binding("pageup,ctrl+b", "page(-1)", "page up", show=False, id="list.page-up"),
        Binding("home,g", "go(0)", "first", show=False, id="list.first"),
        Binding("end,G", "go(-1)", "last", show=False, id="list.last"),
    ]

    cursor: var[int] = var(0, init=False)

    @dataclass
    class Pointed(Message):
        """Another line is pointed at."""

        index: int

    @dataclass
    class Chosen(Message):
        """A line was clicked that was pointed at already."""

        index: int

    def __init__(self, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._count = 0
        self._line: Callable[[int], Sequence[Piece]] = lambda _index: ()

    def show(self, count: int, line: Callable[[int], Sequence[Piece]], cursor: int = 0) -> None:
        """Other lines, with the one that is pointed at."""
        self._count, self._line = count, line
        self.virtual_size = Size(self.size.width, count)
        self.set_reactive(Ladder.cursor, max(0, min(cursor, count - 1)))
        self._reveal()
        self.refresh()

    def go(self, index: int) -> None:
        """Point at a line."""
        if self._count:
            self.cursor = max(0, min(index, self._count - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint two lines, and say so."""
        self.refresh_line(old)
        self.refresh_line(new)
        self._reveal()
        self.post_message(self.Pointed(new))

    def _reveal(self) -> None:
        region = Region(0, self.cursor, 1, 1)
        self.scroll_to_region(region, animate=False, force=True, immediate=True)

    def action_move(self, step: int) -> None:
        """One line down or up."""
        self.go(self.cursor + step)

    def action_page(self, pages: int) -> None:
        """A page down or up."""
        self.go(self.cursor + pages * max(self.size.height - 1, 1))

    def action_go(self, index: int) -> None:
        """The first or the last line."""
        self.go(index if index >= 0 else self._count - 1)

    async def _on_click(self, event: events.Click) -> None:
        index = event.y + self.scroll_offset.y
        if not 0 <= index < self._count:
            return
        if index == self.cursor and event.chain > 1:
            self.post_message(self.Chosen(index))
        self.go(index)

    def _on_resize(self, event: events.Resize) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self._count)
        self._reveal()

    def render_line(self, y: int) -> Strip:
        """Paint one line of the screen."""
        index, width, base = y + self.scroll_offset.y, self.scrollable_content_region.width, self.rich_style
        if not 0 <= index < self._count:
            return Strip.blank(self.size.width, base)
        if index == self.cursor:
            base += self.get_component_rich_style("ladder--here", partial=True)
        pointer = f"{self._glyphs.cursor} " if index == self.cursor else "  "
        segments, left = [Segment(pointer, base)], width - 2
        for style, text in self._line(index):
            shown = shorten(ascii_only(text) if self._glyphs.ascii else text, left, self._glyphs.ellipsis)
            left -= len(shown)
            # One colour under the pointer: several, turned around, are a flag.
            own = "strong" if index == self.cursor else style
            segments.append(Segment(shown, base + self.get_component_rich_style(f"ladder--{own}", partial=True)))
        return Strip(segments).adjust_cell_length(self.size.width, base)
