"""JSON to read: on several lines, in colours, with what is long cut short where it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator

from unbrick_tui.highlight import highlighted
from unbrick_tui.prose import Bounds, Passage
from unbrick_tui.text import count, size

LONG = 2000
"""A base64 text longer than this is named, not shown."""
DEEP = 60
"""Levels that are shown; what is nested deeper is counted."""


def pretty(value: object, bounds: Bounds | None = None) -> str:
    """JSON on several lines, base64 and what is beyond the bounds cut short; never raises."""
    bounds = bounds or Bounds()
    short = _Shortened(bounds.most)
    try:
        text = json.dumps(short.of(value, DEEP), indent=2, ensure_ascii=False)
    except (RecursionError, ValueError, TypeError):
        text = repr(value)[:LONG]
    bounds.hidden += short.hidden
    return text


def coloured(value: object, bounds: Bounds) -> Iterator[Passage]:
    """The same in colours, as far as the bounds afford them."""
    text = pretty(value, bounds)
    if bounds.affords(text):
        yield from highlighted(text, "json")
    else:
        yield "plain", text


class _Shortened:
    """Takes as much of a value as fits in `left` characters; what is left out is counted in `hidden` and said where
    it stood."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.hidden = 0

    def of(self, value: object, depth: int) -> object:
        """The part of a value that is shown."""
        self.left -= 8
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return self._list(value, depth)
        return self._object(value, depth) if isinstance(value, dict) else value

    def _text(self, text: str) -> str:
        most = max(self.left, 80)
        self.left -= len(text)
        if len(text) <= most:
            return text
        return f"{text[:most]}… {self._left_out(len(text) - most, size(len(text) - most))}"

    def _list(self, items: list[object], depth: int) -> object:
        found: list[object] = []
        for number, item in enumerate(items):
            if self.left <= 0 or not depth:
                found.append(self._left_out(len(items) - number, count(len(items) - number, "item")))
                break
            found.append(self.of(item, depth - 1))
        return found

    def _object(self, value: dict[str, object], depth: int) -> object:
        found: dict[str, object] = {}
        data = value.get("data") if value.get("type") == "base64" else None
        for number, (key, item) in enumerate(value.items()):
            if self.left <= 0 or not depth:
                found["…"] = self._left_out(len(value) - number, count(len(value) - number, "member"))
                break
            self.left -= len(key)
            if item is data and isinstance(data, str) and len(data) > LONG:
                item = f"({size(len(data) * 3 // 4)} of base64)"
            found[key] = self.of(item, depth - 1)
        return found

    def _left_out(self, number: int, said: str) -> str:
        self.hidden += number
        return f"({said} more; m shows more)"
