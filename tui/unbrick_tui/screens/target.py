"""Asks for whom the session is to be judged: a client, a model, a way to resume, from a list or typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from unbrick.aims import Aim, aimed_at
from unbrick.errors import UsageError
from unbrick.formats import Format
from unbrick.printable import printable
from unbrick.target import Target
from unbrick_tui.bindings import HELP, told
from unbrick_tui.screens.choice import Choices

HINT = "type to filter, or a version or model of your own; enter judges, esc goes back"


class TargetScreen(ModalScreen[Target | None]):
    """Gives back another target, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", priority=True, id="request.target-back"),
        Binding("down", "move(1)", "next", show=False, priority=True, id="request.target-down"),
        Binding("up", "move(-1)", "previous", show=False, priority=True, id="request.target-up"),
        HELP,
    ]

    def __init__(self, format_: Format, aims: Sequence[Aim], current: Target) -> None:
        super().__init__()
        self._format = format_
        self._aims = aims
        self._current = current
        self._shown: list[Aim] = []

    def compose(self) -> ComposeResult:
        """Title, field, what can be chosen, keys."""
        with Vertical(id="dialog"):
            model = f", {self._current.model}" if self._current.model else ""
            now = printable(self._current.named + model)
            yield Static(f"Judge for another client or model; now {now}", id="title", markup=False)
            yield Input(id="wanted", placeholder="2.1.139, claude-opus-4-7 …", compact=True)
            yield Choices(id="aims", markup=False)
            yield Static(told(self, HINT, esc="request.target-back"), id="hint", markup=False)

    def on_mount(self) -> None:
        """All of them; the field has the keys."""
        self._list("")
        self.query_one(Input).focus()

    def _list(self, text: str) -> None:
        words = text.lower().split()
        self._shown = [aim for aim in self._aims if all(w in f"{aim.title} {aim.detail}".lower() for w in words)]
        choices = self.query_one(Choices)
        choices.clear_options()
        choices.add_options(
            Option(Content.assemble((printable(aim.title), "bold"), f"  {printable(aim.detail)}"), id=str(place))
            for place, aim in enumerate(self._shown)
        )
        choices.highlighted = 0 if self._shown else None

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._list(event.value)
        self.query_one("#hint", Static).update(told(self, HINT, esc="request.target-back"))

    def action_move(self, step: int) -> None:
        """Move in the list while the field keeps the keys."""
        choices = self.query_one(Choices)
        if step > 0:
            choices.action_cursor_down()
        else:
            choices.action_cursor_up()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        highlighted = self.query_one(Choices).highlighted
        exact = any(aim.title == event.value.strip() for aim in self._shown[:1])
        if highlighted is not None and (exact or highlighted or not _is_whole(event.value)):
            self.dismiss(self._shown[highlighted].target)
            return
        try:
            self.dismiss(aimed_at(event.value, self._format, self._current))
        except UsageError as error:
            self.query_one("#hint", Static).update(str(error))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._shown[event.option_index].target)

    def action_leave(self) -> None:
        """No other target."""
        self.dismiss(None)


def _is_whole(text: str) -> bool:
    """Whether a text names a version in full, so that a longer one in the list is not what is meant."""
    return text.strip().count(".") >= 2
