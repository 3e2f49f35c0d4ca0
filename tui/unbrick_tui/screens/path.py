"""Asks for the path of a copy."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from unbrick_tui.bindings import HELP


class PathScreen(ModalScreen[Path | None]):
    """Gives back a path that nothing stands at, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "back", id="path.back"), HELP]

    def __init__(self, suggested: Path, title: str = "Save a copy to") -> None:
        super().__init__()
        self._suggested = suggested
        self._title = title

    def compose(self) -> ComposeResult:
        """Title, field, what is wrong with the answer."""
        with Vertical(id="dialog"):
            yield Static(self._title, id="title", markup=False)
            yield Input(str(self._suggested), id="path", compact=True)
            yield Static("enter saves, esc goes back", id="hint", markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        path = Path(event.value).expanduser()
        if not event.value.strip():
            self._object("a path is wanted")
        elif path.is_dir():
            self._object("that is a folder; name a file in it")
        elif path.exists():
            self._object("that exists already; choose another name")
        else:
            self.dismiss(path.absolute())

    def _object(self, sentence: str) -> None:
        self.query_one("#hint", Static).update(f"{sentence}. enter saves, esc goes back")

    def action_leave(self) -> None:
        """No path."""
        self.dismiss(None)
