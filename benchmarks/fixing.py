"""Measure what a person waits for who fixes a session, in a real pseudo-terminal: from the key that asks for the fix to
the verdict after it, and from the key that applies it to that verdict in its place.

    python benchmarks/fixing.py [--shape SHAPE]… [--size MB] [--rounds N] [--keep FOLDER]

One result near the end of each session is taken out, so that a call has no answer. The key is pressed as soon as the
header proposes the fix, or a second later; where the application asks which fix, that is answered in the same way.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import orjson
from generate import MB, write
from latency import PATIENCE, Terminal

PAUSES = {"at once": 0.0, "a second later": 1.0}
"""Seconds before each key."""
ASKS, SHOWN, APPLIED = "enter chooses", "In the conversation", re.compile(r"\d+ edit")
NEAR = 12
"""Records from the end, behind which nothing is taken out."""


class Taken(NamedTuple):
    """Milliseconds to the verdict after the fix, of wall and of processor time, and to the same in its place."""

    shown: float
    worked: float
    applied: float


def damaged(path: Path, shape: str, size: float) -> Path:
    """A session of a shape that lacks one result."""
    if not path.exists():
        write(path, shape, int(size * MB))
        lines = path.read_bytes().splitlines(keepends=True)
        results = (at for at in range(len(lines) - NEAR, 0, -1) if b'"tool_result"' in lines[at])
        at = next(results)
        gone, behind = orjson.loads(lines[at]), orjson.loads(lines[at + 1])
        lines[at : at + 2] = [orjson.dumps({**behind, "parentUuid": gone["parentUuid"]}) + b"\n"]
        path.write_bytes(b"".join(lines))
    return path


def said(lines: list[str], what: str) -> bool:
    """Whether something stands on the screen."""
    return any(what in line for line in lines)


def proposed(lines: list[str]) -> str:
    """The key of the fix that the header proposes; empty as long as there is none."""
    found = re.match(r"\s*([fF]) ", lines[4])
    return found[1] if found else ""


def pressed(terminal: Terminal, key: str, pause: float) -> tuple[float, float]:
    """Wait, press a key; when that was, and the processor time up to then."""
    if pause:
        for _ in terminal.frames(pause):
            pass
    return terminal.press(key), terminal.worked()


def session(path: Path, pause: float, home: Path) -> Taken:
    """Open a session, fix it."""
    terminal = Terminal([str(Path(sys.executable).with_name("unbrick")), str(path)], home)

    def shown(since: float, *what: str) -> float:
        when = terminal.wait(lambda lines: any(said(lines, one) for one in what), PATIENCE, since)
        if when is None:
            raise RuntimeError(f"no {what} came up:\n" + "\n".join(terminal.lines))
        return when

    try:
        if terminal.wait(lambda lines: bool(proposed(lines))) is None:
            raise RuntimeError("no fix is proposed:\n" + "\n".join(terminal.lines))
        began, before = pressed(terminal, proposed(terminal.lines), pause)
        when = shown(began, SHOWN, ASKS)
        if said(terminal.lines, ASKS):
            began, before = pressed(terminal, "\r", pause)
            when = shown(began, SHOWN)
        worked = terminal.worked() - before
        applying, _ = pressed(terminal, "\r", pause)
        done = terminal.wait(lambda lines: bool(APPLIED.search(lines[4])), PATIENCE, applying)
        if done is None:
            raise RuntimeError("it was not applied:\n" + "\n".join(terminal.lines))
        return Taken((when - began) * 1000, worked, (done - applying) * 1000)
    finally:
        terminal.close()


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", action="append", help="may be given several times")
    parser.add_argument("--size", type=float, default=20, help="megabytes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="folder to generate into and keep")
    given = parser.parse_args()
    print("| file | the keys | to the verdict after the fix | to the same in its place |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        keep = given.keep or Path(temporary)
        keep.mkdir(parents=True, exist_ok=True)
        for shape in given.shape or ["mixed", "small", "thread", "chain"]:
            path = damaged(keep / f"fixing-{shape}-{given.size:g}.jsonl", shape, given.size)
            for name, pause in PAUSES.items():
                found = [session(path, pause, Path(temporary)) for _ in range(given.rounds)]
                middle = [statistics.median(one) for one in zip(*found, strict=True)]
                shown, worked, applied = middle
                row = f"{shape}, {given.size:g} MB | {name} | {shown:.0f} ms ({worked:.0f} ms) | {applied:.0f} ms"
                print(f"| {row} |", flush=True)


if __name__ == "__main__":
    main()
