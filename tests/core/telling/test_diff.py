from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.patch import Patch
from unbrick.record import END
from unbrick.source import Source
from unbrick.telling.diff import ValueChange, changes, compare, count, describe, difference, lines, moves
from unbrick.telling.json_report import pointer


def record(uuid: str, parent: str | None, text: str) -> bytes:
    value = {"parentUuid": parent, "type": "user", "message": {"role": "user", "content": text}, "uuid": uuid}
    return json.dumps(value, separators=(",", ":")).encode()


LINES = [record("a", None, "one"), record("b", "a", "two"), record("c", "b", "three")]


@pytest.mark.parametrize(
    ("patch", "words", "total"),
    [
        pytest.param({}, [], "no lines touched; 3 of 3 lines keep their bytes.", id="nothing"),
        pytest.param({2: (LINES[1],)}, [], "no lines touched; 3 of 3 lines keep their bytes.", id="the same bytes"),
        pytest.param(
            {2: ()}, ["line 2: removed (user “two”)"], "1 removed; 2 of 3 lines keep their bytes.", id="a line removed",
        ),
        pytest.param(
            {3: (record("c", "a", "three"),)}, ["line 3: /parentUuid changed (user “three”)"],
            "1 changed; 2 of 3 lines keep their bytes.", id="a value changed",
        ),
        pytest.param(
            {1: (LINES[0], record("x", "a", "new"))}, ["behind line 1: added (user “new”)"],
            "1 added; 3 of 3 lines keep their bytes.", id="a line inserted",
        ),
        pytest.param(
            {1: (record("x", None, "new"), LINES[0])}, ["before line 1: added (user “new”)"],
            "1 added; 3 of 3 lines keep their bytes.", id="a line put before",
        ),
        pytest.param(
            {END: (record("x", "c", "new"),)}, ["at the end: added (user “new”)"],
            "1 added; 3 of 3 lines keep their bytes.", id="a line appended",
        ),
        pytest.param(
            {1: (LINES[0], record("c", "a", "three")), 3: ()}, ["behind line 1: moved here from line 3 (user “three”)"],
            "1 added, 1 removed; 2 of 3 lines keep their bytes.", id="a line moved",
        ),
    ],
)
def test_a_patch_in_words(patch: Patch, words: list[str], total: str) -> None:
    with Source.of(b"\n".join(LINES) + b"\n") as source:
        found = changes(source, patch)
        assert [said for change in found for said in change.words(moves(found))] == words
        assert count(found, source) == total


def test_a_changed_value_is_in_sight_on_a_long_line() -> None:
    long = "x" * 5000
    with Source.of(record("a", None, long + "before" + long) + b"\n") as source:
        found = changes(source, {1: (record("a", None, long + "after" + long),)})
        shown = lines(found[0])
        assert shown[0] == "@@ line 1 @@"
        assert any(line.startswith("-") and "before" in line for line in shown)
        assert any(line.startswith("+") and "after" in line for line in shown)
        assert max(map(len, shown)) < 250


def test_nothing_in_a_changed_line_acts_on_the_terminal() -> None:
    with Source.of(b"\x1b[2J torn \x00\n") as source:
        shown = lines(changes(source, {1: ()})[0])
        assert "\x1b" not in "".join(shown)
        assert "\x00" not in "".join(shown)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


def resolve(value: Any, path: str) -> Any:
    for part in path.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


@given(JSON, JSON)
def test_every_difference_is_where_its_pointer_says(before: Any, after: Any) -> None:
    found = list(compare(before, after))
    for change in found:
        assert isinstance(change, ValueChange)
        if change.before is not None:
            assert json.loads(change.before) == resolve(before, change.pointer)
        if change.after is not None:
            assert json.loads(change.after) == resolve(after, change.pointer)
    assert bool(found) == (json.dumps(before) != json.dumps(after) and not same(before, after))


def same(before: Any, after: Any) -> bool:
    """Equal but for the order of members."""
    return json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)


@given(st.text(), st.text())
def test_what_lies_around_a_difference_is_the_same(before: str, after: str) -> None:
    start, old_end, new_end = difference(before, after)
    assert before[:start] == after[:start]
    assert before[old_end:] == after[new_end:]
    assert start <= old_end
    assert start <= new_end
    # And there is no more of it.
    assert before[start : start + 1] != after[start : start + 1] or start == min(len(before), len(after))
    assert old_end == start or new_end == start or before[old_end - 1] != after[new_end - 1]


@given(st.text("ab", max_size=30), st.text("ab", max_size=30), st.integers(1, 9))
def test_a_difference_is_the_same_however_much_is_compared_at_once(before: str, after: str, step: int) -> None:
    found = difference(before, after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unbrick.telling.diff.STEP", step)
        assert difference(before, after) == found


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        pytest.param((), "", id="the whole record"),
        pytest.param(("message", "content", 2, "text"), "/message/content/2/text", id="names and indices"),
        pytest.param(("a/b", "m~n", ""), "/a~1b/m~0n/", id="escapes and an empty name"),
    ],
)
def test_pointers_are_written_as_rfc_6901_says(parts: tuple[str | int, ...], text: str) -> None:
    assert pointer(parts) == text


@given(st.binary(max_size=200))
def test_anything_can_be_described(raw: bytes) -> None:
    assert describe(raw)
