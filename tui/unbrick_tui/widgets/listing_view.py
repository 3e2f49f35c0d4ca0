"""A listing on the screen: one line an item, decoded when it is painted; what stands under an item is folded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style as Painted

from unbrick.printable import printable
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.listing import Listing
from unbrick_tui.prose import STYLES
from unbrick_tui.text import ascii_only, fold, shorten
from unbrick_tui.widgets.layout import Group, Groups, Layout

_STYLES = {**STYLES, "cursor": "on $cursor-line", "lit": "bold $accent", "warn": "$warning", "link": "$secondary"}
INDENT = 7
"""Cells that what stands under an item is set in."""


class ListingView(ScrollView, can_focus=True):
    """Items of a listing, with a cursor; the other half of what it stands on is lit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "down", show=False, id="request.down"),
        Binding("up,k", "move(-1)", "up", show=False, id="request.up"),
        Binding("pagedown,ctrl+f", "page(1.0)", "page down", show=False, id="request.page-down"),
        Binding("pageup,ctrl+b", "page(-1.0)", "page up", show=False, id="request.page-up"),
        Binding("ctrl+d", "page(0.5)", "half a page down", show=False, id="request.half-down"),
        Binding("ctrl+u", "page(-0.5)", "half a page up", show=False, id="request.half-up"),
        Binding("home,g", "end(0)", "first message", show=False, id="request.first"),
        Binding("end,G", "end(1)", "last message", show=False, id="request.last"),
    ]

    cursor: var[int] = var(0, init=False)

    @dataclass
    class Opened(Message):
        """An item was clicked twice."""

        item: int

    def __init__(self, glyphs: Glyphs, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self.listing: Listing | None = None
        self._layout_ = Layout(0)
        self._under: dict[int, list[tuple[str, str]]] = {}
        self._lit: tuple[int, ...] = ()
        self._strips: LRUCache[tuple[int, int, bool, bool], Strip] = LRUCache(1024)
        self._width = 0

    def show(self, listing: Listing, cursor: int = 0) -> None:
        """Bring in another listing, with the cursor on an item."""
        self.listing = listing
        self.set_reactive(ListingView.cursor, 0)
        self._arrange()
        self.jump(cursor)
        self.refresh()

    def _arrange(self) -> None:
        self._strips.clear()
        listing, width = self.listing, max(self._width - INDENT, 12)
        self._under = {}
        for item, texts in (listing.below.items() if listing is not None else ()):
            lines = self._under[item] = []
            for style, text in texts:
                clean, start = printable(text), 0
                for end in fold(clean, width):
                    lines.append((style, clean[start:end]))
                    start = end
        groups = [Group(item, 1, 1 + len(lines)) for item, lines in self._under.items()]
        self._layout_ = Layout(0 if listing is None else len(listing), Groups.of(groups))
        self.virtual_size = Size(self._width, self._layout_.height)

    def jump(self, item: int) -> None:
        """Put the cursor on an item and bring it, with what stands under it, into sight."""
        if self.listing is None or not len(self.listing):
            return
        self.cursor = max(0, min(item, len(self.listing) - 1))
        height = self._layout_.group(self.cursor).height
        top = self._layout_.top(self.cursor)
        near = self.scroll_offset.y <= top < self.scroll_offset.y + self.size.height
        region = Region(0, top, self._width or 1, min(height, max(self.size.height, 1)))
        self.scroll_to_region(region, animate=False, force=True, immediate=True, center=not near)

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint the two items, and those whose other half was or is lit."""
        was = self._lit
        self._lit = tuple(self.listing.mates(new)) if self.listing is not None and len(self.listing) else ()
        for item in {old, new, *was, *self._lit}:
            for line in range(self._layout_.group(item).height):
                self.refresh_line(self._layout_.top(item) + line)

    @property
    def mates(self) -> tuple[int, ...]:
        """The other halves of what the cursor stands on."""
        return self._lit

    def action_move(self, step: int) -> None:
        """One item down or up."""
        self.jump(self.cursor + step)

    def action_page(self, pages: float) -> None:
        """A part of the screen down or up; the cursor stays where it is on the screen."""
        lines = int(pages * max(self.size.height - 1, 1))
        target = max(0, min(self._layout_.top(self.cursor) + lines, self._layout_.height - 1))
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, force=True, immediate=True)
        self.jump(self._layout_.at(target)[0])

    def action_end(self, last: int) -> None:
        """To the first or the last item."""
        self.jump(len(self.listing) - 1 if last and self.listing is not None else 0)

    async def _on_click(self, event: events.Click) -> None:
        y = event.y + self.scroll_offset.y
        if 0 <= y < self._layout_.height:
            self.jump(self._layout_.at(y)[0])
            if event.chain > 1:
                self.post_message(self.Opened(self.cursor))

    def _on_resize(self, event: events.Resize) -> None:
        width = self.scrollable_content_region.width
        if width != self._width:
            self._width = width
            self._arrange()
            self.jump(self.cursor)

    def notify_style_update(self) -> None:
        """Themes and colours changed."""
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """Paint one line of the screen."""
        line = y + self.scroll_offset.y
        if self.listing is None or not 0 <= line < self._layout_.height:
            return Strip.blank(self.size.width, self.rich_style)
        item, offset = self._layout_.at(line)
        key = (item, offset, item == self.cursor, item in self._lit)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._paint(self.listing, *key)
        return strip

    def _paint(self, listing: Listing, item: int, offset: int, at_cursor: bool, lit: bool) -> Strip:
        base, glyphs, width = self.rich_style, self._glyphs, self._width or self.size.width
        if at_cursor:
            base += self._style("cursor")
        runs = [("lit", glyphs.cursor if at_cursor else glyphs.reply if lit else " ")]
        if offset:
            style, text = self._under[item][offset - 1]
            runs += [("plain", " " * (INDENT - 1)), (style, text)]
        else:
            runs += [("lit" if lit else style, printable(text)) for style, text in listing.runs(item)]
        segments, room = [], width
        for style, text in runs:
            shown = shorten(text, max(room, 0), glyphs.ellipsis)
            room -= cell_len(shown)
            segments.append(Segment(ascii_only(shown) if glyphs.ascii else shown, base + self._style(style)))
        return Strip(segments).adjust_cell_length(width, base)

    def _style(self, name: str) -> Style:
        return Painted.parse(_STYLES[name]).rich_style
