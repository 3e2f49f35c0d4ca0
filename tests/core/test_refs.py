"""The columns of a request."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unbrick.request import Refs

KNOWN = ("toolu_1", "toolu_2")


@given(st.lists(st.integers(-1, len(KNOWN) - 1) | st.none() | st.text(max_size=2)))
def test_call_ids_are_those_that_were_put_in_from_records_and_from_elsewhere(given: list[int | str | None]) -> None:
    refs = Refs(KNOWN.__getitem__)
    for one in given:
        refs.numbers.append(one if isinstance(one, int) else refs.own(one))
    expected = [one if not isinstance(one, int) else KNOWN[one] if one >= 0 else None for one in given]
    assert [*refs] == expected == [refs[part] for part in range(len(refs))]
