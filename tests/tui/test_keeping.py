"""Backing a session up before anything is done to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import Open, notices, press, screen_text, settle

from unbrick.restore import backups
from unbrick_tui.screens.session import SessionScreen


async def test_b_keeps_copies_of_the_files_as_they_are(open_app: Open) -> None:
    async with open_app("missing-parent") as pilot:
        screen = next(one for one in pilot.app.screen_stack if isinstance(one, SessionScreen))
        path = screen.workspace.bundle.path
        before = path.read_bytes()
        await press(pilot, "b")
        await settle(pilot)
        assert [kept.read_bytes() for kept in backups(path)] == [before]
        assert not backups(path)[0].samefile(path)
        assert f"1 file kept as on disk, in {Path.cwd()}: *.2026" in notices(pilot.app)
        assert screen.workspace.outline is not None


async def test_what_a_resume_would_destroy_is_said_first_until_it_is_backed_up(open_app: Open) -> None:
    async with open_app("amplifier/torn-last-line") as pilot:
        assert "press b to back up now" in screen_text(pilot.app)
        await press(pilot, "b")
        said = screen_text(pilot.app)
        assert "press b" not in said
        assert "Do not resume this session again before it is mended" in said
        assert sum(".unbrick-backup" in path.name for path in Path("torn-last-line").iterdir()) == 2


async def test_what_was_piped_in_has_nothing_to_be_kept(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app("amplifier/torn-last-line") as pilot:
        screen = next(one for one in pilot.app.screen_stack if isinstance(one, SessionScreen))
        monkeypatch.setattr(screen.workspace.bundle.main, "private", True)
        await press(pilot, "b")
        assert "has no file to keep a copy of" in notices(pilot.app)
        assert "press b" not in screen_text(pilot.app)
