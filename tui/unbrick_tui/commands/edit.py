"""`unbrick edit`: a turn, a pair, a record, a block, images or thinking taken out, a text changed, by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import click

from unbrick.editing import byhand
from unbrick.errors import UsageError
from unbrick.finding import Fix
from unbrick.opening import Choices, Opened, examine
from unbrick.record import At
from unbrick.repair import Repaired
from unbrick.report import Report
from unbrick.situation import Situation
from unbrick_tui.destination import Destination, deliver, destination
from unbrick_tui.options import WORD, fail_on, judgement, opening, work

Deed = Callable[[Situation], Fix]

_LINE = "LINE-or-UUID"


@click.command()
@click.argument("path", type=WORD)
@click.option("--set-text", nargs=2, multiple=True, metavar="LINE[:N] TEXT",
              help="Change a text of a record (the first, or the Nth); - reads it from standard input.")
@click.option("--drop-block", multiple=True, metavar="LINE:N…",
              help="Take block N (from 0) of a record out; a call or result with its other half.")
@click.option("--delete-pair", multiple=True, metavar=f"{_LINE}…",
              help="Take the calls and results of a record out, each with its other half.")
@click.option("--delete", multiple=True, metavar=f"{_LINE}…", help="Take a record out.")
@click.option("--delete-turn", multiple=True, metavar=f"{_LINE}…", help="Take out the turn that a record is part of.")
@click.option("--strip", multiple=True, type=click.Choice(byhand.STRIPPED),
              help="Take images (a note stands in their place) or thinking out of all records.")
@click.option("--of", metavar=_LINE, help="Strip this record only.")
@click.option("--before", metavar=_LINE, help="Strip only what stands before this record.")
@click.option("--json", "as_json", is_flag=True, help="Print what it comes to as JSON.")
@destination
@fail_on
@judgement
def edit(
    path: str, set_text: tuple[tuple[str, str], ...], drop_block: tuple[str, ...], delete_pair: tuple[str, ...],
    delete: tuple[str, ...], delete_turn: tuple[str, ...], strip: tuple[str, ...], of: str | None, before: str | None,
    as_json: bool, into: Destination, fail_on: str, choices: Choices,
) -> int:
    """Edit a transcript by hand. Calls and results travel together, and what it comes to is judged at once.

    The edits are done in the order of the options below, and lines keep their numbers meanwhile. Without a destination
    the changes are shown and nothing is written.
    """
    if of is not None and before is not None:
        raise UsageError("--of and --before exclude each other; name one.")
    if (of or before) and not strip:
        raise UsageError("--of and --before say what --strip is to look at; name --strip images or --strip thinking.")
    deeds = [
        *(_text(place, text) for place, text in set_text), *map(_block, drop_block),
        *(_at(place, byhand.pair) for place in delete_pair), *(_at(place, byhand.record) for place in delete),
        *(_at(place, byhand.turn) for place in delete_turn), *(_strip(what, of, before) for what in strip),
    ]
    if not deeds:
        raise UsageError("edit takes --set-text, --drop-block, --delete-pair, --delete, --delete-turn or --strip.")
    with opening(path, choices) as opened:
        into.check(path)
        report = work(examine(opened))
        return deliver(opened, done(opened, report, deeds), into, fail_on, name=path, as_json=as_json)


def done(opened: Opened, report: Report, deeds: list[Deed]) -> Repaired:
    """All edits, each on what the ones before left."""
    result = Repaired(report, report, {}, ())
    for deed in deeds:
        fix = deed(result.after.situation)
        one = work(byhand.perform(opened.format, result.after, fix, result.patch, opened.surroundings))
        result = Repaired(report, one.after, one.patch, (*result.applied, *one.applied))
    return result


def row_of(situation: Situation, place: str) -> int:
    """The row of a line of the original file, or of a record's id. Raises UsageError."""
    row = situation.session.row(place)
    if row is not None:
        return row
    digits, total = place.replace(",", ""), len(situation.bundle.main)
    if not digits.isdecimal() or not 0 < int(digits) <= total:
        unit = situation.bundle.main.unit
        raise UsageError(f"{place} is neither a {unit} of this file (1 to {total:,}) nor the uuid of a record in it.")
    row = situation.session.scan.view.row(At(int(digits)))
    if row is None:
        raise UsageError(f"{situation.bundle.main.unit} {digits} went with an edit before; leave this one out.")
    return row


def _at(place: str, make: Callable[[Situation, int], Fix]) -> Deed:
    return lambda situation: make(situation, row_of(situation, place))


def _block(word: str) -> Deed:
    place, _, number = word.rpartition(":")
    if not place or not number.isdecimal():
        raise UsageError(f"--drop-block takes LINE:N, such as 214:0, not {word!r}.")
    return lambda situation: byhand.block(situation, row_of(situation, place), int(number))


def _text(word: str, text: str) -> Deed:
    place, _, number = word.partition(":")
    if number and not number.isdecimal():
        raise UsageError(f"--set-text takes LINE or LINE:N, such as 214:2, not {word!r}.")

    def make(situation: Situation) -> Fix:
        row = row_of(situation, place)
        found = byhand.texts(situation, row)
        index = int(number or 1)
        if not 0 < index <= len(found):
            held = "1 text" if len(found) == 1 else f"{len(found)} texts"
            raise UsageError(f"{situation.place(row)} has {held} that may be changed; there is no text {index}.")
        new = sys.stdin.read().rstrip("\n") if text == "-" else text
        return byhand.say(situation, row, found[index - 1], new)

    return make


def _strip(what: str, of: str | None, before: str | None) -> Deed:
    def make(situation: Situation) -> Fix:
        rows, where = list(_rows(situation, of, before)), "the whole session"
        if of is not None or before is not None:
            place = situation.place(row_of(situation, of or before or ""))
            where = place if of is not None else f"all records before {place}"
        return byhand.strip(situation, what, rows, where)

    return make


def _rows(situation: Situation, of: str | None, before: str | None) -> Iterator[int]:
    if of is not None:
        yield row_of(situation, of)
    else:
        yield from range(len(situation.session) if before is None else row_of(situation, before))
