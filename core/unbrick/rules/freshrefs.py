"""Ids for calls whose own is missing, taken or not allowed."""

from __future__ import annotations

import re

from unbrick.situation import Situation

NAMELESS = "toolu_repaired"
"""What ids begin with that are made of nothing."""


class FreshRefs:
    """Gives ids that the API accepts, that nothing in the session uses and that it did not give before."""

    def __init__(self, situation: Situation) -> None:
        self._calls = situation.session.calls
        self._given: set[str] = set()
        self._last: dict[str, int] = {}

    def give(self, old: str = "") -> str:
        """An id as near to the old one as can be."""
        name = base = re.sub(r"[^a-zA-Z0-9_-]", "_", old)[:100] or NAMELESS
        number = self._last.get(base, 1)
        while name in self._given or name in self._calls:
            number += 1
            name = f"{base}_{number}"
        self._last[base] = number
        self._given.add(name)
        return name
