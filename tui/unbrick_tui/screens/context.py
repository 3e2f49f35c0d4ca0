"""The context chart: its tokens over the session, and what fills it now."""

from __future__ import annotations

from collections.abc import Generator
from typing import ClassVar, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from unbrick.report import Report
from unbrick.situation import Situation
from unbrick.weighing.course import Course, Event, Stop, course
from unbrick.weighing.filling import Filling, filling
from unbrick_tui import bars
from unbrick_tui.driver import Done, Failed, drive
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.headline import Piece
from unbrick_tui.text import ascii_only, clause, moment, one_line, shorten
from unbrick_tui.widgets.chart import Chart
from unbrick_tui.widgets.footer import Footer
from unbrick_tui.widgets.text_view import TextView
from unbrick_tui.widgets.verdict import VerdictView
from unbrick_tui.working import work


class Shown(NamedTuple):
    """What the screen shows."""

    course: Course
    filling: Filling


class ContextScreen(Screen[int | None]):
    """Gives back the row to go to, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,C", "leave", "back", key_display="esc", id="chart.back"),
        Binding("down,j", "scroll(1)", "scroll", show=False, id="chart.down"),
        Binding("up,k", "scroll(-1)", "scroll back", show=False, id="chart.up"),
        Binding("pagedown,space,ctrl+f,ctrl+d", "scroll(8)", "page down", show=False, id="chart.page-down"),
        Binding("pageup,ctrl+b,ctrl+u", "scroll(-8)", "page up", show=False, id="chart.page-up"),
    ]

    def __init__(self, report: Report, row: int, glyphs: Glyphs) -> None:
        super().__init__()
        self._report = report
        self._row = row
        self._glyphs = glyphs
        self._shown: Shown | None = None

    @property
    def _situation(self) -> Situation:
        return self._report.situation

    def compose(self) -> ComposeResult:
        """How full it is, the chart, the stop at the cursor, what fills it."""
        yield Static("", id="where", markup=False)
        yield Chart(self._glyphs, id="chart")
        yield VerdictView(ascii_=self._glyphs.ascii, id="stop")
        yield TextView(ascii_=self._glyphs.ascii, id="filling")
        yield Footer()

    def on_mount(self) -> None:
        """Work it out in the background."""
        self.query_one("#where", Static).update("Measuring the context")
        self.query_one(Chart).focus()
        self._measure()

    @work(thread=True, exclusive=True, group="course", exit_on_error=False)
    def _measure(self) -> None:
        def measured() -> Generator[int, None, Shown]:
            yield 0
            found = self._situation.once(course)
            yield len(found.stops)
            return Shown(found, self._situation.once(filling))

        drive(self, 0, "course", measured)

    @on(Done)
    def _measured(self, event: Done) -> None:
        shown: Shown = event.result
        self._shown = shown
        self.query_one(Chart).show(shown.course, shown.course.near(self._row))
        self._say()

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        self.query_one("#stop", VerdictView).say([[(event.sentence, "bad")]])

    def on_resize(self, event: events.Resize) -> None:
        """The bars follow the width."""
        self._say()

    def _say(self) -> None:
        if self._shown is None:
            return
        width = self.size.width
        self.query_one("#where", Static).update(self._plain(clause(
            _fullness(self._shown.filling), width - 2, self._glyphs.ellipsis,
        )))
        lines = bars.filled(self._situation, self._shown.filling, width - 4, self._glyphs)
        self.query_one("#filling", TextView).say(lines, keep=True)
        self._tell()

    @on(Chart.Moved)
    def _tell(self) -> None:
        shown, width = self._shown, max(self.size.width - 2, 8)
        if shown is None:
            return
        if not shown.course.stops:
            self.query_one("#stop", VerdictView).say([[("The model has not replied in this conversation.", "")]])
            return
        place = self.query_one(Chart).cursor
        stop = shown.course.stops[place]
        dot = f" {self._glyphs.dot} "
        said = f"{place + 1:,} of {len(shown.course.stops):,}{dot}{self._place(stop)}"
        self.query_one("#stop", VerdictView).say([
            [(shorten(said, width, self._glyphs.ellipsis), "strong")],
            [(shorten(self._tokens(stop), width, self._glyphs.ellipsis), "")],
            [self._words(stop, width)],
        ])

    def _place(self, stop: Stop) -> str:
        time = self._situation.session.scan.time[stop.row]
        when = moment(time)
        return self._situation.place(stop.row) + (f", {when}" if when else "")

    def _tokens(self, stop: Stop) -> str:
        assert self._shown is not None
        share = f"{stop.tokens:,} tokens, {stop.tokens / self._shown.course.window:.0%} of the window"
        if stop.event in (Event.COMPACTION, Event.FAILED):
            return f"{share}, before the compaction"
        return f"{share}, {'counted by the API' if stop.counted else 'estimated'}"

    def _words(self, stop: Stop, width: int) -> Piece:
        """What happened there."""
        if stop.event is Event.COMPACTION:
            said, style = f"{self._glyphs.summary} compaction: a summary stands for what is before it", "warn"
        elif stop.event is Event.FAILED:
            said, style = "! the compaction failed: no summary stands for what is before it", "bad"
        else:
            text = one_line(self._situation.text(stop.row), 400) or "calls of tools only"
            failed = stop.event is Event.ERROR
            said, style = (f"{self._glyphs.error} failed: {text}", "bad") if failed else (text, "dim")
        return shorten(said, width, self._glyphs.ellipsis), style

    def _plain(self, text: str) -> str:
        return ascii_only(text) if self._glyphs.ascii else text

    def action_scroll(self, lines: int) -> None:
        """Move the text below; the cursor stays with its reply."""
        view = self.query_one("#filling", TextView)
        view.scroll_relative(y=lines, animate=False, force=True, immediate=True)

    @on(Chart.Opened)
    def _opened(self, event: Chart.Opened) -> None:
        if self._shown is not None:
            self.dismiss(self._shown.course.stops[event.place].row)

    def action_leave(self) -> None:
        """Stay where one was."""
        self.dismiss(None)


def _fullness(filling: Filling) -> str:
    """`Next request: 208,251 tokens, 104% of the window of 200,000; the API counted 196,024`."""
    how = f"the API counted {filling.counted:,}" if filling.counted else "estimated"
    share = f"{filling.tokens / filling.window:.0%} of the window of {filling.window:,}"
    return f"Next request: {filling.tokens:,} tokens, {share}; {how}"
