"""The session screen: reading, and every act on it one key away."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from unbrick import sentences
from unbrick.errors import CannotReadError
from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick.save import Receipt
from unbrick_tui import details, headline, problems, saving
from unbrick_tui.outline import Outline
from unbrick_tui.remedy import ranked, remedy
from unbrick_tui.screens.choice import Answer, ChoiceScreen
from unbrick_tui.screens.help import HelpScreen
from unbrick_tui.screens.inspector import InspectorScreen
from unbrick_tui.screens.path import PathScreen
from unbrick_tui.screens.reading import ReadingScreen
from unbrick_tui.screens.review import ReviewScreen
from unbrick_tui.screens.truncate import TruncateScreen
from unbrick_tui.text import count
from unbrick_tui.widgets.text_view import Paragraph
from unbrick_tui.widgets.timeline import Timeline
from unbrick_tui.workspace import Result


class SessionScreen(ReadingScreen):
    """Fixing, cutting, reviewing, saving."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "fix", "fix", tooltip="fix what is wrong here, or the worst problem"),
        Binding("t", "truncate", "cut", tooltip="cut back to a safe point; shows what goes"),
        Binding("r", "review", "review", tooltip="review the changes, in words and in bytes"),
        Binding("w", "save", "save", tooltip="save as a new session, in place, or to a file"),
        Binding("question_mark", "help", "help", key_display="?", tooltip="these keys"),
        Binding("F", "fix_all", "fix all", tooltip="apply all fixes that keep everything"),
        Binding("p", "problems", "problems", tooltip="list all problems, and what else helps"),
        Binding("slash", "search", "search", key_display="/", tooltip="search the text of the records"),
        Binding("q", "leave", "quit", tooltip="leave; asks when edits are not saved"),
        Binding("enter", "inspect", "read the record", show=False, tooltip="read a record, or open a folded run"),
        Binding("space", "fold", "fold", show=False, tooltip="fold or unfold a run of context and state"),
        Binding("n", "next(1)", "next problem", show=False, tooltip="next problem, or next match of a search"),
        Binding("N", "next(-1)", "previous problem", show=False, tooltip="previous problem or match"),
        Binding(
            "right_square_bracket", "bracket(1)", "next", show=False, key_display="]p  ]c",
            tooltip="next problem, next compaction",
        ),
        Binding(
            "left_square_bracket", "bracket(-1)", "previous", show=False, key_display="[p  [c",
            tooltip="previous problem, previous compaction",
        ),
        Binding("c", "compaction", "", show=False),
        Binding("percent_sign", "mate", "other half", show=False, tooltip="from a call to its result and back"),
        Binding("s", "start", "where resume begins", show=False, tooltip="to where resume begins"),
        Binding("u", "undo", "undo", show=False, tooltip="take the last edit back"),
        Binding("ctrl+r", "redo", "redo", show=False, tooltip="do it again"),
        Binding("b", "keep", "back up now", show=False, tooltip="keep copies of the session's files as they are"),
        Binding("R", "reread", "read again", show=False, tooltip="read the file again, and do the edits again on it"),
        Binding("escape", "calm", "", show=False),
    ]

    # Looking closer

    @on(Timeline.Opened)
    def _opened(self) -> None:
        self.action_inspect()

    @work(group="ask", exclusive=True)
    async def action_inspect(self) -> None:
        """Read the record at the cursor, or open the run that is folded there."""
        workspace, timeline = self.workspace, self.timeline
        if not len(workspace.view):
            return
        if timeline.collapsed_at(timeline.cursor) and timeline.toggle_run(timeline.cursor):
            return
        screen = InspectorScreen(workspace.format, workspace.view, timeline.cursor, workspace.outline, workspace.glyphs)
        wish, row = await self.app.push_screen_wait(screen)
        if row != timeline.cursor:
            timeline.open_run(row)
            timeline.jump(row)
        if wish == "fix":
            self.action_fix()

    def action_fold(self) -> None:
        """Fold or unfold the run at the cursor."""
        if not len(self.workspace.view) or not self.timeline.toggle_run(self.timeline.cursor):
            self.notify("no run of context or state is folded here", markup=False)

    @work(group="ask", exclusive=True)
    async def action_problems(self) -> None:
        """List the findings; the chosen one is gone to."""
        outline = self.workspace.outline
        if self._bracket:
            self.action_next(self._bracket)
            return
        if outline is None:
            self._wait()
            return
        findings = outline.report.findings
        title, about = problems.overview(outline)
        answers = problems.listed(findings, self.workspace.glyphs)
        hint = "enter goes there, esc goes back"
        chosen = await self._ask(title, about, answers, hint)
        if chosen is not None and (row := findings[int(chosen)].row) is not None:
            self.timeline.touched = True
            self.timeline.jump(row)

    def action_help(self) -> None:
        """Show the keys."""
        groups = [("Acting and finding", self.BINDINGS), ("Moving", Timeline.BINDINGS)]
        self.app.push_screen(HelpScreen(groups, self.workspace.glyphs))

    # Changing

    @on(Timeline.FixWanted)
    def _fix_wanted(self) -> None:
        self.action_fix()

    def _free(self) -> Outline | None:
        """The outline, when nothing is being worked on."""
        if self._busy or self.workspace.outline is None:
            self._wait()
            return None
        return self.workspace.outline

    def _wait(self) -> None:
        busy = "still checking; try again in a moment"
        self.notify("the check failed; press R to try it again" if self._note else busy, markup=False)

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

    # Saving and leaving

    @work(group="ask", exclusive=True)
    async def action_review(self) -> None:
        """Show what saving would write."""
        if self._free() is None:
            return
        self.app.clear_notifications()
        if await self.app.push_screen_wait(ReviewScreen(self.workspace)) == "save":
            self.action_save()

    @work(group="ask", exclusive=True)
    async def action_save(self) -> None:
        """Ask where to, and write."""
        if self._free() is None:
            return
        if not self.workspace.patch:
            self.notify("nothing has been changed; there is nothing to save", markup=False)
            return
        where = await self._ask("Save", saving.about(self.workspace), saving.destinations(self.workspace))
        path: Path | None = None
        if where == "copy":
            path = await self.app.push_screen_wait(PathScreen(saving.suggested(self.workspace)))
            if path is None:
                return
        if where is not None:
            self._drive("save", lambda: self.workspace.save(where, path))

    def action_keep(self) -> None:
        """Keep copies of the session's files, before somebody resumes it."""
        if self._free() is not None:
            self._drive("keep", self.workspace.keep)

    def _taken(self, result: Result | Receipt | list[Path], name: str) -> None:
        if isinstance(result, Receipt):
            self._written(result)
        elif isinstance(result, list):
            self.workspace.kept = True
            self._say()
            first = result[0]
            ending = first.name.removeprefix(self.workspace.bundle.path.resolve().name)
            said = f"{count(len(result), 'file')} kept as on disk, in {first.parent}: *{ending}"
            self.notify(said, timeout=15, markup=False)
        else:
            super()._taken(result, name)

    @work(group="ask", exclusive=True)
    async def _written(self, receipt: Receipt) -> None:
        """Say what was written where, and how to resume it."""
        workspace = self.workspace
        about = saving.receipt(workspace, receipt)
        try:
            workspace.written(receipt)
        except CannotReadError as error:
            about.append(("bad", str(error)))
        self._say()
        if receipt.backup is not None:
            self.timeline.show(workspace.view, None)
            self._drive("check", workspace.check)
        answers = [Answer("stay", "Go on"), Answer("leave", "Leave unbrick")]
        if await self._ask("Saved", about, answers, copy=receipt.command) == "leave":
            self.app.exit(0)

    def _refused(self, name: str, sentence: str) -> None:
        if name == "save":
            self._not_saved(sentence)
        else:
            super()._refused(name, sentence)

    @work(group="ask", exclusive=True)
    async def _not_saved(self, sentence: str) -> None:
        answers = [Answer("again", "Choose again where to save")]
        if self.workspace.news():
            answers.append(Answer("read", "Read the file again", "the edits are done again on what stands there now"))
        chosen = await self._ask("Not saved", [("bad", sentence)], answers)
        if chosen == "again":
            self.action_save()
        elif chosen == "read":
            self.action_reread()

    @work(group="ask", exclusive=True)
    async def action_leave(self) -> None:
        """Leave; ask first when edits would be lost."""
        if self.workspace.unsaved:
            answers = [
                Answer("save", "Save first"),
                Answer("leave", "Leave without saving", "the edits are lost; the file on disk is as it was"),
            ]
            said = f"{headline.standing(len(self.workspace.titles), False)}."
            chosen = await self._ask("Leave?", [("plain", said)], answers)
            if chosen == "save":
                self.action_save()
            if chosen != "leave":
                return
        self.app.exit(0)

    async def _ask(
        self, title: str, about: Sequence[Paragraph], answers: Sequence[Answer], hint: str = "",
        copy: str | None = None,
    ) -> str | None:
        self.app.clear_notifications()
        screen = ChoiceScreen(title, about, answers, ascii_=self.workspace.glyphs.ascii, hint=hint, copy=copy)
        return await self.app.push_screen_wait(screen)
