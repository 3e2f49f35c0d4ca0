"""One session being worked on: what is on disk, what was edited, what the last check said. Generators do the work;
the interface drives them in a worker thread and takes over their results itself."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import NamedTuple, TypeVar

from unbrick import sentences
from unbrick.bundle import Bundle
from unbrick.check import judge
from unbrick.clock import SYSTEM_CLOCK
from unbrick.finding import Finding, Fix
from unbrick.formats import Clock, Format
from unbrick.patch import EMPTY, Patch, View
from unbrick.repair import Repaired, repair
from unbrick.report import Report
from unbrick.rescan import rescan
from unbrick.save import Receipt, save_as_session, save_copy, save_in_place
from unbrick.scan import scan
from unbrick.session import Session, link
from unbrick.source import Source
from unbrick.target import NOWHERE, Surroundings, Target
from unbrick.truncate import SafePoint, truncate
from unbrick_tui.glyphs import UNICODE, Glyphs
from unbrick_tui.outline import Outline
from unbrick_tui.text import count

ChooseTarget = Callable[[Session], Target]


class Step(NamedTuple):
    """One thing that was done: its title, and the patch that it led to."""

    title: str
    patch: Patch


class Result(NamedTuple):
    """What a piece of work came to: the outline of the session afterwards, the step to take over if anything was
    edited, and a sentence to say."""

    outline: Outline
    step: Step | None = None
    said: str = ""


T = TypeVar("T")
Work = Generator[int, None, T]
"""Yields rows read so far, and gives back what came of it."""


class Workspace:
    """State of one session. Only the interface's thread changes it."""

    def __init__(
        self, format_: Format, bundle: Bundle, *, target: Target | ChooseTarget | None = None,
        surroundings: Surroundings = NOWHERE, clock: Clock = SYSTEM_CLOCK, glyphs: Glyphs = UNICODE,
    ) -> None:
        self.format = format_
        self.bundle = bundle
        self.surroundings = surroundings
        self.clock = clock
        self.glyphs = glyphs
        self.outline: Outline | None = None
        self.first: Outline | None = None
        """What the first check said, before any edit."""
        self.saved: Patch = EMPTY
        """The patch that was last written somewhere."""
        self._target = target
        self._steps: list[Step] = []
        self._done = 0

    @property
    def patch(self) -> Patch:
        """What the edits come to."""
        return self._steps[self._done - 1].patch if self._done else EMPTY

    @property
    def titles(self) -> list[str]:
        """What was done, in order."""
        return [step.title for step in self._steps[: self._done]]

    @property
    def unsaved(self) -> bool:
        """Whether there are edits that were written nowhere."""
        return self.patch != self.saved and bool(self._done)

    @property
    def view(self) -> View:
        """The records as the edits leave them."""
        return View(self.bundle.main, self.patch)

    # What the interface takes over

    def take(self, result: Result) -> None:
        """Take over the result of a piece of work."""
        self.outline = result.outline
        self.first = self.first or result.outline
        if result.step is not None:
            self._steps[self._done :] = [result.step]
            self._done += 1

    def back(self) -> str | None:
        """Undo the last edit; its title, or None."""
        if not self._done:
            return None
        self._done -= 1
        return self._steps[self._done].title

    def forth(self) -> str | None:
        """Do the edit again that was undone last; its title, or None."""
        if self._done == len(self._steps):
            return None
        self._done += 1
        return self._steps[self._done - 1].title

    def written(self, receipt: Receipt) -> None:
        """Remember what was saved; a session that was replaced is opened anew, without the edits it now holds.

        Raises CannotReadError when it cannot be opened.
        """
        self.saved = self.patch
        if receipt.backup is not None:
            source = Source.open(self.bundle.path)
            self.bundle.main.close()
            self.bundle = self.format.bundle(source)
            self.saved, self._steps, self._done = EMPTY, [], 0

    # Work for a thread

    def check(self) -> Work[Result]:
        """Judge the session as it is now."""
        view, known = self.view, self.outline
        before = known.report.situation.session.scan if known is not None else None
        if before is not None and before.view.source is view.source:
            scanned = yield from rescan(before, view, self.format.entry)
        else:
            scanned = yield from scan(view, self.format.entry)
        session = link(scanned)
        target = self._target(session) if callable(self._target) else self._target
        return Result(Outline.of(judge(self.format, self.bundle, session, target, self.surroundings)))

    def fix(self, finding: Finding, fix: Fix) -> Work[Result]:
        """Apply one fix."""
        done = yield from self._repair(chosen={finding.id: fix.id}, allow=())
        if not done.applied:
            return Result(Outline.of(done.after), None, "Not applied: it would bring another problem with it.")
        title = f"{fix.title}: {fix.price} ({finding.code}, {sentences.place(finding).rstrip(': ') or 'the session'})"
        return Result(Outline.of(done.after), Step(title, done.patch), f"{fix.title}: {fix.price}. u takes it back.")

    def fix_all(self) -> Work[Result]:
        """Apply every fix that keeps everything."""
        done = yield from self._repair()
        if not done.applied:
            return Result(Outline.of(done.after), None, "There is no fix that keeps everything.")
        codes = ", ".join(dict.fromkeys(applied.finding.code for applied in done.applied))
        number = count(len(done.applied), "fix", "fixes")
        title = f"{number} that keep{'s' if len(done.applied) == 1 else ''} everything ({codes})"
        return Result(Outline.of(done.after), Step(title, done.patch), f"{title}. u takes them back.")

    def cut(self, point: SafePoint) -> Work[Result]:
        """Cut behind a safe point."""
        report = self._report()
        done = yield from truncate(
            self.format, self.bundle, point.at, report.target, self.surroundings, patch=self.patch, clock=self.clock,
            known=report,
        )
        title = f"Cut behind line {point.at.line:,}: {point.price}"
        return Result(Outline.of(done.after), Step(title, done.patch), f"{title}. u takes it back.")

    def save(self, where: str, path: Path | None = None) -> Work[Receipt]:
        """Write: `session` a new session beside this one, `place` over this one with a backup, `copy` to a path."""
        yield 0
        if where == "session":
            return save_as_session(self.format, self.bundle, self.patch, self.clock)
        if where == "place":
            return save_in_place(self.format, self.bundle, self.patch, self.clock)
        assert path is not None, "a copy goes to a path"
        return save_copy(self.bundle, self.patch, path)

    def _repair(self, **how: object) -> Work[Repaired]:
        report = self._report()
        return (yield from repair(
            self.format, self.bundle, report.target, self.surroundings, patch=self.patch, clock=self.clock,
            known=report, **how,  # type: ignore[arg-type]
        ))

    def _report(self) -> Report:
        assert self.outline is not None, "edits wait for the first check"
        return self.outline.report
