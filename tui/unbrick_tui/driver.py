"""Drives a generator of the engine in a worker thread and says how it goes; handlers own what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from time import monotonic
from typing import Any

from textual.message import Message
from textual.message_pump import MessagePump
from textual.worker import get_current_worker

from unbrick_tui.failures import explain

PAUSE = 0.08
"""Seconds between two reports of progress."""


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


def drive(target: MessagePump, serial: int, name: str, start: Callable[[], Generator[int, None, Any]]) -> None:
    """Run a piece of work to its end, in the thread of a worker; stops when the worker is cancelled."""
    worker = get_current_worker()
    said = monotonic()
    try:
        work = start()
        while True:
            try:
                rows = next(work)
            except StopIteration as stop:
                if not worker.is_cancelled:
                    target.post_message(Done(serial, name, stop.value))
                return
            if worker.is_cancelled:
                work.close()
                return
            now = monotonic()
            if now - said > PAUSE:
                said = now
                target.post_message(Progressed(serial, rows))
    except Exception as error:
        target.post_message(Failed(serial, name, explain(error)[0]))
