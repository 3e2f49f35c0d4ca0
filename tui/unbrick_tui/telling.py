"""Tells a screen, a few times a second, what a thread finds out about sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

from textual.message import Message
from textual.message_pump import MessagePump
from textual.worker import get_current_worker

from unbrick_tui.failures import explain
from unbrick_tui.shelf import Told

PAUSE = 0.25
"""Seconds between two pieces of news."""


@dataclass
class News(Message):
    """What was learned of some sessions; `over` when nothing more will come, `trouble` why not all did."""

    told: Sequence[Told]
    over: bool = False
    trouble: str = ""


def tell(screen: MessagePump, learned: Iterator[Told | None]) -> None:
    """Pass everything on, in the thread of a worker, until the worker is cancelled."""
    worker = get_current_worker()
    told: list[Told] = []
    said, trouble = monotonic(), ""
    try:
        for one in learned:
            if worker.is_cancelled:
                return
            if one is not None:
                told.append(one)
            if one is None or monotonic() - said > PAUSE:
                said = monotonic()
                screen.post_message(News(told))
                told = []
    except Exception as error:
        trouble = explain(error)[0]
    if not worker.is_cancelled:
        screen.post_message(News(told, True, trouble))
