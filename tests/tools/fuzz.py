"""A fuzzing campaign: real sessions damaged at random, judged, repaired, cut and saved, and every law held to.

    PYTHONPATH=core:tui:tests python -m tools.fuzz --seconds 600 --seed 1 --keep found/

Each case is made from its number alone, so that `--only N` plays one again. What breaks a law is written to the
folder of `--keep`, with what it broke. With `--large` every session is taken for a large one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from tools import strategies
from tools.large import taken_for_large
from unbrick.clock import FixedClock
from unbrick.editing.harm import worse
from unbrick.errors import UnbrickError
from unbrick.finding import Safety, Severity
from unbrick.opening import Choices, Opened, examine, open_word
from unbrick.record import END, FRAME, At
from unbrick.repair import Repaired, repair
from unbrick.report import Report
from unbrick.save import save_copy, save_in_place
from unbrick.scanning.scan import finish
from unbrick.telling.json_report import transcript
from unbrick.truncate import last_safe, safe_points, truncate

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_sessions"
VERSIONS = ("1.0.44", "1.0.128", "2.0.76", "2.1.20", "2.1.112", "2.1.139", "2.1.266", "2.1.329", None)
ALLOWED = (frozenset({Safety.SAFE}), frozenset({Safety.SAFE, Safety.RESTORES}), frozenset(Safety))
SLOW = 10.0
"""Seconds for one step on a file below a megabyte that count as a hang."""
LARGEST = 400_000
"""Bytes of a session to begin with; larger ones say nothing more and cost time."""

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 10**30, "", " ", "\ud800", "\x1b[2J\x07", "\u202e\u2066", "\0", "x" * 300, [],
    {}, [[]], [None], [{}], {"type": None}, {"type": []}, {"type": "text"}, {"type": "tool_use"},
    [{"type": "tool_result"}],
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
)
HOSTILE = (
    b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\n", b"\n\n", b'"', b"\\", b"\\u", b"\\ud800", b"{",
    b"}", b"[", b"]", b",", b":", b"NaN", b"-Infinity", b"1e999", b"9" * 4000, b'{"a":' * 3000, b"[" * 20000, b"null",
    b'"uuid":"x","uuid":"y",', b"\x1b]8;;http://x\x07", "\u2028\u202e".encode(), b"}{",
)


@dataclass(frozen=True)
class Case:
    """One damaged session: what it was made from, what was done to it, its bytes."""

    number: int
    origin: str
    done: tuple[str, ...]
    data: bytes
    folder: Path | None
    """For a session that is a folder: the folder it was taken from."""
    name: str
    client: bool
    """Whether a version of Claude Code may resume it."""


def origins(*, corpus: bool = True) -> list[tuple[str, Path, Path | None]]:
    """(name, transcript, folder) of every session there is to begin with; the folder for Amplifier."""
    found: list[tuple[str, Path, Path | None]] = []
    for folder in sorted(SAMPLES.iterdir()):
        for sample in sorted(folder.iterdir()) if folder.is_dir() else ():
            for path in sorted(sample.glob("*")) if sample.is_dir() else ():
                if path.name.startswith("expected") or path.suffix not in (".json", ".jsonl"):
                    continue
                if path.name in ("metadata.json", "events.jsonl") or path.stat().st_size > LARGEST:
                    continue
                found.append((f"{sample.name}/{path.name}", path, sample if path.name == "transcript.jsonl" else None))
    for path in sorted(strategies.CORPUS.glob("*/*/project/*.jsonl")) if corpus else ():
        if path.stat().st_size <= LARGEST:
            found.append((str(path.relative_to(strategies.CORPUS)), path, None))
    return found


def make(number: int, seed: int, known: list[tuple[str, Path, Path | None]]) -> Case:
    """The case of a number."""
    chance = random.Random(f"{seed}/{number}")
    name, path, folder = chance.choice(known)
    data = path.read_bytes()
    done: list[str] = []
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5, 12))):
        change = chance.choice(CHANGES)
        data = change(chance, data, known)
        done.append(change.__name__)
    return Case(number, name, tuple(done), data, folder, path.name, "claude_code" in path.parts)


def lines_damaged(chance: random.Random, data: bytes, _known: object) -> bytes:
    """One of the damages that the property tests know."""
    lines = data.splitlines(keepends=True)
    if lines:
        chance.choice(strategies.DAMAGES)(chance, lines)
    return b"".join(lines)


def value_replaced(chance: random.Random, data: bytes, _known: object) -> bytes:
    """A value anywhere in a record or document by one of another type."""
    lines = data.splitlines(keepends=True) if data.count(b"\n{") else [data]
    index = chance.randrange(len(lines)) if lines else 0
    try:
        value = json.loads(lines[index])
        pointer = chance.choice(strategies.paths(value))
    except (ValueError, IndexError, RecursionError):
        return data
    lines[index] = strategies.dumped(strategies.replaced(value, pointer, chance.choice(ODD))) + b"\n"
    return b"".join(lines)


def bytes_changed(chance: random.Random, data: bytes, _known: object) -> bytes:
    """A few bytes anywhere."""
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 8)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def bytes_inserted(chance: random.Random, data: bytes, _known: object) -> bytes:
    """Something that readers stumble over, anywhere."""
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(HOSTILE) + data[at:]


def bytes_dropped(chance: random.Random, data: bytes, _known: object) -> bytes:
    """A stretch of the file gone."""
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.randrange(1, 1 << chance.randrange(1, 14)) :]


def cut_short(chance: random.Random, data: bytes, _known: object) -> bytes:
    """The file ends at any byte."""
    return data[: chance.randrange(len(data) + 1)]


def crossed(chance: random.Random, data: bytes, known: list[tuple[str, Path, Path | None]]) -> bytes:
    """A stretch of another session in the middle of this one."""
    other = chance.choice(known)[1].read_bytes()
    start = chance.randrange(len(other) + 1)
    at = chance.randrange(len(data) + 1)
    if chance.random() < 0.5:
        at = data.rfind(b"\n", 0, at) + 1
        start = other.rfind(b"\n", 0, start) + 1
    return data[:at] + other[start : start + chance.randrange(20_000)] + data[at:]


Change = Callable[[random.Random, bytes, list[tuple[str, Path, Path | None]]], bytes]
CHANGES: tuple[Change, ...] = (
    lines_damaged, lines_damaged, lines_damaged, value_replaced, value_replaced, value_replaced, bytes_changed,
    bytes_inserted, bytes_dropped, cut_short, crossed,
)


def fresh() -> FixedClock:
    """A clock whose ids no sample has."""
    return FixedClock(_ids=count(1 << 44))


class BrokenError(Exception):
    """A law does not hold; the text says which."""


def insist(holds: object, law: str) -> None:
    """Raises BrokenError unless it holds."""
    if not holds:
        raise BrokenError(law)


def levels(report: Report) -> set[tuple[str, str | None, Severity]]:
    """Findings above info, without their lines."""
    return {(f.code, f.uuid, f.severity) for f in report.findings if f.severity > Severity.INFO}


def play(case: Case, folder: Path, counted: Counter[str], slow: list[tuple[float, str]]) -> None:
    """Do everything to one case that a person can do. Raises BrokenError, or whatever should not have been raised."""
    chance = random.Random(f"play/{case.number}")
    if case.folder is not None:
        shutil.copytree(case.folder, folder, dirs_exist_ok=True)
    path = folder / case.name
    path.write_bytes(case.data)
    version = chance.choice(VERSIONS) if case.client else None

    def timed(name: str, work: Callable[[], Any]) -> Any:
        # Of the processor: the machine may have more to do.
        began = time.process_time()
        found = work()
        took = time.process_time() - began
        slow.append((took, f"{name} of case {case.number}"))
        insist(took < SLOW, f"no hang: {name} took {took:.1f} s for {len(case.data):,} bytes")
        return found

    try:
        choices = Choices(version, surroundings=False)
        opened = timed("opening", lambda: open_word(str(path), choices, folder))
        if opened.format.name != "Claude Code":
            opened = replace(opened, choices=Choices(surroundings=False))
    except UnbrickError as error:
        insist(str(error), "a refusal says why")
        counted["refused with a sentence"] += 1
        return
    with opened:
        report = timed("check", lambda: finish(examine(opened)))
        counted[f"judged: {report.verdict}"] += 1
        document = json.dumps(transcript(report, opened.format.name), default=str)
        insist("\x1b" not in document, "10: nothing reaches a terminal unescaped")
        insist(b"".join(opened.bundle.main.patched({})) == case.data, "1: saving without an edit writes the same bytes")
        _as_large(path, opened, report, folder, timed)
        _repair(case, opened, report, chance, folder, counted, timed)
        _truncate(opened, report, chance, counted, timed)
    insist(path.read_bytes() == case.data, "the original is untouched")


def _as_large(path: Path, opened: Opened, report: Report, folder: Path, timed: Callable[..., Any]) -> None:
    with taken_for_large(), open_word(str(path), opened.choices, folder) as large:
        other = timed("check as of a large one", lambda: finish(examine(large)))
        insist(repr(other.findings) == repr(report.findings), "of a session is said what is said of a large one")
        insist(repr(safe_points_of(other)) == repr(safe_points_of(report)), "it is cut where a large one is")


def safe_points_of(report: Report) -> list[At]:
    """Where a session can be cut."""
    return [point.at for point in safe_points(report)]


def _repair(
    case: Case, opened: Opened, report: Report, chance: random.Random, folder: Path, counted: Counter[str],
    timed: Callable[..., Any],
) -> None:
    allow = chance.choice(ALLOWED)
    where = (opened.format, opened.bundle, report.target, opened.surroundings)
    done: Repaired = timed("repair", lambda: finish(repair(*where, allow=allow, clock=fresh())))
    counted["repaired" if done.applied else "left alone"] += 1
    source = opened.bundle.main
    changed = {key for key in done.patch if key not in (END, FRAME)}
    insist(changed <= set(range(1, len(source) + 1)), "a patch names lines that are there")
    again: Repaired = timed(
        "second repair", lambda: finish(repair(*where, patch=done.patch, allow=allow, clock=fresh()))
    )
    insist(not again.applied, f"3: repairing twice is repairing once ({[a.finding.id for a in again.applied]})")
    insist(not worse(report, done.after), "4: a repair makes no verdict worse")
    if not done.patch:
        return
    # Under the same name: a client tells a session by it.
    copy = folder / "copy" / case.name
    copy.parent.mkdir()
    receipt = save_copy(opened.bundle, done.patch, copy)
    written = copy.read_bytes()
    insist(receipt.size == len(written), "a receipt tells the size")
    # A patch that touches no line keeps all of them, in order and byte for byte.
    if FRAME not in done.patch and source.unit == "line":
        at = 0
        for line in range(1, len(source) + 1):
            if line not in done.patch:
                raw = source[line - 1].rstrip(b"\n")
                found = written.find(raw, at)
                insist(found >= 0, f"2: line {line} keeps its bytes")
                at = found + len(raw)
    if case.folder is None:
        version = str(report.target.version or "") if report.target.resumed else ""
        choices = Choices(version or None, report.target.model, surroundings=False)
        try:
            with open_word(str(copy), choices, folder) as reopened:
                judged = finish(examine(reopened))
                if reopened.format is opened.format:
                    other = sorted(map(str, levels(judged) ^ levels(done.after)))
                    insist(not other, f"a saved file is judged as was said ({other[:3]})")
        except UnbrickError as error:
            raise BrokenError(f"a saved file opens again ({error})") from error
    counted["saved"] += 1
    if chance.random() < 0.2 and case.folder is None:
        placed = save_in_place(opened.format, opened.bundle, done.patch, fresh())
        insist(placed.backup is not None and placed.backup.read_bytes() == case.data, "the backup is the original")
        (folder / case.name).write_bytes(case.data)
        counted["saved in place"] += 1


def _truncate(
    opened: Opened, report: Report, chance: random.Random, counted: Counter[str], timed: Callable[..., Any],
) -> None:
    points = timed("safe points", lambda: safe_points(report))
    where = (opened.format, opened.bundle)
    if not points:
        timed("last safe", lambda: finish(last_safe(*where, report.target, opened.surroundings)))
        return
    point = chance.choice(points)
    about = (report.target, opened.surroundings)
    done = timed(
        "cut", lambda: finish(truncate(*where, point.at, *about, clock=fresh(), known=report)),
    )
    insist(done.after is not None, "a cut is judged")
    counted["cut"] += 1


def campaign(seed: int, first: int, seconds: float, keep: Path) -> int:
    """Play cases until the time is over; how many broke a law."""
    known = origins()
    counted: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    slow: list[tuple[float, str]] = []
    began, number = time.monotonic(), first
    while time.monotonic() - began < seconds:
        case = make(number, seed, known)
        with tempfile.TemporaryDirectory() as name:
            try:
                play(case, Path(name), counted, slow)
            except Exception as error:
                what = str(error) if isinstance(error, BrokenError) else place(error)
                broken[what.split("(")[0]] += 1
                _keep(keep, case, traceback.format_exc())
                print(f"case {number} ({case.origin}; {', '.join(case.done)}): {what}", flush=True)
        slow.sort(reverse=True)
        del slow[3:]
        number += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{number - first:,} cases from {len(known)} sessions, seed {seed}; at most {peak:,} MB of memory")
    for name, times in counted.most_common():
        print(f"  {times:8,} {name}")
    for took, name in slow:
        print(f"  {took:8.2f} s {name}")
    for name, times in broken.most_common():
        print(f"  {times:8,} BROKEN {name}")
    return sum(broken.values())


def place(error: BaseException) -> str:
    """Where an exception came from."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno} {str(error)[:100]!r}"


def _keep(folder: Path, case: Case, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{case.number}{Path(case.name).suffix}").write_bytes(case.data)
    said = f"{case.origin}\n{', '.join(case.done)}\n\n{text}"
    (folder / f"{case.number}.txt").write_text(said, encoding="utf-8", errors="backslashreplace")


def _arguments() -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    yield ("--seconds",), {"type": float, "default": 60.0}
    yield ("--seed",), {"type": int, "default": 1}
    yield ("--first",), {"type": int, "default": 0}
    yield ("--only",), {"type": int}
    yield ("--large",), {"action": "store_true"}
    yield ("--keep",), {"type": Path, "default": Path("fuzz-found")}


def main() -> int:
    """Run a campaign, or one case of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    for names, options in _arguments():
        parser.add_argument(*names, **options)
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    os.environ.pop("CLAUDE_CONFIG_DIR", None)
    with taken_for_large() if given.large else nullcontext():
        if given.only is None:
            return int(campaign(given.seed, given.first, given.seconds, given.keep) > 0)
        case = make(given.only, given.seed, origins())
        with tempfile.TemporaryDirectory() as name:
            play(case, Path(name), Counter(), [])
    return 0


if __name__ == "__main__":
    sys.exit(main())
