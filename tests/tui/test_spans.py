"""Calls joined to their results: lanes in which no two pairs meet, whatever the order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.entry import Block, BlockKind, Entry, Kind
from unbrick.patch import View
from unbrick.scanning.scan import Scan
from unbrick.source import Source
from unbrick_tui.glyphs import ASCII, UNICODE, Glyphs
from unbrick_tui.spans import LANES, Cell, Spans
from unbrick_tui.widgets.gutter import gutter, width


def scan_of(rows: list[str]) -> Scan:
    """A scan of rows written in short: `+a+b` calls a and b, `-a` answers a, an empty row does neither."""
    scan = Scan(View(Source.of(b"")))
    kinds = {"+": BlockKind.TOOL_USE, "-": BlockKind.TOOL_RESULT}
    entries = [
        Entry(Kind.USER, "user", blocks=tuple(
            Block(kinds[row[at]], ref=row[at + 1]) for at in range(0, len(row), 2)
        )) for row in rows
    ]
    scan.extend(entries, [1] * len(rows))
    return scan


def beside(rows: list[str], glyphs: Glyphs = UNICODE, most: int = LANES) -> list[str]:
    spans = Spans.of(scan_of(rows))
    painted = [gutter(spans, row, glyphs, most) for row in range(len(rows))]
    assert {len(one) for one in painted} == {width(spans, most)}
    return painted


@pytest.mark.parametrize(("rows", "expected"), [
    pytest.param(["", "+a", "-a", ""], ["  ", "┌─", "└─", "  "], id="one call"),
    pytest.param(["+a", "", "-a"], ["┌─", "│ ", "└─"], id="far apart"),
    pytest.param(["+a", "-a", "+b", "-b"], ["┌─", "└─", "┌─", "└─"], id="one after the other in one lane"),
    pytest.param(["+a", "+b", "-a", "-b"], [" ┌─", "┌┼─", "│└─", "└──"], id="parallel, answered in order"),
    pytest.param(["+a", "+b", "-b", "-a"], [" ┌─", "┌┼─", "└┼─", " └─"], id="parallel, answered backwards"),
    pytest.param(["+a+b", "-a-b"], ["┌┬─", "└┴─"], id="two calls in one record"),
    pytest.param(["+a", "+b", "-a", "+c", "-c", "-b"], [" ┌─", "┌┼─", "│└─", "│┌─", "│└─", "└──"], id="interleaved"),
    pytest.param(["+a", ""], ["  ", "  "], id="no result"),
    pytest.param(["-a", "+a"], ["┌─", "└─"], id="the wrong way round"),
])
def test_lanes(rows: list[str], expected: list[str]) -> None:
    assert beside(rows) == expected


def test_more_than_there_are_lanes() -> None:
    """Further pairs are counted; the one at the cursor is joined to its count."""
    rows = ["+a", "+b", "-b", "-a"]
    assert beside(rows, most=1) == [" ┌─", "1┼─", "1┼─", " └─"]
    many = [f"+{ref}" for ref in "abcdefghijklmnop"]
    assert beside([*many, ""])[-1] == "     "[: width(Spans.of(scan_of([*many, ""])))]
    answered = [*many, "", *(f"-{ref}" for ref in "abcdefghijklmnop")]
    assert beside(answered)[16] == "9│││ "


def test_ascii() -> None:
    assert beside(["+a", "+b", "", "-a", "-b"], ASCII) == [" .-", ".+-", "|| ", "|`-", "`--"]


@given(st.lists(st.text("abcdef", max_size=3).map(lambda refs: "".join(f"+{ref}" for ref in refs)), max_size=12))
def test_pairs_of_a_lane_never_meet(halves: list[str]) -> None:
    """Whatever is called and answered where: each pair is open on every row between its halves, once."""
    spans = Spans.of(scan_of(halves))
    rows: dict[str, list[int]] = {}
    for row, half in enumerate(halves):
        for ref in set(half.replace("+", "")):
            rows.setdefault(ref, []).append(row)
    pairs = [(min(at), max(at)) for at in rows.values() if min(at) < max(at)]
    for row in range(len(halves)):
        cells, others, _joined = spans.cells(row)
        inside = sum(first <= row <= last for first, last in pairs)
        assert sum(cell is not Cell.NOTHING for cell in cells) + others == inside
    for lane in spans.lanes:
        assert all(last < first for last, first in zip(lane.last, lane.first[1:], strict=False))


@given(st.lists(st.text("abcdef", max_size=3).map(lambda refs: "".join(f"+{ref}" for ref in refs)), max_size=12))
def test_what_is_joined_at_a_row_starts_or_ends_there(halves: list[str]) -> None:
    spans = Spans.of(scan_of(halves))
    for row in range(len(halves)):
        cells, _others, _joined = spans.cells(row)
        joined = spans.joined(row)
        assert [lane for lane, _first, _last in joined] == [
            lane for lane, cell in enumerate(cells) if cell in (Cell.START, Cell.END)
        ]
        assert all(row in (first, last) for _lane, first, last in joined)
