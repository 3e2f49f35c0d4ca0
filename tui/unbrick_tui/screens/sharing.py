"""Looking at the context, and giving the session away."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from textual import work
from textual.binding import Binding, BindingType

from unbrick.export import WAYS, Way, What, export, suggested
from unbrick.report import Report
from unbrick_tui.screens.choice import Answer
from unbrick_tui.screens.context import ContextScreen
from unbrick_tui.screens.outside import OutsideScreen
from unbrick_tui.screens.path import PathScreen
from unbrick_tui.text import count, size

REPORT = "report"
"""The way that carries nothing of the conversation."""

WARNINGS = {
    "markdown": "It holds the conversation; likely secrets give way to notes.",
    "html": "It holds the conversation; likely secrets give way to notes.",
    "messages": "It holds the conversation word for word, secrets included.",
    REPORT: "It holds findings, structure and versions, and nothing of the conversation.",
}
"""What to know before a file is given away, by the name of its form."""


class Exported(NamedTuple):
    """A file that was written."""

    way: Way
    path: Path
    size: int


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
        outline = self._free()
        if outline is None:
            return
        report = outline.report
        kinds = [Answer(way.name, f"{way.name}: {way.about}", WARNINGS[way.name]) for way in WAYS]
        about = [("plain", "The edits that are not saved yet are in it.")] if self.workspace.unsaved else []
        name = await self._ask("Share this session", about, kinds)
        if name is None:
            return
        way = next(way for way in WAYS if way.name == name)
        what = What(level=way.level) if name == REPORT else await self._which_part(report, way)
        if what is None:
            return
        path = await self.app.push_screen_wait(PathScreen(suggested(way, report, Path.cwd()), "Write it to"))
        if path is not None:
            self._drive("export", lambda: self._exported(way, report, what, path))

    async def _which_part(self, report: Report, way: Way) -> What | None:
        loads = "What a resume loads" if report.target.resumed else "What is sent"
        answers = [
            Answer("thread", loads, count(report.resume.messages, "message")),
            Answer("all", "Everything in the file", count(len(self.workspace.view), "record")),
        ]
        part = await self._ask("What goes into it", [("plain", WARNINGS[way.name])], answers)
        return None if part is None else What(part == "all", way.level)

    def _exported(self, way: Way, report: Report, what: What, path: Path) -> Generator[int, None, Exported]:
        return Exported(way, path, (yield from export(way, self.workspace.format, report, what, path)))

    def _taken(self, result: Any, name: str) -> None:  # noqa: ANN401 - what work comes to
        if isinstance(result, Exported):
            self._say()
            self._receipt(result)
        else:
            super()._taken(result, name)

    @work(group="ask", exclusive=True)
    async def _receipt(self, done: Exported) -> None:
        about = [
            ("good", str(done.path)), ("plain", f"{size(done.size)}, {done.way.about}."),
            ("plain", WARNINGS[done.way.name]),
        ]
        await self._ask("Written", about, [])
