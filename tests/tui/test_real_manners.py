"""Manners in a real terminal: searching, copying, keys of one's own, an end that nobody expected."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGHUP, SIGTERM
from uuid import UUID

import pytest
from driving import SAMPLES
from terminal import Terminal, opened, started

Start = Callable[[], Terminal]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Opens the same session, as often as it is asked."""
    session = tmp_path / "session.jsonl"
    session.write_bytes((SAMPLES / "crash-mid-tool" / "session.jsonl").read_bytes())
    all_: list[Terminal] = []

    def start() -> Terminal:
        all_.append(opened(session, tmp_path))
        all_[-1].wait_for("RESUMES, WITH CHANGES")
        return all_[-1]

    yield start
    for one in all_:
        one.close()


def test_searching_by_keys(start: Start) -> None:
    terminal = start()
    terminal.press("g/unittest")
    terminal.wait_for("1 of 11")
    terminal.press("\r")
    terminal.wait_for("“unittest” 1 of 11")
    terminal.press("nn")
    terminal.wait_for("“unittest” 3 of 11")
    terminal.press("\x1b")
    terminal.wait_for("1 warning, 2 notes")
    terminal.press("/\x12(")
    terminal.wait_for("not a regular expression: missing )")
    terminal.press("\x7f")
    terminal.wait_for("plain text")
    terminal.press("unittest|coupon")
    terminal.wait_for("unittest|coupon  ")
    terminal.press("\r")
    terminal.wait_for("/unittest|coupon/")


def test_copying_through_the_terminal(start: Start, tmp_path: Path) -> None:
    terminal = start()
    terminal.press("y")
    terminal.wait_for("path and line")
    for _ in range(3):
        terminal.press("j")
    terminal.press("\r")
    terminal.wait_for("copied, ")
    wanted = base64.b64encode(f"{tmp_path / 'session.jsonl'}:206".encode())
    assert b"\x1b]52;c;" + wanted + b"\a" in terminal.raw


def test_keys_and_colours_from_the_settings(start: Start, tmp_path: Path) -> None:
    settings = tmp_path / ".config" / "unbrick" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('theme = "mauve"\n[keys]\nact.fix = "x"\nlook.problem = "y"\n', encoding="utf-8")
    terminal = start()
    terminal.wait_for("line 4: no key has the name")
    terminal.wait_for("there is no theme")
    terminal.press("x")
    terminal.wait_for("enter appl")
    terminal.press("\r")
    terminal.wait_for("1 edit, not saved")


def test_edits_outlive_a_terminal_that_goes_away_unsaid(start: Start, tmp_path: Path) -> None:
    terminal = start()
    terminal.press("f")
    terminal.wait_for("enter appl")
    terminal.press("\r")
    terminal.wait_for("1 edit, not saved")
    assert terminal.hang_up() == 128 + SIGHUP
    (kept,) = (tmp_path / ".local" / "state" / "unbrick" / "unsaved").iterdir()
    assert json.loads(kept.read_bytes())["path"] == str(tmp_path / "session.jsonl")


def test_the_list_of_sessions_ends_with_its_terminal(tmp_path: Path) -> None:
    session = tmp_path / "config" / "projects" / "-shop" / f"{UUID(int=7)}.jsonl"
    session.parent.mkdir(parents=True)
    session.write_bytes((SAMPLES / "healthy" / "session.jsonl").read_bytes())
    terminal = started([], tmp_path, tmp_path)
    try:
        terminal.wait_for("1 session")
        assert terminal.hang_up() == 128 + SIGHUP
    finally:
        terminal.close()


@pytest.mark.parametrize("number", [SIGTERM, SIGHUP], ids=lambda number: number.name)
def test_edits_outlive_the_end_of_the_process(start: Start, tmp_path: Path, number: int) -> None:
    terminal = start()
    terminal.press("f")
    terminal.wait_for("enter appl")
    terminal.press("\r")
    terminal.wait_for("1 edit, not saved")
    terminal.signal(number)
    assert terminal.wait_for_end() == 128 + number
    (kept,) = (tmp_path / ".local" / "state" / "unbrick" / "unsaved").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_bytes())["path"] == str(tmp_path / "session.jsonl")
    again = start()
    again.wait_for("1 edit not saved when unbrick ended")
    again.press("\r")
    again.wait_for("1 edit, not saved")
    again.press("q")
    again.wait_for("Leave without saving")
    again.press("j\r")
    assert again.wait_for_end() == 0
    assert not kept.exists()
