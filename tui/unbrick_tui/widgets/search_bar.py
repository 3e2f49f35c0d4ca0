"""The field that searches while it is typed in, with what it found so far beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from unbrick_tui.bindings import told
from unbrick_tui.glyphs import UNICODE, Glyphs
from unbrick_tui.text import ascii_only


class SearchField(Input):
    """One line, and the keys of a search."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+r,alt+r", "ask('turn')", "regular expression", show=False,
            tooltip="while searching: plain text or a regular expression", id="find.regular",
        ),
        Binding(
            "up", "ask('recall')", "last search", show=False,
            tooltip="while searching: what was searched for last", id="find.recall",
        ),
        Binding(
            "escape", "ask('leave')", "back to where it began", show=False,
            tooltip="while searching: back to where it began", id="find.leave",
        ),
    ]

    @dataclass
    class Asked(Message):
        """`turn`, `recall` or `leave`."""

        what: str

    def action_ask(self, what: str) -> None:
        """Ask whoever holds the field."""
        self.post_message(self.Asked(what))


class SearchBar(Vertical):
    """Hidden until it is opened. What is to be searched, and how it goes, is for the screen to say."""

    @dataclass
    class Changed(Message):
        """Something else is looked for."""

        text: str
        regular: bool

    @dataclass
    class Kept(Message):
        """The search stays, the field goes; the last letters may not have been reported yet."""

        text: str
        regular: bool

    class Left(Message):
        """No search after all."""

    def __init__(self, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._regular = False
        self._last = ""

    def compose(self) -> ComposeResult:
        """A mark, the field, what was found; the keys, or what is wrong, below."""
        with Horizontal(id="search-line"):
            yield Static("/", id="search-mark", markup=False)
            # Letters typed before the field knew that it has the keys would be selected, and replaced by the next one.
            yield SearchField(id="search-field", placeholder="search", compact=True, select_on_focus=False)
            yield Static("", id="search-found", markup=False)
        yield Static("", id="search-hint", markup=False)

    @property
    def field(self) -> SearchField:
        """What is typed in."""
        return self.query_one(SearchField)

    def open(self) -> None:
        """Show the field, empty."""
        self.add_class("open")
        self.field.value = ""
        self.found("")
        self.hint()
        # At once: what is typed behind the key is meant for the field.
        self.screen.set_focus(self.field)

    def close(self) -> None:
        """Hide the field."""
        self.remove_class("open")

    @property
    def is_open(self) -> bool:
        """Whether somebody types in it."""
        return self.has_class("open")

    def found(self, said: str) -> None:
        """How it goes."""
        self.query_one("#search-found", Static).update(said)

    def hint(self, wrong: str = "") -> None:
        """What is wrong with what was typed, else what the keys do."""
        other = "plain text" if self._regular else "regular expression"
        keys = {"esc": "find.leave", "ctrl+r": "find.regular"}
        said = wrong or told(self, f"enter keeps it, esc goes back, ctrl+r {other}", **keys)
        hint = self.query_one("#search-hint", Static)
        hint.update(ascii_only(said) if self._glyphs.ascii else said)
        hint.set_class(bool(wrong), "-wrong")
        self.query_one("#search-mark", Static).update("regex" if self._regular else "/")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self.post_message(self.Changed(event.value, self._regular))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._last = event.value or self._last
        self.post_message(self.Kept(event.value, self._regular))

    @on(events.Click, "#search-mark, #search-hint")
    def _clicked(self, event: events.Click) -> None:
        """The mark and the hint say what is searched for; a click turns that round."""
        event.stop()
        self.field.action_ask("turn")

    @on(SearchField.Asked)
    def _asked(self, event: SearchField.Asked) -> None:
        event.stop()
        if event.what == "leave":
            self.post_message(self.Left())
        elif event.what == "recall":
            self.field.value = self._last
            self.field.cursor_position = len(self._last)
        else:
            self._regular = not self._regular
            self.hint()
            self.post_message(self.Changed(self.field.value, self._regular))
