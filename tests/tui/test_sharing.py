"""The context chart and the exports, by keys and by mouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from driving import Open, Opened, notices, press, screen_text, settle

from unbrick_tui.app import UnbrickApp
from unbrick_tui.exporting import WARNINGS
from unbrick_tui.screens.context import ContextScreen
from unbrick_tui.widgets.chart import Chart

SMALL, LARGE = (80, 24), (120, 40)
Same = Callable[[UnbrickApp, str], None]


async def chart(pilot: Opened) -> Chart:
    """Open the chart."""
    await press(pilot, "C")
    return pilot.app.screen.query_one(Chart)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("sample", ["context-too-long", "healthy-compacted-twice"])
async def test_the_chart_as_it_is_painted(
    open_app: Open, same_screen: Same, sample: str, size: tuple[int, int]
) -> None:
    async with open_app(sample, size) as pilot:
        await chart(pilot)
        await press(pilot, "left", "left")
        same_screen(pilot.app, f"context-chart-{sample}")


async def test_the_chart_in_forty_columns_of_ascii(open_app: Open, same_screen: Same) -> None:
    async with open_app("failed-compaction", (40, 20), ascii_=True) as pilot:
        await chart(pilot)
        await press(pilot, "left_square_bracket")
        assert screen_text(pilot.app).isascii()
        same_screen(pilot.app, "context-chart-ascii")


async def test_the_record_of_a_stop_is_gone_to(open_app: Open) -> None:
    async with open_app("healthy-compacted-twice", SMALL) as pilot:
        await chart(pilot)
        await press(pilot, "g")
        assert "1 of 34" in screen_text(pilot.app)
        assert "12,712 tokens" in screen_text(pilot.app)
        await press(pilot, "n")
        assert "compaction: a summary stands for what is before it" in screen_text(pilot.app)
        await press(pilot, "enter")
        assert pilot.app.screen.timeline.cursor == 81  # type: ignore[attr-defined]


async def test_a_click_goes_to_a_stop_and_a_second_one_to_its_record(open_app: Open) -> None:
    async with open_app("context-too-long", SMALL) as pilot:
        shown = await chart(pilot)
        await pilot.click(Chart, offset=(20, 3))
        await settle(pilot)
        assert shown.cursor != 88
        assert isinstance(pilot.app.screen, ContextScreen)
        await pilot.click(Chart, offset=(20, 3))
        await settle(pilot)
        assert not isinstance(pilot.app.screen, ContextScreen)


@pytest.mark.parametrize("width", [30, 80, 200])
async def test_every_column_stands_for_stops_and_every_stop_has_one(open_app: Open, width: int) -> None:
    async with open_app("context-too-long", (width, 24)) as pilot:
        shown = await chart(pilot)
        stops = len(shown._course.stops)
        columns = [shown._stops(column) for column in range(min(stops, shown._room))]
        assert [stop for column in columns for stop in column] == list(range(stops))
        assert all(stop in columns[shown._column(stop)] for stop in range(stops))


async def test_a_session_without_replies_says_so(open_app: Open) -> None:
    async with open_app(b'[{"role": "user", "content": "hello"}]', SMALL, name="body.json") as pilot:
        await chart(pilot)
        assert "The model has not replied" in screen_text(pilot.app)
        await press(pilot, "right", "n", "enter", "escape")
        assert not isinstance(pilot.app.screen, ContextScreen)


@pytest.mark.parametrize("style", ["bar", "near", "over", "limit", "compaction", "failure"])
async def test_what_carries_meaning_has_a_colour_of_its_own(open_app: Open, style: str) -> None:
    async with open_app("context-too-long", SMALL) as pilot:
        shown = await chart(pilot)
        plain = shown.rich_style.color
        assert shown._part(style).color != plain


# Sharing


FORMS = {"markdown": "session.md", "html": "session.html", "messages": "session.json"}


@pytest.mark.parametrize("form", FORMS)
async def test_a_session_is_shared(open_app: Open, tmp_path: Path, form: str) -> None:
    async with open_app("crash-mid-tool", LARGE) as pilot:
        await press(pilot, "x", *["j"] * list(WARNINGS).index(form), "enter")
        assert WARNINGS[form] in screen_text(pilot.app)
        assert "156 messages" in screen_text(pilot.app)
        await press(pilot, "j", "enter", "enter")
        assert "Written" in screen_text(pilot.app)
        assert FORMS[form] in screen_text(pilot.app)
    assert b"shop-api" in (tmp_path / FORMS[form]).read_bytes()


async def test_a_bug_report_holds_nothing_of_the_conversation(open_app: Open, tmp_path: Path) -> None:
    async with open_app("crash-mid-tool", LARGE) as pilot:
        await press(pilot, "x", "G", "enter", "enter")
        assert "Written" in screen_text(pilot.app)
    assert b"shop-api" not in (tmp_path / "unbrick-report.zip").read_bytes()


async def test_a_file_that_is_there_is_not_written_over(open_app: Open, tmp_path: Path) -> None:
    (tmp_path / "session.md").write_text("mine", "utf-8")
    async with open_app("crash-mid-tool", LARGE) as pilot:
        await press(pilot, "x", "enter", "enter")
        assert "session-2.md" in screen_text(pilot.app)
        await press(pilot, "ctrl+u", *"session.md", "enter")
        assert "exists already" in screen_text(pilot.app)
        await press(pilot, "escape")
        assert not notices(pilot.app)
    assert (tmp_path / "session.md").read_text("utf-8") == "mine"
    assert not (tmp_path / "session-2.md").exists()


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
async def test_the_question_as_it_is_painted(open_app: Open, same_screen: Same, size: tuple[int, int]) -> None:
    async with open_app("crash-mid-tool", size) as pilot:
        await press(pilot, "x")
        same_screen(pilot.app, "sharing")
