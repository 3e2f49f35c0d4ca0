"""One record in full: readable, as JSON, or as the bytes of its line."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from unbrick.formats import Format
from unbrick.patch import View
from unbrick_tui import details
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.outline import Outline
from unbrick_tui.widgets.text_view import TextView

MODES = ("to read", "as JSON", "as bytes")


class InspectorScreen(Screen[tuple[str, int]]):
    """Gives back the row it ended on, and `fix` when a fix is wanted there."""

    CSS_PATH = Path("inspector.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "leave('')", "back", key_display="esc", id="record.back"),
        Binding("v,tab", "mode", "readable / JSON / bytes", key_display="v", id="record.mode"),
        Binding("J,n", "step(1)", "next record", key_display="n", id="record.next"),
        Binding("K,p", "step(-1)", "previous record", key_display="p", id="record.previous"),
        Binding("f", "leave('fix')", "fix", id="record.fix"),
        Binding("y", "copy", "copy", id="record.copy"),
    ]

    def __init__(self, format_: Format, view: View, row: int, outline: Outline | None, glyphs: Glyphs) -> None:
        super().__init__()
        self._format = format_
        self._view = view
        self._row = row
        self._outline = outline
        self._glyphs = glyphs
        self._mode = 0

    def compose(self) -> ComposeResult:
        """Where one is, the text, the keys."""
        yield Static("", id="where", markup=False)
        yield TextView(ascii_=self._glyphs.ascii, id="text")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show the record."""
        self._show()

    def _show(self) -> None:
        text = self.query_one(TextView)
        where = f"{details.place(self._view, self._row)} of {len(self._view):,}, {MODES[self._mode]}"
        self.query_one("#where", Static).update(where)
        if self._mode == 0:
            text.say(details.record(self._format, self._view, self._row, self._outline, self._glyphs))
        elif self._mode == 1:
            text.say(details.structure(self._view, self._row))
        else:
            text.say(details.raw_bytes(self._view, self._row))

    def action_mode(self) -> None:
        """The next way of showing it."""
        self._mode = (self._mode + 1) % len(MODES)
        self._show()

    def action_step(self, step: int) -> None:
        """The next or previous record."""
        self._row = max(0, min(self._row + step, len(self._view) - 1))
        self._show()

    def action_copy(self) -> None:
        """The line's bytes to the clipboard, where they are not too many for a terminal."""
        raw = self._view.raw(self._row).rstrip(b"\r\n")
        if len(raw) > 100_000:
            self.notify("too large for the clipboard", severity="warning", markup=False)
            return
        self.app.copy_to_clipboard(raw.decode("utf-8", "replace"))
        self.notify("copied, if the terminal allows it", markup=False)

    def action_leave(self, wish: str) -> None:
        """Back to the timeline."""
        self.dismiss((wish, self._row))
