"""Scanning again after an edit: rows of lines that stand as they stood are taken over, only the others are read."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from unbrick.entry import BareEntry
from unbrick.patch import View
from unbrick.record import END, FRAME, Json
from unbrick.scanning.scan import BATCH, BLOCK_COLUMNS, ROW_COLUMNS, Progress, Scan, read_rows


def rescan(before: Scan, view: View, entry_of: Callable[[Json], BareEntry]) -> Progress:
    """What `scan` gives for a view, made from the scan of another view of the same source.

    Strings keep their numbers; those of rows that are gone stay without use. Yields rows done so far.
    """
    if before.view.source is not view.source or len(before) != len(before.view):
        raise ValueError("the scan is not one of this source, or was not finished")
    old, new = before.view.patch, view.patch
    changed = sorted(line for line in {*old, *new} if line not in (END, FRAME) and old.get(line) != new.get(line))
    result = Scan(view, before.strings.copy())
    odd = sorted({*before.faults, *before.salvaged})
    line = 1
    for number, touched in enumerate(changed):
        _take(before, result, before.view.start(line), before.view.start(touched), odd)
        read_rows(result, new[touched] if touched in new else (view.source[touched - 1],), entry_of)
        line = touched + 1
        if number % BATCH == 0:
            yield len(result)
    _take(before, result, before.view.start(line), before.view.start(len(view.source) + 1), odd)
    read_rows(result, new.get(END, ()), entry_of)
    return result


def grown(before: Scan, view: View, entry_of: Callable[[Json], BareEntry]) -> Progress:
    """What `scan` gives for a file that only grew since `before`, neither with a patch. The last line is read again: it
    may have been unfinished. Yields rows done so far."""
    if before.view.patch or view.patch or len(before) != len(before.view):
        raise ValueError("the scan is one of a patch, or was not finished")
    result = Scan(view, before.strings.copy())
    kept = max(len(before) - 1, 0)
    _take(before, result, 0, kept, sorted({*before.faults, *before.salvaged}))
    yield kept
    read_rows(result, view.source.lines(kept), entry_of)
    return result


def _take(before: Scan, result: Scan, start: int, end: int, odd: list[int]) -> None:
    """Append rows of the scan before; `odd` are those of it that have a fault."""
    if start >= end:
        return
    shift = len(result) - start
    for name in ROW_COLUMNS:
        getattr(result, name).extend(getattr(before, name)[start:end])
    first, last = before.first[start], before.first[end]
    offset = result.first[-1] - first
    ends = before.first[start + 1 : end + 1]
    result.first.extend([one + offset for one in ends] if offset else ends)
    for name in BLOCK_COLUMNS:
        getattr(result, name).extend(getattr(before, name)[first:last])
    for row in odd[bisect_left(odd, start) : bisect_left(odd, end)]:
        if row in before.faults:
            result.faults[row + shift] = before.faults[row]
        if row in before.salvaged:
            result.salvaged[row + shift] = before.salvaged[row]
