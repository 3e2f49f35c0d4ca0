"""The screens of searching, filtering, copying and help, as text; `--update-screens` writes them anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from driving import Open, press, screen_text

from unbrick_tui.app import UnbrickApp

NARROW, SMALL, LARGE = (40, 20), (80, 24), (120, 40)
Same = Callable[[UnbrickApp, str], None]

SEARCHED = ("g", "slash", *"coupon")
SCREENS = [
    pytest.param(SEARCHED, id="searching"),
    pytest.param((*SEARCHED, "enter", "n"), id="searched"),
    pytest.param(("slash", "ctrl+r", "left_parenthesis"), id="no-expression"),
    pytest.param(("ampersand", "down", "space"), id="filters"),
    pytest.param(("ampersand", "down", "space", "enter"), id="filtered"),
    pytest.param(("y",), id="copy"),
    pytest.param(("question_mark",), id="help-of-a-session"),
    pytest.param(("question_mark", *"search"), id="help-searched"),
    pytest.param(("p", "question_mark"), id="help-of-a-dialog"),
]


@pytest.mark.parametrize("size", [NARROW, SMALL, LARGE], ids=["40x20", "80x24", "120x40"])
@pytest.mark.parametrize("keys", SCREENS)
async def test_screen(
    open_app: Open, same_screen: Same, request: pytest.FixtureRequest, keys: tuple[str, ...], size: tuple[int, int],
) -> None:
    async with open_app("missing-parent", size) as pilot:
        await press(pilot, *keys)
        same_screen(pilot.app, request.node.callspec.id.rsplit("-", 1)[0])


@pytest.mark.parametrize("keys", SCREENS)
async def test_nothing_but_ascii_where_that_is_wanted(open_app: Open, keys: tuple[str, ...]) -> None:
    async with open_app("missing-parent", ascii_=True) as pilot:
        await press(pilot, *keys)
        assert screen_text(pilot.app).isascii()


async def test_the_palette_names_the_area_of_each_action(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        named = [command.title for command in pilot.app.get_system_commands(pilot.app.screen)]
        assert {"Finding: search", "Acting: fix", "Colours: contrast", "unbrick: light or dark"} <= set(named)
        assert all(": " in title for title in named)
        await press(pilot, "ctrl+p", *"colours: light", "enter")
        assert pilot.app.theme == "unbrick-light"
