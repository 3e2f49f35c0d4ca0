"""The edits so far: what each changed, and just that one taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from unbrick.edit import places
from unbrick.printable import printable
from unbrick.telling import diff
from unbrick_tui import ahead
from unbrick_tui.bindings import told
from unbrick_tui.headline import standing
from unbrick_tui.prose import Passage
from unbrick_tui.screens.choice import Choices
from unbrick_tui.text import ascii_only, count
from unbrick_tui.widgets.footer import Footer
from unbrick_tui.widgets.hanging import Hanging
from unbrick_tui.widgets.text_view import TextView
from unbrick_tui.workspace import Workspace

Wish = tuple[str, int]
"""`jump`, `revert` or nothing, and the number of the edit, from 0."""


class EditsScreen(Screen[Wish]):
    """Gives back what to do with which edit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,U", "wish('')", "back", key_display="esc", id="edits.back"),
        Binding("enter", "wish('jump')", "go there", key_display="enter", priority=True, id="edits.jump"),
        Binding("x", "wish('revert')", "take this one back", id="edits.revert"),
        Binding("tab", "app.focus_next", "list, text", show=False, id="edits.focus"),
    ]

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace

    def compose(self) -> ComposeResult:
        """The edits, what the one that is pointed at changed, keys."""
        history, plain = self._workspace.history, self._plain
        undone = len(history.undone)
        said = standing(len(history.done), not self._workspace.unsaved)
        yield Static(plain(f"Edits: {said}" + (f", {count(undone, 'edit')} undone" if undone else "")), id="what",
                     markup=False)
        steps = [
            Option(Hanging((f"{number:>3}. ", Content.assemble(
                (plain(printable(step.title)), "" if number <= history.position else "dim"),
                plain("" if number <= history.position else "  (undone)"),
            )))) for number, step in enumerate(history.steps, 1)
        ]
        yield Choices(*steps, id="steps", markup=False)
        yield TextView(ascii_=self._workspace.glyphs.ascii, id="text")
        yield Footer()

    def on_mount(self) -> None:
        """The last edit is pointed at."""
        steps = self.query_one("#steps", OptionList)
        steps.highlighted = max(self._workspace.history.position - 1, 0)
        steps.focus()

    @on(OptionList.OptionHighlighted)
    def _pointed(self, event: OptionList.OptionHighlighted) -> None:
        self.query_one("#text", TextView).say(self._passages(event.option_index))

    def _passages(self, index: int) -> Iterator[Passage]:
        history, source = self._workspace.history, self._workspace.bundle.main
        before = history.steps[index - 1].patch if index else history.start
        after = history.steps[index].patch
        yield "plain", diff.count(ahead.changes(source, before, after), source)
        yield "plain", ""
        yield from ahead.in_bytes(source, before, after, history.steps[index].edits)

    def _plain(self, text: str) -> str:
        return ascii_only(text) if self._workspace.glyphs.ascii else text

    def action_wish(self, wish: str) -> None:
        """Leave, with what is wanted."""
        index = self.query_one("#steps", OptionList).highlighted or 0
        if wish and index >= self._workspace.history.position:
            self.notify(told(self, "that edit is undone; ctrl+r does it again", **{"ctrl+r": "act.redo"}), markup=False)
            return
        self.dismiss((wish, index))


def place_of(workspace: Workspace, index: int) -> int | None:
    """The row of the first record that an edit names and that is still there, else of the first line it touched."""
    step, view = workspace.history.steps[index], workspace.view
    named = (view.row(at) for edit in step.edits for at in places(edit))
    found = next((row for row in named if row is not None), None)
    if found is None and step.patch:
        found = min(view.start(min(step.patch)), len(view) - 1)
    return found
