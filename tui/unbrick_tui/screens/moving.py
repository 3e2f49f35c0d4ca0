"""Moving through a session: to problems, compactions, the other half of a call, the start of resume."""

from __future__ import annotations

from array import array
from typing import ClassVar

from textual.binding import Binding, BindingType

from unbrick_tui.screens.reading import ReadingScreen


class MovingScreen(ReadingScreen):
    """Keys that go somewhere; nothing is changed by them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right_square_bracket", "bracket(1)", "next", show=False, key_display="]p  ]c",
            tooltip="next problem, next compaction",
            id="go.next",
        ),
        Binding(
            "left_square_bracket", "bracket(-1)", "previous", show=False, key_display="[p  [c",
            tooltip="previous problem, previous compaction",
            id="go.previous",
        ),
        Binding("c", "compaction", "", show=False, id="go.compaction"),
        Binding(
            "percent_sign", "mate", "other half", show=False,
            tooltip="from a call to its result and back", id="go.other-half",
        ),
        Binding("s", "start", "where resume begins", show=False, tooltip="to where resume begins", id="go.start"),
    ]

    def action_next(self, step: int) -> None:
        """The next problem."""
        if self.workspace.outline is not None:
            self._go(self.workspace.outline.problems, step, "there is no problem to go to")
        else:
            self.notify("still checking; try again in a moment", markup=False)

    def action_bracket(self, step: int) -> None:
        """Wait for what to go to."""
        self._bracket = step
        self._status()

    def action_compaction(self) -> None:
        """The next compaction, behind a bracket."""
        if self._bracket and self.workspace.outline is not None:
            rows = array("q", sorted(self.workspace.outline.boundaries))
            self._go(rows, self._bracket, "there is no compaction")

    def _go(self, rows: array[int], step: int, nothing: str) -> None:
        assert self.workspace.outline is not None
        row = self.workspace.outline.next_of(rows, self.timeline.cursor, step)
        self._bracket = 0
        if row is None:
            self.notify(nothing, markup=False)
        else:
            self.timeline.touched = True
            self.timeline.jump(row)

    def action_mate(self) -> None:
        """From a call to its result and back; through all halves where there are more than two."""
        outline = self.workspace.outline
        mates = outline.mates(self.timeline.cursor) if outline is not None else ()
        if not mates:
            self.notify("no other half: this is neither a call nor a result, or it has none", markup=False)
            return
        row = self.timeline.cursor
        self.timeline.jump(next((mate for mate in mates if mate > row), mates[0]))

    def action_start(self) -> None:
        """To where resume begins."""
        outline = self.workspace.outline
        start = outline.start if outline is not None else None
        if outline is not None and not outline.report.target.resumed:
            self.notify("nothing is resumed here: the request is sent as it stands", markup=False)
        elif start is None:
            self.notify("it is not known where resume begins, or it loads nothing", markup=False)
        else:
            self.timeline.jump(start)
