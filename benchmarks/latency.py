"""Measure how long the application takes from a key to its paint, in a real pseudo-terminal.

    python benchmarks/latency.py [--records N]… [--times N] [--keep FOLDER] [--write docs/performance.md]

For each number of records: the time from the start of the command to the first record on screen, and, for each key,
from writing it to the terminal until the frame that shows its effect has arrived; idle, and while the check runs behind
it. A frame ends where the application ends a synchronised update, which this terminal says that it understands. The
effect is the first change below the five lines of the verdict, which say how far a check has come. A key that shows no
effect is counted, and said at the end.
"""

from __future__ import annotations

import argparse
import codecs
import fcntl
import os
import pty
import queue
import random
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pyte
from damage import Damager
from generate import SHAPES, transcript

ROWS, COLUMNS = 40, 120
PATIENCE = 120.0
FRAME = b"\x1b[?2026l"
ASKED = b"\x1b[?2026$p"
ANSWER = b"\x1b[?2026;2$y"
ESCAPE = "\x1b"
GOALS = {"first screen": 1000.0, "idle": 50.0, "checking": 100.0}
"""Milliseconds."""
BEGIN, FINISH = "<!-- latency: written by benchmarks/latency.py -->", "<!-- end of latency -->"


class Terminal:
    """The application on a pseudo-terminal. A thread notes when output arrives; the emulator reads it afterwards."""

    def __init__(self, command: list[str], home: Path) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self.screen)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = b""
        self._frames: deque[tuple[float, bytes]] = deque()
        self._fd, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environment = {
            **os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "TEXTUAL_ANIMATIONS": "none",
            "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_STATE_HOME": str(home), "XDG_CACHE_HOME": str(home),
        }
        self.started = time.perf_counter()
        self._child = subprocess.Popen(
            command, stdin=end, stdout=end, stderr=end, env=environment, start_new_session=True,
        )
        os.close(end)
        self._arrived: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        asked, before = False, b""
        while True:
            select.select([self._fd], [], [])
            try:
                data = os.read(self._fd, 1 << 16)
            except OSError:
                data = b""
            self._arrived.put((time.perf_counter(), data))
            if not data:
                return
            # What is asked may come in two pieces.
            before = before[-len(ASKED) :] + data
            if not asked and ASKED in before:
                asked = True
                os.write(self._fd, ANSWER)

    @property
    def lines(self) -> list[str]:
        """The screen."""
        return list(self.screen.display)

    def frames(self, patience: float) -> Iterator[float]:
        """Take in what was painted; the time of each frame that is complete."""
        end = time.perf_counter() + patience
        while self._frames or self._more(end - time.perf_counter()):
            while self._frames:
                when, frame = self._frames.popleft()
                self._stream.feed(self._decode(frame))
                yield when

    def _more(self, patience: float) -> bool:
        """Wait for output; whether any came."""
        try:
            when, data = self._arrived.get(timeout=patience)
        except (queue.Empty, ValueError):
            return False
        if not data:
            raise RuntimeError("the application left:\n" + "\n".join(self.lines))
        *whole, self._rest = (self._rest + data).split(FRAME)
        self._frames.extend((when, frame) for frame in whole)
        return True

    def wait(
        self, shown: Callable[[list[str]], bool], patience: float = PATIENCE, since: float = 0.0,
    ) -> float | None:
        """When the first frame since a time arrived in which something is shown; None where it does not come."""
        return next((when for when in self.frames(patience) if when > since and shown(self.lines)), None)

    def settle(self, quiet: float = 0.12, at_most: float = 0.4) -> None:
        """Read until nothing is painted for a moment; a check that goes on paints all the time."""
        end = time.perf_counter() + at_most
        while time.perf_counter() < end and any(True for _ in islice(self.frames(quiet), 1)):
            pass

    def press(self, keys: str) -> float:
        """Type; the time at which it was done."""
        when = time.perf_counter()
        os.write(self._fd, keys.encode())
        return when

    def worked(self) -> float:
        """Milliseconds of processor time that the application has taken; 0 where the system does not say."""
        try:
            fields = Path(f"/proc/{self._child.pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End the application."""
        os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        # Its number may be that of the next terminal.
        self._listener.join()
        os.close(self._fd)


def status(lines: list[str]) -> str:
    """The line about the record at the cursor."""
    return next((line for line in reversed(lines[:-1]) if re.search(r"line [\d,]+", line)), "")


class Key(NamedTuple):
    """A key to measure: its name, what is typed, what brings the application back, whether it needs the check to be
    done. What is pressed first puts the cursor where the key has something to do. `shows` are the lines of the screen
    on which its effect is seen."""

    name: str
    typed: str
    back: str = ""
    checked: bool = False
    first: str = ""
    shows: slice = slice(5, ROWS)


MOVES = slice(5, ROWS - 2)
"""Not the line below the timeline: it says at once what a bracket waits for."""
KEYS = (
    Key("down", "j", back="k"),
    Key("page down", "\x06", back="\x02"),
    Key("to the end (`G`)", "G", back="g"),
    Key("to the top (`g`)", "g", first="G"),
    Key("next problem (`]p`)", "]p", back="g", checked=True, shows=MOVES),
    Key("a letter of a search", "e", first="/", back=ESCAPE),
    Key("inspector (`enter`)", "\r", back=ESCAPE, first="jj"),
    Key("request view (`m`)", "m", back=ESCAPE, checked=True),
    Key("other half (`%`)", "%", back="g", checked=True, first="g]uj", shows=MOVES),
)


@dataclass
class Taken:
    """Milliseconds of each press, by key and by whether the check was running."""

    records: int
    first: list[float] = field(default_factory=list)
    began: list[float] = field(default_factory=list)
    """Processor time until the first record is on screen, the check's beginning included."""
    idle: dict[str, list[float]] = field(default_factory=dict)
    checking: dict[str, list[float]] = field(default_factory=dict)
    worked: dict[str, list[float]] = field(default_factory=dict)
    """Processor time of an idle press, with what is pressed first and the way back."""
    missed: dict[str, int] = field(default_factory=dict)
    """Idle presses that showed no effect."""


def measured(terminal: Terminal, key: Key) -> float | None:
    """Milliseconds from a key to the frame that shows its effect; None where none comes."""
    if key.first:
        terminal.press(key.first)
        terminal.settle()
    before = terminal.lines
    # Where a clock of the application stands must not matter.
    for _ in terminal.frames(random.uniform(0.0, 0.05)):
        before = terminal.lines
    pressed = terminal.press(key.typed)
    when = terminal.wait(lambda lines: lines[key.shows] != before[key.shows], 2.0, pressed)
    if key.back:
        terminal.settle()
        terminal.press(key.back)
    # An escape is told from the beginning of a longer sequence by the silence behind it.
    terminal.settle(0.2 if key.back == ESCAPE else 0.05)
    return None if when is None else (when - pressed) * 1000


def checked(lines: list[str]) -> bool:
    """Whether the verdict stands on the screen."""
    return not re.search(r"CHECKING", lines[1]) and bool(lines[1].strip())


def session(path: Path, taken: Taken, times: int, home: Path) -> None:
    """Open a session, measure while it is checked, and once it is."""
    command = [str(Path(sys.executable).with_name("unbrick")), str(path)]
    terminal = Terminal(command, home)
    try:
        shown = terminal.wait(lambda lines: bool(status(lines)))
        if shown is None:
            raise RuntimeError("no record came up:\n" + "\n".join(terminal.lines))
        taken.began.append(terminal.worked())
        taken.first.append((shown - terminal.started) * 1000)
        for _ in range(times):
            for key in (one for one in KEYS if not one.checked):
                if checked(terminal.lines):
                    break
                value = measured(terminal, key)
                if value is not None and not checked(terminal.lines):
                    taken.checking.setdefault(key.name, []).append(value)
        if not checked(terminal.lines):
            terminal.wait(checked, PATIENCE)
        terminal.settle()
        terminal.press("g")
        terminal.settle()
        for key in KEYS:
            before = terminal.worked()
            for _ in range(times):
                value = measured(terminal, key)
                if value is None:
                    taken.missed[key.name] = taken.missed.get(key.name, 0) + 1
                else:
                    taken.idle.setdefault(key.name, []).append(value)
            taken.worked.setdefault(key.name, []).append((terminal.worked() - before) / times)
    finally:
        terminal.close()


def generated(folder: Path, records: int) -> Path:
    """A session of so many records of the shape `small`, with some twenty faults."""
    path = folder / f"latency-{records}.jsonl"
    if not path.exists():
        whole = transcript(SHAPES["small"], max(records * 900, 40_000), 1)
        path.write_bytes(b"".join(islice(Damager(max(records // 20, 8), 1).lines(whole), records)))
    return path


def percentile(values: list[float], share: float) -> float:
    """The value that a share of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def cell(values: list[float] | None) -> str:
    """`12 / 19 ms`: median and 95th percentile."""
    return f"{statistics.median(values):.0f} / {percentile(values, 0.95):.0f} ms" if values else "–"


def table(found: list[Taken]) -> Iterator[str]:
    """Everything as a Markdown table."""
    yield "| key, median / 95th percentile | " + " | ".join(f"{one.records:,} records" for one in found) + " |"
    yield "|---" * (len(found) + 1) + "|"
    yield "| first record on screen | " + " | ".join(cell(one.first) for one in found) + " |"
    yield "| first record on screen, processor time | " + " | ".join(cell(one.began) for one in found) + " |"
    for key in KEYS:
        yield f"| {key.name}, idle | " + " | ".join(cell(one.idle.get(key.name)) for one in found) + " |"
    for key in KEYS:
        name = f"| {key.name}, processor time with the way there and back | "
        yield name + " | ".join(f"{statistics.median(one.worked[key.name]):.0f} ms" for one in found) + " |"
    for key in KEYS:
        if not key.checked:
            name = f"| {key.name}, while checking | "
            yield name + " | ".join(cell(one.checking.get(key.name)) for one in found) + " |"


def misses(found: list[Taken]) -> Iterator[str]:
    """What is above its goal."""
    for one in found:
        for name, times in one.missed.items():
            yield f"{one.records:,} records: {name} showed no effect {times} times"
        rows = [("first screen", "first record on screen", one.first)]
        rows += [("idle", f"{name}, idle", values) for name, values in one.idle.items()]
        rows += [("checking", f"{name}, while checking", values) for name, values in one.checking.items()]
        for goal, name, values in rows:
            if values and statistics.median(values) > GOALS[goal]:
                yield f"{one.records:,} records: {name} {cell(values)} (goal {GOALS[goal]:.0f} ms)"


def put(page: Path, lines: list[str]) -> None:
    """Write the table into a page, between its two marks."""
    text = page.read_text("utf-8")
    start, end = text.index(BEGIN) + len(BEGIN), text.index(FINISH)
    page.write_text(text[:start] + "\n\n" + "\n".join(lines) + "\n\n" + text[end:], "utf-8")


def main() -> int:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", action="append", type=int, help="may be given several times")
    parser.add_argument("--times", type=int, default=20, help="presses of each key")
    parser.add_argument("--rounds", type=int, default=3, help="starts of the application")
    parser.add_argument("--keep", type=Path, help="folder to generate into and keep")
    parser.add_argument("--write", type=Path, help="page to write the table into, between its marks")
    given = parser.parse_args()
    found: list[Taken] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for records in given.records or [10, 100_000, 1_000_000]:
            path, taken = generated(folder, records), Taken(records)
            for _ in range(given.rounds):
                session(path, taken, -(-given.times // given.rounds), Path(temporary))
            found.append(taken)
            print(f"{records:,} records: first {cell(taken.first)}", file=sys.stderr, flush=True)
    lines = list(table(found))
    print("\n".join(lines))
    print("\n".join(misses(found)) or "Every goal is met.", file=sys.stderr)
    if given.write:
        put(given.write, lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
