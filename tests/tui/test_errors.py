"""The error box: a pasted error leads to its record, or the file is said to be innocent."""

from __future__ import annotations

from driving import Open, Opened, press, screen_text, settle
from textual import events

from unbrick_tui.screens.error import LONGEST, ErrorScreen, taken
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.widgets.timeline import Timeline

REFUSED = (
    '\x1b[31mAPI Error: 400 {"type":"error","error":{"type":"invalid_request_error","message":"messages.97: `tool_use` '
    "ids were\r\nfound without `tool_result` blocks immediately after: toolu_x\"}}\x1b[0m"
)


def session(pilot: Opened) -> SessionScreen:
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, SessionScreen))


async def paste(pilot: Opened, text: str) -> None:
    pilot.app.post_message(events.Paste(text))
    await settle(pilot)


async def test_a_paste_on_the_session_leads_to_the_record_and_its_fix(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (100, 40)) as pilot:
        session(pilot).query_one(Timeline).jump(3)
        await paste(pilot, REFUSED)
        assert isinstance(pilot.app.screen, ErrorScreen)
        assert "found without `tool_result`" in screen_text(pilot.app)
        await press(pilot, "enter")
        said = screen_text(pilot.app)
        assert "What it means" in said
        assert "T001" in said
        finding = next(f for f in session(pilot).workspace.outline.report.findings if f.code == "T001")  # type: ignore[union-attr]
        assert session(pilot).query_one(Timeline).cursor == finding.row
        await press(pilot, "escape")
        assert session(pilot) is pilot.app.screen


async def test_an_error_that_the_file_is_innocent_of(open_app: Open) -> None:
    async with open_app("healthy", (100, 40)) as pilot:
        await press(pilot, "e")
        await paste(pilot, "API Error: 529 overloaded_error")
        await press(pilot, "enter")
        assert "no edit of the file helps" in screen_text(pilot.app)


async def test_a_message_that_the_request_does_not_hold(open_app: Open) -> None:
    async with open_app("healthy", (100, 40)) as pilot:
        await press(pilot, "e")
        await paste(pilot, "messages.9999.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_9")
        await press(pilot, "enter")
        assert "no messages.9999" in " ".join(screen_text(pilot.app).replace("│", " ").split())


async def test_nothing_is_no_error(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        await press(pilot, "e", "enter")
        assert "an error is wanted first" in screen_text(pilot.app)
        await press(pilot, "escape")
        assert session(pilot) is pilot.app.screen


def test_a_paste_is_taken_in_without_colours_and_harmless() -> None:
    assert taken("\x1b[31ma\x1b[0m\r\nb\x07") == "a\nb␇"
    assert len(taken("x" * (LONGEST + 1))) == LONGEST
