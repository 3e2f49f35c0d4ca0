"""Reading a session: verdict on top, timeline below; the check runs behind it and does not move the cursor."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from unbrick.finding import Severity
from unbrick_tui import details, headline
from unbrick_tui.driver import Done, Failed, Progressed, drive
from unbrick_tui.headline import News, Piece
from unbrick_tui.outline import Outline
from unbrick_tui.remedy import remedy
from unbrick_tui.search import search
from unbrick_tui.text import ascii_only, clause, count, shorten
from unbrick_tui.widgets.timeline import Timeline
from unbrick_tui.widgets.verdict import VerdictView
from unbrick_tui.workspace import Result, Work, Workspace

LOOK = 2.0
"""Seconds between two looks at the file."""


class ReadingScreen(Screen[None]):
    """One workspace on screen, without the keys. Handlers own the state; threads only post messages."""

    CSS_PATH = Path("session.tcss")

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self._serial = 0
        self._busy = ""
        self._rows = 0
        self._bracket = 0
        self._note = ""
        self._news = News()

    def compose(self) -> ComposeResult:
        """Five lines of verdict, the timeline, one line about the record at the cursor, the keys."""
        workspace = self.workspace
        yield VerdictView(ascii_=workspace.glyphs.ascii, id="verdict")
        yield Timeline(workspace.format, workspace.view, workspace.glyphs, id="timeline")
        yield Static("", id="status", markup=False)
        yield Input(id="search", placeholder="search", compact=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show the records at once, and check in the background."""
        self.timeline.focus()
        self._say()
        self._drive("check", self.workspace.check)
        self.look()
        self.set_interval(LOOK, self.look)

    def look(self) -> None:
        """See whether the file is still the one that was read, and who has it open; a stat and a few small files."""
        owner = self.workspace.owner()
        who = f"{self.workspace.format.name} (pid {owner})" if owner is not None else ""
        news = News(self.workspace.news(), who)
        if news != self._news:
            self._news = news
            self._say()

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
        elif event.name == "search":
            self.notify(event.sentence, severity="error", markup=False)
        self._say()

    def _refused(self, name: str, sentence: str) -> None:
        """Something could not be done."""
        if self.workspace.outline is None:
            self._note = sentence
        self.notify(sentence, severity="error", timeout=15, markup=False)

    @on(Done)
    def _finished(self, event: Done) -> None:
        if event.name == "search":
            self._searched(event)
        elif event.serial == self._serial:
            self._busy = ""
            self._taken(event.result, event.name)

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
        """The five lines."""
        workspace, glyphs = self.workspace, self.workspace.glyphs
        width = max(self.size.width - 2, 20)
        outline = workspace.outline
        lines = [headline.opening(
            workspace.bundle, len(workspace.view), outline.title if outline is not None else "", width, glyphs,
            self._news,
        )]
        if outline is None:
            doing = [(f"{glyphs.busy} CHECKING", "strong"), (self._progress(), "")]
            failed = [(f"{glyphs.error} NOT CHECKED", "bad"), (": R tries again; the records can be read", "")]
            lines += [failed if self._note else doing, [(clause(self._note, width, glyphs.ellipsis), "")], []]
            lines.append(headline.offer(None, 0, False, width, glyphs))
            return lines
        report = outline.report
        lines.append(headline.judged(report, width, glyphs))
        if self._busy:
            word = {"save": "SAVING", "keep": "BACKING UP", "read": "READING AGAIN"}.get(self._busy, "CHECKING AGAIN")
            lines[-1] = [(f"{glyphs.busy} {word}", "strong"), (self._progress(), "")]
        lines.append(headline.wrong(report, workspace.kept, width, glyphs))
        lines.append(headline.loaded(report, width, glyphs))
        lines.append(headline.offer(report, len(workspace.titles), not workspace.unsaved, width, glyphs))
        return lines

    def _progress(self) -> str:
        return f"  {self._rows:,} of {count(len(self.workspace.view), 'record')}" if self._rows else ""

    def _say(self) -> None:
        if self.is_mounted:
            self.query_one("#verdict", VerdictView).say(self.header())
            self._status()

    @on(Timeline.Moved)
    def _moved(self) -> None:
        self._bracket = 0
        self._status()

    def _status(self) -> None:
        """About the record at the cursor: its place, and what becomes of it."""
        workspace, row = self.workspace, self.timeline.cursor
        if not len(workspace.view):
            text = "the file is empty"
        else:
            text = details.place(workspace.view, row)
            if workspace.outline is not None:
                text += f" {workspace.glyphs.dot} {details.fate(workspace.outline, row)}"
        if self.timeline.needle:
            text = f"/{self.timeline.needle}: n next, N previous, esc ends {workspace.glyphs.dot} {text}"
        if self._bracket:
            text = f"{'next' if self._bracket > 0 else 'previous'}: p problem, c compaction"
        text = shorten(text, max(self.size.width - 2, 8), workspace.glyphs.ellipsis)
        self.query_one("#status", Static).update(ascii_only(text) if workspace.glyphs.ascii else text)

    # Moving

    def action_next(self, step: int) -> None:
        """The next problem, or the next match while a search is on."""
        if self.timeline.needle:
            self._search(step)
        elif self.workspace.outline is not None:
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

    # Searching

    def action_search(self) -> None:
        """Ask what to search for."""
        field = self.query_one("#search", Input)
        field.add_class("open")
        field.value = ""
        field.focus()

    @on(Input.Submitted, "#search")
    def _submitted(self, event: Input.Submitted) -> None:
        self._close_search()
        self.timeline.needle = event.value
        self.timeline.repaint()
        self._status()
        if event.value:
            self._search(1)

    def _close_search(self) -> None:
        self.query_one("#search", Input).remove_class("open")
        self.timeline.focus()

    def action_calm(self) -> None:
        """End a search, or a bracket."""
        self._bracket = 0
        self._close_search()
        if self.timeline.needle:
            self.timeline.needle = ""
            self.timeline.repaint()
        self._status()

    def _search(self, step: int) -> None:
        timeline, workspace = self.timeline, self.workspace
        if not len(workspace.view):
            return
        start = (timeline.cursor + step) % len(workspace.view)
        self._find(timeline.needle, start, step)

    @work(thread=True, exclusive=True, group="search", exit_on_error=False)
    def _find(self, needle: str, start: int, step: int) -> None:
        workspace = self.workspace
        drive(self, 0, "search", lambda: search(workspace.format, workspace.view, needle, start, step))

    def _searched(self, event: Done) -> None:
        if event.result is None:
            self.notify(f"“{self.timeline.needle}” is nowhere in this session", severity="warning", markup=False)
        else:
            self.timeline.touched = True
            self.timeline.open_run(event.result)
            self.timeline.jump(event.result)
