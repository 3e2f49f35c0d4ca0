"""What goes on behind the list of sessions: looking what is there, judging, reading the last turns, opening. Each in a
thread, since a disk may be silent, and at most one of a kind: of what was wanted meanwhile, the last counts."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from textual import on
from textual.message import Message
from textual.screen import Screen

from unbrick.sessions.health import Health
from unbrick_tui.failures import explain
from unbrick_tui.judging import Judging
from unbrick_tui.last_turns import last_turns
from unbrick_tui.learning import learn
from unbrick_tui.patience import LONG, SILENT
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.shelf import Row, Shelf, There, Told
from unbrick_tui.telling import News, tell
from unbrick_tui.widgets.text_view import Paragraph
from unbrick_tui.working import work
from unbrick_tui.workspace import Workspace

TURNS = 8
"""Messages of the preview."""
LATE = 1.0
"""Seconds between two looks at what takes long."""
LOOKING, READING, OPENING = "looking what is there", "reading the last turns", "opening a session"


@dataclass
class Looked(Message):
    """What is there, or a sentence that says why that cannot be told."""

    there: There | None
    sentence: str = ""


@dataclass
class Previewed(Message):
    """The last turns of a session."""

    path: Path
    said: Sequence[Paragraph]


@dataclass
class Ready(Message):
    """A session is open, or a sentence says why it is not."""

    row: Row
    workspace: Workspace | None
    sentence: str = ""


class BehindScreen(Screen[None]):
    """A shelf, and the threads that find out about it. Handlers own the state; threads and processes only send news."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self.shelf = shelf
        self._judging: Judging | None = None
        self._busy = False
        self._one_at_a_time = threading.Lock()
        self._begun: dict[str, float] = {}
        """When what is going on was begun."""
        self._opening: Row | None = None
        self._previewing: Row | None = None

    def on_mount(self) -> None:
        """See what takes long."""
        self.set_interval(LATE, self._say)

    def on_unmount(self) -> None:
        """Nothing goes on behind a list that is gone."""
        if self._judging is not None:
            self._judging.stop()

    def late(self) -> str:
        """What a silent disk holds up, as a sentence without its end; empty for nothing."""
        now = monotonic()
        waits = [what for what, begun in self._begun.items() if now - begun > LONG]
        return f"{SILENT}: {', '.join(waits)}" if waits else ""

    # What there is, and how it is

    def learn(self) -> None:
        """Look into the files and judge what is not judged yet; what was being judged begins anew."""
        if self._judging is not None:
            self._judging.stop()
        shelf = self.shelf
        self._judging = Judging(shelf.choices, shelf.cwd, shelf.start)
        self._busy = True
        self._tell(list(shelf.rows.values()), self._judging)

    @work(thread=True, exclusive=True, group="shelf", exit_on_error=False)
    def _tell(self, rows: list[Row], judging: Judging) -> None:
        with self._one_at_a_time:
            tell(self, learn(rows, self.shelf.cache, judging))

    @on(News)
    def _take(self, event: News) -> None:
        self.shelf.take(event.told)
        self._busy = self._busy and not event.over
        if event.trouble:
            self.notify(event.trouble, severity="error", timeout=15, markup=False)
        self._show()

    def look(self) -> None:
        """Look what is there now, unless that goes on."""
        if LOOKING not in self._begun:
            self._begun[LOOKING] = monotonic()
            self._look()

    @work(thread=True, group="look", exit_on_error=False)
    def _look(self) -> None:
        try:
            self.post_message(Looked(self.shelf.look()))
        except Exception as error:
            self.post_message(Looked(None, explain(error)[0]))

    @on(Looked)
    def _looked(self, event: Looked) -> None:
        del self._begun[LOOKING]
        if event.there is None:
            self.notify(event.sentence, severity="error", timeout=15, markup=False)
            return
        self.shelf.put(event.there)
        self._show()
        self._moved()
        self.learn()

    # The last turns

    def preview(self, row: Row) -> None:
        """Show the last turns of a session; after those that are being read."""
        self._previewing = row
        if READING not in self._begun:
            self._begun[READING] = monotonic()
            self._read(row)

    @work(thread=True, group="preview", exit_on_error=False)
    def _read(self, row: Row) -> None:
        try:
            said = last_turns(row, TURNS * 4, self.shelf.glyphs)
        except Exception as error:
            said = [("bad", explain(error)[0])]
        self.post_message(Previewed(row.stored.path, said))

    @on(Previewed)
    def _previewed(self, event: Previewed) -> None:
        del self._begun[READING]
        row = self._previewing
        if row is None:
            return
        if row.stored.path == event.path:
            self._turns(event.said)
        else:
            self.preview(row)

    # Opening

    def open(self, row: Row) -> None:
        """Open a session. Of several that were wanted, the last is shown."""
        if row is not self._opening:
            self._opening = row
            self._begun[OPENING] = monotonic()
            self._open(row)

    @work(thread=True, group="open", exit_on_error=False)
    def _open(self, row: Row) -> None:
        try:
            self.post_message(Ready(row, self.shelf.open(row)))
        except Exception as error:
            self.post_message(Ready(row, None, explain(error)[0]))

    @on(Ready)
    def _ready(self, event: Ready) -> None:
        if event.row is not self._opening:
            return
        self._opening = None
        del self._begun[OPENING]
        workspace = event.workspace
        if workspace is None:
            event.row.take(Told(event.row.stored, health=Health.unread(event.sentence)))
            self.notify(event.sentence, severity="error", timeout=15, markup=False)
            self._show()
            return

        def left(_result: None) -> None:
            self.shelf.leave(workspace)
            self.look()

        self.app.push_screen(SessionScreen(workspace), left)

    # What is shown

    def _show(self) -> None:
        """Bring everything up to date."""

    def _say(self) -> None:
        """Bring what is said of the whole up to date."""

    def _moved(self) -> None:
        """The cursor stands on another session."""

    def _turns(self, said: Sequence[Paragraph]) -> None:
        """Show the last turns of the session at the cursor."""
