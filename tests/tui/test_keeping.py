"""Backing a session up before anything is done to it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from driving import Open, notices, press, screen_text, settle

from unbrick.bundle import Bundle
from unbrick.check import check
from unbrick.errors import SourceChangedError
from unbrick.formats import Format
from unbrick.patch import EMPTY
from unbrick.report import Report
from unbrick.restore import backups
from unbrick_tui import storing
from unbrick_tui import workspace as of_workspace
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


@pytest.mark.parametrize("keys", [["j", "enter"], ["enter"]], ids=["in place", "as a new session"])
async def test_what_was_saved_is_checked_once(
    open_app: Open, monkeypatch: pytest.MonkeyPatch, keys: list[str]
) -> None:
    checked: list[str] = []

    def counted(_format: Format, bundle: Bundle, *rest: Any) -> Generator[int, None, Report]:
        checked.append(bundle.path.name)
        return check(_format, bundle, *rest)

    async with open_app("crash-mid-tool") as pilot:
        workspace = pilot.app.screen.workspace
        await press(pilot, "f", "enter")
        patch = workspace.patch
        for module in (storing, of_workspace):
            monkeypatch.setattr(module, "check", counted)
        monkeypatch.setattr(workspace, "check", lambda: pytest.fail("it is checked once more"))
        await press(pilot, "w", *keys)
        assert "Checked again: resumes in full" in screen_text(pilot.app)
        await press(pilot, "enter")
        assert len(checked) == 1
        assert "RESUMES IN FULL" in screen_text(pilot.app)
        in_place = len(keys) > 1
        assert (workspace.patch == EMPTY, workspace.unsaved) == (in_place, False)
        assert workspace.patch == (EMPTY if in_place else patch)
        assert not workspace.news()
        assert bytes(workspace.view.raw(0)) == workspace.bundle.main[0]


async def test_what_cannot_be_checked_after_a_save_is_saved(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> Generator[int, None, Report]:
        yield 0
        raise SourceChangedError("it became shorter")

    async with open_app("crash-mid-tool") as pilot:
        path = pilot.app.screen.workspace.bundle.path
        before = path.read_bytes()
        await press(pilot, "f", "enter")
        monkeypatch.setattr(storing, "check", refused)
        await press(pilot, "w", "j", "enter")
        assert "It cannot be read again." in screen_text(pilot.app)
        assert path.read_bytes() != before
