"""Memory that is given back to the system once a large session was read or judged."""

from __future__ import annotations

from contextlib import suppress

LARGE = 1 << 18
"""Records from which what a check leaves free is worth looking for: a tenth of all."""


def give_back(records: int) -> None:
    """Let go of what lies free between columns that stay, after a check of so many records. The GNU C library keeps it
    until it is asked, in 15 ms for a million; others have no such function, and need none."""
    if records < LARGE:
        return
    import ctypes  # small sessions start without it

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
