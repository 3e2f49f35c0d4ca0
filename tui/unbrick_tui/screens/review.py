"""What would be written, before anything is: in words and counts, then byte by byte."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from unbrick.patch import EMPTY
from unbrick.telling import diff
from unbrick_tui import ahead
from unbrick_tui.prose import Passage
from unbrick_tui.widgets.footer import Footer
from unbrick_tui.widgets.text_view import TextView
from unbrick_tui.workspace import Workspace

MOST = 400
"""Changed lines told in words; the counts are of all."""


def paragraphs(workspace: Workspace) -> Iterator[Passage]:
    """The changes of a workspace, for a person."""
    source = workspace.bundle.main
    found = diff.changes(source, workspace.patch)
    if not found:
        yield "plain", "Nothing has been changed; there is nothing to save."
        return
    yield "head", "What was done"
    for number, title in enumerate(workspace.titles, 1):
        yield "plain", f" {number}. {title}"
    yield "plain", ""
    yield "head", "What it comes to"
    if workspace.first is not None and workspace.outline is not None:
        fixes = [fix for step in workspace.history.done for fix in step.fixes]
        yield from ahead.conversation(workspace.first.report, workspace.outline.report, workspace.glyphs, fixes)
    yield "plain", f" {diff.count(found, source)}"
    if any(change.line <= len(source) for change in found) or workspace.patch:
        yield "plain", f" Nothing is written yet; press {workspace.key('w')} to save."
    yield "plain", ""
    yield "head", f"{source.unit.capitalize()} by {source.unit}"
    edits = [edit for step in workspace.history.done for edit in step.edits]
    for change in found[:MOST] if not ahead.redacts(edits) else ():
        for words in change.words():
            yield "plain", f" {words}"
    yield "plain", ""
    yield "head", "Byte by byte"
    yield from ahead.in_bytes(source, EMPTY, workspace.patch, edits)


class ReviewScreen(Screen[str | None]):
    """Gives back `save` when that is wanted next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,r", "leave('')", "back", key_display="esc", id="review.back"),
        Binding("w", "leave('save')", "save", id="review.save"),
    ]

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        yield Static("Review: what saving would write", id="where", markup=False)
        yield TextView(paragraphs(self._workspace), ascii_=self._workspace.glyphs.ascii, id="text")
        yield Footer()

    def action_leave(self, wish: str) -> None:
        """Back to the timeline."""
        self.dismiss(wish or None)
