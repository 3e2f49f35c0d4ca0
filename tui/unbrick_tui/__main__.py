"""`python -m unbrick_tui`, and the `unbrick` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit status."""
    from unbrick_tui.cli import run

    sys.exit(run())


if __name__ == "__main__":
    main()
