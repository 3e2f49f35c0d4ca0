"""Checks many sessions in processes of their own, at low priority, the small ones first: keys never wait for one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import suppress
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path

from unbrick.opening import Choices
from unbrick.scanning.scan import finish
from unbrick.sessions.health import Health, judge
from unbrick.stored import Stored
from unbrick_tui.failures import explain

LARGE = 32_000_000
"""Bytes. Larger sessions wait until all others are judged, also those of this folder."""
MOST = 4
"""Processes at the same time."""
NICE = 5

Judge = Callable[[Path, Choices, Path], Health]


def in_turn(sessions: Iterable[Stored]) -> list[Stored]:
    """The order in which sessions are judged: this folder's first, small before large, the largest last of all."""
    return sorted(sessions, key=lambda one: (one.size > LARGE, not one.here, one.size))


def health(path: Path, choices: Choices, cwd: Path) -> Health:
    """The verdict on one session; a sentence where there is none."""
    try:
        return finish(judge(path, choices, cwd))
    except Exception as error:  # one file that defeats us must not hide the verdict on the others
        return Health.unread(explain(error)[0])


def _begin() -> None:
    """A process that judges leaves the machine to whoever is typing, and Ctrl-C to its parent, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):
        os.nice(NICE)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Nothing goes on judging for an application that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


def processes() -> Executor:
    """As many processes as there are processors, within reason. They are started afresh: a fork of a program with
    threads may hang."""
    workers = max(1, min(os.cpu_count() or 1, MOST))
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin)


def ready() -> None:
    """To be called before the application takes the terminal: what looks after processes is started with standard
    error, which the application stands in for afterwards with something that is no file."""
    resource_tracker.ensure_running()


class Judging:
    """One run over some sessions. `run` belongs in a thread; `stop` may be called from any."""

    def __init__(self, choices: Choices, cwd: Path, start: Callable[[], Executor] = processes) -> None:
        self._choices = choices
        self._cwd = cwd
        self._start = start
        self._executor: Executor | None = None
        self._before: set[BaseProcess] = set()
        self.stopped = False

    def run(self, sessions: Sequence[Stored]) -> Iterator[tuple[Stored, Health]]:
        """Verdicts as they come. A process that dies takes the sessions with it that were being judged; the others
        are judged by new ones."""
        left = dict.fromkeys(in_turn(sessions))
        while left and not self.stopped:
            before = len(left)
            for one, found in self._round(list(left)):
                del left[one]
                yield one, found
            if len(left) == before and not self.stopped:
                first = next(iter(left))
                del left[first]
                yield first, Health.unread(f"{first.path} could not be judged: the check of it ended unexpectedly.")

    def _round(self, sessions: Sequence[Stored]) -> Iterator[tuple[Stored, Health]]:
        self._before = set(multiprocessing.active_children())
        self._executor = executor = self._start()
        try:
            with suppress(BrokenExecutor, RuntimeError):
                futures: dict[Future[Health], Stored] = {
                    executor.submit(health, one.path, self._choices, self._cwd): one for one in sessions
                }
                for future in as_completed(futures):
                    if self.stopped:
                        return
                    yield futures[future], future.result()
        finally:
            executor.shutdown(wait=False, cancel_futures=True)

    def stop(self) -> None:
        """End it now, in the middle of a large file if need be."""
        self.stopped = True
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            for child in set(multiprocessing.active_children()) - self._before:
                child.terminate()
