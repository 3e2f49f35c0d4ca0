"""Mending, undoing, cutting and saving in a real terminal, by keys and by mouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from driving import SAMPLES
from terminal import Terminal, opened


def click(terminal: Terminal, text: str, until: str) -> None:
    """Click where a text stands on the screen; again, as a person would, where nothing came of it because the screen
    was just changing."""
    terminal.wait_for(text)
    for patience in (5.0, 10.0, 20.0, 30.0):
        click_once(terminal, text)
        with suppress(AssertionError):
            terminal.wait_for(until, patience)
            return
    terminal.wait_for(until)


def click_once(terminal: Terminal, text: str) -> None:
    """Click as a terminal reports it (SGR mouse mode); not where the text is gone, for then a click before took it."""
    for row, line in enumerate(terminal.text.split("\n"), 1):
        if text in line:
            column = line.index(text) + 2
            terminal.press(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")
            return


def left_by_mouse(terminal: Terminal) -> int:
    """The exit status. A click on a dialog that is still growing misses: it is done again."""
    terminal.wait_for("Leave unbrick")
    for patience in (2.0, 5.0, 10.0):
        click_once(terminal, "Leave unbrick")
        with suppress(AssertionError):
            return terminal.wait_for_end(patience)
    return terminal.wait_for_end()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    session = tmp_path / "session.jsonl"
    session.write_bytes((SAMPLES / "missing-parent" / "session.jsonl").read_bytes())
    shown = opened(session, tmp_path)
    yield shown
    shown.close()


def test_cut_undo_fix_and_save_in_place_by_keys(terminal: Terminal, tmp_path: Path) -> None:
    original = (tmp_path / "session.jsonl").read_bytes()
    terminal.wait_for("LOSES HISTORY")
    terminal.wait_for("nothing has been changed")
    terminal.press("t")
    terminal.wait_for("after 1 fix")
    terminal.press("[")
    terminal.wait_for("Safe point 2 of")
    terminal.press("\r")
    terminal.wait_for("Done together")
    terminal.press("\r")
    terminal.wait_for("1 edit, not saved")
    terminal.press("u")
    terminal.wait_for("nothing has been changed")
    terminal.wait_for("LOSES HISTORY")
    terminal.press("f")
    terminal.wait_for("loses history → resumes in full")
    terminal.press("\r")
    terminal.wait_for("1 edit, not saved")
    terminal.press("w")
    terminal.wait_for("As a new session")
    terminal.press("j\r")
    terminal.wait_for("Checked again: resumes in full")
    terminal.press("\r")
    terminal.wait_for("nothing has been changed")
    terminal.press("q")
    assert terminal.wait_for_end() == 0
    changed = (tmp_path / "session.jsonl").read_bytes().splitlines()
    assert [line for line in changed if line not in original.splitlines()] == [changed[124]]


def test_fix_review_and_save_by_mouse(terminal: Terminal, tmp_path: Path) -> None:
    terminal.wait_for("nothing has been changed")
    terminal.wait_for("Hang it behind line 120")
    click(terminal, "L001", "loses history → resumes in full")
    click(terminal, "enter apply", "1 edit, not saved")
    click(terminal, "r review", "209 of 210 lines keep their bytes")
    click(terminal, "w save", "As a new session")
    click(terminal, "To a file", "session.repaired.jsonl")
    terminal.press("\r")
    terminal.wait_for("Checked again: resumes in full")
    assert left_by_mouse(terminal) == 0
    assert (tmp_path / "session.repaired.jsonl").exists()
