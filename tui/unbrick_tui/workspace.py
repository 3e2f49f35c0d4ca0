"""One session being worked on: what is on disk, what was edited, what the last check said. Generators do the work;
the interface drives them in a worker thread and takes over their results itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from unbrick import words
from unbrick.bundle import Bundle
from unbrick.check import check, judging
from unbrick.clock import SYSTEM_CLOCK
from unbrick.edit import Edit
from unbrick.editing.byhand import perform
from unbrick.editing.history import History, Lower, Step
from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick.formats import Clock, Format
from unbrick.patch import EMPTY, Patch, View
from unbrick.redact import Likely, likely, redact
from unbrick.repair import Repaired, lower, repair
from unbrick.report import Report
from unbrick.request import Request
from unbrick.scanning.rescan import grown, rescan
from unbrick.scanning.scan import Scan, finish, scan
from unbrick.session import Session, link
from unbrick.source import Source
from unbrick.target import NOWHERE, Surroundings, Target
from unbrick.telling.consequence import consequence
from unbrick.truncate import Offer, cut_at
from unbrick_tui import titles
from unbrick_tui.glyphs import UNICODE, Glyphs
from unbrick_tui.memory import give_back
from unbrick_tui.outline import Outline
from unbrick_tui.text import count

ChooseTarget = Callable[[Session], Target]


class Result(NamedTuple):
    """What a piece of work came to: the outline of the session afterwards, the history to go on with if anything was
    done, a sentence to say; the bundle and the outline without any edit if the file was read again; and `done`, what
    was applied, where it was fixes. Nothing is in force before the workspace takes it over: it can be shown first."""

    outline: Outline
    history: History | None = None
    said: str = ""
    bundle: Bundle | None = None
    first: Outline | None = None
    done: Repaired | None = None


FOLLOWED = 256_000_000
"""Bytes up to which a file that grows is read on by itself."""
OPEN = 8
"""States of the file that stay open behind the present one; a session that goes on has thousands."""

Dropped = tuple[Step, ...]
"""Steps that no longer apply."""

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
        self.bundle = bundle.indexed()
        self.surroundings = surroundings
        self.clock = clock
        self.glyphs = glyphs
        self.outline: Outline | None = None
        self.first: Outline | None = None
        """What the first check said, before any edit."""
        self.saved: Patch = EMPTY
        """The patch that was last written somewhere."""
        self.kept = False
        """Whether copies of its files were made before anything was done."""
        self.history = History(bundle.main)
        self.called: Mapping[str, str] = {}
        self._target = target
        self._aimed = False
        """Whether the target is another than that of the first check."""
        self._left: list[Source] = []

    def key(self, name: str) -> str:
        """What the person presses in the place of a key; `called` holds where that is another."""
        return self.called.get(name, name)

    @property
    def patch(self) -> Patch:
        """What the edits come to."""
        return self.history.patch

    @property
    def titles(self) -> list[str]:
        """What was done, in order."""
        return [step.title for step in self.history.done]

    @property
    def unsaved(self) -> bool:
        """Whether there are edits that were written nowhere."""
        return bool(self.history.done) and self.patch != self.saved

    @property
    def view(self) -> View:
        """The records as the edits leave them."""
        return View(self.bundle.main, self.patch)

    def news(self) -> str:
        """What happened to the file since it was read, as the end of a sentence; empty for nothing."""
        return self.bundle.main.change()

    def owner(self) -> int | None:
        """Process id of a live client that has the session open."""
        return self.format.owner(self.bundle)

    # What the interface takes over

    def take(self, result: Result) -> None:
        """Take over the result of a piece of work."""
        if result.bundle is not None:
            self._open(result.bundle)
            self.first = result.first
        self.outline = result.outline
        self.first = self.first or result.outline
        self.history = result.history or self.history

    def back(self) -> str | None:
        """Undo the last edit; its title, or None."""
        done = self.history.done
        self.history = self.history.undo()
        return done[-1].title if done else None

    def forth(self) -> str | None:
        """Do the edit again that was undone last; its title, or None."""
        undone = self.history.undone
        self.history = self.history.redo()
        return undone[0].title if undone else None

    def written(self) -> None:
        """Remember that what was edited is saved."""
        self.saved = self.patch

    def anew(self, path: Path | None = None) -> Bundle:
        """The session as it stands on disk now, or another beside it, its records framed as before. Raises
        CannotReadError."""
        source = Source.open(path or self.bundle.path)
        return self.format.bundle(self.format.frame(source) or source).indexed()

    def _open(self, bundle: Bundle) -> None:
        """Go on with another state of the file. Those before stay open for a while: threads may still read them."""
        self._left.append(self.bundle.main)
        while len(self._left) > OPEN:
            self._left.pop(0).close()
        self.bundle = bundle
        self.saved, self.history = EMPTY, History(bundle.main)

    def close(self) -> None:
        """Release the files."""
        for source in (*self._left, self.bundle.main):
            source.close()

    def aim(self, target: Target) -> None:
        """Judge for another target from the next check on."""
        self._target = target
        self._aimed = True

    # Work for a thread

    def imagine(self, target: Target) -> Work[Report]:
        """Judge the session for another target, without taking anything over."""
        session = self._report().situation.session
        yield len(session)
        return (yield from judging(self.format, self.bundle, session, target, self.surroundings))

    def check(self) -> Work[Result]:
        """Judge the session as it is now."""
        view, known, first = self.view, self.outline, self.first
        if first is not None and known is not first and not self.patch and not self._aimed and (
            first.report.situation.session.scan.view.source is view.source
        ):
            # Every edit was taken back.
            return Result(first)
        before = known.report.situation if known is not None else None
        if before is not None and before.session.scan.view.source is view.source:
            scanned = yield from rescan(before.session.scan, view, self.format.bare)
            like = before.request
        else:
            scanned, like = (yield from scan(view, self.format.bare)), None
        give_back(len(scanned))
        report = yield from self._judge(self.bundle, scanned, like)
        give_back(len(scanned))
        return Result(Outline.of(report))

    def reread(self) -> Work[Result]:
        """Read the file again and do the edits again on what stands there now; those whose records are gone fall
        away. Raises CannotReadError when it cannot be read."""
        bundle = self.anew()
        try:
            scanned = yield from scan(View(bundle.main), self.format.bare)
            first = yield from self._judge(bundle, scanned)

            def write(patch: Patch, edits: Sequence[Edit], clock: Clock) -> Patch:
                now = finish(check(self.format, bundle, patch, first.target, self.surroundings, first.situation))
                return lower(self.format, now.situation, edits, patch, clock)

            history, dropped = self.history.onto(bundle.main, write, self.clock)
            report = first
            if history.patch:
                report = yield from check(
                    self.format, bundle, history.patch, first.target, self.surroundings, first.situation,
                )
        except BaseException:
            bundle.main.close()
            raise
        said = f"Read again: {count(len(bundle.main), bundle.main.unit)}.{titles.fallen(dropped)}"
        return Result(Outline.of(report), history, said, bundle, Outline.of(first))

    @property
    def followable(self) -> bool:
        """Whether the file can be read on as it grows: nothing is edited, and a check takes no time to speak of."""
        return self.outline is not None and not self.history.steps and self.bundle.main.size <= FOLLOWED

    def follow(self) -> Work[Result]:
        """Read what was added to the file, and judge the whole again."""
        known, bundle = self._report().situation.session.scan, self.anew()
        before, now = known.view.source, bundle.main
        try:
            if type(now) is Source and now.stamp.inode == before.stamp.inode and before.intact():
                scanned = yield from grown(known, View(now), self.format.bare)
            else:
                scanned = yield from scan(View(now), self.format.bare)
            outline = Outline.of((yield from self._judge(bundle, scanned)))
        except BaseException:
            now.close()
            raise
        return Result(outline, None, "", bundle, outline)

    def fix(self, finding: Finding, fix: Fix) -> Work[Result]:
        """Apply one fix."""
        done = yield from self._repair(chosen={finding.id: fix.id}, allow=())
        if not done.applied:
            return Result(Outline.of(done.after), None, "Not applied: it would bring another problem with it.")
        price = fix.price if len(done.applied) == 1 else consequence(self._report(), done.after, done.fixes).price
        first = replace(done.applied[0], fix=replace(fix, price=price))
        return self._done(done, titles.one(first), f"{fix.title}: {price}")

    def fix_all(
        self, without: Collection[str] = (), only: str | None = None, safety: Safety = Safety.SAFE,
    ) -> Work[Result]:
        """Apply every fix that keeps everything, or every fix of one code that is as safe as `safety`; findings that
        `without` names by id are left alone."""
        allow = {Safety.SAFE, safety} - {Safety.MANUAL}
        done = yield from self._repair(without=without, only=None if only is None else (only,), allow=allow)
        if not done.applied:
            left = any(finding.severity is not Severity.INFO for finding in done.after.findings)
            others = f"There is no fix that {words.KEEPS}; {self.key('f')} shows the others."
            return Result(Outline.of(done.after), None, others if left else "There is nothing to mend.", done=done)
        said = f"{count(len(done.applied), 'fix', 'fixes')} applied"
        return self._done(done, titles.several(done.applied), said, "them" if done.applied[1:] else "it")

    def cut(self, offer: Offer) -> Work[Result]:
        """Cut behind a safe point, and mend first what has to be."""
        report = self._report()
        done = yield from cut_at(self.format, report, offer, self.patch, self.surroundings, self.clock)
        title = f"Cut behind {self.bundle.main.unit} {offer.point.at.line:,}: {offer.point.price}"
        if offer.first:
            title += f", after {count(len(offer.first), 'fix', 'fixes')}"
        return self._done(done, title)

    def hand(self, make: Callable[[], Fix]) -> Work[Result]:
        """Do an edit by hand. Raises UsageError where there is nothing of the kind to be done."""
        yield 0
        done = yield from perform(self.format, self._report(), make(), self.patch, self.surroundings, self.clock)
        title = f"{done.applied[0].fix.title}: {done.applied[0].fix.price}"
        return self._done(done, title)

    def secrets(self) -> Work[tuple[Likely, ...]]:
        """The likely secrets of the session as it is now."""
        return (yield from likely(self.view))

    def redact(self, values: Sequence[str]) -> Work[Result]:
        """Put a note in the place of secrets wherever the session holds them."""
        done = yield from redact(
            self.format, self._report(), values, self.surroundings, self.patch, self.clock,
        )
        title = "; ".join(f"{one.fix.title}: {one.fix.price}" for one in done.applied)
        return self._done(done, title)

    def revert(self, index: int) -> Work[Result]:
        """Take one step back out; what was done after it is done again, and judged."""
        said = f"taken back: {self.history.done[index].title}"
        result, dropped = yield from self._replayed(lambda write: self.history.revert(index, write, self.clock))
        if dropped:
            said += f"; with it went what stood on it: {'; '.join(step.title for step in dropped)}"
        return result._replace(said=said)

    def again(self, history: History) -> Work[Result]:
        """Do edits again that were made on an earlier state of the file, and judge."""
        source = self.bundle.main
        result, dropped = yield from self._replayed(lambda write: history.onto(source, write, self.clock))
        return result._replace(said=f"Done again on the file as it is now.{titles.fallen(dropped)}")

    def _replayed(self, replay: Callable[[Lower], tuple[History, Dropped]]) -> Work[tuple[Result, Dropped]]:
        """The history that a replay gives, judged, and the steps that no longer apply."""
        situation = self._report().situation
        target = situation.target

        def write(patch: Patch, edits: Sequence[Edit], clock: Clock) -> Patch:
            now = finish(check(self.format, self.bundle, patch, target, self.surroundings, situation))
            return lower(self.format, now.situation, edits, patch, clock)

        yield 0
        history, dropped = replay(write)
        after = yield from check(self.format, self.bundle, history.patch, target, self.surroundings, situation)
        return Result(Outline.of(after), history), dropped

    def _done(self, done: Repaired, title: str, said: str = "", what: str = "it") -> Result:
        said = f"{said or title}. {self.key('u')} takes {what} back."
        history = self.history.push(title, done.edits, done.patch, done.fixes)
        return Result(Outline.of(done.after), history, said, done=done)

    def _repair(self, **how: object) -> Work[Repaired]:
        report = self._report()
        return (yield from repair(
            self.format, self.bundle, report.target, self.surroundings, patch=self.patch, clock=self.clock,
            known=report, **how,  # type: ignore[arg-type]
        ))

    def _judge(self, bundle: Bundle, scanned: Scan, like: Request | None = None) -> Work[Report]:
        """Link and judge what was scanned; between any two steps, and behind them, a key may come first."""
        session = link(scanned)
        yield len(session)
        target = self._target(session) if callable(self._target) else self._target
        report = yield from judging(self.format, bundle, session, target, self.surroundings, like)
        yield len(session)
        return report

    def _report(self) -> Report:
        assert self.outline is not None, "edits wait for the first check"
        return self.outline.report
