"""What would be written, before anything is: in words and counts, then byte by byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from unbrick import diff
from unbrick.wording import verdict
from unbrick_tui.text import count
from unbrick_tui.widgets.text_view import Paragraph, TextView
from unbrick_tui.workspace import Workspace

MOST = 400
"""Changed lines shown as bytes; the counts are of all."""


def paragraphs(workspace: Workspace) -> Iterator[Paragraph]:
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
        before, _style = verdict(workspace.first.report)
        after, style = verdict(workspace.outline.report)
        yield style, f" {before} {workspace.glyphs.arrow} {after}"
    yield "plain", f" {diff.count(found, source)}"
    if any(change.line <= len(source) for change in found) or workspace.patch:
        yield "plain", " Nothing is written yet; press w to save."
    yield "plain", ""
    yield "head", f"{source.unit.capitalize()} by {source.unit}"
    for change in found[:MOST]:
        for words in change.words():
            yield "plain", f" {words}"
    yield "plain", ""
    yield "head", "Byte by byte"
    for change in found[:MOST]:
        for line in diff.lines(change, 400):
            style = {"+": "plus", "-": "minus", "@": "dim"}.get(line[:1], "plain")
            yield style, line
    if len(found) > MOST:
        yield "dim", f"and {count(len(found) - MOST, f'more {source.unit}')}"


class ReviewScreen(Screen[str | None]):
    """Gives back `save` when that is wanted next."""

    CSS_PATH = Path("review.tcss")
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
        yield Footer(show_command_palette=False)

    def action_leave(self, wish: str) -> None:
        """Back to the timeline."""
        self.dismiss(wish or None)
