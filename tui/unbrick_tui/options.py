"""Options and ways of printing that several commands share."""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click
import orjson

from unbrick.opening import STDIN, Choices, Opened, open_word
from unbrick.printable import printable_json
from unbrick.report import Verdict
from unbrick_tui.failures import FINE, VERDICT
from unbrick_tui.waiting import slow, telling

Command = TypeVar("Command", bound=Callable[..., Any])
T = TypeVar("T")

WORD = click.Path(allow_dash=True, readable=False)
"""What stands for a transcript. Whether it can be read is for the engine to say: that is no wrong use."""

_STYLES: dict[str, dict[str, Any]] = {
    "good": {"fg": "green", "bold": True}, "bad": {"fg": "red", "bold": True}, "warn": {"fg": "yellow", "bold": True},
    "dim": {"dim": True}, "strong": {"bold": True}, "add": {"fg": "green"}, "remove": {"fg": "red"},
}


def judgement(command: Command) -> Command:
    """--client, --model, --way, --strict, --format, --config-dir and --no-surroundings, handed to the command as
    `choices`."""
    options = (
        click.option(
            "--client", metavar="V|installed|recorded",
            help="Judge for this client version; else for the one installed, else the one that wrote the file.",
        ),
        click.option("--model", metavar="M", help="Judge for this model; else for the session's."),
        click.option("--way", metavar="W", help="Judge for this way to resume, where the client has several."),
        click.option(
            "--format", "format_", metavar="F",
            help="Read the file as claude-code, amplifier, messages or openai-chat; else its content tells.",
        ),
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
        no_surroundings: bool, way: str | None, format_: str | None, **kwargs: Any,  # noqa: ANN401
    ) -> int:
        choices = Choices(client, model, strict, config_dir, not no_surroundings, way=way, format=format_)
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
    """Print lines of text; on a terminal, sentences are broken between words and keep their indentation."""
    stream = sys.stderr if err else sys.stdout
    width = shutil.get_terminal_size().columns if stream.isatty() else 0
    for one in lines:
        for row in _broken(one, width):
            click.echo(row, err=err, color=True)


def _broken(line: str, width: int) -> list[str]:
    """A line in rows that fit a terminal. Commands to be copied and lines of a file stay whole."""
    indent = len(line) - len(line.lstrip(" "))
    if not width or len(line) <= width or "\x1b" in line or line[:1] in ("-", "+", "@") or indent >= 8:
        return [line]
    hang = " " * (indent + 2)
    return textwrap.wrap(
        line, max(width - 1, 40), subsequent_indent=hang, break_long_words=False, break_on_hyphens=False,
    )


def opening(word: str, choices: Choices) -> Opened:
    """Open what a person typed; on a terminal, say so when it takes long. Raises what `open_word` does."""
    with slow("reading standard input" if word == STDIN else f"opening {word}"):
        return open_word(word, choices, Path.cwd())


def work(progress: Generator[int, None, T]) -> T:
    """Run a generator of progress to its end; on a terminal, say how far it is when it takes long."""
    rows = 0
    with telling(lambda: f"{rows:,} records read" if rows else "still reading"):
        while True:
            try:
                rows = next(progress)
            except StopIteration as stop:
                result: T = stop.value
                return result


def print_json(document: Any) -> None:  # noqa: ANN401
    """Print a JSON document on stdout; what orjson refuses (half surrogates, huge numbers) is escaped."""
    try:
        data = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        data = json.dumps(document, indent=2).encode("ascii") + b"\n"
    with output() as stream:
        stream.write(printable_json(data))


@contextmanager
def output() -> Iterator[BinaryIO]:
    """Standard output for bytes; what the system refuses comes from here, so that it is not taken for a refusal of
    some file."""
    sys.stdout.flush()
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except OSError as error:
        if error.filename is not None or isinstance(error, BrokenPipeError):
            raise
        raise OSError(error.errno, error.strerror) from error
