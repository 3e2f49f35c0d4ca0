"""Cutting back: steps through the safe points and shows what each would keep and drop, before anything is done."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer

from unbrick.truncate import SafePoint, safe_points
from unbrick_tui import details
from unbrick_tui.driver import Done, Failed, drive
from unbrick_tui.headline import Piece
from unbrick_tui.outline import Outline
from unbrick_tui.text import count, moment, one_line, shorten, tokens
from unbrick_tui.widgets.timeline import Timeline
from unbrick_tui.widgets.verdict import VerdictView
from unbrick_tui.workspace import Workspace


class TruncateScreen(Screen[SafePoint | None]):
    """Gives back the safe point to cut behind, or None."""

    CSS_PATH = Path("session.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,t", "leave", "back", key_display="esc", id="cut.back"),
        Binding("left_square_bracket,left", "step(1)", "cut more", key_display="[", id="cut.more"),
        Binding("right_square_bracket,right", "step(-1)", "cut less", key_display="]", id="cut.less"),
        Binding("enter", "cut", "cut here", key_display="enter", id="cut.here"),
    ]

    def __init__(self, workspace: Workspace, outline: Outline, header: list[list[Piece]], start: int) -> None:
        super().__init__()
        self._workspace = workspace
        self._outline = outline
        self._header = header
        self._start = start
        self._points: tuple[SafePoint, ...] | None = None
        self._index = 0

    def compose(self) -> ComposeResult:
        """The verdict stays; the timeline shows what goes; four lines say it."""
        glyphs = self._workspace.glyphs
        yield VerdictView(ascii_=glyphs.ascii, id="verdict")
        yield Timeline(self._workspace.format, self._workspace.view, glyphs, id="timeline")
        yield VerdictView(ascii_=glyphs.ascii, id="cut")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Find the points in the background."""
        self.query_one("#verdict", VerdictView).say(self._header)
        timeline = self.query_one(Timeline)
        timeline.show(self._workspace.view, self._outline)
        timeline.focus()
        self.query_one("#cut", VerdictView).say([[("Looking for points where every call is answered", "dim")]])
        self._find()

    @work(thread=True, exclusive=True, group="points", exit_on_error=False)
    def _find(self) -> None:
        def points() -> Generator[int, None, tuple[SafePoint, ...]]:
            yield 0
            return safe_points(self._outline.report)

        drive(self, 0, "points", points)

    @on(Done)
    def _found(self, event: Done) -> None:
        points: tuple[SafePoint, ...] = event.result
        useful = [point for point in points if point.drops] or list(points)
        self._points = tuple(useful)
        self._index = 0
        self._show()

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        self.query_one("#cut", VerdictView).say([[(event.sentence, "bad")]])

    def _show(self) -> None:
        bar, timeline = self.query_one("#cut", VerdictView), self.query_one(Timeline)
        if not self._points:
            bar.say([[("There is no safe point: no complete turn stands clear of the damage.", "warn")]])
            return
        point = self._points[self._index]
        timeline.cut = point.row
        timeline.repaint()
        timeline.jump(point.row)
        bar.say(self._lines(point))

    def _lines(self, point: SafePoint) -> list[list[Piece]]:
        assert self._points is not None
        width, glyphs = self.size.width - 2, self._workspace.glyphs
        when = f" ({moment(point.time)})" if point.time is not None else ""
        place = details.place(self._workspace.view, point.row)
        keeps = f"keeps {count(point.keeps, 'message')}, {tokens(point.tokens)}; files on disk are not rolled back"
        lines: list[list[Piece]] = [
            [(f"{glyphs.cut} Safe point {self._index + 1} of {len(self._points)}", "strong"),
             (f", behind {place}{when}", "")],
            [(shorten(keeps, width, glyphs.ellipsis), "")],
            [(shorten(point.price, width, glyphs.ellipsis), "warn")],
        ]
        session = self._outline.report.situation.session
        if point.segment:
            said = "goes back before a compaction: its summary goes, the history itself is loaded"
            lines.append([(shorten(said, width, glyphs.ellipsis), "warn")])
        elif not self._outline.report.target.resumed:
            said = "ends with a reply: put the next prompt behind it before you send it"
            lines.append([(shorten(said, width, glyphs.ellipsis), "warn")])
        elif point.prompts:
            text = one_line(self._workspace.format.text(session.value(point.prompts[0])), 200)
            lines.append([("first prompt that goes: ", "dim"), (shorten(text, width - 24, glyphs.ellipsis), "")])
        else:
            lines.append([("no prompt of yours goes", "dim")])
        return lines

    def action_step(self, step: int) -> None:
        """The next older or newer point."""
        if self._points:
            self._index = max(0, min(self._index + step, len(self._points) - 1))
            self._show()

    def action_cut(self) -> None:
        """Take this point."""
        if self._points:
            self.dismiss(self._points[self._index])

    def action_leave(self) -> None:
        """Cut nothing."""
        self.dismiss(None)
