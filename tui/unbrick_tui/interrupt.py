"""ctrl+c while a disk does not answer.

The system hands a signal over when a call comes back. One that waits for a disk comes back early only for a signal that
ends the process, and Python asks to be told of SIGINT instead: so another thread looks whether SIGINT waits in vain.
Nothing ends a process that waits for a server of FUSE.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

from unbrick_tui.failures import INTERRUPTED

EVERY = 0.5
"""Seconds between two looks."""
LONG = 2.0
"""Seconds after which a call counts as one that hangs: until then, what it leaves can still be tidied up."""
SAID = "unbrick: stopped: the disk does not answer. What was being written stands as it was, or whole.\n"


@contextmanager
def heard() -> Iterator[None]:
    """For the length of the block, ctrl+c ends the process also where the disk does not answer."""
    over = Event()
    Thread(target=_watch, args=(over,), daemon=True, name="interrupt").start()
    try:
        yield
    finally:
        over.set()


def _watch(over: Event) -> None:
    """A signal waits for the process as a whole; only who keeps it from itself can see that."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    since: float | None = None
    while not over.wait(EVERY):
        if signal.SIGINT not in signal.sigpending():
            since = None
        elif since is None:
            since = monotonic()
        elif monotonic() - since > LONG:
            os.write(2, ("\n" * os.isatty(2) + SAID).encode())  # On the line may stand what was waited for.
            os._exit(INTERRUPTED)
