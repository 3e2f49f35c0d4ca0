"""A text in the person's own editor: a private file, the command of $VISUAL or $EDITOR without a shell, and what came
back."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from unbrick.errors import UnbrickError
from unbrick.printable import printable

USUAL = ("nano", "vim", "vi")
"""Editors that are looked for where none is named."""


class EditorError(UnbrickError):
    """There is no editor, or it did not do its work; the text says so, and nothing was changed."""


def command(environ: Mapping[str, str]) -> list[str]:
    """The words of the command that edits a file. Raises EditorError where there is none."""
    for name in ("VISUAL", "EDITOR"):
        value = environ.get(name, "").strip()
        if not value:
            continue
        try:
            words = shlex.split(value)
        except ValueError:
            raise EditorError(f"${name} cannot be read: a quotation mark in “{printable(value)}” is open.") from None
        if shutil.which(words[0], path=environ.get("PATH")) is None:
            raise EditorError(f"${name} names “{printable(words[0])}”, which is not there. Name another editor in it.")
        return words
    for word in USUAL:
        if shutil.which(word, path=environ.get("PATH")) is not None:
            return [word]
    raise EditorError("No editor is named: set $EDITOR, for example to nano.")


def edited(text: str, name: str, environ: Mapping[str, str]) -> str:
    """A text as the editor leaves it. `name` is that of the file, whose ending tells the editor what it is.

    The file is private and gone afterwards, whatever happens. Raises EditorError.
    """
    words = command(environ)
    with _private() as folder:
        path = folder / name
        try:
            with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(text.encode("utf-8", "surrogatepass"))
            with _interrupts_are_the_editors():
                status = subprocess.run([*words, str(path)], check=False, env=dict(environ)).returncode
        except OSError as error:
            raise EditorError(f"The editor cannot be run: {error.strerror or error}. Nothing was changed.") from error
        if status:
            how = f"was ended by signal {-status}" if status < 0 else f"left with status {status}"
            raise EditorError(f"{printable(words[0])} {how}: nothing was taken over.")
        try:
            return path.read_bytes().decode("utf-8-sig" if not text.startswith("\ufeff") else "utf-8")
        except OSError as error:
            raise EditorError(f"The edited file cannot be read: {error.strerror}. Nothing was changed.") from error
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise EditorError(f"Line {line:,} of the edited text is not UTF-8. Nothing was changed.") from error


@contextmanager
def _private() -> Iterator[Path]:
    """A folder that nobody else can look into, removed afterwards with what the editor left in it."""
    folder = Path(tempfile.mkdtemp(prefix="unbrick-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _interrupts_are_the_editors() -> Iterator[None]:
    """ctrl+c at the terminal reaches both processes; it is meant for the editor. A handler of our own, unlike being
    told to ignore it, is not passed on to the child."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
