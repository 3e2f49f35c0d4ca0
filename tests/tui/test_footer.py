"""The keys on the last line: whole ones, in the order of the screen, and a click presses one."""

from __future__ import annotations

import pytest
from driving import Open, press, screen_text, settle

from unbrick_tui.screens.choice import ChoiceScreen
from unbrick_tui.screens.help import HelpScreen
from unbrick_tui.widgets.footer import Footer

ALL = " f fix  t cut  r review  w save  ? help  F fix all  p problems  / search  q quit "


def last(text: str) -> str:
    return text.rstrip("\n").rsplit("\n", 1)[-1]


@pytest.mark.parametrize(("width", "shown"), [
    pytest.param(120, ALL, id="all of them"),
    pytest.param(80, ALL, id="all, but for the space behind the last"),
    pytest.param(78, ALL.removesuffix(" q quit "), id="one less"),
    pytest.param(40, ALL[:ALL.index(" F ")], id="the foremost"),
])
async def test_as_many_as_fit(open_app: Open, width: int, shown: str) -> None:
    async with open_app("crash-mid-tool", (width, 24)) as pilot:
        assert last(screen_text(pilot.app)) == shown.rstrip()


async def test_the_first_is_cut_where_not_even_that_fits(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (4, 24)) as pilot:
        # A screen as narrow as this may need a scroll bar.
        width = pilot.app.screen.query_one(Footer).size.width
        assert last(screen_text(pilot.app)) == ALL[:width].rstrip()


async def test_a_click_presses_the_key_under_it(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (80, 24)) as pilot:
        await pilot.click(Footer, offset=(ALL.index("help"), 0))
        await settle(pilot)
        assert isinstance(pilot.app.screen, HelpScreen)
        await press(pilot, "escape")
        await pilot.click(Footer, offset=(ALL.index("problems") - 2, 0))
        await settle(pilot)
        assert isinstance(pilot.app.screen, ChoiceScreen)


async def test_a_key_that_is_pointed_at_says_what_it_does(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (80, 24)) as pilot:
        footer = pilot.app.screen.query_one(Footer)
        await pilot.hover(Footer, offset=(ALL.index("fix all"), 0))
        assert footer.tooltip == "all fixes that keep everything, to choose from"
        await pilot.hover("#verdict")
        assert footer.tooltip is None


async def test_the_keys_are_those_of_the_person(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (80, 24)) as pilot:
        pilot.app.set_keymap({"act.fix": "x"})
        pilot.app.screen.refresh_bindings()
        await settle(pilot)
        assert " x fix " in last(screen_text(pilot.app))
