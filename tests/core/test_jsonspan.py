"""One value changes, every other byte stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.jsonspan import Apart, locate, prune_depth, remove, remove_elements, set_member, set_value, set_values

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=6), VALUES, max_size=5)


@st.composite
def spelled(draw: st.DrawFn, values: st.SearchStrategy[Any] = OBJECTS) -> tuple[Any, bytes]:
    """A value and one of its spellings: with spaces or without, with escapes or without."""
    value = draw(values)
    text = json.dumps(
        value, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, None, 1])),
        separators=draw(st.sampled_from([(",", ":"), (" ,  ", "\t: ")])),
    )
    return value, text.replace("\n", "\r\n").encode("utf-8", "surrogatepass")


def pointers(value: Any, prefix: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [prefix]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += pointers(inner, (*prefix, key))
    return found


def at(value: Any, pointer: tuple[str | int, ...]) -> Any:
    for step in pointer:
        value = value[step]
    return value


def loads(raw: bytes) -> Any:
    return json.loads(raw.decode("utf-8", "surrogatepass"))


@given(spelled())
def test_every_value_is_found_where_it_stands(case: tuple[Any, bytes]) -> None:
    value, raw = case
    for pointer in pointers(value):
        start, end = locate(raw, pointer)
        assert loads(raw[start:end]) == at(value, pointer)


@given(spelled(), VALUES, st.data())
def test_setting_a_value_changes_it_and_no_other_byte(case: tuple[Any, bytes], new: Any, data: st.DataObject) -> None:
    value, raw = case
    pointer = data.draw(st.sampled_from(pointers(value)))
    spelling = json.dumps(new).encode()
    start, end = locate(raw, pointer)
    changed = set_value(raw, pointer, spelling)
    assert changed == raw[:start] + spelling + raw[end:]
    assert loads(changed[slice(*locate(changed, pointer))]) == new
    assert set_value(changed, pointer, raw[start:end]) == raw


@given(spelled(), st.data())
def test_values_set_in_one_pass_are_those_set_one_by_one(case: tuple[Any, bytes], data: st.DataObject) -> None:
    value, raw = case
    known = pointers(value)
    objects = [pointer for pointer in known if isinstance(at(value, pointer), dict)]
    added = st.builds(lambda pointer, name: (*pointer, name), st.sampled_from(objects), st.text(max_size=6))
    apart = Apart()
    drawn = data.draw(st.lists(st.sampled_from(known) | added, min_size=1, max_size=6))
    new = {pointer: json.dumps(place).encode() for place, pointer in enumerate(drawn) if apart.add(pointer)}
    one_by_one = raw
    for pointer, written in new.items():
        if pointer and isinstance(pointer[-1], str):
            one_by_one = set_member(one_by_one, pointer[:-1], pointer[-1], written)
        else:
            one_by_one = set_value(one_by_one, pointer, written)
    assert set_values(raw, new) == one_by_one
    assert set_values(raw, {}) == raw


@given(st.lists(st.lists(st.sampled_from(["a", 0]), max_size=3).map(tuple), max_size=6))
def test_pointers_stand_apart_where_none_leads_into_another(given: list[tuple[str | int, ...]]) -> None:
    apart, kept = Apart(), []
    for pointer in given:
        into = any(one[: len(pointer)] == pointer or pointer[: len(one)] == one for one in kept)
        assert apart.add(pointer) is not into
        if not into:
            kept.append(pointer)


@given(spelled(st.lists(VALUES, min_size=1, max_size=6)), st.data())
def test_elements_taken_out_together_are_those_taken_out_one_by_one(
    case: tuple[list[Any], bytes], data: st.DataObject
) -> None:
    value, raw = case
    gone = data.draw(st.sets(st.integers(0, len(value) - 1), min_size=1))
    one_by_one = raw
    for index in sorted(gone, reverse=True):
        one_by_one = remove(one_by_one, (index,))
    assert loads(remove_elements(raw, (), gone)) == loads(one_by_one)
    with pytest.raises(KeyError):
        remove_elements(raw, (), {*gone, len(value)})


@pytest.mark.parametrize(("pointer", "raw"), [
    pytest.param(("a", "b"), b'{"c":1}', id="the object of a member"),
    pytest.param(("a", 2), b'{"a":[1,2]}', id="an element"), pytest.param(("a", "b"), b'{"a":1}', id="no object"),
    pytest.param((0,), b'{"a":1}', id="no list"),
])
def test_what_is_not_there_cannot_be_set(pointer: tuple[str | int, ...], raw: bytes) -> None:
    with pytest.raises(KeyError):
        set_values(raw, {pointer: b"1"})


@given(spelled(), st.data())
def test_removing_takes_one_out_and_leaves_the_rest_readable(case: tuple[Any, bytes], data: st.DataObject) -> None:
    value, raw = case
    choices = [pointer for pointer in pointers(value) if pointer]
    if not choices:
        return
    pointer = data.draw(st.sampled_from(choices))
    outer = at(value, pointer[:-1])
    del outer[pointer[-1]]
    assert loads(remove(raw, pointer)) == value


@given(spelled(), st.text(max_size=6), VALUES, st.booleans())
def test_a_member_is_added_or_replaced(case: tuple[Any, bytes], key: str, new: Any, first: bool) -> None:
    value, raw = case
    changed = loads(set_member(raw, (), key, json.dumps(new).encode(), first=first))
    assert changed == {**value, key: new}
    if key not in value:
        assert list(changed)[0 if first else -1] == key


@given(st.binary(max_size=60), st.lists(st.text(max_size=3) | st.integers(-2, 3), max_size=3))
def test_any_bytes_give_a_span_or_a_key_error(raw: bytes, pointer: list[str | int]) -> None:
    try:
        start, end = locate(raw, pointer)
    except KeyError:
        return
    assert 0 <= start <= end <= len(raw)


@given(st.text(alphabet='{}[]",:\\1 a', max_size=40), st.lists(st.sampled_from(["a", "", 0, 1]), max_size=3))
def test_anything_like_json_gives_a_span_or_a_key_error(text: str, pointer: list[str | int]) -> None:
    try:
        locate(text.encode(), pointer)
    except KeyError:
        return


@pytest.mark.parametrize(
    ("raw", "pointer", "value"),
    [
        pytest.param(b'{"a":1,"a":2}', ("a",), b"2", id="of a repeated key the last counts"),
        pytest.param(b'\xef\xbb\xbf {"a":1}', ("a",), b"1", id="behind a byte order mark"),
        pytest.param(b'{"\\u0061":1}', ("a",), b"1", id="a key spelled with escapes"),
        pytest.param(b'{"a":1e400}', ("a",), b"1e400", id="a number too large for a float"),
        pytest.param(b'{"a":"}\\"]"}', ("a",), b'"}\\"]"', id="brackets and quotes inside a string"),
        pytest.param(b'{"a":"\\ud83d"}\r', ("a",), b'"\\ud83d"', id="half a surrogate pair"),
        pytest.param(b'{"a":"\xff"}', ("a",), b'"\xff"', id="invalid UTF-8"),
    ],
)
def test_spelling(raw: bytes, pointer: tuple[str, ...], value: bytes) -> None:
    assert raw[slice(*locate(raw, pointer))] == value


@pytest.mark.parametrize(("raw", "left"), [
    (b'{"a":1,"a":2}', b"{}"), (b'{"a":1,"b":2,"a":3}', b'{"b":2}'), (b'{"b":2, "a":1 , "\\u0061":3}', b'{"b":2 }'),
    (b'{"a":1,"a":2,"b":3}', b'{"b":3}'),
])
def test_of_a_repeated_key_all_go(raw: bytes, left: bytes) -> None:
    """An earlier one would count once the last is gone."""
    assert remove(raw, ("a",)) == left


@pytest.mark.parametrize("edit", [
    lambda raw: set_value(raw, ("a", "b"), b"9"), lambda raw: set_member(raw, ("a",), "b", b"9"),
])
def test_of_a_repeated_key_the_one_that_counts_is_changed(edit: Callable[[bytes], bytes]) -> None:
    raw = b'{"a":{"b":1},"a":{"b":2,"b":3}}'
    assert edit(raw) == b'{"a":{"b":1},"a":{"b":2,"b":9}}'
    assert loads(edit(raw)) == {"a": {"b": 9}}


@pytest.mark.parametrize("pointer", [("b",), ("a", "b"), (0,), ("l", 2), ("l", -1), ("l", "x")])
def test_what_is_not_there_is_a_key_error(pointer: tuple[str | int, ...]) -> None:
    with pytest.raises(KeyError):
        locate(b'{"a":1,"l":[1,2]}', pointer)


@pytest.mark.parametrize("end", [b"", b"\\"])
def test_a_long_text_that_breaks_off_is_read_once(end: bytes) -> None:
    """Of a million quotes in it each was tried as another beginning: that took hours."""
    raw = b'{"a":"' + b'\\"' * 1_000_000 + end
    assert prune_depth(raw) is None
    with pytest.raises(KeyError):
        locate(raw, ("b",))


def test_depth_does_not_matter() -> None:
    raw = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b',"b":1}'
    assert set_value(raw, ("b",), b"2").endswith(b',"b":2}')
    pruned = prune_depth(raw)
    assert pruned is not None
    assert loads(pruned)["b"] == 1
    assert prune_depth(raw[:-1]) is None


@given(st.lists(st.tuples(st.sampled_from("ab"), VALUES), min_size=1, max_size=8), st.sampled_from(["", " ", "\r\n  "]))
def test_of_repeated_keys_all_go_wherever_they_stand(members: list[tuple[str, Any]], space: str) -> None:
    written = [f'{space}"{name}"{space}:{space}{json.dumps(value)}{space}' for name, value in members]
    raw = f"{{{','.join(written)}}}".encode()
    kept = [(name, value) for name, value in members if name != "a"]
    if len(kept) == len(members):
        with pytest.raises(KeyError):
            remove(raw, ("a",))
    else:
        assert json.loads(remove(raw, ("a",)), object_pairs_hook=list) == json.loads(
            json.dumps({str(at): value for at, (_name, value) in enumerate(kept)}), object_pairs_hook=lambda pairs: [
                (kept[int(name)][0], value) if name.isdecimal() else (name, value) for name, value in pairs
            ],
        )
