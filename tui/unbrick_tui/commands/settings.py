"""`unbrick settings`: where the settings are, what is wrong with them, what holds."""

from __future__ import annotations

import click

from unbrick_tui.failures import FINE
from unbrick_tui.options import say


@click.command("settings")
def settings() -> int:
    """Print where the application's settings are read from, and those in force."""
    from unbrick_tui.settings import load, path, shown

    file = path()
    say([f"# {file}" + ("" if file.exists() else " (does not exist; the defaults hold)")])
    found = load(file)
    say(found.mistakes, err=True)
    say(shown(found))
    return FINE
