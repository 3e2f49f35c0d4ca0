"""The timeline in each of its states, as text. `pytest tests/tui --update-screens` writes them anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from driving import Open, press
from test_agents import MAIN, agent

from unbrick_tui.app import UnbrickApp

NARROW, SMALL, LARGE = (40, 24), (80, 24), (120, 40)
Same = Callable[[UnbrickApp, str], None]

STATES = [
    pytest.param("healthy", ("1", "G"), id="prompts-only"),
    pytest.param("healthy", ("2", "G"), id="prompts-and-replies"),
    pytest.param("healthy", ("3", "G"), id="with-tools"),
    pytest.param("healthy", ("5", "G"), id="nothing-folded"),
    pytest.param("healthy", ("g", "right_square_bracket", "u", "z", "a"), id="one-turn-folded"),
    pytest.param("crash-mid-tool", ("right_square_bracket",), id="waiting-for-a-goal"),
    pytest.param("crash-mid-tool", ("left_square_bracket", "s"), id="at-a-safe-point"),
    pytest.param("healthy-compacted-twice", ("left_square_bracket", "c"), id="at-a-compaction"),
    pytest.param("progress-bloat", ("g",), id="runs-of-progress"),
    pytest.param("late-result", (), id="far-apart"),
]


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize(("sample", "keys"), STATES)
async def test_state(
    open_app: Open, same_screen: Same, request: pytest.FixtureRequest, sample: str, keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    async with open_app(sample, size) as pilot:
        await press(pilot, *keys)
        same_screen(pilot.app, request.node.callspec.id.rsplit("-", 1)[0])


@pytest.mark.parametrize("size", [NARROW, SMALL, LARGE], ids=["40x24", "80x24", "120x40"])
@pytest.mark.parametrize("opened", [False, True], ids=["below-its-call", "opened"])
async def test_a_subagent(open_app: Open, same_screen: Same, size: tuple[int, int], opened: bool) -> None:
    agent()
    async with open_app(MAIN, size) as pilot:
        await press(pilot, "k", "k", *(["space"] if opened else []))
        same_screen(pilot.app, "subagent-opened" if opened else "subagent")


@pytest.mark.parametrize("sample", ["healthy", "crash-mid-tool"])
async def test_forty_columns(open_app: Open, same_screen: Same, sample: str) -> None:
    async with open_app(sample, NARROW) as pilot:
        same_screen(pilot.app, f"narrow-{sample}")


async def test_levels_in_ascii(open_app: Open, same_screen: Same) -> None:
    async with open_app("crash-mid-tool", SMALL, ascii_=True) as pilot:
        await press(pilot, "g", "right_square_bracket", "c")
        pilot.app.clear_notifications()
        await pilot.pause()
        same_screen(pilot.app, "timeline-ascii")
