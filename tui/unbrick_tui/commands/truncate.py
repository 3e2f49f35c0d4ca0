"""`unbrick truncate`: cut a session behind a complete turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from unbrick import sentences
from unbrick.errors import UsageError
from unbrick.opening import Choices, Opened, examine, open_word
from unbrick.printable import printable, shorten
from unbrick.record import At
from unbrick.repair import Repaired
from unbrick.report import Report
from unbrick.truncate import SafePoint, last_safe, safe_points
from unbrick.truncate import truncate as cut
from unbrick_tui.destination import Destination, deliver, destination
from unbrick_tui.failures import FINE
from unbrick_tui.options import WORD, fail_on, judgement, say, work


@click.command()
@click.argument("path", type=WORD)
@click.option("--list", "listed", is_flag=True, help="List the safe points, newest first, and what each cut drops.")
@click.option("--last-safe", is_flag=True, help="Cut behind the newest safe point that checks clean.")
@click.option("--at", "place", metavar="LINE-or-UUID", help="Make this line or record the last one kept.")
@destination
@fail_on
@judgement
def truncate(
    path: str, listed: bool, last_safe: bool, place: str | None, into: Destination, fail_on: str, choices: Choices,
) -> int:
    """Cut a session behind a complete turn and drop what follows.

    Without a destination the changes are shown and nothing is written. Files on disk are not rolled back.
    """
    if listed + last_safe + (place is not None) != 1:
        raise UsageError("truncate takes one of --list, --last-safe and --at LINE-or-UUID.")
    with open_word(path, choices, Path.cwd()) as opened:
        into.check(path)
        report = work(examine(opened))
        if listed:
            say(point_lines(report))
            return FINE
        result = _last_safe(opened, report) if last_safe else _at(opened, report, str(place))
        return deliver(opened, result, into, fail_on, name=path)


def _last_safe(opened: Opened, report: Report) -> Repaired:
    found = work(last_safe(opened.format, opened.bundle, report.target, opened.surroundings))
    if found is None:
        raise UsageError("There is no safe point to cut behind: no complete turn stands clear of the damage.")
    return found


def _at(opened: Opened, report: Report, place: str) -> Repaired:
    session = report.situation.session
    row = session.row(place)
    if row is not None:
        after = session.at(row)
    else:
        digits = place.replace(",", "")
        if not digits.isdecimal() or not 0 < int(digits) <= len(session):
            raise UsageError(
                f"--at {place} is neither a line of this file (1 to {len(session):,}) nor the uuid of a record in it."
            )
        after = At(int(digits))
    try:
        return work(cut(opened.format, opened.bundle, after, report.target, opened.surroundings))
    except KeyError:
        raise UsageError(f"Nothing can be cut behind {place}.") from None


def point_lines(report: Report) -> Iterator[str]:
    """The safe points as text."""
    points = safe_points(report)
    if not points:
        yield "No safe point: no complete turn stands clear of the damage."
        return
    for point in points:
        yield _point(report, point)
    total = sentences.count(len(points), "safe point")
    yield f"{total}. Cut behind one with --at LINE. Files on disk are not rolled back."


def _point(report: Report, point: SafePoint) -> str:
    when = "" if point.time is None else f", {sentences.moment(point.time)}"
    full = "" if point.fits else " (more than the model's window leaves room for)"
    size = f", about {point.tokens:,} tokens{full}" if point.tokens else ""
    back = "compaction" if point.segment == 1 else f"{point.segment} compactions"
    segment = f", before the last {back}" if point.segment else ""
    text = report.situation.text(point.reply).strip().split("\n")[0]
    said = f"  “{shorten(printable(text), 60)}”" if text else ""
    place = report.situation.place(point.row)
    return f"{place}: keeps {sentences.messages(point.keeps)}, {point.price}{size}{when}{segment}{said}"
