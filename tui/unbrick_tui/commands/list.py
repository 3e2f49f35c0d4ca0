"""`unbrick list`: the sessions of this machine and how each is, as text or JSON."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unbrick.errors import UsageError
from unbrick.formats.table import BY_CLIENT
from unbrick.opening import Choices
from unbrick.printable import printable
from unbrick.record import Json
from unbrick.sessions.as_json import document, session
from unbrick_tui.failures import FINE
from unbrick_tui.options import painter, print_json, say
from unbrick_tui.render import Paint
from unbrick_tui.waiting import LOOKING, slow, telling

if TYPE_CHECKING:
    from unbrick_tui.shelf import Row, Shelf

STYLES = {"faint": "dim", "quiet": "dim"}


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the sessions as JSON (docs/json.md).")
@click.option("--broken", is_flag=True, help="Only those that are refused, will not open or lose history.")
@click.option("--client", metavar="C", help="Only those of a client: claude-code or amplifier.")
@click.option("--project", metavar="P",
              help="Only those of a project: its folder (. for this one) or a part of its name.")
@click.option("--sort", type=click.Choice(["age", "size", "health"]), default="age", show_default=True,
              help="Newest, largest or broken first.")
@click.option("--no-check", is_flag=True, help="Judge nothing now; show the verdicts that are remembered.")
@click.option("--config-dir", metavar="DIR", type=click.Path(path_type=Path),
              help="The client's configuration folder; else the one it would use itself.")
def list_(
    as_json: bool, broken: bool, client: str | None, project: str | None, sort: str, no_check: bool,
    config_dir: Path | None,
) -> int:
    """List the sessions of every client on this machine, this folder's first, and whether each will resume.

    Verdicts are remembered from one time to the next; nothing is written beside a session.
    """
    from unbrick.sessions.cache import folder
    from unbrick_tui.shelf import Order, Shelf

    if client is not None and client not in BY_CLIENT:
        raise UsageError(f"--client takes claude-code or amplifier, not {client!r}.")
    with slow(LOOKING):
        shelf = Shelf(Choices(config_dir=config_dir), Path.cwd(), cache=folder())
        shelf.order = Order[sort.upper()]
        wanted = [row for row in shelf.shown() if client in (None, row.stored.client)]
        shelf.rows = {row.stored.path: row for row in _of_project(shelf, wanted, project)}
    _judge(shelf, judged=not no_check)
    shelf.broken = broken
    found = shelf.shown()
    if as_json:
        print_json(document(map(_entry, found)))
    else:
        say(_lines(shelf, found, painter()))
    return FINE


def _of_project(shelf: Shelf, rows: list[Row], project: str | None) -> Iterator[Row]:
    """Those whose project is a folder, or has a text in its path; files are looked into for it."""
    from unbrick_tui.learning import look

    folder = Path(project).resolve() if project and (project == "." or "/" in project) else None
    for row in rows:
        if project is not None:
            row.take(look(row))
            own = row.about.project
            if own is None or (own.resolve() != folder if folder else project.lower() not in own.name.lower()):
                continue
        yield row


def _judge(shelf: Shelf, *, judged: bool) -> None:
    """Find out what there is to know; on a terminal, say how far it is when it takes long."""
    from unbrick_tui.judging import Judging
    from unbrick_tui.learning import learn

    judging = Judging(shelf.choices, shelf.cwd, shelf.start) if judged else None
    total, left = len(shelf.rows), {path for path, row in shelf.rows.items() if row.health is None}
    try:
        with telling(lambda: f"{total - len(left):,} of {total:,} sessions judged"):
            for told in learn(list(shelf.rows.values()), shelf.cache, judging):
                shelf.take([told] if told is not None else ())
                if told is not None and told.health is not None:
                    left.discard(told.stored.path)
    except BaseException:
        if judging is not None:
            judging.stop()
        raise


def _lines(shelf: Shelf, rows: list[Row], paint: Paint) -> Iterator[str]:
    """A line for each: verdict, age, size, id, project and title; cut to the width of a terminal."""
    from unbrick_tui.session_line import WORD, badge, mark, project, title
    from unbrick_tui.text import ago, shorten, size

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    now = shelf.now()
    names = max((len(project(row)) for row in rows), default=0)
    for row in rows:
        word, style = badge(row, shelf.glyphs)
        name = row.about.session_id[:8] if width else row.about.session_id
        head = f"{ago(now - row.time):>6} {size(row.stored.size):>7}  {printable(name)}  {project(row):<{names}}  "
        text = mark(row, shelf.glyphs) + title(row)[0]
        if width:
            text = shorten(text, max(width - WORD - 1 - len(head), 8))
        yield paint(f"{word:<{WORD}}", STYLES.get(style, style)) + " " + head + text
    total, judged, broken = shelf.counts()
    said = f"{total:,} session{'s' * (total != 1)}, {broken:,} broken"
    yield f"{said}, {total - judged:,} not judged." if judged < total else f"{said}."


def _entry(row: Row) -> Json:
    """A session for scripts."""
    return session(row.stored, row.about, row.format.client if row.format is not None else None, row.health)
