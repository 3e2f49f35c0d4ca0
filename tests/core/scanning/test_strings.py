"""Each distinct string is known by one number, wherever it is kept."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.scanning import strings as strings_module
from unbrick.scanning.strings import Packed, Strings

TEXTS = st.lists(
    st.sampled_from(["", "a", "b", "é", "日本", "\ud83d", "\ude00", "\ud83d\ude00", 255 * "a", 256 * "a"])
    | st.text(max_size=3)
)


def packed(*batches: list[str]) -> Packed:
    """The strings of some batches, ready to be looked for."""
    result = Packed()
    for batch in batches:
        result.add(batch)
    result.sort()
    return result


@pytest.mark.parametrize("hashed", [hash, len, lambda _text: 7], ids=["hash", "few hashes", "one hash"])
@given(st.lists(TEXTS))
def test_equal_strings_are_known_by_the_first_of_their_numbers(hashed: object, batches: list[list[str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strings_module, "hash", hashed, raising=False)
        found = Packed()
        every = [text for batch in batches for text in batch]
        added = [found.add(batch) for batch in batches]
        assert added == [sum(map(len, batches[:number])) for number in range(len(batches))]
        assert found.sort().tolist() == [*map(every.index, every), -1]
        assert [*map(found.text, range(len(found)))] == every
        assert [*map(found.find, every)] == [*map(every.index, every)]
        assert found.find("never seen") == -1
        assert [*found.lengths()] == [min(len(text), 255) for text in every]


@given(st.lists(TEXTS), TEXTS)
def test_strings_behind_packed_ones_get_the_next_numbers(batches: list[list[str]], more: list[str]) -> None:
    first = [text for batch in batches for text in batch]
    whole = Strings(packed(*batches))
    for strings in (whole, whole.copy()):
        later = [text for text in dict.fromkeys(more) if text not in first]
        numbers = array("i", strings.column([*more, None])).tolist()
        assert numbers == [*map([*first, *later].index, more), -1] == [*map(strings.find, [*more, None])]
        assert len(strings) == len(first) + len(later)
        assert strings.own() == later
        texts = [*map(strings.text, range(-1, len(strings)))]
        assert texts == [None, *first, *later] == [*strings.texts(range(-1, len(strings)))]
        assert [*strings.lengths()] == [*(min(len(text), 255) for text in (*first, *later)), 0]


@pytest.mark.parametrize("packs", [False, True], ids=["plain", "packed"])
def test_what_is_added_to_a_copy_stays_there(packs: bool) -> None:
    strings = Strings(packed(["a", "b"])) if packs else Strings()
    assert [*map(strings.id, "ab")] == [0, 1]
    one, other = strings.copy(), strings.copy()
    assert one.id("c") == other.id("d") == 2
    assert one.copy().id("e") == 3
    assert [strings.find(text) for text in "abcd"] == [0, 1, -1, -1]
    assert [one.find(text) for text in "abcde"] == [0, 1, 2, -1, -1]
    assert [*other.texts([2, -1, 0])] == ["d", None, "a"]
