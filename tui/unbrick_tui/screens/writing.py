"""A text to change, or a short one to type: several lines or one."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static, TextArea

from unbrick_tui.bindings import HELP
from unbrick_tui.widgets.footer import Footer

LARGEST = 50_000
"""Characters that are edited here; a longer text is for a real editor."""



class WriteScreen(Screen[str | None]):
    """Gives back the changed text, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f2", "done", "show what it changes", key_display="ctrl+s", priority=True, id="write.done"),
        Binding("escape", "leave", "back", key_display="esc", priority=True, id="write.back"),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        yield Static(self._title, id="what", markup=False)
        yield TextArea(self._text, soft_wrap=True, id="area")
        yield Footer()

    def on_mount(self) -> None:
        """The text has the keys."""
        self.query_one(TextArea).focus()

    def action_done(self) -> None:
        """Give the text back, where it was changed."""
        text = self.query_one(TextArea).text
        self.dismiss(text if text != self._text else None)

    def action_leave(self) -> None:
        """Change nothing."""
        self.dismiss(None)


class LineScreen(ModalScreen[str | None]):
    """Asks for one line; gives it back, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "back", id="write.back"), HELP]

    def __init__(self, title: str, hint: str, *, secret: bool = False) -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self._secret = secret

    def compose(self) -> ComposeResult:
        """Title, field, keys."""
        with Vertical(id="dialog"):
            yield Static(self._title, id="title", markup=False)
            yield Input(password=self._secret, id="path", compact=True)
            yield Static(self._hint, id="hint", markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value or None)

    def action_leave(self) -> None:
        """No answer."""
        self.dismiss(None)
