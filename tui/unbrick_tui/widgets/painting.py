"""How a row of the session is painted: its place, its mark, what it says, what becomes of it."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.scroll_view import ScrollView
from textual.strip import Strip

from unbrick.entry import Kind
from unbrick.finding import Finding
from unbrick.formats import Format
from unbrick.patch import View
from unbrick.record import END
from unbrick.session import Standing
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.outline import Outline
from unbrick_tui.rows import NAN, Said, Tone, collapsed, say
from unbrick_tui.text import ascii_only, clock, shorten
from unbrick_tui.widgets.below import Under
from unbrick_tui.widgets.layout import Group, Layout

WIDE = 60
"""From this many columns on a line has room for the time and for what becomes of the record."""
_QUIET = (Standing.LOADED, Standing.APART)


class Painting(ScrollView):
    """Paints the rows of a view as strips; what is shown, and where the cursor stands, is the timeline's business."""

    format: Format
    view: View
    glyphs: Glyphs
    outline: Outline | None
    cut: int | None
    needle: str
    _layout_: Layout
    _under: dict[int, list[Under]]
    _lit: tuple[int, ...]
    _styles: dict[str, Style]
    _width: int

    def _style(self, name: str) -> Style:
        found = self._styles.get(name)
        if found is None:
            found = self._styles[name] = self.get_component_rich_style(f"timeline--{name}", partial=True)
        return found

    def _above(self, row: int) -> int:
        return int(self.outline is not None and row == self.outline.start)

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
        return self._rule(f"{self.view.source.unit} {self._number(row)}: compacted{at}{numbers}", "rule", base, lead)

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
        if width >= WIDE and (self.outline is None or self.outline.timed):
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
        if change := self._change(row):
            return change, standing not in _QUIET
        if standing is Standing.LOADED and self.outline is not None and row < (self.outline.start or 0):
            return "kept", False
        return ("" if standing in _QUIET else standing.name.lower()), standing is not Standing.LOADED

    def _mark(self, row: int) -> tuple[str, Style]:
        found: tuple[Finding, ...] = self.outline.findings.get(row, ()) if self.outline is not None else ()
        if found:
            worst = max(finding.severity for finding in found)
            return getattr(self.glyphs, worst.value), self._style(worst.value)
        change = self._change(row)
        return (getattr(self.glyphs, change), self._style("changed")) if change else (" ", Style.null())

    def _change(self, row: int) -> str:
        """`added`, `changed`, or nothing: a line that only got company is as it was."""
        at, patch, source = self.view.at(row), self.view.patch, self.view.source
        if at.line == END:
            return "added"
        if at.line not in patch:
            return ""
        before, after = source[at.line - 1].rstrip(b"\r\n"), [piece.rstrip(b"\r\n") for piece in patch[at.line]]
        if before in after:
            return "" if at.part == after.index(before) else "added"
        return "added" if at.part else "changed"

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
