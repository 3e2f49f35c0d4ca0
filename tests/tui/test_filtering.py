"""Filters: what fits which, how they are combined, and what becomes of the cursor, a search and an edit under them."""

from __future__ import annotations

from itertools import combinations

import pytest
from driving import Open, Opened, press, screen_text, settle

from unbrick.scanning.scan import finish
from unbrick_tui.facets import WHAT, Facets, facets
from unbrick_tui.glyphs import UNICODE
from unbrick_tui.rows import say
from unbrick_tui.screens.choice import Choices
from unbrick_tui.screens.facets import FacetScreen
from unbrick_tui.widgets.status import StatusLine
from unbrick_tui.widgets.timeline import Timeline


def timeline(pilot: Opened) -> Timeline:
    return pilot.app.screen.query_one("#timeline", Timeline)


def status(pilot: Opened) -> str:
    return pilot.app.screen.query_one(StatusLine).text


SAMPLES = ["healthy", "crash-mid-tool", "torn-and-glued", "missing-parent", "amplifier/healthy"]


@pytest.mark.parametrize("sample", SAMPLES)
async def test_what_a_record_is_agrees_with_the_timeline(open_app: Open, sample: str) -> None:
    async with open_app(sample) as pilot:
        shown = timeline(pilot)
        found = finish(facets(shown.outline))
        said = [say(shown.format, shown.view.raw(row), UNICODE).word for row in range(len(shown.view))]
        assert [WHAT[code] for code in found.what] == said


async def test_rows_fit_one_of_each_group(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        found = finish(facets(timeline(pilot).outline))
        alone = {facet.id: set(found.rows([facet.id])) for facet in found.listed}
        assert {facet.id: facet.rows for facet in found.listed} == {id: len(rows) for id, rows in alone.items()}
        for one, other in combinations(alone, 2):
            same = one.partition(":")[0] == other.partition(":")[0]
            both = alone[one] | alone[other] if same else alone[one] & alone[other]
            assert set(found.rows([one, other])) == both
        for group in ("what", "role", "standing"):
            assert sum(facet.rows for facet in found.listed if facet.id.startswith(group)) == found.total
        assert list(found.rows([])) == list(range(found.total))


async def test_a_tool_brings_its_results_along(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        found: Facets = finish(facets(timeline(pilot).outline))
        said = {WHAT[found.what[row]] for row in found.rows(["tool:Bash"])}
        assert said == {"call", "result"}


async def choose(pilot: Opened, *ids: str) -> None:
    """Open the list, choose by id, apply."""
    await press(pilot, "ampersand")
    assert isinstance(pilot.app.screen, FacetScreen)
    answers = pilot.app.screen.query_one("#answers")
    for id in ids:
        answers.highlighted = answers.get_option_index(id)
        await press(pilot, "space")
    await press(pilot, "enter")
    await settle(pilot)


async def test_choosing_showing_and_showing_all_again(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (120, 40)) as pilot:
        shown = timeline(pilot)
        await choose(pilot, "tool:Bash", f"what:{WHAT.index('call')}")
        rows = list(shown.shown)
        assert rows
        assert all("Bash" in say(shown.format, shown.view.raw(row), UNICODE).text for row in rows)
        assert f"only call, Bash: {len(rows)} of 206" in status(pilot)
        await press(pilot, "g", "j")
        assert shown.cursor == rows[1], "moves go from one that is shown to the next"
        await press(pilot, "escape")
        assert shown.shown is None
        assert shown.cursor == rows[1]
        assert "only" not in status(pilot)
        await choose(pilot, "tool:Bash")
        await press(pilot, "backspace")
        assert shown.shown is None


async def test_the_list_is_narrowed_by_typing(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (120, 40)) as pilot:
        await press(pilot, "ampersand")
        answers = pilot.app.screen.query_one(Choices)
        everything = answers.option_count
        await press(pilot, "slash", *"tool bas")
        assert answers.option_count == 2, "its heading, and the one tool that holds the word"
        await press(pilot, "enter", "space", "escape")
        assert answers.option_count == everything
        assert isinstance(pilot.app.screen, FacetScreen)
        await press(pilot, "slash", *"no such", "down", "enter", "space", "escape", "enter")
        await settle(pilot)
        assert "only Bash" in status(pilot)


async def test_nothing_chosen_is_nothing_chosen_in_a_narrowed_list(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (120, 40)) as pilot:
        await press(pilot, "ampersand", "space", "slash", *"bash", "enter", "space", "c", "escape", "enter")
        await settle(pilot)
        assert timeline(pilot).shown is None


async def test_a_search_keeps_to_what_is_shown(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (120, 40)) as pilot:
        shown = timeline(pilot)
        await press(pilot, "g", "slash", *"unittest", "enter")
        everywhere = len(pilot.app.screen._matches)
        await choose(pilot, f"what:{WHAT.index('call')}")
        matches = pilot.app.screen._matches
        assert 0 < len(matches) < everywhere
        await press(pilot, "n", "n")
        assert matches.number(shown.cursor)
        assert WHAT[pilot.app.screen._facets[1].what[shown.cursor]] == "call"


async def test_nothing_in_common_is_said_and_applied_to_nothing(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await choose(pilot, f"what:{WHAT.index('you')}", "tool:Bash")
        assert isinstance(pilot.app.screen, FacetScreen)
        assert "0 of 206 records" in screen_text(pilot.app)
        await press(pilot, "c", "enter")
        assert timeline(pilot).shown is None


async def test_the_filter_holds_through_an_edit(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (120, 40)) as pilot:
        await choose(pilot, "tool:Bash")
        before = len(timeline(pilot).shown)
        await press(pilot, "f", "enter")
        await settle(pilot)
        assert len(timeline(pilot).shown) == before + 1, "the result that was added belongs to the tool"
        await press(pilot, "u")
        await settle(pilot)
        assert len(timeline(pilot).shown) == before


async def test_all_of_it_by_mouse(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await pilot.click(StatusLine)
        await settle(pilot)
        assert isinstance(pilot.app.screen, FacetScreen)
        await pilot.click("#answers", offset=(6, 2))
        await pilot.click("#hint")
        await settle(pilot)
        assert timeline(pilot).shown is not None
        await press(pilot, "escape", "slash")
        await pilot.click("#search-mark")
        await settle(pilot)
        assert "regex" in screen_text(pilot.app)
