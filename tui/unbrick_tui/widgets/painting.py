"""How a row of the session is painted: its place, its mark, what it says, what becomes of it."""

from __future__ import annotations

from array import array
from collections.abc import Container, Mapping
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.scroll_view import ScrollView
from textual.strip import Strip

from unbrick.finding import Finding
from unbrick.formats import Format
from unbrick.patch import View
from unbrick.record import END
from unbrick.session import Standing
from unbrick.source import Source
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.outline import Outline
from unbrick_tui.rows import Said, say, unreadable
from unbrick_tui.search import Query
from unbrick_tui.spans import LANES
from unbrick_tui.text import ascii_only, clock, shorten, thousands
from unbrick_tui.turns import facts, folded
from unbrick_tui.widgets.below import Under
from unbrick_tui.widgets.gutter import through
from unbrick_tui.widgets.gutter import width as gutter_width
from unbrick_tui.widgets.layout import Group, Layout

WORD = 10
"""Cells of the glyph and the word that say what a record is."""
LARGE = 100
"""From this many columns on there is room for tokens as well."""
WIDE = 60
"""From this many columns on a line has room for the time and for what becomes of the record."""
_QUIET = (Standing.LOADED, Standing.APART)


class Cut(NamedTuple):
    """What a cut would leave: the rows from the first to the last, of which `kept` are then loaded."""

    first: int
    last: int
    kept: Container[int] = ()


class Painting(ScrollView):
    """Paints the rows of a view as strips; what is shown, and where the cursor stands, is the timeline's business."""

    format: Format
    view: View
    glyphs: Glyphs
    outline: Outline | None
    cut: Cut | None
    _only: array[int] | None
    sought: Query | None = None
    """What is searched for."""
    called: Mapping[str, str]
    """Keys that are shown in the place of others."""
    _layout_: Layout
    _under: dict[int, list[Under]]
    _lit: tuple[int, ...]
    _joined: tuple[tuple[int, int, int], ...]
    _styles: dict[str, Style]
    _said: LRUCache[tuple[Source, int], Said]
    """What lines of a file say, for one of a hundred megabytes takes a while to decode; edited ones aside."""
    _width: int

    def _style(self, name: str) -> Style:
        found = self._styles.get(name)
        if found is None:
            found = self._styles[name] = self.get_component_rich_style(f"timeline--{name}", partial=True)
        return found

    def _above(self, row: int) -> tuple[str, ...]:
        """The rules that stand above a row."""
        if self.outline is None:
            return ()
        start = ("start",) if row == self.outline.start else ()
        return (*start, "turn") if self._begins(row) else start

    def _begins(self, row: int) -> bool:
        """Whether a turn begins at a row, and says so."""
        turn = self.outline.folding.turn(row) if self.outline is not None and self._only is None else None
        return turn is not None and self.outline is not None and self.outline.folding.turns[turn] == row

    def _paint(self, row: int, offset: int, at_cursor: bool, lit: bool) -> Strip:
        base = self.rich_style
        if at_cursor:
            base += self._style("cursor")
        above = self._above(row)
        if offset < len(above) and self.outline is not None:
            if above[offset] == "turn":
                return self._turn(row)
            text = self.outline.start_text
            forms = (text, text.split(",")[0], text.split(":")[0])
            said = next((form for form in forms if len(form) <= self._width - 12), forms[-1])
            return self._rule(f"{self.glyphs.start} {said}", "start", self.rich_style)
        offset -= len(above)
        if offset > 0:
            return self._paint_under(self._under[row][offset - 1], at_cursor, base)
        if self.outline is not None and row in self.outline.boundaries:
            return self._boundary(row, at_cursor, base)
        return self._record(row, at_cursor, lit, base)

    def _strip(self, parts: list[tuple[str, Style]], base: Style) -> Strip:
        width = self._width or self.size.width
        if base.reverse:
            # Several colours turned round are a flag, and what is dim is lost in it.
            parts = [(text, Style(bold=style.bold, underline=style.underline)) for text, style in parts]
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

    def _turn(self, row: int) -> Strip:
        """The rule above a prompt: which turn it is, and as much of what it comes to as there is room for."""
        assert self.outline is not None
        folding, line = self.outline.folding, self.glyphs.rule
        turn = folding.turn(row) or 0
        name, said = f" turn {turn + 1:,} ", facts(self.outline, folding.rows(turn))
        room = self._width - len(name) - 12
        while said and sum(map(len, said)) + 3 * len(said) > room:
            said.pop()
        tail = f" {f' {self.glyphs.dot} '.join(said)} " if said else ""
        faint, quiet = self._style("number"), self._style("quiet")
        rest = max(self._width - len(name) - len(tail) - 8, 0)
        parts = [("  " + line * 3, faint), (name, quiet), (line * rest, faint), (tail, quiet), (line * 3, faint)]
        return self._strip(parts, self.rich_style)

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
        outline = self.outline
        many = outline is not None and group.rows > 1
        said = folded(outline, group, glyphs) if outline is not None and many else self._say(row)
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
        last = group.first + group.rows - 1
        beside = through(outline.spans, row, last, glyphs, self._lanes) if outline is not None else "  "
        part = outline is not None and not many and outline.continues(row)
        indent = (beside[-1] if beside[-1] == glyphs.span_across else " ") * 2 if part else ""
        parts += self._lanes_of(row, beside + indent)
        head = f"{said.glyph} {said.word}".ljust(WORD - len(indent))
        parts.append((head + " ", self._style("lit") if lit else tone))
        used = sum(cell_len(text) for text, _ in parts)
        tail = f" {word}" if word and width >= WIDE else ""
        if width >= LARGE and not many and not part:
            tail = self._tokens(row) + tail
        room = max(width - used - len(tail), 4)
        text = said.text
        if self.sought is not None and group.rows == 1:
            text = self.sought.excerpt(self.format, self.view.raw(row), text, room)
        text = text if word in ("", said.word) or width >= WIDE else f"({word}) {text}"
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
        """A text with what is searched for standing out."""
        parts, end = [], 0
        for start, stop in self.sought.spans(text) if self.sought is not None else ():
            parts += [(text[end:start], tone), (text[start:stop], tone + self._style("match"))]
            end = stop
        return [*parts, (text[end:], tone)]

    def _paint_under(self, line: Under, at_cursor: bool, base: Style) -> Strip:
        pointer = self.glyphs.cursor if at_cursor else " "
        style = self._style(line.style)
        parts = [(pointer + " ", self._style("lit")), (line.lead, style)]
        if line.key:
            parts.append((f" {self.called.get(line.key, line.key)} ", self._style("key")))
        return self._strip([*parts, (line.text, style)], base)

    def _say(self, row: int) -> Said:
        fault = None if self.outline is None else self.outline.fault(self.view, row)
        if fault is not None:
            return unreadable(fault, self.view.head(row, 160)[0], self.glyphs)
        at = self.view.at(row)
        if at.line == END or at.line in self.view.patch:
            return say(self.format, self.view.raw(row), self.glyphs)
        key = (self.view.source, at.line)
        said = self._said.get(key)
        if said is None:
            raw = self.view.raw(row)
            if not raw:  # Cut off meanwhile, or its disk does not answer.
                return unreadable(None, raw, self.glyphs)
            said = self._said[key] = say(self.format, raw, self.glyphs)
        return said

    def _number(self, row: int) -> str:
        line, part = self.view.at(row)
        if line == END:
            return f"+{part + 1}"
        return f"{line}.{part}" if part else str(line)

    def _goes(self, row: int) -> bool:
        return self.cut is not None and not self.cut.first <= row <= self.cut.last

    def _stays(self, row: int) -> bool:
        """Whether a cut leaves a row in the conversation."""
        return self.cut is not None and row in self.cut.kept

    def _fate(self, row: int, standing: Standing) -> tuple[str, bool]:
        """The word at the end of a row, and whether the row is painted as not being loaded."""
        if self._goes(row):
            return f"{self.glyphs.cut} goes", True
        if self._stays(row):
            return "", False
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

    def _lanes_of(self, row: int, beside: str) -> list[tuple[str, Style]]:
        """The lanes beside a row, those of the pair at the cursor standing out from its first row to its last."""
        lit = self._lit_at(row)
        if not lit:
            return [(beside, self._style("number"))]
        end = gutter_width(self.outline.spans, self._lanes) if self.outline is not None else len(beside)
        start = min(end - 2 - lane for lane, _first, _last in lit)
        stop = len(beside) if any(row in (first, last) for _lane, first, last in lit) else start + 1
        number, bright = self._style("number"), self._style("lit")
        return [(beside[:start], number), (beside[start:stop], bright), (beside[stop:], number)]

    def _lit_at(self, row: int) -> tuple[tuple[int, int, int], ...]:
        """The lanes of the pair at the cursor that pass a row."""
        return tuple(one for one in self._joined if one[1] <= row <= one[2] and one[0] < self._lanes)

    @property
    def _lanes(self) -> int:
        """How many lanes there is room for."""
        return LANES if self._width >= WIDE else 1

    def _tokens(self, row: int) -> str:
        """The context that a message was the reply to, where the API counted it."""
        scan = self.outline.report.situation.session.scan if self.outline is not None else None
        held = scan.tokens[row] if scan is not None and row < len(scan) else 0
        return f" {thousands(held):>4} tok" if held else ""
