"""What each level folds away; rows that are never folded; folding by hand."""

from __future__ import annotations

from array import array

import pytest
from driving import Open, press, screen_text
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from unbrick.entry import Block, BlockKind, Entry, Flag, Kind
from unbrick.patch import View
from unbrick.scanning.scan import Scan
from unbrick.source import Source
from unbrick_tui.folding import Folding, Level, Rank
from unbrick_tui.widgets.layout import Layout
from unbrick_tui.widgets.timeline import Timeline

TEXT, THINKING = (Block(BlockKind.TEXT),), (Block(BlockKind.THINKING),)
CALL, RESULT = (Block(BlockKind.TOOL_USE, ref="a"),), (Block(BlockKind.TOOL_RESULT, ref="a"),)
RECORDS = {
    "p": Entry(Kind.USER, "user", flags=Flag.PROMPT, blocks=TEXT),
    "r": Entry(Kind.ASSISTANT, "assistant", blocks=TEXT),
    "t": Entry(Kind.ASSISTANT, "assistant", blocks=THINKING),
    "c": Entry(Kind.ASSISTANT, "assistant", blocks=CALL),
    "b": Entry(Kind.ASSISTANT, "assistant", blocks=TEXT + CALL),
    "o": Entry(Kind.USER, "user", blocks=RESULT),
    "a": Entry(Kind.ATTACHMENT, "attachment"),
    "m": Entry(Kind.METADATA, "mode"),
    "s": Entry(Kind.ASSISTANT, "assistant", flags=Flag.SIDECHAIN, blocks=TEXT),
    "x": Entry(Kind.FAULT, ""),
    "=": Entry(Kind.BOUNDARY, "system"),
}
"""Records by a letter: prompt, reply, thinking, call, reply with a call, result, context, state, subagent's, fault,
boundary."""


def folding(session: str, always: tuple[int, ...] = ()) -> Folding:
    scan = Scan(View(Source.of(b"")))
    scan.extend([RECORDS[letter] for letter in session], [1] * len(session))
    return Folding(scan, always)


def shown(session: str, level: int, always: tuple[int, ...] = ()) -> str:
    """The lines of a session in letters: a number for a folded run, `-` for the rule above a prompt."""
    layout, painted = Layout(len(session), folding(session, always).groups(level)), ""
    for y in range(layout.height):
        row, offset = layout.at(y)
        group = layout.group(row)
        painted += "-" if group.height == 2 and not offset else str(group.rows) if group.rows > 1 else session[row]
    return painted


@pytest.mark.parametrize(("level", "expected"), [
    pytest.param(Level.PROMPTS, "-p7-p4", id="prompts"),
    pytest.param(Level.REPLIES, "-pr3r-pb3", id="replies"),
    pytest.param(Level.TOOLS, "-prcor-pbo2", id="tools"),
    pytest.param(Level.USUAL, "-p2rcotr-pbo2", id="the usual"),
    pytest.param(Level.ALL, "-pamrcotr-pboss", id="everything"),
])
def test_levels(level: Level, expected: str) -> None:
    assert shown("pamrcotrpboss", level) == expected


@pytest.mark.parametrize(("session", "level", "expected"), [
    pytest.param("prx=r", Level.PROMPTS, "-prx=r", id="a lone reply is not folded; faults and boundaries never are"),
    pytest.param("mmmm", Level.PROMPTS, "", id="nothing but state"),
    pytest.param("mmmm", Level.USUAL, "4", id="nothing but state, as usual"),
    pytest.param("tatat", Level.TOOLS, "", id="thinking and context between tools leave no line"),
    pytest.param("cotco", Level.REPLIES, "5", id="thinking among tools"),
    pytest.param("mmssmm", Level.USUAL, "222", id="state and subagents apart"),
])
def test_runs(session: str, level: Level, expected: str) -> None:
    assert shown(session, level) == expected


def test_a_row_with_a_finding_is_never_folded() -> None:
    assert shown("pcococo", Level.PROMPTS, (3,)) == "-p2c3"
    assert shown("mmmmm", Level.USUAL, (2,)) == "2m2"


@given(st.text("prtcboamsx=", max_size=30), st.sets(st.integers(0, 29)), st.sampled_from(Level))
def test_each_level_shows_what_those_below_it_show(session: str, always: set[int], level: Level) -> None:
    kept = tuple(row for row in always if row < len(session))
    made = folding(session, kept)
    layout = Layout(len(session), made.groups(level))
    alone = {row for row in range(len(session)) if layout.group(row).rows == 1 and layout.group(row).height}
    assert alone >= {row for row in range(len(session)) if made.ranks[row] <= min(level, Rank.ASIDE)}
    assert list(made.turns) == [row for row, letter in enumerate(session) if letter == "p"]
    for row in range(len(session)):
        turn = made.turn(row)
        assert (turn is None and "p" not in session[: row + 1]) or (turn is not None and row in made.rows(turn))


def timeline(pilot: Pilot[int]) -> Timeline:
    return pilot.app.screen.query_one(Timeline)


async def test_levels_by_keys_keep_the_cursor(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (100, 30)) as pilot:
        line = timeline(pilot)
        cursor, height = line.cursor, line.lines.height
        heights = []
        for level in "12345":
            await press(pilot, level)
            assert line.cursor == cursor
            heights.append(line.lines.height)
        assert sorted(set(heights)) == heights
        await press(pilot, "z", "m")
        assert line.lines.height == height
        await press(pilot, "z", "M")
        assert line.lines.height == heights[0]
        await press(pilot, "z", "R")
        assert line.lines.height == heights[-1]


async def test_a_turn_is_folded_and_opened(open_app: Open) -> None:
    async with open_app("healthy", (100, 30)) as pilot:
        line = timeline(pilot)
        assert line.outline is not None
        turns, height = line.outline.folding.turns, line.lines.height
        line.go(turns[2] + 4)
        await press(pilot, "z", "a")
        assert line.cursor == turns[2]
        assert line.lines.height < height
        await press(pilot, "j")
        assert line.collapsed_at(line.cursor)
        await press(pilot, "enter")
        assert not line.collapsed_at(line.cursor)
        assert line.lines.height == height


async def test_going_to_a_row_opens_what_hides_it(open_app: Open) -> None:
    async with open_app("healthy", (100, 30)) as pilot:
        line = timeline(pilot)
        await press(pilot, "1")
        line.go(100)
        assert line.cursor == 100
        assert not line.collapsed_at(100)


async def test_some_rows_only(open_app: Open) -> None:
    async with open_app("healthy", (100, 30)) as pilot:
        line = timeline(pilot)
        height = line.lines.height
        line.show_only(array("q", (3, 20, 57)))
        assert line.lines.height == 3
        assert line.cursor in (3, 20, 57)
        await press(pilot, "g")
        assert line.cursor == 3
        await press(pilot, "j", "j", "j")
        assert line.cursor == 57
        line.show_only(array("q"))
        await press(pilot, "j")
        assert line.lines.height == 0
        line.show_only(None)
        assert line.lines.height == height


async def test_a_folded_run_says_what_it_holds(open_app: Open) -> None:
    async with open_app("healthy", (100, 30)) as pilot:
        await press(pilot, "1", "G")
        shown_ = screen_text(pilot.app)
        assert " calls, " in shown_
        assert "─── turn 12 ───" in shown_


async def test_a_fold_by_hand_outlives_what_it_folded(open_app: Open) -> None:
    """The last turn is folded, then there are fewer turns."""
    async with open_app("crash-mid-tool", (100, 30)) as pilot:
        line = timeline(pilot)
        await press(pilot, "g", "left_square_bracket", "u", "z", "a")
        made = folding("prr")
        assert line._folds.groups(made) == made.groups(Level.USUAL)
