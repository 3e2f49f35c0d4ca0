"""What is waited for before the first screen: a silent disk is not to look like a program that is dead."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import click

from unbrick.printable import printable

MOMENT = 0.5
"""Seconds after which it is said."""
LOOKING = "looking for sessions"


@contextmanager
def slow(doing: str) -> Iterator[None]:
    """For the length of the block, say on standard error what is still being done, once it takes longer than a moment.
    Nothing is said any more when the block is left."""
    over = Event()
    teller = Thread(target=_tell, args=(doing, over), daemon=True, name="waiting")
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def _tell(doing: str, over: Event) -> None:
    """Without SIGINT: whoever takes it while the disk hangs takes it from the one that looks for it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    if not over.wait(MOMENT):
        with suppress(OSError):
            click.echo(f"unbrick: still {printable(doing)}; ctrl+c stops it", err=True)
