"""A record edited by hand: what is written out comes back as itself, and only what was changed is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from tests.core.test_jsonspan import OBJECTS, spelled

from unbrick.edit import DropRecord, Salvage
from unbrick.editing.retouch import NotJsonError, edits, respelled, taken_back, written_out
from unbrick.record import At, compact

HERE = At(7)


def pieces(raw: bytes, text: str) -> tuple[bytes, ...]:
    """The lines that an edited text makes of a line; the line itself where nothing changed."""
    made = edits(HERE, raw, taken_back(text))
    if not made:
        return (raw.rstrip(b"\r\n"),)
    (edit,) = made
    assert isinstance(edit, Salvage)
    return edit.pieces


@given(spelled())
def test_what_was_not_changed_is_no_edit(case: tuple[Any, bytes]) -> None:
    _value, raw = case
    assert edits(HERE, raw, taken_back(written_out(raw))) == ()


@given(spelled(), OBJECTS)
def test_any_edit_says_what_was_typed(case: tuple[Any, bytes], new: Any) -> None:
    old, raw = case
    line = respelled(raw.replace(b"\r\n", b" "), old, new)
    assert json.loads(line.decode("utf-8", "surrogatepass")) == new


@given(spelled(), OBJECTS)
def test_a_member_that_was_not_touched_keeps_its_bytes(case: tuple[Any, bytes], other: Any) -> None:
    value, raw = case
    inner = raw.replace(b"\r\n", b" ")
    line = b'{"kept": ' + inner + b', "changed":1}'
    assert respelled(line, {"kept": value, "changed": 1}, {"kept": value, "changed": other}) == (
        b'{"kept": ' + inner + b', "changed":' + compact(other) + b"}"
    )


CASES = {
    "a value": (b'{"a":1.50,"b":"\\u00e9"}', '{"a": 1.5, "b": "e"}', (b'{"a":1.50,"b":"e"}',)),
    "true is not one": (b'{"a": 1}', '{"a": true}', (b'{"a": true}',)),
    "a number in another spelling": (b'{"a":1}', '{"a":1.0}', (b'{"a":1.0}',)),
    "the order of members": (b'{"a":1,"b":2}', '{"b":2,"a":1}', (b'{"a":1,"b":2}',)),
    "an added member": (b'{"a": 1}', '{"a": 1, "b": 2}', (b'{"a": 1,"b":2}',)),
    "a removed member": (b'{"a": 1, "b": 2}', '{"b": 2}', (b'{"b": 2}',)),
    "a repeated member": (b'{"a":1,"a":2,"b":3}', '{"b":3}', (b'{"b":3}',)),
    "an element in the middle": (b'{"a":[1.0, 2.0]}', '{"a":[1.0,7,2.0]}', (b'{"a":[1.0,7, 2.0]}',)),
    "elements in front": (b'{"a":[1.0, 2.0]}', '{"a":[8,9,1.0,2.0]}', (b'{"a":[8,9,1.0, 2.0]}',)),
    "a removed element": (b'{"a":[1.0, 2.0, 3.0]}', '{"a":[1.0,3.0]}', (b'{"a":[1.0, 3.0]}',)),
    "inside an element": (b'{"a":[{"t": "x"}, {"t": "y"}]}', '{"a":[{"t":"x"},{"t":"z"}]}',
                          (b'{"a":[{"t": "x"}, {"t": "z"}]}',)),
    "a carriage return at the end": (b'{"a":1}\r\n', '{"a":2}\n', (b'{"a":2}',)),
    "two records, the second is the old one": (b'{"a": 1, "b": 2}', '{"x":[0]}\n{"a":1,"b":3}',
                                               (b'{"x":[0]}', b'{"a": 1, "b": 3}')),
    "a torn line, completed": (b'{"a": "b', '{"a": "b"}', (b'{"a": "b"}',)),
    "two records glued together": (b'{"a":1}{"b": 2}', '{"a":1}{"b": 2}', (b'{"a":1}', b'{"b": 2}')),
    "a byte order mark": (b'\xef\xbb\xbf{"a": 1}', '{"a": 2}', (b'\xef\xbb\xbf{"a": 2}',)),
    "bytes that are no UTF-8": (b'{"a": "\xff", "b": 1}', '{"a": "\ufffd", "b": 2}', (b'{"a": "\xff", "b": 2}',)),
}


@pytest.mark.parametrize("case", CASES)
def test_only_what_changed_is_written(case: str) -> None:
    raw, text, expected = CASES[case]
    assert pieces(raw, text) == expected


def test_nothing_left_takes_the_record_out() -> None:
    assert edits(HERE, b'{"a":1}', taken_back(" \n\t\n")) == (DropRecord(HERE),)


WRONG = {
    "a comma": ('{\n  "a": 1\n  "b": 2\n}', 3, 3, "a comma"),
    "a value": ('{\n  "a": \n}', 3, 1, "a value is missing"),
    "a line break in a text": ('{"a": "x\ny"}', 1, 9, "\\n writes one"),
    "a list": ('{"a":1}\n[1]', 2, 1, "object in braces"),
    "no number": ('{"a":1}\n  {"b": NaN}', 2, 3, "NaN"),
    "depth": ('{"a":\n' + "[" * 100_000, 1, 1, "nested too deeply"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_json_is_said_with_its_place(case: str) -> None:
    text, line, column, reason = WRONG[case]
    with pytest.raises(NotJsonError) as caught:
        taken_back(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert reason in str(caught.value)
    assert str(caught.value).startswith(f"Line {line}, column {column}: ")


TEXTS = {
    "indented": (b'{"a":[1,"\\u00e9"]}\r\n', '{\n  "a": [\n    1,\n    "é"\n  ]\n}\n'),
    "half a surrogate pair stays an escape": (b'{"a":"\\ud83d"}', '{\n  "a": "\\ud83d"\n}\n'),
    "a torn line as it stands": (b'{"a":"b\n', '{"a":"b\n'),
    "a number beyond every range as it stands": (b'{"a":1E400}\n', '{"a":1E400}\n'),
    "deep nesting as it stands": (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
                                  '{"a":' + "[" * 5000 + "]" * 5000 + "}\n"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_the_text_to_edit(case: str) -> None:
    raw, text = TEXTS[case]
    assert written_out(raw) == text
