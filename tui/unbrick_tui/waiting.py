"""What is waited for where there is no screen: a silent disk is not to look like a program that is dead."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Event, Thread

import click

from unbrick.printable import printable

MOMENT = 0.5
"""Seconds after which it is said."""
EVERY = 0.1
"""Seconds between two looks at what there is to say."""
LOOKING = "looking for sessions"


def slow(doing: str) -> AbstractContextManager[None]:
    """For the length of the block, say what is still being done, once it takes longer than a moment."""
    return telling(lambda: f"still {doing}")


@contextmanager
def telling(what: Callable[[], str]) -> Iterator[None]:
    """For the length of the block, say what a function gives, once that takes longer than a moment: on a terminal's
    standard error alone, in one line, of which nothing is left behind the block."""
    if not sys.stderr.isatty():
        yield
        return
    over = Event()
    teller = Thread(target=_tell, args=(what, over), daemon=True, name="waiting")
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def _tell(what: Callable[[], str], over: Event) -> None:
    """Without SIGINT: whoever takes it while the disk hangs takes it from the one that looks for it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    shown = ""
    with suppress(OSError):
        while not over.wait(EVERY if shown else MOMENT):
            text = f"unbrick: {printable(what())}; ctrl+c stops it"
            if text != shown:
                _paint(text)
                shown = text
        if shown:
            _paint("")


def _paint(text: str) -> None:
    """Take the line that stands there away, and show a text in its place, as far as it fits."""
    from unbrick_tui.text import shorten  # it loads what a small file's check does without

    width = shutil.get_terminal_size().columns - 1
    click.echo(f"\r{' ' * width}\r{shorten(text, width)}", nl=False, err=True)
