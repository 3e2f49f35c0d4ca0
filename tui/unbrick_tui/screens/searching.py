"""Searching the text of the records, while it is typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from unbrick_tui import standing
from unbrick_tui.bindings import told
from unbrick_tui.driver import Met, seek
from unbrick_tui.screens.moving import MovingScreen
from unbrick_tui.search import Matches, Query, search
from unbrick_tui.text import shorten
from unbrick_tui.widgets.search_bar import SearchBar
from unbrick_tui.widgets.status import Part
from unbrick_tui.working import work
from unbrick_tui.workspace import Result, Workspace


class SearchingScreen(MovingScreen):
    """A search field at the bottom; `n` and `N` go through what it finds, while it is still finding more."""

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

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._matches: Matches | None = None
        self._hunt_serial = 0
        self._step, self._from = 0, 0
        """Where to go as soon as something is found: 1 on, -1 back, 0 nowhere; and from which row."""
        self._origin = (0, 0)
        """Row and scroll offset at which the search began."""

    @property
    def _bar(self) -> SearchBar:
        return self.query_one(SearchBar)

    def action_search(self) -> None:
        """Open the field."""
        if len(self.workspace.view):
            self._origin = self.timeline.cursor, self.timeline.scroll_offset.y
            self._bar.open()

    @on(SearchBar.Changed)
    def _changed(self, event: SearchBar.Changed) -> None:
        self._look_for(event.text, event.regular)

    def _look_for(self, text: str, regular: bool) -> None:
        """Search from where it began; what is no expression is said."""
        try:
            query = Query(text, regular=regular) if text else None
        except ValueError as error:
            self._forget()
            self._bar.hint(f"{error}.")
        else:
            self._bar.hint()
            self._back()
            self._hunt(query, 1)

    @on(SearchBar.Kept)
    def _kept(self, event: SearchBar.Kept) -> None:
        known = self._matches.query if self._matches is not None else None
        if known is None or (known.text, known.regular) != (event.text, event.regular):
            self._look_for(event.text, event.regular)
        if self._matches is None and event.text:
            return
        self._close_search()
        matches = self._matches
        if matches is not None:
            self.timeline.touched = True
            if matches.over and not len(matches):
                self._nowhere(matches)
        self._status()

    @on(SearchBar.Left)
    def _left(self) -> None:
        self._close_search()
        self._forget()
        self._back()

    def _close_search(self) -> None:
        self._bar.close()
        self.set_focus(self.timeline)

    def _back(self) -> None:
        """To where the search began."""
        row, offset = self._origin
        self.timeline.jump(row, centre=False)
        self.timeline.scroll_to(y=offset, animate=False, force=True, immediate=True)

    def action_calm(self) -> None:
        """End a search."""
        self._forget()
        self._status()

    def action_next(self, step: int) -> None:
        """The next match while a search is on, else the next problem."""
        if self._matches is None:
            super().action_next(step)
            return
        self._step, self._from = step, self.timeline.cursor
        self._to_match()

    # The search itself

    def _hunt(self, query: Query | None, step: int = 0) -> None:
        """Look for something else; go to the first find if a `step` is given."""
        self._forget()
        if query is None:
            return
        first = min(self._origin[0] if step else self.timeline.cursor, max(len(self.workspace.view) - 1, 0))
        self._matches = Matches(query, first, len(self.workspace.view))
        self._step, self._from = step, first - 1
        self._show(query)
        self._count()
        self._find(self._hunt_serial, query, first)

    def _forget(self) -> None:
        self._hunt_serial += 1
        self.workers.cancel_group(self, "search")
        if self._matches is not None:
            self._matches = None
            self._show(None)
        self._bar.found("")

    def _show(self, query: Query | None) -> None:
        """Let it stand out in every row."""
        self.timeline.sought = query
        self.timeline.repaint()

    @work(thread=True, exclusive=True, group="search", exit_on_error=False)
    def _find(self, serial: int, query: Query, first: int) -> None:
        workspace = self.workspace
        seek(self, serial, lambda: search(workspace.format, workspace.view, query, first))

    @on(Met)
    def _met(self, event: Met) -> None:
        matches = self._matches
        if event.serial != self._hunt_serial or matches is None:
            return
        matches.add(row for row in event.rows if self._within(row))
        matches.done, matches.over, matches.slow = event.done, event.end, event.slow
        if self._step and len(matches):
            self._to_match()
        elif event.sentence:
            self._wrong(event.sentence)
        elif event.end and not len(matches) and not self._bar.is_open:
            self._nowhere(matches)
        self._count()

    def _within(self, row: int) -> bool:
        """Whether a row is one of those that are shown."""
        return True

    def _to_match(self) -> None:
        assert self._matches is not None
        found = self._matches.after(self._from, self._step)
        if found is not None:
            self._step = 0
            self.timeline.touched = True
            self.timeline.open_run(found)
            self.timeline.jump(found)
        elif self._matches.over:
            self._nowhere(self._matches)

    def _wrong(self, sentence: str) -> None:
        if self._bar.is_open:
            self._bar.hint(f"{sentence}.")
        else:
            self.notify(sentence, severity="warning", markup=False)

    def _nowhere(self, matches: Matches) -> None:
        self.notify(f"{matches.query} is nowhere in this session", severity="warning", markup=False)

    def _taken(self, result: Result, name: str) -> None:
        """The same search over what the session is now."""
        super()._taken(result, name)
        if self._matches is not None and not self._bar.is_open:
            self._hunt(self._matches.query)

    # What is said

    def _count(self) -> None:
        if self._matches is not None and self._bar.is_open:
            self._bar.found(self._matches.said(self.timeline.cursor))
        self._status()

    def _parts(self) -> Iterable[Part]:
        return standing.parts(self.workspace, self.timeline.cursor, self._searched())

    def _searched(self) -> Part | None:
        matches = self._matches
        if matches is None or self._bar.is_open:
            return None
        said = matches.said(self.timeline.cursor)
        name, short = str(matches.query), shorten(str(matches.query), 16)
        ends = told(self, "esc ends", esc="find.end")
        return Part((f"{name} {said}, {ends}", f"{name} {said}", f"{short} {said}", said), 80, "$accent")
