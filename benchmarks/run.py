"""Measure `check` against one `orjson.loads` pass over the same file, memory, and the time to the first screen.

    python benchmarks/run.py [--shape mixed] [--shape small] [--size MB] [--rounds N] [--json OUT.json]

Every figure is the median of the rounds; each round measures everything once, in processes of its own, so that a
machine that slows down slows all of them down. Processor time counts helper processes as well. Memory is the largest
resident set that the process ever had.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path

from curves import used
from generate import MB, SHAPES, write

from unbrick import words

Figures = dict[str, float]

SCREEN = (40, 120)
"""Lines and columns of the terminal that the application is opened in."""
PATIENCE = 60.0
"""Seconds after which a first screen is given up."""


def baseline(path: Path) -> Figures:
    """Decode every line of the file once and keep nothing."""
    import orjson

    start, worked = time.perf_counter(), used()
    with path.open("rb", buffering=1 << 20) as file:
        for line in file:
            orjson.loads(line)
    return {"seconds": time.perf_counter() - start, "work": used() - worked}


def check(path: Path) -> Figures:
    """Judge the file in this process, from opening it to the report; the seconds of each stage apart."""
    from unbrick import check as checking
    from unbrick import session as linking
    from unbrick.opening import Choices, open_word
    from unbrick.patch import View
    from unbrick.scanning import scan as scanning

    start, worked = time.perf_counter(), used()
    opened = open_word(str(path), Choices(surroundings=False), Path.cwd())
    read = time.perf_counter()
    scan = scanning.finish(scanning.scan(View(opened.bundle.main), opened.format.bare))
    scanned = time.perf_counter()
    session = linking.link(scan)
    linked = time.perf_counter()
    report = checking.judge(opened.format, opened.bundle, session, None, opened.surroundings)
    judged = time.perf_counter()
    return {
        "seconds": judged - start, "index": read - start, "scan": scanned - read, "link": linked - scanned,
        "judge": judged - linked, "work": used() - worked, "findings": len(report.findings), "records": len(scan),
    }


def command(path: Path) -> Figures:
    """The `unbrick check` command as a person runs it, with its start-up and its output; megabytes as well."""
    start = time.perf_counter()
    process = subprocess.Popen([_command(), "check", "--json", str(path)], stdout=subprocess.DEVNULL)
    _pid, _status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = 0
    return {"seconds": seconds, "megabytes": usage.ru_maxrss * _RSS_UNIT / MB}


def first_screen(path: Path) -> Figures:
    """Open the application in a terminal and wait until it shows the session, then until it shows the verdict."""
    start = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", TEXTUAL_ANIMATIONS="none")
        os.execv(_command(), ["unbrick", str(path)])
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *SCREEN, 0, 0))
    seen = b""
    found: Figures = {}
    try:
        while "verdict" not in found and time.perf_counter() - start < PATIENCE:
            if not select.select([terminal], [], [], PATIENCE)[0]:
                break
            try:
                seen += os.read(terminal, 1 << 16)
            except OSError:
                break
            text = _ESCAPE.sub(b"", seen)
            for name, mark in (("seconds", path.stem.encode()), ("verdict", _VERDICT)):
                if name not in found and re.search(mark, text):
                    found[name] = time.perf_counter() - start
    finally:
        os.kill(pid, signal.SIGKILL)
        os.close(terminal)
        _pid, _status, usage = os.wait4(pid, 0)
    return {**found, "megabytes": usage.ru_maxrss * _RSS_UNIT / MB}


_ESCAPE = re.compile(rb"\x1b\[[0-9;?<>=]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]|\x1b\][^\x07]*\x07")
_VERDICT = ("(?i)" + "|".join(map(re.escape, words.VERDICTS))).encode()
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def _command() -> str:
    return str(Path(sys.executable).with_name("unbrick"))


_INSIDE: dict[str, Callable[[Path], Figures]] = {"baseline": baseline, "check": check}
_OUTSIDE: dict[str, Callable[[Path], Figures]] = {"command": command, "first screen": first_screen}


def _in_a_process(name: str, path: Path) -> Figures:
    inner = [sys.executable, __file__, "--inner", name, str(path)]
    found: Figures = json.loads(subprocess.run(inner, check=True, capture_output=True).stdout)
    return found


def measure(path: Path, rounds: int, skip: set[str]) -> dict[str, Figures]:
    """Medians by what was measured."""
    taken: dict[str, list[Figures]] = {}
    baseline(path)  # once before, so that the file is in the page cache
    for _ in range(rounds):
        for name in _INSIDE:
            taken.setdefault(name, []).append(_in_a_process(name, path))
        for name, outside in _OUTSIDE.items():
            if name not in skip:
                taken.setdefault(name, []).append(outside(path))
    return {
        name: {key: statistics.median(each[key] for each in figures if key in each) for key in figures[0]}
        for name, figures in taken.items()
    }


def table(shape: str, path: Path, found: dict[str, Figures]) -> str:
    """What was measured, as lines of a Markdown table."""
    base, checked = found["baseline"]["seconds"], found["check"]
    run, screen = found.get("command", {}), found.get("first screen", {})

    def seconds(value: float | None) -> str:
        return "" if value is None else f"{value:.2f} s"

    cells = [
        shape, f"{path.stat().st_size / MB:.0f} MB", f"{checked['records']:,.0f}", seconds(base),
        seconds(checked["seconds"]), f"{checked['seconds'] / base:.1f}",
        f"{checked['work'] / found['baseline']['work']:.1f}", seconds(run.get("seconds")),
        f"{run['megabytes']:.0f} MB" if run else "", seconds(screen.get("seconds")), seconds(screen.get("verdict")),
        f"{checked['findings']:.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


HEAD = (
    "| shape | size | records | `orjson.loads` | `check` | ratio | ratio of processor time | command | memory "
    "| first screen | verdict | findings |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", action="append", choices=sorted(SHAPES), help="may be given several times")
    parser.add_argument("--size", type=float, default=200, help="megabytes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--skip", action="append", default=[], choices=sorted(_OUTSIDE))
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--keep", type=Path, help="folder to generate into and keep")
    parser.add_argument("--inner", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inner:
        name, path = given.inner
        print(json.dumps(_INSIDE[name](Path(path))))
        return
    results: dict[str, dict[str, Figures]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(HEAD)
        for shape in given.shape or ["mixed", "small"]:
            path = folder / f"{shape}-{given.size:g}-{given.seed}.jsonl"
            if not path.exists():
                write(path, shape, int(given.size * MB), given.seed)
            results[shape] = measure(path, given.rounds, set(given.skip))
            print(table(shape, path, results[shape]), flush=True)
    if given.json:
        given.json.write_text(json.dumps({"size_mb": given.size, "seed": given.seed, "shapes": results}, indent=2))


if __name__ == "__main__":
    main()
