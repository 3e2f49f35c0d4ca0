"""Going to things: behind brackets, and to the other half of a call."""

from __future__ import annotations

import pytest
from driving import Open, notices, press, screen_text, type_ahead
from textual.pilot import Pilot

from unbrick.truncate import safe_points
from unbrick_tui.folding import Level
from unbrick_tui.goals import GOALS, Goal
from unbrick_tui.screens.choice import ChoiceScreen
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.widgets.timeline import Timeline

NEXT, PREVIOUS = "right_square_bracket", "left_square_bracket"


def timeline(pilot: Pilot[int]) -> Timeline:
    return pilot.app.screen.query_one(Timeline)


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.noun)
async def test_each_goal_is_gone_through_in_turn(open_app: Open, goal: Goal) -> None:
    async with open_app("healthy-compacted-twice") as pilot:
        line = timeline(pilot)
        assert line.outline is not None
        rows = list(goal.rows(line.outline))
        assert rows
        await press(pilot, "g")
        seen = []
        for _ in rows:
            await press(pilot, NEXT, goal.key)
            seen.append(line.cursor)
        assert sorted(seen) == rows
        await press(pilot, PREVIOUS, goal.key)
        assert line.cursor == seen[len(rows) - 2]


async def test_safe_points_are_those_of_a_cut(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        line = timeline(pilot)
        assert line.outline is not None
        points = {point.row for point in safe_points(line.outline.report)}
        await press(pilot, PREVIOUS, "s")
        assert line.cursor in points


async def test_what_is_not_there_is_said(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, NEXT, "c")
        assert "there is no compaction to go to" in notices(pilot.app)


async def test_a_key_that_is_no_goal_ends_the_bracket(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        cursor = timeline(pilot).cursor
        await press(pilot, NEXT)
        assert "next: p problem, c compaction, u prompt, s safe point" in screen_text(pilot.app)
        await press(pilot, "q")
        assert isinstance(pilot.app.screen, SessionScreen)
        assert pilot.app.is_running
        assert "next: p" not in screen_text(pilot.app)
        await press(pilot, "u")
        assert timeline(pilot).cursor == cursor
        assert "nothing to undo" in notices(pilot.app)


async def test_brackets_wait_for_the_check(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, SessionScreen)
        screen.workspace.outline = None
        await press(pilot, NEXT, "u", "3")
        assert notices(pilot.app).count("still checking") == 2


async def test_the_line_stops_waiting_where_there_is_nothing_to_go_to(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        await press(pilot, "right_square_bracket")
        assert "next: p problem" in screen_text(pilot.app)
        await press(pilot, "c")
        assert "next: p problem" not in screen_text(pilot.app)
        assert "there is no compaction" in notices(pilot.app)


async def test_keys_mean_the_same_however_fast_they_are_typed(open_app: Open) -> None:
    async with open_app("healthy-compacted-twice") as pilot:
        line = timeline(pilot)
        assert line.outline is not None
        prompts = list(GOALS[2].rows(line.outline))
        await type_ahead(pilot, "g", NEXT, "u", NEXT, "u", NEXT, "u", PREVIOUS, "u", "z", "M")
        assert isinstance(pilot.app.screen, SessionScreen)
        assert line.cursor == prompts[1]
        assert line.level == Level.PROMPTS


async def test_a_click_ends_the_waiting(open_app: Open) -> None:
    async with open_app("healthy-compacted-twice") as pilot:
        await press(pilot, NEXT)
        assert "next: p problem" in screen_text(pilot.app)
        await pilot.click(Timeline, offset=(20, 4))
        await press(pilot, "p")
        assert isinstance(pilot.app.screen, ChoiceScreen)
