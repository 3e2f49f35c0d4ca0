"""A session as a document for people, as messages for programs, or as a bundle without content for a bug report.

Each way writes into a binary file as it goes, and yields how far it is: whoever stops asking cancels it. No session is
held in memory as a whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from unbrick.disk import is_dir, is_file
from unbrick.errors import CannotWriteError
from unbrick.export import bug_report, html, markdown, messages
from unbrick.export.content import Level, What
from unbrick.formats import Format
from unbrick.report import Report
from unbrick.save import refusals
from unbrick.saving import atomic
from unbrick.saving.atomic import Privacy
from unbrick.saving.leftovers import sweep

__all__ = ["WAYS", "Level", "Way", "What", "by_suffix", "export", "suggested"]

Write = Callable[[Format, Report, What, BinaryIO], Generator[int, None, None]]


@dataclass(frozen=True)
class Way:
    """A form that a session can take: its name, what a person is told of it, the suffix of its files, how much of a
    conversation it tells unless asked, and the generator that writes it to a binary file and yields records written."""

    name: str
    about: str
    suffix: str
    level: Level
    write: Write


WAYS: tuple[Way, ...] = (
    Way("markdown", "a text to read or to paste", ".md", Level.BRIEF, markdown.write),
    Way("html", "one page for the browser, which needs no network", ".html", Level.FULL, html.write),
    Way("messages", "the messages as JSON, for programs", ".json", Level.FULL, messages.write),
    Way("report", "a bundle for a bug report, without content", ".zip", Level.FULL, bug_report.write),
)


def by_suffix(path: Path) -> Way | None:
    """The way that a file's name tells of."""
    return next((way for way in WAYS if way.suffix == path.suffix.lower()), None)


def suggested(way: Way, report: Report, folder: Path) -> Path:
    """A free name for an export in a folder."""
    stem = report.bundle.path.stem if way.write is not bug_report.write else "unbrick-report"
    number = 1
    while True:
        path = folder / f"{stem or 'session'}{'' if number == 1 else f'-{number}'}{way.suffix}"
        if not os.path.lexists(path):
            return path
        number += 1


def export(
    way: Way, format_: Format, report: Report, what: What, path: Path, *, force: bool = False,
) -> Generator[int, None, int]:
    """Write a session to a path, whole or not at all, as private as the transcript. Yields records written; gives the
    size in bytes.

    Raises CannotWriteError where something stands there, unless `force` is set and it is another regular file.
    """
    _insist_free(report, path, force=force)
    sweep(path.parent)
    with refusals(path), atomic.unfinished(path.parent, path.name) as new:
        yield from way.write(format_, report, what, new.file)
        staged = new.finish(Privacy.like(report.bundle.main))
        if force:
            staged.put(path)
        else:
            staged.put_new(path)
        return staged.size


def _insist_free(report: Report, path: Path, *, force: bool) -> None:
    if not is_dir(path.parent):
        raise CannotWriteError(f"{path.parent} is not a folder; make it first. Nothing was written.")
    if not os.path.lexists(path):
        return
    if not force:
        raise CannotWriteError(f"{path} exists already; choose another name, or --force. Nothing was written.")
    bundle = report.bundle
    own = () if bundle.main.private else (bundle.path, *bundle.parts.values(), *sum(bundle.evidence.values(), ()))
    if not is_file(path) or path.is_symlink():
        raise CannotWriteError(f"{path} is no regular file and is not replaced. Nothing was written.")
    if any(is_file(one) and path.samefile(one) for one in own):
        raise CannotWriteError(f"{path} belongs to the session itself and is not replaced. Nothing was written.")
