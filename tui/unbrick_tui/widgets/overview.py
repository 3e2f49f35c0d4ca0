"""The whole session as a bar beside the scrollbar: problems, compactions, where resume begins, turns, and how heavy
each part is. A click or a drag goes there."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from unbrick.finding import Severity
from unbrick.session import Standing
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.outline import Outline
from unbrick_tui.widgets.timeline import Timeline


class Part(NamedTuple):
    """What one cell of the bar stands for: its rows, the first of them and the one behind the last."""

    first: int
    last: int


class Overview(Widget):
    """Looks at a timeline and follows it. Each line stands for the same share of the timeline's lines, as the scrollbar
    beside; what it says is looked up in sorted columns, so that a million records cost as much as ten."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "overview--error", "overview--warning", "overview--start", "overview--boundary", "overview--turn",
        "overview--weight", "overview--off", "overview--cursor",
    }

    def __init__(self, timeline: Timeline, glyphs: Glyphs, id: str | None = None) -> None:
        super().__init__(id=id)
        self._timeline = timeline
        self._glyphs = glyphs
        self._drags = False

    def on_mount(self) -> None:
        """Follow the timeline."""
        for name in ("cursor", "arranged", "scroll_y"):
            self.watch(self._timeline, name, self._follow, init=False)

    def _follow(self) -> None:
        self.refresh()

    # What is where

    def part(self, y: int) -> Part:
        """The rows that a line of the bar stands for."""
        layout, height = self._timeline.lines, max(self.size.height, 1)
        lines, total = layout.height, len(self._timeline.view)
        if not lines:
            return Part(0, 0)
        if lines <= height:
            row, offset = layout.at(y) if y < lines else (total, 0)
            return Part(row, row if offset or y >= lines else layout.after(row))
        first, last = y * lines // height, (y + 1) * lines // height
        return Part(layout.at(first)[0], layout.at(last)[0] if last < lines else total)

    def row(self, y: int) -> int:
        """The row to go to from a line: a problem there, else a boundary, else the first."""
        part, outline = self.part(max(0, min(y, self.size.height - 1))), self._timeline.outline
        if outline is not None:
            for rows in (outline.problems, outline.compactions):
                found = bisect_left(rows, part.first)
                if found < len(rows) and rows[found] < part.last:
                    return rows[found]
        return part.first

    # Painting

    def render_line(self, y: int) -> Strip:
        """Paint one line of the bar."""
        part, outline, width = self.part(y), self._timeline.outline, self.size.width
        base = self.rich_style
        if part.first >= part.last or outline is None:
            return Strip.blank(width, base)
        at_cursor = part.first <= self._timeline.cursor < part.last
        glyph, name = self._mark(part, outline)
        if at_cursor:
            base += self._of("cursor")
            if width == 1 and name not in ("error", "warning"):
                glyph = self._glyphs.here
        segments = [Segment(glyph, base + self._of(name))]
        if width > 1:
            weight, tone = self._weight(part, outline)
            segments.append(
                Segment(self._glyphs.here, base) if at_cursor else Segment(weight, base + self._of(tone))
            )
        return Strip(segments).adjust_cell_length(width, base)

    def _of(self, name: str) -> Style:
        return self.get_component_rich_style(f"overview--{name}", partial=True)

    def _mark(self, part: Part, outline: Outline) -> tuple[str, str]:
        """The most telling thing in a part of the session, and its style."""
        glyphs = self._glyphs
        found = bisect_left(outline.problems, part.first)
        worst = {
            finding.severity for row in outline.problems[found : bisect_left(outline.problems, part.last)][:200]
            for finding in outline.findings[row]
        }
        if Severity.ERROR in worst:
            return glyphs.error, "error"
        if Severity.WARNING in worst:
            return glyphs.warning, "warning"
        if outline.start is not None and part.first <= outline.start < part.last:
            return glyphs.start, "start"
        if _any(outline.compactions, part):
            return glyphs.heavy, "boundary"
        turns = outline.folding.turns
        return (glyphs.tick if len(turns) <= self.size.height and _any(turns, part) else " "), "turn"

    def _weight(self, part: Part, outline: Outline) -> tuple[str, str]:
        """How heavy a part is for its length, in steps of the heaviest: one in which everything weighs the same is
        even."""
        steps = self._glyphs.weights
        share = outline.weight(part.first, part.last) / max(outline.weights[-1], 1) * self.size.height
        step = min(int(share * len(steps) / 4), len(steps) - 1)
        middle = (part.first + part.last) // 2
        return steps[step], "weight" if outline.standing(middle) in (Standing.LOADED, Standing.APART) else "off"

    # Mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Go there."""
        self._drags = True
        self.capture_mouse()
        self._go(event.y)
        event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Go along."""
        if self._drags:
            self._go(event.y)

    def on_mouse_up(self) -> None:
        """Stay."""
        self._drags = False
        self.release_mouse()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll the timeline."""
        self._timeline.scroll_relative(y=3, animate=False, force=True, immediate=True)
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll the timeline."""
        self._timeline.scroll_relative(y=-3, animate=False, force=True, immediate=True)
        event.stop()

    def _go(self, y: int) -> None:
        self._timeline.touched = True
        self._timeline.jump(self.row(y))


def _any(rows: array[int], part: Part) -> bool:
    found = bisect_left(rows, part.first)
    return found < len(rows) and rows[found] < part.last
