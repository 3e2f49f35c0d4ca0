"""The course of the context as columns, with the window as a line; what happened stands under it as a glyph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from unbrick.weighing.course import Course, Event
from unbrick.weighing.measure import ROOM
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.text import thousands

AXIS = 6
"""Cells of the numbers at the left."""
BELOW = 2
"""Lines under the columns: what happened, and where the cursor is."""
WIDEST = 3
"""Cells of a column where there are few, the gap to the next included."""
FAR = 4
"""The window is out of sight when it is so many times as large as the highest stop."""

LEVELS = " ▁▂▃▄▅▆▇█"
LEVELS_ASCII = " ...::###"

_RANK = (Event.REPLY, Event.COMPACTION, Event.ERROR, Event.FAILED)
"""What a column says that stands for several stops: the last of these."""


class Chart(Widget, can_focus=True):
    """A column for each stop, or for some of them where there are many; the cursor goes from stop to stop."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"chart--{name}" for name in ("bar", "near", "over", "limit", "cursor", "axis", "compaction", "failure")
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "move(1)", "next reply", key_display="right", id="chart.next"),
        Binding("left,h", "move(-1)", "reply before", key_display="left", id="chart.previous"),
        Binding("right_square_bracket,n", "event(1)", "next compaction or failure", key_display="]", show=False,
                id="chart.next-event"),
        Binding("left_square_bracket,N", "event(-1)", "compaction or failure before", key_display="[", show=False,
                id="chart.previous-event"),
        Binding("home,g", "end(0)", "first reply", show=False, id="chart.first"),
        Binding("end,G", "end(1)", "last reply", show=False, id="chart.last"),
        Binding("enter", "open", "go there", key_display="enter", id="chart.open"),
    ]

    cursor: var[int] = var(0, init=False)
    """Which stop."""

    @dataclass
    class Moved(Message):
        """The cursor stands on another stop."""

        place: int

    @dataclass
    class Opened(Message):
        """The record of a stop is wanted."""

        place: int

    def __init__(self, glyphs: Glyphs, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._course = Course((), 1)

    def show(self, course: Course, stop: int) -> None:
        """Show a course, with the cursor on a stop."""
        self._course = course
        self.cursor = stop
        self.post_message(self.Moved(stop))
        self.refresh()

    def watch_cursor(self) -> None:
        """Paint it at its new place, and say so."""
        self.post_message(self.Moved(self.cursor))
        self.refresh()

    # Where a stop stands

    @property
    def _room(self) -> int:
        return max(self.size.width - AXIS - 1, 1)

    @property
    def _cells(self) -> int:
        """Cells from one column to the next."""
        return max(min(self._room // max(len(self._course.stops), 1), WIDEST), 1)

    def _column(self, stop: int) -> int:
        """The column of a stop."""
        return stop if len(self._course.stops) <= self._room else stop * self._room // len(self._course.stops)

    def _stops(self, column: int) -> range:
        """The stops of a column."""
        count = len(self._course.stops)
        if count <= self._room:
            return range(column, min(column + 1, count))
        return range(-(-column * count // self._room), min(-(-(column + 1) * count // self._room), count))

    # Painting

    @property
    def _top(self) -> int:
        """Tokens at the upper edge."""
        highest, window = self._course.highest, self._course.window
        return max(highest, window) if highest * FAR >= window else max(highest * 5 // 4, 1)

    def render_line(self, y: int) -> Strip:
        """Paint one line of it."""
        base, height = self.rich_style, self.size.height - BELOW
        if not self._course.stops or height < 1:
            return Strip.blank(self.size.width, base)
        if y >= height:
            cells = self._happened() if y == height else self._caret()
            lead = Segment(" " * (AXIS + 1), base)
        else:
            cells = self._level(height - 1 - y, height)
            lead = Segment(f"{self._label(height - 1 - y, height):>{AXIS}} ", base + self._part("axis"))
        strip = Strip([lead, *(Segment(text, base + style) for text, style in cells)])
        return strip.adjust_cell_length(self.size.width, base)

    def _label(self, level: int, height: int) -> str:
        window, top = self._course.window, self._top
        if level == self._limit(height):
            return thousands(window)
        if level == height - 1:
            return thousands(top)
        return "0" if not level else ""

    def _limit(self, height: int) -> int:
        """The line of the window, -1 where that is out of sight."""
        window, top = self._course.window, self._top
        return -1 if top < window else min(window * height // top, height - 1)

    def _level(self, level: int, height: int) -> list[tuple[str, Style]]:
        """One line of the columns, counted from the lowest."""
        cells, top = self._cells, self._top
        styles = {name: self._part(name) for name in ("bar", "near", "over", "cursor")}
        limit = self._part("limit") if level == self._limit(height) else None
        here = self._column(self.cursor)
        found: list[tuple[str, Style]] = []
        columns = min(len(self._course.stops), self._room)
        for column in range(columns):
            tokens = max((self._course.stops[stop].tokens for stop in self._stops(column)), default=0)
            eighths = max(min(tokens * height * 8 // top - level * 8, 8), 0)
            eighths = max(eighths, int(not level and tokens > 0))
            levels = LEVELS_ASCII if self._glyphs.ascii else LEVELS
            style = styles[self._shade(tokens)]
            mark = levels[eighths]
            if limit is not None and not eighths:
                mark, style = self._glyphs.rule, limit
            at = styles["cursor"] if column == here else Style()
            found.append((mark * max(cells - 1, 1), style + at))
            if cells > 1:
                found.append((" " if limit is None else self._glyphs.rule, limit or Style()))
        if limit is not None:
            found.append((self._glyphs.rule * (self._room - columns * cells), limit))
        return found

    def _shade(self, tokens: int) -> str:
        if tokens > self._course.window:
            return "over"
        return "near" if tokens > self._course.window * ROOM else "bar"

    def _happened(self) -> list[tuple[str, Style]]:
        """The glyphs of compactions and failures."""
        glyphs = {Event.COMPACTION: self._glyphs.summary, Event.ERROR: self._glyphs.error, Event.FAILED: "!"}
        found: list[tuple[str, Style]] = []
        for column in range(min(len(self._course.stops), self._room)):
            events_ = (self._course.stops[stop].event for stop in self._stops(column))
            event = max(events_, key=_RANK.index, default=Event.REPLY)
            name = "compaction" if event is Event.COMPACTION else "failure"
            found.append((glyphs.get(event, " ").ljust(self._cells), self._part(name)))
        return found

    def _caret(self) -> list[tuple[str, Style]]:
        mark = "^" if self._glyphs.ascii else "▲"
        return [(" " * (self._column(self.cursor) * self._cells) + mark, Style(bold=True))]

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(f"chart--{name}", partial=True)

    # Moving

    def action_move(self, step: int) -> None:
        """The next stop, or the one before."""
        self._go(self.cursor + step)

    def action_end(self, last: int) -> None:
        """The first stop, or the last."""
        self._go(last * len(self._course.stops))

    def action_event(self, step: int) -> None:
        """The next compaction or failure, or the one before."""
        stops = self._course.stops
        way = range(self.cursor + step, len(stops) if step > 0 else -1, step)
        self._go(next((stop for stop in way if stops[stop].event is not Event.REPLY), self.cursor))

    def _go(self, stop: int) -> None:
        self.cursor = max(0, min(stop, len(self._course.stops) - 1))

    def action_open(self) -> None:
        """Ask for the record."""
        if self._course.stops:
            self.post_message(self.Opened(self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Go to the stop that was clicked; a second click asks for its record."""
        stops = self._stops(min(max(event.x - AXIS - 1, 0) // self._cells, self._room - 1))
        if not stops:
            return
        if self._column(self.cursor) == self._column(stops[0]):
            self.action_open()
        else:
            self._go(stops[-1])
