"""What stands for a dictionary or a set of numbers, in columns, says the same as one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unbrick.request import Marks
from unbrick.session import MISSING, NO_PARENT
from unbrick.thread import Places

NUMBERS = st.lists(st.integers(0, 40), unique=True)


@given(NUMBERS)
def test_marked_numbers_are_a_set(numbers: list[int]) -> None:
    marks = Marks()
    for number in numbers:
        marks.add(number)
    assert [*marks] == sorted(numbers)
    assert [number for number in range(60) if number in marks] == sorted(numbers)


@given(NUMBERS)
def test_places_are_a_dictionary_of_rows(rows: list[int]) -> None:
    places, expected = Places(rows, 41), {row: place for place, row in enumerate(rows)}
    assert {**places} == expected
    assert len(places) == len(rows)
    for row in (MISSING, NO_PARENT, *range(41)):
        assert (row in places) == (row in expected)
        assert places.get(row) == expected.get(row)
