"""The sessions to choose from, as they are known so far: what is shown of them and in which order. No threads."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from unbrick.formats import Format
from unbrick.formats.table import BY_CLIENT, FORMATS
from unbrick.opening import Choices, open_word
from unbrick.sessions.cache import Cache
from unbrick.sessions.health import RANK, Health
from unbrick.sessions.listing import at, stored
from unbrick.stored import About, Stored
from unbrick_tui.glyphs import UNICODE, Glyphs
from unbrick_tui.judging import processes
from unbrick_tui.workspace import Workspace


class Order(StrEnum):
    """What comes first."""

    AGE = "newest first"
    SIZE = "largest first"
    HEALTH = "broken first"


class Told(NamedTuple):
    """News of a session: what it says of itself, the format that knows it, the verdict on it; None for no news."""

    stored: Stored
    about: About | None = None
    format: Format | None = None
    health: Health | None = None


class There(NamedTuple):
    """What is there at a moment: sessions, and the processes of clients that have some open, by client and by how the
    session's id begins."""

    stored: Sequence[Stored]
    living: Mapping[str, Mapping[str, int]]


@dataclass
class Row:
    """One session."""

    stored: Stored
    about: About
    told: bool = False
    """Whether its file was looked into."""
    format: Format | None = None
    health: Health | None = None
    owner: int | None = None
    """Process id of a live client that has it open."""
    hay: str = ""
    """What a filter looks through: title, folder of the project and id, in lower case."""

    @property
    def time(self) -> float:
        """When it was last written, seconds since the epoch."""
        return self.stored.mtime_ns / 1e9

    def take(self, told: Told) -> None:
        """Learn something."""
        self.health = told.health or self.health
        if told.about is not None:
            self.about, self.format, self.told = told.about, told.format, True
            words = (told.about.title, str(told.about.project or ""), told.about.session_id)
            self.hay = "\n".join(words).lower()


class Shelf:
    """State of the choice. Only the interface's thread changes it. `paths`: these sessions alone, of which `word`
    was typed; else all of this machine."""

    def __init__(
        self, choices: Choices, cwd: Path, *, paths: Sequence[Path] | None = None, word: str = "",
        glyphs: Glyphs = UNICODE, cache: Path | None = None, start: Callable[[], Executor] = processes,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.choices = choices
        self.cwd = cwd
        self.word = word
        self.glyphs = glyphs
        self.cache = Cache(cache, choices)
        self.start = start
        self.now = now
        self.needle = ""
        self.order = Order.AGE
        self.broken = False
        """Whether only the broken ones are shown."""
        self.rows: dict[Path, Row] = {}
        self._paths = paths
        self._opened: list[Workspace] = []
        self.put(self.look())

    def look(self) -> There:
        """What is there now: a look into folders, for any thread."""
        config_dir = self.choices.config_dir
        found = stored(self.cwd, config_dir) if self._paths is None else at(self._paths)
        return There(found, {format_.client: format_.living(config_dir) for format_ in FORMATS})

    def put(self, there: There) -> None:
        """Show these, and keep what is known of those that have not changed."""
        known, self.rows = self.rows, {}
        self._living = there.living
        for one in there.stored:
            row = known.get(one.path)
            if row is None or row.stored[:3] != one[:3]:
                row = Row(one, About(one.path.stem), format=BY_CLIENT.get(one.client), hay=str(one.path).lower())
            self.rows[one.path] = self._owned(row)
        self.many_projects = any(not row.stored.here for row in self.rows.values())

    def take(self, news: Iterable[Told]) -> None:
        """Learn something of sessions that have not changed meanwhile."""
        for told in news:
            row = self.rows.get(told.stored.path)
            if row is not None and row.stored == told.stored:
                row.take(told)
                self._owned(row)

    def _owned(self, row: Row) -> Row:
        living = self._living.get(row.format.client, {}) if row.format is not None else {}
        name = row.about.session_id
        row.owner = next((pid for begin, pid in living.items() if name.startswith(begin)), None)
        return row

    def shown(self) -> list[Row]:
        """The rows that the filter leaves, in order. Words in any order must all stand somewhere in a row."""
        words = self.needle.lower().split()
        found = [
            row for row in self.rows.values()
            if all(word in row.hay for word in words) and not (self.broken and not _broken(row))
        ]
        if self.order is Order.SIZE:
            found.sort(key=lambda row: -row.stored.size)
        elif self.order is Order.HEALTH:
            found.sort(key=lambda row: RANK[row.health.grave] if row.health is not None else 1.5)
        return found

    def counts(self) -> tuple[int, int, int]:
        """How many there are, how many are judged, how many of those are broken."""
        judged = [row for row in self.rows.values() if row.health is not None]
        return len(self.rows), len(judged), sum(map(_broken, judged))

    def open(self, row: Row) -> Workspace:
        """Open a session. Raises UnbrickError."""
        opened = open_word(str(row.stored.path), self.choices, self.cwd)
        workspace = Workspace(
            opened.format, opened.bundle, target=opened.target, surroundings=opened.surroundings, glyphs=self.glyphs,
        )
        self._opened.append(workspace)
        return workspace

    def leave(self, workspace: Workspace) -> None:
        """A session was left. Its file stays open to the end: a thread may still be reading it."""
        workspace.outline = workspace.first = None

    def close(self) -> None:
        """Release all files."""
        for workspace in self._opened:
            workspace.close()


def _broken(row: Row) -> bool:
    return row.health is not None and row.health.broken


def home(path: Path) -> str:
    """A path as people write it: their home as `~`."""
    own = os.environ.get("HOME", "")
    text = str(path)
    return "~" + text[len(own) :] if own and (text == own or text.startswith(own + os.sep)) else text
