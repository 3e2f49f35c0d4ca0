"""Looking at the context, and giving the session away."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from unbrick_tui.screens.context import ContextScreen
from unbrick_tui.screens.outside import OutsideScreen


class SharingScreen(OutsideScreen):
    """What leaves this screen: to a chart, to a file."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("C", "context", "context", show=False, id="chart.show",
                tooltip="the context over the session, and what fills it now"),
    ]

    @work(group="ask", exclusive=True)
    async def action_context(self) -> None:
        """Show how the context grew; the chosen reply is gone to."""
        outline = self.workspace.outline
        if outline is None:
            self._wait()
            return
        screen = ContextScreen(outline.report, self.timeline.cursor, self.workspace.glyphs)
        row = await self.app.push_screen_wait(screen)
        if row is not None and row < len(self.workspace.view):
            self.timeline.touched = True
            self.timeline.open_run(row)
            self.timeline.jump(row)
