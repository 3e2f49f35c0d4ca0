"""Each distinct string has one number, wherever it is kept."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.scanning.strings import FULL, Packed, Strings

TEXTS = st.lists(st.sampled_from(["", "a", "b", "é", "日本", "\ud83d", "\ude00", "\ud83d\ude00"]) | st.text(max_size=3))


@given(st.lists(TEXTS), TEXTS, TEXTS)
def test_packed_strings_are_numbered_as_those_of_a_dictionary(
    batches: list[list[str]], more: list[str], others: list[str]
) -> None:
    packed, plain = Strings(Packed(1)), Strings()
    for batch in batches:
        distinct = [*dict.fromkeys(batch)]
        assert packed.pack(distinct) == plain.pack(distinct) == [*map(plain.id, distinct)]
    for first, second in [(packed, plain), (packed.copy(), plain.copy())]:
        assert first.column([*more, None]) == second.column([*more, None])
        assert [*array("i", first.column([*more, None]))] == [*map(second.find, [*more, None])]
        assert first.pack([*dict.fromkeys(others)]) == second.pack([*dict.fromkeys(others)])
        seen = {*more, *others}.union(*batches)
        assert len(first) == len(second) == len(seen)
        every = range(-1, len(seen))
        texts = [*map(first.text, every)]
        assert texts == [*first.texts(every)] == [*second.texts(every)] == [*map(second.text, every)]
        assert [*first.lengths()] == [*second.lengths()] == [len(text or "") for text in [*texts[1:], None]]
        assert all(first.text(first.find(text)) == text for text in seen)
        assert first.find("never seen") == first.find(None) == -1


@pytest.mark.parametrize("strings", [Strings(), Strings(Packed(1))], ids=["plain", "packed"])
def test_what_is_added_to_a_copy_stays_there(strings: Strings) -> None:
    assert strings.pack(["a", "b"]) == [0, 1]
    one, other = strings.copy(), strings.copy()
    assert one.id("c") == other.id("d") == 2
    assert one.copy().id("e") == 3
    assert [strings.find(text) for text in "abcd"] == [0, 1, -1, -1]
    assert [one.find(text) for text in "abcde"] == [0, 1, 2, -1, -1]
    assert [*other.texts([2, -1, 0])] == ["d", None, "a"]


def test_more_strings_than_were_expected_are_found_as_fast() -> None:
    packed = Packed(1)
    texts = [f"toolu_{number}" for number in range(5000)]
    for start in range(0, len(texts), 700):
        batch = texts[start : start + 700]
        assert packed.add(batch) == [*range(start, start + len(batch))]
    assert len(packed._last) >= len(packed) / FULL
    assert [packed.find(text) for text in texts] == packed.add(texts) == [*range(len(texts))]
    assert packed.find("toolu_5000") == -1
