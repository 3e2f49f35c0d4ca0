"""The installed application in a real terminal: opened, read, mended, reviewed, saved as a copy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from driving import SAMPLES
from terminal import Terminal, opened


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    session = tmp_path / "session.jsonl"
    session.write_bytes((SAMPLES / "crash-mid-tool" / "session.jsonl").read_bytes())
    shown = opened(session, tmp_path)
    yield shown
    shown.close()


def test_from_opening_to_a_saved_copy(terminal: Terminal, tmp_path: Path) -> None:
    original = (tmp_path / "session.jsonl").read_bytes()
    terminal.wait_for("RESUMES, WITH CHANGES")
    terminal.wait_for("nothing has been changed")
    terminal.wait_for("T001")
    terminal.press("f")
    terminal.wait_for("enter appl")
    terminal.press("\r")
    terminal.wait_for("1 edit, not saved")
    terminal.wait_for("RESUMES IN FULL")
    terminal.press("r")
    terminal.wait_for("206 of 206 lines keep their bytes")
    terminal.press("w")
    terminal.wait_for("As a new session")
    terminal.press("jj\r")
    terminal.wait_for("session.repaired.jsonl")
    terminal.press("\r")
    terminal.wait_for("206 kept byte for byte")
    terminal.press("j\r")
    assert terminal.wait_for_end() == 0
    copy = (tmp_path / "session.repaired.jsonl").read_bytes()
    assert copy.startswith(original)
    assert (tmp_path / "session.jsonl").read_bytes() == original
    assert b"\x1b[?1049l" in terminal.raw, "the terminal was not given back"
