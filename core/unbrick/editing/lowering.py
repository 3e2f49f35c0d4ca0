"""Edits as the patch that a format writes for them: each on what the ones before left, or all on one state."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import cast

from unbrick.edit import Answer, Conform, DropBlock, Edit, Move, SetRef, SetValue, Together
from unbrick.formats import Clock, Format
from unbrick.patch import Patch, View, compose
from unbrick.record import END, At
from unbrick.scanning.rescan import rescan
from unbrick.scanning.scan import finish
from unbrick.session import Session, link
from unbrick.situation import Situation
from unbrick.target import Target
from unbrick.thread import Thread

Change = dict[At, tuple[bytes, ...]]


def lower(
    format_: Format, situation: Situation, edits: Sequence[Edit], patch: Patch, clock: Clock,
    change: Mapping[At, tuple[bytes, ...]] = MappingProxyType({}),
) -> Patch:
    """A patch with edits applied in order, each on what the ones before left; `change` is what was lowered already.

    Raises KeyError when an edit names a place that is not there.
    """
    session, thread, target = situation.session, situation.thread, situation.target
    change = dict(change)
    for edit in joined(edits):
        new: Change | None
        try:
            new = _lowered(format_, edit, session, thread, target, clock)
        except KeyError:
            # It may name an id that an edit before it gave.
            if not change:
                raise
            new = None
        if new is None or overlap(change, new):
            patch, change = compose(patch, change), {}
            session = link(finish(rescan(session.scan, View(situation.bundle.main, patch), format_.bare)))
            thread = format_.thread(session, target)
            new = _lowered(format_, edit, session, thread, target, clock)
        change.update(new)
    return compose(patch, change)


def _lowered(
    format_: Format, edit: Edit, session: Session, thread: Thread, target: Target, clock: Clock
) -> Change:
    return {at: tuple(pieces) for at, pieces in format_.lower(edit, session, thread, target, clock).items()}


def alike(edit: Edit) -> Hashable | None:
    """What edits have in common that a format does in one go (see `Together`); None for one that stands alone."""
    if isinstance(edit, Answer | Move | SetRef):
        return type(edit).__name__
    return (type(edit).__name__, edit.at) if isinstance(edit, Conform | DropBlock | SetValue) else None


def joined(edits: Iterable[Edit]) -> list[Edit]:
    """The same edits in order, those in a row that are done in one go as one."""
    found: list[Edit] = []
    for key, run in groupby(edits, alike):
        same = tuple(run)
        if isinstance(same[0], Conform):
            found.append(same[0])  # Once is enough.
            continue
        alone = key is None or len(same) < 2 or _chained(same)
        found += same if alone else (Together(cast("tuple[Answer, ...]", same)),)
    return found


def _chained(edits: Sequence[Edit]) -> bool:
    """Whether one of these takes up an id that another gives."""
    refs = [edit for edit in edits if isinstance(edit, SetRef)]
    return not {edit.old for edit in refs}.isdisjoint(edit.new for edit in refs)


def overlap(one: Change, other: Change) -> bool:
    """Whether two changes touch one place, or both append."""
    return any(at in one for at in other) or (_appends(other) and _appends(one))


def _appends(change: Change) -> bool:
    return any(at.line == END for at in change)


def together(format_: Format, situation: Situation, edits: Sequence[Edit], clock: Clock) -> Change | None:
    """All edits lowered on one state, or None when they touch each other or a place that is not there."""
    change: Change = {}
    for edit in joined(edits):
        try:
            new = _lowered(format_, edit, situation.session, situation.thread, situation.target, clock)
        except (KeyError, IndexError):
            return None
        if overlap(change, new):
            return None
        change.update(new)
    return change or None


def touched(format_: Format, situation: Situation, edits: Sequence[Edit], clock: Clock) -> set[At] | None:
    """The places that edits touch which follow on each other; None where one of them cannot be told alone."""
    found: set[At] = set()
    for edit in joined(edits):
        try:
            found.update(_lowered(format_, edit, situation.session, situation.thread, situation.target, clock))
        except (KeyError, IndexError):
            return None
    return None if any(at.line == END for at in found) else found
