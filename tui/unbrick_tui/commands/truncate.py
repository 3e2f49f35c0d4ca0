"""`unbrick truncate`: cut a session behind a complete turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from unbrick import words
from unbrick.editing.byhand import keep_from, perform
from unbrick.editing.outcome import places_document
from unbrick.errors import UsageError
from unbrick.opening import Choices, Opened, examine
from unbrick.printable import printable, shorten
from unbrick.repair import Repaired
from unbrick.report import Report
from unbrick.telling import sentences
from unbrick.truncate import Offer, cut_at, last_safe, offers
from unbrick.truncate import truncate as cut
from unbrick.weighing.beginnings import Beginning, beginnings
from unbrick.weighing.past import history
from unbrick.weighing.touched import touched
from unbrick_tui.commands.edit import row_of
from unbrick_tui.destination import Destination, deliver, destination
from unbrick_tui.failures import FINE
from unbrick_tui.options import WORD, fail_on, judgement, opening, print_json, say, work


@click.command()
@click.argument("path", type=WORD)
@click.option("--list", "listed", is_flag=True, help="List the safe points, newest first, and what each cut drops.")
@click.option("--last-safe", is_flag=True, help="Cut behind the newest safe point that checks clean.")
@click.option("--at", "place", metavar="LINE-or-UUID", help="Make this line or record the last one kept.")
@click.option("--mend", is_flag=True, help="With --at: first mend what has to be for that point to be safe.")
@click.option(
    "--keep-from", "--before", "start", metavar="LINE-or-UUID",
    help="Drop the beginning: keep from this prompt on, and drop all before it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the list, or what a cut comes to, as JSON.")
@destination
@fail_on
@judgement
def truncate(
    path: str, listed: bool, last_safe: bool, place: str | None, mend: bool, start: str | None, as_json: bool,
    into: Destination, fail_on: str, choices: Choices,
) -> int:
    """Cut a session behind a complete turn and drop what follows, or drop what stands before a prompt.

    Without a destination the changes are shown and nothing is written. Files on disk are not rolled back.
    """
    if listed + last_safe + (place is not None) + (start is not None) != 1:
        raise UsageError("truncate takes one of --list, --last-safe, --at LINE-or-UUID and --keep-from LINE-or-UUID.")
    if mend and place is None:
        raise UsageError("--mend goes with --at LINE-or-UUID: it mends what stands before that point.")
    with opening(path, choices) as opened:
        into.check(path)
        report = work(examine(opened))
        if listed:
            found = work(offers(opened.format, report, surroundings=opened.surroundings))
            starts = beginnings(report.situation)
            if as_json:
                print_json(places_document(report, found, starts))
            else:
                say(point_lines(report, found, starts))
            return FINE
        if last_safe:
            result = _last_safe(opened, report)
        elif start is not None:
            row = row_of(report.situation, start)
            result = work(perform(opened.format, report, keep_from(report.situation, row), {}, opened.surroundings))
        else:
            result = _at(opened, report, str(place), mend=mend)
        return deliver(opened, result, into, fail_on, name=path, as_json=as_json)


def _last_safe(opened: Opened, report: Report) -> Repaired:
    found = work(last_safe(opened.format, opened.bundle, report.target, opened.surroundings))
    if found is None:
        raise UsageError("There is no safe point to cut behind: no complete turn stands clear of the damage.")
    return found


def _at(opened: Opened, report: Report, place: str, *, mend: bool) -> Repaired:
    after = report.situation.at(row_of(report.situation, place))
    found = work(offers(opened.format, report, surroundings=opened.surroundings)) if mend else ()
    offer = next((one for one in found if one.point.at == after), None)
    try:
        if offer is not None:
            return work(cut_at(opened.format, report, offer, surroundings=opened.surroundings))
        return work(cut(opened.format, opened.bundle, after, report.target, opened.surroundings))
    except KeyError:
        raise UsageError(f"Nothing can be cut behind {place}.") from None


def point_lines(report: Report, found: Sequence[Offer], starts: Sequence[Beginning]) -> Iterator[str]:
    """The places to cut at as text."""
    if not found:
        yield "No safe point: no complete turn stands clear of the damage."
    else:
        situation = report.situation
        written = sorted(touched(situation, [row for row, _segment in history(situation.session, situation)]))
        files: set[str] = set()
        for offer in found:
            while written and written[-1][0] > offer.point.row:
                files.add(written.pop()[1])
            yield _point(report, offer, len(files))
        total = sentences.count(len(found), "safe point")
        yield f"{total}. Cut behind one with --at LINE. Files on disk are not rolled back."
        if any(offer.first for offer in found):
            yield "Where fixes come first, --mend applies them, too."
    if starts:
        yield ""
        for start in starts:
            size = f", about {start.tokens:,} tokens" if start.tokens else ""
            place, keeps = report.situation.place(start.row), sentences.messages(start.keeps)
            yield f"from {place}: keeps {keeps}, {start.price}{size}{_quoted(report, start.row)}"
        total = sentences.count(len(starts), "prompt")
        yield f"{total} to begin with. Drop what stands before one with --keep-from LINE."


def _quoted(report: Report, row: int) -> str:
    text = report.situation.text(row).strip().split("\n")[0]
    return f"  “{shorten(printable(text), 60)}”" if text else ""


def _point(report: Report, offer: Offer, files: int) -> str:
    point = offer.point
    when = "" if point.time is None else f", {sentences.moment(point.time)}"
    full = "" if point.fits else " (more than the model's window leaves room for)"
    size = f", about {point.tokens:,} tokens{full}" if point.tokens else ""
    back = "compaction" if point.segment == 1 else f"{point.segment} compactions"
    segment = f", before the last {back}" if point.segment else ""
    first = f", safe after {words.plural(len(offer.first), 'fix', 'fixes')} above" if offer.first else ""
    after = f", {words.plural(files, 'file')} written after it" if files else ""
    place, said = report.situation.place(point.row), _quoted(report, point.reply)
    return f"{place}: keeps {sentences.messages(point.keeps)}, {point.price}{size}{when}{segment}{first}{after}{said}"
