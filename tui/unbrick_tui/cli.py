"""The command line: every command of `unbrick`, and the application when none is named."""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem
from click_default_group import DefaultGroup

from unbrick_tui.failures import FINE, guard
from unbrick_tui.interrupt import heard

EPILOG = """\
Exit status: 0 fine, 1 the verdict is at or above --fail-on, 2 wrong use, 3 a file cannot be read or written.
Shell completion: eval "$(_UNBRICK_COMPLETE=bash_source unbrick)" (or zsh_source, fish_source).
"""

COMMANDS = {
    "open": "open_", "list": "list_", "check": "check", "context": "context", "repair": "repair",
    "truncate": "truncate", "edit": "edit", "request": "request", "prove": "prove", "why": "why", "explain": "explain",
    "restore": "restore", "export": "export", "redact": "redact", "settings": "settings",
}
"""Each command, which has a module of its own, and what it is called there."""

SHORT = {
    "check": "Will the next prompt work, and what is wrong?", "context": "What fills the next request.",
    "edit": "Edit a transcript by hand.", "explain": "What a finding's code means.",
    "export": "Write a session to read or to share.", "list": "All sessions of this machine, with their verdicts.",
    "prove": "Resume the repaired copy with your own client.", "redact": "Find secrets in a session, and replace them.",
    "repair": "Mend what can be mended.", "request": "The request that the client will send.",
    "restore": "Put a backup back.", "settings": "Where the application's settings are.",
    "truncate": "Cut a session behind a complete turn.", "why": "What an error means, and what helps.",
}
"""Each command in a few words."""


class Commands(DefaultGroup):  # type: ignore[misc]  # the package carries no types
    """A path in the place of a command opens the application. A command is imported when it is asked for: together
    they take longer to import than a small file takes to be judged."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, else the one that stands for the application."""
        name = cmd_name if cmd_name in COMMANDS else self.default_cmd_name
        if name not in self.commands:
            command: click.Command = getattr(import_module(f"unbrick_tui.commands.{name}"), COMMANDS[name])
            command.short_help = SHORT.get(name)
            self.add_command(command)
        found: click.Command | None = super().get_command(ctx, cmd_name)
        return found

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

    with heard():
        return guard(action)
