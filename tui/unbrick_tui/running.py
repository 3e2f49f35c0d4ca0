"""From an open session, or the choice of one, to the application that runs until the person leaves."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from unbrick import source
from unbrick.bundle import Bundle
from unbrick.errors import CannotReadError
from unbrick.formats import Format
from unbrick.opening import Choices
from unbrick.saving import atomic
from unbrick.sessions.cache import folder
from unbrick.target import NOWHERE, Surroundings, Target
from unbrick_tui.app import UnbrickApp
from unbrick_tui.attention import Attentive
from unbrick_tui.failures import CANNOT
from unbrick_tui.glyphs import Glyphs, choose
from unbrick_tui.judging import ready
from unbrick_tui.patience import Asking, Patience
from unbrick_tui.settings import DEFAULTS, Settings
from unbrick_tui.shelf import Shelf
from unbrick_tui.state import State
from unbrick_tui.waiting import LOOKING, slow
from unbrick_tui.workspace import ChooseTarget, Workspace


def run(
    format_: Format, bundle: Bundle, *, target: Target | ChooseTarget | None = None,
    surroundings: Surroundings = NOWHERE, settings: Settings = DEFAULTS, note: str = "",
) -> int:
    """Show a session until the person leaves; the exit status. `target` may be worked out from the session, once
    it is read; `note` is said in passing. Nothing is written unless the person saves."""
    _take_keyboard()
    glyphs = _glyphs(settings.ascii)
    with slow(f"opening {bundle.path}"):
        workspace = Workspace(format_, bundle, target=target, surroundings=surroundings, glyphs=glyphs)
    return _show(workspace, settings, note)


def choose_session(
    choices: Choices, cwd: Path, *, paths: Sequence[Path] | None = None, word: str = "",
    settings: Settings = DEFAULTS,
) -> int:
    """Offer the sessions of this machine, or those at some paths that a word stands for, and show those that the
    person opens; the exit status."""
    ready()
    with slow(LOOKING):
        shelf = Shelf(choices, cwd, paths=paths, word=word, glyphs=_glyphs(settings.ascii), cache=folder())
    return _show(shelf, settings)


def _glyphs(ascii_: bool) -> Glyphs:
    return choose(ascii_, os.environ, getattr(sys.stdout, "encoding", None))


TURN = 0.001
"""Seconds after which a thread that works gives way to one that waits. A key takes several turns from its arrival to
its paint, and with Python's own 5 ms each they come to what a person feels."""

OLDER = 3
"""Looks for cycles among new objects after which the somewhat older ones are looked at as well. A screen that was
left is a cycle of ten thousands: with Python's own 10, several were taken away together, and a key waited 60 ms. What
was imported is not looked through any more."""


def _show(first: Workspace | Shelf, settings: Settings, note: str = "") -> int:
    sys.setswitchinterval(TURN)
    gc.set_threshold(gc.get_threshold()[0], OLDER)
    gc.freeze()
    try:
        with slow("reading what was remembered the last time"):
            state = State.of_machine()
        app = UnbrickApp(first, settings, state, note)
        app.patience = source.system = atomic.system = Patience()
        app.memory = Asking()
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(Attentive())) as runner:
            status = runner.run(app.run_async()) or 0
        if not status and app.return_code:
            status = app.return_code if app.return_code > 128 else CANNOT
        if app.threads.left:
            # The interpreter would wait for them at its end, and closing for the disk.
            os._exit(status)
        return status
    finally:
        first.close()


def _take_keyboard() -> None:
    """Read keys from the terminal where standard input was the transcript."""
    if os.isatty(0):
        return
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError as error:
        raise CannotReadError("There is no keyboard to read: save the transcript to a file and open that.") from error
    os.dup2(terminal, 0)
    os.close(terminal)
