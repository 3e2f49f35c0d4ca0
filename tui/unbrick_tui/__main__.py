"""`python -m unbrick_tui`, and the `unbrick` command."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable
from time import monotonic
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

YOUNG = 10_000
"""Objects between two looks for cycles. Importing makes ten thousands that live for ever; with Python's own 700,
looking through them takes a tenth of the time to the first screen."""


LAST = 1.0
"""Seconds that processes which judge sessions may take to end, and those that were killed once more."""


def main() -> None:
    """Run the command line and leave with its exit status."""
    gc.set_threshold(YOUNG)
    from unbrick_tui.cli import run

    status = run()
    if _held_up():
        os._exit(status)
    sys.exit(status)


def _held_up() -> bool:
    """Whether a process that judges sessions does not even end when it is killed, as a disk does not answer it. The
    interpreter would wait."""
    if "multiprocessing.process" not in sys.modules:
        return False
    from multiprocessing.process import active_children

    left = _left(active_children())
    for child in left:
        child.kill()
    return bool(_left(left))


def _left(children: Iterable[BaseProcess]) -> list[BaseProcess]:
    """Those that do not end in time. Each is known by the pipe that closes at its end: whether it is alive cannot be
    asked while the executor's own thread waits for it as well."""
    from multiprocessing.connection import wait

    running = {child.sentinel: child for child in children}
    until = monotonic() + LAST
    while running and (left := until - monotonic()) > 0:
        for ended in wait(running, left):
            del running[cast(int, ended)]
    return [*running.values()]


if __name__ == "__main__":
    main()
