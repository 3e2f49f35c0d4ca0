"""Looking closer: a record in full, a folded run, the list of problems."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from unbrick_tui import problems
from unbrick_tui.screens.inspector import InspectorScreen
from unbrick_tui.screens.searching import SearchingScreen
from unbrick_tui.widgets.timeline import Timeline


class LookingScreen(SearchingScreen):
    """Opens other views of the session; acts only by what they ask for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "problems", "problems", tooltip="list all problems, and what else helps", id="look.problems"),
        Binding(
            "enter", "inspect", "read the record", show=False,
            tooltip="read a record, or open a folded run", id="look.record",
        ),
        Binding(
            "space", "fold", "fold", show=False,
            tooltip="fold or unfold a run of context and state", id="look.fold",
        ),
    ]

    @on(Timeline.Opened)
    def _opened(self) -> None:
        self.action_inspect()

    @work(group="ask", exclusive=True)
    async def action_inspect(self) -> None:
        """Read the record at the cursor, or open the run that is folded there."""
        workspace, timeline = self.workspace, self.timeline
        if not len(workspace.view):
            return
        if timeline.collapsed_at(timeline.cursor) and timeline.toggle_run(timeline.cursor):
            return
        wish, row = await self.app.push_screen_wait(InspectorScreen(workspace, timeline.cursor))
        if row != timeline.cursor:
            timeline.open_run(row)
            timeline.jump(row)
        if wish == "fix":
            await self.run_action("fix")

    def action_fold(self) -> None:
        """Fold or unfold the run at the cursor."""
        if not len(self.workspace.view) or not self.timeline.toggle_run(self.timeline.cursor):
            self.notify("no run of context or state is folded here", markup=False)

    @work(group="ask", exclusive=True)
    async def action_problems(self) -> None:
        """List the findings; the chosen one is gone to."""
        outline = self.workspace.outline
        if self._bracket:
            self.action_next(self._bracket)
            return
        if outline is None:
            self._wait()
            return
        findings = outline.report.findings
        title, about = problems.overview(outline)
        answers = problems.listed(findings, self.workspace.glyphs)
        hint = "enter goes there, esc goes back"
        chosen = await self._ask(title, about, answers, hint)
        if chosen is not None and (row := findings[int(chosen)].row) is not None:
            self.timeline.touched = True
            self.timeline.jump(row)
