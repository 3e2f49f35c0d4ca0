"""The installed application in a real terminal: opened, read, mended, reviewed, saved as a copy."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest
from driving import SAMPLES

ROWS, COLUMNS = 30, 100
PATIENCE = 60.0


class Terminal:
    """A child on a pseudo terminal, and the screen it paints as a terminal emulator sees it."""

    def __init__(self, arguments: list[str], environment: dict[str, str], folder: Path) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self.screen)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.raw = b""
        self._fd, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._child = subprocess.Popen(
            arguments, stdin=end, stdout=end, stderr=end, cwd=folder, env=environment, start_new_session=True,
        )
        os.close(end)

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._fd, keys.encode())

    def wait_for(self, text: str) -> None:
        """Read what is painted until a text stands on the screen."""
        end = time.monotonic() + PATIENCE
        while text not in self.text:
            left = end - time.monotonic()
            assert left > 0, f"“{text}” did not come up:\n{self.text}"
            assert self._read(left), f"left with {self._child.poll()} before “{text}” came up:\n{self.text}"

    def wait_for_end(self) -> int:
        """Read until the child leaves; its exit status."""
        end = time.monotonic() + PATIENCE
        while self._read(end - time.monotonic()):
            assert time.monotonic() < end, f"it does not leave:\n{self.text}"
        return self._child.wait(PATIENCE)

    def _read(self, patience: float) -> bool:
        """Take in what was painted; False when the child has closed its end."""
        ready, _, _ = select.select([self._fd], [], [], min(max(patience, 0.0), 1.0))
        if not ready:
            return True
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:  # Linux says EIO where others say end of file.
            data = b""
        self.raw += data
        self._stream.feed(self._decode(data))
        return bool(data)

    def close(self) -> None:
        """End the child if it is still there."""
        self._child.kill()
        self._child.wait()
        os.close(self._fd)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    session = tmp_path / "session.jsonl"
    session.write_bytes((SAMPLES / "crash-mid-tool" / "session.jsonl").read_bytes())
    environment = {
        "TERM": "xterm-256color", "HOME": str(tmp_path), "CLAUDE_CONFIG_DIR": str(tmp_path / "config"), "TZ": "UTC",
        "PATH": str(tmp_path / "bin"), "LANG": "C.UTF-8", "TEXTUAL_ANIMATIONS": "none",
    }
    command = [sys.executable, "-m", "unbrick_tui", "open", str(session)]
    opened = Terminal(command, environment, tmp_path)
    yield opened
    opened.close()


def test_from_opening_to_a_saved_copy(terminal: Terminal, tmp_path: Path) -> None:
    original = (tmp_path / "session.jsonl").read_bytes()
    terminal.wait_for("RESUMES, WITH CHANGES")
    terminal.wait_for("nothing has been changed")
    terminal.wait_for("T001")
    terminal.press("f")
    terminal.wait_for("enter applies it")
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
