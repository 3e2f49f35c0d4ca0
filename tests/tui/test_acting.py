"""What the keys do, from opening to a saved copy."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import SAMPLES, Open, Opened, notices, press, screen_text, settle
from textual.widgets import Input

from unbrick.patch import EMPTY
from unbrick_tui.folding import Level
from unbrick_tui.screens.choice import ChoiceScreen
from unbrick_tui.screens.inspector import InspectorScreen
from unbrick_tui.screens.preview import PreviewScreen
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.widgets.timeline import Timeline
from unbrick_tui.widgets.verdict import VerdictView


def session(pilot: Opened) -> SessionScreen:
    """The screen below all others."""
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, SessionScreen))


def timeline(pilot: Opened) -> Timeline:
    return session(pilot).query_one(Timeline)


async def test_opens_at_the_break(open_app: Open) -> None:
    async with open_app("missing-parent") as pilot:
        assert timeline(pilot).cursor == 124
        assert "LOSES HISTORY" in screen_text(pilot.app)


async def test_a_cursor_that_was_moved_stays(open_app: Open) -> None:
    """The check ends behind the person's back: what it brings moves neither cursor nor screen."""
    async with open_app("missing-parent") as pilot:
        line = timeline(pilot)
        line.jump(50)
        line.touched = True
        outline, view = line.outline, line.view
        line.show(view, None)
        before = line._layout_.top(line.cursor) - line.scroll_offset.y
        line.show(view, outline)
        assert line.cursor == 50
        assert line._layout_.top(50) - line.scroll_offset.y == before


async def test_problems_are_gone_to_and_around(open_app: Open) -> None:
    lines = (SAMPLES / "unanswered-call-in-the-middle" / "session.jsonl").read_bytes().splitlines(keepends=True)
    async with open_app(b"".join(lines[:205])) as pilot:
        line = timeline(pilot)
        assert line.outline is not None
        rows = list(line.outline.problems)
        assert len(rows) > 1
        await press(pilot, "g")
        for row in [*rows, rows[0]]:
            await press(pilot, "n")
            assert line.cursor == row
        await press(pilot, "N")
        assert line.cursor == rows[-1]
        await press(pilot, "right_square_bracket", "p")
        assert line.cursor == rows[0]
        await press(pilot, "left_square_bracket", "p")
        assert line.cursor == rows[-1]


async def test_compactions_are_gone_to(open_app: Open) -> None:
    async with open_app("healthy-compacted-twice") as pilot:
        line = timeline(pilot)
        assert line.outline is not None
        rows = sorted(line.outline.boundaries)
        assert len(rows) == 2
        await press(pilot, "g", "right_square_bracket", "c")
        assert line.cursor == rows[0]
        await press(pilot, "right_square_bracket", "c")
        assert line.cursor == rows[1]


async def test_a_call_leads_to_its_result_and_back(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        line = timeline(pilot)
        line.jump(196)
        await press(pilot, "percent_sign")
        assert line.cursor == 197
        await press(pilot, "percent_sign")
        assert line.cursor == 196


async def test_vim_keys_and_arrows_move_alike(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        line = timeline(pilot)
        await press(pilot, "g")
        assert line.cursor == 0
        for down, up in (("j", "k"), ("down", "up"), ("ctrl+d", "ctrl+u"), ("pagedown", "pageup")):
            await press(pilot, down)
            assert line.cursor > 0, down
            await press(pilot, up)
            assert line.cursor == 0, up
        await press(pilot, "G")
        assert line.cursor == len(line.view) - 1


async def test_a_folded_run_opens_and_closes(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        line = timeline(pilot)
        height = line.virtual_size.height
        assert line.outline is not None
        groups = line.outline.folding.groups(Level.USUAL)
        first, rows = next((first, rows) for first, rows, _height in zip(*groups, strict=True) if rows > 1)
        line.jump(first)
        await press(pilot, "enter")
        assert line.virtual_size.height == height + rows - 1
        await press(pilot, "space")
        assert line.virtual_size.height == height


async def test_fix_undo_redo(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        workspace = session(pilot).workspace
        await press(pilot, "f", "enter")
        patch = workspace.patch
        assert patch
        assert "RESUMES IN FULL" in screen_text(pilot.app)
        assert "1 edit, not saved" in screen_text(pilot.app)
        await press(pilot, "u")
        assert workspace.patch == EMPTY
        assert "nothing has been changed" in screen_text(pilot.app)
        assert "RESUMES, WITH CHANGES" in screen_text(pilot.app)
        await press(pilot, "ctrl+r")
        assert workspace.patch == patch
        assert "RESUMES IN FULL" in screen_text(pilot.app)


async def test_all_fixes_that_keep_everything(open_app: Open) -> None:
    async with open_app("duplicated-call-id") as pilot:
        await press(pilot, "F", "enter")
        assert "RESUMES IN FULL" in screen_text(pilot.app)
        assert len(session(pilot).workspace.titles) == 1


async def test_fix_asks_where_it_costs_something(open_app: Open) -> None:
    async with open_app("failed-compaction") as pilot:
        await press(pilot, "f")
        assert isinstance(pilot.app.screen, ChoiceScreen)
        assert "brings back 124 messages" in screen_text(pilot.app)
        await press(pilot, "escape")
        assert session(pilot).workspace.patch == EMPTY
        await press(pilot, "f", "enter", "enter")
        assert session(pilot).workspace.patch


async def test_click_on_a_finding_opens_its_fix(open_app: Open) -> None:
    async with open_app("failed-compaction") as pilot:
        line = timeline(pilot)
        y = line._layout_.top(line.cursor) - line.scroll_offset.y
        await pilot.click(Timeline, offset=(20, y + 2))
        await settle(pilot)
        assert isinstance(pilot.app.screen, ChoiceScreen)


async def test_click_selects_and_a_second_reads(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        await press(pilot, "g")
        await pilot.click(Timeline, offset=(20, 4))
        await settle(pilot)
        assert timeline(pilot).cursor == timeline(pilot)._layout_.at(4)[0]
        await pilot.click(Timeline, offset=(20, 4), times=2)
        await settle(pilot)
        assert isinstance(pilot.app.screen, InspectorScreen)


async def test_cut_shows_what_goes_and_is_an_edit(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "t")
        assert "Safe point 1 of" in screen_text(pilot.app)
        assert "files on disk are not rolled back" in screen_text(pilot.app)
        await press(pilot, "left_square_bracket")
        assert "Safe point 2 of" in screen_text(pilot.app)
        await press(pilot, "right_square_bracket", "enter")
        assert session(pilot).workspace.patch == EMPTY
        assert "In the conversation" in screen_text(pilot.app)
        await press(pilot, "enter")
        workspace = session(pilot).workspace
        assert workspace.titles[0].startswith("Cut behind line 199")
        assert len(workspace.view) < 206
        assert "RESUMES IN FULL" in screen_text(pilot.app)


async def test_review_says_what_saving_would_write(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (120, 40)) as pilot:
        await press(pilot, "f", "enter", "r")
        text = screen_text(pilot.app)
        assert "resumes, with changes → resumes in full" in text
        assert "2 added; 206 of 206 lines keep their bytes" in text
        await press(pilot, "w")
        assert isinstance(pilot.app.screen, ChoiceScreen)


async def test_save_to_a_file(open_app: Open, tmp_path: Path) -> None:
    original = (SAMPLES / "crash-mid-tool" / "session.jsonl").read_bytes()
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter", "w", "j", "j", "enter")
        assert pilot.app.screen.query_one("#path", Input).value.endswith("session.repaired.jsonl")
        await press(pilot, "enter")
        assert "206 kept" in screen_text(pilot.app)
        await press(pilot, "enter")
        assert "1 edit, saved" in screen_text(pilot.app)
    assert (tmp_path / "session.jsonl").read_bytes() == original
    assert (tmp_path / "session.repaired.jsonl").read_bytes().startswith(original)


async def test_save_as_a_session_gives_the_command(open_app: Open, tmp_path: Path) -> None:
    async with open_app("crash-mid-tool", (120, 40)) as pilot:
        await press(pilot, "f", "enter", "w", "enter")
        assert "claude --resume" in screen_text(pilot.app)
        await press(pilot, "y")
        assert pilot.app.clipboard.startswith("cd ")
        await press(pilot, "j", "enter")
    assert len(list((tmp_path / "config" / "projects").glob("*/*.jsonl"))) == 1


async def test_save_in_place_keeps_a_backup_and_goes_on(open_app: Open, tmp_path: Path) -> None:
    original = (SAMPLES / "crash-mid-tool" / "session.jsonl").read_bytes()
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter", "w", "j", "enter")
        assert "What stood there before" in screen_text(pilot.app)
        await press(pilot, "enter")
        assert "nothing has been changed" in screen_text(pilot.app)
        assert "RESUMES IN FULL" in screen_text(pilot.app)
        assert len(session(pilot).workspace.view) == 208
    backups = [path for path in tmp_path.iterdir() if path.is_file() and path.name != "session.jsonl"]
    assert [path.read_bytes() for path in backups] == [original]


async def test_a_save_that_is_refused_says_why_and_changes_nothing(open_app: Open, tmp_path: Path) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter")
        path = tmp_path / "session.jsonl"
        with path.open("ab") as file:
            file.write(b'{"type":"mode"}\n')
        grown = path.read_bytes()
        await press(pilot, "w", "j", "enter")
        assert "Not saved" in screen_text(pilot.app)
        assert "has grown by 1 line" in screen_text(pilot.app)
        assert path.read_bytes() == grown


async def test_nothing_to_save(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        await press(pilot, "w")
        assert "there is nothing to save" in notices(pilot.app)


async def test_leaving_asks_only_with_unsaved_edits(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter", "q")
        assert "Leave?" in screen_text(pilot.app)
        await press(pilot, "escape", "u", "q")
        assert not pilot.app.is_running or pilot.app._exit


async def test_ctrl_q_asks_as_well(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter", "ctrl+q")
        assert "Leave?" in screen_text(pilot.app)


async def test_palette_holds_the_actions(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (120, 40)) as pilot:
        await press(pilot, "ctrl+p", *"review")
        await pilot.pause(0.5)
        assert "review the changes" in screen_text(pilot.app)


@pytest.mark.parametrize(
    "content", [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n\n\n", id="blank-lines"),
        pytest.param(b"\x00" * 4000, id="nothing-but-nul"),
        pytest.param(b'{"type":"mode","mode":"normal","sessionId":"x"}\n', id="metadata-only"),
        pytest.param(b"\xff\xfe\x1b[2J\x9b31m not json\n[1,2]\nnull\n", id="garbage"),
    ],
)
async def test_any_bytes_open(open_app: Open, content: bytes) -> None:
    async with open_app(content) as pilot:
        for key in ("j", "k", "G", "g", "n", "percent_sign", "s", "enter"):
            await press(pilot, key)
        await press(pilot, "escape", "p")
        await press(pilot, "escape", "f")
        await press(pilot, "escape", "t")
        await press(pilot, "escape", "escape", "F", "enter", "r")
        assert "\x1b" not in screen_text(pilot.app)


@pytest.mark.parametrize(("name", "shown"), [
    pytest.param("failed-compaction", ChoiceScreen, id="the fix that is offered"),
    pytest.param("missing-parent", PreviewScreen, id="all fixes that keep everything"),
])
async def test_a_click_on_the_remedy_presses_its_key(name: str, shown: type, open_app: Open) -> None:
    async with open_app(name) as pilot:
        await pilot.click(VerdictView, offset=(20, 1))
        await settle(pilot)
        assert not isinstance(pilot.app.screen, shown)
        await pilot.click(VerdictView, offset=(20, pilot.app.screen.query_one(VerdictView).size.height - 1))
        await settle(pilot)
        assert isinstance(pilot.app.screen, shown)
