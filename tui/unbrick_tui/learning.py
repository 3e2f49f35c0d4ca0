"""Finds out about the sessions of a shelf: what each is called, then how each is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from time import monotonic

from unbrick.errors import UnbrickError
from unbrick.sessions.cache import Cache
from unbrick.sessions.health import Health
from unbrick.sessions.listing import about
from unbrick.stored import Stored
from unbrick_tui.judging import Judging
from unbrick_tui.shelf import Row, Told

KEEP = 5.0
"""Seconds between two times that verdicts are written to the cache."""


def learn(rows: Iterable[Row], cache: Cache, judging: Judging | None) -> Iterator[Told | None]:
    """Look into each file, then judge those of which no verdict is known, unless there is nobody to judge. What was
    judged is remembered also when no more is asked for. None says that what comes next takes its time."""
    known: dict[Stored, tuple[Stored, Path | None]] = {}
    """What a verdict is remembered by: the client, which a folder of files does not name, and the project."""
    left: list[Stored] = []
    for row in rows:
        told = Told(row.stored, row.about, row.format, row.health) if row.told else look(row)
        client = told.format.client if told.format is not None else ""
        key = row.stored._replace(client=client), told.about.project if told.about is not None else None
        known[row.stored] = key
        told = told._replace(health=told.health or cache.get(*key))
        if told.health is None:
            left.append(row.stored)
        yield told
    yield None
    kept = monotonic()
    try:
        for stored, health in judging.run(left) if judging is not None else ():
            cache.put(*known[stored], health)
            yield Told(stored, health=health)
            if monotonic() - kept > KEEP:
                kept = monotonic()
                cache.save()
    finally:
        cache.save()


def look(row: Row) -> Told:
    """What a session says of itself; why not, where its file cannot be read."""
    try:
        found, format_ = about(row.stored)
    except UnbrickError as error:
        return Told(row.stored, row.about, row.format, Health.unread(str(error)))
    return Told(row.stored, found, format_)
