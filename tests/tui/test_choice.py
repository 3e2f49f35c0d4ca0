"""A question: its keys are seen whole whatever the room, and text that is too long for it scrolls."""

from __future__ import annotations

import pytest
from driving import Open, screen_text, settle

from unbrick_tui.screens.choice import Answer, ChoiceScreen

ANSWERS = [Answer("one", "One"), Answer("other", "The other", "which takes another line")]


@pytest.mark.parametrize("height", [14, 24, 40])
@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("words", [3, 40, 400])
async def test_the_keys_are_seen_whole(open_app: Open, width: int, height: int, words: int) -> None:
    async with open_app("healthy", (width, height)) as pilot:
        about = [("plain", " ".join(f"word{number}" for number in range(words)))]
        await pilot.app.push_screen(ChoiceScreen("Which?", about, ANSWERS))
        await settle(pilot)
        inside = pilot.app.screen.query_one("#dialog").content_region
        rows = screen_text(pilot.app).splitlines()[inside.y : inside.bottom]
        lines = [row[inside.x : inside.right].strip(" │") for row in rows]
        first = next(place for place, line in enumerate(lines) if line.startswith("enter chooses"))
        scrolls = f"word{words - 1}" not in " ".join(lines)
        keys = "enter chooses, esc goes back" + ", ctrl+d scrolls" * scrolls
        assert " ".join(lines[first : first + 2]).startswith(keys)
        assert "Which?" in lines
        assert "One" in lines
