"""The lanes beside the rows, in which a call is joined to its result."""

from __future__ import annotations

from unbrick_tui.glyphs import Glyphs
from unbrick_tui.spans import LANES, Cell, Spans


def width(spans: Spans, most: int = LANES) -> int:
    """Cells that the lanes of a session take, with the one that joins them to the record."""
    return max(min(len(spans.lanes), most), 1) + spans.more(most) + 1


def gutter(spans: Spans, row: int, glyphs: Glyphs, most: int = LANES) -> str:
    """What stands beside a row: the first lane nearest to the record, how many more are open in front of them."""
    cells, others, joined = spans.cells(row, most)
    painted = (str(min(others, 9)) if others else " ") if spans.more(most) else ""
    for cell in reversed(cells or (Cell.NOTHING,)):
        painted += _glyph(cell, joined, glyphs)
        joined = joined or cell in (Cell.START, Cell.END)
    return painted + (glyphs.span_across if joined else " ")


def through(spans: Spans, first: int, last: int, glyphs: Glyphs, most: int = LANES) -> str:
    """What stands beside a folded run: the lanes that pass all of it."""
    if first == last:
        return gutter(spans, first, glyphs, most)
    ends = (spans.cells(row, most)[0] for row in (first, last))
    cells = [Cell.OPEN if a is b is Cell.OPEN else Cell.NOTHING for a, b in zip(*ends, strict=True)] or [Cell.NOTHING]
    return " " * spans.more(most) + "".join(_glyph(cell, False, glyphs) for cell in reversed(cells)) + " "


def _glyph(cell: Cell, joined: bool, glyphs: Glyphs) -> str:
    if cell is Cell.START:
        return glyphs.span_starts if joined else glyphs.span_start
    if cell is Cell.END:
        return glyphs.span_ends if joined else glyphs.span_end
    if cell is Cell.OPEN:
        return glyphs.span_cross if joined else glyphs.span
    return glyphs.span_across if joined else " "
