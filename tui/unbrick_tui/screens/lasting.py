"""What takes long can be stopped, and what was not saved when the application ended unexpectedly is offered again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from unbrick_tui import recovery, saving
from unbrick_tui.bindings import called
from unbrick_tui.driver import drive
from unbrick_tui.folding import Level
from unbrick_tui.patience import LAST, Asking, SilentError
from unbrick_tui.recovery import Kept
from unbrick_tui.screens.choice import Answer
from unbrick_tui.screens.copying import CopyingScreen
from unbrick_tui.settings import DEFAULTS
from unbrick_tui.state import State
from unbrick_tui.text import count
from unbrick_tui.working import work

T = TypeVar("T")

WRITES = {"save", "keep", "restore"}
"""Work that is never stopped half way: it writes."""


KEPT, AGAIN = "kept", "again"
"""The names of work: looking for edits that were kept, and doing them again on a file that changed."""


class LastingScreen(CopyingScreen):
    """Stopping, and going on with what was left."""

    _found: Kept | None = None
    """Edits that are being done again. Until they are, they are kept as they were."""

    _warned = False
    """Whether it was said that edits cannot be kept."""

    def on_mount(self) -> None:
        """Keys are offered by what they are set to."""
        self.workspace.called = self.timeline.called = called(self._of_app("settings", DEFAULTS).keys)

    def _as_before(self) -> None:
        """As much detail as was set, or else as was shown the last time."""
        wanted = self._of_app("settings", DEFAULTS).detail or self._of_app("state", State()).number("detail")
        if wanted in tuple(Level) and wanted != Level.USUAL:
            super().action_level(Level(wanted))

    def _of_app(self, name: str, otherwise: T) -> T:
        """What the application holds for all its screens; other applications may show this one, too."""
        found: T = getattr(self.app, name, otherwise)
        return found

    def action_level(self, level: int) -> None:
        """Show as much as a level says, now and the next time."""
        super().action_level(level)
        self._remembered(lambda: self._of_app("state", State()).put("detail", int(level)), None)

    def action_calm(self) -> None:
        """End a search or a filter; where there is none, offer to stop what is being done."""
        if self._busy and self._busy not in WRITES and self._matches is None and not self._chosen:
            self._offer_to_stop(self._serial)
        else:
            super().action_calm()

    @work(group="ask", exclusive=True)
    async def _offer_to_stop(self, serial: int) -> None:
        checks = self._busy == "check"
        said = "the session can be read, but is not checked; R begins it again" if checks else "nothing is changed"
        answers = [Answer("on", "Go on"), Answer("stop", "Stop", said)]
        chosen = await self._ask("Stop checking?" if checks else "Stop what is being done?", (), answers)
        if chosen == "stop" and serial == self._serial:
            self._held = None
            if self._busy:
                self.stop()

    def stop(self) -> None:
        """Let go of the work at hand. Without a check nothing is known of the session as it stands."""
        what, self._busy = self._busy, ""
        self._serial += 1
        self.workers.cancel_group(self, "engine")
        if what == "check":
            self.workspace.outline = None
            self._note = "the check was stopped"
        self._say()

    # What was left of the last time

    def keep_edits(self) -> bool:
        """Keep what is not saved for the next time; whether there was any and it is kept."""
        memory: Asking = self._of_app("memory", None) or Asking()
        try:
            seconds = None if memory.silent() else LAST
            return memory.ask(lambda: recovery.keep(self.workspace), seconds, anyway=True)
        except SilentError:
            return False

    @property
    def fleeting(self) -> bool:
        """Whether there are edits that would have to be kept."""
        return self.workspace.unsaved and not self.workspace.bundle.main.private

    def look(self) -> None:
        """As ever; and whether edits could be kept."""
        super().look()
        memory: Asking | None = self._of_app("memory", None)
        if self._warned or not self.fleeting:
            return
        if memory is None:
            self._hindered(recovery.hindrance())
        elif memory.silent():
            self._hindered("the disk that they are kept on does not answer")
        else:
            memory.begin(lambda: self.call_later(self._hindered, recovery.hindrance()))

    def _hindered(self, why: str) -> None:
        """Tell it once."""
        if why and not self._warned:
            self._warned = True
            said = f"unsaved edits would not outlive a failure: {why}; {self.workspace.key('w')} saves them"
            self.notify(said, severity="warning", timeout=15)

    def _remembered(self, work: Callable[[], T], otherwise: T) -> T:
        """What is done with what is remembered, on a disk of its own; `otherwise` where that does not answer."""
        memory: Asking | None = self._of_app("memory", None)
        return work() if memory is None else memory.known(work, otherwise)

    def forget_edits(self) -> None:
        """Remove what was kept of them."""
        self._remembered(lambda: recovery.forget(self.workspace), None)

    def _taken(self, result: Any, name: str) -> None:  # noqa: ANN401 - what work comes to
        if name == "save":
            self.forget_edits()
        elif name == AGAIN and self._found is not None and result.history.done:
            recovery.take(self.workspace, self._found)
        first = self.workspace.outline is None
        super()._taken(result, name)
        if first:
            self._as_before()
            if not self.workspace.history.steps:
                self._look_for_kept()

    @work(thread=True, exclusive=True, group=KEPT, exit_on_error=False)
    def _look_for_kept(self) -> None:
        drive(self, 0, KEPT, lambda: recovery.kept(self.workspace))

    def _beside(self, name: str, result: Any) -> None:  # noqa: ANN401 - what work comes to
        if name != KEPT:
            super()._beside(name, result)
        elif result is not None:
            self._when_back("there are edits that were not saved", lambda: self._offer_kept(result))

    @work(group="ask", exclusive=True)
    async def _offer_kept(self, found: Kept) -> None:
        title = f"{count(len(found.titles), 'edit')} not saved when unbrick ended"
        chosen = None
        if self._busy in WRITES or self.workspace.history.steps:
            self.notify(f"{title}; offered when it is opened the next time")
        else:
            chosen = await self._ask(title, saving.left(found), saving.left_answers(found))
        if chosen == "apply" and (found.changed or found.history.source is not self.workspace.bundle.main):
            self._found = found
            self._drive(AGAIN, lambda: self.workspace.again(found.history))
        elif chosen == "apply":
            recovery.take(self.workspace, found)
            self.workspace.history = found.history
            self.timeline.show(self.workspace.view, None)
            self._drive("check", self.workspace.check)
        elif chosen == "refuse":
            self._remembered(lambda: recovery.refuse(found), None)
            self._look_for_kept()
        else:
            recovery.let_go(found)
