"""Which records of two reports on one source are one and the same, told for those that may have changed."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.edit import Salvage
from unbrick.entry import Kind
from unbrick.patch import View
from unbrick.record import END, FRAME, At, salvaged
from unbrick.report import Report


def match(before: Report, after: Report) -> Iterator[tuple[int, int]]:
    """Pairs of rows that are one record and may have changed in what becomes of it; -1 for none."""
    old, new = before.situation.session.scan.view, after.situation.session.scan.view
    standing = before.situation.thread.standing, after.situation.thread.standing
    touched = sorted(
        line for line in {*old.patch, *new.patch}
        if line not in (END, FRAME) and old.patch.get(line) != new.patch.get(line)
    )
    here: list[int] = []
    there: list[int] = []
    line = 1
    for stop in (*touched, len(old.source) + 1):
        start, other = old.start(line), new.start(line)
        size = old.start(stop) - start
        if standing[0][start : start + size] != standing[1][other : other + size]:
            for place in range(size):
                if standing[0][start + place] != standing[1][other + place]:
                    yield start + place, other + place
        if stop <= len(old.source):
            here += range(old.start(stop), old.start(stop + 1))
            there += range(new.start(stop), new.start(stop + 1))
        line = stop + 1
    here += range(old.start(line), len(old))
    there += range(new.start(line), len(new))
    yield from _paired(before, after, here, there)


def _paired(before: Report, after: Report, here: list[int], there: list[int]) -> Iterator[tuple[int, int]]:
    """Rows of touched lines: the same record by its id or bytes, at its own place first, or by its place alone."""
    left = dict.fromkeys(there)
    places = {place_of(after, row): row for row in there}
    moved: list[int] = []
    for row in here:
        found = places.get(place_of(before, row), -1)
        if found >= 0 and _key(before, row) == _key(after, found):
            del left[found]
            yield row, found
        else:
            moved.append(row)
    known: dict[object, list[int]] = {}
    for row in left:
        known.setdefault(_key(after, row), []).append(row)
    unknown: list[int] = []
    for row in moved:
        same = known.get(_key(before, row))
        if same:
            found = same.pop(0)
            left.pop(found, None)
            yield row, found
        else:
            unknown.append(row)
    damaged: set[int] = set()
    for row in unknown:
        found = places.get(place_of(before, row), -1)
        if found in left:
            del left[found]
            yield row, found
        else:
            yield row, -1
        if before.situation.session.kind(row) is Kind.FAULT:
            damaged.add(place_of(before, row).line)
    for row in left:
        # What was whole inside a damaged line was there before, and was not loaded.
        line = place_of(after, row).line
        yield next(one for one in unknown if place_of(before, one).line == line) if line in damaged else -1, row


def place_of(report: Report, row: int) -> At:
    """Where a row stands in the file."""
    return report.situation.session.at(row)


def _key(report: Report, row: int) -> object:
    session = report.situation.session
    view: View = session.scan.view
    return session.uuid(row) or view.raw(row).rstrip(b"\r\n")


def put_back(edit: Salvage, view: View) -> tuple[bytes, ...]:
    """The whole records that a salvage puts in the place of a line."""
    row = view.row(edit.at)
    if edit.pieces is None and row is not None:
        return salvaged(view.raw(row))
    return edit.pieces or ()
