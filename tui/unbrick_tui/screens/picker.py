"""Choosing a session: a list that can be filtered by typing, verdicts that come in behind it, the last turns below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from unbrick.printable import printable
from unbrick_tui.last_turns import facts
from unbrick_tui.screens.behind import BehindScreen
from unbrick_tui.shelf import Order, Shelf
from unbrick_tui.text import ascii_only, count, one_line, shorten
from unbrick_tui.widgets.footer import Footer
from unbrick_tui.widgets.session_list import SessionHeads, SessionList
from unbrick_tui.widgets.text_view import Paragraph, TextView

SHORT, WIDE = 20, 150
"""Lines below which there is no preview, columns from which it stands beside the list."""


class PickerScreen(BehindScreen):
    """A shelf on screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", key_display="enter", tooltip="open the session", id="pick.open"),
        Binding("exclamation_mark", "broken", "broken only", key_display="!", id="pick.broken",
                tooltip="only those that are refused, will not open or lose history; or all again"),
        Binding("greater_than_sign", "order(1)", "order", key_display=">", id="pick.order",
                tooltip="newest, largest or broken first; < goes back"),
        Binding("less_than_sign", "order(-1)", "previous order", key_display="<", show=False, id="pick.order_back"),
        Binding("slash", "type", "filter", key_display="/", show=False, id="pick.filter",
                tooltip="filter by title, project or id; any letter begins it, behind / also q"),
        Binding("f5", "again", "look again", show=False, tooltip="look what is there now", id="pick.again"),
        Binding("ctrl+x", "judging", "stop judging", show=False, id="pick.judging",
                tooltip="stop the checks behind the list, or go on with them"),
        Binding("ctrl+y", "copy", "copy", show=False, tooltip="copy the path of the session", id="pick.copy"),
        Binding("question_mark,f1", "app.help", "help", key_display="?", tooltip="these keys", id="app.help"),
        Binding("escape", "back", "back", show=False, tooltip="end the filter, or leave", id="pick.back"),
        Binding("q", "leave", "quit", tooltip="leave", id="pick.quit"),
    ]

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(shelf)
        self._typing = False

    def compose(self) -> ComposeResult:
        """What there is, the filter, the list, the session at the cursor and its last turns, the keys."""
        yield Static("", id="summary", markup=False)
        yield Static("", id="needle", markup=False)
        with Vertical(id="halves"):
            with Vertical(id="choice"):
                yield SessionHeads(self.shelf)
                yield SessionList(self.shelf)
            with Vertical(id="below"):
                yield Static("", id="facts", markup=False)
                turns = TextView(ascii_=self.shelf.glyphs.ascii, id="turns")
                turns.can_focus = False
                yield turns
        yield Footer()

    def on_mount(self) -> None:
        """Show the sessions at once; what they are and how they are comes in behind."""
        self.sessions.focus()
        self.learn()

    @property
    def sessions(self) -> SessionList:
        """The list."""
        return self.query_one(SessionList)

    def _turns(self, said: Sequence[Paragraph]) -> None:
        turns = self.query_one("#turns", TextView)
        turns.say(said)
        turns.scroll_end(animate=False, force=True, immediate=True)

    def _show(self) -> None:
        """Bring everything up to date."""
        if self.is_mounted:
            self.sessions.show()
            self.query_one(SessionHeads).refresh()
            self._say()

    @on(SessionList.Moved)
    def _moved(self) -> None:
        self._say()
        row = self._previewing = self.sessions.row
        if row is not None:
            self.preview(row)
        else:
            self.query_one("#turns", TextView).say([])

    def on_resize(self) -> None:
        """The preview stands where there is room for it."""
        self.set_class(self.size.height < SHORT, "-short")
        self.set_class(self.size.width >= WIDE, "-wide")
        self.call_after_refresh(self._show)

    def _say(self) -> None:
        shelf, glyphs, width = self.shelf, self.shelf.glyphs, max(self.size.width - 2, 20)
        total, judged, broken = shelf.counts()
        shown = len(self.sessions.rows)
        dot = f" {glyphs.dot} "
        parts = [self.late(), f"{shown:,} of {count(total, 'session')}" if shown != total else count(total, "session")]
        parts.append(f"matching {printable(Path(shelf.word).name)}" if shelf.word else "")
        parts.append(f"{broken:,} broken" if broken else "none broken" if judged == total else "")
        if judged < total:
            state = "judging them" if self._busy else "judging stopped, ctrl+x goes on"
            parts.append(f"{glyphs.busy} {state}: {judged:,} of {total:,}")
        parts += ["broken only" if shelf.broken else "", shelf.order.value]
        self._put("#summary", shorten(dot.join(filter(None, parts)), width, glyphs.ellipsis))
        needle = self.query_one("#needle", Static)
        needle.set_class(bool(shelf.needle or self._typing), "-typed")
        hint = "type to filter by title, project or id"
        if shelf.needle or self._typing:
            hint = f"{printable(shelf.needle)}{glyphs.cursor}"
            if not shown and shelf.needle:
                hint += "  nothing is called so; esc shows all"
        elif not shown:
            hint = "none of them is broken; ! shows all" if shelf.broken else "there are no sessions"
        self._put("#needle", shorten(f"{glyphs.prompt} {hint}", width, glyphs.ellipsis))
        row = self.sessions.row
        said = one_line(facts(row, glyphs)) if row is not None else ""
        room = self.query_one("#facts").content_size.width or width
        self._put("#facts", shorten(said, room, glyphs.ellipsis))

    def _put(self, where: str, text: str) -> None:
        self.query_one(where, Static).update(ascii_only(text) if self.shelf.glyphs.ascii else text)

    # Acts

    async def typed(self, event: events.Key) -> bool:
        """What is typed filters. A letter with a meaning of its own keeps it until there is something to filter by."""
        shelf = self.shelf
        if event.key == "backspace":
            if shelf.needle:
                self._filter(shelf.needle[:-1])
        elif event.key == "ctrl+w":
            self._filter(shelf.needle.rstrip().rpartition(" ")[0])
        elif event.character is not None and event.is_printable:
            if event.key in self.active_bindings and not (self._filtering and event.character.isalnum()):
                return False
            self._filter(shelf.needle + event.character)
        else:
            return False
        return True

    def on_paste(self, event: events.Paste) -> None:
        """An id or a title from elsewhere."""
        self._filter(_typed(self.shelf.needle + event.text))
        event.stop()

    @property
    def _filtering(self) -> bool:
        return self._typing or bool(self.shelf.needle)

    def _filter(self, needle: str) -> None:
        self.shelf.needle = needle
        self._show()

    def action_type(self) -> None:
        """Begin to filter: every letter counts from now on."""
        if self._filtering:
            self._filter(self.shelf.needle + "/")
        self._typing = True
        self._say()

    def action_back(self) -> None:
        """End the filter; without one, leave."""
        if self._filtering:
            self._typing = False
            self._filter("")
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """Leave."""
        self.dismiss(None)

    def action_broken(self) -> None:
        """Only the broken ones, or all."""
        self.shelf.broken = not self.shelf.broken
        self._show()

    def action_order(self, step: int) -> None:
        """Another order."""
        orders = list(Order)
        self._order(orders[(orders.index(self.shelf.order) + step) % len(orders)])

    @on(SessionHeads.Wanted)
    def _wanted(self, event: SessionHeads.Wanted) -> None:
        self._order(event.order)

    def _order(self, order: Order) -> None:
        self.shelf.order = order
        self._show()

    @on(SessionList.Opened)
    def _chosen(self, event: SessionList.Opened) -> None:
        self.open(event.row)

    def action_open(self) -> None:
        """Open the session at the cursor."""
        if self.sessions.row is not None:
            self._chosen(SessionList.Opened(self.sessions.row))

    def action_again(self) -> None:
        """Look what is there now."""
        self.look()

    def action_judging(self) -> None:
        """Stop the checks, or go on with them."""
        if self._busy and self._judging is not None:
            self._judging.stop()
            self._busy = False
            self._say()
        else:
            self.learn()

    def action_copy(self) -> None:
        """The path to the clipboard."""
        if self.sessions.row is not None:
            self.app.copy_to_clipboard(str(self.sessions.row.stored.path))


def _typed(text: str) -> str:
    """A pasted text as a filter: one line, no longer than a path."""
    return " ".join(text.split())[:400]
