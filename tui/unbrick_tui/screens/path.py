"""Asks for the path of a copy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from unbrick.disk import is_dir
from unbrick.opening import expanded
from unbrick_tui.bindings import HELP, told
from unbrick_tui.patience import Patience


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
            yield Static(told(self, "enter saves, esc goes back", esc="path.back"), id="hint", markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        path = expanded(event.value)
        patience: Patience | None = getattr(self.app, "patience", None)
        if not event.value.strip():
            wrong = "a path is wanted"
        elif patience is None:
            wrong = _taken(path)
        else:
            wrong = patience.known(lambda: _taken(path), "the disk does not answer; try again, or another", anyway=True)
        if wrong:
            self._object(wrong)
        else:
            self.dismiss(path.absolute())

    def _object(self, sentence: str) -> None:
        self.query_one("#hint", Static).update(f"{sentence}. enter saves, esc goes back")

    def action_leave(self) -> None:
        """No path."""
        self.dismiss(None)


def _taken(path: Path) -> str:
    """What stands at a path already, as a sentence; empty for nothing."""
    if is_dir(path):
        return "that is a folder; name a file in it"
    return "that exists already; choose another name" if os.path.lexists(path) else ""
