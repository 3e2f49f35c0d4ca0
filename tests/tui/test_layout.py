"""Lines and rows: the sparse layout answers as a list of all lines would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unbrick_tui.widgets.layout import Group, SparseLayout


@st.composite
def layouts(draw: st.DrawFn) -> tuple[int, list[Group]]:
    groups: list[Group] = []
    row = 0
    for gap, rows, height in draw(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 5), st.integers(1, 6)))):
        row += gap
        groups.append(Group(row, rows, height))
        row += rows
    return row + draw(st.integers(0, 4)), groups


@given(layouts())
def test_as_a_list_of_lines_would(given_: tuple[int, list[Group]]) -> None:
    rows, groups = given_
    layout = SparseLayout(rows, groups)
    by_first = {group.first: group for group in groups}
    lines: list[tuple[int, int]] = []
    tops: dict[int, int] = {}
    row = 0
    while row < rows:
        group = by_first.get(row, Group(row, 1, 1))
        for member in range(row, row + group.rows):
            tops[member] = len(lines)
            assert layout.group(member) == group
        lines += [(row, offset) for offset in range(group.height)]
        row += group.rows
    assert layout.height == len(lines)
    assert [layout.at(y) for y in range(len(lines))] == lines
    assert {row: layout.top(row) for row in range(rows)} == tops
    starts = [row for row, offset in lines if offset == 0]
    assert [layout.after(row) for row in starts] == [*starts[1:], rows][: len(starts)]
    assert [layout.before(row) for row in starts] == [-1, *starts][: len(starts)]
