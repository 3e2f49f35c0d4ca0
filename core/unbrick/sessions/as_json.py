"""The list of sessions as JSON (docs/json.md)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from unbrick.record import Json
from unbrick.sessions.health import Health
from unbrick.stored import About, Stored
from unbrick.telling.json_report import SCHEMA


def document(sessions: Iterable[Json]) -> Json:
    """What `list --json` prints."""
    return {"schema": SCHEMA, "sessions": list(sessions)}


def session(one: Stored, about: About, client: str | None, health: Health | None) -> Json:
    """One session; what is not known is null."""
    judged = health if health is not None and not health.trouble else None
    return {
        "path": str(one.path),
        "id": about.session_id,
        "format": client,
        "title": about.title,
        "project": None if about.project is None else str(about.project),
        "here": one.here,
        "modified": datetime.fromtimestamp(one.mtime_ns / 1e9, UTC).isoformat(timespec="milliseconds"),
        "size": one.size,
        "version": about.version or None,
        "resumes": None if health is None else health.word,
        "verdict": None if judged is None else judged.verdict,
        "outcome": None if judged is None else judged.outcome,
        "cause": None if judged is None else judged.cause,
        "records": None if judged is None else judged.records,
        "lost": None if judged is None else judged.lost,
        "codes": [] if judged is None else list(judged.codes),
        "error": None if health is None or not health.trouble else health.trouble,
    }
