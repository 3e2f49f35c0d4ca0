"""Finds out about the sessions of a shelf in a thread: what each is called, then how each is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from textual.message import Message
from textual.message_pump import MessagePump
from textual.worker import get_current_worker

from unbrick.errors import UnbrickError
from unbrick.sessions.cache import Cache
from unbrick.sessions.health import Health
from unbrick.sessions.listing import about
from unbrick.stored import Stored
from unbrick_tui.failures import explain
from unbrick_tui.judging import Judging
from unbrick_tui.shelf import Row, Told

PAUSE = 0.1
"""Seconds between two pieces of news."""
KEEP = 5.0
"""Seconds between two times that verdicts are written to the cache."""


@dataclass
class News(Message):
    """What was learned of some sessions; `over` when nothing is being judged any more, `trouble` why not."""

    told: Sequence[Told]
    over: bool = False
    trouble: str = ""


def learn(screen: MessagePump, rows: Iterable[Row], cache: Cache, judging: Judging) -> None:
    """Look into each file, then judge those of which no verdict is known. Runs in the thread of a worker, and ends
    when the worker is cancelled or the judging is stopped."""
    post, trouble = _Post(screen), ""
    try:
        _learn(post, rows, cache, judging)
    except Exception as error:
        trouble = explain(error)[0]
    cache.save()
    post.flush(over=True, trouble=trouble)


def _learn(post: _Post, rows: Iterable[Row], cache: Cache, judging: Judging) -> None:
    projects: dict[Stored, Path | None] = {}
    left: list[Stored] = []
    for row in rows:
        told = Told(row.stored, row.about, row.format, row.health) if row.told else look(row)
        project = projects[row.stored] = told.about.project if told.about is not None else None
        told = told._replace(health=told.health or cache.get(row.stored, project))
        if told.health is None:
            left.append(row.stored)
        if not post.send(told):
            return
    post.flush()
    kept = monotonic()
    for stored, health in judging.run(left):
        cache.put(stored, projects[stored], health)
        if not post.send(Told(stored, health=health)):
            break
        if monotonic() - kept > KEEP:
            kept = monotonic()
            cache.save()


def look(row: Row) -> Told:
    """What a session says of itself; why not, where its file cannot be read."""
    try:
        found, format_ = about(row.stored)
    except UnbrickError as error:
        return Told(row.stored, row.about, row.format, Health.unread(str(error)))
    return Told(row.stored, found, format_)


class _Post:
    """Gathers news, so that they come a few times a second."""

    def __init__(self, screen: MessagePump) -> None:
        self._screen = screen
        self._worker = get_current_worker()
        self._told: list[Told] = []
        self._said = monotonic()

    def send(self, told: Told) -> bool:
        """Send it soon; False when nobody wants to hear any more."""
        self._told.append(told)
        if monotonic() - self._said > PAUSE:
            self.flush()
        return not self._worker.is_cancelled

    def flush(self, *, over: bool = False, trouble: str = "") -> None:
        """Send what there is now."""
        self._said = monotonic()
        if not self._worker.is_cancelled:
            self._screen.post_message(News(self._told, over, trouble))
        self._told = []
