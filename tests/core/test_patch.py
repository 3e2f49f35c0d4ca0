"""A view is the source with pieces in the place of lines; a composed patch is the changes one after another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.patch import EMPTY, Patch, View, compose
from unbrick.record import END, At
from unbrick.save import patched
from unbrick.source import Source

LINES = 6
PIECES = st.lists(st.sampled_from([b'{"a":1}', b"", b"x", b'{"b":2}\r']), max_size=3).map(tuple)


@st.composite
def changes(draw: st.DrawFn, view: View) -> dict[At, tuple[bytes, ...]]:
    """Changes of some places of a view, an append among them at times."""
    rows = draw(st.lists(st.integers(0, len(view) - 1), max_size=4, unique=True)) if len(view) else []
    change = {view.at(row): draw(PIECES) for row in rows}
    if draw(st.booleans()):
        change[At(END, len(view.patch.get(END, ())))] = draw(PIECES)
    return change


def plain(view: View) -> list[bytes]:
    return [raw.removesuffix(b"\n") for raw in view.raws()]


def by_hand(view: View, change: dict[At, tuple[bytes, ...]]) -> list[bytes]:
    """What a change makes of a view, done on a list."""
    found: list[bytes] = []
    for row, raw in enumerate(plain(view)):
        found += change.get(view.at(row), (raw,))
    return [*found, *change.get(At(END, len(view.patch.get(END, ()))), ())]


@given(st.data(), st.integers(0, LINES), st.booleans())
def test_composing_is_changing_one_after_another(data: st.DataObject, count: int, ended: bool) -> None:
    body = b"\n".join(b"line %d" % n for n in range(count)) + (b"\n" if ended and count else b"")
    with Source.of(body) as source:
        patch: Patch = EMPTY
        for _step in range(data.draw(st.integers(1, 4))):
            view = View(source, patch)
            change = data.draw(changes(view))
            expected = by_hand(view, change)
            patch = compose(patch, change)
            view = View(source, patch)
            assert plain(view) == expected
            assert len(view) == len(expected)
            assert [view.raw(row).removesuffix(b"\n") for row in range(len(view))] == expected
            assert [view.row(view.at(row)) for row in range(len(view))] == list(range(len(view)))
            assert len({view.at(row) for row in range(len(view))}) == len(view)
        whole = b"".join(patched(source, patch))
        assert whole in (b"\n".join(expected), b"\n".join([*expected, b""]))


@given(st.binary(max_size=80))
def test_without_an_edit_the_same_bytes_are_written(data: bytes) -> None:
    with Source.of(data) as source:
        assert b"".join(patched(source)) == data


@pytest.mark.parametrize(
    ("data", "patch", "expected"),
    [
        pytest.param(b"a\nb", {END: (b"c",)}, b"a\nb\nc\n", id="an unfinished last line is ended before another"),
        pytest.param(b"a\nb", {1: (b"x",)}, b"x\nb", id="an unfinished last line stays so"),
        pytest.param(b"a\nb", {2: (b"x",)}, b"a\nx\n", id="a line of the patch is ended"),
        pytest.param(b"a\nb", {2: ()}, b"a\n", id="the last line goes"),
        pytest.param(b"a\r\nb\r\n", {1: (b"x\r",)}, b"x\r\nb\r\n", id="carriage returns stay"),
        pytest.param(b"", {END: (b"a",)}, b"a\n", id="something into an empty file"),
        pytest.param(b"a\nb\n", {1: (), 2: ()}, b"", id="nothing is left"),
    ],
)
def test_line_ends(data: bytes, patch: Patch, expected: bytes) -> None:
    with Source.of(data) as source:
        assert b"".join(patched(source, patch)) == expected


@pytest.mark.parametrize("at", [At(1, 1), At(2, 0), At(END, 1), At(1, -1)])
def test_a_place_that_is_not_there_is_refused(at: At) -> None:
    with pytest.raises(KeyError):
        compose({2: ()}, {at: (b"x",)})


def test_places_that_a_view_does_not_have() -> None:
    with Source.of(b"a\nb\n") as source:
        view = View(source, {1: ()})
        assert [view.row(at) for at in (At(1), At(0), At(3), At(2, 1), At(END))] == [None] * 5
        assert view.row(At(2)) == 0


def test_the_head_of_a_row_and_its_length() -> None:
    with Source.of(b"one\ntwo two\nthree", "a") as source:
        view = View(source, {2: (b"x" * 9 + b"\n", b"y\n")})
        for row in range(len(view)):
            for most in (0, 2, 100):
                assert view.head(row, most) == (view.raw(row)[:most], len(view.raw(row)))
