"""Reviewing, backing up and saving; the only layer that writes."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from unbrick.errors import CannotReadError
from unbrick.save import Receipt
from unbrick_tui import saving
from unbrick_tui.screens.choice import Answer
from unbrick_tui.screens.handling import HandlingScreen
from unbrick_tui.screens.path import PathScreen
from unbrick_tui.screens.review import ReviewScreen
from unbrick_tui.text import count
from unbrick_tui.workspace import Result


class KeepingScreen(HandlingScreen):
    """What was changed, and where it goes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "review", "review", tooltip="review the changes, in words and in bytes", id="keep.review"),
        Binding("w", "save", "save", tooltip="save as a new session, in place, or to a file", id="keep.save"),
        Binding(
            "b", "keep", "back up now", show=False,
            tooltip="keep copies of the session's files as they are", id="keep.back-up",
        ),
    ]

    @work(group="ask", exclusive=True)
    async def action_review(self) -> None:
        """Show what saving would write."""
        if self._free() is None:
            return
        self.app.clear_notifications()
        if await self.app.push_screen_wait(ReviewScreen(self.workspace)) == "save":
            self.action_save()

    @work(group="ask", exclusive=True)
    async def action_save(self) -> None:
        """Ask where to, and write."""
        if self._free() is None:
            return
        if not self.workspace.patch:
            self.notify("nothing has been changed; there is nothing to save", markup=False)
            return
        where = await self._ask("Save", saving.about(self.workspace), saving.destinations(self.workspace))
        path: Path | None = None
        if where == "copy":
            path = await self.app.push_screen_wait(PathScreen(saving.suggested(self.workspace)))
            if path is None:
                return
        if where is not None:
            self._drive("save", lambda: self.workspace.save(where, path))

    def action_keep(self) -> None:
        """Keep copies of the session's files, before somebody resumes it."""
        if self._free() is not None:
            self._drive("keep", self.workspace.keep)

    def _taken(self, result: Result | Receipt | list[Path], name: str) -> None:
        if isinstance(result, Receipt):
            self._written(result)
        elif isinstance(result, list):
            self.workspace.kept = True
            self._say()
            first = result[0]
            ending = first.name.removeprefix(self.workspace.bundle.path.resolve().name)
            said = f"{count(len(result), 'file')} kept as on disk, in {first.parent}: *{ending}"
            self.notify(said, timeout=15, markup=False)
        else:
            super()._taken(result, name)

    @work(group="ask", exclusive=True)
    async def _written(self, receipt: Receipt) -> None:
        """Say what was written where, and how to resume it."""
        workspace = self.workspace
        about = saving.receipt(workspace, receipt)
        try:
            workspace.written(receipt)
        except CannotReadError as error:
            about.append(("bad", str(error)))
        self._say()
        if receipt.backup is not None:
            self.timeline.show(workspace.view, None)
            self._drive("check", workspace.check)
        answers = [Answer("stay", "Go on"), Answer("leave", "Leave unbrick")]
        if await self._ask("Saved", about, answers, copy=receipt.command) == "leave":
            self.app.exit(0)

    def _refused(self, name: str, sentence: str) -> None:
        if name == "save":
            self._not_saved(sentence)
        else:
            super()._refused(name, sentence)

    @work(group="ask", exclusive=True)
    async def _not_saved(self, sentence: str) -> None:
        answers = [Answer("again", "Choose again where to save")]
        if self.workspace.news():
            answers.append(Answer("read", "Read the file again", "the edits are done again on what stands there now"))
        chosen = await self._ask("Not saved", [("bad", sentence)], answers)
        if chosen == "again":
            self.action_save()
        elif chosen == "read":
            self.action_reread()
