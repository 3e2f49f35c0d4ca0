"""From an exception to the sentence that the person reads and the exit status; never a traceback."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click

from unbrick.errors import UnbrickError
from unbrick.printable import printable_lines

FINE, VERDICT, USAGE, CANNOT, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit status: nothing to say, the verdict, a wrong use, a file that cannot be read or written, Ctrl-C."""


def _own(error: BaseException) -> str:
    return str(error)


def _os(error: BaseException) -> str:
    assert isinstance(error, OSError)
    reason = (os.strerror(error.errno) if error.errno else str(error)).lower()
    name = f"{error.filename}: " if error.filename else ""
    return f"{name}{reason}. Nothing was changed."


def _bug(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return (
        f"unbrick itself failed ({type(error).__name__} at {place}: {error}). Nothing was changed. "
        "Please report this; UNBRICK_TRACEBACK=1 shows where it happened."
    )


TABLE: tuple[tuple[type[BaseException], Callable[[BaseException], str], int | None], ...] = (
    (UnbrickError, _own, None),
    (KeyboardInterrupt, lambda _: "stopped. Nothing was changed.", INTERRUPTED),
    (click.Abort, lambda _: "stopped. Nothing was changed.", INTERRUPTED),
    (MemoryError, lambda _: "not enough memory for this file. Nothing was changed.", CANNOT),
    (OSError, _os, CANNOT),
    (Exception, _bug, CANNOT),
)
"""The first row whose type fits decides; None takes the status that the exception carries."""


_PRINTING = ("echo", "guard", "output")
"""Functions that write to standard output and to nothing else."""


def explain(error: BaseException) -> tuple[str, int]:
    """The sentence and the exit status of an exception."""
    for type_, sentence, status in TABLE:
        if isinstance(error, type_):
            own = error.status if isinstance(error, UnbrickError) else CANNOT
            return printable_lines(sentence(error)), own if status is None else status
    raise error


def guard(action: Callable[[], int]) -> int:
    """Run an action; say what went wrong on stderr and give the exit status."""
    try:
        status = action()
        sys.stdout.flush()
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        with suppress(OSError):
            click.echo(printable_lines(said.getvalue()), nl=False, err=True)
        return error.exit_code
    except BrokenPipeError:
        _quiet_stdout()
        return FINE
    except (Exception, KeyboardInterrupt) as error:
        if os.environ.get("UNBRICK_TRACEBACK"):
            traceback.print_exc()
        sentence, status = _unheard(error) or explain(error)
        with suppress(OSError):
            click.echo(f"unbrick: {sentence}", err=True)
    return status


def _unheard(error: BaseException) -> tuple[str, int] | None:
    """The sentence and the exit status where it was our output that could not be written, the work being done."""
    if not isinstance(error, OSError) or error.filename is not None:
        return None
    place = traceback.extract_tb(error.__traceback__)[-1].name
    if place not in _PRINTING:
        return None
    _quiet_stdout()
    return f"standard output cannot be written: {os.strerror(error.errno or 0).lower()}.", CANNOT


def _quiet_stdout() -> None:
    """Whoever read our output has gone: let the interpreter's own flush at exit go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
