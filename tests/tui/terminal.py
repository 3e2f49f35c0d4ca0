"""A pseudo terminal with the application in it."""

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
from collections.abc import Callable
from pathlib import Path

import pyte

ROWS, COLUMNS = 30, 100
PATIENCE = 60.0
BESIDE = os.pathsep.join(str(Path(__file__).resolve().parents[2] / root) for root in ("core", "tui"))
"""Where the application stands that these tests belong to, whichever is installed."""


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
            arguments, stdin=end, stdout=end, stderr=end, cwd=folder,
            env={"PYTHONPATH": BESIDE, **environment}, start_new_session=True,
        )
        os.close(end)

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._fd, keys.encode())

    def wait_for(self, text: str, patience: float | None = None) -> None:
        """Read what is painted until a text stands on the screen."""
        self.wait_until(lambda: text in self.text, f"“{text}” comes up", patience)

    def wait_until(self, come: Callable[[], bool], what: str, patience: float | None = None) -> None:
        """Read what is painted until something has come about; `what` says it in words."""
        end = time.monotonic() + (PATIENCE if patience is None else patience)
        while not come():
            left = end - time.monotonic()
            assert left > 0, f"waited in vain until {what}:\n{self.text}"
            assert self._read(left), f"left with {self._child.poll()} before {what}:\n{self.text}"

    def wait_for_end(self, patience: float | None = None) -> int:
        """Read until the child leaves; its exit status."""
        end = time.monotonic() + (PATIENCE if patience is None else patience)
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

    def signal(self, number: int) -> None:
        """Send a signal to the child."""
        self._child.send_signal(number)

    def hang_up(self) -> int:
        """Close the terminal. The child leads a session that never took it, so no signal says so; its exit status."""
        os.close(self._fd)
        self._fd = -1
        return self._child.wait(PATIENCE)

    def close(self) -> None:
        """End the child if it is still there."""
        self._child.kill()
        self._child.wait()
        if self._fd >= 0:
            os.close(self._fd)


def opened(session: Path, home: Path) -> Terminal:
    """The application with a session, as the command opens it, at home in a folder of its own."""
    return started(["open", str(session)], home, home)


def started(words: list[str], home: Path, folder: Path) -> Terminal:
    """The command with these words, typed in a folder."""
    environment = {
        "TERM": "xterm-256color", "HOME": str(home), "CLAUDE_CONFIG_DIR": str(home / "config"), "TZ": "UTC",
        "PATH": str(home / "bin"), "LANG": "C.UTF-8", "TEXTUAL_ANIMATIONS": "none",
    }
    return Terminal([sys.executable, "-m", "unbrick_tui", *words], environment, folder)
