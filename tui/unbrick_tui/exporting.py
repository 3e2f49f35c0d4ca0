"""What the application asks and says about giving a session away; loaded when somebody does."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import NamedTuple

from unbrick.export import WAYS, Way, What, export, suggested
from unbrick.formats import Format
from unbrick.report import Report
from unbrick_tui.prose import Paragraph
from unbrick_tui.screens.choice import Answer
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


def forms() -> list[Answer]:
    """The forms to choose from."""
    return [Answer(way.name, f"{way.name}: {way.about}", WARNINGS[way.name]) for way in WAYS]


def way_of(name: str) -> Way:
    """A form by its name."""
    return next(way for way in WAYS if way.name == name)


def parts(report: Report, records: int) -> Sequence[Answer]:
    """How much of the session there is to choose from."""
    loads = "What a resume loads" if report.target.resumed else "What is sent"
    return (
        Answer("thread", loads, count(report.resume.messages, "message")),
        Answer("all", "Everything in the file", count(records, "record")),
    )


def free(way: Way, report: Report) -> Path:
    """A free name in this folder."""
    return suggested(way, report, Path.cwd())


def write(way: Way, format_: Format, report: Report, part: str, path: Path) -> Generator[int, None, Exported]:
    """Write it; yields records written. Raises CannotWriteError."""
    return Exported(way, path, (yield from export(way, format_, report, What(part == "all", way.level), path)))


def receipt(done: Exported) -> list[Paragraph]:
    """What was written where."""
    return [
        ("good", str(done.path)), ("plain", f"{size(done.size)}, {done.way.about}."),
        ("plain", WARNINGS[done.way.name]),
    ]
