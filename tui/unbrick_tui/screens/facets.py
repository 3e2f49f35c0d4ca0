"""The filters: a list to choose several from, with how many records each would leave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from unbrick_tui.bindings import HELP, told
from unbrick_tui.facets import Facet, Facets
from unbrick_tui.screens.choice import Choices
from unbrick_tui.text import ascii_only


class NarrowField(Input):
    """What narrows the list down; the arrows move in the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move('cursor_down')", "", show=False, id="filter.narrow-down"),
        Binding("up", "move('cursor_up')", "", show=False, id="filter.narrow-up"),
    ]

    async def action_move(self, how: str) -> None:
        """Move in the list."""
        await self.screen.query_one(Choices).run_action(how)


class FacetScreen(ModalScreen[frozenset[str] | None]):
    """Gives back the ids of what was chosen, or None to leave all as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "choose", "choose", tooltip="choose, or no longer", id="filter.toggle"),
        Binding("slash", "narrow", "narrow", tooltip="list only what holds some words", id="filter.narrow"),
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
            yield NarrowField(
                placeholder="type to narrow the list", compact=True, id="narrow", select_on_focus=False,
            )
            yield Choices(id="answers", markup=False)
            yield Static("", id="about", markup=False)
            yield Static(told(
                self, "space chooses, / narrows, enter shows, c none, esc goes back", c="filter.none",
                space="filter.toggle", enter="filter.apply", esc="filter.back", **{"/": "filter.narrow"},
            ), id="hint", markup=False)

    def on_mount(self) -> None:
        """The list has the keys, its first facet the cursor."""
        self.query_one(NarrowField).display = False
        self._list("")
        self.query_one(Choices).focus()
        self._sum()

    def _list(self, wanted: str) -> None:
        answers = self.query_one(Choices)
        answers.clear_options()
        answers.add_options(self._options(wanted.lower().split()))
        answers.highlighted = 1 if answers.option_count else None

    def _options(self, words: Sequence[str]) -> Iterable[Option]:
        group = ""
        for facet in self._facets.listed:
            if not all(word in f"{facet.group} {facet.title}".lower() for word in words):
                continue
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

    def action_narrow(self) -> None:
        """Type what the list is to be narrowed to."""
        field = self.query_one(NarrowField)
        field.display = True
        # At once: what is typed behind the key is meant for the field.
        self.set_focus(field)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._list(event.value)

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
        """Show what was chosen; where that is nothing at all, say so and stay. From the field go to the list."""
        if self.query_one(NarrowField).has_focus:
            self.query_one(Choices).focus()
            return
        if self._chosen and not self._facets.rows(self._chosen):
            self.notify(f"no {self._unit} is all of that", severity="warning", markup=False)
            return
        self.dismiss(frozenset(self._chosen))

    def action_clear(self) -> None:
        """Choose nothing."""
        self._chosen = set()
        self._list(self.query_one(NarrowField).value)
        self._sum()

    def action_leave(self) -> None:
        """List everything again; where it is, leave all as it was."""
        field = self.query_one(NarrowField)
        if field.display:
            field.value = ""
            field.display = False
            self.query_one(Choices).focus()
            return
        self.dismiss(None)
