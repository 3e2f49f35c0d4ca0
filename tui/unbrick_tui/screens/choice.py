"""A question with a few answers: which fix, where to save, whether to leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from unbrick.printable import printable_lines
from unbrick_tui.bindings import HELP, told
from unbrick_tui.text import ascii_only
from unbrick_tui.widgets.hanging import Hanging
from unbrick_tui.widgets.text_view import Paragraph, TextView


class Answer(NamedTuple):
    """One answer: its id, what it does, and what that costs or means."""

    id: str
    title: str
    detail: str = ""


class Choices(OptionList):
    """A short list that vim keys move in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "down", show=False, id="list.down"),
        Binding("k", "cursor_up", "up", show=False, id="list.up"),
        Binding("g", "first", "first", show=False, id="list.first"),
        Binding("G", "last", "last", show=False, id="list.last"),
    ]


_SCROLLS = ", ctrl+d scrolls"

SHORT = 24
"""A terminal with fewer rows has none to give away."""


class ChoiceScreen(ModalScreen[str | None]):
    """Says what it is about, lists the answers; gives back the id of one, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "back", id="dialog.back"),
        Binding("y", "copy", "copy the command", show=False, id="dialog.copy"),
        HELP,
        Binding("ctrl+d", "scroll(1)", "scroll the text", show=False, id="dialog.scroll-down"),
        Binding("ctrl+u", "scroll(-1)", "scroll the text", show=False, id="dialog.scroll-up"),
    ]

    def __init__(
        self, title: str, about: Sequence[Paragraph], answers: Sequence[Answer], *, ascii_: bool = False,
        hint: str = "", copy: str | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._about = about
        self._answers = answers
        self._ascii = ascii_
        self._copy = copy
        self._hint = hint or ("enter chooses, esc goes back" if answers else "esc goes back")
        if copy is not None:
            self._hint += ", y copies the command"

    def compose(self) -> ComposeResult:
        """Title, text, answers, keys."""
        with Vertical(id="dialog"):
            yield Static(self._plain(self._title), id="title", markup=False)
            if self._about:
                yield TextView(self._about, ascii_=self._ascii, id="about")
            if self._answers:
                yield Choices(*map(self._option, self._answers), id="answers", markup=False)
            self._hint = told(self, self._hint, esc="dialog.back", y="dialog.copy")
            yield Static(self._hint, id="hint", markup=False)

    def on_mount(self) -> None:
        """The answers have the keys."""
        (self.query_one("#answers") if self._answers else self.query_one("#about")).focus()
        self.screen_layout_refresh_signal.subscribe(self, lambda _screen: self._fit())

    def on_resize(self) -> None:
        """A short screen has less room around."""
        self.set_class(self.size.height < SHORT, "-short")

    def _fit(self) -> None:
        """Share the room between text and answers, whenever a part has got another size. Title and keys always stay in
        sight; what is too tall for the rest scrolls."""
        short = self.has_class("-short")
        parts = [part for part in (*self.query("#about"), *self.query("#answers")) if part.is_attached]
        frame = 2 + sum(part.size.height for part in self.query("#title, #hint").results(Static))
        room = int(self.size.height * (1.0 if short else 0.9)) - frame - (0 if short else len(parts) + 1)
        wanted = [part.virtual_size.height for part in parts]
        given = list(wanted)
        if sum(wanted) > room:
            given[-1] = min(wanted[-1], max(room // 2, room - sum(wanted[:-1])))
            given[0] = min(wanted[0], room - sum(given[1:]))
        for part, height in zip(parts, given, strict=True):
            part.styles.max_height = max(height, 1)
        if self._about and given[0] < wanted[0] and _SCROLLS not in self._hint:
            self._hint += _SCROLLS
            self.query_one("#hint", Static).update(self._hint)

    def _option(self, answer: Answer) -> Option:
        said = [("", Content.styled(self._plain(answer.title), "bold"))]
        if answer.detail:
            said.append(("   ", Content(self._plain(answer.detail))))
        return Option(Hanging(*said), id=answer.id)

    def _plain(self, text: str) -> str:
        text = printable_lines(text)
        return ascii_only(text) if self._ascii else text

    def action_leave(self) -> None:
        """No answer."""
        self.dismiss(None)

    def action_copy(self) -> None:
        """The command to the clipboard."""
        if self._copy is not None:
            self.app.copy_to_clipboard(self._copy)

    def action_scroll(self, direction: int) -> None:
        """Move the text, not the answers."""
        for about in self.query("#about").results(TextView):
            about.action_half(direction)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)
