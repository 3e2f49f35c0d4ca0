"""The session screen: reading, and every act on it one key away; each layer below is one concern."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import ActiveBinding, Binding, BindingType

from unbrick_tui import headline
from unbrick_tui.screens.choice import Answer
from unbrick_tui.screens.lasting import WRITES, LastingScreen
from unbrick_tui.working import work

FOREMOST = (
    "act.fix", "act.cut", "keep.review", "keep.save", "app.help", "act.fix-all", "look.problems", "find.search",
    "app.leave",
)


class SessionScreen(LastingScreen):
    """All layers: reading, moving, searching, looking, acting, keeping, sharing, copying, lasting; and leaving."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "quit", tooltip="leave; asks when edits are not saved", id="app.leave"),
    ]

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """Those that are used most stand first below."""
        found = super().active_bindings
        ranks = {id: rank for rank, id in enumerate(FOREMOST)}
        return dict(sorted(found.items(), key=lambda one: ranks.get(one[1].binding.id or "", len(ranks))))

    @work(group="ask", exclusive=True)
    async def action_leave(self) -> None:
        """Leave; ask first when edits would be lost, or what is being written is not finished."""
        kept = False
        if self._busy in WRITES:
            answers = [
                Answer("wait", "Go on waiting"),
                Answer("later", "Leave now", "what is not finished goes; the file on disk is whole, as it was or new"),
            ]
            kept = await self._ask("Still writing", (), answers) == "later"
            if not kept:
                return
        elif self.workspace.unsaved:
            first = Answer("save", "Save first")
            if self._news.trouble:
                first = Answer("later", "Leave, and go on another time", "the edits are offered when it opens again")
            lost = Answer("leave", "Leave without saving", "the edits are lost; the file on disk is as it was")
            said = f"{headline.standing(len(self.workspace.titles), False)}."
            chosen = await self._ask("Leave?", [("plain", said)], [first, lost])
            if chosen == "save":
                self.action_save()
            kept = chosen == "later"
            if chosen not in ("leave", "later"):
                return
        if not kept:
            self.forget_edits()
        elif self.fleeting and not self.keep_edits() and not await self._given_up():
            return
        self.dismiss(None)

    async def _given_up(self) -> bool:
        """Whether to leave without the edits, which cannot be kept."""
        answers = [Answer("stay", "Stay"), Answer("leave", "Leave without them", "the edits are lost")]
        return await self._ask("The edits cannot be kept", [], answers) == "leave"
