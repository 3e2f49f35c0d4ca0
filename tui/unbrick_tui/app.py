"""The terminal application: a thin reader over `unbrick`; every decision is made there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.theme import Theme

from unbrick.bundle import Bundle
from unbrick.formats import Format
from unbrick.printable import printable
from unbrick.target import NOWHERE, Surroundings, Target
from unbrick_tui.glyphs import choose
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.workspace import ChooseTarget, Workspace

DARK = Theme(
    name="unbrick-dark", primary="#5fa8d3", secondary="#c9a36b", accent="#7fc8a9", foreground="#d8dee6",
    background="#12161c", surface="#1a2029", panel="#1f2732", warning="#e0b050", error="#ef6f6c", success="#7ec98f",
    dark=True,
)
LIGHT = Theme(
    name="unbrick-light", primary="#1f6f9f", secondary="#7a5200", accent="#00694d", foreground="#1d2430",
    background="#fbfbf9", surface="#f1f1ed", panel="#e6e7e2", warning="#8a5a00", error="#b3261e", success="#1e6b34",
    dark=False,
)
THEMES = (DARK, LIGHT)


class UnbrickApp(App[int]):
    """One session at a time."""

    TITLE = "unbrick"
    CSS_PATH = Path("app.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", show=False, priority=True),
    ]

    def __init__(self, workspace: Workspace, theme: str | None = None) -> None:
        super().__init__()
        self.workspace = workspace
        for known in THEMES:
            self.register_theme(known)
        wanted = theme or os.environ.get("TEXTUAL_THEME")
        self.theme = wanted if wanted in self.available_themes else DARK.name
        if workspace.glyphs.ascii:
            self.add_class("-ascii")

    def on_mount(self) -> None:
        """Open the session."""
        self.title = f"unbrick {printable(self.workspace.bundle.path.name)}"
        self.push_screen(SessionScreen(self.workspace))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: what the keys of this screen do, and the theme."""
        for binding in type(screen).BINDINGS:
            if isinstance(binding, Binding) and binding.description:
                action = binding.action
                yield SystemCommand(
                    binding.description, binding.tooltip or binding.description,
                    lambda action=action: screen.run_action(action),
                )
        yield SystemCommand("theme", "change the colours", self.action_change_theme)

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


def run(
    format_: Format, bundle: Bundle, *, target: Target | ChooseTarget | None = None,
    surroundings: Surroundings = NOWHERE, ascii: bool = False, theme: str | None = None,
) -> int:
    """Show a session until the person leaves; the exit status. `target` may be worked out from the session, once
    it is read. Nothing is written unless the person saves."""
    glyphs = choose(ascii, os.environ, getattr(sys.stdout, "encoding", None))
    workspace = Workspace(format_, bundle, target=target, surroundings=surroundings, glyphs=glyphs)
    status = UnbrickApp(workspace, theme).run()
    return status or 0
