"""`unbrick redact`: the likely secrets of a session, and a note in the place of those that a person chooses."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from unbrick.errors import UsageError
from unbrick.opening import STDIN, Choices, Opened, examine
from unbrick.printable import printable
from unbrick.redact import Likely, compressed, elsewhere, likely
from unbrick.redact import redact as replace_all
from unbrick.repair import Repaired
from unbrick.report import Report
from unbrick.secrecy.secrets import masked
from unbrick.telling.json_report import line
from unbrick.telling.sentences import count
from unbrick_tui.destination import STDOUT, Destination, deliver, destination
from unbrick_tui.failures import FINE
from unbrick_tui.options import WORD, fail_on, judgement, opening, painter, print_json, say, status_of, work
from unbrick_tui.render import headline
from unbrick_tui.waiting import slow

SCHEMA = 1
SHOWN = 8
"""Lines named of one secret."""


@click.command()
@click.argument("path", type=WORD)
@click.option("--all", "everything", is_flag=True, help="Redact all that is listed.")
@click.option("--pick", multiple=True, metavar="N…", help="Redact these, by their numbers in the list.")
@click.option("--ask", is_flag=True, help="Redact a value that you type (it is not shown), or give on standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@destination
@fail_on
@judgement
def redact(
    path: str, everything: bool, pick: tuple[str, ...], ask: bool, as_json: bool, into: Destination, fail_on: str,
    choices: Choices,
) -> int:
    """List the keys, tokens and passwords that a session most likely holds, and replace those you choose by a note.

    Every copy in the session goes, also in JSON inside the results of tools. Other files that hold one are named and
    stay as they are. Nothing is sent anywhere, and no secret is printed whole.
    """
    if ask and path == STDIN:
        raise UsageError("Standard input holds the session or the value, not both; name a file.")
    with opening(path, choices) as opened:
        into.check(path)
        report = work(examine(opened))
        wanted = everything or pick or not ask
        found = work(likely(report.situation.session.scan.view)) if wanted else ()
        if not (everything or pick or ask):
            if not into.nowhere:
                raise UsageError("Say what to redact: --all, --pick N for those of the list, or --ask for a value.")
            _list(found, report, path, as_json=as_json)
            return FINE
        values = [one.value for one in found] if everything else [one.value for one in _picked(found, pick)]
        if ask:
            values.append(_asked())
        if not values:
            say(["Nothing in it looks like a key, a token or a password. Nothing was changed."])
            return FINE
        result = work(replace_all(opened.format, report, values, opened.surroundings))
        status = _show(result, fail_on) if into.nowhere else deliver(opened, result, into, fail_on, name=path)
        say([*_sealed(report, values), *_left(opened, values)], err=into.out == STDOUT)
        return status


def _list(found: Sequence[Likely], report: Report, path: str, *, as_json: bool) -> None:
    view = report.situation.session.scan.view
    if as_json:
        print_json({"schema": SCHEMA, "secrets": [
            {
                "number": number, "kind": one.kind, "shown": masked(one.value),
                "lines": [line(view.at(row)) for row in one.rows],
            }
            for number, one in enumerate(found, 1)
        ]})
        return
    if not found:
        say(["Nothing in it looks like a key, a token or a password. What has no known form is not found: "
             "--ask redacts any value."])
        return
    say(_lines(found, report, path))


def _lines(found: Sequence[Likely], report: Report, path: str) -> Iterator[str]:
    unit = report.bundle.main.unit
    for number, one in enumerate(found, 1):
        places = _places([report.situation.session.at(row).line for row in one.rows])
        yield f"{number:>3}. {one.kind} {printable(masked(one.value))}: " \
              f"{unit}{'' if len(one.rows) == 1 else 's'} {places}"
    yield f"{count(len(found), 'likely secret')}. Nothing has been changed. What a session holds went to the API: " \
          "a key is best replaced where it was issued, too."
    yield f"To redact: unbrick redact {printable(path)} --all (or --pick N) with --as-session, -o OUT or --in-place."


def _places(lines: Sequence[int]) -> str:
    more = f" and {len(lines) - SHOWN:,} more" if len(lines) > SHOWN else ""
    return ", ".join(f"{line:,}" for line in lines[:SHOWN]) + more


def _picked(found: Sequence[Likely], pick: Sequence[str]) -> list[Likely]:
    """Those of the numbers of --pick, given one by one or with commas. Raises UsageError."""
    words = [word for one in pick for word in one.split(",") if word.strip()]
    numbers = [int(word) if word.strip().isdecimal() else 0 for word in words]
    if any(not 0 < number <= len(found) for number in numbers):
        raise UsageError(f"--pick takes numbers of the list, 1 to {len(found)}; without it, unbrick redact prints it.")
    return [found[number - 1] for number in dict.fromkeys(numbers)]


def _asked() -> str:
    """The value, not shown while it is typed: as an argument it would stand in the shell's history."""
    if sys.stdin is not None and sys.stdin.isatty():
        return str(click.prompt("Value to redact", hide_input=True, err=True))
    return sys.stdin.read().rstrip("\r\n") if sys.stdin is not None else ""


def _show(result: Repaired, level: str) -> int:
    """What would change, in words only: the lines hold what is not to be shown."""
    say(f"{printable(applied.fix.title)} ({printable(applied.fix.price)})" for applied in result.applied)
    say([headline(result.after, painter())])
    ways = "--as-session (a session of its own), -o OUT" if result.after.target.resumed else "-o OUT"
    say(["", f"Nothing has been written. To save it: {ways} or --in-place."])
    return status_of([result.after.verdict], level)


def _sealed(report: Report, values: Sequence[str]) -> Iterator[str]:
    """The lines of the session that keep one of the values, compressed."""
    view = report.situation.session.scan.view
    unit = report.bundle.main.unit
    rows, unread = ([view.at(row).line for row in found] for found in work(compressed(view, values)))
    if rows:
        yield f"Compressed data holds it, too, and stays as it is: {unit} {_places(rows)}."
    if unread:
        yield f"Compressed data in {unit} {_places(unread)} may hold it: it is too large to be looked through whole."


def _left(opened: Opened, values: Sequence[str]) -> Iterator[str]:
    """Other files that hold one of the values, or may."""
    unread: list[Path] = []
    with slow("looking into the session's other files"):
        named = dict.fromkeys(
            path for value in values for path in elsewhere(opened.format, opened.bundle, value, unread)
        )
    if named:
        yield "These files hold it, too, or have it in their names, and stay as they are:"
        yield from (f"  {printable(str(path))}" for path in named)
    left = dict.fromkeys(path for path in unread if path not in named)
    if left:
        yield "These compressed files may hold it: they are too large to be looked through whole:"
        yield from (f"  {printable(str(path))}" for path in left)
