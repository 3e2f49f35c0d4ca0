"""Copying what a record holds, to the clipboard or, where that cannot be, to a file."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from unbrick_tui.copying import copyable, offered
from unbrick_tui.screens.sharing import SharingScreen
from unbrick_tui.working import work


class CopyingScreen(SharingScreen):
    """A short menu of what there is to copy of the record at the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "y", "copy", "copy", show=False,
            tooltip="copy the message, its id, the path, the command that resumes, the record", id="copy.menu",
        ),
    ]

    @work(group="ask", exclusive=True)
    async def action_copy(self) -> None:
        """Ask what, and copy it."""
        found = copyable(self.workspace, self.timeline.cursor)
        if not found:
            self.notify("there is nothing to copy", markup=False)
            return
        answers = offered(found, max(min(self.size.width * 9 // 10, 110) - 7, 20), self.workspace.glyphs)
        chosen = await self._ask("Copy", (), answers, "enter copies, esc goes back")
        if chosen is not None:
            self.app.copy_to_clipboard(found[int(chosen)][1])
