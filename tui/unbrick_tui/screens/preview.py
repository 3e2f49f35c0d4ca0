"""What would be done, before it is: in the conversation and in bytes; of several fixes, which."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import repeat
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList, Static

from unbrick.printable import printable, printable_lines
from unbrick.telling import diff
from unbrick_tui import ahead
from unbrick_tui.bindings import told
from unbrick_tui.driver import Done, Failed, drive
from unbrick_tui.outline import Outline
from unbrick_tui.prose import Passage
from unbrick_tui.screens.choice import Choices
from unbrick_tui.text import ascii_only
from unbrick_tui.widgets.footer import Footer
from unbrick_tui.widgets.hanging import Hanging
from unbrick_tui.widgets.text_view import TextView
from unbrick_tui.working import work
from unbrick_tui.workspace import Result, Work, Workspace

Again = Callable[[Collection[str]], Work[Result]]
"""The same work without some findings, named by id."""

ALL = "all"
"""Given back when all findings of that code are to be mended instead."""


class Picks(Choices):
    """A list of which some are chosen; `[x]` says so without colour. `space` or a click changes one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "select", "choose", show=False, id="list.choose")]

    class Changed(Message):
        """Others are chosen now."""

    def __init__(self, titles: Sequence[str], id: str) -> None:
        super().__init__(*map(self._said, titles, repeat(True)), id=id, markup=False)
        self._titles = titles
        self.chosen = set(range(len(titles)))

    def _said(self, title: str, chosen: bool) -> Hanging:
        return Hanging((f"[{'x' if chosen else ' '}] ", Content(title)))

    @on(OptionList.OptionSelected)
    def _flip(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        index = event.option_index
        self.chosen ^= {index}
        self.replace_option_prompt_at_index(index, self._said(self._titles[index], index in self.chosen))
        self.post_message(self.Changed())


class PreviewScreen(Screen[Result | str | None]):
    """Gives back the result to take over, `all`, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", "apply", key_display="enter", priority=True, id="preview.apply"),
        Binding("escape,q", "leave", "back", key_display="esc", id="preview.back"),
        Binding("a", "all", "all of this kind", id="preview.all"),
        Binding("tab", "app.focus_next", "list, text", show=False, id="preview.focus"),
    ]

    def __init__(
        self, workspace: Workspace, before: Outline, result: Result, *, again: Again | None = None, alike: str = "",
    ) -> None:
        super().__init__()
        self._workspace = workspace
        self._before = before
        self._result = result
        self._again = again
        self._alike = alike
        self._serial = 0
        self._busy = False
        self._offered = result.done.applied if result.done is not None and again is not None else ()

    def compose(self) -> ComposeResult:
        """What it is, which of several, what it changes, keys."""
        yield Static(self._plain(self._title()), id="what", markup=False)
        if len(self._offered) > 1:
            yield Picks([
                self._plain(printable(f"{one.finding.id}  {one.fix.title}: {one.fix.price}")) for one in self._offered
            ], id="picks")
        yield TextView(self._passages(), ascii_=self._workspace.glyphs.ascii, id="text")
        yield Footer()

    def on_mount(self) -> None:
        """The list has the keys where there is one."""
        (self.query_one("#picks") if len(self._offered) > 1 else self.query_one("#text")).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`a` is there when there are others of its kind."""
        return action != "all" or bool(self._alike)

    def _title(self) -> str:
        done = self._result.done
        if self._busy:
            return "Working it out again"
        if len(self._offered) > 1:
            number = len(done.applied) if done else 0
            said = f"{number} of {len(self._offered)} fixes: space leaves one out, enter applies"
            return told(self, said, space="list.choose", enter="preview.apply")
        history = self._result.history
        name = history.done[-1].title if done is not None and history is not None else self._result.said
        also = told(self, f", a all {self._alike}", a="preview.all") if self._alike else ""
        return f"{printable(name)}. {told(self, 'enter applies it', enter='preview.apply')}{also}"

    def _passages(self) -> Iterator[Passage]:
        workspace, result = self._workspace, self._result
        if result.history is None:
            yield "warn", result.said
            return
        yield "head", "In the conversation"
        fixes = result.done.fixes if result.done is not None else ()
        yield from ahead.conversation(self._before.report, result.outline.report, workspace.glyphs, fixes)
        if result.done is not None and len(result.done.applied) > 1 and len(self._offered) < 2:
            yield "plain", ""
            yield "head", "Done together"
            yield from ahead.applied(result.done.applied)
        source = workspace.bundle.main
        found = ahead.changes(source, workspace.patch, result.history.patch)
        yield "plain", ""
        yield "head", "In the file"
        yield "plain", f"  {diff.count(found, source)}"
        yield "plain", ""
        yield "head", "In bytes"
        edits = [edit for step in result.history.done for edit in step.edits]
        yield from ahead.in_bytes(source, workspace.patch, result.history.patch, edits)

    def _plain(self, text: str) -> str:
        text = printable_lines(text)
        return ascii_only(text) if self._workspace.glyphs.ascii else text

    def _show(self) -> None:
        self.query_one("#what", Static).update(self._plain(self._title()))
        self.query_one("#text", TextView).say(self._passages())

    @on(Picks.Changed)
    def _chosen(self) -> None:
        chosen = self.query_one(Picks).chosen
        without = {one.finding.id for index, one in enumerate(self._offered) if index not in chosen}
        if self._again is None:
            return
        self._serial += 1
        self._busy = True
        self.query_one("#what", Static).update(self._plain(self._title()))
        again = self._again
        self._run(self._serial, lambda: again(without))

    @work(thread=True, exclusive=True, group="engine", exit_on_error=False)
    def _run(self, serial: int, start: Callable[[], Work[Result]]) -> None:
        drive(self, serial, "preview", start)

    @on(Done)
    def _done(self, event: Done) -> None:
        event.stop()
        if event.serial == self._serial:
            self._result, self._busy = event.result, False
            self._show()

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        event.stop()
        if event.serial == self._serial:
            self._busy = False
            self.notify(event.sentence, severity="error", markup=False)

    def action_apply(self) -> None:
        """Do it; not while another choice is worked out."""
        if not self._busy:
            self.dismiss(self._result if self._result.history is not None else None)

    def action_all(self) -> None:
        """All of this kind instead."""
        self.dismiss(ALL)

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)
