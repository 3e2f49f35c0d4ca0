"""Looking at the context, and giving the session away."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from unbrick_tui.screens.context import ContextScreen
from unbrick_tui.screens.outside import OutsideScreen
from unbrick_tui.screens.path import PathScreen
from unbrick_tui.working import work


class SharingScreen(OutsideScreen):
    """What leaves this screen: to a chart, to a file."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("C", "context", "context", show=False, id="chart.show",
                tooltip="the context over the session, and what fills it now"),
        Binding("x", "export", "share", show=False, id="export.share",
                tooltip="as Markdown, as a web page, as messages, or as a bundle for a bug report"),
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

    @work(group="ask", exclusive=True)
    async def action_export(self) -> None:
        """Ask for the form, for what goes into it, and where to; write it."""
        from unbrick_tui import exporting

        outline = self._free()
        if outline is None:
            return
        report = outline.report
        about = [("plain", "The edits that are not saved yet are in it.")] if self.workspace.unsaved else []
        name = await self._ask("Share this session", about, exporting.forms())
        if name is None:
            return
        way, part = exporting.way_of(name), "thread"
        if name != exporting.REPORT:
            answers = exporting.parts(report, len(self.workspace.view))
            chosen = await self._ask("What goes into it", [("plain", exporting.WARNINGS[name])], answers)
            if chosen is None:
                return
            part = chosen
        free = self._learned(lambda: exporting.free(way, report), Path(f"session{way.suffix}").absolute())
        path = await self.app.push_screen_wait(PathScreen(free, "Write it to"))
        if path is not None:
            self._drive("export", lambda: exporting.write(way, self.workspace.format, report, part, path))

    def _taken(self, result: Any, name: str) -> None:  # noqa: ANN401 - what work comes to
        if name == "export":
            self._say()
            self._when_back("it is written", lambda: self._exported(result))
        else:
            super()._taken(result, name)

    @work(group="ask", exclusive=True)
    async def _exported(self, done: Any) -> None:  # noqa: ANN401 - as above
        from unbrick_tui import exporting

        await self._ask("Written", exporting.receipt(done), [])
