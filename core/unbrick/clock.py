"""Time and fresh ids, passed in wherever an output depends on them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count


class SystemClock:
    """The machine's time and random ids."""

    def now(self) -> str:
        """The time as clients write it: RFC 3339, milliseconds, Z."""
        return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def uuid(self) -> str:
        """A fresh random id."""
        return str(uuid.uuid4())


@dataclass
class FixedClock:
    """Always the same time, and ids that count up: outputs can be compared."""

    time: str = "2026-01-01T00:00:00.000Z"
    _ids: count[int] = field(default_factory=lambda: count(1))

    def now(self) -> str:
        """The fixed time."""
        return self.time

    def uuid(self) -> str:
        """The next id; a well-formed version 4 UUID."""
        return f"00000000-0000-4000-8000-{next(self._ids):012x}"


SYSTEM_CLOCK = SystemClock()

_parsed = datetime.fromisoformat


def seconds(text: object) -> float | None:
    """Seconds since the epoch of a time as clients write it, None for what is none."""
    if text.__class__ is not str or len(text) < 20:  # without a time of day, or without a zone
        return None
    try:
        return _parsed(text).timestamp()
    except (ValueError, OverflowError):
        return None
