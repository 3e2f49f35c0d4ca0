"""Who presses a key comes first: what works beside the interface rests until the effect of the key is painted, and what
nobody has asked for rests until all is done that somebody waits for.

Threads share one interpreter, and one that works takes it whenever the interface lets go of it for a moment, as it does
a hundred times while a screen comes up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from selectors import DefaultSelector, SelectorKey
from threading import Event, Lock

FRAME = 0.02
"""Seconds. An interface that waits no longer than this is about to paint."""
TURN = 0.1
"""Seconds that work rests at most: keys that never end do not hold it up for good."""

_rest = Event()
_rest.set()
_alone = Event()
_alone.set()
_lock = Lock()
_wanted = 0
"""Pieces of work that somebody waits for."""


def attend() -> None:
    """Somebody pressed a key."""
    _rest.clear()


def give_way() -> None:
    """To be called between two pieces of work, by its thread: wait until the last key has been answered."""
    _rest.wait(TURN)


@contextmanager
def wanted() -> Iterator[None]:
    """For the length of work that somebody waits for."""
    _count(1)
    try:
        yield
    finally:
        _count(-1)


def _count(change: int) -> None:
    global _wanted
    with _lock:
        _wanted += change
        if _wanted:
            _alone.clear()
        else:
            _alone.set()


def at_leisure() -> bool:
    """To be called between two pieces of work that nobody has asked for, by its thread: wait until nobody waits for any
    other; whether that is so."""
    return _alone.wait(TURN)


class Attentive(DefaultSelector):
    """Where the interface waits for what comes next."""

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Wait; who waits longer than for the next frame has answered."""
        if timeout is None or timeout > FRAME:
            _rest.set()
        return super().select(timeout)

    def close(self) -> None:
        """No key will come any more."""
        _rest.set()
        super().close()
