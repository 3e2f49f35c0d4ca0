"""Searching the text of the records."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import Input

from unbrick_tui.driver import drive
from unbrick_tui.screens.moving import MovingScreen
from unbrick_tui.search import search


class SearchingScreen(MovingScreen):
    """A search field at the bottom; `n` and `N` go through what it finds."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash", "search", "search", key_display="/",
            tooltip="search the text of the records", id="find.search",
        ),
        Binding(
            "n", "next(1)", "next problem", show=False,
            tooltip="next problem, or next match of a search", id="find.next",
        ),
        Binding(
            "N", "next(-1)", "previous problem", show=False,
            tooltip="previous problem or match", id="find.previous",
        ),
        Binding("escape", "calm", "", show=False, id="find.end"),
    ]

    def action_next(self, step: int) -> None:
        """The next match while a search is on, else the next problem."""
        if self.timeline.needle:
            self._search(step)
        else:
            super().action_next(step)

    def action_search(self) -> None:
        """Ask what to search for."""
        field = self.query_one("#search", Input)
        field.add_class("open")
        field.value = ""
        field.focus()

    @on(Input.Submitted, "#search")
    def _submitted(self, event: Input.Submitted) -> None:
        self._close_search()
        self.timeline.needle = event.value
        self.timeline.repaint()
        self._status()
        if event.value:
            self._search(1)

    def _close_search(self) -> None:
        self.query_one("#search", Input).remove_class("open")
        self.timeline.focus()

    def action_calm(self) -> None:
        """End a search, or a bracket."""
        self._bracket = 0
        self._close_search()
        if self.timeline.needle:
            self.timeline.needle = ""
            self.timeline.repaint()
        self._status()

    def _search(self, step: int) -> None:
        timeline, workspace = self.timeline, self.workspace
        if not len(workspace.view):
            return
        start = (timeline.cursor + step) % len(workspace.view)
        self._find(timeline.needle, start, step)

    @work(thread=True, exclusive=True, group="search", exit_on_error=False)
    def _find(self, needle: str, start: int, step: int) -> None:
        workspace = self.workspace
        drive(self, 0, "search", lambda: search(workspace.format, workspace.view, needle, start, step))

    def _beside(self, name: str, result: Any) -> None:  # noqa: ANN401
        if name != "search":
            super()._beside(name, result)
        elif result is None:
            self.notify(f"“{self.timeline.needle}” is nowhere in this session", severity="warning", markup=False)
        else:
            self.timeline.touched = True
            self.timeline.open_run(result)
            self.timeline.jump(result)
