"""`python -m unbrick_tui`, and the `unbrick` command."""

from __future__ import annotations

import gc
import sys

YOUNG = 10_000
"""Objects between two looks for cycles. Importing makes ten thousands that live for ever; with Python's own 700,
looking through them takes a tenth of the time to the first screen."""


def main() -> None:
    """Run the command line and leave with its exit status."""
    gc.set_threshold(YOUNG)
    from unbrick_tui.cli import run

    sys.exit(run())


if __name__ == "__main__":
    main()
