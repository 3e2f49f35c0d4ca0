"""Damage without chance: everything of a kind that can happen to a session, once each.

    PYTHONPATH=core:tui:tests python -m tools.exhaust types --keep found/

`types`: a value of every type of JSON at every path of every kind of record, and nothing at all there. `lines`: each
line of each sample gone, doubled, and changed with the next. `cuts`: each sample cut at every byte. `files`: what
`types` does, in every other file that is read with a session. With `--every 50 --first 3`, every fiftieth case from the
fourth one on.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from tools import fuzz, strategies
from unbrick.bundle import Bundle
from unbrick.check import check
from unbrick.finding import Safety
from unbrick.formats import Format
from unbrick.opening import Choices, examine, open_source, open_word
from unbrick.patch import EMPTY, Patch
from unbrick.record import read
from unbrick.repair import repair
from unbrick.report import Report
from unbrick.scanning.scan import finish
from unbrick.source import Source

Pointer = tuple[str | int, ...]
GONE = object()
"""In the place of a value: nothing."""
VALUES: tuple[Any, ...] = (
    GONE, None, True, False, 0, -1, 1.5, 10**30, "", " \n", "x", "\ud800", "\x1b[2J\0\u202e", [], [None], ["x"], [[]],
    [{}], {}, {"x": 1}, {"type": []}, {"type": "text"}, {"type": "tool_use"}, [{"type": "tool_result"}],
    [{"type": "text", "text": 1}], {"type": "image", "source": {"type": "base64", "data": 1}},
)
AROUND = (12, 6)
"""Lines before and behind a damaged record that its session keeps: more say nothing new, and cost time."""
SMALL = 16_000
"""Bytes of a session that is judged at every cut; of a larger one each cut is read, and one of each kind judged."""
DEEPEST = 7
"""Steps of the longest path: below stand schemas of tools, which no client reads back."""
NAMES = ("type", "subtype", "role", "event")
"""Members that tell what kind a record or a part of one is."""


class Case(NamedTuple):
    """A name that tells what was done, and what holds the laws to it; raises what breaks one."""

    name: str
    play: Callable[[], None]


def types(*, corpus: bool = True) -> Iterator[Case]:
    """Each value at each path of each kind of record, in a piece of the first session that has such a record."""
    seen: set[tuple[object, ...]] = set()
    number = 0
    for name, path, folder in fuzz.origins(corpus=corpus):
        lines, joined = _records(path)
        client = next(one for one in ("claude_code", "amplifier", "messages") if one in path.parts)
        for index, raw in enumerate(lines):
            value = read(raw)[0]
            if value is None:
                continue
            for pointer in _fresh(value, (client,), seen):
                start = 0 if folder or joined else max(index - AROUND[0], 0)
                around = lines[start:index], lines[index + 1 : index + 1 + (len(lines) if folder else AROUND[1])]
                for new in VALUES:
                    number += 1
                    said = f"types {number} {name} {'/'.join(map(str, pointer))} {_said(new)}"

                    def play(
                        number: int = number, said: str = said, folder: Path | None = folder, path: Path = path,
                        damaged: tuple[Any, Pointer, object] = (value, pointer, new),
                        around: tuple[list[bytes], list[bytes]] = around, joined: Join | None = joined,
                    ) -> None:
                        pieces = [*around[0], put(*damaged) + b"\n", *around[1]]
                        data = joined(pieces) if joined else b"".join(pieces)
                        client = "claude_code" in path.parts
                        with tempfile.TemporaryDirectory() as place:
                            case = fuzz.Case(number, said, (), data, folder, path.name, client)
                            fuzz.play(case, Path(place), Counter(), [])

                    yield Case(said, play)


Join = Callable[[list[bytes]], bytes]
"""Makes a document of its records."""


def _records(path: Path) -> tuple[list[bytes], Join | None]:
    """The records of a session as lines; and, for a document, what makes one of them again."""
    data = path.read_bytes()
    with open_word(str(path), Choices(surroundings=False), path.parent) as opened:
        source = opened.bundle.main
        if source.unit == "line":
            return data.splitlines(keepends=True), None
        head, tail = source.mended or source.frame()
        return list(source.lines()), lambda pieces: head + b",".join(pieces) + tail


def _fresh(value: Any, kind: tuple[object, ...], seen: set[tuple[object, ...]], at: Pointer = ()) -> Iterator[Pointer]:
    """Pointers to what was not seen in a record of this kind; the elements of a list count as one, by their kinds."""
    if isinstance(value, dict):
        kind = (*kind, *(str(value[name]) for name in NAMES if isinstance(value.get(name), str)))
    if kind not in seen:
        seen.add(kind)
        yield at
    if len(at) >= DEEPEST:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            name = "*" if any(map(str.isdigit, key)) or "/" in key else key
            yield from _fresh(inner, (*kind, name), seen, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _fresh(inner, (*kind, "[]"), seen, (*at, index))


def put(value: Any, pointer: Pointer, new: object) -> bytes:
    """A record with another value at a pointer, or nothing there."""
    if not pointer:
        return b"" if new is GONE else strategies.dumped(new)
    copy = strategies.replaced(value, pointer, None if new is GONE else new)
    if new is GONE:
        inner = copy
        for step in pointer[:-1]:
            inner = inner[step]
        del inner[pointer[-1]]
    return strategies.dumped(copy)


def _said(new: object) -> str:
    return "nothing" if new is GONE else ascii(new)


def lines(*, corpus: bool = True) -> Iterator[Case]:
    """Each line of each session gone, doubled, and changed with the next."""
    for name, path, _folder in fuzz.origins(corpus=corpus):
        known: list[Known] = []
        for index in range(1, len(_records(path)[0]) + 1):
            for what, change in (("gone", _gone), ("doubled", _doubled), ("swapped", _swapped)):
                def play(change: Callable[[Source, int], Patch] = change, index: int = index, path: Path = path,
                         known: list[Known] = known) -> None:
                    if not known:
                        known.append(Known.of(path.read_bytes(), path))
                    known[0].judged(change(known[0].bundle.main, index), repaired=True)

                yield Case(f"lines {name} {index} {what}", play)


def _gone(_source: Source, line: int) -> Patch:
    return {line: ()}


def _doubled(source: Source, line: int) -> Patch:
    raw = source[line - 1].removesuffix(b"\n")
    return {line: (raw, raw)}


def _swapped(source: Source, line: int) -> Patch:
    if line == len(source):
        return EMPTY
    one, other = (source[at].removesuffix(b"\n") for at in (line - 1, line))
    return {line: (other,), line + 1: (one,)}


class Known(NamedTuple):
    """A session judged once, so that only what a patch touches is read again."""

    format: Format
    bundle: Bundle
    report: Report

    @classmethod
    def of(cls, data: bytes, path: Path) -> Known:
        opened = open_source(Source.of(data, str(path)), Choices(surroundings=False))
        report = finish(examine(opened))
        return cls(opened.format, opened.bundle, report)

    def judged(self, patch: Patch, *, repaired: bool = False) -> None:
        """Judge, and repair with all that is allowed: no exception, and no worse than before."""
        report = finish(check(self.format, self.bundle, patch, self.report.target, before=self.report.situation))
        if repaired:
            done = finish(repair(
                self.format, self.bundle, report.target, patch=patch, allow=frozenset(Safety), known=report
            ))
            fuzz.insist(not fuzz.worse(report, done.after), "4: a repair makes no verdict worse")


def cuts(*, corpus: bool = True) -> Iterator[Case]:
    """Each session cut at every byte: small ones judged at each, larger ones read at each and judged at one of a kind.
    What two sessions begin with is looked at once."""
    seen: set[int] = set()
    for name, path, _folder in fuzz.origins(corpus=corpus):
        data = path.read_bytes()
        ends = [0]
        ends += (at + 1 for at in range(len(data)) if data[at] == 10)
        if ends[-1] < len(data):
            ends.append(len(data))
        for start, end in pairwise(ends):
            beginning = hash(data[:end])
            if beginning in seen:
                continue
            seen.add(beginning)

            def play(data: bytes = data, start: int = start, end: int = end, path: Path = path) -> None:
                for at in _kinds(data, start, end):
                    try:
                        opened = open_source(Source.of(data[:at], str(path)), Choices(surroundings=False))
                    except fuzz.UnbrickError:
                        continue
                    with opened:
                        finish(examine(opened))

            yield Case(f"cuts {name} {start}-{end}", play)


def _kinds(data: bytes, start: int, end: int) -> Iterator[int]:
    """The cuts of a line that are to be judged."""
    before: object = None
    line = data[start:end]
    for at in range(len(line) + 1):
        value, fault = read(line[:at])
        kind = (value is None, fault and (fault.kind, fault.salvage, fault.message))
        if kind != before or len(data) <= SMALL:
            yield start + at
        before = kind


def files(*, corpus: bool = True) -> Iterator[Case]:
    """Each value at each path of every other file that stands with a sample: what is known of a session, what was
    logged, subagents, settings."""
    seen: set[tuple[object, ...]] = set()
    for folder in sorted(path.parent for path in fuzz.SAMPLES.glob("*/*/expected.json")):
        mains = (folder / name for name in ("session.jsonl", "transcript.jsonl", "body.json"))
        main = next(one for one in mains if one.exists())
        for path in sorted(one for one in folder.rglob("*") if one.suffix in (".json", ".jsonl")):
            if path == main or path.name == "expected.json":
                continue
            data = path.read_bytes()
            raws = [data] if path.suffix == ".json" else data.splitlines(keepends=True)
            for index, raw in enumerate(raws):
                value = json.loads(raw)
                for pointer in _fresh(value, (path.name,), seen):
                    for new in VALUES:
                        def play(
                            folder: Path = folder, main: Path = main, path: Path = path, index: int = index,
                            raws: list[bytes] = raws, damaged: tuple[Any, Pointer, object] = (value, pointer, new),
                        ) -> None:
                            data = b"".join((*raws[:index], put(*damaged) + b"\n", *raws[index + 1 :]))
                            _beside(folder, main, path, data)

                        said = f"{path.relative_to(fuzz.SAMPLES)} {'/'.join(map(str, pointer))} {_said(new)}"
                        yield Case(f"files {said}", play)


def _beside(folder: Path, main: Path, path: Path, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        copy = shutil.copytree(folder, Path(name) / folder.name)
        (copy / path.relative_to(folder)).write_bytes(data)
        choices = Choices(config_dir=copy / "config", environ={})
        with open_word(str(copy / main.name), choices, copy) as opened:
            report = finish(examine(opened))
            fuzz.transcript(report, opened.format.name)
            finish(repair(
                opened.format, opened.bundle, report.target, opened.surroundings, allow=frozenset(Safety), known=report
            ))
        fuzz.insist((copy / main.name).read_bytes() == main.read_bytes(), "the original is untouched")


class Enumeration(Protocol):
    """All cases of a kind, without or with those made of the corpus."""

    def __call__(self, *, corpus: bool) -> Iterator[Case]:
        """One after the other."""


KINDS: dict[str, Enumeration] = {"types": types, "lines": lines, "cuts": cuts, "files": files}


def campaign(kind: str, first: int, every: int, keep: Path) -> int:
    """Play the cases of a kind; how many broke a law."""
    broken: Counter[str] = Counter()
    began = time.monotonic()
    number, slowest = 0, (0.0, "")
    for number, case in enumerate(islice(KINDS[kind](corpus=True), first, None, every), 1):
        start = time.process_time()
        try:
            case.play()
        except Exception as error:
            what = str(error) if isinstance(error, fuzz.BrokenError) else fuzz.place(error)
            if not broken[what.split("(")[0]]:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{kind}-{number}.txt").write_text(
                    f"{case.name}\n\n{traceback.format_exc()}", encoding="utf-8", errors="backslashreplace"
                )
            broken[what.split("(")[0]] += 1
            print(f"{case.name!a}: {what}", flush=True)
        slowest = max(slowest, (time.process_time() - start, case.name))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{kind}: {number:,} cases in {time.monotonic() - began:,.0f} s; at most {peak:,} MB of memory; "
          f"slowest {slowest[0]:.2f} s {slowest[1]!a}")
    for name, times in broken.most_common():
        print(f"  {times:8,} BROKEN {name}")
    return sum(broken.values())


def main() -> int:
    """Run a campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("exhaust-found"))
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    return int(campaign(given.kind, given.first, given.every, given.keep) > 0)


if __name__ == "__main__":
    sys.exit(main())
