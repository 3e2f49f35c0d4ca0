"""The first five lines, always in sight."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.widget import Widget

from unbrick_tui.headline import Piece
from unbrick_tui.text import ascii_only

STYLES = {
    "good": "bold $success", "bad": "bold $error", "warn": "bold $warning", "dim": "$quiet",
    "strong": "bold", "key": "reverse bold", "": "",
}


class VerdictView(Widget):
    """Five lines of pieces; what they say is decided elsewhere."""

    def __init__(self, *, ascii_: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ascii = ascii_
        self._lines: Sequence[Sequence[Piece]] = ()

    def say(self, lines: Sequence[Sequence[Piece]]) -> None:
        """Show other lines."""
        if lines != self._lines:
            self.refresh(layout=len(lines) != len(self._lines))
            self._lines = lines

    def on_click(self, event: events.Click) -> None:
        """Press the key that the line, or one above that it goes on from, begins with."""
        key = next((text for line in self._lines[: event.y + 1] for text, style in line[:1] if style == "key"), "")
        if key.strip():
            self.app.simulate_key(key.strip())

    def render(self) -> Content:
        """All lines as one text."""
        return Content("\n").join(
            Content.assemble(*((self._plain(text), STYLES[style]) for text, style in line)) for line in self._lines
        )

    def _plain(self, text: str) -> str:
        return ascii_only(text) if self._ascii else text
