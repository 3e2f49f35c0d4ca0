"""Drives a generator of the engine in a worker thread and says how it goes; handlers own what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import nullcontext
from dataclasses import dataclass
from time import monotonic
from typing import Any

from textual.message import Message
from textual.message_pump import MessagePump
from textual.worker import get_current_worker

from unbrick.scanning.search import Found
from unbrick_tui.attention import give_way, wanted
from unbrick_tui.failures import explain
from unbrick_tui.search import TooSlowError

PAUSE = 0.08
"""Seconds between two reports of progress."""
AHEAD = "ahead"
"""The name of work that nobody has asked for yet."""


@dataclass
class Progressed(Message):
    """Rows read so far; only the newest one matters."""

    serial: int
    rows: int

    def can_replace(self, message: Message) -> bool:
        """A later report stands for an earlier one."""
        return isinstance(message, Progressed)


@dataclass
class Done(Message):
    """A piece of work ended with a result; `name` says which work."""

    serial: int
    name: str
    result: Any


@dataclass
class Failed(Message):
    """A piece of work could not be done; a sentence says why."""

    serial: int
    name: str
    sentence: str


@dataclass
class Met(Message):
    """Rows that a search found since the last report, of how many it looked at; at its `end`, in how many records it
    took too long to tell. A sentence where it was given up."""

    serial: int
    done: int
    rows: list[int]
    end: bool = False
    slow: int = 0
    sentence: str = ""


def seek(target: MessagePump, serial: int, start: Callable[[], Generator[Found, None, int]]) -> None:
    """Run a search to its end, in the thread of a worker: the first find is reported at once, others now and then."""
    with wanted():
        _sought(target, serial, start)


def _sought(target: MessagePump, serial: int, start: Callable[[], Generator[Found, None, int]]) -> None:
    worker = get_current_worker()
    said = monotonic()
    first, done = True, 0
    rows: list[int] = []
    try:
        search = start()
        while True:
            try:
                found = next(search)
            except StopIteration as stop:
                target.post_message(Met(serial, done, rows, True, stop.value))
                return
            if worker.is_cancelled:
                search.close()
                return
            rows += found.rows
            done, now = found.done, monotonic()
            if (first and rows) or now - said > PAUSE:
                first, said = first and not rows, now
                target.post_message(Met(serial, done, rows))
                rows = []
    except Exception as error:
        sentence = str(error) if isinstance(error, TooSlowError) else explain(error)[0]
        target.post_message(Met(serial, done, rows, True, 0, sentence))


def drive(target: MessagePump, serial: int, name: str, start: Callable[[], Generator[int, None, Any]]) -> None:
    """Run a piece of work to its end, in the thread of a worker; stops when the worker is cancelled."""
    with nullcontext() if name == AHEAD else wanted():
        end = _driven(target, serial, name, start)
    if end is not None:
        target.post_message(end)


def _driven(
    target: MessagePump, serial: int, name: str, start: Callable[[], Generator[int, None, Any]],
) -> Done | Failed | None:
    worker = get_current_worker()
    said = monotonic()
    try:
        work = start()
        while True:
            give_way()
            try:
                rows = next(work)
            except StopIteration as stop:
                return None if worker.is_cancelled else Done(serial, name, stop.value)
            if worker.is_cancelled:
                work.close()
                return None
            now = monotonic()
            if now - said > PAUSE:
                said = now
                target.post_message(Progressed(serial, rows))
    except Exception as error:
        return Failed(serial, name, explain(error)[0])
