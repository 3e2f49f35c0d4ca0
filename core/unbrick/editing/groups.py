"""Fixes that a format does in one go."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from unbrick.edit import Answer, Conform, DropBlock, Edit, SetRef, SetValue
from unbrick.editing.lowering import alike
from unbrick.finding import Finding, Fix
from unbrick.jsonspan import Apart
from unbrick.record import At


@dataclass(frozen=True)
class Applied:
    """A fix that was applied, and the finding it answers as it stood then."""

    finding: Finding
    fix: Fix


def groups(batch: Iterable[Applied]) -> list[list[Applied]]:
    """The fixes that are done in one go: those that answer calls, those that move results behind theirs, those that
    give calls other ids, those that replace values of the same records apart from each other, and those that take
    blocks out of one record, its last block first, so that each finds the block that it means. A fix of several
    findings is done once."""
    found: dict[Hashable, list[Applied]] = {}
    apart: dict[At, Apart] = {}
    seen: set[Hashable] = set()
    for applied in batch:
        if id(applied.fix.edits) in seen:
            continue
        seen.add(id(applied.fix.edits))
        key = _alike(applied.fix.edits)
        # What two findings want to be done once is done once, and what leads into another of them waits for what that
        # leaves.
        if key is None or not any(_done(edit, apart, seen) for edit in applied.fix.edits):
            found.setdefault(id(applied) if key is None else key, []).append(applied)
    for group in found.values():
        group.sort(key=_last_first)
    return list(found.values())


def steps(group: Sequence[Applied]) -> list[Edit]:
    """The edits of several fixes: the first of each, then the second of each."""
    return [edit for step in zip_longest(*(one.fix.edits for one in group)) for edit in step if edit is not None]


def _alike(edits: Sequence[Edit]) -> Hashable | None:
    """What fixes have in common that are done in one go: where they begin, and the kinds of their edits. None for one
    that stands alone."""
    first = alike(edits[0]) if edits else None
    if len(edits) > 1 and not all(isinstance(edit, Answer | Conform | SetValue) for edit in edits):
        return None
    return None if first is None else (first, *map(type, edits))


def _done(edit: Edit, apart: dict[At, Apart], seen: set[Hashable]) -> bool:
    """Whether an edit does once more what one before it does, or leads into that; an id is given once."""
    if isinstance(edit, SetValue):
        return not apart.setdefault(edit.at, Apart()).add(edit.pointer)
    if isinstance(edit, Conform):
        return False
    what = edit.ref if isinstance(edit, Answer) else edit.new if isinstance(edit, SetRef) else edit
    if what in seen:
        return True
    seen.add(what)
    return False


def _last_first(applied: Applied) -> int:
    first = next(iter(applied.fix.edits), None)
    return -first.block if isinstance(first, DropBlock) else 0
