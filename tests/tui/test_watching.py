"""The check runs behind the person's back; the file is watched while it is open."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from driving import SAMPLES, Open, Opened, notices, press, screen_text, settle

from unbrick_tui.app import UnbrickApp
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.widgets.timeline import Timeline
from unbrick_tui.workspace import Result, Work, Workspace

PATH = Path("session.jsonl")
MODE = b'{"type":"mode","mode":"normal","sessionId":"x"}\n'


def session(pilot: Opened) -> SessionScreen:
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, SessionScreen))


def timeline(pilot: Opened) -> Timeline:
    return session(pilot).query_one(Timeline)


async def test_the_records_are_there_while_the_check_runs_and_it_leaves_the_cursor_alone(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    check = Workspace.check

    def held(self: Workspace) -> Work[Result]:
        yield 0
        assert gate.wait(30)
        return (yield from check(self))

    monkeypatch.setattr(Workspace, "check", held)
    async with open_app("missing-parent", checked=False) as pilot:
        try:
            await pilot.pause()
            line = timeline(pilot)
            assert "CHECKING" in screen_text(pilot.app)
            assert "Some totals are one cent too low" in screen_text(pilot.app)
            for _ in range(30):
                await pilot.press("j")
            assert line.cursor == 30
            top = line._layout_.top(30) - line.scroll_offset.y
            await pilot.press("f")
            assert "still checking" in notices(pilot.app)
        finally:
            gate.set()
        await settle(pilot)
        assert "LOSES HISTORY" in screen_text(pilot.app)
        assert line.cursor == 30
        assert line._layout_.top(30) - line.scroll_offset.y == top


async def test_a_file_that_grows_is_said_and_read_again_with_cursor_and_edits(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter", "g", "j", "j")
        line, workspace = timeline(pilot), session(pilot).workspace
        cursor, titles = line.view.at(line.cursor), workspace.titles
        with PATH.open("ab") as file:
            file.write(MODE * 3)
        session(pilot).look()
        assert "The file has grown by 3 lines: press R to read it again" in screen_text(pilot.app)
        await press(pilot, "R")
        assert "has grown" not in screen_text(pilot.app)
        assert "Read again: 209 lines." in notices(pilot.app)
        assert line.view.at(line.cursor) == cursor
        assert workspace.titles == titles
        assert len(workspace.view) == 209 + 2
        await press(pilot, "w", "j", "enter")
        assert "What stood there before" in screen_text(pilot.app)
    assert PATH.read_bytes().count(MODE) == 3


async def test_a_save_that_a_grown_file_refuses_offers_to_read_it_again(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter")
        with PATH.open("ab") as file:
            file.write(MODE)
        await press(pilot, "w", "j", "enter")
        assert "Not saved" in screen_text(pilot.app)
        await press(pilot, "j", "enter")
        assert "Read again: 207 lines." in notices(pilot.app)
        assert session(pilot).workspace.unsaved


def replace() -> None:
    shutil.copy(SAMPLES / "healthy" / "session.jsonl", "other")
    Path("other").replace(PATH)


@pytest.mark.parametrize(
    ("change", "said", "again"), [
        pytest.param(lambda: os.truncate(PATH, 50_000), "has shrunk by", "1 edit no longer fits", id="truncated"),
        pytest.param(PATH.unlink, "was removed", "cannot be read", id="removed"),
        pytest.param(replace, "was replaced by another file", "Read again: 210 lines.", id="replaced"),
    ],
)
async def test_a_file_that_changes_under_the_reader_gets_a_sentence(
    open_app: Open, change: Callable[[], None], said: str, again: str
) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter")
        change()
        session(pilot).look()
        assert said in screen_text(pilot.app)
        await press(pilot, "j", "pageup", "g", "G", "enter", "v", "v", "escape", "p", "escape", "t", "escape", "r")
        for key in ("m", "C", "x", "e", "i", "a", "d", "y", "&", "B", "n", "c", "l"):
            await press(pilot, key, "j", "escape", "escape")
        await press(pilot, "escape", "u", "ctrl+r", "F", "w", "j", "enter")
        assert "Not saved" in screen_text(pilot.app)
        assert "Nothing" in screen_text(pilot.app)
        await press(pilot, "escape", "R")
        assert again in notices(pilot.app)
        assert "itself failed" not in notices(pilot.app)


async def test_who_has_it_open_is_said(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app("crash-mid-tool", (120, 40)) as pilot:
        assert "pid" not in screen_text(pilot.app)
        monkeypatch.setattr(session(pilot).workspace, "owner", lambda: 4242)
        session(pilot).look()
        assert "Claude Code (pid 4242) has it open" in screen_text(pilot.app)
        monkeypatch.setattr(session(pilot).workspace, "owner", lambda: None)
        session(pilot).look()
        assert "4242" not in screen_text(pilot.app)


async def test_nothing_to_read_again(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        await press(pilot, "R")
        assert "the file is as it was read" in notices(pilot.app)


async def test_a_check_that_fails_says_so_and_can_be_tried_again(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: Workspace) -> Work[Result]:
        yield 0
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(Workspace, "check", failing)
        async with open_app("healthy") as pilot:
            assert "NOT CHECKED" in screen_text(pilot.app)
            assert "not enough memory for this file" in screen_text(pilot.app)
            await press(pilot, "f")
            assert "the check failed; press R to try it again" in notices(pilot.app)
            patched.undo()
            await press(pilot, "R")
            assert "RESUMES IN FULL" in screen_text(pilot.app)


async def test_a_fault_of_our_own_is_one_sentence(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the transcript holds must not be spilled with a traceback."""
    said: list[object] = []
    async with open_app("healthy") as pilot:
        app = pilot.app
        assert isinstance(app, UnbrickApp)
        monkeypatch.setattr(app, "panic", said.append)
        try:
            {}["what the transcript holds"]
        except KeyError:
            app._fatal_error()
    assert str(said[0]).startswith("unbrick: unbrick itself failed (KeyError at test_watching.py")
