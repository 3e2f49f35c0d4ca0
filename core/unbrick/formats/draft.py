"""A change in the making: lines replaced, dropped, added, with the bytes of everything else left alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

from unbrick import jsonspan
from unbrick.edit import Redact, Salvage
from unbrick.jsonspan import Apart, Pointer, Spelling
from unbrick.record import END, At, Json, compact, read, salvaged
from unbrick.secrecy.hide import Hidden
from unbrick.session import Session
from unbrick.thread import Thread


class _Values:
    """What was set in one record, by pointer: none of these leads into another."""

    def __init__(self) -> None:
        self._apart = Apart()
        self.written: dict[tuple[str | int, ...], Spelling] = {}

    def add(self, pointer: tuple[str | int, ...], new: Spelling) -> bool:
        """Take a value in, where its pointer stands apart from the others."""
        if not self._apart.add(pointer):
            return False
        self.written[pointer] = new
        return True


class Draft:
    """Edits of one session, collected by row. Rows keep their numbers until `changes()` gives the pieces by place."""

    leading: str | None = None
    """The member that records begin with, where it may have to be added."""

    def __init__(self, session: Session, thread: Thread) -> None:
        self.session = session
        self.thread = thread
        self.view = session.scan.view
        self.loaded = thread.members
        self._raw: dict[int, bytes | None] = {}
        self._set: dict[int, _Values] = {}
        """Values that were set in the record of a row and are not written yet: a thousand of them in one pass."""
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

    def raw(self, row: int) -> bytes:
        """The line of a row as edited so far, without its line feed (a carriage return stays)."""
        if row in self._set:
            self._write(row, self._set.pop(row))
        raw = self._raw[row] if row in self._raw else self.view.raw(row)
        if raw is None:
            raise KeyError(self.view.at(row))
        return raw.removesuffix(b"\n")

    def written(self, value: object) -> Spelling:
        """A value as the client writes it."""
        return compact(value)

    def put(self, row: int, raw: bytes) -> None:
        """Replace the line of a row."""
        if raw != self.raw(row):
            self._raw[row] = raw

    def set(self, row: int, pointer: Pointer, value: object) -> None:
        """Replace one value in the record of a row, or add the member when only that is missing. Raises KeyError when
        the row holds no record; what else is missing is found when the values of a record are written."""
        steps, new = tuple(pointer), self.written(value)
        if row not in self._set or not self._set[row].add(steps, new):
            self.record(row)
            self._set[row] = _Values()
            self._set[row].add(steps, new)

    def _write(self, row: int, values: _Values) -> None:
        """Write the values that were set in a record; the member that records begin with may have to be put there."""
        for pointer in [pointer for pointer in values.written if pointer == (self.leading,)]:
            self.put_value(row, pointer, jsonspan.spelled(values.written.pop(pointer), self.raw(row), 0))
        self.put(row, jsonspan.set_values(self.raw(row), values.written))

    def put_value(self, row: int, pointer: Pointer, new: bytes) -> None:
        """Replace one value in the record of a row by its bytes as JSON, or add the member when only that is missing.
        Raises KeyError when more is."""
        raw = self.raw(row)
        if not pointer or isinstance(pointer[-1], int):
            self.put(row, jsonspan.set_value(raw, pointer, new))
        else:
            *parent, key = pointer
            self.put(row, jsonspan.set_member(raw, parent, str(key), new, first=key == self.leading))

    def drop_blocks(self, row: int, pointer: Pointer, count: int, blocks: Iterable[int]) -> bool:
        """Take elements out of a list of so many in the record of a row, each named by its number in what the ones
        before left; whether any is left, else the list stays as it is. Raises KeyError when one is not there."""
        left = [*range(count)]
        gone: set[int] = set()
        for block in blocks:
            if not 0 <= block < len(left):
                raise KeyError(block)
            gone.add(left.pop(block))
        if left:
            self.take_out(row, pointer, gone)
        return bool(left)

    def take_out(self, row: int, pointer: Pointer, indices: Set[int]) -> None:
        """Take elements out of a list in the record of a row. Raises KeyError when one is not there."""
        self.put(row, jsonspan.remove_elements(self.raw(row), pointer, indices))

    def redact(self, edit: Redact) -> None:
        """Put a note in the place of a value in some records."""
        hidden = Hidden(edit.value, edit.note)
        for at in edit.ats:
            row = self.row(at)
            self.put(row, hidden.hide(self.raw(row))[0])

    def drop(self, row: int) -> None:
        """Take the line of a row out."""
        self._set.pop(row, None)
        self._raw[row] = None

    def salvage(self, edit: Salvage) -> None:
        """Put whole records in the place of a damaged line."""
        row = self.row(edit.at)
        pieces = salvaged(self.raw(row)) if edit.pieces is None else edit.pieces
        self.drop(row)
        for piece in pieces:
            self.behind(row, piece.rstrip(b"\r\n"))

    def gone(self, row: int) -> bool:
        """Whether the line of a row was taken out."""
        return row in self._raw and self._raw[row] is None

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
        for row in [*self._set]:
            self.raw(row)
        result: dict[At, Sequence[bytes]] = {}
        for row in sorted(self._raw.keys() | self._behind.keys() | self._moved):
            gone = row in self._moved or self.gone(row)
            own = () if gone else (self.raw(row),)
            result[self.view.at(row)] = (*own, *self._lines(self._behind.get(row, ())))
        if self._tail:
            result[At(END, len(self.view.patch.get(END, ())))] = tuple(self._lines(self._tail))
        return result

    def _lines(self, pieces: Iterable[bytes | int]) -> Iterable[bytes]:
        return (self.raw(piece) if isinstance(piece, int) else piece for piece in pieces)
