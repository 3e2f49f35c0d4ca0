"""Changing the session: fixes, cuts, undo and redo. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from unbrick import sentences
from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick_tui import details
from unbrick_tui.remedy import ranked, remedy
from unbrick_tui.screens.choice import Answer
from unbrick_tui.screens.looking import LookingScreen
from unbrick_tui.screens.truncate import TruncateScreen
from unbrick_tui.widgets.text_view import Paragraph
from unbrick_tui.widgets.timeline import Timeline


class ActingScreen(LookingScreen):
    """Every edit goes through the workspace's history, and is judged at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "fix", "fix", tooltip="fix what is wrong here, or the worst problem", id="act.fix"),
        Binding("t", "truncate", "cut", tooltip="cut back to a safe point; shows what goes", id="act.cut"),
        Binding("F", "fix_all", "fix all", tooltip="apply all fixes that keep everything", id="act.fix-all"),
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
            chosen = await self._which(findings, pairs)
        if chosen is not None:
            finding, fix = chosen
            self._drive("fix", lambda: self.workspace.fix(finding, fix))

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
        chosen = await self._ask("Which way?" if answers else "What helps", about[:-1], answers, copy=command)
        return None if chosen is None else pairs[int(chosen)]

    def action_fix_all(self) -> None:
        """Apply every fix that keeps everything."""
        if self._free() is not None:
            self._drive("fix", self.workspace.fix_all)

    @work(group="ask", exclusive=True)
    async def action_truncate(self) -> None:
        """Step through the safe points."""
        outline = self._free()
        if outline is None:
            return
        screen = TruncateScreen(self.workspace, outline, self.header(), self.timeline.cursor)
        point = await self.app.push_screen_wait(screen)
        if point is not None:
            self._drive("cut", lambda: self.workspace.cut(point))

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
        elif not self.workspace.news():
            self.notify("the file is as it was read", markup=False)
        else:
            self._drive("read", self.workspace.reread)
