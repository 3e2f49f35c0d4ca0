"""The terminal application: a thin reader over `unbrick`; every decision is made there."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path, PurePath
from signal import SIGHUP
from typing import Any, ClassVar

from rich.console import RenderableType
from rich.text import Text
from textual import events
from textual._context import active_message_pump
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.css.query import NoMatches
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.theme import Theme
from textual.widgets import Input

from unbrick.errors import CannotWriteError
from unbrick.printable import printable, printable_lines
from unbrick_tui import clipboard
from unbrick_tui.attention import attend
from unbrick_tui.bindings import TakesKeys, area
from unbrick_tui.failures import explain
from unbrick_tui.hangup import EVERY, Hangup, listen, steady
from unbrick_tui.patience import Asking, Patience, Threads
from unbrick_tui.screens.help import HelpScreen, keys, keys_of
from unbrick_tui.screens.path import PathScreen
from unbrick_tui.screens.picker import PickerScreen
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.settings import DEFAULTS, Settings
from unbrick_tui.shelf import Shelf
from unbrick_tui.state import State
from unbrick_tui.text import size
from unbrick_tui.theme import DARK, THEMES, shades, turned
from unbrick_tui.working import work
from unbrick_tui.workspace import Workspace

_HERE = Path(__file__).parent
STYLES: list[str | PurePath] = [_HERE / "app.tcss", *sorted((_HERE / "screens").glob("*.tcss"))]
"""All at the start: each that came with its screen had everything that is known parsed again, which held the first
press of a key up by a tenth of a second."""


BUILTIN = "textual-dark"
"""The theme that Textual begins with."""
KEPT = "are kept, and offered when the session is opened again"
LOST = "that were not saved are lost: they could not be kept"


class UnbrickApp(App[int]):
    """One session at a time, or a choice of them first."""

    TITLE = "unbrick"
    CSS_PATH = STYLES
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", show=False, priority=True, tooltip="leave from anywhere", id="app.quit"),
        Binding("ctrl+z", "suspend_process", "suspend", show=False, tooltip="to the shell; fg comes back",
                id="app.suspend"),
        Binding("ctrl+t", "turn", "light or dark", show=False, tooltip="light colours or dark ones", id="app.turn"),
        Binding("question_mark,f1", "help", "help", key_display="?", tooltip="these keys", id="app.help"),
        Binding("ctrl+p", "command_palette", "actions", show=False, tooltip="all actions by name", id="app.palette"),
    ]

    def __init__(
        self, first: Workspace | Shelf, settings: Settings = DEFAULTS, state: State | None = None, note: str = "",
    ) -> None:
        super().__init__()
        self.driver_class = steady(self.driver_class)
        self._hangup = Hangup()
        self.patience: Patience | None = None
        """Through which files are read, where it must not be waited for them."""
        self.memory: Asking | None = None
        """Who waits for the disk of what is remembered, where the interface must not."""
        self.threads = Threads()
        self.settings = settings
        self.state = state or State()
        self._notes = [note] * bool(note)
        self._first = first
        for known in THEMES:
            self.register_theme(known)
        self._dress()
        self.set_keymap(dict(settings.keys))
        if first.glyphs.ascii:
            self.add_class("-ascii")

    def _dress(self) -> None:
        """The theme that was set, else the one chosen last."""
        wanted = (self.settings.theme, os.environ.get("TEXTUAL_THEME"), self.state.text("theme"))
        known = [name for name in wanted if name in self.available_themes]
        if self.settings.theme is not None and self.settings.theme not in self.available_themes:
            self._notes.append(f"there is no theme “{self.settings.theme}”; ctrl+p lists those that there are")
        # Textual has taken the name that $TEXTUAL_THEME gives for its own: what is no change would change nothing.
        self.set_reactive(App.theme, BUILTIN)
        self.theme = known[0] if known else DARK.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Shades that themes do not name; the painted lines cannot blend, so these are plain colours."""
        return shades(self.current_theme.dark)

    def on_mount(self) -> None:
        """Open the session, or offer the choice; whoever leaves the first screen leaves the application."""
        screen: Screen[None]
        if isinstance(self._first, Workspace):
            self.title = f"unbrick {printable(self._first.bundle.path.name)}"
            screen = SessionScreen(self._first)
        else:
            screen = PickerScreen(self._first)
        self.push_screen(screen, lambda _result: self.exit(0))
        for note in (*self._notes, *self.settings.mistakes):
            self.notify(printable(note), timeout=15, markup=False)
        self.theme_changed_signal.subscribe(self, self._remember)
        if not self.is_headless:
            asyncio.get_running_loop().set_default_executor(self.threads)
            listen(self._ended)
            self.set_interval(EVERY, self._look)

    async def on_event(self, event: events.Event) -> None:
        """What comes from the person goes before whatever is worked on."""
        if isinstance(event, events.InputEvent) and not self.is_headless:
            attend()
        await super().on_event(event)

    def notify(self, message: str, **how: Any) -> None:  # noqa: ANN401
        """Say something in passing; what comes from a transcript or a path is made safe here, where it is painted."""
        super().notify(printable_lines(message), **{"markup": False, **how})

    def _remember(self, theme: Theme) -> None:
        """Begin with the same colours next time."""
        if self.memory is None:
            self.state.put("theme", theme.name)
        else:
            self.memory.known(lambda: self.state.put("theme", theme.name), None)

    def action_turn(self) -> None:
        """From dark to light and back."""
        self.theme = turned(self.theme, self.current_theme.dark)

    def action_help(self) -> None:
        """Show the keys of the screen that is on top."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(keys_of(self.screen), self._first.glyphs, self.settings.keys))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: what the keys of this screen do, area by area, and each theme."""
        for binding, owner in keys_of(screen):
            if binding.description and binding.id not in ("app.palette",):
                name = f"{area(binding)}: {binding.description}"
                said = f"{binding.tooltip or binding.description} ({keys(binding, self.settings.keys)})"
                yield SystemCommand(name, said, partial(self.run_action, binding.action, owner))
        for name in sorted(self.available_themes, key=lambda name: not name.startswith("unbrick-")):
            title = f"Colours: {name.removeprefix('unbrick-')}"
            yield SystemCommand(title, "remembered for the next time", partial(setattr, self, "theme", name))

    def action_command_palette(self) -> None:
        """The palette, in words that any terminal carries."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder="what to do", id="--command-palette"))

    def _fatal_error(self) -> None:
        """A fault of our own is one sentence: a traceback with its values would spill the transcript."""
        error = sys.exc_info()[1]
        kept = self._keep_edits()
        if error is None or os.environ.get("UNBRICK_TRACEBACK"):
            super()._fatal_error()
        else:
            self.panic(Text(f"unbrick: {explain(error)[0]}{kept}"))

    def _handle_exception(self, error: Exception) -> None:
        """A screen that was left while it was just coming up misses its parts: nobody is to read of it."""
        if not (self._exit or (isinstance(error, NoMatches) and self._was_left(active_message_pump.get(None)))):
            super()._handle_exception(error)

    def _was_left(self, pump: MessagePump | None) -> bool:
        """Whether something belongs to a screen that is shown no longer."""
        if pump is None or pump is self:
            return False
        while pump is not None and not isinstance(pump, Screen):
            pump = pump._parent
        return pump not in self.screen_stack

    def _keep_edits(self) -> str:
        """Keep what is not saved for the next time; a sentence about it."""
        held = [screen for screen in self.screen_stack if isinstance(screen, SessionScreen) and screen.fleeting]
        if not held:
            return ""
        kept = sum(screen.keep_edits() for screen in held) == len(held)
        return f" The edits {KEPT if kept else LOST}."

    def _look(self) -> None:
        if self._hangup:
            self._ended(SIGHUP)

    def panic(self, *renderables: RenderableType) -> None:
        """Also the thread that reads keys comes here when the terminal is gone."""
        if self._hangup:
            self._ended(SIGHUP)
        else:
            super().panic(*renderables)

    def _ended(self, signal: int) -> None:
        """Somebody wants the process gone, or the terminal is."""
        kept = self._keep_edits().strip()
        self._hangup.let_go()
        self.exit(return_code=128 + signal, message=kept or None)

    async def on_key(self, event: events.Key) -> None:
        """Keys that no widget took come here one by one, each when the one before has had its effect, however fast they
        are typed: so what a key means to the screen is asked here. A letter that was typed before the field had the
        keys, and so reached nobody, still goes into the field."""
        screen, field = self.screen, self.focused
        if isinstance(screen, TakesKeys) and await screen.typed(event):
            event.prevent_default()
            event.stop()
        elif isinstance(field, Input) and event.character is not None and event.is_printable:
            field.insert_text_at_cursor(event.character)
            event.stop()

    def copy_to_clipboard(self, text: str) -> None:
        """To the desktop's clipboard and the terminal's; where neither takes it, a file is offered."""
        self._copy(text, clipboard.program(os.environ), clipboard.carried(text, os.environ))

    @work(group="copy", exclusive=True)
    async def _copy(self, text: str, command: Sequence[str] | None, carried: bool) -> None:
        if carried:
            super().copy_to_clipboard(clipboard.clean(text))
        taken = command is not None and await asyncio.to_thread(clipboard.hand_over, text, command)
        if taken or carried:
            said = f"copied, {size(len(text))}" + ("" if taken else ", if the terminal allows it")
            self.notify(said, markup=False)
        else:
            self._write_instead(text)

    @work(group="ask", exclusive=True)
    async def _write_instead(self, text: str) -> None:
        """Ask for a file to put it in."""
        title = "It cannot be copied from here; write it to"
        path = await self.push_screen_wait(PathScreen(Path("copied.txt").absolute(), title))
        if path is not None:
            self._write_down(text, path)

    @work(group="write")
    async def _write_down(self, text: str, path: Path) -> None:
        try:
            await asyncio.to_thread(clipboard.write_down, text, path)
        except CannotWriteError as error:
            self.notify(explain(error)[0], severity="error", markup=False)
        else:
            self.notify(printable(f"written to {path}"), markup=False)

    async def action_quit(self) -> None:
        """Leave as the screen below leaves: it asks when edits are not saved."""
        session = next((s for s in self.screen_stack if isinstance(s, SessionScreen)), None)
        if session is not None:
            if session is self.screen:
                session.action_leave()
            else:
                self.screen.dismiss(None)
            return
        self.exit(0)
