"""The record, the request, the error box and pictures, as text, and the colours in them that carry meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from driving import Open, Opened, press, settle
from rich.color import Color
from textual import events
from textual.app import App

from unbrick_tui.app import UnbrickApp
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.widgets.timeline import Timeline

NARROW, SMALL, LARGE = (40, 20), (80, 24), (120, 40)
Same = Callable[[UnbrickApp, str], None]
Case = tuple[str, int, Sequence[str]]

CASES = {
    "record-edit": ("healthy", 203, ("enter",)),
    "record-reply": ("healthy", 56, ("enter",)),
    "record-result": ("healthy", 197, ("enter",)),
    "record-with-a-finding": ("missing-parent", 124, ("enter",)),
    "record-sent": ("healthy", 203, ("enter", "2")),
    "record-sent-rewritten": ("healthy", 3, ("enter", "2")),
    "record-links": ("healthy", 203, ("enter", "3")),
    "record-json": ("healthy", 203, ("enter", "4")),
    "record-bytes": ("healthy", 203, ("enter", "5")),
    "request-sent": ("crash-mid-tool", 205, ("m",)),
    "request-refused": ("bad-tool-name", 5, ("m", "n")),
    "request-for-another-client": ("crash-mid-tool", 205, ("m", "t", *"2.1.329", "enter")),
    "request-went-out": ("healthy-compacted-twice", 100, ("m", "r", "left_square_bracket")),
    "request-compared": ("healthy-compacted-twice", 100, ("m", "r", "left_square_bracket", "d")),
    "request-compared-with-now": ("healthy-compacted-twice", 100, ("m", "r", "d")),
}
"""Name → sample, row, keys."""
NARROW_ONES = ("record-edit", "record-links", "request-refused", "request-compared")
REFUSED = (
    "API Error: 400 messages.97: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_x. "
    "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
)


async def go(pilot: Opened, row: int, keys: Sequence[str]) -> None:
    timeline = next(s for s in pilot.app.screen_stack if isinstance(s, SessionScreen)).query_one(Timeline)
    timeline.open_run(row)
    timeline.jump(row)
    await press(pilot, *keys)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("name", CASES)
async def test_screen(open_app: Open, same_screen: Same, name: str, size: tuple[int, int]) -> None:
    sample, row, keys = CASES[name]
    async with open_app(sample, size) as pilot:
        await go(pilot, row, keys)
        same_screen(pilot.app, name)


@pytest.mark.parametrize("name", NARROW_ONES)
async def test_forty_columns(open_app: Open, same_screen: Same, name: str) -> None:
    sample, row, keys = CASES[name]
    async with open_app(sample, NARROW) as pilot:
        await go(pilot, row, keys)
        same_screen(pilot.app, name)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
async def test_error_box(open_app: Open, same_screen: Same, size: tuple[int, int]) -> None:
    async with open_app("crash-mid-tool", size) as pilot:
        pilot.app.post_message(events.Paste(REFUSED))
        await settle(pilot)
        same_screen(pilot.app, "error-pasted")
        await press(pilot, "enter")
        same_screen(pilot.app, "error-explained")


@pytest.mark.parametrize("name", [name for name in CASES if not name.endswith("client")])
async def test_ascii(open_app: Open, name: str) -> None:
    """Nothing but ASCII is painted, whatever the transcript holds."""
    from driving import screen_text

    sample, row, keys = CASES[name]
    async with open_app(sample, SMALL, ascii_=True) as pilot:
        await go(pilot, row, keys)
        assert screen_text(pilot.app).isascii()


def colours(app: App[int], words: str) -> set[Color | None]:
    """The foregrounds of the segments that hold some words."""
    strips = app.screen._compositor.render_strips()
    return {s.style.color for strip in strips for s in strip if words in s.text and s.style is not None}


def colour(app: App[int], name: str) -> Color:
    return Color.parse(app.theme_variables[name])


@pytest.mark.parametrize("theme", ["unbrick-dark", "unbrick-light"])
async def test_added_is_green_and_taken_out_is_red(open_app: Open, theme: str) -> None:
    async with open_app("healthy", LARGE) as pilot:
        pilot.app.theme = theme
        await go(pilot, 173, ("enter",))
        assert colours(pilot.app, "+line_total") == {colour(pilot.app, "success")}
        assert colours(pilot.app, "-line_total") == {colour(pilot.app, "error")}


@pytest.mark.parametrize("theme", ["unbrick-dark", "unbrick-light"])
async def test_what_is_refused_is_red_and_the_other_half_is_lit(open_app: Open, theme: str) -> None:
    async with open_app("bad-tool-name", LARGE) as pilot:
        pilot.app.theme = theme
        await go(pilot, 5, ("m", "n"))
        assert colours(pilot.app, "refused: ") == {colour(pilot.app, "error")}
        assert colours(pilot.app, "result   ") >= {colour(pilot.app, "accent")}
