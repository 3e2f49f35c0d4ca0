"""The keys, from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from unbrick_tui.glyphs import Glyphs
from unbrick_tui.widgets.text_view import Paragraph, TextView

_NAMES = {
    "question_mark": "?", "slash": "/", "percent_sign": "%", "left_square_bracket": "[",
    "right_square_bracket": "]", "escape": "esc", "pagedown": "page down", "pageup": "page up",
}


def keys(binding: Binding) -> str:
    """The keys of a binding as people call them."""
    if binding.key_display:
        return binding.key_display
    return ", ".join(_NAMES.get(key.strip(), key.strip()) for key in binding.key.split(","))


def listed(bindings: Iterable[BindingType], wide: bool) -> Iterator[Paragraph]:
    """One line per binding that says what it does, or two where there is little room."""
    for binding in bindings:
        if isinstance(binding, Binding) and binding.description:
            text = binding.tooltip or binding.description
            yield "plain", f"  {keys(binding):<17} {text}" if wide else f"  {keys(binding)}\n      {text}"


def legend(glyphs: Glyphs) -> Iterator[Paragraph]:
    """What the glyphs of the timeline mean."""
    g = glyphs
    yield "plain", f"  {g.error} error  {g.warning} warning  {g.info} note  {g.changed} changed  {g.added} added"
    yield "plain", f"  {g.span_start} call  {g.span} open  {g.span_end} result  {g.reply} beside a line: its other half"
    yield "plain", f"  {g.start} resume begins here; what is dim is not loaded:"
    yield "plain", "    summarised: a summary stands for it"
    yield "plain", "    rewound: you went back before it"
    yield "plain", "    lost: in the file, and the client will not load it"
    yield "plain", "    undecided: the file does not say why"
    yield "plain", "    side: a subagent's"
    yield "plain", "    kept: stands before the start, and is loaded"


class HelpScreen(ModalScreen[None]):
    """An overlay that any of the usual keys closes."""

    CSS_PATH = Path("choice.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "leave", "back", id="help.back")]

    def __init__(self, groups: Iterable[tuple[str, Iterable[BindingType]]], glyphs: Glyphs) -> None:
        super().__init__()
        self._groups = list(groups)
        self._glyphs = glyphs

    def _text(self) -> Iterator[Paragraph]:
        for title, bindings in self._groups:
            yield "head", title
            yield from listed(bindings, self.app.size.width >= 70)
            yield "plain", ""
        yield "head", "Marks"
        yield from legend(self._glyphs)

    def compose(self) -> ComposeResult:
        """The text and how to leave."""
        with Vertical(id="dialog", classes="tall"):
            yield TextView(self._text(), ascii_=self._glyphs.ascii, id="about")
            yield Static("esc goes back", id="hint", markup=False)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
