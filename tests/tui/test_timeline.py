"""What the timeline shows of turns, messages and pairs, and the colours that say so."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

import pytest
from driving import Open, press, screen_text
from rich.style import Style
from textual.pilot import Pilot

from unbrick.entry import BlockFlag
from unbrick_tui.glyphs import UNICODE
from unbrick_tui.widgets.timeline import Timeline


def timeline(pilot: Pilot[int]) -> Timeline:
    return pilot.app.screen.query_one(Timeline)


def painted(line: Timeline, row: int, offset: int = 0) -> Iterator[tuple[str, Style]]:
    """(character, style) of a painted line of a row, rules above it not counted."""
    above = line.lines.group(row).height - 1 - len(line._under.get(row, ()))
    strip = line.render_line(line.lines.top(row) + above + offset - line.scroll_offset.y)
    for segment in strip:
        for char in segment.text:
            yield char, segment.style or Style.null()


def colour(pilot: Pilot[int], name: str) -> str:
    return pilot.app.get_css_variables()[name].lower()


def colours(line: Timeline, row: int, chars: str) -> set[str]:
    return {
        style.color.get_truecolor().hex for char, style in painted(line, row)
        if char in chars and style.color is not None
    }


@pytest.mark.parametrize(("sample", "row", "text"), [
    ("crash-mid-tool", 202, "─── turn 12 ──"), ("crash-mid-tool", 202, "2 calls · 37k tokens ───"),
    ("healthy", 2, "─── turn 1 ──"),
])
async def test_a_turn_begins_with_a_rule(open_app: Open, sample: str, row: int, text: str) -> None:
    async with open_app(sample, (100, 30)) as pilot:
        line = timeline(pilot)
        line.jump(row)
        y = line.lines.top(row) - line.scroll_offset.y
        assert any(text in line.render_line(y + above).text for above in range(2))


async def test_parts_of_one_message_have_one_head(open_app: Open) -> None:
    """Lines 127 and 128 of the sample are one message: its thinking, and its text."""
    async with open_app("crash-mid-tool", (100, 30)) as pilot:
        line = timeline(pilot)
        assert line.outline is not None
        ids = line.outline.report.situation.session.scan.message_id
        row = next(row for row in range(1, len(ids)) if ids[row] == ids[row - 1] >= 0)
        line.jump(row)
        first, second = ("".join(char for char, _ in painted(line, one)) for one in (row - 1, row))
        words = ("thinks", "reply", "call")
        assert min(first.find(word) for word in words if word in first) + 2 == min(
            second.find(word) for word in words if word in second
        )
        assert "tok" not in second


async def test_a_pair_stands_out_between_its_halves(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (100, 40)) as pilot:
        line = timeline(pilot)
        line.jump(188)
        accent, faint = colour(pilot, "accent"), colour(pilot, "faint")
        assert colours(line, 188, "┌") == {accent}
        assert colours(line, 190, "┌") == {faint}
        await press(pilot, "percent_sign")
        assert line.cursor == 191
        assert colours(line, 188, "┌") == {accent}
        line.jump(190)
        assert colours(line, 188, "┌") == {faint}
        assert accent in colours(line, 192, "│")


async def test_what_is_not_loaded_is_faint_and_says_why(open_app: Open) -> None:
    async with open_app("missing-parent", (100, 40)) as pilot:
        line = timeline(pilot)
        assert colours(line, 119, "●") == {colour(pilot, "faint")}
        assert "".join(char for char, _ in painted(line, 119)).rstrip().endswith("lost")
        assert colours(line, 127, "●") == {colour(pilot, "foreground")}


async def test_marks_have_the_colours_of_their_severity(open_app: Open) -> None:
    async with open_app("missing-parent", (100, 40)) as pilot:
        line = timeline(pilot)
        assert colours(line, 124, UNICODE.error) == {colour(pilot, "error")}
        assert colours(line, 124, UNICODE.prompt) == {colour(pilot, "primary")}


async def test_a_result_that_failed_stands_out(open_app: Open) -> None:
    async with open_app("failed-compaction", (100, 40)) as pilot:
        line = timeline(pilot)
        assert line.outline is not None
        scan = line.outline.report.situation.session.scan
        block = next(at for at, flags in enumerate(scan.block_flags) if flags & BlockFlag.ERROR)
        row = bisect_right(scan.first, block) - 1
        line.jump(row)
        assert colours(line, row, UNICODE.result) == {colour(pilot, "error")}
        assert colours(line, row, UNICODE.error) == {colour(pilot, "error")}
        assert "✗ error" in "".join(char for char, _ in painted(line, row))


async def test_the_level_is_said(open_app: Open) -> None:
    async with open_app("healthy", (100, 40)) as pilot:
        await press(pilot, "2")
        assert "2: prompts and replies" in screen_text(pilot.app)
        await press(pilot, "4")
        assert "4: all" not in screen_text(pilot.app)


async def test_the_cursor_stays_in_sight_when_the_screen_gets_lower(open_app: Open) -> None:
    async with open_app("missing-parent", (80, 40)) as pilot:
        line = timeline(pilot)
        await pilot.resize_terminal(80, 18)
        await press(pilot)
        await pilot.pause()
        top = line.lines.top(line.cursor)
        assert line.scroll_offset.y <= top < line.scroll_offset.y + line.size.height
        assert "resume begins here" in screen_text(pilot.app)


async def test_the_wheel_scrolls_and_leaves_the_cursor(open_app: Open) -> None:
    from textual.events import MouseScrollDown

    async with open_app("healthy") as pilot:
        line = timeline(pilot)
        await press(pilot, "g")
        await pilot._post_mouse_events([MouseScrollDown], widget=line, offset=(10, 5))
        assert line.cursor == 0
        assert line.scroll_offset.y > 0
