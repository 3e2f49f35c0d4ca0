"""A change of a Claude Code transcript in the making: what else moves when a record of a chain does."""

from __future__ import annotations

from collections.abc import Container

from unbrick.entry import Flag, Kind
from unbrick.formats import draft
from unbrick.record import compact
from unbrick.session import MISSING


class Draft(draft.Draft):
    """Edits of one session, collected by row, with the links between records."""

    leading = "parentUuid"

    def uuid(self, row: int) -> str:
        """The id of a row. Raises KeyError when it has none."""
        uuid = self.session.uuid(row)
        if uuid is None:
            raise KeyError(self.view.at(row))
        return uuid

    def relink(self, row: int, parent: str | None) -> None:
        """Give the record of a row another parent."""
        if self.record(row).get("parentUuid", "") != parent:
            self.put_value(row, ("parentUuid",), compact(parent))

    def followers(self, row: int, apart: Container[int] = ()) -> list[int]:
        """Rows that the conversation goes on with after a row: its children on the thread and those that the
        client bridges to it. Off the thread, all its children but subagents'. Rows in `apart` are left out."""
        session, thread = self.session, self.thread
        children = session.children.get(row, [])
        if row in self.loaded:
            bridged = thread.bridged_from.get(row, ())
            found = [child for child in {*children, *bridged} if child in self.loaded]
        else:
            found = [child for child in children if not session.has(child, Flag.SIDECHAIN)]
        return sorted({child for child in found if child != row and child not in apart})

    def parent_of(self, row: int) -> str | None:
        """What stands before a row: its parent, or what the client goes on with where that is missing."""
        session = self.session
        bridge = self.thread.bridged.get(row)
        parent = session.parent_row[row]
        if bridge is not None and parent in (MISSING, row):
            return session.uuid(bridge)
        given = self.record(row).get("parentUuid")
        return given if isinstance(given, str) and given != session.uuid(row) else None

    def descends(self, row: int, ancestor: int) -> bool:
        """Whether a row comes after another on its chain; boundaries are crossed, as clients from 2.1.158 do."""
        session = self.session
        seen: set[int] = set()
        while row >= 0 and row not in seen:
            if row == ancestor:
                return True
            seen.add(row)
            parent = session.parent_row[row]
            if parent < 0 and session.kind(row) is Kind.BOUNDARY:
                number = session.scan.refers[row]
                parent = session.row_of.get(number, MISSING) if number >= 0 else MISSING
            if parent < 0:
                parent = self.thread.bridged.get(row, MISSING)
            row = parent
        return False
