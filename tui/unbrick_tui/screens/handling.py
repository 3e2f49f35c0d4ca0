"""Edits by hand, chosen from what the record at the cursor allows; each is shown before it is done."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from unbrick.editing import byhand as core
from unbrick.printable import printable
from unbrick.redact import Likely
from unbrick.secrecy.secrets import masked
from unbrick.situation import Situation
from unbrick_tui import byhand
from unbrick_tui.screens.acting import ActingScreen
from unbrick_tui.screens.choice import Answer
from unbrick_tui.screens.writing import LARGEST, LineScreen, WriteScreen
from unbrick_tui.text import count, one_line
from unbrick_tui.working import work


class HandlingScreen(ActingScreen):
    """What a person wants gone or said otherwise, though nothing is wrong with it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "d", "by_hand", "by hand", show=False, id="act.by-hand",
            tooltip="take out a turn, a pair, a block, images, thinking; redact; begin here",
        ),
        Binding("E", "say", "change the text", show=False, tooltip="change what the record says", id="act.say"),
    ]

    @work(group="ask", exclusive=True)
    async def action_by_hand(self) -> None:
        """Choose an edit of the record at the cursor."""
        outline, row = self._free(), self.timeline.cursor
        if outline is None or not len(self.workspace.view):
            return
        situation = outline.report.situation
        said = one_line(situation.text(row), 200)
        deeds = {deed.answer.id: deed for deed in byhand.deeds(situation, row)}
        chosen = await self._ask(
            f"By hand: {situation.place(row)}", [("plain", said)] if said else [],
            [deed.answer for deed in deeds.values()], "enter shows what it changes, esc goes back",
        )
        if chosen == byhand.TEXT:
            await self._say_otherwise(situation, row)
        elif chosen == byhand.REDACT:
            self._drive("secrets", self.workspace.secrets)
        elif chosen is not None and (make := deeds[chosen].make) is not None:
            self._hand(make)

    @work(group="ask", exclusive=True)
    async def action_say(self) -> None:
        """Change a text of the record at the cursor."""
        outline, row = self._free(), self.timeline.cursor
        if outline is not None and len(self.workspace.view):
            await self._say_otherwise(outline.report.situation, row)

    async def _say_otherwise(self, situation: Situation, row: int) -> None:
        found = core.texts(situation, row)
        if not found:
            self.notify("there is no text here that may be changed", markup=False)
            return
        number = "0"
        if len(found) > 1:
            answers = [
                Answer(str(index), f"{one.label}: {one_line(one.text, 80)}") for index, one in enumerate(found)
            ]
            number = await self._ask("Which text?", [], answers) or ""
        if not number:
            return
        text = found[int(number)]
        if len(text.text) > LARGEST or not editable(text.text):
            why = "is too long to be edited here" if editable(text.text) else "holds control characters"
            self.notify(f"this text {why}; o opens the record in your editor", markup=False)
            return
        screen = WriteScreen(f"{situation.place(row)}: ctrl+s shows what it changes", text.text)
        new = await self.app.push_screen_wait(screen)
        if new is not None:
            self._hand(lambda: core.say(situation, row, text, new))

    def _taken(self, result: Any, name: str) -> None:  # noqa: ANN401 - what work comes to
        if name == "secrets":
            self._say()
            self._when_back("the likely secrets are found", lambda: self._redact(result))
        else:
            super()._taken(result, name)

    @work(group="ask", exclusive=True)
    async def _redact(self, found: tuple[Likely, ...]) -> None:
        """Choose what is to be redacted, or type it."""
        unit = self.workspace.bundle.main.unit
        answers = [
            Answer(str(index), f"{one.kind} {printable(masked(one.value))}", f"in {count(len(one.rows), unit)}")
            for index, one in enumerate(found)
        ]
        if len(found) > 1:
            answers.append(Answer("all", f"All {len(found)}"))
        answers.append(Answer("type", "Type or paste a value", "it is not shown"))
        about = "A note takes its place in every record. A key is best replaced where it was issued, too."
        chosen = await self._ask("Redact everywhere", [("plain", about)], answers)
        values = [one.value for one in found]
        if chosen == "type":
            hint = "enter shows what it changes, esc goes back"
            typed = await self.app.push_screen_wait(LineScreen("The value to redact", hint, secret=True))
            values = [typed or ""]
        elif chosen is not None and chosen != "all":
            values = [values[int(chosen)]]
        if chosen is not None and all(values):
            self._try(lambda: self.workspace.redact(values))


def editable(text: str) -> bool:
    """Whether an editor on a terminal gives a text back as it was: without control characters."""
    plain = text.replace("\n", "").replace("\t", "")
    return printable(plain) == plain
