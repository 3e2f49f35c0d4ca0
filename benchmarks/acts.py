"""What a person waits for besides the check: a search, a cut, a fix; each beside its baseline in the same process.

    python benchmarks/acts.py [--shape SHAPE]… [--size MB] [--fix-size MB] [--folder FILES] [--rounds N] [--keep FOLDER]

Seconds are medians of wall time, and of processor time in brackets, for others may use the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from curves import used
from generate import MB, write

Figures = dict[str, tuple[float, float]]

LOADED = ("thread", "chain")
"""Shapes that are loaded as a whole: one as a client writes records, one of records as small as can be."""

NEEDLE = "This stands nowhere in it"


def timed(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds of wall and of processor time."""
    wall, cpu = time.perf_counter(), used()
    act()
    return time.perf_counter() - wall, used() - cpu


def _read(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def searches(path: Path) -> Figures:
    """Reading the file; looking through all of it for a text that is not there."""
    from unbrick.patch import View
    from unbrick.scanning.search import find
    from unbrick.source import Source

    with Source.open(path) as source:
        view = View(source)
        return {
            "read": timed(lambda: _read(path)),
            "search": timed(lambda: list(find(view, NEEDLE))),
            "search, any case": timed(lambda: list(find(view, NEEDLE, ignore_case=True))),
        }


def cuts(path: Path) -> Figures:
    """A plain copy, synced, and a copy that lacks the last hundred lines, with its digest and as safe as every save."""
    from unbrick.bundle import Bundle
    from unbrick.save import save_copy
    from unbrick.source import Source

    target = path.with_suffix(".cut")

    def copy() -> None:
        shutil.copyfile(path, target)
        with target.open("rb+") as file:
            os.fsync(file.fileno())

    def alone(act: Callable[[], object]) -> tuple[float, float]:
        """Timed where no copy stands beside it: memory that the system has to fetch first takes longer than either."""
        target.unlink(missing_ok=True)
        return timed(act)

    try:
        with Source.open(path) as source:
            patch = dict.fromkeys(range(len(source) - 99, len(source) + 1), ())
            return {"copy": alone(copy), "cut": alone(lambda: save_copy(Bundle(source, "s"), patch, target))}
    finally:
        target.unlink(missing_ok=True)


def fixes(path: Path) -> Figures:
    """The whole check; and the verdict after a line near the end was taken out, as the application finds it."""
    from unbrick.check import check
    from unbrick.opening import Choices, examine, open_word
    from unbrick.report import Report
    from unbrick.scanning.scan import finish

    with open_word(str(path), Choices(surroundings=False), Path.cwd()) as opened:
        reports: list[Report] = []
        first = timed(lambda: reports.append(finish(examine(opened))))
        before = reports[0].situation
        patch = {len(opened.bundle.main) - 5: ()}
        again = timed(lambda: finish(
            check(opened.format, opened.bundle, patch, reports[0].target, opened.surroundings, before)
        ))
        return {"check": first, "verdict after a fix": again}


def folders(folder: Path) -> Figures:
    """Checking a folder of sessions on all cores, and on one."""
    command = [str(Path(sys.executable).with_name("unbrick")), "check", "--json", str(folder)]

    def run(cores: set[int]) -> None:
        subprocess.run(
            command, stdout=subprocess.DEVNULL, check=False, preexec_fn=lambda: os.sched_setaffinity(0, cores)
        )

    every = os.sched_getaffinity(0)
    return {"on one core": timed(lambda: run({min(every)})), "on all": timed(lambda: run(every))}


INSIDE: dict[str, Callable[[Path], Figures]] = {
    "searches": searches, "cuts": cuts, "fixes": fixes, "folders": folders,
}


def _lines(what: str, name: str, path: Path, rounds: int) -> Iterator[str]:
    command = [sys.executable, __file__, "--inner", what, str(path)]
    taken = [
        json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(rounds)
    ]
    base = None
    for act in taken[0]:
        wall, cpu = (statistics.median(one[act][index] for one in taken) for index in (0, 1))
        base = base or wall
        yield f"| {name} | {act} | {wall:.3f} s ({cpu:.3f} s) | {wall / base:.2f} |"


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", action="append", help="may be given several times")
    parser.add_argument("--size", type=int, default=200, help="megabytes to search and to cut")
    parser.add_argument("--fix-size", type=int, default=20, help="megabytes to fix")
    parser.add_argument("--folder", type=int, default=0, help="sessions of 10 KB in the folder that is checked")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder to generate into and keep")
    parser.add_argument("--inner", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inner:
        what, path = given.inner
        print(json.dumps(INSIDE[what](Path(path))))
        return
    print("| file | what | seconds | to the first |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        keep = given.keep or Path(temporary)
        keep.mkdir(parents=True, exist_ok=True)

        def made(shape: str, size: float, path: Path) -> Path:
            if not path.exists():
                write(path, shape, int(size * MB))
            return path

        for shape in given.shape or ["mixed", "small", *LOADED]:
            for size, acts in ((given.size, ("searches", "cuts")), (given.fix_size, ("fixes",))):
                if not given.shape and shape in LOADED and "fixes" not in acts:
                    continue
                path = made(shape, size, keep / f"{shape}-{size}-1.jsonl")
                for what in acts:
                    for line in _lines(what, f"{shape}, {size} MB", path, given.rounds):
                        print(line, flush=True)
        if given.folder:
            folder = keep / f"folder-{given.folder}"
            folder.mkdir(exist_ok=True)
            for number in range(given.folder):
                made("small", 0.01, folder / f"{number:08}-0000-4000-8000-000000000000.jsonl")
            for line in _lines("folders", f"{given.folder:,} sessions", folder, given.rounds):
                print(line, flush=True)


if __name__ == "__main__":
    main()
