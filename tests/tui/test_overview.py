"""The bar of the whole session: what it marks, and where it goes."""

from __future__ import annotations

from itertools import pairwise
from unittest.mock import patch

import pytest
from driving import Open, press
from textual.events import MouseScrollDown
from textual.pilot import Pilot

from unbrick_tui.glyphs import ASCII, UNICODE
from unbrick_tui.widgets.overview import Overview
from unbrick_tui.widgets.timeline import Timeline


def both(pilot: Pilot[int]) -> tuple[Overview, Timeline]:
    return pilot.app.screen.query_one(Overview), pilot.app.screen.query_one(Timeline)


def painted(bar: Overview) -> list[str]:
    return [bar.render_line(y).text for y in range(bar.size.height)]


async def test_every_row_is_in_one_part(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        bar, line = both(pilot)
        parts = [bar.part(y) for y in range(bar.size.height)]
        assert parts[0].first == 0
        assert parts[-1].last == len(line.view)
        assert all(a.last == b.first for a, b in pairwise(parts))


@pytest.mark.parametrize(("sample", "mark"), [
    ("missing-parent", UNICODE.error), ("crash-mid-tool", UNICODE.warning), ("healthy-compacted-twice", UNICODE.heavy),
    ("healthy-compacted-twice", UNICODE.start),
])
async def test_what_is_marked(open_app: Open, sample: str, mark: str) -> None:
    async with open_app(sample) as pilot:
        bar, _line = both(pilot)
        assert mark in "".join(text[0] for text in painted(bar))


async def test_the_cursor_is_on_one_line(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        bar, _line = both(pilot)
        assert [text[1] for text in painted(bar)].count(UNICODE.here) == 1
        await press(pilot, "g")
        assert painted(bar)[0][1] == UNICODE.here


async def test_ascii(open_app: Open) -> None:
    async with open_app("missing-parent", ascii_=True) as pilot:
        bar, _line = both(pilot)
        assert "".join(painted(bar)).isascii()
        assert ASCII.here in "".join(painted(bar))


async def test_colours_say_what_marks_say(open_app: Open) -> None:
    async with open_app("missing-parent") as pilot:
        bar, _line = both(pilot)
        error = next(strip for y in range(bar.size.height) if UNICODE.error in (strip := bar.render_line(y)).text)
        colour = pilot.app.get_css_variables()["error"].lower()
        assert error._segments[0].style is not None
        assert error._segments[0].style.color is not None
        assert error._segments[0].style.color.get_truecolor().hex == colour


async def test_a_click_and_a_drag_go_there(open_app: Open) -> None:
    async with open_app("healthy", (80, 24)) as pilot:
        bar, line = both(pilot)
        await pilot.click(bar, offset=(0, 0))
        assert line.cursor == 0
        await pilot.click(bar, offset=(1, bar.size.height - 1))
        assert line.cursor == bar.part(bar.size.height - 1).first
        await pilot.mouse_down(bar, offset=(0, 2))
        await pilot.hover(bar, offset=(0, 8))
        assert line.cursor == bar.row(8)
        await pilot.mouse_up(bar, offset=(0, 8))
        await pilot.hover(bar, offset=(0, 3))
        assert line.cursor == bar.row(8)


async def test_a_click_goes_to_the_problem_of_a_part(open_app: Open) -> None:
    async with open_app("missing-parent") as pilot:
        bar, line = both(pilot)
        assert line.outline is not None
        y = next(y for y, text in enumerate(painted(bar)) if text[0] == UNICODE.error)
        await press(pilot, "g")
        await pilot.click(bar, offset=(0, y))
        assert line.cursor in line.outline.problems


async def test_the_wheel_scrolls_the_timeline(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        bar, line = both(pilot)
        await press(pilot, "g")
        await pilot._post_mouse_events([MouseScrollDown], widget=bar, offset=(0, 3))
        assert line.scroll_offset.y == 3


async def test_an_empty_file_has_an_empty_bar(open_app: Open) -> None:
    async with open_app(b"\n") as pilot:
        bar, _line = both(pilot)
        with patch.object(Overview, "_go") as go:
            await pilot.click(bar, offset=(0, 3))
        assert go.called
        assert set("".join(painted(bar))) <= {" ", UNICODE.start, UNICODE.here, UNICODE.error, UNICODE.weights[-1]}
