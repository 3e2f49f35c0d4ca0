"""Runs answer what a walk from row to row answers, for any parents: in order, far apart, out of order, in circles."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from unbrick.scanning.columns import MISSING, NO_PARENT, Groups
from unbrick.scanning.runs import Runs


@st.composite
def sessions(draw: st.DrawFn) -> Runs:
    """Parents and links, most of which hang on the link before them."""
    links = bytes(draw(st.lists(st.sampled_from((0, 1, 1, 1)), max_size=24)))
    rows = [row for row, link in enumerate(links) if link]
    parents = array("i", [NO_PARENT]) * len(links)
    for place, row in enumerate(rows):
        before = rows[place - 1] if place else NO_PARENT
        far = st.sampled_from((NO_PARENT, MISSING, *rows))
        parents[row] = draw(st.one_of(st.just(before), st.just(before), far))
    return Runs(parents, links)


def above(runs: Runs, row: int) -> list[int]:
    """A row and its parents, one by one."""
    found: list[int] = []
    while row >= 0 and row not in found:
        found.append(row)
        row = runs.parent_row[row]
    return found


@given(sessions())
def test_what_runs_say_is_what_a_walk_finds(runs: Runs) -> None:
    rows = [row for row, link in enumerate(runs.links) if link]
    parents = runs.parent_row
    for row in range(len(runs.links)):
        assert [*runs.get(row)] == [child for child in rows if parents[child] == row]
    for row in rows:
        assert {one for stretch in runs.up(row) for one in runs.stretch(*stretch)} == {*above(runs, row)}
        assert sorted(runs.below(row)) == [other for other in rows if row in above(runs, other)]
        assert [other for other in rows if runs.descends(row, other)] == sorted(above(runs, row))
        last = above(runs, row)[-1]
        root = last if parents[last] < 0 else -1
        assert runs.roots()[[*runs.starts].index(runs.start(row))] == root
    assert runs.in_order is all(parents[row] < row for row in rows)


@given(st.lists(st.integers(-2, 6)))
def test_groups_hold_the_rows_of_each_key_in_their_order(keys: list[int]) -> None:
    groups = Groups(array("i", keys), array("i", range(len(keys))))
    for key in range(8):
        rows = [row for row, one in enumerate(keys) if one == key]
        assert [*groups.get(key)] == rows
        assert (key in groups) is bool(rows)
    assert sorted(groups.within(2, 5)) == [row for row, one in enumerate(keys) if one in (2, 3, 4)]
    assert groups.get(-1, (7,)) == (7,)
