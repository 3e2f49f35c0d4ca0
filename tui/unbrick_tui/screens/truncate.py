"""Cutting: the ladder of places, what each would keep and drop, and the cut as the timeline shows it."""

from __future__ import annotations

from collections.abc import Generator
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.screen import Screen
from textual.widgets import Static

from unbrick.truncate import Offer, offers, safe_points
from unbrick.weighing.beginnings import Beginning
from unbrick_tui import cutting
from unbrick_tui.driver import Done, Failed, drive
from unbrick_tui.outline import Outline
from unbrick_tui.text import ascii_only
from unbrick_tui.widgets.footer import Footer
from unbrick_tui.widgets.ladder import Ladder
from unbrick_tui.widgets.overview import Overview
from unbrick_tui.widgets.painting import Cut
from unbrick_tui.widgets.text_view import TextView
from unbrick_tui.widgets.timeline import Timeline
from unbrick_tui.working import work
from unbrick_tui.workspace import Workspace

WIDE = 110
"""From this many columns on the ladder stands beside the timeline."""
BROAD = 140
"""From this many it has half of them: a price is long."""


class TruncateScreen(Screen[Offer | Beginning | None]):
    """Gives back where to cut behind, or what to begin with, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,t", "leave", "back", key_display="esc", id="cut.back"),
        Binding("enter", "cut", "cut here", key_display="enter", priority=True, id="cut.here"),
        Binding("left_square_bracket,left", "step(1)", "cut more", key_display="[", id="cut.more"),
        Binding("right_square_bracket,right", "step(-1)", "cut less", key_display="]", id="cut.less"),
        Binding("b", "turn", "drop the beginning", id="cut.turn"),
        Binding("y", "copy", "copy the prompts", id="cut.copy"),
        Binding("tab", "app.focus_next", "ladder, timeline, text", show=False, id="cut.focus"),
    ]

    def __init__(self, workspace: Workspace, outline: Outline, start: int) -> None:
        super().__init__()
        self._workspace = workspace
        self._outline = outline
        self._start = start
        self._places: cutting.Places | None = None
        self._front = False
        self._index = [0, 0]

    def compose(self) -> ComposeResult:
        """The ladder, the timeline with what goes and the whole beside it, what is kept and dropped."""
        glyphs = self._workspace.glyphs
        yield Static("", id="what", markup=False)
        with Container(id="both"):
            yield Ladder(glyphs, id="ladder")
            with Horizontal(id="reading"):
                timeline = Timeline(self._workspace.format, self._workspace.view, glyphs, id="timeline")
                yield timeline
                yield Overview(timeline, glyphs, id="overview")
        yield TextView(ascii_=glyphs.ascii, id="cut")
        yield Footer()

    def on_mount(self) -> None:
        """Find the places in the background: first those that are safe now, then those that fixes make safe."""
        self.query_one(Timeline).show(self._workspace.view, self._outline)
        self.query_one(Ladder).focus()
        self._say("Looking for points where every call is answered")
        self._find()

    def on_resize(self, event: events.Resize) -> None:
        """Beside each other where there is room."""
        self.set_class(event.size.width >= WIDE, "-wide")
        self.set_class(event.size.width >= BROAD, "-broad")

    @work(thread=True, exclusive=True, group="points", exit_on_error=False)
    def _find(self) -> None:
        workspace, report = self._workspace, self._outline.report

        def now() -> Generator[int, None, cutting.Places]:
            yield 0
            return cutting.Places(report.situation, [Offer(point) for point in safe_points(report)]).prepare()

        def mended() -> Generator[int, None, cutting.Places]:
            found = yield from offers(
                workspace.format, report, workspace.patch, workspace.surroundings, workspace.clock
            )
            return cutting.Places(report.situation, found).prepare()

        drive(self, 0, "points", now)
        drive(self, 0, "points", mended)

    @on(Done)
    def _found(self, event: Done) -> None:
        event.stop()
        before = self._pointed()
        self._places = event.result
        if isinstance(before, Offer):
            same = [i for i, one in enumerate(self._places.offers) if one.point.at == before.point.at]
            # The ladder may have grown above the place that is looked at.
            self._index[0] = same[0] if same and self._index[0] else 0
        self._show()

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        event.stop()
        self._say(event.sentence)

    def _pointed(self) -> Offer | Beginning | None:
        if self._places is None:
            return None
        found: list[Offer | Beginning] = [*(self._places.beginnings if self._front else self._places.offers)]
        return found[min(self._index[self._front], len(found) - 1)] if found else None

    def _show(self) -> None:
        """The ladder anew, and what is pointed at."""
        places = self._places
        if places is None:
            return
        if self._front:
            self.query_one(Ladder).show(
                len(places.beginnings), lambda i: cutting.start_line(places, places.beginnings[i]), self._index[1],
            )
        else:
            self.query_one(Ladder).show(
                len(places.offers), lambda i: cutting.line(places, places.offers[i]), self._index[0],
            )
        self._point()

    def _point(self) -> None:
        """Show the place that is pointed at, in the timeline and in words."""
        places, chosen = self._places, self._pointed()
        timeline, text = self.query_one(Timeline), self.query_one("#cut", TextView)
        if places is None:
            return
        total = len(places.beginnings if self._front else places.offers)
        if chosen is None:
            self._say("There is no safe point: no complete turn stands clear of the damage."
                      if not self._front else "There is no other prompt to begin with.")
            timeline.cut = None
            text.say([])
        elif isinstance(chosen, Offer):
            point = chosen.point
            timeline.cut = Cut(0, point.row, places.kept(point.row, point.segment))
            self._say(f"Safe point {self._index[0] + 1:,} of {total:,}: cut behind {places.situation.place(point.row)}")
            text.say(cutting.about(places, chosen, self._outline.report.target.resumed))
            timeline.jump(point.row)
        else:
            timeline.cut = Cut(chosen.row, len(self._workspace.view) - 1)
            place = places.situation.place(chosen.row)
            self._say(f"Beginning {self._index[1] + 1:,} of {total:,}: drop all before {place}")
            text.say(cutting.about_start(places, chosen))
            timeline.jump(chosen.row)
        timeline.repaint()

    def _say(self, text: str) -> None:
        glyphs = self._workspace.glyphs
        shown = f"{glyphs.cut} {text}"
        self.query_one("#what", Static).update(ascii_only(shown) if glyphs.ascii else shown)

    @on(Ladder.Pointed)
    def _moved(self, event: Ladder.Pointed) -> None:
        self._index[self._front] = event.index
        self._point()

    @on(Ladder.Chosen)
    def _clicked(self) -> None:
        self.action_cut()

    def action_step(self, step: int) -> None:
        """The next older or newer point."""
        ladder = self.query_one(Ladder)
        ladder.go(ladder.cursor + step)

    def action_turn(self) -> None:
        """The other end: drop what is behind, or what is before."""
        self._front = not self._front
        self._show()

    def action_copy(self) -> None:
        """The prompts that would go, to the clipboard."""
        chosen, places = self._pointed(), self._places
        if chosen is None or places is None:
            return
        rows = chosen.point.prompts if isinstance(chosen, Offer) else chosen.prompts
        if not rows:
            self.notify("no prompt that is loaded goes", markup=False)
            return
        self.app.copy_to_clipboard(cutting.prompts(places, rows))

    def action_cut(self) -> None:
        """Take this place."""
        if (chosen := self._pointed()) is not None:
            self.dismiss(chosen)

    def action_leave(self) -> None:
        """Cut nothing."""
        self.dismiss(None)
