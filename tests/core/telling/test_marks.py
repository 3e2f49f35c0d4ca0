"""What changes inside a line is marked, and nothing else; what is marked makes the new line out of the old."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.jsonspan import set_value
from unbrick.printable import printable
from unbrick.telling.diff import LineChange
from unbrick.telling.marks import AROUND, Mark, marks

OLD = (
    b'{"uuid":"u","parentUuid":"aaaa-1111","type":"user",'
    b'"message":{"content":[{"type":"text","text":"one two three"}]}}'
)


def marked(pointer: tuple[str | int, ...], value: object, old: bytes = OLD) -> list[Mark]:
    new = set_value(old, pointer, json.dumps(value, ensure_ascii=False).encode())
    return list(marks(LineChange(7, old, (new,))))


def test_a_value_that_is_another_is_marked_whole() -> None:
    (mark,) = marked(("parentUuid",), "bbbb-1111")
    assert mark.where == "line 7  /parentUuid"
    assert (mark.gone, mark.new) == ("aaaa-1111", "bbbb-1111")
    assert mark.before.endswith('"parentUuid":"')
    assert mark.behind.startswith('","type":"user"')


def test_of_a_longer_value_only_the_part_that_differs_is_marked() -> None:
    (mark,) = marked(("message", "content", 0, "text"), "one 2 three")
    assert (mark.gone, mark.new) == ("two", "2")


@pytest.mark.parametrize(
    ("after", "where", "gone", "new"), [
        pytest.param((), "line 7 goes", True, False, id="removed"),
        pytest.param((OLD, b'{"type":"x"}'), "behind line 7, new: x", False, True, id="company"),
        pytest.param((b'{"type":"x"}', OLD), "before line 7, new: x", False, True, id="company in front"),
    ],
)
def test_whole_lines_are_named(after: tuple[bytes, ...], where: str, gone: bool, new: bool) -> None:
    (mark,) = marks(LineChange(7, OLD, after))
    assert mark.where == where
    assert (bool(mark.gone), bool(mark.new)) == (gone, new)


def test_a_member_that_is_added_is_marked_alone() -> None:
    (mark,) = marks(LineChange(7, b'{"uuid":"u","a":1}', (b'{"uuid":"u","a":1,"b":"two"}',)))
    assert (mark.where, mark.gone, mark.new) == ("line 7  /b", "", '"two"')


@given(st.text(max_size=400), st.text(max_size=400))
def test_what_is_marked_is_short_and_harmless(one: str, other: str) -> None:
    old = json.dumps({"uuid": "u", "text": one}, ensure_ascii=False).encode("utf-8", "replace")
    new = json.dumps({"uuid": "u", "text": other}, ensure_ascii=False).encode("utf-8", "replace")
    for mark in marks(LineChange(7, old, (new,)), length=100):
        for text in mark:
            assert printable(text) == text
        assert max(len(mark.gone), len(mark.new)) <= 100
        assert max(len(mark.before), len(mark.behind)) <= AROUND + 1


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.text(st.characters(codec="utf-8"), max_size=60))
def test_marks_make_the_new_value_out_of_the_old(one: str, other: str) -> None:
    old, new = (json.dumps({"uuid": "u", "text": text}).encode() for text in (one, other))
    found = list(marks(LineChange(7, old, (new,)), length=2000))
    if old == new:
        assert not found
        return
    (mark,) = found
    before = old.decode().index('"text"')
    assert mark.gone in old.decode()[before:]
    assert mark.new in new.decode()[before:]
