"""`unbrick [PATH]`: the application, or the report where there is no terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unbrick.errors import AmbiguousError
from unbrick.opening import STDIN, Choices, Opened, examine
from unbrick.printable import shell
from unbrick.restore import left_behind
from unbrick.scanning.ahead import begun
from unbrick.sessions.listing import newest
from unbrick_tui.failures import FINE
from unbrick_tui.options import WORD, judgement, opening, painter, say, work
from unbrick_tui.render import report_lines
from unbrick_tui.waiting import LOOKING, slow

if TYPE_CHECKING:
    from unbrick_tui.settings import Settings


@click.command("open", hidden=True)
@click.argument("path", required=False, type=WORD)
@click.option("--ascii", is_flag=True, help="Paint the application with nothing but ASCII.")
@click.option("--theme", metavar="NAME", help=(
    "The application's colours: dark, light, contrast, contrast-light, terminal (its own) or plain (none)."
))
@judgement
def open_(path: str | None, ascii: bool, theme: str | None, choices: Choices) -> int:
    """Open a transcript in the application."""
    cwd = Path.cwd()
    watched = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    asked = watched and sys.stdin is not None and sys.stdin.isatty()
    if watched:
        with slow("reading the settings"):
            settings = _settings(ascii, theme)
        choices = _targeted(choices, settings)
    with slow(LOOKING):
        first = None if path is not None else newest(cwd, choices.config_dir)
    if path is None and asked:
        return choose(choices, cwd, settings)
    word = path if path is not None else str(first)
    try:
        opened = opening(word, choices)
    except AmbiguousError as error:
        if not asked or not error.paths:
            raise
        return choose(choices, cwd, settings, error.paths, word)
    with opened:
        with slow(f"looking for backups of {opened.bundle.path}"):
            note = (_elsewhere(opened, cwd) if path is None else "") or _left_behind(opened)
        if watched:
            return application(opened, settings, note)
        if note:
            say([note], err=True)
        name = word if word == STDIN else str(opened.bundle.path)
        say(report_lines(work(examine(opened)), painter(), name=name))
        return FINE


def _settings(ascii_: bool, theme: str | None) -> Settings:
    """What the person set, under what was said on the command line; read only where the application opens."""
    from unbrick_tui.settings import load

    return load().with_options(ascii=ascii_, theme=theme)


def _targeted(choices: Choices, settings: Settings) -> Choices:
    """The target that was set, where the command line leaves it open."""
    return replace(
        choices, client=choices.client or settings.client, model=choices.model or settings.model,
        way=choices.way or settings.way, strict=choices.strict or settings.strict,
    )


def _elsewhere(opened: Opened, cwd: Path) -> str:
    """Says so when the newest session is not one of this folder."""
    project = opened.bundle.project
    if project is None or project == cwd or project.resolve() == cwd.resolve():
        return ""
    return f"{cwd} has no session of its own; this is the newest one of the machine, from {project}."


def _left_behind(opened: Opened) -> str:
    """Says so when what was added to the session after it was replaced stands in a backup alone."""
    main = opened.bundle.main
    backup = None if main.private else left_behind(main.path)
    if backup is None:
        return ""
    return (
        f"{backup.name} was written to after it had been replaced, and its last line does not stand in the session. "
        f"To go back to it: unbrick restore {shell(str(main.path))} {shell(str(backup))}"
    )


def application(opened: Opened, settings: Settings, note: str) -> int:
    """Run the application; imported only now, since it takes longer to load than a check takes to run."""
    known = begun(opened.bundle.main)
    from unbrick_tui.running import run

    with slow(f"opening {opened.bundle.path}"):
        known()
    return run(
        opened.format, opened.bundle, target=opened.target, surroundings=opened.surroundings, settings=settings,
        note=note,
    )


def choose(choices: Choices, cwd: Path, settings: Settings, paths: Sequence[Path] | None = None, word: str = "") -> int:
    """Run the application with the choice of a session first: of those that a word stands for, or of all."""
    from unbrick_tui.running import choose_session

    return choose_session(choices, cwd, paths=paths, word=word, settings=settings)
