"""The line below the timeline: where the cursor stands, what is searched and filtered, what is unsaved, for which
client all of it is judged; as much of it as fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from unbrick_tui.glyphs import UNICODE, Glyphs
from unbrick_tui.text import ascii_only, shorten


class Part(NamedTuple):
    """Something to say: its longest form first; what has the lowest `rank` gives way first. A style, or nothing."""

    forms: Sequence[str]
    rank: int
    style: str = ""


GAP = 3
"""Cells between two parts."""
DROP = 45
"""How much higher what is shortened may rank before something else goes altogether."""


def fitted(parts: Sequence[Part], width: int) -> list[tuple[str, str]]:
    """Text and style of the parts that fit a width, in their order."""
    form = {index: 0 for index, part in enumerate(parts) if part.forms}

    def text(index: int) -> str:
        return parts[index].forms[form[index]]

    def price(index: int) -> int:
        """What it costs to shorten a part, or to drop it where it is as short as it gets."""
        return parts[index].rank + (DROP if form[index] + 1 == len(parts[index].forms) else 0)

    while sum(cell_len(text(index)) + GAP for index in form) - GAP > width and len(form) > 1:
        cheapest = min(form, key=price)
        if form[cheapest] + 1 < len(parts[cheapest].forms):
            form[cheapest] += 1
        else:
            del form[cheapest]
    return [(shorten(text(index), width), parts[index].style) for index in form]


class StatusLine(Widget):
    """One line of parts; what they say is decided elsewhere."""

    class Clicked(Message):
        """Somebody wants to change what it says."""

    def __init__(self, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._parts: tuple[Part, ...] = ()

    def say(self, parts: Sequence[Part]) -> None:
        """Show other parts."""
        if tuple(parts) != self._parts:
            self._parts = tuple(parts)
            self.refresh()

    @property
    def text(self) -> str:
        """What is shown."""
        return self.render().plain

    def on_click(self) -> None:
        """Pass it on."""
        self.post_message(self.Clicked())

    def render(self) -> Content:
        """The parts that fit, with dots between them."""
        dot = Content.styled(f" {self._glyphs.dot} ", "$quiet")
        shown = fitted(self._parts, max(self.size.width, 1))
        return dot.join(Content.styled(self._plain(text), style) for text, style in shown)

    def _plain(self, text: str) -> str:
        return ascii_only(text.replace("…", self._glyphs.ellipsis)) if self._glyphs.ascii else text
