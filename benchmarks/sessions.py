"""Measure the choice of a session among many: first screen, titles, verdicts, and how long a key takes meanwhile.

    python benchmarks/sessions.py [--sessions 3000] [--home DIR] [--json OUT.json]

Makes the sessions first, the same for the same number: most of them small, a few large, in 40 projects, one in twelve
damaged. With --home they are made once and kept. The application runs in a pseudo terminal; nothing outside the home
that is made for it is read or written.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import random
import re
import resource
import select
import shutil
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
import uuid
from fcntl import ioctl
from pathlib import Path

from generate import MB, write

LINES, COLUMNS = 40, 120
PATIENCE = 600.0
KEYS = (b"\x1b[B", b"\x1b[B", b"\x1b[6~", b"\x1b[B", b"\x1b[5~")
"""Down, down, page down, down, page up."""
ESCAPES = re.compile(rb"\x1b\[[0-9;?<>=]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>78]")


def make(home: Path, sessions: int) -> int:
    """Fill a client's folder; the bytes written."""
    rng = random.Random(sessions)
    total = 0
    for number in range(sessions):
        folder = home / ".claude" / "projects" / f"-home-dev-project-{number % 40}"
        folder.mkdir(parents=True, exist_ok=True)
        size = min(int(rng.lognormvariate(11.6, 1.3)), 60 * MB)
        if number == sessions // 2:
            size = 200 * MB
        name = uuid.UUID(int=rng.getrandbits(128), version=4)
        path = folder / f"{name}.jsonl"
        write(path, rng.choice(("damaged",) + ("mixed",) * 11), size, seed=number)
        with path.open("ab") as file:
            title = {"type": "ai-title", "aiTitle": f"Session {number:,} of many", "sessionId": str(name)}
            file.write(json.dumps(title, separators=(",", ":")).encode() + b"\n")
        when = time.time() - rng.random() * 90 * 86_400
        os.utime(path, (when, when))
        total += path.stat().st_size
    return total


class Screen:
    """The application in a terminal of its own."""

    def __init__(self, home: Path) -> None:
        self.began = time.monotonic()
        self.pid, self._fd = pty.fork()
        if not self.pid:
            os.chdir(home)
            os.execve(sys.executable, [sys.executable, "-m", "unbrick_tui"], {
                "HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin",
                "TEXTUAL_ANIMATIONS": "none", "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            })
        ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.text = b""

    def read(self, patience: float) -> bytes:
        """What is painted next."""
        ready, _, _ = select.select([self._fd], [], [], patience)
        data = os.read(self._fd, 1 << 16) if ready else b""
        self.text = (self.text + ESCAPES.sub(b"", data))[-200_000:]
        return data

    def until(self, wanted: bytes) -> float:
        """Seconds from the start until a text was painted."""
        end = time.monotonic() + PATIENCE
        while not re.search(wanted, self.text):
            if time.monotonic() > end:
                raise TimeoutError(wanted)
            self.read(1.0)
        return time.monotonic() - self.began

    def press(self, key: bytes) -> float:
        """Milliseconds from a key until the screen answers it."""
        while self.read(0.0):
            pass
        began = time.monotonic()
        os.write(self._fd, key)
        self.read(5.0)
        return (time.monotonic() - began) * 1000

    def close(self) -> float:
        """Leave with esc; seconds until the process is gone."""
        began = time.monotonic()
        os.write(self._fd, b"\x1b")
        while True:
            try:
                self.read(0.2)
            except OSError:
                break
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                return time.monotonic() - began
            if time.monotonic() - began > 20:
                os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return time.monotonic() - began


def measure(home: Path, sessions: int, *, warm: bool) -> dict[str, float]:
    """One start, to the last verdict."""
    if not warm:
        shutil.rmtree(home / ".cache", ignore_errors=True)
    spent = processor_seconds()
    screen = Screen(home)
    figures = {"first screen": screen.until(rb"project")}
    keys: list[float] = []
    done = re.compile(rf"{sessions:,} sessions \S+ ([\d,]+|none) broken \S+ newest".encode())
    figures["first title"] = screen.until(rb"Session [\d,]+ of many")
    while not done.search(screen.text):
        keys.append(screen.press(KEYS[len(keys) % len(KEYS)]))
        screen.read(0.25)
        if time.monotonic() - screen.began > PATIENCE:
            raise TimeoutError("verdicts")
    figures["all verdicts"] = time.monotonic() - screen.began
    figures["keys meanwhile, ms"] = statistics.median(keys) if keys else 0.0
    figures["slowest key meanwhile, ms"] = max(keys, default=0.0)
    idle = [screen.press(KEYS[index % len(KEYS)]) for index in range(20)]
    figures["keys afterwards, ms"] = statistics.median(idle)
    typed = []
    for letter in b"project-7":
        typed.append(screen.press(bytes([letter])))
        screen.read(0.25)
    figures["typing a filter, ms"] = statistics.median(typed)
    os.write(screen._fd, b"\x1b")
    screen.read(0.5)
    figures["leaving"] = screen.close()
    figures["processor seconds"] = processor_seconds() - spent
    return figures


def processor_seconds() -> float:
    """What all that was started has taken so far, on all processors."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Make the sessions, start twice, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=3000)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    home = given.home or Path(tempfile.mkdtemp(prefix="sessions-"))
    try:
        if not (home / ".claude").is_dir():
            print(f"{given.sessions:,} sessions made: {make(home, given.sessions) / MB:,.0f} MB", flush=True)
        found = {
            "first start": measure(home, given.sessions, warm=False),
            "second start": measure(home, given.sessions, warm=True),
        }
    finally:
        if given.home is None:
            shutil.rmtree(home)
    for name, figures in found.items():
        print(name)
        for what, value in figures.items():
            print(f"  {what:28} {value:10.2f}")
    if given.json:
        given.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
