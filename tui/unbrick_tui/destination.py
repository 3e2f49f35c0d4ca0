"""Where a repair or a cut goes: nowhere (it is shown), a file, a session of its own, or the original's place."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from unbrick.clock import SYSTEM_CLOCK
from unbrick.editing.outcome import change_document
from unbrick.errors import UsageError
from unbrick.opening import STDIN, Opened, examine, expanded, open_source
from unbrick.printable import printable
from unbrick.repair import Repaired
from unbrick.report import Report, Verdict
from unbrick.save import Receipt, patched, save_as_session, save_copy, save_in_place
from unbrick.source import Source
from unbrick_tui.changes import change_lines, outcome_lines
from unbrick_tui.options import output, painter, print_json, say, status_of, work
from unbrick_tui.render import headline
from unbrick_tui.waiting import slow

Command = TypeVar("Command", bound=Callable[..., Any])

STDOUT = "-"


@dataclass(frozen=True)
class Destination:
    """`out` is a path, or `-` for standard output. At most one of the three is set."""

    out: str | None = None
    as_session: bool = False
    in_place: bool = False

    def check(self, word: str) -> None:
        """Refuse what cannot be, before any work is done."""
        if (self.out is not None) + self.as_session + self.in_place > 1:
            raise UsageError("-o OUT, --as-session and --in-place exclude each other; name one.")
        if self.out == "":
            raise UsageError("-o takes the name of a new file, or - for standard output.")
        if self.in_place and word == STDIN:
            raise UsageError("There is no place to put standard input back to; name a file with -o OUT.")

    @property
    def nowhere(self) -> bool:
        """Whether the changes are only shown."""
        return not (self.out is not None or self.as_session or self.in_place)


def destination(command: Command) -> Command:
    """-o, --as-session and --in-place, handed to the command as `into`."""

    @functools.wraps(command)
    def with_destination(
        *args: Any, out: str | None, as_session: bool, in_place: bool, **kwargs: Any,  # noqa: ANN401
    ) -> int:
        status: int = command(*args, into=Destination(out, as_session, in_place), **kwargs)
        return status

    wrapped: Any = with_destination
    for option in (
        click.option("--in-place", is_flag=True, help="Replace the original and keep a backup."),
        click.option("--as-session", is_flag=True, help="Write a new session that the client can resume."),
        click.option("-o", "--out", metavar="OUT", help="Write a new file; - for standard output."),
    ):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


def deliver(
    opened: Opened, result: Repaired, into: Destination, fail_on: str, name: str, *, as_json: bool = False,
    more: Sequence[str] = (),
) -> int:
    """Show or write a result; the exit status that the verdict on it asks for. `more` are lines that say what other
    options would do."""
    if into.nowhere:
        if as_json:
            print_json(change_document(result))
        else:
            say([*_shown(result, name), *more])
        return status_of([result.after.verdict], fail_on)
    if into.out == STDOUT:
        if sys.stdout.isatty():
            raise UsageError("A transcript may hold what acts on a terminal; name a file (-o FILE), or pipe it on.")
        with output() as stream, slow("writing"):
            stream.writelines(patched(opened.bundle.main, result.patch))
        say(outcome_lines(result), err=True)
        return status_of([result.after.verdict], fail_on)
    if not result.patch and into.out is None:
        if as_json:
            print_json(change_document(result))
        else:
            say(["Nothing to change, and nothing has been written.", headline(result.after, painter()), *more])
        return status_of([result.after.verdict], fail_on)
    with slow(f"writing {'a new session' if into.as_session else into.out or name}"):
        receipt = _write(opened, result, into)
    written = _check_again(opened, receipt.path)
    if as_json:
        print_json(change_document(result, receipt, written))
    else:
        say(_receipt_lines(receipt, written))
    return status_of([written.verdict], fail_on)


def _write(opened: Opened, result: Repaired, into: Destination) -> Receipt:
    if into.out is not None:
        return save_copy(opened.bundle, result.patch, expanded(into.out))
    if into.as_session:
        return save_as_session(opened.format, opened.bundle, result.patch, SYSTEM_CLOCK, edits=result.edits)
    return save_in_place(opened.format, opened.bundle, result.patch, SYSTEM_CLOCK, result.edits)


def _check_again(opened: Opened, path: Path) -> Report:
    """The verdict on what now stands on disk."""
    with Source.open(path) as source:
        return work(examine(open_source(source, opened.choices)))


def _shown(result: Repaired, name: str) -> Iterator[str]:
    paint = painter()
    yield from change_lines(result, paint)
    yield from outcome_lines(result, paint)
    yield ""
    if result.patch:
        ways = "--as-session (a session of its own), -o OUT," if result.after.target.resumed else "-o OUT"
        yield f"Nothing has been written. To save it: {ways} or --in-place."
    elif result.after.verdict is Verdict.HEALTHY:
        yield "Nothing has been changed."
    else:
        yield f"Nothing has been changed. unbrick check {printable(name)} says what stands in the way."


def _receipt_lines(receipt: Receipt, written: Report) -> Iterator[str]:
    parts = [
        f"{number:,} {word}" for number, word in (
            (receipt.changed, "changed"), (receipt.added, "added"), (receipt.dropped, "dropped"),
        ) if number
    ]
    unit = written.bundle.main.unit
    total = receipt.kept + receipt.changed + receipt.dropped
    yield f"wrote {printable(str(receipt.path))}: {', '.join(parts) or f'no {unit} changed'}; " \
          f"{receipt.kept:,} of {total:,} {unit}s as they were."
    if receipt.backup is not None:
        yield f"backup: {printable(str(receipt.backup))}"
    if receipt.note:
        yield printable(receipt.note)
    if receipt.redacted:
        yield "These were copied along, and the same was redacted in them:"
        yield from (f"  {printable(str(path))}" for path in receipt.redacted)
    yield headline(written, painter())
    if receipt.command:
        yield "resume it with:"
        yield f"    {printable(receipt.command)}"
