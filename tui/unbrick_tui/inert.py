"""The last look at what is painted: whoever forgot to make a text safe does not hand the terminal over to it."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from unbrick.printable import printable


class Inert(LineFilter):
    """No character of a painted line acts on the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments where nothing is to be done."""
        return [segment if _safe(segment) else Segment(printable(segment.text), segment.style) for segment in segments]


def _safe(segment: Segment) -> bool:
    return segment.text.isprintable() or printable(segment.text) == segment.text
