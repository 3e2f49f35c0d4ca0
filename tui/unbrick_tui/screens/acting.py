"""Changing the session: fixes, cuts, undo and redo. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

from textual import on
from textual.binding import Binding, BindingType

from unbrick.editing import byhand
from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick.telling import sentences
from unbrick.truncate import Offer
from unbrick_tui import details
from unbrick_tui.patience import SILENT
from unbrick_tui.remedy import ranked, remedy
from unbrick_tui.screens.choice import Answer
from unbrick_tui.screens.edits import EditsScreen, place_of
from unbrick_tui.screens.foreseeing import EVERY, TRY, ForeseeingScreen, Wish
from unbrick_tui.screens.preview import ALL, Again, PreviewScreen
from unbrick_tui.screens.truncate import TruncateScreen
from unbrick_tui.widgets.text_view import Paragraph
from unbrick_tui.widgets.timeline import Timeline
from unbrick_tui.working import work
from unbrick_tui.workspace import Result, Work

_HEADS = ("What helps", "Do this?", "Which way?")
"""Above what can be chosen: nothing, one thing, several."""


class Wanted(NamedTuple):
    """What a preview may lead to: the code of which all others may be mended, as safely as the fix that is shown; the
    same work with another choice."""

    kind: str = ""
    safety: Safety = Safety.SAFE
    again: Again | None = None


PLAIN = Wanted()
"""It leads to nothing else."""


class ActingScreen(ForeseeingScreen):
    """Every edit goes through the workspace's history, and is judged at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "fix", "fix", tooltip="fix what is wrong here, or the worst problem", id="act.fix"),
        Binding("t", "truncate", "cut", tooltip="cut behind a safe point, or drop the beginning", id="act.cut"),
        Binding("F", "fix_all", "fix all", tooltip="all fixes that keep everything, to choose from", id="act.fix-all"),
        Binding("U", "edits", "edits", show=False, tooltip="the edits so far: go to one, take one back",
                id="act.edits"),
        Binding("u", "undo", "undo", show=False, tooltip="take the last edit back", id="act.undo"),
        Binding("ctrl+r", "redo", "redo", show=False, tooltip="do it again", id="act.redo"),
        Binding(
            "R", "reread", "read again", show=False,
            tooltip="read the file again, and do the edits again on it", id="act.read-again",
        ),
    ]

    @on(Timeline.FixWanted)
    def _fix_wanted(self) -> None:
        self.action_fix()

    @work(group="ask", exclusive=True)
    async def action_fix(self) -> None:
        """Fix what is wrong at the cursor, or else what the verdict names."""
        outline = self._free()
        if outline is None:
            return
        findings: Sequence[Finding] = outline.findings.get(self.timeline.cursor, ())
        if not any(finding.fixes or finding.advice for finding in findings):
            named = remedy(outline.report).finding or next(
                (f for f in outline.report.findings if f.fixes and f.severity is not Severity.INFO), None
            )
            if named is None:
                self.notify("nothing to fix here", markup=False)
                return
            findings = (named,)
            if named.row is not None:
                self.timeline.jump(named.row)
        # Beside something worse, a note is no reason to act.
        findings = [finding for finding in findings if finding.severity is not Severity.INFO] or findings
        pairs = [(finding, fix) for finding in findings for fix in ranked(finding)]
        helped = [finding for finding in findings if finding.fixes or finding.advice]
        sure = len(pairs) == 1 == len(helped) and pairs[0][1].safety is Safety.SAFE
        chosen = pairs[0] if sure else None
        if chosen is None:
            self._foresee_first(pairs)
            chosen = await self._which(findings, pairs)
        if chosen is not None:
            finding, fix = chosen
            wanted = Wanted(finding.code, fix.safety)
            self._try(lambda: self.workspace.fix(finding, fix), wanted, (finding.id, fix.id))

    async def _which(
        self, findings: Sequence[Finding], pairs: Sequence[tuple[Finding, Fix]]
    ) -> tuple[Finding, Fix] | None:
        glyphs = self.workspace.glyphs
        about: list[Paragraph] = []
        for finding in findings:
            about += [*details.finding(finding, glyphs, explain=len(findings) == 1, fixes=False), ("plain", "")]
        several = len(findings) > 1
        answers = [
            Answer(str(index), (f"{finding.code}: " if several else "") + fix.title, fix.price)
            for index, (finding, fix) in enumerate(pairs)
        ]
        ways = (sentences.main_way(finding.advice) for finding in findings)
        command = next((way.command for way in ways if way is not None and way.command), None)
        chosen = await self._ask(_HEADS[min(len(answers), 2)], about[:-1], answers, copy=command)
        return None if chosen is None else pairs[int(chosen)]

    def action_fix_all(self) -> None:
        """Every fix that keeps everything, to choose from."""
        if self._free() is not None:
            self._try_all(self.workspace.fix_all, EVERY)

    # Everything is tried, shown, and only then taken over

    def _try(
        self, start: Callable[[], Work[Result]], wanted: Wanted = PLAIN, wish: Wish | None = None,
    ) -> None:
        """Work an edit out and show it, and what that may lead to; `wish` names it where it may have been foreseen."""
        self._next = wanted
        self._wished(wish, start)

    def _try_all(self, again: Again, wish: Wish | None = None) -> None:
        self._try(lambda: again(()), Wanted(again=again), wish)

    def _taken(self, result: Any, name: str) -> None:  # noqa: ANN401 - what work comes to
        if name != TRY:
            super()._taken(result, name)
        elif result.history is None:
            self.notify(result.said, markup=False)
            self._say()
        else:
            self._say()
            wanted = self._next
            self._when_back("it is worked out", lambda: self._preview(result, wanted))

    @work(group="ask", exclusive=True)
    async def _preview(self, result: Result, wanted: Wanted) -> None:
        outline = self.workspace.outline
        if outline is None:
            return
        others = [f for f in outline.report.findings if f.code == wanted.kind and f.fixes]
        alike = f"{len(others):,} of {wanted.kind}" if len(others) > 1 and wanted.safety is not Safety.MANUAL else ""
        self.app.clear_notifications()
        screen = PreviewScreen(self.workspace, outline, result, again=wanted.again, alike=alike)
        chosen = await self.app.push_screen_wait(screen)
        if chosen == ALL:
            code, safety = wanted.kind, wanted.safety
            self._try_all(lambda without: self.workspace.fix_all(without, code, safety))
        elif isinstance(chosen, Result):
            super()._taken(chosen, "fix")

    @work(group="ask", exclusive=True)
    async def action_truncate(self) -> None:
        """Step through the safe points."""
        outline = self._free()
        if outline is None:
            return
        offer = await self.app.push_screen_wait(TruncateScreen(self.workspace, outline, self.timeline.cursor))
        if isinstance(offer, Offer):
            self._try(lambda: self.workspace.cut(offer))
        elif offer is not None:
            self._hand(lambda: byhand.keep_from(outline.report.situation, offer.row))

    def _hand(self, make: Callable[[], Fix]) -> None:
        """Work an edit by hand out and show it; why it cannot be is said like any failure."""
        self._try(lambda: self.workspace.hand(make))

    @work(group="ask", exclusive=True)
    async def action_edits(self) -> None:
        """The edits so far: go to one, or take just that one back."""
        outline = self._free()
        if outline is None:
            return
        if not self.workspace.history.steps:
            self.notify("nothing has been changed", markup=False)
            return
        wish, index = await self.app.push_screen_wait(EditsScreen(self.workspace))
        if wish == "revert":
            self._try(lambda: self.workspace.revert(index))
        elif wish == "jump" and (row := place_of(self.workspace, index)) is not None:
            self.timeline.touched = True
            self.timeline.jump(row)

    def action_undo(self) -> None:
        """Take the last edit back."""
        if self._free() is not None:
            self._again(self.workspace.back(), "taken back", "there is nothing to undo")

    def action_redo(self) -> None:
        """Do again what was taken back."""
        if self._free() is not None:
            self._again(self.workspace.forth(), "done again", "there is nothing to do again")

    def _again(self, title: str | None, done: str, nothing: str) -> None:
        if title is None:
            self.notify(nothing, markup=False)
            return
        self.app.clear_notifications()
        self.notify(f"{done}: {title}", markup=False)
        self.timeline.show(self.workspace.view, None)
        self._drive("check", self.workspace.check)

    def action_reread(self) -> None:
        """Read the file again; the edits are done again on what stands there."""
        if self._busy:
            self._wait()
        elif self.workspace.outline is None:
            self._note = ""
            self._drive("check", self.workspace.check)
        elif self.workspace.bundle.main.private:
            self.notify("it was piped in; there is no file to read again", markup=False)
        elif not self._news.trouble and not self._learned(self.workspace.news, SILENT):
            self.notify("the file is as it was read", markup=False)
        else:
            self._drive("read", self.workspace.reread)
