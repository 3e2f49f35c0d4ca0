"""Reading a session: verdict on top, timeline below; the check runs behind it and does not move the cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen

from unbrick.finding import Severity
from unbrick_tui import headline, standing
from unbrick_tui.driver import Done, Failed, Progressed, drive
from unbrick_tui.folding import SHOWN, Level
from unbrick_tui.headline import News, Piece
from unbrick_tui.outline import Outline
from unbrick_tui.patience import Patience, SilentError
from unbrick_tui.remedy import remedy
from unbrick_tui.screens.choice import Answer, ChoiceScreen
from unbrick_tui.text import clause, count
from unbrick_tui.widgets.footer import Footer
from unbrick_tui.widgets.overview import Overview
from unbrick_tui.widgets.search_bar import SearchBar
from unbrick_tui.widgets.status import Part, StatusLine
from unbrick_tui.widgets.text_view import Paragraph
from unbrick_tui.widgets.timeline import Timeline
from unbrick_tui.widgets.verdict import VerdictView
from unbrick_tui.working import work
from unbrick_tui.workspace import Result, Work, Workspace

T = TypeVar("T")

DOING = {"save": "SAVING", "keep": "BACKING UP", "read": "READING AGAIN", "export": "WRITING"}
"""What is said of work that is no check, by its name."""

LOOK = 2.0
"""Seconds between two looks at the file."""


class ReadingScreen(Screen[None]):
    """One workspace on screen, without the keys. Handlers own the state; threads only post messages."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (headline.NARROW, "-medium")]  # noqa: RUF012 - as it is declared

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self._serial = 0
        self._busy = ""
        self._rows = 0
        self._prefix = ""
        self._note = ""
        self._news = News()

    def compose(self) -> ComposeResult:
        """Five lines of verdict, the timeline with the whole as a bar beside it, one line about the record at the
        cursor, the keys."""
        workspace = self.workspace
        yield VerdictView(ascii_=workspace.glyphs.ascii, id="verdict")
        timeline = Timeline(workspace.format, workspace.view, workspace.glyphs, id="timeline")
        with Horizontal(id="reading"):
            yield timeline
            yield Overview(timeline, workspace.glyphs, id="overview")
        yield StatusLine(workspace.glyphs, id="status")
        yield SearchBar(workspace.glyphs, id="search")
        yield Footer()

    def on_mount(self) -> None:
        """Show the records at once, and check in the background: once they are painted, for it takes the processor."""
        self.timeline.focus()
        self._say()
        self.call_after_refresh(self._drive, "check", self.workspace.check)
        self.look()
        self.set_interval(LOOK, self.look)

    def look(self) -> None:
        """See whether the file is still the one that was read, and who has it open; a stat and a few small files."""
        patience: Patience | None = getattr(self.app, "patience", None)
        news = self._now() if patience is None else self._news_by(patience)
        if news != self._news:
            self._news = news
            self._say()

    def _news_by(self, patience: Patience) -> News:
        """The news, or that there are none because the disk is silent. What was shown as empty is read again."""
        try:
            news = patience.ask(self._now)
        except SilentError:
            news = self._news
        trouble = patience.trouble()
        if trouble or self._news.trouble:
            self.timeline.repaint()
        return news._replace(trouble=trouble)

    def _learned(self, ask: Callable[[], T], otherwise: T) -> T:
        """What the disk says in a moment; `otherwise` where it says nothing."""
        patience: Patience | None = getattr(self.app, "patience", None)
        return ask() if patience is None else patience.known(ask, otherwise)

    def _now(self) -> News:
        owner = self.workspace.owner()
        who = f"{self.workspace.format.name} (pid {owner})" if owner is not None else ""
        return News(self.workspace.news(), who)

    @property
    def timeline(self) -> Timeline:
        """The timeline."""
        return self.query_one(Timeline)

    # Work in the background

    def _drive(self, name: str, start: Callable[[], Work[Any]]) -> None:
        self._serial += 1
        self._busy, self._rows = name, 0
        self._say()
        self._run(self._serial, name, start)

    @work(thread=True, exclusive=True, group="engine", exit_on_error=False)
    def _run(self, serial: int, name: str, start: Callable[[], Work[Any]]) -> None:
        drive(self, serial, name, start)

    @on(Progressed)
    def _progressed(self, event: Progressed) -> None:
        if event.serial == self._serial:
            self._rows = event.rows
            self._say()

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        if event.serial == self._serial:
            self._busy = ""
            self._refused(event.name, event.sentence)
        elif not event.serial:
            self.notify(event.sentence, severity="error", markup=False)
        self._say()

    def _refused(self, name: str, sentence: str) -> None:
        """Something could not be done."""
        if self.workspace.outline is None:
            self._note = sentence
        self.notify(sentence, severity="error", timeout=15, markup=False)

    @on(Done)
    def _finished(self, event: Done) -> None:
        if event.serial == self._serial:
            self._busy = ""
            self._taken(event.result, event.name)
        elif not event.serial:
            self._beside(event.name, event.result)

    def _beside(self, name: str, result: Any) -> None:  # noqa: ANN401
        """Something came of work that runs beside the check, under no serial number."""

    def _taken(self, result: Result, name: str) -> None:
        workspace = self.workspace
        first = workspace.outline is None
        workspace.take(result)
        self._note = ""
        self.timeline.show(workspace.view, result.outline)
        if first and not self.timeline.touched:
            self._to_break(result.outline)
        self.look()
        if result.said:
            self.notify(result.said, markup=False)
        self._say()

    def _to_break(self, outline: Outline) -> None:
        """The first error, else the first warning, else what could be brought back, else the end of the
        conversation."""
        found = [f for f in outline.report.findings if f.row is not None and f.severity is not Severity.INFO]
        offered = remedy(outline.report).finding
        first = found[0] if found else offered
        row = first.row if first is not None and first.row is not None else outline.report.situation.thread.leaf
        self.timeline.jump(row if row is not None else len(self.workspace.view) - 1)

    # What is said

    def on_resize(self) -> None:
        """The five lines follow the width."""
        self._say()

    def header(self) -> list[list[Piece]]:
        """The five lines, of which some take two where there is little room."""
        workspace, glyphs = self.workspace, self.workspace.glyphs
        width = max(self.size.width - 2, 20)
        outline = workspace.outline
        lines = [headline.opening(
            workspace.bundle, len(workspace.view), outline.title if outline is not None else "", width, glyphs,
            self._news, workspace.called,
        )]
        if outline is None:
            doing = [(f"{glyphs.busy} CHECKING", "strong"), (self._progress(), "")]
            again = f": {workspace.key('R')} tries again; the records can be read"
            failed = [(f"{glyphs.error} NOT CHECKED", "bad"), (again, "")]
            lines += [failed if self._note else doing, [(clause(self._note, width, glyphs.ellipsis), "")], []]
            lines.append(headline.offer(None, 0, False, width, glyphs))
            return lines
        report = outline.report
        lines.append(headline.judged(report, width, glyphs))
        if self._busy:
            word = DOING.get(self._busy, "CHECKING AGAIN")
            lines[-1] = [(f"{glyphs.busy} {word}", "strong"), (self._progress(), "")]
        room = headline.room_for(width)
        for line in (
            headline.wrong(report, workspace.kept, room, glyphs, workspace.called),
            headline.loaded(report, room, glyphs),
            headline.offer(report, len(workspace.titles), not workspace.unsaved, room, glyphs, workspace.called),
        ):
            lines += headline.wrapped(line, width)
        return lines

    def _progress(self) -> str:
        return f"  {self._rows:,} of {count(len(self.workspace.view), 'record')}" if self._rows else ""

    def _say(self) -> None:
        if self.is_mounted:
            self.query_one("#verdict", VerdictView).say(self.header())
            self._status()

    @on(Timeline.Moved)
    def _moved(self) -> None:
        self._status()

    def _status(self) -> None:
        """About the record at the cursor and the whole: the line below the timeline."""
        if self._prefix:
            self.query_one(StatusLine).say((Part((self.waiting(),), 99),))
        else:
            self.query_one(StatusLine).say((*self._level(), *self._parts()))

    def waiting(self) -> str:
        """What the keys mean that may come now, where one was pressed that waits for another."""
        return ""

    def _level(self) -> Iterator[Part]:
        """How much is shown, where it is not what a session opens with."""
        level = self.timeline.level
        if level is not Level.USUAL and self.timeline.shown is None:
            yield Part((f"{level.value}: {SHOWN[level]}", f"{level.value}: {level.name.lower()}"), 76, "$accent")

    def _parts(self) -> Iterable[Part]:
        """What the status line says."""
        return standing.parts(self.workspace, self.timeline.cursor)

    # Asking

    def _free(self) -> Outline | None:
        """The outline, when nothing is being worked on."""
        if self._busy or self.workspace.outline is None:
            self._wait()
            return None
        return self.workspace.outline

    def _wait(self) -> None:
        busy = "still checking; try again in a moment"
        again = f"the check failed; press {self.workspace.key('R')} to try it again"
        self.notify(again if self._note else busy, markup=False)

    async def _ask(
        self, title: str, about: Sequence[Paragraph], answers: Sequence[Answer], hint: str = "",
        copy: str | None = None,
    ) -> str | None:
        self.app.clear_notifications()
        screen = ChoiceScreen(title, about, answers, ascii_=self.workspace.glyphs.ascii, hint=hint, copy=copy)
        return await self.app.push_screen_wait(screen)
