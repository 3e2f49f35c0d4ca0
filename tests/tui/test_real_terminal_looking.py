"""Looking closer in a real terminal: an error is pasted, its record is mended; the request, by key and by mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from driving import SAMPLES
from terminal import Terminal, opened

ERROR = (
    "\x1b[200~API Error: 400 messages.97: `tool_use` ids were found without `tool_result` blocks immediately "
    "after: toolu_x.\r\nEach `tool_use` block must have a corresponding `tool_result` block.\x1b[201~"
)
"""As a terminal hands over what is pasted: between the marks of a bracketed paste, with its line breaks."""


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    session = tmp_path / "session.jsonl"
    session.write_bytes((SAMPLES / "crash-mid-tool" / "session.jsonl").read_bytes())
    shown = opened(session, tmp_path)
    yield shown
    shown.close()


def test_from_a_pasted_error_to_the_record_and_its_fix(terminal: Terminal) -> None:
    terminal.wait_for("RESUMES, WITH CHANGES")
    terminal.press("g")
    terminal.wait_for("resume begins here")
    terminal.press(ERROR)
    terminal.wait_for("Which error?")
    terminal.wait_for("corresponding `tool_result` block")
    terminal.press("\r")
    terminal.wait_for("What it means")
    terminal.wait_for("Go to line 206")
    terminal.wait_for("line 206 of 206")
    terminal.press("\r")
    terminal.wait_for("In the conversation")
    terminal.press("\r")
    terminal.wait_for("RESUMES IN FULL")
    terminal.press("u")
    terminal.wait_for("RESUMES, WITH CHANGES")
    terminal.wait_for("nothing has been changed")
    terminal.press("q")
    assert terminal.wait_for_end() == 0


def test_the_request_leads_to_the_line_of_a_block(terminal: Terminal) -> None:
    terminal.wait_for("RESUMES, WITH CHANGES")
    terminal.press("m")
    terminal.wait_for("The request as it will be sent")
    terminal.wait_for("line 196 ")
    row = next(y for y, line in enumerate(terminal.text.splitlines()) if "line 196 " in line)
    for _ in range(2):
        terminal.press(f"\x1b[<0;20;{row + 1}M\x1b[<0;20;{row + 1}m")
    terminal.wait_for("line 196 of 206")
    terminal.press("\r")
    terminal.wait_for("1 read")
    terminal.wait_for("result of toolu_")
    terminal.press("q")
    terminal.wait_for("line 196 of 206 ·")
    terminal.press("q")
    assert terminal.wait_for_end() == 0
