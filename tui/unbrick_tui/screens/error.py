"""Asks for an error text, of any form: typed, or pasted with all its lines and colours."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from unbrick.printable import printable_lines
from unbrick.why import uncoloured
from unbrick_tui.bindings import HELP, told
from unbrick_tui.text import ascii_only

LONGEST = 20_000
"""Characters of a paste that are taken in; an error is shorter."""


def taken(text: str) -> str:
    """A pasted text as the box takes it in: without colours, harmless, not too long."""
    return printable_lines(uncoloured(text[:LONGEST]).replace("\r\n", "\n").replace("\r", "\n"))


class ErrorField(TextArea):
    """Several lines. Enter is for the screen; a paste keeps its lines."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "explain", "explain", priority=True, id="error.explain", tooltip="say what the error means"),
        Binding("ctrl+j,shift+enter", "newline", "new line", show=False, id="error.newline"),
    ]

    class Explain(Message):
        """The text is complete."""

    def action_explain(self) -> None:
        """The text is complete."""
        self.post_message(self.Explain())

    def action_newline(self) -> None:
        """Begin another line."""
        self.insert("\n")

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.insert(taken(event.text))


class ErrorScreen(ModalScreen[str | None]):
    """Gives back the text, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", priority=True, id="error.back"), HELP,
    ]

    def __init__(self, text: str = "", *, ascii_: bool = False) -> None:
        super().__init__()
        self._text = taken(text)
        self._ascii = ascii_

    def compose(self) -> ComposeResult:
        """Title, field, keys."""
        text = ascii_only(self._text) if self._ascii else self._text
        with Vertical(id="dialog"):
            yield Static("Which error?", id="title", markup=False)
            yield ErrorField(text, soft_wrap=True, compact=True, id="error")
            hint = "paste what the client printed; enter explains it, esc goes back"
            yield Static(told(self, hint, enter="error.explain", esc="error.back"), id="hint", markup=False)

    def on_mount(self) -> None:
        """The field has the keys; a text that is there already is only to be confirmed."""
        field = self.query_one(ErrorField)
        field.move_cursor(field.document.end)
        field.focus()

    def on_error_field_explain(self) -> None:
        """Give it back, unless there is nothing."""
        text = self.query_one(ErrorField).text
        if text.strip():
            self.dismiss(text)
        else:
            self.query_one("#hint", Static).update("an error is wanted first: paste what the client printed")

    def action_leave(self) -> None:
        """No error."""
        self.dismiss(None)
