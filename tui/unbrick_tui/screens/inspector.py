"""One record in full: to read, as it is sent, what it hangs together with, as JSON, as the bytes of its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from unbrick import relations
from unbrick.printable import printable
from unbrick.record import read
from unbrick_tui import as_sent, details, links, pictures, readable
from unbrick_tui.copying import copyable, offered
from unbrick_tui.outline import Outline
from unbrick_tui.prose import FINE, PAGE, Bounds, Paragraph, Passage
from unbrick_tui.screens.choice import Answer, Choices, ChoiceScreen
from unbrick_tui.screens.picture import PictureScreen
from unbrick_tui.search import Query
from unbrick_tui.text import ascii_only
from unbrick_tui.widgets.footer import Footer
from unbrick_tui.widgets.tabs import TabStrip
from unbrick_tui.widgets.text_view import TextView
from unbrick_tui.working import work
from unbrick_tui.workspace import Workspace

MODES = ("read", "sent", "links", "JSON", "bytes")
READ, SENT, LINKS, JSON, BYTES = range(5)
STEP = 8
"""So many times as much is laid out when more is asked for."""
LARGE = 1_000_000
"""Bytes of a record from which on it is read in a thread: keys are answered meanwhile."""


class InspectorScreen(Screen[tuple[str, int]]):
    """Gives back an action of the session that is wanted next, such as `fix`, or nothing, and the row it ended on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "leave('')", "back", key_display="esc", id="record.back"),
        Binding("v,tab", "mode(1)", "next view", key_display="v", id="record.mode"),
        Binding("shift+tab", "mode(-1)", "view before", show=False, id="record.mode-before"),
        *(
            Binding(str(number), f"choose({number - 1})", name, show=False, id=f"record.{name.lower()}")
            for number, name in enumerate(MODES, 1)
        ),
        Binding("J,n", "step(1)", "next record", key_display="n", id="record.next"),
        Binding("K,p", "step(-1)", "previous record", key_display="p", id="record.previous"),
        Binding("backspace", "return", "where one came from", show=False, id="record.return"),
        Binding("m", "more", "more", id="record.more", tooltip="lay out more of a long text"),
        Binding("i", "pictures", "images", show=False, id="record.images", tooltip="show the images of the record"),
        Binding("f", "leave('fix')", "fix", id="record.fix"),
        Binding("y", "copy", "copy", id="record.copy"),
    ]

    @dataclass
    class Laid(Message):
        """A text was put together in a thread."""

        serial: int
        passages: list[Passage]
        hidden: int

    @dataclass
    class Related(Message):
        """What a record hangs together with was looked up."""

        serial: int
        said: list[Paragraph]
        answers: list[Answer]

    def __init__(self, workspace: Workspace, row: int, sought: Query | None = None) -> None:
        super().__init__()
        self._sought = sought
        self._workspace = workspace
        self._row = row
        self._mode = READ
        self._most = PAGE
        self._hidden = 0
        self._serial = 0
        self._trail: list[int] = []

    def compose(self) -> ComposeResult:
        """Where one is, the views, the text or the links, the keys."""
        yield Static("", id="where", markup=False)
        yield TabStrip(MODES, id="views")
        yield TextView(ascii_=self._workspace.glyphs.ascii, id="text")
        yield Footer()

    def on_mount(self) -> None:
        """Show the record."""
        if self._sought is not None:
            self.query_one("#text", TextView).sought = self._sought.spans
        self._show()

    # Showing

    def _show(self, *, keep: bool = False) -> None:
        workspace = self._workspace
        where = f"{details.place(workspace.view, self._row)} of {len(workspace.view):,}"
        self.query_one("#where", Static).update(where)
        self.query_one(TabStrip).choose(self._mode)
        self.set_class(self._mode == LINKS, "-links")
        self._serial += 1
        if self._mode == LINKS:
            self._show_links()
            return
        text = self.query_one("#text", TextView)
        text.focus()
        bounds = Bounds(self._most, FINE)
        if workspace.view.head(self._row, 0)[1] > LARGE:
            if not keep:
                text.say([("dim", "reading a large record…")])
            self._read(self._serial, self._row, self._mode, bounds)
        else:
            text.say(self._passages(self._row, self._mode, bounds), keep=keep)
            self._hidden = bounds.hidden

    def _passages(self, row: int, mode: int, bounds: Bounds) -> Iterator[Passage]:
        workspace = self._workspace
        if mode == READ:
            yield from readable.record(
                workspace.format, workspace.view, row, workspace.outline, workspace.glyphs, bounds,
            )
        elif mode == SENT and workspace.outline is None:
            yield "dim", "The check is not done yet; what is sent is known behind it."
        elif mode == SENT and workspace.outline is not None:
            yield from as_sent.passages(workspace.format, workspace.outline, row, bounds)
        elif mode == JSON:
            yield from readable.structure(workspace.view, row, workspace.outline, bounds)
        else:
            yield from readable.raw_bytes(workspace.view, row, bounds)

    @work(thread=True, exclusive=True, group="record", exit_on_error=True)
    def _read(self, serial: int, row: int, mode: int, bounds: Bounds) -> None:
        passages = list(self._passages(row, mode, bounds))
        if not get_current_worker().is_cancelled:
            self.post_message(self.Laid(serial, passages, bounds.hidden))

    @on(Laid)
    def _laid(self, event: Laid) -> None:
        if event.serial == self._serial:
            self.query_one("#text", TextView).say(event.passages, keep=self._most > PAGE)
            self._hidden = event.hidden

    def _show_links(self) -> None:
        if not self.query(Choices):
            # Only now: a screen that comes up is styled and laid out part by part.
            about = TextView(ascii_=self._workspace.glyphs.ascii, id="about")
            self.mount(about, Choices(id="links", markup=False), after="#text")
        about, choices = self.query_one("#about", TextView), self.query_one(Choices)
        choices.clear_options()
        outline = self._workspace.outline
        if outline is None:
            about.say([("dim", "The check is not done yet; links are known behind it.")])
        else:
            self._relate(self._serial, self._row, outline, max(self.size.width - 8, 20))

    @work(thread=True, exclusive=True, group="record", exit_on_error=True)
    def _relate(self, serial: int, row: int, outline: Outline, width: int) -> None:
        """What hangs together is looked up over the whole session, the first time."""
        workspace = self._workspace
        found = relations.related(outline.report.situation, row)
        answers = [*links.works(outline, row), *links.answers(workspace, found, width)]
        said = list(links.about(workspace, outline, row, found))
        said.append(("dim", "Enter goes there, backspace comes back." if answers else "No other record belongs to it."))
        if not get_current_worker().is_cancelled:
            self.post_message(self.Related(serial, said, answers))

    @on(Related)
    def _related(self, event: Related) -> None:
        if event.serial != self._serial:
            return
        choices = self.query_one(Choices)
        self.query_one("#about", TextView).say(event.said)
        choices.add_options(map(self._option, event.answers))
        choices.focus()
        choices.highlighted = 0 if event.answers else None

    def _option(self, answer: Answer) -> Option:
        title, detail = printable(answer.title), printable(answer.detail)
        if self._workspace.glyphs.ascii:
            title, detail = ascii_only(title), ascii_only(detail)
        return Option(Content.assemble((title, "bold"), f"\n   {detail}"), id=answer.id)

    # Keys

    @on(OptionList.OptionSelected)
    def _followed(self, event: OptionList.OptionSelected) -> None:
        if event.option.id is None:
            return
        kind, row = links.row_of(event.option.id)
        if kind == links.FOLD:
            self.dismiss((kind, row))
        else:
            self._trail.append(self._row)
            self._go(row, READ)

    @on(TabStrip.Chosen)
    def _tab(self, event: TabStrip.Chosen) -> None:
        self.action_choose(event.index)

    def _go(self, row: int, mode: int) -> None:
        self._row, self._mode, self._most = row, mode, PAGE
        self._show()

    def action_return(self) -> None:
        """Back along the links."""
        if self._trail:
            self._go(self._trail.pop(), LINKS)

    def action_mode(self, step: int) -> None:
        """The next way of showing it."""
        self.action_choose((self._mode + step) % len(MODES))

    def action_choose(self, mode: int) -> None:
        """One way of showing it."""
        self._go(self._row, mode)

    def action_step(self, step: int) -> None:
        """The next or previous record."""
        self._go(max(0, min(self._row + step, len(self._workspace.view) - 1)), self._mode)

    def action_more(self) -> None:
        """Lay out more of what is long."""
        if self._hidden:
            self._most *= STEP
            self._show(keep=True)
        else:
            self.notify("all of it is shown", markup=False)

    @work(group="ask", exclusive=True)
    async def action_copy(self) -> None:
        """Ask what of it, and copy that."""
        found = copyable(self._workspace, self._row)
        answers = offered(found, max(min(self.size.width * 9 // 10, 110) - 7, 20), self._workspace.glyphs)
        hint = "enter copies, esc goes back"
        screen = ChoiceScreen("Copy", (), answers, ascii_=self._workspace.glyphs.ascii, hint=hint)
        chosen = await self.app.push_screen_wait(screen)
        if chosen is not None:
            self.app.copy_to_clipboard(found[int(chosen)][1])

    def action_pictures(self) -> None:
        """Show its images, decoded only now."""
        value, _fault = read(self._workspace.view.raw(self._row))
        found = [] if value is None else pictures.shown(self._workspace.format.blocks(value))
        if found:
            self.app.push_screen(PictureScreen(found, self._workspace.glyphs))
        else:
            self.notify("this record holds no image", markup=False)

    def action_leave(self, wish: str) -> None:
        """Back to the timeline."""
        self.dismiss((wish, self._row))
