"""In a real terminal: a record in an editor that takes the screen, and an export."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from driving import SAMPLES
from terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    session = tmp_path / "session.jsonl"
    session.write_bytes((SAMPLES / "crash-mid-tool" / "session.jsonl").read_bytes())
    editor = tmp_path / "an editor"
    # Like an editor, it takes the screen and waits for a key.
    editor.write_text(
        '#!/bin/sh\nprintf "\\033[2J\\033[HEDITING %s" "$(/usr/bin/basename "$1")"\nread key\n'
        '/bin/sed -i s/python3/python4/ "$1"\n', "utf-8",
    )
    editor.chmod(0o700)
    environment = {
        "TERM": "xterm-256color", "HOME": str(tmp_path), "CLAUDE_CONFIG_DIR": str(tmp_path / "config"), "TZ": "UTC",
        "PATH": str(tmp_path / "bin"), "LANG": "C.UTF-8", "TEXTUAL_ANIMATIONS": "none", "EDITOR": f"'{editor}'",
    }
    shown = Terminal([sys.executable, "-m", "unbrick_tui", "open", str(session)], environment, tmp_path)
    shown.wait_for("T001")
    yield shown
    shown.close()


def test_a_record_goes_to_the_editor_and_comes_back(terminal: Terminal, tmp_path: Path) -> None:
    terminal.press("o")
    terminal.wait_for("EDITING record.json")
    assert "RESUMES" not in terminal.text
    terminal.press("\n")
    terminal.wait_for("enter appl")
    assert "by hand" in terminal.text
    terminal.press("\r")
    terminal.wait_for("1 edit, not saved")
    terminal.press("\r")
    terminal.wait_for("python4")
    assert b"python4" not in (tmp_path / "session.jsonl").read_bytes()


def test_a_page_for_the_browser_is_written(terminal: Terminal, tmp_path: Path) -> None:
    terminal.press("x")
    terminal.wait_for("Share this session")
    terminal.press("j\r")
    terminal.wait_for("What goes into it")
    terminal.press("\r")
    terminal.wait_for("Write it to")
    terminal.press("\r")
    terminal.wait_for("Written")
    assert (tmp_path / "session.html").read_bytes().startswith(b"<!doctype html>")
    terminal.press("\x1b")
    terminal.wait_for("T001")
