"""Moving through a session: to problems, compactions, prompts, safe points, the other half of a call, the start of
resume; and folding what is in the way."""

from __future__ import annotations

from array import array
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType

from unbrick_tui import goals
from unbrick_tui.driver import drive
from unbrick_tui.folding import SHOWN, Level
from unbrick_tui.goals import GOALS, Goal
from unbrick_tui.outline import Outline
from unbrick_tui.screens.reading import ReadingScreen
from unbrick_tui.working import work
from unbrick_tui.workspace import Work

BRACKETS = {"]": 1, "[": -1}
FOLDS = {"a": "fold_here", "m": "less", "r": "more", "M": "level(1)", "R": "level(5)"}
"""What the keys behind `z` do, as in vim."""


class MovingScreen(ReadingScreen):
    """Keys that go somewhere, or fold; nothing is changed by them. A bracket and `z` wait for a second key; one that
    means nothing there ends the waiting, and does nothing else."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right_square_bracket", "wait(']')", "next", show=False, key_display=goals.behind("]"),
            tooltip=goals.offered("next"), id="go.next",
        ),
        Binding(
            "left_square_bracket", "wait('[')", "previous", show=False, key_display=goals.behind("["),
            tooltip=goals.offered("previous"), id="go.previous",
        ),
        Binding(
            "percent_sign", "mate", "other half", show=False,
            tooltip="from a call to its result and back", id="go.other-half",
        ),
        Binding("s", "start", "where resume begins", show=False, tooltip="to where resume begins", id="go.start"),
        Binding(
            "z", "wait('z')", "fold", show=False, key_display="za  zm  zr  zM  zR",
            tooltip="fold: here, a level less, a level more, all, nothing", id="go.fold",
        ),
        *(
            Binding(str(int(level)), f"level({int(level)})", SHOWN[level], show=False, id=f"go.level-{int(level)}",
                    tooltip=f"show {SHOWN[level]}")
            for level in Level
        ),
    ]

    _points: tuple[Outline, array[int]] | None = None

    # Keys of two

    def action_wait(self, prefix: str) -> None:
        """Wait for the key that says what to go to, or what to fold."""
        self._prefix = prefix
        self._status()

    async def typed(self, event: events.Key) -> bool:
        """The second key of two."""
        prefix, self._prefix = self._prefix, ""
        if not prefix:
            return False
        self._status()
        if prefix in BRACKETS:
            goal = next((goal for goal in GOALS if goal.key == event.character), None)
            if goal is not None:
                self._seek(goal, BRACKETS[prefix])
        elif event.character in FOLDS:
            await self.run_action(FOLDS[event.character])
        return True

    def on_mouse_down(self) -> None:
        """A click ends the waiting as well."""
        if self._prefix:
            self._prefix = ""
            self._status()

    def waiting(self) -> str:
        """What the keys mean that may come now."""
        if self._prefix in BRACKETS:
            which = "next" if BRACKETS[self._prefix] > 0 else "previous"
            return f"{which}: " + ", ".join(f"{goal.key} {goal.noun}" for goal in GOALS)
        return "fold: a here, m a level less, r a level more, M all, R nothing" if self._prefix else ""

    # Going

    def action_next(self, step: int) -> None:
        """The next problem."""
        self._seek(GOALS[0], step)

    def _seek(self, goal: Goal, step: int) -> None:
        outline = self.workspace.outline
        if outline is None:
            self.notify("still checking; try again in a moment", markup=False)
        elif not goal.slow:
            self._go(outline, goal, goal.rows(outline), step)
        elif self._points is not None and self._points[0] is outline:
            self._go(outline, goal, self._points[1], step)
        else:
            self._work_out(outline, goal, step)

    @work(thread=True, exclusive=True, group="goals", exit_on_error=False)
    def _work_out(self, outline: Outline, goal: Goal, step: int) -> None:
        def rows() -> Work[tuple[Outline, Goal, array[int], int]]:
            yield 0
            return outline, goal, goal.rows(outline), step

        drive(self, 0, "goals", rows)

    def _beside(self, name: str, result: Any) -> None:  # noqa: ANN401
        if name == "goals":
            self._worked_out(*result)
        elif name == "level":
            self._show_level(result)
        else:
            super()._beside(name, result)

    def _worked_out(self, outline: Outline, goal: Goal, rows: array[int], step: int) -> None:
        if self.workspace.outline is outline:
            self._points = outline, rows
            self._go(outline, goal, rows, step)

    def _go(self, outline: Outline, goal: Goal, rows: array[int], step: int) -> None:
        row: int | None = self.timeline.cursor
        for _ in range(len(rows)):
            row = outline.next_of(rows, row, step) if row is not None else None
            if row is None or self.timeline.shown is None or self.timeline.lines.group(row).height:
                break
        else:
            row = None
        if row is None:
            among = " among what is shown" if rows else ""
            self.notify(f"there is no {goal.noun} to go to{among}", markup=False)
        else:
            self.timeline.go(row)

    def action_mate(self) -> None:
        """From a call to its result and back; through all halves where there are more than two."""
        outline = self.workspace.outline
        mates = outline.mates(self.timeline.cursor) if outline is not None else ()
        if not mates:
            self.notify("no other half: this is neither a call nor a result, or it has none", markup=False)
            return
        row = self.timeline.cursor
        self.timeline.go(next((mate for mate in mates if mate > row), mates[0]))

    def action_start(self) -> None:
        """To where resume begins."""
        outline = self.workspace.outline
        start = outline.start if outline is not None else None
        if outline is not None and not outline.report.target.resumed:
            self.notify("nothing is resumed here: the request is sent as it stands", markup=False)
        elif start is None:
            self.notify("it is not known where resume begins, or it loads nothing", markup=False)
        else:
            self.timeline.go(start)

    # Folding

    def action_fold_here(self) -> None:
        """Open what is folded at the cursor, close it again, or fold the turn there."""
        if not self.timeline.toggle_run(self.timeline.cursor):
            self.notify("there is nothing to fold here", markup=False)

    def action_less(self) -> None:
        """Show a level less."""
        self.action_level(max(self.timeline.level - 1, Level.PROMPTS))

    def action_more(self) -> None:
        """Show a level more."""
        self.action_level(min(self.timeline.level + 1, Level.ALL))

    def action_level(self, level: int) -> None:
        """Show as much as a level says, worked out in a thread where it takes a moment."""
        outline = self.workspace.outline
        if outline is None:
            self.notify("still checking; try again in a moment", markup=False)
        elif len(self.workspace.view) < AT_ONCE:
            self._show_level(Level(level))
        else:
            self._fold(outline, Level(level))

    @work(thread=True, exclusive=True, group="level", exit_on_error=False)
    def _fold(self, outline: Outline, level: Level) -> None:
        def groups() -> Work[Level]:
            yield 0
            outline.folding.groups(level)
            return level

        drive(self, 0, "level", groups)

    def _show_level(self, level: Level) -> None:
        self.timeline.show_level(level)
        self._status()


AT_ONCE = 50_000
"""Records of a session that is folded without a thread."""
