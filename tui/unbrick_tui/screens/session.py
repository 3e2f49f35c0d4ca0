"""The session screen: reading, and every act on it one key away; each layer below is one concern."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.binding import ActiveBinding, Binding, BindingType

from unbrick_tui import headline, recovery
from unbrick_tui.screens.choice import Answer
from unbrick_tui.screens.lasting import LastingScreen

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
        recovery.forget(self.workspace)
        self.dismiss(None)
