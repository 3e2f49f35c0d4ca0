"""`unbrick [PATH]`: the application, or the report where there is no terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from unbrick.errors import NotFoundError
from unbrick.opening import STDIN, Choices, Opened, examine, newest, open_word
from unbrick_tui.failures import FINE
from unbrick_tui.options import WORD, judgement, painter, say, work
from unbrick_tui.render import report_lines


@click.command("open", hidden=True)
@click.argument("path", required=False, type=WORD)
@judgement
def open_(path: str | None, choices: Choices) -> int:
    """Open a transcript in the application."""
    if path is None:
        found = newest(choices, Path.cwd())
        if found is None:
            raise NotFoundError("No session was found on this machine. Name a transcript: unbrick PATH")
        path = str(found)
    with open_word(path, choices, Path.cwd()) as opened:
        if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
            return application(opened)
        name = path if path == STDIN else str(opened.bundle.path)
        say(report_lines(work(examine(opened)), painter(), name=name))
        return FINE


def application(opened: Opened) -> int:
    """Run the application; imported only now, since it takes longer to load than a check takes to run."""
    from unbrick_tui.app import run

    return run(opened.format, opened.bundle, target=opened.target, surroundings=opened.surroundings)
