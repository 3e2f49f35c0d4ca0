"""How much work the reading of somebody else's document may take."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import thread_time

CALLS = 20_000_000
"""Calls of functions that one reading may take. They measure work as time does, and are the same on every machine."""
SECONDS = 20
"""Of the processor, for what takes few calls and long ones: a blank of megabytes that is drawn ten thousand times."""


class EndlessError(BaseException):
    """A document takes more work than it may. No Exception, which parsers take for a flaw that they can read past."""


@contextmanager
def bounded() -> Iterator[None]:
    """Raises EndlessError in the midst of what takes more than so many calls, or so long."""
    before, left, end = sys.getprofile(), CALLS, thread_time() + SECONDS

    def count(_frame: object, _event: str, _argument: object) -> None:
        nonlocal left
        left -= 1
        if left < 0 or (not left & 0xFFF and thread_time() > end):
            raise EndlessError

    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
