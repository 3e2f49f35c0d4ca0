"""`unbrick [PATH]`: the application, or the report where there is no terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from unbrick.opening import STDIN, Choices, Opened, examine, open_word
from unbrick.sessions.listing import newest
from unbrick_tui.failures import FINE
from unbrick_tui.options import WORD, judgement, painter, say, work
from unbrick_tui.render import report_lines


@click.command("open", hidden=True)
@click.argument("path", required=False, type=WORD)
@click.option("--ascii", is_flag=True, help="Paint the application with nothing but ASCII.")
@click.option("--theme", type=click.Choice(["dark", "light"]), help="The application's colours; dark unless told.")
@judgement
def open_(path: str | None, ascii: bool, theme: str | None, choices: Choices) -> int:
    """Open a transcript in the application."""
    cwd = Path.cwd()
    word = path if path is not None else str(newest(cwd, choices.config_dir))
    with open_word(word, choices, cwd) as opened:
        note = "" if path is not None else _elsewhere(opened, cwd)
        if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
            return application(opened, ascii=ascii, theme=theme, note=note)
        if note:
            say([note], err=True)
        name = word if word == STDIN else str(opened.bundle.path)
        say(report_lines(work(examine(opened)), painter(), name=name))
        return FINE


def _elsewhere(opened: Opened, cwd: Path) -> str:
    """Says so when the newest session is not one of this folder."""
    project = opened.bundle.project
    if project is None or project == cwd or project.resolve() == cwd.resolve():
        return ""
    return f"{cwd} has no session of its own; this is the newest one of the machine, from {project}."


def application(opened: Opened, *, ascii: bool, theme: str | None, note: str) -> int:
    """Run the application; imported only now, since it takes longer to load than a check takes to run."""
    from unbrick_tui.app import run

    return run(
        opened.format, opened.bundle, target=opened.target, surroundings=opened.surroundings, ascii=ascii,
        theme=theme and f"unbrick-{theme}", note=note,
    )
