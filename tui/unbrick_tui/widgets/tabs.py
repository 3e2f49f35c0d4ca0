"""A strip of names, one of which is chosen; a click chooses, keys are the screen's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from unbrick_tui.text import shorten


class TabStrip(Widget):
    """One line. Names are ours, never a transcript's."""

    DEFAULT_CSS = """
    TabStrip { height: 1; padding: 0 1; background: $panel; color: $quiet; }
    """

    @dataclass
    class Chosen(Message):
        """A name was clicked."""

        index: int

    def __init__(self, names: Sequence[str], id: str | None = None) -> None:
        super().__init__(id=id)
        self._names = list(names)
        self._chosen = 0

    def choose(self, index: int) -> None:
        """Mark another name."""
        self._chosen = index
        self.refresh()

    def _labels(self) -> list[str]:
        """Names with their numbers; in a narrow terminal the others give way to the chosen one."""
        labels = [f" {number} {name} " for number, name in enumerate(self._names, 1)]
        if sum(map(len, labels)) <= self.size.width:
            return labels
        return [
            label if index == self._chosen else shorten(label, 3, "") for index, label in enumerate(labels)
        ]

    def render(self) -> Content:
        """The names, the chosen one in reverse."""
        return Content.assemble(*(
            (label, "reverse bold" if index == self._chosen else "") for index, label in enumerate(self._labels())
        ))

    async def _on_click(self, event: events.Click) -> None:
        x = event.get_content_offset_capture(self).x
        for index, label in enumerate(self._labels()):
            if 0 <= x < len(label):
                self.post_message(self.Chosen(index))
                return
            x -= len(label)
