"""`python -m unbrick_tui`, and the `unbrick` command."""

from __future__ import annotations

import gc
import os
import sys

YOUNG = 10_000
"""Objects between two looks for cycles. Importing makes ten thousands that live for ever; with Python's own 700,
looking through them takes a tenth of the time to the first screen."""


LAST = 1.0
"""Seconds that a process which was stopped may still take."""


def main() -> None:
    """Run the command line and leave with its exit status."""
    gc.set_threshold(YOUNG)
    from unbrick_tui.cli import run

    status = run()
    if _held_up():
        os._exit(status)
    sys.exit(status)


def _held_up() -> bool:
    """Whether a process that judges sessions does not end, as a disk does not answer it. The interpreter would wait."""
    started = sys.modules.get("multiprocessing")
    children = started.active_children() if started is not None else ()
    for child in children:
        child.join(LAST)
    return any(child.is_alive() for child in children)


if __name__ == "__main__":
    main()
