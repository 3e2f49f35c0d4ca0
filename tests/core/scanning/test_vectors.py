"""What is asked of a long column as a vector is what Python answers of a short one."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.entry import BareEntry, Flag, Kind
from unbrick.patch import View
from unbrick.scanning import ones, vectors
from unbrick.scanning.scan import Scan
from unbrick.session import link
from unbrick.source import Source


def both_ways(ask: Callable[[], Any]) -> tuple[Any, Any]:
    """An answer as it is given of short columns, and of long ones."""
    plain = ask()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "MANY", 1)
        return plain, ask()


def columns(code: str, least: int, most: int) -> st.SearchStrategy[array[int]]:
    """Columns of a type, of numbers between two, of which small ones are the most frequent."""
    values = st.sampled_from((least, 0, 1, 2, 3, 255, most)) | st.integers(least, most)
    return st.lists(values).map(lambda numbers: array(code, numbers))


PAIRS = st.lists(st.sampled_from(((0, 0), (0, 0), (0, 0), (0, 1), (1, 0), (1, 1))), min_size=1, max_size=60)
LARGEST = (1 << 32) - 1


@given(columns("H", 0, (1 << 16) - 1), st.lists(st.sampled_from(Flag), min_size=1))
def test_flags(column: array[int], flags: list[int]) -> None:
    plain, long = both_ways(lambda: ones.of_flags(column, *flags))
    assert plain == long == bytes(any(number & flag for flag in flags) for number in column)


@given(columns("i", -(1 << 31), (1 << 31) - 1))
def test_numbers_with_a_sign(column: array[int]) -> None:
    plain, long = both_ways(lambda: ones.below_zero(column))
    assert plain == long == bytes(number < 0 for number in column)


@given(columns("I", 0, LARGEST), st.sampled_from((0, 1, 255, 256, 65_536, LARGEST)), st.data())
def test_numbers_without_a_sign(column: array[int], limit: int, data: st.DataObject) -> None:
    marks = bytes(data.draw(st.lists(st.integers(0, 1), min_size=len(column), max_size=len(column))))
    plain, long = both_ways(lambda: (
        ones.above(column, limit), vectors.total(column), vectors.total(column, marks), vectors.highest(column),
    ))
    assert plain == long == (
        bytes(number > limit for number in column), sum(column),
        sum(number for number, mark in zip(column, marks, strict=True) if mark), max(column, default=0),
    )


@given(columns("I", 0, 1 << 20), st.integers(0, 1 << 31), st.sampled_from("IQ"))
def test_sums_up_to_each_row(column: array[int], start: int, code: str) -> None:
    found = array(code, vectors.running(column, start, code))
    assert [start, *found] == [*accumulate(column, initial=start)]


@given(PAIRS, st.sampled_from((0, 60 * ones.FEW)))
def test_ones_and_zeros(pairs: list[tuple[int, int]], more: int) -> None:
    """Also where they are few, which are looked for in another way."""
    one, other = (bytes(column) + bytes(more) for column in zip(*pairs, strict=True))
    plain, long = both_ways(lambda: (
        ones.both(one, other), ones.either(one, other), ones.without(one, other), [*ones.places(one)],
    ))
    assert plain == long == (
        bytes(a & b for a, b in zip(one, other, strict=True)), bytes(a | b for a, b in zip(one, other, strict=True)),
        bytes(a & ~b for a, b in zip(one, other, strict=True)), [row for row, mark in enumerate(one) if mark],
    )


ENTRIES = st.lists(st.builds(
    lambda uuid, parent, flags: (Kind.USER, "user", uuid, parent, flags, *[None] * 5, (), 0),
    st.sampled_from((None, *"abcdefgh")), st.sampled_from((None, *"abcdefghx")), st.sampled_from((0, Flag.LINK)),
))
"""Records whose ids come twice, and whose parents stand anywhere or nowhere."""


@given(ENTRIES)
def test_links(entries: list[BareEntry]) -> None:
    scan = Scan(View(Source.of(b"")))
    scan.extend(entries, [1] * len(entries))

    def linked() -> tuple[Any, ...]:
        session = link(scan)
        return session.row_of.rows, session.duplicates, session.parent_row, session.runs.starts

    plain, long = both_ways(linked)
    assert plain == long
    last = {uuid: row for row, (_kind, _type, uuid, *_) in enumerate(entries)}
    parents = (parent for _kind, _type, _uuid, parent, *_ in entries)
    assert [*plain[2]] == [-1 if parent is None else last.get(parent, -2) for parent in parents]
