"""The request as it will be sent, for this target or another, and those that really went out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from unbrick.aims import aims
from unbrick.report import Report
from unbrick.sent import Sent
from unbrick.target import Target
from unbrick.telling import sentences
from unbrick.telling.wording import verdict
from unbrick_tui import headline, recorded
from unbrick_tui.bindings import told
from unbrick_tui.driver import Done, Failed, drive
from unbrick_tui.headline import Piece
from unbrick_tui.listing import Listing, RequestListing, next_listing
from unbrick_tui.screens.inspector import InspectorScreen
from unbrick_tui.screens.target import TargetScreen
from unbrick_tui.text import count, shorten
from unbrick_tui.widgets.footer import Footer
from unbrick_tui.widgets.listing_view import ListingView
from unbrick_tui.widgets.verdict import VerdictView
from unbrick_tui.working import work
from unbrick_tui.workspace import Work, Workspace

NEXT = -1
"""The request to come, where those that were sent are counted from 0."""


class Wish(NamedTuple):
    """What is wanted of the session next: to stand on a row, to be judged for a target."""

    row: int | None = None
    target: Target | None = None


class RequestScreen(Screen[Wish]):
    """Shows the session's request; what is tried here changes nothing until it is used."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,m", "leave", "back", key_display="esc", id="request.back"),
        Binding("enter", "go", "to the line", key_display="enter", id="request.go", tooltip="to its line"),
        Binding("space", "inspect", "read", show=False, id="request.read", tooltip="read the record it comes from"),
        Binding("t", "target", "target", id="request.target", tooltip="judge for another client, model or way"),
        Binding("U", "use", "use it", id="request.use", tooltip="judge the session for this target from now on"),
        Binding("r", "recorded", "recorded", id="request.recorded", tooltip="what really went out, where it was noted"),
        Binding("left_square_bracket", "page(-1)", "older", show=False, key_display="[", id="request.older"),
        Binding("right_square_bracket", "page(1)", "newer", show=False, key_display="]", id="request.newer"),
        Binding("d", "compare", "compare", id="request.compare", tooltip="beside the next one, or what is sent now"),
        Binding("n", "refused(1)", "refused", show=False, id="request.refused", tooltip="next block that is refused"),
        Binding("N", "refused(-1)", "refused before", show=False, id="request.refused-before"),
        Binding("J", "message(1)", "next message", show=False, id="request.next-message"),
        Binding("K", "message(-1)", "message before", show=False, id="request.message-before"),
        Binding("percent_sign", "mate", "other half", show=False, key_display="%", id="request.mate"),
    ]

    def __init__(self, workspace: Workspace, report: Report, row: int) -> None:
        super().__init__()
        self._workspace = workspace
        self._own = report
        self._report = report
        self._row = row
        self._sent: Sequence[Sent] | None = None
        self._at = NEXT
        self._against: int | None = None
        """What it is compared with: another recorded request, or NEXT."""
        self._said = ""
        self._busy = ""
        self._serial = 0

    def compose(self) -> ComposeResult:
        """Three lines about it, the messages, the keys."""
        glyphs = self._workspace.glyphs
        yield VerdictView(ascii_=glyphs.ascii, id="head")
        yield ListingView(glyphs, id="messages")
        yield Footer()

    def on_mount(self) -> None:
        """The request to come, at the record that the timeline stands on, else at what is refused, else at its end."""
        listing = next_listing(self._report.situation, self._workspace.glyphs)
        own = listing.of_row(self._row)
        self._show(listing, next(iter(listing.below), len(listing) - 1) if own is None else own)
        self.query_one(ListingView).focus()

    def on_resize(self) -> None:
        """The lines on top follow the width."""
        self._say()

    @property
    def _view(self) -> ListingView:
        return self.query_one(ListingView)

    # What is shown

    def _show(self, listing: Listing, cursor: int = 0) -> None:
        self._view.show(listing, cursor)
        self._say()

    def _say(self) -> None:
        if not self.is_mounted:
            return
        glyphs, width = self._workspace.glyphs, max(self.size.width - 2, 20)
        lines = [self._title(), headline.judged(self._report, width, glyphs), self._state()]
        self.query_one("#head", VerdictView).say([list(_fitted(line, width, glyphs.ellipsis)) for line in lines])

    def _title(self) -> list[Piece]:
        report = self._report
        if self._at != NEXT and self._sent:
            one = self._sent[self._at]
            place = report.situation.place(one.row)
            said = f"Request {self._at + 1} of {len(self._sent)} that went out, noted on {place}: "
            return [(said + f"{sentences.messages(one.size)}, {one.proof.words}", "strong")]
        request, refused = report.situation.request, len(report.situation.violations)
        held = f"{sentences.messages(len(request))}, {count(len(request.row), 'block')}"
        return [
            ("The request as it will be sent: " if report.target.resumed else "The request: ", "strong"), (held, ""),
            (f", {refused} refused" if refused else "", "bad"),
        ]

    def _state(self) -> list[Piece]:
        glyphs = self._workspace.glyphs
        if self._busy:
            return [(f"{glyphs.busy} {self._busy}", "strong")]
        if self._said:
            return [(self._said, "dim")]
        if self._report.target != self._own.target:
            was, _style = verdict(self._own)
            word, style = verdict(self._report)
            return [
                (f"{self._own.target.version or 'before'}: {was} {glyphs.arrow} ", "dim"), (word, style),
                (f" {glyphs.dot} U uses this target for the session", "dim"),
            ]
        hint = "enter goes to the line, % to the other half, t tries another client or model"
        ids = {"enter": "request.go", "%": "request.mate", "t": "request.target"}
        return [(told(self, hint, **ids), "dim")]

    # Work in the background

    def _work(self, name: str, doing: str, start: Callable[[], Work[Any]]) -> None:
        self._serial += 1
        self._busy = doing
        self._say()
        self._run(self._serial, name, start)

    @work(thread=True, exclusive=True, group="request", exit_on_error=False)
    def _run(self, serial: int, name: str, start: Callable[[], Work[Any]]) -> None:
        drive(self, serial, name, start)

    @on(Done)
    def _done(self, event: Done) -> None:
        if event.serial != self._serial:
            return
        self._busy = ""
        if event.name == "target":
            row = self._view.listing.row(self._view.cursor) if self._view.listing is not None else None
            self._report, self._row = event.result, self._row if row is None else row
            self.on_mount()
        elif event.name == "recorded":
            self._sent = event.result
            self._open(len(event.result) - 1)
        else:
            self._said = event.result.said
            self._show(event.result.listing)
        self._say()

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        if event.serial == self._serial:
            self._busy = ""
            self.notify(event.sentence, severity="error", markup=False)
            self._say()

    # Another target

    @work(group="ask", exclusive=True)
    async def action_target(self) -> None:
        """Choose another target, and see what becomes of the request."""
        workspace, report = self._workspace, self._report
        choices = list(aims(workspace.format, report.situation.session, workspace.surroundings, report.target))
        target = await self.app.push_screen_wait(TargetScreen(workspace.format, choices, report.target))
        if target is not None and target != report.target:
            self._at, self._against, self._said = NEXT, None, ""
            self._work("target", f"judging for {sentences.client(target)}", lambda: workspace.imagine(target))

    def action_use(self) -> None:
        """Judge the session for this target from now on."""
        if self._report.target == self._own.target:
            self.notify("it is the session's target already; t tries another one", markup=False)
        else:
            self.dismiss(Wish(target=self._report.target))

    # Those that went out

    def action_recorded(self) -> None:
        """To the last request that went out, and back to the one to come."""
        if self._at != NEXT:
            self._at, self._against, self._said = NEXT, None, ""
            self.on_mount()
        elif self._sent is not None:
            self._open(len(self._sent) - 1)
        else:
            session = self._report.situation.session
            self._work("recorded", "reading what went out", lambda: recorded.all_of(self._workspace, session))

    def _open(self, index: int, against: int | None = None) -> None:
        sent = self._sent or ()
        if not sent:
            self.notify(recorded.NONE, markup=False)
            return
        self._at, self._against, self._said = max(0, min(index, len(sent) - 1)), against, ""
        other = None if against is None or against == NEXT else sent[against]
        one, situation, glyphs = sent[self._at], self._report.situation, self._workspace.glyphs
        self._work("open", "putting it together", lambda: (
            recorded.alone(one, situation, glyphs) if against is None
            else recorded.compared(one, other, situation, glyphs)
        ))

    def action_page(self, step: int) -> None:
        """An older or newer request that went out; behind the newest is the one to come."""
        if self._at == NEXT:
            if step < 0:
                self.action_recorded()
        elif self._at + step >= len(self._sent or ()):
            self.action_recorded()
        else:
            self._open(self._at + step)

    def action_compare(self) -> None:
        """Beside the request that went out next, then beside what is sent now, then by itself again."""
        if self._at == NEXT:
            self.notify("r shows what went out; d compares it", markup=False)
            return
        following = self._at + 1 if self._at + 1 < len(self._sent or ()) else NEXT
        after = {None: following, following: NEXT, NEXT: None}[self._against]
        self._open(self._at, None if self._against == NEXT else after)

    # Moving

    def action_go(self) -> None:
        """To the line that the item comes from."""
        row = self._view.listing.row(self._view.cursor) if self._view.listing is not None else None
        if row is None:
            self.notify("no line of the file: the client writes this itself", markup=False)
        else:
            self.dismiss(Wish(row))

    @on(ListingView.Opened)
    def _opened(self) -> None:
        self.action_go()

    @work(group="ask", exclusive=True)
    async def action_inspect(self) -> None:
        """Read the record that the item comes from."""
        row = self._view.listing.row(self._view.cursor) if self._view.listing is not None else None
        if row is None:
            self.notify("no record of the file: the client writes this itself", markup=False)
        else:
            wish, ended = await self.app.push_screen_wait(InspectorScreen(self._workspace, row))
            if wish:
                self.dismiss(Wish(ended))

    def action_refused(self, step: int) -> None:
        """The next block that is refused."""
        view = self._view
        below = list(view.listing.below) if view.listing is not None else []
        ahead = [item for item in below if (item - view.cursor) * step > 0]
        if below:
            view.jump((ahead or below)[0 if step > 0 else -1])
        else:
            self.notify("nothing of it is refused", markup=False)

    def action_message(self, step: int) -> None:
        """The next message."""
        listing = self._view.listing
        if isinstance(listing, RequestListing):
            message = listing.message(self._view.cursor)
            inside = step < 0 and self._view.cursor > listing.item(message)
            self._view.jump(listing.item(message if inside else message + step))

    def action_mate(self) -> None:
        """From a call to its result and back."""
        mates = self._view.mates
        if mates:
            self._view.jump(next((mate for mate in mates if mate > self._view.cursor), mates[0]))
        else:
            self.notify("no other half: this is neither a call nor a result, or it has none", markup=False)

    def action_leave(self) -> None:
        """Back to the timeline; nothing is changed."""
        self.dismiss(Wish())


def _fitted(line: Sequence[Piece], width: int, ellipsis: str) -> Iterator[Piece]:
    """The pieces of a line as far as there is room."""
    for text, style in line:
        shown = shorten(text, max(width, 0), ellipsis)
        width -= cell_len(shown)
        yield shown, style
