"""The session as one line per record, painted when it is looked at; findings stand under their record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

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

from unbrick.entry import Kind
from unbrick.finding import Finding
from unbrick.formats import Format
from unbrick.patch import View
from unbrick.record import END, At
from unbrick.session import Standing
from unbrick_tui.glyphs import UNICODE, Glyphs
from unbrick_tui.outline import Outline
from unbrick_tui.rows import NAN, Said, Tone, collapsed, say
from unbrick_tui.text import ascii_only, clock, shorten
from unbrick_tui.widgets.below import Under, under
from unbrick_tui.widgets.layout import Group, SparseLayout

WIDE = 60
"""From this many columns on a line has room for the time and for what becomes of the record."""
_QUIET = (Standing.LOADED, Standing.APART)


class Timeline(ScrollView, can_focus=True):
    """Rows of a view. Before a report there are the plain records; `show` brings in what the report knows and
    leaves the cursor on its record, at its place on the screen."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--cursor", "timeline--lit", "timeline--number", "timeline--off", "timeline--error",
        "timeline--warning", "timeline--info", "timeline--rule", "timeline--start", "timeline--prompt",
        "timeline--reply", "timeline--tool", "timeline--quiet", "timeline--fault", "timeline--summary",
        "timeline--match", "timeline--cut", "timeline--changed", "timeline--key",
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "down", show=False),
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("pagedown,ctrl+f", "page(1.0)", "page down", show=False),
        Binding("pageup,ctrl+b", "page(-1.0)", "page up", show=False),
        Binding("ctrl+d", "page(0.5)", "half a page down", show=False),
        Binding("ctrl+u", "page(-0.5)", "half a page up", show=False),
        Binding("home,g", "end(0)", "first record", show=False),
        Binding("end,G", "end(1)", "last record", show=False),
    ]

    cursor: var[int] = var(0, init=False)

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

    def __init__(self, format_: Format, view: View, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self.format = format_
        self.view = view
        self.glyphs = glyphs
        self.outline: Outline | None = None
        self.touched = False
        """Whether the person has moved the cursor."""
        self.cut: int | None = None
        """In truncation: the last row kept."""
        self.needle = ""
        self._layout_ = SparseLayout(len(view))
        self._under: dict[int, list[Under]] = {}
        self._open: set[int] = set()
        self._lit: tuple[int, ...] = ()
        self._strips: LRUCache[tuple[Any, ...], Strip] = LRUCache(2048)
        self._styles: dict[str, Style] = {}
        self._width = 0

    # What is shown

    def show(self, view: View, outline: Outline | None) -> None:
        """Bring in another state of the session; the cursor stays with its record."""
        place = self.view.at(self.cursor) if len(self.view) else At(1)
        offset = self._layout_.top(self.cursor) - self.scroll_offset.y if len(self.view) else 0
        self.view, self.outline = view, outline
        self._arrange()
        row = _row_near(view, place)
        self.set_reactive(Timeline.cursor, self._layout_.group(row).first if len(view) else 0)
        self._light()
        if self._width:
            self.scroll_to(y=self._layout_.top(self.cursor) - offset, animate=False, force=True, immediate=True)
        self.refresh()

    def repaint(self) -> None:
        """Forget every painted line."""
        self._strips.clear()
        self.refresh()

    def _arrange(self) -> None:
        """Work out the lines again: after a report, a change of width, or a run being opened."""
        self._strips.clear()
        outline, count = self.outline, len(self.view)
        groups: list[Group] = []
        self._under = {}
        if outline is not None:
            width = max(self._width, 20)
            self._under = {row: under(found, width, self.glyphs) for row, found in outline.findings.items()}
            tall = {row: 1 + len(lines) for row, lines in self._under.items()}
            if outline.start is not None:
                tall[outline.start] = tall.get(outline.start, 1) + 1
            groups = [Group(row, 1, height) for row, height in tall.items()]
            groups += [run for run in outline.runs if run.first not in self._open]
            groups.sort()
        self._layout_ = SparseLayout(count, groups)
        self.virtual_size = Size(self._width, self._layout_.height)

    def toggle_run(self, row: int) -> bool:
        """Open a collapsed run of records, or close it again; False where there is none."""
        if self.outline is None:
            return False
        run = next((r for r in self.outline.runs if r.first <= row < r.first + r.rows), None)
        if run is None:
            return False
        self._open ^= {run.first}
        self._arrange()
        self.cursor = run.first
        self.refresh()
        return True

    def open_run(self, row: int) -> None:
        """Make sure that a row is not folded away."""
        if self.collapsed_at(row) and self._layout_.group(row).first != row:
            self.toggle_run(row)

    def collapsed_at(self, row: int) -> bool:
        """Whether a row stands for a run of records."""
        return self._layout_.group(row).rows > 1

    # Moving

    def jump(self, row: int, *, centre: bool = True) -> None:
        """Put the cursor on a row and bring it, with what stands under it, into sight."""
        if not len(self.view):
            return
        run = self._layout_.group(max(0, min(row, len(self.view) - 1)))
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
        lit = self._lit
        self._light()
        for row in {old, new, *lit, *self._lit}:
            self._refresh_row(row)
        self.post_message(self.Moved(new))

    def _light(self) -> None:
        self._lit = self.outline.mates(self.cursor) if self.outline is not None and len(self.view) else ()

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
        if offset > self._above(row):
            self.post_message(self.FixWanted(row))
        elif event.chain > 1:
            self.post_message(self.Opened(row))

    def _on_resize(self, event: events.Resize) -> None:
        width = self.scrollable_content_region.width
        if width != self._width:
            first = not self._width
            offset = self._layout_.top(self.cursor) - self.scroll_offset.y if len(self.view) else 0
            self._width = width
            self._arrange()
            if len(self.view) and not first:
                top = self._layout_.top(self.cursor)
                self.scroll_to(y=top - offset, animate=False, force=True, immediate=True)

    # Painting

    def notify_style_update(self) -> None:
        """Themes and colours changed."""
        super().notify_style_update()
        self._styles.clear()
        self._strips.clear()

    def _style(self, name: str) -> Style:
        found = self._styles.get(name)
        if found is None:
            found = self._styles[name] = self.get_component_rich_style(f"timeline--{name}", partial=True)
        return found

    def _above(self, row: int) -> int:
        return int(self.outline is not None and row == self.outline.start)

    def render_line(self, y: int) -> Strip:
        """Paint one line of the screen."""
        line = y + self.scroll_offset.y
        if not 0 <= line < self._layout_.height:
            return Strip.blank(self.size.width, self.rich_style)
        row, offset = self._layout_.at(line)
        at_cursor, lit = row == self.cursor, row in self._lit
        key = (row, offset, at_cursor, lit, self.has_focus)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._paint(row, offset, at_cursor, lit)
        return strip

    def _paint(self, row: int, offset: int, at_cursor: bool, lit: bool) -> Strip:
        base = self.rich_style
        if at_cursor:
            base += self._style("cursor")
        above = self._above(row)
        if offset < above and self.outline is not None:
            return self._rule(f"{self.glyphs.start} {self.outline.start_text}", "start", self.rich_style)
        if offset > above:
            return self._paint_under(self._under[row][offset - above - 1], at_cursor, base)
        if self.outline is not None and row in self.outline.boundaries:
            return self._boundary(row, at_cursor, base)
        return self._record(row, at_cursor, lit, base)

    def _strip(self, parts: list[tuple[str, Style]], base: Style) -> Strip:
        width = self._width or self.size.width
        segments = [
            Segment(ascii_only(text) if self.glyphs.ascii else text, base + style) for text, style in parts if text
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def _rule(self, text: str, style: str, base: Style, lead: str = "  ") -> Strip:
        line = self.glyphs.heavy if style == "start" else self.glyphs.rule
        text = shorten(text, max(self._width - 8, 4), self.glyphs.ellipsis)
        rest = max(self._width - cell_len(text) - len(lead) - 5, 0)
        painted = f"{lead}{line * 3} {text} {line * rest}"
        return self._strip([(painted, self._style(style))], base)

    def _boundary(self, row: int, at_cursor: bool, base: Style) -> Strip:
        assert self.outline is not None
        before, after = self.outline.boundaries[row]
        numbers = ""
        if before and after:
            numbers = f": {before:,} {self.glyphs.arrow} {after:,} tokens"
        elif before or after:
            numbers = f": {before:,} tokens before it" if before else f": {after:,} tokens after it"
        said = self._say(row)
        when = clock(said.time)
        at = f" at {when}" if when else ""
        lead = self.glyphs.cursor + " " if at_cursor else "  "
        return self._rule(f"line {self._number(row)}: compacted{at}{numbers}", "rule", base, lead)

    def _record(self, row: int, at_cursor: bool, lit: bool, base: Style) -> Strip:
        glyphs, width = self.glyphs, self._width or self.size.width
        group = self._layout_.group(row)
        if group.rows > 1:
            said = Said(glyphs.more, f"{group.rows} more", self._collapsed(group), Tone.QUIET, NAN)
        else:
            said = self._say(row)
        standing = self._standing(group)
        word, off = self._fate(row, standing)
        tone = self._style("off") if off else self._style(said.tone.value)
        pointer = glyphs.cursor if at_cursor else (glyphs.reply if lit else " ")
        mark, mark_style = self._mark(row)
        parts = [
            (pointer, self._style("lit")), (mark, mark_style),
            (self._number(row).rjust(max(len(str(len(self.view))), 4)) + " ", self._style("number")),
        ]
        if width >= WIDE:
            parts.append((f"{clock(said.time):5} ", self._style("number")))
        parts.append((self._gutter(row) + " ", self._style("lit" if lit or (at_cursor and self._lit) else "number")))
        parts.append((f"{said.glyph} {said.word:<8} ", self._style("lit") if lit else tone))
        used = sum(cell_len(text) for text, _ in parts)
        tail = f" {word}" if word and width >= WIDE else ""
        text = said.text if not word or tail else f"({word}) {said.text}"
        room = max(width - used - len(tail), 4)
        text = shorten(text, room, glyphs.ellipsis)
        parts += self._found(text, tone)
        if tail:
            parts += [(" " * (room - cell_len(text)), tone), (tail, self._style("cut" if self._goes(row) else "off"))]
        return self._strip(parts, base)

    def _standing(self, group: Group) -> Standing:
        """What becomes of a row, or of the first row of a run that is part of the conversation."""
        if self.outline is None:
            return Standing.LOADED
        found = Standing.APART
        for row in range(group.first, group.first + min(group.rows, 500)):
            found = self.outline.standing(row)
            if found is not Standing.APART:
                break
        return found

    def _found(self, text: str, tone: Style) -> list[tuple[str, Style]]:
        if not self.needle:
            return [(text, tone)]
        at = text.lower().find(self.needle.lower())
        if at < 0:
            return [(text, tone)]
        end = at + len(self.needle)
        return [(text[:at], tone), (text[at:end], tone + self._style("match")), (text[end:], tone)]

    def _paint_under(self, line: Under, at_cursor: bool, base: Style) -> Strip:
        pointer = self.glyphs.cursor if at_cursor else " "
        style = self._style(line.style)
        parts = [(pointer + " ", self._style("lit")), (line.lead, style)]
        if line.key:
            parts.append((f" {line.key} ", self._style("key")))
        return self._strip([*parts, (line.text, style)], base)

    def _say(self, row: int) -> Said:
        return say(self.format, self.view.raw(row), self.glyphs)

    def _number(self, row: int) -> str:
        line, part = self.view.at(row)
        if line == END:
            return f"+{part + 1}"
        return f"{line}.{part}" if part else str(line)

    def _goes(self, row: int) -> bool:
        return self.cut is not None and row > self.cut

    def _fate(self, row: int, standing: Standing) -> tuple[str, bool]:
        """The word at the end of a row, and whether the row is painted as being off the thread."""
        if self._goes(row):
            return f"{self.glyphs.cut} goes", True
        at = self.view.at(row)
        if at.line == END or (at.line in self.view.patch and at.part > 0):
            return "added", standing not in _QUIET
        if at.line in self.view.patch:
            return "changed", standing not in _QUIET
        if standing is Standing.LOADED and self.outline is not None and row < (self.outline.start or 0):
            return "kept", False
        return ("" if standing in _QUIET else standing.name.lower()), standing is not Standing.LOADED

    def _mark(self, row: int) -> tuple[str, Style]:
        found: tuple[Finding, ...] = self.outline.findings.get(row, ()) if self.outline is not None else ()
        if found:
            worst = max(finding.severity for finding in found)
            return getattr(self.glyphs, worst.value), self._style(worst.value)
        at = self.view.at(row)
        if at.line == END or at.part:
            return self.glyphs.added, self._style("changed")
        return (self.glyphs.changed, self._style("changed")) if at.line in self.view.patch else (" ", Style.null())

    def _gutter(self, row: int) -> str:
        if self.outline is None:
            return " "
        spans = self.outline.spans
        covered = spans.covers(row)
        if spans.ends(row):
            return self.glyphs.span_more if covered or spans.starts(row) else self.glyphs.span_end
        if spans.starts(row):
            return self.glyphs.span_more if covered else self.glyphs.span_start
        return self.glyphs.span if covered else " "

    def _collapsed(self, group: Group) -> str:
        assert self.outline is not None
        scan = self.outline.report.situation.session.scan
        kinds: dict[str, int] = {}
        attached = 0
        for row in range(group.first, group.first + group.rows):
            if scan.kind[row] == Kind.ATTACHMENT:
                attached += 1
            if row < group.first + 500:
                name = scan.strings.text(scan.type[row]) or Kind(scan.kind[row]).name.lower()
                name = name.split("/", 1)[-1]
                kinds[name] = kinds.get(name, 0) + 1
        return collapsed(dict(sorted(kinds.items(), key=lambda item: -item[1])), attached, group.rows)


def _row_near(view: View, place: At) -> int:
    """The row of a place, or of the nearest line before it that is still there."""
    row = view.row(place)
    line = place.line if place.line != END else len(view.source)
    while row is None and line > 0:
        row = view.row(At(line))
        line -= 1
    return row or 0
