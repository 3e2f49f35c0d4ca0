"""Showing only some records: by who speaks, what they are, tool, problem, and what becomes of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType

from unbrick_tui import standing
from unbrick_tui.bindings import told
from unbrick_tui.driver import drive
from unbrick_tui.facets import Facets, facets
from unbrick_tui.outline import Outline
from unbrick_tui.screens.facets import FacetScreen
from unbrick_tui.screens.searching import SearchingScreen
from unbrick_tui.widgets.status import Part, StatusLine
from unbrick_tui.widgets.timeline import Timeline
from unbrick_tui.working import work
from unbrick_tui.workspace import Result, Work, Workspace


class FilteringScreen(SearchingScreen):
    """A list of filters on one key. What is hidden is hidden from searches and moves, too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ampersand,v", "filter", "filter", show=False, key_display="&, v",
            tooltip="show only some records: by kind, tool, problem, what is loaded", id="filter.open",
        ),
        Binding("backspace", "show_all", "show all", show=False, tooltip="show all records again", id="filter.clear"),
    ]

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._chosen: frozenset[str] = frozenset()
        self._facets: tuple[Outline, Facets] | None = None
        """What can be filtered by, and the outline that it was worked out from."""
        self._asked = False
        """Whether the list is to be shown as soon as it is worked out."""

    @on(StatusLine.Clicked)
    def action_filter(self) -> None:
        """Show what can be filtered by."""
        if self.workspace.outline is None:
            self._wait()
            return
        self._asked = True
        self._with_facets()

    def action_show_all(self) -> None:
        """Show all records again."""
        self._choose(frozenset())

    def action_calm(self) -> None:
        """End a search; where there is none, show all records again."""
        if self._matches is None and self._chosen:
            self.action_show_all()
        else:
            super().action_calm()

    def _with_facets(self) -> None:
        """Go on once the facets of the outline are known."""
        outline = self.workspace.outline
        if outline is None:
            return
        if self._facets is not None and self._facets[0] is outline:
            self._known(self._facets[1])
        else:
            self._count_facets(outline)

    @work(thread=True, exclusive=True, group="facets", exit_on_error=False)
    def _count_facets(self, outline: Outline) -> None:
        drive(self, 0, "facets", lambda: _of(outline))

    def _beside(self, name: str, result: Any) -> None:  # noqa: ANN401
        if name != "facets":
            super()._beside(name, result)
        elif result[0] is self.workspace.outline:
            self._facets = result
            self._known(result[1])

    def _known(self, found: Facets) -> None:
        if self._asked:
            self._asked = False
            self._ask_filter(found)
        elif self._chosen:
            self._apply(found)

    @work(group="ask", exclusive=True)
    async def _ask_filter(self, found: Facets) -> None:
        unit = "record" if self.workspace.bundle.main.unit == "line" else self.workspace.bundle.main.unit
        screen = FacetScreen(found, self._chosen, unit, ascii_=self.workspace.glyphs.ascii)
        chosen = await self.app.push_screen_wait(screen)
        if chosen is not None:
            self._choose(chosen)

    def _choose(self, chosen: frozenset[str]) -> None:
        self._chosen = chosen
        if chosen:
            self._with_facets()
            return
        self.timeline.show_only(None)
        self._search_again()
        self._status()

    def _apply(self, found: Facets) -> None:
        rows = found.rows(self._chosen)
        if rows:
            self.timeline.show_only(rows)
        else:
            self._chosen = frozenset()
            self.timeline.show_only(None)
            self.notify("nothing is left of what was filtered; all records are shown again", markup=False)
        self._search_again()
        self._status()

    def _search_again(self) -> None:
        if self._matches is not None:
            self._hunt(self._matches.query)

    def _taken(self, result: Result, name: str) -> None:
        """The same filter over what the session is now."""
        super()._taken(result, name)
        if self._chosen:
            self._with_facets()

    def _within(self, row: int) -> bool:
        shown = self.timeline.shown
        if shown is None:
            return True
        place = bisect_left(shown, row)
        return place < len(shown) and shown[place] == row

    @on(Timeline.Moved)
    def _left_filter(self) -> None:
        """Whoever goes to a record that is hidden has done with the filter."""
        if self._chosen and self.timeline.shown is None and not self._busy and self._facets is not None:
            self._chosen = frozenset()
            self._search_again()

    # What is said

    def _parts(self) -> Iterable[Part]:
        return standing.parts(self.workspace, self.timeline.cursor, self._searched(), self._filtered())

    def _filtered(self) -> Part | None:
        shown = self.timeline.shown
        if shown is None or self._facets is None:
            return None
        left = f"{len(shown):,} shown"
        title = self._facets[1].title(self._chosen)
        full = f"only {title}: {len(shown):,} of {len(self.workspace.view):,}"
        ends = told(self, "esc ends", esc="find.end")
        return Part((f"{full}, {ends}", full, f"{title}: {left}", left), 78, "$accent")


def _of(outline: Outline) -> Work[tuple[Outline, Facets]]:
    return outline, (yield from facets(outline))
