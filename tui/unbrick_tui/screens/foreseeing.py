"""The next fix is worked out before anybody asks for it: while a person reads what is wrong, the processor has nothing
to do. It is the work that the key begins, only begun earlier, and so is what comes of it; who asks meanwhile waits for
the rest. At most one result is held, and none of a session that has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import thread_time
from typing import Any

from textual.worker import Worker

from unbrick.editing.history import History
from unbrick.finding import Finding, Fix
from unbrick.report import Report
from unbrick_tui.attention import at_leisure
from unbrick_tui.driver import AHEAD, drive
from unbrick_tui.outline import Outline
from unbrick_tui.remedy import ranked, remedy
from unbrick_tui.screens.agents import AgentsScreen
from unbrick_tui.working import work
from unbrick_tui.workspace import Result, Work

TRY = "try"
"""The name of work whose result is shown before it is taken over."""

LOADED = 10
"""Records that take as long to judge as one that is loaded."""
LEAST, MOST = 5_000, 300_000
"""What a verdict costs, in records: below, nobody feels it; above, it is too much work, and too much to hold, for what
perhaps nobody asks for."""
LONG = 3.0
"""Seconds of processor time after which work that nobody asked for is given up."""

Wish = tuple[str, str]
"""A finding's id and a fix's."""
EVERY: Wish = ("", "")
"""All fixes that keep everything."""


@dataclass(eq=False)
class Foreseen:
    """Work that was begun ahead, on which state of the session, and its result once there is one."""

    outline: Outline
    history: History
    wish: Wish
    start: Callable[[], Work[Result]]
    asked: bool = False
    """Whether somebody waits for it."""
    result: Result | None = None
    over: bool = False
    worker: Worker[None] | None = None

    def run(self) -> Work[Foreseen]:
        """Do it while nobody waits for other work, and give it up when it takes too long. What fails is left to fail
        when it is asked for."""
        end = thread_time() + LONG
        work = self.start()
        try:
            while self.asked or thread_time() < end:
                yield next(work) if self.asked or at_leisure() else 0
        except StopIteration as stop:
            self.result = stop.value
        except Exception:
            # It fails again, and is told, when somebody asks for it.
            return self
        finally:
            self.over = True
            work.close()
        return self

    @property
    def going(self) -> bool:
        """Whether there is a result, or one may come."""
        return self.result is not None or not (self.over or (self.worker is not None and self.worker.is_cancelled))


def worthwhile(report: Report) -> bool:
    """Whether the verdict after a fix takes so long that it is felt, and not too long: by what there is to judge, so
    that the same session is always treated alike."""
    situation = report.situation
    return LEAST <= len(situation.session) + LOADED * len(situation.request.row) <= MOST


class ForeseeingScreen(AgentsScreen):
    """What the header proposes, or the first answer to a question which fix, is worked out ahead."""

    _foreseen: Foreseen | None = None

    def _propose(self) -> None:
        """Foresee what the header proposes."""
        outline = self.workspace.outline
        if outline is None or self._foreseen is not None:
            return
        step = remedy(outline.report)
        if step.key == "F":
            self._foresee(EVERY, self.workspace.fix_all)
        elif step.finding is not None:
            self._foresee_first([(step.finding, fix) for fix in ranked(step.finding)])

    def _foresee_first(self, pairs: Sequence[tuple[Finding, Fix]]) -> None:
        """Foresee the first of some fixes."""
        finding, fix = next(iter(pairs), (None, None))
        if finding is not None and fix is not None and fix.edits:
            self._foresee((finding.id, fix.id), lambda: self.workspace.fix(finding, fix))

    def _foresee(self, wish: Wish, start: Callable[[], Work[Result]]) -> None:
        workspace, outline = self.workspace, self.workspace.outline
        if self._busy or outline is None or self._news.change or self._news.trouble or self._foretold(wish) is not None:
            return
        self._let_go()
        if worthwhile(outline.report):
            self._foreseen = found = Foreseen(outline, workspace.history, wish, start)
            found.worker = self._prepare(found)

    @work(thread=True, exclusive=True, group="engine", exit_on_error=False)
    def _prepare(self, found: Foreseen) -> None:
        drive(self, 0, AHEAD, found.run)

    def _foretold(self, wish: Wish | None) -> Foreseen | None:
        """What was begun ahead of just this, on the session as it is now."""
        found, workspace = self._foreseen, self.workspace
        now = found is not None and found.outline is workspace.outline and found.history is workspace.history
        return found if found is not None and now and found.wish == wish and found.going else None

    def _let_go(self) -> None:
        found, self._foreseen = self._foreseen, None
        if found is not None and found.worker is not None:
            found.worker.cancel()

    def _wished(self, wish: Wish | None, start: Callable[[], Work[Result]]) -> None:
        """Work something out to be shown; take what was foreseen, or wait for the rest of it."""
        found = self._foretold(wish)
        if found is None:
            self._drive(TRY, start)
        elif found.result is not None:
            self._taken(found.result, TRY)
        else:
            self._busy, self._rows, found.asked = TRY, 0, True
            self._say()

    def _beside(self, name: str, result: Any) -> None:  # noqa: ANN401 - what work comes to
        if name != AHEAD:
            super()._beside(name, result)
        elif self._busy == TRY and isinstance(result, Foreseen) and result is self._foreseen and result.asked:
            self._busy, result.asked = "", False
            self._wished(result.wish, result.start)

    def _drive(self, name: str, start: Callable[[], Work[Any]]) -> None:
        self._let_go()
        super()._drive(name, start)

    def _taken(self, result: Result, name: str) -> None:
        self._let_go()
        super()._taken(result, name)
        # One that is being written to is judged again and again.
        if name != "follow":
            self.call_after_refresh(self._propose)

    def look(self) -> None:
        """As ever; what was worked out is of the file as it was read."""
        super().look()
        if (self._news.change or self._news.trouble) and not self._busy:
            self._let_go()
