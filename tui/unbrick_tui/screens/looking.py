"""Looking closer: a record in full, a folded run, the list of problems, the request, what an error means."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.worker import Worker

from unbrick.telling import sentences
from unbrick.why import explain_error
from unbrick_tui import explaining, problems
from unbrick_tui.handed import Work
from unbrick_tui.screens.error import ErrorScreen
from unbrick_tui.screens.filtering import FilteringScreen
from unbrick_tui.screens.inspector import InspectorScreen
from unbrick_tui.screens.request import RequestScreen
from unbrick_tui.widgets.timeline import Timeline
from unbrick_tui.working import work


class LookingScreen(FilteringScreen):
    """Opens other views of the session; acts only by what they ask for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "problems", "problems", tooltip="list all problems, and what else helps", id="look.problems"),
        Binding(
            "enter", "inspect", "read the record", show=False,
            tooltip="read a record, or open a folded run", id="look.record",
        ),
        Binding(
            "space", "fold_here", "fold", show=False,
            tooltip="fold or unfold here: a run, a turn; opens a subagent's work", id="look.fold",
        ),
        Binding(
            "m", "request", "request as sent", show=False,
            tooltip="the messages as they will be sent, for this client or another", id="look.request",
        ),
        Binding(
            "e", "explain", "paste an error", show=False,
            tooltip="paste an error: what it means, and where it comes from", id="look.error",
        ),
    ]

    # What comes of work waits until the person is back

    _held: tuple[int, Callable[[], object]] | None = None

    def _when_back(self, said: str, show: Callable[[], object]) -> None:
        """Show what came of work; where another screen was opened meanwhile, when the person is back from that."""
        self._held = self._serial, show
        if self.app.screen is self:
            self._show_held()
        else:
            self.notify(f"{said}; go back to see it", markup=False)

    def on_screen_resume(self) -> None:
        """Show what waited."""
        self._show_held()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What the other screen was asked for comes first: its answer may be to do something else."""
        if event.worker.group == "ask" and event.worker.is_finished:
            self._show_held()

    def _show_held(self) -> None:
        asks = any(one.group == "ask" and one.node is self and not one.is_finished for one in self.workers)
        if self._held is not None and self.app.screen is self and not asks:
            serial, show = self._held
            self._held = None
            if serial == self._serial:
                show()

    # Other views

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
        wish, row = await self.app.push_screen_wait(InspectorScreen(workspace, timeline.cursor, timeline.sought))
        if row != timeline.cursor:
            timeline.open_run(row)
            timeline.jump(row)
        if wish:
            await self.run_action(wish)

    @work(group="ask", exclusive=True)
    async def action_problems(self) -> None:
        """List the findings and what stands under no record; the chosen one is gone to."""
        outline = self.workspace.outline
        if outline is None:
            self._wait()
            return
        findings = outline.report.findings
        title, about = problems.overview(outline)
        answers = [*problems.listed(findings, self.workspace.glyphs), *problems.works(outline)]
        hint = "enter goes there, esc goes back"
        chosen = await self._ask(title, about, answers, hint)
        if chosen is not None and chosen.startswith(problems.WORK):
            self.show_work((outline.apart[int(chosen.removeprefix(problems.WORK))],))
        elif chosen is not None and (row := findings[int(chosen)].row) is not None:
            self.timeline.touched = True
            self.timeline.jump(row)

    def show_work(self, works: tuple[Work, ...]) -> object:
        """Show the work of a subagent."""

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted into the session is an error text."""
        event.stop()
        self.action_explain(event.text)

    @work(group="ask", exclusive=True)
    async def action_explain(self, text: str = "") -> None:
        """Ask for an error, go to what accounts for it, and say what it means."""
        glyphs = self.workspace.glyphs
        self.app.clear_notifications()
        error = await self.app.push_screen_wait(ErrorScreen(text, ascii_=glyphs.ascii))
        if error is None:
            return
        outline = self.workspace.outline
        report = None if outline is None else outline.report
        found = explain_error(error) if report is None else explain_error(error, report.situation, report.findings)
        places = explaining.rows(found, report)
        if places:
            self._land(places[0][0])
        way = sentences.main_way(found.advice)
        about, answers = list(explaining.about(found, glyphs)), explaining.answers(found, places)
        hint = "enter chooses, esc stays at the record" if places else ""
        chosen = await self._ask("What it means", about, answers, hint, copy=None if way is None else way.command)
        if chosen == explaining.FIX:
            self._land(next(finding.row for finding in found.findings if finding.row is not None and finding.fixes))
            await self.run_action("fix")
        elif chosen is not None:
            self._land(int(chosen))

    @work(group="ask", exclusive=True)
    async def action_request(self) -> None:
        """Show the request; go to a line of it, or judge for another target from now on."""
        outline = self._free()
        if outline is None:
            return
        self.app.clear_notifications()
        screen = RequestScreen(self.workspace, outline.report, self.timeline.cursor)
        wish = await self.app.push_screen_wait(screen)
        if wish.row is not None:
            self._land(wish.row)
        if wish.target is not None and self._free() is not None:
            self.workspace.aim(wish.target)
            self._drive("check", self.workspace.check)

    def _land(self, row: int) -> None:
        self.timeline.touched = True
        self.timeline.open_run(row)
        self.timeline.jump(row)
