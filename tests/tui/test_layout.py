"""Lines and rows: the layout answers as a list of all lines would."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from unbrick_tui.widgets.layout import Group, Groups, Layout


@st.composite
def layouts(draw: st.DrawFn) -> tuple[int, list[Group]]:
    groups: list[Group] = []
    row = 0
    for gap, rows, height in draw(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 5), st.integers(0, 6)))):
        row += gap
        groups.append(Group(row, rows, height))
        row += rows
    return row + draw(st.integers(0, 4)), groups


def lines(rows: int, groups: list[Group]) -> list[tuple[int, int]]:
    """(row, offset) of every line, worked out one by one."""
    by_first = {group.first: group for group in groups}
    found: list[tuple[int, int]] = []
    row = 0
    while row < rows:
        group = by_first.get(row, Group(row, 1, 1))
        found += [(row, offset) for offset in range(group.height)]
        row += group.rows
    return found


@given(layouts())
def test_as_a_list_of_lines_would(given_: tuple[int, list[Group]]) -> None:
    rows, groups = given_
    layout = Layout(rows, Groups.of(groups))
    painted = lines(rows, groups)
    assert layout.height == len(painted)
    assert [layout.at(y) for y in range(len(painted))] == painted
    members = {member: group for group in groups for member in range(group.first, group.first + group.rows)}
    assert [layout.group(row) for row in range(rows)] == [members.get(row, Group(row, 1, 1)) for row in range(rows)]
    tops = {row: y for y, (row, offset) in enumerate(painted) if not offset}
    assert {row: layout.top(row) for row in tops} == tops
    starts = [*tops]
    assert [layout.after(row) for row in starts] == [*starts[1:], rows][: len(starts)]
    assert [layout.before(row) for row in starts] == [-1, *starts][: len(starts)]
    for row in range(rows):
        first = members.get(row, Group(row, 1, 1)).first
        hidden = first not in tops
        nearest = next((start for start in starts if start > row), starts[-1] if starts else -1)
        assert layout.seen(row) == (nearest if hidden else first)


@given(st.integers(0, 30), st.sets(st.integers(0, 29)))
def test_only_some_rows_are_shown(total: int, wanted: set[int]) -> None:
    shown = sorted(row for row in wanted if row < total)
    layout = Layout(total, Groups.around(array("q", shown), total))
    assert [layout.at(y)[0] for y in range(layout.height)] == shown


@given(layouts(), st.dictionaries(st.integers(0, 40), st.integers(2, 5)))
def test_rows_that_are_taller(given_: tuple[int, list[Group]], tall: dict[int, int]) -> None:
    rows, groups = given_
    tall = {row: height for row, height in tall.items() if row < rows}
    plain = {row: offset for row, offset in lines(rows, groups) if not offset}
    folded = {group.first for group in groups if group.rows > 1}
    layout = Layout(rows, Groups.of(groups).with_([Group(row, 1, tall[row]) for row in sorted(tall)]))
    for row in plain:
        if row in folded or row not in tall:
            assert layout.group(row) in (*groups, Group(row, 1, 1))
        else:
            assert layout.group(row).height == tall[row]
    assert {layout.at(y)[0] for y in range(layout.height)} == set(plain)


@given(layouts(), st.integers(0, 20), st.integers(0, 20))
def test_groups_in_the_place_of_others(given_: tuple[int, list[Group]], first: int, length: int) -> None:
    _rows, groups = given_
    last = first + length
    kept = [group for group in groups if not first <= group.first < last]
    new = [Group(first, 1, 9)] if length and not any(g.first < first < g.first + g.rows for g in kept) else []
    changed = Groups.of(groups).instead(first, last, Groups.of(new))
    assert list(zip(*changed, strict=True)) == sorted((*kept, *new))
    within = Groups.of(groups).within(first, last)
    assert list(zip(*within, strict=True)) == [group for group in groups if first <= group.first < last]
