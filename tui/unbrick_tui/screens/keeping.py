"""Reviewing, backing up and saving; the only layer that writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from unbrick.restore import Backup
from unbrick_tui import saving, storing
from unbrick_tui.screens.choice import Answer
from unbrick_tui.screens.handling import HandlingScreen
from unbrick_tui.screens.path import PathScreen
from unbrick_tui.screens.review import ReviewScreen
from unbrick_tui.storing import Restored, Saved
from unbrick_tui.text import count
from unbrick_tui.widgets.text_view import Paragraph
from unbrick_tui.working import work
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
        Binding(
            "B", "restore", "restore", show=False, id="keep.restore",
            tooltip="put a backup back: a list of them, and what each undoes",
        ),
        Binding(
            "P", "prove", "prove", show=False, id="keep.prove",
            tooltip="resume it as it is edited now with the client on this machine, at no cost",
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
        workspace = self.workspace
        owner = self._learned(workspace.owner, None)
        where = await self._ask("Save", saving.about(workspace, owner), saving.destinations(workspace, owner))
        path: Path | None = None
        if where == "copy":
            free = self._learned(lambda: saving.free(workspace), next(saving.suggested(workspace)))
            path = await self.app.push_screen_wait(PathScreen(free))
            if path is None:
                return
        if where is not None:
            self._drive("save", lambda: storing.save(workspace, where, path))

    def action_keep(self) -> None:
        """Keep copies of the session's files, before somebody resumes it."""
        if self._free() is not None:
            self._drive("keep", lambda: storing.keep(self.workspace))

    def action_restore(self) -> None:
        """Look for backups, and choose one to put back."""
        if self._free() is None:
            return
        if self.workspace.bundle.main.private:
            self.notify("it was piped in; there is no file to put a backup back to", markup=False)
        else:
            self._drive("backups", lambda: storing.backups(self.workspace))

    @work(group="ask", exclusive=True)
    async def _choose_backup(self, found: tuple[tuple[Backup, str], ...]) -> None:
        path = self.workspace.bundle.path
        if not found:
            self.notify(f"there is no backup beside {path}; b makes one", markup=False)
            return
        about: list[Paragraph] = [("plain", f"Put back in the place of {path}. What stands there now becomes a "
                                            "backup itself, so that this can be undone.")]
        if self.workspace.history.done:
            about.append(("warn", "Your edits are done again on it; those that do not fit fall away."))
        chosen = await self._ask("Restore a backup", about, saving.backup_answers(self.workspace, found))
        if chosen is not None:
            backup = found[int(chosen)][0].path
            self._drive("restore", lambda: storing.restore(self.workspace, backup))

    @work(group="ask", exclusive=True)
    async def action_prove(self) -> None:
        """Resume a copy with the client on this machine."""
        if self._free() is not None:
            # What runs a client takes a quarter of the time to the first screen to load, and few ever ask for it.
            from unbrick_tui.screens.prove import ProveScreen

            await self.app.push_screen_wait(ProveScreen(self.workspace))

    # Following a session that goes on

    def look(self) -> None:
        """As ever; and read on where the file only grew, nothing is edited, and nothing else is going on."""
        super().look()
        if (
            self._news.change.startswith("has grown") and self.workspace.followable and not self._busy
            and self.is_current
        ):
            self._drive("follow", self.workspace.follow)

    def _followed(self, result: Result) -> None:
        """Show what is new; a cursor at the end stays at the end."""
        timeline = self.timeline
        last = timeline.cursor >= len(timeline.view) - 1 or timeline.collapsed_at(timeline.cursor)
        end = last and timeline.cursor + 1 >= len(timeline.view) - 1
        super()._taken(result, "follow")
        if end:
            timeline.jump(len(timeline.view) - 1, centre=False)

    def _taken(self, result: Any, name: str) -> None:  # noqa: ANN401 - what work comes to
        if isinstance(result, Saved):
            self._written(result)
        elif name == "backups":
            self._say()
            self._when_back("the backups are found", lambda: self._choose_backup(result))
        elif isinstance(result, Restored):
            said = f"restored: {result.receipt.note} What stood there is kept: {result.receipt.backup}"
            self.notify(said, timeout=15, markup=False)
            self._drive("read", self.workspace.reread)
        elif name == "follow":
            self._followed(result)
        elif name == "keep":
            self.workspace.kept = True
            self._say()
            first = result[0]
            path = self.workspace.bundle.path
            ending = first.name.removeprefix(self._learned(path.resolve, path).name)
            said = f"{count(len(result), 'file')} kept as on disk, in {first.parent}: *{ending}"
            self.notify(said, timeout=15, markup=False)
        else:
            super()._taken(result, name)

    def _written(self, saved: Saved) -> None:
        """Go on with what stands there now, where it was replaced."""
        about = saving.receipt(self.workspace, saved)
        self.workspace.written()
        if saved.now is not None:
            super()._taken(saved.now, "save")
        self._say()
        self._when_back("it is saved", lambda: self._tell_written(about, saved.receipt.command))

    @work(group="ask", exclusive=True)
    async def _tell_written(self, about: list[Paragraph], command: str | None) -> None:
        """Say what was written where, and how to resume it."""
        answers = [Answer("stay", "Go on"), Answer("leave", "Leave unbrick")]
        if await self._ask("Saved", about, answers, copy=command) == "leave":
            self.app.exit(0)

    def _refused(self, name: str, sentence: str) -> None:
        if name == "save":
            self._when_back("it is not saved", lambda: self._not_saved(sentence))
        else:
            super()._refused(name, sentence)

    @work(group="ask", exclusive=True)
    async def _not_saved(self, sentence: str) -> None:
        answers = [Answer("again", "Choose again where to save")]
        if self._learned(self.workspace.news, ""):
            answers.append(Answer("read", "Read the file again", "the edits are done again on what stands there now"))
        chosen = await self._ask("Not saved", [("bad", sentence)], answers)
        if chosen == "again":
            self.action_save()
        elif chosen == "read":
            self.action_reread()
