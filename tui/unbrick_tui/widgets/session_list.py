"""The sessions, painted when they are looked at."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from unbrick_tui import session_line
from unbrick_tui.session_line import Cell
from unbrick_tui.shelf import Order, Row, Shelf
from unbrick_tui.text import ascii_only


class SessionHeads(Widget):
    """The heads of the columns; a click on one orders by it."""

    @dataclass
    class Wanted(Message):
        """Another order is asked for."""

        order: Order

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(id="heads")
        self._shelf = shelf

    def _heads(self) -> list[tuple[str, Order | None]]:
        shelf = self._shelf
        return session_line.heads(self.size.width, shelf.many_projects, shelf.order, shelf.glyphs)

    def render_line(self, y: int) -> Strip:
        """Paint the heads."""
        text = "".join(text for text, _order in self._heads())
        return Strip([Segment(text, self.rich_style)]).adjust_cell_length(self.size.width, self.rich_style)

    async def _on_click(self, event: events.Click) -> None:
        x = event.x
        for text, order in self._heads():
            x -= len(text)
            if x < 0:
                if order is not None:
                    self.post_message(self.Wanted(order))
                return


class SessionList(ScrollView, can_focus=True):
    """Rows of a shelf with a cursor on one of them, which stays with its session."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"session--{name}" for name in
        ("cursor", "title", "quiet", "faint", "here", "good", "warn", "bad", "match", "rule")
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n,ctrl+j", "move(1)", "down", show=False, id="pick.down"),
        Binding("up,ctrl+k", "move(-1)", "up", show=False, id="pick.up"),
        Binding("pagedown,ctrl+f", "page(1.0)", "page down", show=False, id="pick.page_down"),
        Binding("pageup,ctrl+b", "page(-1.0)", "page up", show=False, id="pick.page_up"),
        Binding("ctrl+d", "page(0.5)", "half a page down", show=False, id="pick.half_down"),
        Binding("ctrl+u", "page(-0.5)", "half a page up", show=False, id="pick.half_up"),
        Binding("home", "end(0)", "first session", show=False, id="pick.first"),
        Binding("end", "end(1)", "last session", show=False, id="pick.last"),
    ]

    @dataclass
    class Moved(Message):
        """The cursor stands on another session."""

        row: Row | None

    @dataclass
    class Opened(Message):
        """A session is to be opened."""

        row: Row

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(id="sessions")
        self._shelf = shelf
        self.rows: Sequence[Row] = ()
        self.cursor = 0
        self._first: list[int] = []
        """First line of each row; one more for the end."""
        self._apart = -1
        """The row that a rule stands above: the first one of other folders."""
        self._styles: dict[str, Style] = {}

    @property
    def row(self) -> Row | None:
        """The session at the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def show(self) -> None:
        """Show the shelf as it is now; the cursor stays with its session, or else goes to the top."""
        before, old = self.row, self.cursor
        offset = self._first[old] - self.scroll_offset.y if old < len(self._first) else 0
        self.rows = self._shelf.shown()
        found = next((i for i, row in enumerate(self.rows) if row is before), None)
        if found is None and before is not None:  # its file changed, and it has a new row
            found = next((i for i, row in enumerate(self.rows) if row.stored.path == before.stored.path), None)
        self.cursor = 0 if found is None else found
        self._arrange()
        if found is None or not old:
            self.scroll_to(y=0, animate=False, force=True, immediate=True)
            self._into_sight()
        else:
            self.scroll_to(y=self._first[found] - offset, animate=False, force=True, immediate=True)
        self.refresh()
        now = self.row
        if now is not before:
            self.post_message(self.Moved(now))

    def _arrange(self) -> None:
        height = 2 if self.size.width < session_line.NARROW else 1
        self._apart = -1
        if self._shelf.order is Order.AGE and self.rows and self.rows[0].stored.here:
            self._apart = next((i for i, row in enumerate(self.rows) if not row.stored.here), -1)
        self._first = [i * height + (0 < self._apart <= i) for i in range(len(self.rows) + 1)]
        self.virtual_size = Size(self.scrollable_content_region.width, self._first[-1])

    # Moving

    def _into_sight(self) -> None:
        if self.row is not None:
            top, end = self._first[self.cursor], self._first[self.cursor + 1]
            region = Region(0, top, 1, end - top)
            self.scroll_to_region(region, animate=False, force=True, immediate=True, x_axis=False)

    def _go(self, row: int) -> None:
        row = max(0, min(row, len(self.rows) - 1))
        if self.rows and row != self.cursor:
            self.cursor = row
            self.refresh()
            self.post_message(self.Moved(self.row))
        self._into_sight()

    def action_move(self, step: int) -> None:
        """One session down or up."""
        self._go(self.cursor + step)

    def action_page(self, pages: float) -> None:
        """A part of the screen down or up."""
        per = 2 if self.size.width < session_line.NARROW else 1
        self._go(self.cursor + int(pages * max(self.size.height // per - 1, 1)))

    def action_end(self, last: int) -> None:
        """To the first or the last session."""
        self._go(len(self.rows) if last else 0)

    def _at(self, y: int) -> tuple[int, int]:
        """The row painted on a line, and the line's place in it; -1 for none."""
        row = bisect_right(self._first, y) - 1
        if not 0 <= row < len(self.rows):
            return -1, 0
        offset = y - self._first[row]
        return row, offset

    async def _on_click(self, event: events.Click) -> None:
        row, _offset = self._at(event.y + self.scroll_offset.y)
        if row >= 0:
            self._go(row)
            if event.chain > 1:
                self.post_message(self.Opened(self.rows[row]))

    def _on_resize(self, event: events.Resize) -> None:
        self._arrange()
        self._into_sight()

    # Painting

    def notify_style_update(self) -> None:
        """Themes and colours changed."""
        super().notify_style_update()
        self._styles.clear()

    def _style(self, name: str) -> Style:
        found = self._styles.get(name)
        if found is None:
            found = self._styles[name] = (
                self.get_component_rich_style(f"session--{name}", partial=True) if name else Style.null()
            )
        return found

    def render_line(self, y: int) -> Strip:
        """Paint one line of the screen."""
        width, base = self.size.width, self.rich_style
        row, offset = self._at(y + self.scroll_offset.y)
        if row < 0:
            return Strip.blank(width, base)
        shelf, glyphs = self._shelf, self._shelf.glyphs
        inner = self.scrollable_content_region.width
        painted = session_line.lines(self.rows[row], inner, shelf.many_projects, shelf.now(), glyphs)
        at_cursor = row == self.cursor
        if offset >= len(painted):
            said = f"  {glyphs.rule * 3} other folders "
            cells: list[Cell] = [(said + glyphs.rule * max(inner - len(said) - 1, 0), "rule")]
        else:
            base += self._style("cursor") if at_cursor else Style.null()
            cells = [(f"{glyphs.cursor if at_cursor else ' '} ", "here"), *painted[offset]]
        segments = [
            Segment(ascii_only(text) if glyphs.ascii else text, base + self._style(style))
            for cell in cells for text, style in self._lit(cell)
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def _lit(self, cell: Cell) -> list[Cell]:
        """A cell with what the filter looks for marked in it."""
        words = self._shelf.needle.lower().split()
        if not words or cell[1] not in ("title", "here", "quiet"):
            return [cell]
        pieces = re.split("(" + "|".join(map(re.escape, words)) + ")", cell[0], flags=re.IGNORECASE)
        return [(piece, "match" if index % 2 else cell[1]) for index, piece in enumerate(pieces)]
