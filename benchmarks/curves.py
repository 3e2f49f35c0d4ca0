"""How the cost of `check` grows with each shape: the processor time at a count, twice it, and so on.

    python benchmarks/curves.py [--shape SHAPE]… [--steps N] [--rounds N] [--repair] [--write docs/performance.md]

Every check runs in a process of its own and beside it one `orjson` pass over the same bytes; figures are medians, but
what takes longer than five seconds runs once. Without shapes, all are checked, and those repaired that hold damage.
`growth` is the exponent that fits the last doubling: 1 is linear, 2 quadratic. Processor time, of helpers as well, for
others may use the machine.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from shapes import DAMAGED, SHAPES, write

MARKS = {
    what: (f"<!-- curves of {what}: written by benchmarks/curves.py -->", f"<!-- end of curves of {what} -->")
    for what in ("check", "repair")
}

LONG = 5
"""Seconds from which one round is enough."""

HEAD = """| shape | counted | at | `check`, seconds of processor time | `orjson` pass | ratio | growth | memory |
|---|---|---|---|---|---|---|---|"""


def used() -> float:
    """Seconds of processor time, this process and what it waited for."""
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def peak() -> float:
    """Megabytes that this process took at most. Not `ru_maxrss`, which begins with that of the process before."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def forget_peak() -> None:
    """Begin to measure the peak anew, where the system can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def inner(path: Path, repairing: bool) -> dict[str, float]:
    """Measure one file in this process."""
    import orjson

    from unbrick.finding import Safety
    from unbrick.opening import Choices, examine, open_word
    from unbrick.repair import repair
    from unbrick.scanning.scan import finish

    start = used()
    lines = [path.read_bytes()] if path.suffix == ".json" else None
    with path.open("rb") as file:
        for line in lines or file:
            with suppress(orjson.JSONDecodeError):
                orjson.loads(line)
    base = used() - start
    lines, line = None, b""
    forget_peak()
    start = used()
    with open_word(str(path), Choices(surroundings=False), Path.cwd()) as opened:
        report = finish(examine(opened))
        seconds = used() - start
        found: dict[str, float] = {"base": base, "seconds": seconds, "findings": len(report.findings)}
        if repairing:
            start = used()
            result = finish(repair(
                opened.format, opened.bundle, report.target, opened.surroundings, allow=tuple(Safety), known=report,
            ))
            found |= {"repair": used() - start, "applied": len(result.applied), "left": len(result.after.findings)}
    return {**found, "memory": peak()}


def measured(path: Path, rounds: int, repairing: bool) -> dict[str, float]:
    """Medians over some rounds; of what takes long one is enough."""
    command = [sys.executable, __file__, "--inner", str(path), *(["--repair"] if repairing else [])]
    taken: list[dict[str, float]] = []
    while len(taken) < rounds and not (taken and taken[0]["seconds"] > LONG):
        taken.append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    return {key: statistics.median(one[key] for one in taken) for key in taken[0]}


def row(name: str, folder: Path, steps: int, rounds: int, repairing: bool, keep: bool) -> str:
    """The line of a shape."""
    _make, least, counted = SHAPES[name]
    counts = [least << step for step in range(steps)]
    found = []
    for count in counts:
        path = write(name, count, folder)
        found.append(measured(path, rounds, repairing))
        if not keep:
            path.unlink()
    key = "repair" if repairing else "seconds"
    costs = [one[key] for one in found]
    growth = math.log2(costs[-1] / costs[-2])
    base = found[-1]["base"]
    cells = [
        f"`{name}`", counted, " · ".join(f"{count:,}" for count in counts),
        " · ".join(f"{cost:.2f}" for cost in costs), f"{base:.2f}", f"{costs[-1] / base:.1f}", f"{growth:.2f}",
        f"{found[-1]['memory']:.0f} MB",
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", action="append", choices=list(SHAPES), help="may be given several times")
    parser.add_argument("--steps", type=int, default=3, help="how often the count doubles, and once")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repair", action="store_true", help="measure the repair behind the check")
    parser.add_argument("--keep", type=Path, help="folder to generate into and keep")
    parser.add_argument("--write", type=Path, help="put the table into this page, where it marks the place")
    parser.add_argument("--inner", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inner:
        print(json.dumps(inner(given.inner, given.repair)))
        return
    lines = (HEAD.replace("`check`", "the repair") if given.repair else HEAD).splitlines()
    print(*lines, sep="\n")
    with tempfile.TemporaryDirectory() as temporary:
        folder, keep = given.keep or Path(temporary), given.keep is not None
        for name in given.shape or (DAMAGED if given.repair else SHAPES):
            lines.append(row(name, folder, given.steps, given.rounds, given.repair, keep))
            print(lines[-1], flush=True)
    if given.write:
        begin, end = MARKS["repair" if given.repair else "check"]
        page = given.write.read_text(encoding="utf-8")
        before, behind = page[: page.index(begin) + len(begin)], page[page.index(end) :]
        given.write.write_text("\n".join((before, "", *lines, "", behind)), encoding="utf-8")


if __name__ == "__main__":
    main()
