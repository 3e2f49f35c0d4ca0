"""The session as one line per record, painted when it is looked at; findings stand under their record."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from unbrick.formats import Format
from unbrick.patch import View
from unbrick.record import END, At
from unbrick.source import Source
from unbrick_tui.folding import Level
from unbrick_tui.glyphs import UNICODE, Glyphs
from unbrick_tui.outline import Outline
from unbrick_tui.rows import Said
from unbrick_tui.search import Query
from unbrick_tui.widgets.below import OPENS, Under, agents, under
from unbrick_tui.widgets.folds import Folds
from unbrick_tui.widgets.layout import Group, Groups, Layout
from unbrick_tui.widgets.painting import Cut, Painting


class Timeline(Painting, can_focus=True):
    """Rows of a view. Before a report there are the plain records; `show` brings in what the report knows and
    leaves the cursor on its record, at its place on the screen."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--cursor", "timeline--lit", "timeline--number", "timeline--off", "timeline--error",
        "timeline--warning", "timeline--info", "timeline--rule", "timeline--start", "timeline--prompt",
        "timeline--reply", "timeline--tool", "timeline--quiet", "timeline--fault", "timeline--summary",
        "timeline--match", "timeline--cut", "timeline--changed", "timeline--key",
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "down", show=False, id="timeline.down"),
        Binding("up,k", "move(-1)", "up", show=False, id="timeline.up"),
        Binding("pagedown,ctrl+f", "page(1.0)", "page down", show=False, id="timeline.page-down"),
        Binding("pageup,ctrl+b", "page(-1.0)", "page up", show=False, id="timeline.page-up"),
        Binding("ctrl+d", "page(0.5)", "half a page down", show=False, id="timeline.half-down"),
        Binding("ctrl+u", "page(-0.5)", "half a page up", show=False, id="timeline.half-up"),
        Binding("home,g", "end(0)", "first record", show=False, id="timeline.first"),
        Binding("end,G", "end(1)", "last record", show=False, id="timeline.last"),
    ]

    cursor: var[int] = var(0, init=False)
    arranged: var[int] = var(0, init=False)
    """How often the lines were worked out, for those who follow."""

    @dataclass
    class Moved(Message):
        """The cursor stands on another row."""

        row: int

    @dataclass
    class Opened(Message):
        """A row is to be read in full."""

        row: int

    @dataclass
    class FixWanted(Message):
        """A finding under a row was clicked."""

        row: int

    @dataclass
    class WorkWanted(Message):
        """A subagent's work under a row was clicked."""

        row: int

    def __init__(self, format_: Format, view: View, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self.format = format_
        self.view = view
        self.glyphs = glyphs
        self.outline: Outline | None = None
        self.touched = False
        """Whether the person has moved the cursor."""
        self.cut: Cut | None = None
        """In truncation: what is kept."""
        self.called: dict[str, str] = {}
        self.sought: Query | None = None
        """What is searched for."""
        self._judged: dict[Path, int] = {}
        self._only: array[int] | None = None
        self._layout_ = Layout(len(view))
        self._under: dict[int, list[Under]] = {}
        self._folds = Folds()
        self._lit: tuple[int, ...] = ()
        self._joined: tuple[tuple[int, int, int], ...] = ()
        self._strips: LRUCache[tuple[Any, ...], Strip] = LRUCache(2048)
        self._styles: dict[str, Style] = {}
        self._said: LRUCache[tuple[Source, int], Said] = LRUCache(2048)
        self._width = 0
        self._height = 0

    # What is shown

    def show(self, view: View, outline: Outline | None) -> None:
        """Bring in another state of the session; the cursor stays with its record."""
        place = self.view.at(self.cursor) if len(self.view) else At(1)
        offset = self._offset()
        if len(view) != len(self.view):
            self._only = None
        self.view, self.outline = view, outline
        self._arrange()
        self._keep(_row_near(view, place), offset)

    def judge(self, work: Path, marked: int) -> None:
        """Say of a subagent's work how many of its records have findings."""
        offset = self._offset()
        self._judged[work] = marked
        self._arrange()
        self._keep(self.cursor, offset)

    def repaint(self) -> None:
        """Forget every painted line."""
        self._strips.clear()
        self.refresh()

    def show_only(self, rows: array[int] | None) -> None:
        """Show some sorted rows and hide all others, folds aside; None shows all again. The cursor stays, or goes to
        the next row that is shown. A view with other rows ends it."""
        offset = self._offset()
        self._only = rows
        self._arrange()
        self._keep(self.cursor, offset)

    @property
    def shown(self) -> array[int] | None:
        """The rows that are shown, where not all are."""
        return self._only

    def _arrange(self) -> None:
        """Work out the lines again: after a report, a change of width, or a run being opened."""
        self._strips.clear()
        outline, total = self.outline, len(self.view)
        groups = Groups.of() if self._only is None else Groups.around(self._only, total)
        tall: list[Group] = []
        self._under = {}
        if outline is not None:
            width = max(self._width, 20)
            self._under = {row: under(found, width, self.glyphs) for row, found in outline.findings.items()}
            if self._only is None:
                groups = self._folds.groups(outline.folding)
            for row, works in outline.handed.items():
                self._under[row] = self._under.get(row, []) + agents(works, self._judged, width, self.glyphs)
            rows = {*self._under, *([] if outline.start is None else [outline.start])}
            tall = [Group(row, 1, 1 + len(self._above(row)) + len(self._under.get(row, ()))) for row in sorted(rows)]
        self._layout_ = Layout(total, groups.with_(tall))
        self.virtual_size = Size(self._width, self._layout_.height)
        self.arranged += 1

    def _offset(self) -> int:
        """On which line of the screen the cursor stands."""
        return self._layout_.top(self.cursor) - self.scroll_offset.y if len(self.view) else 0

    def _keep(self, row: int, offset: int) -> None:
        """Put the cursor on a row, or on what is shown of it, and that on a line of the screen."""
        self.set_reactive(Timeline.cursor, max(self._layout_.seen(row), 0))
        self._light()
        if self._width:
            self.scroll_to(y=self._layout_.top(self.cursor) - offset, animate=False, force=True, immediate=True)
        self.refresh()

    @property
    def level(self) -> Level:
        """How much is shown."""
        return self._folds.level

    def show_level(self, level: Level) -> None:
        """Show as much as a level says, whatever was folded or opened by hand."""
        offset = self._offset()
        self._folds = Folds(level)
        self._arrange()
        self._keep(self.cursor, offset)

    def toggle_run(self, row: int) -> bool:
        """Open a folded run, close one that was opened, or fold the turn that a row is in; False where there is
        nothing to fold."""
        if self.outline is None or self._only is not None or not len(self.view):
            return False
        first = self._folds.toggle(self.outline.folding, row, self._layout_.group(row))
        if first is None:
            return False
        self._arrange()
        self.cursor = max(self._layout_.seen(first), 0)
        self.jump(self.cursor, centre=False)
        self.refresh()
        return True

    def open_run(self, row: int) -> None:
        """Make sure that a row is not folded away."""
        if self._only is not None and not self._layout_.group(row).height:
            self.show_only(None)
        while self._layout_.group(row).rows > 1 or not self._layout_.group(row).height:
            run = self._layout_.group(row)
            if (run.height and run.first == row) or not self.toggle_run(row) or self._layout_.group(row) == run:
                return

    def collapsed_at(self, row: int) -> bool:
        """Whether a row stands for a run of records."""
        return self._layout_.group(row).rows > 1

    @property
    def lines(self) -> Layout:
        """Which row is painted on which line."""
        return self._layout_

    # Moving

    def go(self, row: int) -> None:
        """Put the cursor on a row for a person who asked for it, whatever is folded around it."""
        self.touched = True
        self.open_run(row)
        self.jump(row)

    def jump(self, row: int, *, centre: bool = True) -> None:
        """Put the cursor on a row and bring it, with what stands under it, into sight."""
        if not len(self.view):
            return
        row = self._layout_.seen(max(0, min(row, len(self.view) - 1)))
        if row < 0:
            return
        run = self._layout_.group(row)
        self.cursor = run.first
        top = self._layout_.top(run.first)
        region = Region(0, top, self._width or 1, min(run.height, max(self.size.height, 1)))
        self.scroll_to_region(
            region, animate=False, force=True, immediate=True, center=centre and not self._visible(top, run.height),
        )

    def _visible(self, top: int, height: int) -> bool:
        first = self.scroll_offset.y
        return first <= top and top + height <= first + self.size.height

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint the two rows, and those whose other half was or is lit."""
        lit, joined = self._lit, self._joined
        self._light()
        if joined or self._joined:
            self.refresh()
        else:
            for row in {old, new, *lit, *self._lit}:
                self._refresh_row(row)
        self.post_message(self.Moved(new))

    def _light(self) -> None:
        outline = self.outline if len(self.view) else None
        self._lit = outline.mates(self.cursor) if outline is not None else ()
        self._joined = outline.spans.joined(self.cursor) if outline is not None else ()

    def _refresh_row(self, row: int) -> None:
        if 0 <= row < len(self.view):
            for line in range(self._layout_.group(row).height):
                self.refresh_line(self._layout_.top(row) + line)

    def action_move(self, step: int) -> None:
        """One record down or up."""
        self.touched = True
        row = self._layout_.after(self.cursor) if step > 0 else self._layout_.before(self.cursor)
        if 0 <= row < len(self.view):
            self.jump(row, centre=False)

    def action_page(self, pages: float) -> None:
        """A part of the screen down or up; the cursor stays where it is on the screen."""
        self.touched = True
        lines = int(pages * max(self.size.height - 1, 1))
        top = self._layout_.top(self.cursor)
        target = max(0, min(top + lines, self._layout_.height - 1))
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, force=True, immediate=True)
        self.jump(self._layout_.at(target)[0], centre=False)

    def action_end(self, last: int) -> None:
        """To the first or the last record."""
        self.touched = True
        self.jump(len(self.view) - 1 if last else 0, centre=False)

    async def _on_click(self, event: events.Click) -> None:
        y = event.y + self.scroll_offset.y
        if not 0 <= y < self._layout_.height:
            return
        self.touched = True
        row, offset = self._layout_.at(y)
        self.jump(row, centre=False)
        under_ = offset - len(self._above(row)) - 1
        if under_ >= 0:
            opens = self._under[row][under_].key == OPENS
            self.post_message(self.WorkWanted(row) if opens else self.FixWanted(row))
        elif event.chain > 1:
            self.post_message(self.Opened(row))

    def _on_resize(self, event: events.Resize) -> None:
        width, first = self.scrollable_content_region.width, not self._width
        lower, self._height = self.size.height < self._height, self.size.height
        if width != self._width:
            offset = self._offset()
            self._width = width
            self._arrange()
            if len(self.view) and not first:
                self._keep(self.cursor, offset)
        if lower:
            self.jump(self.cursor, centre=False)

    # Painting

    def notify_style_update(self) -> None:
        """Themes and colours changed."""
        super().notify_style_update()
        self._styles.clear()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """Paint one line of the screen."""
        line = y + self.scroll_offset.y
        if not 0 <= line < self._layout_.height:
            return Strip.blank(self.size.width, self.rich_style)
        row, offset = self._layout_.at(line)
        at_cursor, lit = row == self.cursor, row in self._lit
        key = (row, offset, at_cursor, lit, self._lit_at(row), self.has_focus)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._paint(row, offset, at_cursor, lit)
        return strip

def _row_near(view: View, place: At) -> int:
    """The row of a place, or of the nearest line before it that is still there."""
    row = view.row(place)
    line = place.line if place.line != END else len(view.source)
    while row is None and line > 0:
        row = view.row(At(line))
        line -= 1
    return row or 0
