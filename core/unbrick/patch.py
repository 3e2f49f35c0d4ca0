"""A patch says which pieces stand in the place of which lines; a view is a source seen through a patch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from unbrick.record import END, FRAME, At, Json, glance, read
from unbrick.source import Source

Patch = Mapping[int, tuple[bytes, ...]]
"""Line number counted from 1, or END → the lines that stand in its place, without terminators.

`()` deletes, one piece replaces, more insert; END appends. Lines that no key names keep their bytes. FRAME, where a
source has one, stands for what is before the first and behind the last record: two pieces.
"""

EMPTY: Patch = {}


class View:
    """The records of a source as a patch leaves them, addressed by row from 0."""

    def __init__(self, source: Source, patch: Patch = EMPTY) -> None:
        self.source = source
        self.patch = patch
        self._touched = sorted(line for line in patch if line not in (END, FRAME))
        self._rows: list[int] = []
        shift = 0
        for line in self._touched:
            self._rows.append(line - 1 + shift)
            shift += len(patch[line]) - 1
        self._appended = patch.get(END, ())
        self._shift = shift

    @property
    def _body(self) -> int:
        return len(self.source) + self._shift

    def __len__(self) -> int:
        return self._body + len(self._appended)

    @property
    def flaw(self) -> str:
        """What is wrong around and between the records, until a patch writes that anew."""
        return "" if FRAME in self.patch else self.source.flaw

    def place(self, at: At) -> str:
        """A place in words: `line 214`, `message 4`, `an added line`."""
        unit = self.source.unit
        return f"{unit} {at.line:,}" if at.line < END else f"an added {unit}"

    def at(self, row: int) -> At:
        """Where a row comes from."""
        if row >= self._body:
            return At(END, row - self._body)
        found = bisect_right(self._rows, row) - 1
        if found >= 0:
            line = self._touched[found]
            part, count = row - self._rows[found], len(self.patch[line])
            return At(line, part) if part < count else At(line + 1 + part - count)
        return At(row + 1)

    def row(self, at: At) -> int | None:
        """The row of a place, None when a patch deleted it."""
        line, part = at
        if line == END:
            first, count = self._body, len(self._appended)
        elif 0 < line <= len(self.source):
            first, count = self.start(line), len(self.patch[line]) if line in self.patch else 1
        else:
            return None
        return first + part if 0 <= part < count else None

    def start(self, line: int) -> int:
        """The row that a line begins at, or would begin at if a patch had not deleted it."""
        if line > len(self.source):
            return self._body
        found = bisect_right(self._touched, line) - 1
        if found < 0:
            return line - 1
        before = self._touched[found]
        return self._rows[found] + (0 if before == line else len(self.patch[before]) + line - before - 1)

    def raw(self, row: int) -> bytes:
        """The bytes of a row; untouched lines with their terminator."""
        at = self.at(row)
        if at.line == END or at.line in self.patch:
            return self.patch[at.line][at.part]
        return self.source[at.line - 1]

    def head(self, row: int, most: int) -> tuple[bytes, int]:
        """The first bytes of a row, and how many it has in all; what is longer is not read."""
        at = self.at(row)
        if at.line == END or at.line in self.patch:
            raw = self.patch[at.line][at.part]
            return raw[:most], len(raw)
        start, end = self.source.span(at.line - 1)
        return self.source.read(start, min(end, start + most)), end - start

    def value(self, row: int) -> Json | None:
        """The decoded record of a row."""
        return read(self.raw(row))[0]

    def glance(self, row: int) -> Json | None:
        """The record of a row, for who writes nothing of its long texts anywhere (see `record.glance`)."""
        return glance(self.raw(row))[0]

    def raws(self) -> Iterator[bytes]:
        """All rows in order, read in large pieces."""
        if not self.patch:
            yield from self.source.lines()
            return
        for line, raw in enumerate(self.source.lines(), 1):
            pieces = self.patch.get(line)
            if pieces is None:
                yield raw
            else:
                yield from pieces
        yield from self._appended


def compose(patch: Patch, change: Mapping[At, Sequence[bytes]]) -> Patch:
    """A patch with changes applied that address the lines as the patch left them.

    Each place in `change` is replaced by its pieces; `At(END, count of appended lines)` appends. Raises KeyError
    for a place that the patch left empty or never had.
    """
    result = dict(patch)
    by_line: dict[int, dict[int, Sequence[bytes]]] = {}
    for at, pieces in change.items():
        by_line.setdefault(at.line, {})[at.part] = pieces
    for line, parts in by_line.items():
        old = result.get(line)
        count = len(old) if old is not None else int(line != END)
        last = count if line == END else count - 1
        if min(parts) < 0 or max(parts) > last:
            raise KeyError(At(line, max(parts)))
        new: list[bytes] = []
        for part in range(last + 1):
            if part in parts:
                new += parts[part]
            elif part < count:
                if old is None:
                    raise KeyError(At(line, part))
                new.append(old[part])
        result[line] = tuple(new)
    return result
