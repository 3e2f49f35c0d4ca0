"""A change in the making: lines replaced, dropped, added, with the bytes of everything else left alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from unbrick import jsonspan
from unbrick.entry import Flag, Kind
from unbrick.jsonspan import Pointer
from unbrick.record import END, At, Json, compact, read
from unbrick.session import MISSING, Session
from unbrick.thread import Thread


class Draft:
    """Edits of one session, collected by row. Rows keep their numbers until `changes()` gives the pieces by place."""

    def __init__(self, session: Session, thread: Thread) -> None:
        self.session = session
        self.thread = thread
        self.view = session.scan.view
        self.loaded = thread.members
        self._raw: dict[int, bytes | None] = {}
        self._behind: dict[int, list[bytes | int]] = {}
        self._tail: list[bytes | int] = []
        self._moved: set[int] = set()

    def row(self, at: At) -> int:
        """The row of a place. Raises KeyError when it is not there."""
        row = self.view.row(at)
        if row is None:
            raise KeyError(at)
        return row

    def record(self, row: int) -> Json:
        """The record of a row as edited so far. Raises KeyError when the row holds none."""
        value, _fault = read(self.raw(row))
        if value is None:
            raise KeyError(self.view.at(row))
        return value

    def uuid(self, row: int) -> str:
        """The id of a row. Raises KeyError when it has none."""
        uuid = self.session.uuid(row)
        if uuid is None:
            raise KeyError(self.view.at(row))
        return uuid

    def raw(self, row: int) -> bytes:
        """The line of a row as edited so far, without its line feed (a carriage return stays)."""
        raw = self._raw[row] if row in self._raw else self.view.raw(row)
        if raw is None:
            raise KeyError(self.view.at(row))
        return raw.removesuffix(b"\n")

    def put(self, row: int, raw: bytes) -> None:
        """Replace the line of a row."""
        if raw != self.raw(row):
            self._raw[row] = raw

    def set(self, row: int, pointer: Pointer, value: object) -> None:
        """Replace one value in the record of a row, or add the member when only that is missing."""
        self.record(row)
        self._set(row, pointer, compact(value))

    def _set(self, row: int, pointer: Pointer, new: bytes) -> None:
        raw = self.raw(row)
        if not pointer or isinstance(pointer[-1], int):
            self.put(row, jsonspan.set_value(raw, pointer, new))
        else:
            *parent, key = pointer
            self.put(row, jsonspan.set_member(raw, parent, str(key), new, first=key == "parentUuid"))

    def relink(self, row: int, parent: str | None) -> None:
        """Give the record of a row another parent."""
        if self.record(row).get("parentUuid", "") != parent:
            self._set(row, ("parentUuid",), compact(parent))

    def drop(self, row: int) -> None:
        """Take the line of a row out."""
        self._raw[row] = None

    def behind(self, row: int, raw: bytes) -> None:
        """Put a line behind a row, and behind what was already put there; line ends as that row has them."""
        self._behind.setdefault(row, []).append(self._like(row, raw))

    def append(self, raw: bytes) -> None:
        """Put a line at the end of the file."""
        self._tail.append(self._like(len(self.view) - 1, raw))

    def move_behind(self, row: int, other: int) -> None:
        """Move the line of a row behind another."""
        self._moved.add(row)
        self._behind.setdefault(other, []).append(row)

    def move_to_end(self, row: int) -> None:
        """Move the line of a row to the end of the file."""
        self._moved.add(row)
        self._tail.append(row)

    def _like(self, row: int, raw: bytes) -> bytes:
        crlf = 0 <= row < len(self.view) and self.view.raw(row).endswith(b"\r\n")
        return raw + b"\r" if crlf else raw

    def changes(self) -> Mapping[At, Sequence[bytes]]:
        """The pieces by place (see `patch.compose`)."""
        result: dict[At, Sequence[bytes]] = {}
        for row in sorted(self._raw.keys() | self._behind.keys() | self._moved):
            gone = row in self._moved or (row in self._raw and self._raw[row] is None)
            own = () if gone else (self.raw(row),)
            result[self.view.at(row)] = (*own, *self._lines(self._behind.get(row, ())))
        if self._tail:
            result[At(END, len(self.view.patch.get(END, ())))] = tuple(self._lines(self._tail))
        return result

    def _lines(self, pieces: Iterable[bytes | int]) -> Iterable[bytes]:
        return (self.raw(piece) if isinstance(piece, int) else piece for piece in pieces)

    def followers(self, row: int, apart: Iterable[int] = ()) -> list[int]:
        """Rows that the conversation goes on with after a row: its children on the thread and those that the
        client bridges to it. Off the thread, all its children but subagents'. Rows in `apart` are left out."""
        session, thread = self.session, self.thread
        children = session.children.get(row, [])
        if row in self.loaded:
            bridged = thread.bridged_from.get(row, ())
            found = [child for child in {*children, *bridged} if child in self.loaded]
        else:
            found = [child for child in children if not session.has(child, Flag.SIDECHAIN)]
        return sorted(set(found) - {row} - set(apart))

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
