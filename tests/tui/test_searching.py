"""Searching while it is typed: what is found, where the cursor goes, what is said."""

from __future__ import annotations

import json
from itertools import chain

import pytest
from driving import Open, Opened, notices, press, screen_text, settle
from hypothesis import given
from hypothesis import strategies as st

from unbrick.formats.claude_code import ClaudeCode
from unbrick.patch import View
from unbrick.source import Source
from unbrick_tui.search import Matches, Query, TooSlowError, search, words
from unbrick_tui.widgets.search_bar import SearchBar
from unbrick_tui.widgets.status import StatusLine
from unbrick_tui.widgets.timeline import Timeline

CLAUDE = ClaudeCode()


def line(text: str, uuid: str = "", **more: object) -> bytes:
    message = {"role": "user", "content": text}
    return json.dumps({"type": "user", "uuid": uuid, "message": message, **more}).encode() + b"\n"


def call(given: object) -> bytes:
    block = {"type": "tool_use", "id": "toolu_0123456789", "name": "Bash", "input": given}
    return json.dumps({"type": "assistant", "message": {"role": "assistant", "content": [block]}}).encode() + b"\n"


def rows(query: Query, data: bytes, first: int = 0) -> list[int]:
    view = View(Source.of(data))
    return list(chain.from_iterable(found.rows for found in search(CLAUDE, view, query, first)))


HOLDS = [
    pytest.param("coupon", False, line("A Coupon"), True, id="small letters find capital ones"),
    pytest.param("Coupon", False, line("a coupon"), False, id="a capital letter makes case count"),
    pytest.param("a.c", False, line("abc"), False, id="plain text is plain"),
    pytest.param("a.c", True, line("abc"), True, id="an expression is none"),
    pytest.param(r"\Snd", True, line("AND"), True, id="a class is no capital letter"),
    pytest.param("^two$", True, line("one\ntwo"), True, id="an expression goes by lines"),
    pytest.param("ünder", False, line("Über und Ünder"), True, id="letters beyond ASCII"),
    pytest.param('say "hi"\nand', False, call({"command": 'say "hi"\nand go'}), True, id="what JSON escapes"),
    pytest.param("Bash", False, call({}), True, id="the name of a tool"),
    pytest.param("type", False, line("nothing"), False, id="not the names of members"),
    pytest.param("cafe", False, line("nothing", uuid="cafe0000-0000"), False, id="not a few letters of an id"),
    pytest.param("cafe0000", False, line("nothing", uuid="cafe0000-0000"), True, id="the beginning of an id"),
    pytest.param("0123456789", False, call({}), True, id="the id of a call"),
    pytest.param("torn", False, b'{"type": "user", "message": "torn off', True, id="a line nobody can read"),
]


@pytest.mark.parametrize(("text", "regular", "raw", "found"), HOLDS)
def test_what_counts_as_found(text: str, regular: bool, raw: bytes, found: bool) -> None:
    assert rows(Query(text, regular=regular), raw) == [0] * found


@pytest.mark.parametrize("text", ["(", "[a", "*", "(?P<x>a)(?P<x", "a{99999999999}"])
def test_a_wrong_expression_is_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="not a regular expression"):
        Query(text, regular=True)


def test_an_expression_that_takes_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unbrick_tui.search.PATIENCE", 0.01)
    slow = line("a" * 60 + "!")
    query = Query("(a|aa)+$", regular=True)
    view = View(Source.of(slow * 3 + line("a")))
    found = search(CLAUDE, view, query)
    seen: list[int] = []
    while True:
        try:
            seen += next(found).rows
        except StopIteration as stop:
            assert (seen, stop.value) == ([3], 3)
            break
    with pytest.raises(TooSlowError, match="takes too long"):
        list(search(CLAUDE, View(Source.of(slow * 40)), query))
    assert query.spans("a" * 60 + "!") == []


@given(st.sets(st.integers(0, 40)), st.integers(0, 40), st.integers(0, 40), st.sampled_from([1, -1]))
def test_matches_are_in_file_order_wherever_the_search_began(found: set[int], first: int, row: int, step: int) -> None:
    matches = Matches(Query("x"), first, 41)
    matches.add(sorted(found, key=lambda one: (one < first, one)))
    ordered = sorted(found)
    assert len(matches) == len(ordered)
    assert [matches.number(one) for one in ordered] == list(range(1, len(ordered) + 1))
    beyond = [one for one in ordered if (one > row if step > 0 else one < row)]
    wanted = (beyond or ordered)[0 if step > 0 else -1] if ordered else None
    assert matches.after(row, step) == wanted


def test_an_excerpt_shows_the_place() -> None:
    raw = line("word " * 100 + "needle here " + "word " * 100)
    shown = Query("needle").excerpt(CLAUDE, raw, "word word", 40)
    assert "needle" in shown[:40]
    assert Query("word").excerpt(CLAUDE, raw, "word word", 40) == "word word"


def timeline(pilot: Opened) -> Timeline:
    return pilot.app.screen.query_one("#timeline", Timeline)


def status(pilot: Opened) -> str:
    return pilot.app.screen.query_one(StatusLine).text


async def test_the_cursor_goes_along_while_typing_and_back_on_escape(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        shown = timeline(pilot)
        await press(pilot, "g", "j")
        before = shown.cursor
        await press(pilot, "slash", *"coupon")
        assert shown.cursor > before
        assert "coupon" in words(CLAUDE, shown.view.raw(shown.cursor)).lower()
        assert "of " in screen_text(pilot.app).splitlines()[-3]
        await press(pilot, "escape")
        assert shown.cursor == before
        assert shown.sought is None
        assert shown.has_focus


async def test_next_and_previous_match_and_the_count(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        shown = timeline(pilot)
        await press(pilot, "g", "slash", *"coupon", "enter")
        first = shown.cursor
        assert "“coupon” 1 of " in status(pilot)
        await press(pilot, "n")
        assert shown.cursor > first
        assert "“coupon” 2 of " in status(pilot)
        await press(pilot, "N", "N")
        assert shown.cursor > first, "around the end"
        await press(pilot, "escape")
        assert "coupon" not in status(pilot)
        await press(pilot, "slash", "up", "enter")
        assert "“coupon”" in status(pilot)


async def test_a_wrong_expression_is_said_below_the_field(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        await press(pilot, "g", "slash", "ctrl+r", "c", "left_parenthesis")
        assert "not a regular expression: missing )" in screen_text(pilot.app)
        await press(pilot, "backspace", "full_stop", "full_stop", *"pon")
        assert "not a regular expression" not in screen_text(pilot.app)
        assert "regex" in screen_text(pilot.app)
        await press(pilot, "enter")
        assert "/c..pon/ 1 of " in status(pilot)


async def test_nothing_found_is_said(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        await press(pilot, "slash", *"no such words", "enter")
        assert "“no such words” is nowhere in this session" in notices(pilot.app)
        await press(pilot, "n")
        assert timeline(pilot).sought is not None


async def test_a_search_goes_on_over_what_an_edit_leaves(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "slash", *"unittest", "enter")
        before = pilot.app.screen._matches
        await press(pilot, "f", "enter")
        await settle(pilot)
        after = pilot.app.screen._matches
        assert after is not before
        assert len(after) == len(before) > 0
        assert f"“unittest” {len(after)} found" in status(pilot)


async def test_typing_while_the_check_runs(open_app: Open) -> None:
    """Keys go to the field whatever else is being done."""
    async with open_app("healthy", checked=False) as pilot:
        await pilot.press("slash", *"coupon")
        assert pilot.app.screen.query_one(SearchBar).field.value == "coupon"
