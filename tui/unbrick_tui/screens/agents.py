"""The work of subagents: opened from the call that handed it to them, and only read."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType

from unbrick.held import Handed
from unbrick_tui.delegated import ReadOnly, opened
from unbrick_tui.driver import drive
from unbrick_tui.handed import Work
from unbrick_tui.headline import Piece
from unbrick_tui.screens.choice import Answer
from unbrick_tui.screens.looking import LookingScreen
from unbrick_tui.text import count, one_line, shorten, size
from unbrick_tui.widgets.timeline import Timeline
from unbrick_tui.working import work

SUBAGENT = "subagent"
"""The name of work that opens a subagent's transcript."""


class AgentsScreen(LookingScreen):
    """Folding opens a subagent's transcript where the call at the cursor has one."""

    def action_fold_here(self) -> None:
        """Open the subagent's work at the cursor, or fold."""
        row, outline = self.timeline.cursor, self.workspace.outline
        if outline is not None and row in outline.handed and not self.timeline.collapsed_at(row):
            self.show_work(outline.handed[row])
        else:
            super().action_fold_here()

    @on(Timeline.WorkWanted)
    def _work_wanted(self) -> None:
        self.action_fold_here()

    @work(group="ask", exclusive=True)
    async def show_work(self, works: tuple[Work, ...]) -> None:
        """Show one; ask which where a call started several."""
        chosen: str | None = "0"
        if len(works) > 1:
            answers = [Answer(str(index), str(one)) for index, one in enumerate(works)]
            chosen = await self._ask("Which subagent?", [], answers)
        if chosen is None:
            return
        self._open(works[int(chosen)].handed)

    @work(thread=True, exclusive=True, group=SUBAGENT, exit_on_error=False)
    def _open(self, handed: Handed) -> None:
        drive(self, 0, SUBAGENT, lambda: opened(self.workspace, handed))

    def _beside(self, name: str, result: Any) -> None:  # noqa: ANN401
        if name == SUBAGENT:
            self._when_back("the subagent's work is open", lambda: self._read(result))
        else:
            super()._beside(name, result)

    @work(group="ask", exclusive=True)
    async def _read(self, workspace: ReadOnly) -> None:
        try:
            await self.app.push_screen_wait(AgentScreen(workspace))
            if workspace.outline is not None:
                self.timeline.judge(workspace.work.path, len(workspace.outline.marked))
        finally:
            workspace.close()


class AgentScreen(AgentsScreen):
    """A subagent's transcript. Nothing of it can be changed; it may have had subagents itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "back", tooltip="back to the session", id="look.back"),
    ]

    def header(self) -> list[list[Piece]]:
        """Whose work it is, how much, what is wrong in it."""
        workspace, glyphs = self.workspace, self.workspace.glyphs
        assert isinstance(workspace, ReadOnly)
        width = max(self.size.width - 2, 20)
        dot = f" {glyphs.dot} "
        facts = f"{dot}{count(len(workspace.view), 'record')}{dot}{size(workspace.bundle.main.size)}"
        name = shorten(f"subagent {one_line(workspace.work.name, 200)}", width - len(facts), glyphs.ellipsis)
        outline = workspace.outline
        if outline is None:
            said: Piece = (f"{glyphs.busy} CHECKING{self._progress()}", "strong")
        elif outline.marked:
            said = (f"{glyphs.warning} {count(len(outline.marked), 'record')} with findings", "warn")
        else:
            said = (f"{glyphs.ok} nothing is wrong with it", "good")
        about = "Read only: resuming the session sends nothing of this, only what the call gave back."
        key: Piece = (" q ", "key")
        trouble: Piece = (shorten(self._news.trouble, width, glyphs.ellipsis), "bad")
        return [
            [(name, "strong"), (facts, "dim")], [said], [trouble],
            [(shorten(about, width, glyphs.ellipsis), "dim")], [key, (" goes back to the session", "")],
        ]

    def action_calm(self) -> None:
        """End a search or a filter; where there is neither, go back."""
        if self._matches is None and not self._chosen:
            self.action_leave()
        else:
            super().action_calm()

    def action_leave(self) -> None:
        """Back to the session."""
        self.dismiss(None)
