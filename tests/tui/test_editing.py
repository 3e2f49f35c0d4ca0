"""Every edit is shown first, and can be chosen, left out, taken back, or cut at; what is saved can be restored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from driving import SAMPLES, Open, Opened, notices, press, screen_text, settle
from test_acting import session, timeline
from test_screens import REQUEST
from textual.widgets import Input, TextArea

from unbrick.editing import byhand
from unbrick.patch import EMPTY
from unbrick_tui.screens.edits import EditsScreen
from unbrick_tui.screens.preview import Picks, PreviewScreen
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.screens.truncate import TruncateScreen
from unbrick_tui.widgets.ladder import Ladder

PATH = Path("session.jsonl")


def said(pilot: Opened) -> str:
    """The screen on one line."""
    return " ".join(screen_text(pilot.app).split())


async def at(pilot: Opened, row: int) -> None:
    timeline(pilot).jump(row)
    await settle(pilot)


async def test_nothing_is_done_before_enter(open_app: Open) -> None:
    async with open_app("missing-parent") as pilot:
        await press(pilot, "f")
        assert isinstance(pilot.app.screen, PreviewScreen)
        assert "loses history → resumes in full" in said(pilot)
        assert "loads 158 messages, 60 before" in said(pilot)
        assert "{+912afe73-3f37-4bda" in said(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, SessionScreen)
        assert session(pilot).workspace.patch == EMPTY
        await press(pilot, "f", "enter")
        assert session(pilot).workspace.patch


async def test_one_of_several_fixes_is_left_out_and_taken_in_again(open_app: Open) -> None:
    async with open_app(REQUEST, name="body.json") as pilot:
        await press(pilot, "F")
        assert "refused → accepted" in said(pilot)
        await press(pilot, "space")
        assert "refused, as before" in said(pilot)
        await press(pilot, "space")
        assert "refused → accepted" in said(pilot)
        await press(pilot, "j", "space", "enter")
        workspace = session(pilot).workspace
        assert len(workspace.history.done) == 1
        assert workspace.titles[0].startswith("2 fixes")


async def test_a_click_leaves_a_fix_out(open_app: Open) -> None:
    async with open_app(REQUEST, name="body.json") as pilot:
        await press(pilot, "F")
        await pilot.click(Picks, offset=(5, 0))
        await settle(pilot)
        assert "2 of 3 fixes" in said(pilot)
        assert "[ ]" in said(pilot)


async def test_all_of_one_code_instead_of_one(open_app: Open) -> None:
    lines = (SAMPLES / "unanswered-call-in-the-middle" / "session.jsonl").read_bytes().splitlines(keepends=True)
    async with open_app(b"".join(lines[:205])) as pilot:
        await press(pilot, "f")
        assert "a all 2 of T001" in said(pilot)
        await press(pilot, "a")
        assert "2 of 2 fixes" in said(pilot)
        await press(pilot, "enter")
        assert "RESUMES IN FULL" in screen_text(pilot.app)


async def test_just_one_edit_is_taken_back(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter")
        await at(pilot, 2)
        await press(pilot, "d", "j", "enter", "enter")
        workspace = session(pilot).workspace
        assert len(workspace.titles) == 2
        await press(pilot, "U")
        assert isinstance(pilot.app.screen, EditsScreen)
        await press(pilot, "k", "x")
        assert isinstance(pilot.app.screen, PreviewScreen)
        await press(pilot, "enter")
        assert len(workspace.titles) == 1
        assert workspace.titles[0].startswith("Take line 3 out")
        assert "RESUMES, WITH CHANGES" in screen_text(pilot.app)


async def test_the_list_of_edits_leads_to_their_place(open_app: Open) -> None:
    async with open_app("missing-parent") as pilot:
        await press(pilot, "f", "enter", "g", "U", "enter")
        assert timeline(pilot).cursor == 124


async def test_what_was_undone_is_not_reverted(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter", "u", "U", "x")
        assert "that edit is undone" in notices(pilot.app)


async def test_redo_survives_reading_again(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter", "u")
        with PATH.open("ab") as file:
            file.write(b'{"type":"mode","mode":"normal"}\n')
        await press(pilot, "R", "ctrl+r")
        assert "RESUMES IN FULL" in screen_text(pilot.app)
        assert len(session(pilot).workspace.view) == 207 + 2


async def test_a_text_is_changed_and_nothing_else(open_app: Open) -> None:
    original = (SAMPLES / "healthy" / "session.jsonl").read_bytes().splitlines()
    async with open_app("healthy") as pilot:
        await at(pilot, 2)
        await press(pilot, "E")
        pilot.app.screen.query_one(TextArea).text = "Zwei Zeilen,\n„so“."
        await press(pilot, "ctrl+s")
        assert "changes what 1 message says" in said(pilot)
        await press(pilot, "enter")
        workspace = session(pilot).workspace
        assert set(workspace.patch) == {3}
        (new,) = workspace.patch[3]
        assert json.loads(new)["message"]["content"] == "Zwei Zeilen,\n„so“."
        assert new.startswith(original[2].partition(b'"content":"')[0])


async def test_text_that_a_terminal_would_change_is_not_edited_here(open_app: Open) -> None:
    lines = (SAMPLES / "healthy" / "session.jsonl").read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b'"content":"', b'"content":"\\u001b[31m')
    async with open_app(b"".join(lines)) as pilot:
        await at(pilot, 2)
        await press(pilot, "E")
        assert "holds control characters" in notices(pilot.app)


async def test_a_turn_goes_with_all_its_pairs(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        await at(pilot, 166)
        await press(pilot, "d", "j", "j", "enter")
        assert "drops 1 prompt, 7 replies, 5 results, 1 thinking block" in said(pilot)
        await press(pilot, "enter")
        assert "RESUMES IN FULL" in screen_text(pilot.app)


async def test_what_cannot_be_done_by_hand_gets_a_sentence(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        screen = session(pilot)
        screen._hand(lambda: byhand.turn(screen.workspace.outline.report.situation, 0))
        await settle(pilot)
        assert "part of no turn" in notices(pilot.app)


async def test_a_secret_that_is_typed_goes_everywhere_and_is_never_shown(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        await press(pilot, "d", "G", "enter")
        assert "Redact everywhere" in said(pilot)
        await press(pilot, "G", "enter")
        pilot.app.screen.query_one(Input).value = "unittest"
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, PreviewScreen)
        assert "redacted, and not shown here" in said(pilot)
        assert "unittest" not in said(pilot)
        await press(pilot, "enter", "r")
        assert "unittest" not in said(pilot)
        assert b"unittest" not in b"".join(session(pilot).workspace.view.raws())


async def test_a_cut_that_needs_a_fix_applies_it_too(open_app: Open) -> None:
    async with open_app("missing-parent") as pilot:
        await press(pilot, "t")
        assert "safe after 1 fix above" in said(pilot)
        await press(pilot, "enter", "enter")
        assert "RESUMES IN FULL" in screen_text(pilot.app)
        assert session(pilot).workspace.titles[0].endswith("after 1 fix")


async def test_rows_that_a_cut_keeps_are_not_called_lost(open_app: Open) -> None:
    async with open_app("missing-parent") as pilot:
        await press(pilot, "t", "left_square_bracket", "left_square_bracket", "left_square_bracket",
                    "left_square_bracket")
        assert "cut behind line 120" in said(pilot)
        rows = [row for row in screen_text(pilot.app).splitlines() if row[2:6].strip().isdecimal()]
        assert rows
        assert not [row for row in rows if row.rstrip(" ▁▂▃▄▅▆▇").endswith("lost")]


async def test_the_prompts_that_would_go_are_copied(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        await press(pilot, "t", "left_square_bracket", "y")
        copied = pilot.app.clipboard
        assert copied.count("\n\n") == 1
        assert copied.endswith("Validate it: only 5% is allowed.")


@pytest.mark.parametrize(("price", "head", "others"), [
    pytest.param("22 results, 2 thinking blocks", "5 prompts that would go (y copies)", 0, id="all are loaded"),
    pytest.param("erases 37 messages", "7 prompts that would go, 5 of them loaded now (y copies)", 2, id="some are"),
])
async def test_of_the_prompts_that_would_go_it_is_said_which_are_loaded(
    open_app: Open, price: str, head: str, others: int
) -> None:
    async with open_app("missing-parent", (120, 60)) as pilot:
        await press(pilot, "t")
        places = pilot.app.screen._places
        found = next(number for number, offer in enumerate(places.offers) if price in offer.point.price)
        pilot.app.screen.query_one(Ladder).go(found)
        await settle(pilot)
        shown = screen_text(pilot.app)
        assert head in shown
        assert shown.count("(not loaded now)") == others


async def test_the_beginning_is_dropped(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        await press(pilot, "t", "b", "j")
        assert "drop all before line 45" in said(pilot)
        await press(pilot, "enter", "enter")
        assert "RESUMES IN FULL" in screen_text(pilot.app)
        assert session(pilot).workspace.titles[0].startswith("Drop everything before line 45: drops 2 prompts")


async def test_a_double_click_on_the_ladder_cuts_there(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        await press(pilot, "t")
        await pilot.click(Ladder, offset=(10, 2))
        await settle(pilot)
        assert isinstance(pilot.app.screen, TruncateScreen)
        assert pilot.app.screen.query_one(Ladder).cursor == 2
        await pilot.click(Ladder, offset=(10, 2), times=2)
        await settle(pilot)
        assert isinstance(pilot.app.screen, PreviewScreen)


async def test_a_backup_is_put_back_and_taken_back(open_app: Open) -> None:
    original = (SAMPLES / "crash-mid-tool" / "session.jsonl").read_bytes()
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter", "w", "j", "enter", "enter")
        assert PATH.read_bytes() != original
        await press(pilot, "B")
        assert "2 lines out, 206 lines as now" in said(pilot)
        await press(pilot, "enter")
        assert PATH.read_bytes() == original
        assert "RESUMES, WITH CHANGES" in screen_text(pilot.app)
        assert "What stood there is kept" in notices(pilot.app)


async def test_the_receipt_says_what_a_check_says(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (120, 40)) as pilot:
        await press(pilot, "f", "enter", "w", "j", "enter")
        assert "Checked again: resumes in full, loads 158 messages" in said(pilot)
        assert said(pilot).count("SHA-256") == 2


async def test_a_session_that_goes_on_is_followed(open_app: Open) -> None:
    lines = (SAMPLES / "healthy" / "session.jsonl").read_bytes().splitlines(keepends=True)
    async with open_app(b"".join(lines[:100])) as pilot:
        await press(pilot, "G")
        with PATH.open("ab") as file:
            file.write(b"".join(lines[100:]))
        session(pilot).look()
        await settle(pilot)
        assert len(session(pilot).workspace.view) == 210
        assert timeline(pilot).cursor == 209
        assert "has grown" not in screen_text(pilot.app)
        assert "RESUMES IN FULL" in screen_text(pilot.app)


async def test_a_session_that_is_followed_for_long_holds_few_files_open(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        workspace = session(pilot).workspace
        for _ in range(12):
            with PATH.open("ab") as file:
                file.write(b'{"type":"mode","mode":"normal"}\n')
            session(pilot).look()
            await settle(pilot)
        assert len(workspace.view) == 210 + 12
        assert len(workspace._left) <= 8
        assert workspace.bundle.main[0]


async def test_a_session_that_is_edited_is_not_followed(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter")
        with PATH.open("ab") as file:
            file.write(b'{"type":"mode","mode":"normal"}\n')
        session(pilot).look()
        await settle(pilot)
        assert "press R to read it again" in screen_text(pilot.app)


async def test_a_living_session_is_not_saved_over(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter")
        monkeypatch.setattr(session(pilot).workspace, "owner", lambda: 4711)
        await press(pilot, "w")
        assert "has it open" in said(pilot)
        assert "In place" not in said(pilot)
