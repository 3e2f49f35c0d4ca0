"""Options and ways of printing that several commands share."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

from unbrick.opening import Choices
from unbrick.report import Verdict
from unbrick_tui.failures import FINE, VERDICT

Command = TypeVar("Command", bound=Callable[..., Any])

_STYLES: dict[str, dict[str, Any]] = {
    "good": {"fg": "green", "bold": True}, "bad": {"fg": "red", "bold": True}, "warn": {"fg": "yellow", "bold": True},
    "dim": {"dim": True}, "strong": {"bold": True}, "add": {"fg": "green"}, "remove": {"fg": "red"},
}


def judgement(command: Command) -> Command:
    """--client, --model, --strict, --config-dir and --no-surroundings, handed to the command as `choices`."""
    options = (
        click.option(
            "--client", metavar="V|installed|recorded",
            help="Judge for this client version; else for the one installed, else the one that wrote the file.",
        ),
        click.option("--model", metavar="M", help="Judge for this model; else for the session's."),
        click.option("--strict", is_flag=True, help="Judge for a consumer that heals nothing."),
        click.option(
            "--config-dir", metavar="DIR", type=click.Path(path_type=Path),
            help="The client's configuration folder; else the one it would use itself.",
        ),
        click.option(
            "--no-surroundings", is_flag=True, help="Leave the client's configuration and environment out.",
        ),
    )

    @functools.wraps(command)
    def with_choices(
        *args: Any, client: str | None, model: str | None, strict: bool, config_dir: Path | None,  # noqa: ANN401
        no_surroundings: bool, **kwargs: Any,  # noqa: ANN401
    ) -> int:
        choices = Choices(client, model, strict, config_dir, not no_surroundings)
        choices.version()
        status: int = command(*args, choices=choices, **kwargs)
        return status

    wrapped: Any = with_choices
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


fail_on = click.option(
    "--fail-on", type=click.Choice(["error", "warning"]), default="error", show_default=True,
    help="Leave with status 1 when the verdict is broken (error), or also when it is fragile (warning).",
)


def status_of(verdicts: Iterable[Verdict], level: str) -> int:
    """The exit status that verdicts ask for."""
    bad = {Verdict.BROKEN} if level == "error" else {Verdict.BROKEN, Verdict.FRAGILE}
    return VERDICT if any(verdict in bad for verdict in verdicts) else FINE


def colour() -> bool:
    """Whether stdout takes colour: a terminal, and NO_COLOR unset or empty."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def painter() -> Callable[[str, str], str]:
    """How to style text on stdout; not at all in a pipe."""
    if not colour():
        return lambda text, _style: text
    return lambda text, style: click.style(text, **_STYLES.get(style, {}))


def say(lines: Iterable[str], *, err: bool = False) -> None:
    """Print lines of text."""
    for one in lines:
        click.echo(one, err=err, color=True)


def print_json(document: Any) -> None:  # noqa: ANN401
    """Print a JSON document on stdout; what orjson refuses (half surrogates, huge numbers) is escaped."""
    try:
        data = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        data = json.dumps(document, indent=2).encode("ascii") + b"\n"
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
