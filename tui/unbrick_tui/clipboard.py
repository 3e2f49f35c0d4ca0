"""Handing text to the clipboard: by the program that the desktop has for it, and through the terminal (OSC 52), which
also reaches the far end of an ssh session but never says whether it worked."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from unbrick.errors import CannotWriteError
from unbrick.saving.atomic import Privacy, staged

MOST = 100_000
"""Bytes of base64 that terminals take; xterm and tmux drop longer ones."""
PATIENCE = 3.0
"""Seconds that a program may take."""
_PROGRAMS: tuple[tuple[str, Sequence[str]], ...] = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
    ("", ("pbcopy",)),
)
"""The variable without which a program has no clipboard to reach, and how it is called."""


def program(environ: Mapping[str, str], which: Callable[[str], str | None] = shutil.which) -> list[str] | None:
    """The command that takes a text for the clipboard on its standard input, if there is one here."""
    for needed, (name, *arguments) in _PROGRAMS:
        if (not needed or environ.get(needed)) and (found := which(name)):
            return [found, *arguments]
    return None


def hand_over(text: str, command: Sequence[str]) -> bool:
    """Give a text to such a command, no shell between; whether it took it. Waits for it: call it from a thread."""
    try:
        done = subprocess.run(
            command, input=clean(text).encode(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=PATIENCE, check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def write_down(text: str, path: Path) -> None:
    """Put a text into a new file that is its owner's alone. Waits for the disk: call it from a thread. Raises
    CannotWriteError, also where something stands there."""
    try:
        with staged(path.parent, path.name, Privacy(), (clean(text).encode(),)) as whole:
            whole.put_new(path)
    except OSError as error:
        raise CannotWriteError.from_os(path, error) from error


def carried(text: str, environ: Mapping[str, str]) -> bool:
    """Whether a terminal may take a text for its clipboard."""
    return environ.get("TERM") not in ("linux", "dumb") and len(clean(text).encode()) * 4 // 3 <= MOST


def clean(text: str) -> str:
    """A text without halves of surrogate pairs, which no encoding carries."""
    return text.encode("utf-8", "replace").decode("utf-8")
