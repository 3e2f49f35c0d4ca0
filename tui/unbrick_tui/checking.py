"""The verdicts on many transcripts, judged on every core and told in the order that they were named in."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from unbrick.opening import STDIN, Choices, examine, open_word
from unbrick.record import Json
from unbrick.report import Verdict
from unbrick.scanning import helpers
from unbrick.scanning.scan import finish
from unbrick.telling import json_report
from unbrick_tui.failures import CANNOT, explain
from unbrick_tui.options import opening, painter, work
from unbrick_tui.render import report_lines
from unbrick_tui.waiting import slow

FEW = 16
"""So many transcripts are judged before processes that share the work would have started."""
SHARE = 8
"""Transcripts that a process takes at a time."""


class Checked(NamedTuple):
    """What is told of one transcript: its entry in the JSON document or the lines for a person, and the verdict; where
    it could not be read there is none, and `sentence` says why."""

    entry: Json
    lines: list[str]
    verdict: Verdict | None
    sentence: str = ""


def check_all(names: Sequence[str], choices: Choices, as_json: bool) -> Iterator[Checked]:
    """What is told of each, in order. Raises what `open_word` raises for words that are none."""
    done = 0
    cores = helpers.cores()
    if cores > 1 and len(names) >= FEW and STDIN not in names:
        shared = _shared(partial(check_one, choices=choices, as_json=as_json), names, cores)
        while checked := _waited_for(shared, f"checking: {done:,} of {len(names):,} are done"):
            done += 1
            yield checked
    for name in names[done:]:
        yield check_one(name, choices, as_json, told=True)


def _waited_for(shared: Iterator[Checked], doing: str) -> Checked | None:
    with slow(doing):
        return next(shared, None)


def _shared(one: Callable[[str], Checked], names: Sequence[str], cores: int) -> Iterator[Checked]:
    """What processes give for each, in order, until there is none left to ask."""
    # Here, for a check of one file would only wait for them.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # A fork starts at once, and is sound where nothing else runs in this process.
    alone = sys.platform == "linux" and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if alone else "spawn")
    with suppress(BrokenProcessPool, OSError), ProcessPoolExecutor(cores, context) as pool:
        yield from pool.map(one, names, chunksize=SHARE)


def check_one(name: str, choices: Choices, as_json: bool, told: bool = False) -> Checked:
    """What is told of one; `told` also says on a terminal what takes long. Raises what stands for wrong use, or for a
    flaw of our own."""
    try:
        with opening(name, choices) if told else open_word(name, choices, Path.cwd()) as opened:
            report = work(examine(opened)) if told else finish(examine(opened))
            name = name if name == STDIN else str(opened.bundle.path)
            if as_json:
                return Checked(
                    {**json_report.transcript(report, opened.format.client), "path": name}, [], report.verdict
                )
            return Checked({}, list(report_lines(report, painter(), name=name)), report.verdict)
    except BrokenPipeError:
        raise
    except Exception as error:  # one file that defeats us must not hide the verdict on the others
        sentence, status = explain(error)
        if status != CANNOT:
            raise
        return Checked(json_report.unread(name, sentence), [], None, sentence)
