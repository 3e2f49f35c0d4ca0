"""The command line: every command of `unbrick`, and the application when none is named."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

import click
from click.shell_completion import CompletionItem
from click_default_group import DefaultGroup

from unbrick_tui.commands.check import check
from unbrick_tui.commands.context import context
from unbrick_tui.commands.edit import edit
from unbrick_tui.commands.explain import explain
from unbrick_tui.commands.export import export
from unbrick_tui.commands.list import list_
from unbrick_tui.commands.open import open_
from unbrick_tui.commands.prove import prove
from unbrick_tui.commands.redact import redact
from unbrick_tui.commands.repair import repair
from unbrick_tui.commands.request import request
from unbrick_tui.commands.restore import restore
from unbrick_tui.commands.settings import settings
from unbrick_tui.commands.truncate import truncate
from unbrick_tui.commands.why import why
from unbrick_tui.failures import FINE, guard

EPILOG = """\
Exit status: 0 fine, 1 the verdict is at or above --fail-on, 2 wrong use, 3 a file cannot be read or written.
Shell completion: eval "$(_UNBRICK_COMPLETE=bash_source unbrick)" (or zsh_source, fish_source).
"""


class Commands(DefaultGroup):  # type: ignore[misc]  # the package carries no types
    """A path in the place of a command opens the application."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As ever, but while the shell asks what may come first, nothing stands for the application."""
        if ctx.resilient_parsing and not args:
            return click.Group.parse_args(self, ctx, args)
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Files where no command begins like this, and the commands."""
        return [CompletionItem(incomplete, type="file"), *click.Group.shell_complete(self, ctx, incomplete)]


@click.group(
    cls=Commands, default="open", default_if_no_args=True, epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="unbrick", prog_name="unbrick")
def cli() -> None:
    """Open the transcript of an AI coding session that no longer resumes, see why, get back one that does.

    `unbrick [PATH | SESSION-ID]` opens the application; without an argument, a list of all sessions to
    choose from.
    Where PATH stands, a session id or a unique part of one works too, and - reads standard input.
    """


for _command in (
    open_, list_, check, context, repair, truncate, edit, request, prove, why, explain, restore, export, redact,
    settings,
):
    cli.add_command(_command)


def _open_what_is_closed() -> None:
    """Whoever closed standard output or error wants to hear nothing, and no file may get its number."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - for as long as the process lives
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123


def run(args: list[str] | None = None) -> int:
    """Run the command line; the exit status."""
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")

    def action() -> int:
        status: Any = cli.main(args, prog_name="unbrick", standalone_mode=False)
        return status if isinstance(status, int) else FINE

    return guard(action)
