"""The filters: a list to choose several from, with how many records each would leave."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from unbrick_tui.bindings import HELP
from unbrick_tui.facets import Facet, Facets
from unbrick_tui.screens.choice import Choices
from unbrick_tui.text import ascii_only


class FacetScreen(ModalScreen[frozenset[str] | None]):
    """Gives back the ids of what was chosen, or None to leave all as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "choose", "choose", tooltip="choose, or no longer", id="filter.toggle"),
        Binding("enter", "apply", "show only these", priority=True, tooltip="show only what is chosen",
                id="filter.apply"),
        Binding("c", "clear", "none", tooltip="choose nothing", id="filter.none"),
        Binding("escape,q", "leave", "back", id="filter.back"),
        HELP,
    ]

    def __init__(self, facets: Facets, chosen: Iterable[str], unit: str, *, ascii_: bool = False) -> None:
        super().__init__()
        self._facets = facets
        self._chosen = set(chosen) & {facet.id for facet in facets.listed}
        self._unit = unit
        self._ascii = ascii_

    def compose(self) -> ComposeResult:
        """The list, what it comes to, the keys."""
        with Vertical(id="dialog", classes="tall"):
            yield Static("Show only", id="title", markup=False)
            yield Choices(*self._options(), id="answers", markup=False)
            yield Static("", id="about", markup=False)
            yield Static("space chooses, enter shows, c none, esc goes back", id="hint", markup=False)

    def on_mount(self) -> None:
        """The list has the keys, its first facet the cursor."""
        answers = self.query_one(Choices)
        answers.focus()
        answers.highlighted = 1
        self._sum()

    def _options(self) -> Iterable[Option]:
        group = ""
        for facet in self._facets.listed:
            if facet.group != group:
                group = facet.group
                yield Option(Content.styled(group, "bold"), disabled=True)
            yield Option(self._line(facet), id=facet.id)

    def _line(self, facet: Facet) -> Content:
        mark = "[x]" if facet.id in self._chosen else "[ ]"
        title = ascii_only(facet.title) if self._ascii else facet.title
        return Content(f"{mark} {facet.rows:>9,}  {title}")

    def _sum(self) -> None:
        left = len(self._facets.rows(self._chosen)) if self._chosen else self._facets.total
        said = f"{left:,} of {self._facets.total:,} {self._unit}s"
        self.query_one("#about", Static).update(said if self._chosen else f"{said}: nothing is chosen")

    def action_choose(self) -> None:
        """Choose what is at the cursor, or no longer."""
        answers = self.query_one(Choices)
        if answers.highlighted is None:
            return
        option = answers.get_option_at_index(answers.highlighted)
        self._chosen ^= {option.id or ""}
        facet = next(facet for facet in self._facets.listed if facet.id == option.id)
        answers.replace_option_prompt(facet.id, self._line(facet))
        self._sum()

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self.action_choose()

    @on(events.Click, "#about, #hint")
    def action_apply(self) -> None:
        """Show what was chosen; where that is nothing at all, say so and stay."""
        if self._chosen and not self._facets.rows(self._chosen):
            self.notify(f"no {self._unit} is all of that", severity="warning", markup=False)
            return
        self.dismiss(frozenset(self._chosen))

    def action_clear(self) -> None:
        """Choose nothing."""
        self._chosen = set()
        for facet in self._facets.listed:
            self.query_one(Choices).replace_option_prompt(facet.id, self._line(facet))
        self._sum()

    def action_leave(self) -> None:
        """Leave all as it was."""
        self.dismiss(None)
