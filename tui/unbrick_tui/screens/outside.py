"""A record in the person's own editor; what was changed there comes back as an edit."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import ClassVar

from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType

from unbrick.editing import byhand, retouch
from unbrick.editing.byhand import Text
from unbrick.errors import UnbrickError
from unbrick.finding import Fix, Safety
from unbrick.situation import Situation
from unbrick_tui import details
from unbrick_tui.editor import edited
from unbrick_tui.screens.choice import Answer
from unbrick_tui.screens.keeping import KeepingScreen
from unbrick_tui.text import one_line
from unbrick_tui.working import work

JSON = "json"
TEXTS = 9
"""So many texts of a record are offered; all of them are in its JSON."""


class OutsideScreen(KeepingScreen):
    """The screen is handed to the editor, and taken back when that leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "outside", "open in editor", show=False, id="act.outside",
                tooltip="edit the record in $EDITOR; what was changed comes back as an edit"),
    ]

    @work(group="ask", exclusive=True)
    async def action_outside(self) -> None:
        """Edit the record at the cursor in $EDITOR; what was changed comes back as an edit."""
        outline = self._free()
        if outline is None or not len(self.workspace.view):
            return
        situation, row = outline.report.situation, self.timeline.cursor
        texts = byhand.texts(situation, row)[:TEXTS]
        chosen = await self._what(texts) if texts else JSON
        if chosen is None:
            return
        if chosen == JSON:
            raw = self.workspace.view.raw(row)
            fix = await self._edited(retouch.written_out(raw), "record.json", lambda new: _as_json(situation, row, new))
        else:
            old = texts[int(chosen)]
            fix = await self._edited(old.text, "text.md", lambda new: _as_text(situation, row, old, new))
        if fix is None:
            return
        if news := self._learned(self.workspace.news, ""):
            again = f"{self.workspace.key('R')} reads it again and does the edit again on it"
            self.notify(f"the file {news} meanwhile; {again}", markup=False)
        self._hand(lambda: fix)

    async def _edited(self, before: str, name: str, make: Callable[[str], Fix | None]) -> Fix | None:
        """What an edited text comes to, None for nothing; what cannot be taken over can be edited again."""
        text = before
        while True:
            try:
                with self.app.suspend():
                    text = edited(text, name, os.environ)
                fix = None if text.removesuffix("\n") == before.removesuffix("\n") else make(text)
            except SuspendNotSupported:
                self.notify("this terminal cannot be handed over to an editor", severity="error", markup=False)
                return None
            except UnbrickError as error:
                if text is before:
                    self.notify(str(error), severity="error", timeout=15, markup=False)
                    return None
                if not await self._once_more(str(error)):
                    return None
            else:
                if fix is None:
                    self.notify("nothing was changed; an editor with a window of its own has to wait (code --wait)",
                                markup=False)
                return fix

    async def _what(self, texts: list[Text]) -> str | None:
        """Which text, or the whole record."""
        answers = [
            Answer(str(number), f"The {text.label}, as plain text", one_line(text.text, 100))
            for number, text in enumerate(texts)
        ]
        answers.append(Answer(JSON, "The whole record, as JSON", "only what you change is written"))
        return await self._ask("Open in the editor", [], answers)

    async def _once_more(self, sentence: str) -> bool:
        """Whether to go on editing what cannot be taken over."""
        answers = [
            Answer("again", "Edit again", "what you wrote is still there"),
            Answer("drop", "Drop it", "the record stays as it was"),
        ]
        return await self._ask("Not taken over", [("bad", sentence)], answers) == "again"


def _as_json(situation: Situation, row: int, text: str) -> Fix | None:
    """The edit that an edited record comes to, None for nothing. Raises NotJsonError."""
    view = situation.session.scan.view
    records = retouch.taken_back(text)
    if not records:
        return byhand.record(situation, row)
    edits = retouch.edits(situation.at(row), view.raw(row), records)
    title = f"Edit {details.place(view, row)} by hand"
    if len(records) > 1:
        title += f", {len(records)} records in its place"
    return Fix("retouch", title, Safety.MANUAL, edits, "") if edits else None


def _as_text(situation: Situation, row: int, old: Text, text: str) -> Fix:
    """The edit that an edited text comes to; the line feed that editors put at the end is not the person's. Raises
    UsageError."""
    new = text if old.text.endswith("\n") else text.removesuffix("\n")
    return byhand.say(situation, row, old, new)
