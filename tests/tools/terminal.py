"""An interactive client, typed at through a terminal of its own."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tools.realclient import Home
from tools.standin import StandIn

QUIET = 1.2
"""Seconds without output after which a client is taken to wait for keys."""
ENTER, ESCAPE = "\r", "\x1b"


class Terminal:
    """A running client. Its questions about trust and keys are answered beforehand (`settings`)."""

    def __init__(self, client: Path, home: Home, api: StandIn, *arguments: str) -> None:
        self.seen = b""
        self._master, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        environment = {**home.environment(api.url), "TERM": "xterm-256color"}
        self._process = subprocess.Popen(
            [str(client), *arguments], cwd=home.cwd, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(3)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._master)

    def settle(self, at_most: float = 20) -> None:
        """Read until nothing more is painted."""
        self.until(lambda: False, at_most, quiet=QUIET)

    def until(self, done: Callable[[], bool], at_most: float = 30, quiet: float | None = None) -> None:
        """Read until something holds, for so many seconds at most."""
        end, last = time.monotonic() + at_most, time.monotonic()
        while time.monotonic() < end and not done():
            if select.select([self._master], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self._master, 1 << 16)
                except OSError:
                    return
                last = time.monotonic()
            elif quiet is not None and self.seen and time.monotonic() - last > quiet:
                return

    def type(self, words: str, enter: bool = True) -> None:
        """Type a text; the key that sends it comes as a keystroke of its own."""
        os.write(self._master, words.encode())
        if enter:
            self.until(lambda: False, 0.5)
            os.write(self._master, ENTER.encode())


def settings(home: Home) -> dict[str, object]:
    """State of a client that has been run here before."""
    project = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True, "allowedTools": []}
    return {
        "hasCompletedOnboarding": True, "theme": "dark", "bypassPermissionsModeAccepted": True, "numStartups": 9,
        "customApiKeyResponses": {"approved": ["sk-ant-made-up"], "rejected": []}, "projects": {str(home.cwd): project},
        "lastOnboardingVersion": "9.9.9", "lastReleaseNotesSeen": "9.9.9", "autoUpdates": False,
        "effortCalloutDismissed": True, "hasSeenTasksHint": True,
    }
