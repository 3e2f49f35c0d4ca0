"""Work that is stopped, and edits that outlive an unexpected end."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Collection, Generator
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from driving import Open, notices, press, screen_text, settle
from hypothesis import given
from hypothesis import strategies as st

from unbrick.edit import DropRecord, Insert, Remake, Salvage, Scale, SetValue
from unbrick.patch import EMPTY
from unbrick.record import At
from unbrick.scanning.scan import finish
from unbrick_tui import recovery
from unbrick_tui.packing import packed, unpacked
from unbrick_tui.patience import SILENT
from unbrick_tui.screens.preview import PreviewScreen
from unbrick_tui.settings import Settings
from unbrick_tui.state import State
from unbrick_tui.workspace import Result, Work

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8,
)
PLACES = st.builds(At, st.integers(0, 99), st.integers(0, 9))
EDITS = st.one_of(
    st.builds(DropRecord, PLACES), st.builds(SetValue, PLACES, st.tuples(st.text(), st.integers()), JSON),
    st.builds(Insert, PLACES, st.dictionaries(st.text(), JSON)),
    st.builds(Salvage, PLACES, st.none() | st.lists(st.binary()).map(tuple)),
    st.builds(Remake, PLACES, st.tuples(st.tuples(st.tuples(st.text()), st.builds(Scale, st.integers())))),
)


@given(st.lists(EDITS).map(tuple) | st.dictionaries(st.integers(), st.lists(st.binary()).map(tuple)))
def test_edits_and_patches_come_back_as_they_were(value: Any) -> None:
    assert unpacked(json.loads(json.dumps(packed(value)))) == value


def file() -> Path | None:
    return next(iter((recovery.state.folder() / "unsaved").glob("*.json")), None)


async def test_edits_are_offered_after_an_unexpected_end(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter")
        workspace = pilot.app.screen.workspace
        patch, titles = workspace.patch, workspace.titles
        assert pilot.app._keep_edits()
    kept = file()
    assert kept is not None
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700

    async with open_app(None, name="session.jsonl") as pilot:
        workspace = pilot.app.screen_stack[1].workspace
        assert "1 edit not saved when unbrick ended" in screen_text(pilot.app)
        assert titles[0][:30] in screen_text(pilot.app)
        await press(pilot, "enter")
        await settle(pilot)
        assert (workspace.patch, workspace.titles) == (patch, titles)
        assert "RESUMES IN FULL" in screen_text(pilot.app)
        await press(pilot, "u")
        assert workspace.patch == EMPTY


async def test_edits_that_are_refused_are_forgotten(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter")
        pilot.app._keep_edits()
    async with open_app(None, name="session.jsonl") as pilot:
        await press(pilot, "j", "enter")
        assert pilot.app.screen.workspace.patch == EMPTY
    assert file() is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[1", b'{"version":2,"stamp":[],"steps":[[1,["DropRecord"],3]]}'])
async def test_a_torn_file_of_edits_is_no_trouble(open_app: Open, content: bytes) -> None:
    async with open_app("healthy") as pilot:
        kept = recovery.file_of(pilot.app.screen.workspace)
        kept.parent.mkdir(parents=True)
        kept.write_bytes(content)
        assert finish(recovery.kept(pilot.app.screen.workspace)) is None
        assert not kept.exists()


async def test_nothing_is_kept_where_nothing_is_unsaved(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        assert not pilot.app._keep_edits()
    assert file() is None


def endless() -> Generator[int, None, None]:
    while True:
        yield 7


async def test_work_is_stopped_when_asked(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        screen = pilot.app.screen
        screen._drive("check", endless)
        await pilot.press("escape")
        await pilot.pause()
        assert "Stop checking?" in screen_text(pilot.app)
        await pilot.press("j", "enter")
        await settle(pilot)
        assert "NOT CHECKED" in screen_text(pilot.app)
        assert "the check was stopped" in screen_text(pilot.app)
        await press(pilot, "R")
        assert "RESUMES, WITH CHANGES" in screen_text(pilot.app)


@pytest.mark.parametrize(("keys", "back", "shown"), [
    pytest.param(["enter"], ["escape"], True, id="the inspector"),
    pytest.param(["question_mark"], ["escape"], True, id="the keys"),
    pytest.param(["p"], ["escape"], True, id="the list of problems"),
    pytest.param(["p"], ["enter"], True, id="a problem that is gone to"),
    pytest.param(["escape"], ["escape"], True, id="going on"),
    pytest.param(["escape"], ["j", "enter"], False, id="stopping"),
    pytest.param(["enter"], ["f", "escape"], False, id="another fix"),
])
async def test_what_comes_of_work_waits_until_the_person_is_back(
    open_app: Open, monkeypatch: pytest.MonkeyPatch, keys: list[str], back: list[str], shown: bool
) -> None:
    async with open_app("crash-mid-tool") as pilot:
        screen, go_on = pilot.app.screen, Event()
        fix_all = screen.workspace.fix_all

        def held(without: Collection[str]) -> Work[Result]:
            go_on.wait()
            return (yield from fix_all(without))

        monkeypatch.setattr(screen.workspace, "fix_all", held)
        try:
            await pilot.press("F", *keys)
            while (opened := pilot.app.screen) is screen:
                await pilot.pause()
        finally:
            go_on.set()
        await settle(pilot)
        assert pilot.app.screen is opened
        assert "it is worked out; go back to see it" in notices(pilot.app)
        await press(pilot, *back)
        assert isinstance(pilot.app.screen, PreviewScreen) == shown
        if shown:
            await press(pilot, "enter")
            assert len(screen.workspace.titles) == 1
        else:
            assert pilot.app.screen is screen


async def test_work_that_writes_is_not_stopped(open_app: Open) -> None:
    async with open_app("crash-mid-tool") as pilot:
        screen = pilot.app.screen
        screen._drive("save", endless)
        await pilot.press("escape")
        await pilot.pause()
        assert pilot.app.screen is screen
        screen.stop()


async def test_detail_as_it_was_set_or_shown_last(open_app: Open) -> None:
    state = State()
    async with open_app("healthy", state=state) as pilot:
        everything = screen_text(pilot.app)
        await press(pilot, "1")
        prompts = screen_text(pilot.app)
        assert prompts != everything
    async with open_app("healthy", state=state) as pilot:
        assert _rows(screen_text(pilot.app)) == _rows(prompts)
    async with open_app("healthy", state=state, settings=Settings(detail=4)) as pilot:
        assert _rows(screen_text(pilot.app)) == _rows(everything)


def _rows(text: str) -> list[str]:
    """The timeline of a screen."""
    return text.splitlines()[5:-2]


async def test_a_failure_of_our_own_keeps_the_edits_and_says_so(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app("crash-mid-tool") as pilot:
        await press(pilot, "f", "enter")
        said: list[object] = []
        monkeypatch.setattr(pilot.app, "panic", said.append)
        try:
            int("no number")
        except ValueError:
            pilot.app._fatal_error()
        assert "unbrick itself failed" in str(said[0])
        assert "The edits are kept, and offered when the session is opened again." in str(said[0])
    assert file() is not None


def full(_path: Path) -> object:
    return SimpleNamespace(f_flag=0, f_blocks=100, f_bavail=0)


def only_read(_path: Path) -> object:
    return SimpleNamespace(f_flag=os.ST_RDONLY, f_blocks=100, f_bavail=100)


def gone(_path: Path) -> object:
    raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))


@pytest.mark.parametrize(("says", "why"), [
    pytest.param(full, "there is no room in", id="no room"),
    pytest.param(only_read, "is no folder that can be written to", id="only read"),
    pytest.param(gone, "stale file handle", id="gone"),
    pytest.param(os.statvfs, "", id="well"),
])
async def test_that_edits_cannot_be_kept_is_said_once(
    open_app: Open, monkeypatch: pytest.MonkeyPatch, says: Callable[[Path], object], why: str
) -> None:
    async with open_app("crash-mid-tool") as pilot:
        monkeypatch.setattr(os, "statvfs", says)
        screen = pilot.app.screen
        screen.look()
        assert "unsaved edits" not in notices(pilot.app)
        await press(pilot, "f", "enter")
        screen.look()
        screen.look()
        assert notices(pilot.app).count("unsaved edits would not outlive a failure: ") == bool(why)
        assert why in notices(pilot.app)


@pytest.mark.parametrize("leaves", [True, False])
async def test_edits_that_cannot_be_kept_are_not_lost_unasked(open_app: Open, leaves: bool) -> None:
    recovery.state.folder().parent.mkdir(parents=True)
    recovery.state.folder().write_text("in the way")
    async with open_app("crash-mid-tool") as pilot:
        screen = pilot.app.screen
        await press(pilot, "f", "enter")
        assert "could not be kept" in pilot.app._keep_edits()
        screen._news = screen._news._replace(trouble=SILENT)
        await press(pilot, "q", "enter")
        assert "The edits cannot be kept" in screen_text(pilot.app)
        await press(pilot, *("j" * leaves), "enter")
        assert (pilot.app.return_value == 0) == leaves
        if not leaves:
            assert pilot.app.screen is screen
            assert screen.workspace.unsaved
