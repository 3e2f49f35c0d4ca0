"""A disk that does not answer behind the list of sessions: keys go on, it is said, and what was wanted last counts."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from driving import Opened, notices, press, screen_text, settle
from test_picker import LARGE_SCREEN, Pick, names, picker
from test_picker import pick as pick

from unbrick_tui.patience import SILENT
from unbrick_tui.screens import behind
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.shelf import Row, Shelf


class Disk:
    """Calls wait while it is silent; which were made."""

    def __init__(self) -> None:
        self.answers = Event()
        self.asked: list[Any] = []

    def before(self, call: Any) -> Any:
        def made(*arguments: Any) -> Any:
            self.asked.append(next((one for one in arguments if isinstance(one, Row)), None))
            self.answers.wait()
            return call(*arguments)

        return made


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """Whatever takes any time is late."""
    monkeypatch.setattr(behind, "LONG", 0.0)
    monkeypatch.setattr(behind, "LATE", 0.01)
    found = Disk()
    yield found
    found.answers.set()


async def until_said(pilot: Opened, said: str) -> None:
    while f"{SILENT}: {said}" not in screen_text(pilot.app):
        await pilot.pause()


@pytest.mark.parametrize(("owner", "call", "key", "said"), [
    pytest.param(Shelf, "look", "f5", behind.LOOKING, id="looking"),
    pytest.param(Shelf, "open", "enter", behind.OPENING, id="opening"),
    pytest.param(behind, "last_turns", "down", behind.READING, id="reading"),
])
async def test_keys_go_on(
    pick: Pick, disk: Disk, monkeypatch: pytest.MonkeyPatch, owner: object, call: str, key: str, said: str
) -> None:
    async with pick(LARGE_SCREEN) as pilot:
        monkeypatch.setattr(owner, call, disk.before(getattr(owner, call)))
        await pilot.press(key)
        await until_said(pilot, said)
        await pilot.press(key, *"web")
        assert names(pilot) == "34"
        assert len(disk.asked) == 1
        disk.answers.set()
        await settle(pilot)
        assert SILENT not in screen_text(pilot.app)
        assert isinstance(pilot.app.screen, SessionScreen) == (call == "open")


async def test_the_session_that_was_wanted_last_is_shown(
    pick: Pick, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pick(LARGE_SCREEN) as pilot:
        first, second = picker(pilot).sessions.rows[:2]
        opened, silent = Shelf.open, disk.before(Shelf.open)
        monkeypatch.setattr(Shelf, "open", lambda shelf, row: (silent if row is first else opened)(shelf, row))
        await pilot.press("enter")
        await until_said(pilot, behind.OPENING)
        await pilot.press("down", "enter")
        while not isinstance(screen := pilot.app.screen, SessionScreen):
            await pilot.pause()
        disk.answers.set()
        await settle(pilot)
        assert pilot.app.screen is screen
        assert screen.workspace.bundle.path == second.stored.path


async def test_the_last_turns_are_those_at_the_cursor(
    pick: Pick, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pick(LARGE_SCREEN) as pilot:
        rows = picker(pilot).sessions.rows
        monkeypatch.setattr(behind, "last_turns", disk.before(behind.last_turns))
        await pilot.press("down")
        await until_said(pilot, behind.READING)
        await pilot.press("down", "down")
        disk.answers.set()
        await settle(pilot)
        assert disk.asked == [rows[1], rows[3]]


async def test_what_cannot_be_looked_at_is_a_sentence(pick: Pick, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(5, "Input/output error")

    async with pick(LARGE_SCREEN) as pilot:
        before = names(pilot)
        monkeypatch.setattr(Shelf, "look", refused)
        monkeypatch.setattr(behind, "last_turns", refused)
        await press(pilot, "f5", "down")
        assert "input/output error" in notices(pilot.app)
        assert "input/output error" in screen_text(pilot.app)
        assert names(pilot) == before
