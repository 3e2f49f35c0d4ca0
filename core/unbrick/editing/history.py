"""What was done to a transcript, step by step: undo, redo, and taking one step back out of the middle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace

from unbrick.edit import Edit, places
from unbrick.finding import Fix
from unbrick.formats import Clock
from unbrick.patch import EMPTY, Patch, View
from unbrick.record import At, read
from unbrick.source import Source

Lower = Callable[[Patch, Sequence[Edit], Clock], Patch]
"""Writes edits onto a patch, in order. Raises KeyError when one names a place or id that is not there."""

Witness = tuple[At, bytes, str | None]
"""A place, the line that stood there when an edit named it, and the id of its record."""


@dataclass(frozen=True)
class Step:
    """Edits that were applied together, and the patch that they led to.

    `witnesses` say which records the edits meant, `times` and `uuids` what the clock gave, so that the step can be
    replayed on another ground and come out the same.
    """

    title: str
    edits: tuple[Edit, ...]
    patch: Patch = field(repr=False)
    witnesses: tuple[Witness, ...] = field(default=(), repr=False)
    times: tuple[str, ...] = field(default=(), repr=False)
    uuids: tuple[str, ...] = field(default=(), repr=False)
    fixes: tuple[Fix, ...] = field(default=(), repr=False)
    """What the edits were, where that is known."""


@dataclass(frozen=True)
class History:
    """Steps, of which the first `position` are in force; the others can be done again. Every operation gives a new
    history and leaves this one as it is."""

    source: Source = field(repr=False)
    steps: tuple[Step, ...] = ()
    position: int = 0
    start: Patch = field(default_factory=lambda: EMPTY, repr=False)

    @property
    def patch(self) -> Patch:
        """The patch in force."""
        return self.steps[self.position - 1].patch if self.position else self.start

    @property
    def done(self) -> tuple[Step, ...]:
        """The steps in force, first to last."""
        return self.steps[: self.position]

    @property
    def undone(self) -> tuple[Step, ...]:
        """The steps that `redo` would do again, next to last."""
        return self.steps[self.position :]

    def apply(self, title: str, edits: Sequence[Edit], lower: Lower, clock: Clock) -> History:
        """Do a step; steps that were undone are forgotten. Raises KeyError when an edit does not apply."""
        taped = _Tape(clock)
        patch = lower(self.patch, edits, taped)
        return self._with(Step(
            title, tuple(edits), patch, tuple(_witnesses(View(self.source, self.patch), edits)),
            tuple(taped.times), tuple(taped.uuids),
        ))

    def push(self, title: str, edits: Sequence[Edit], patch: Patch, fixes: tuple[Fix, ...] = ()) -> History:
        """Record a step whose patch is known already, as a repair gives it."""
        seen = tuple(_witnesses(View(self.source, self.patch), edits))
        return self._with(Step(title, tuple(edits), patch, seen, fixes=fixes))

    def _with(self, step: Step) -> History:
        return replace(self, steps=(*self.done, step), position=self.position + 1)

    def undo(self) -> History:
        """Go back one step; nothing happens at the first."""
        return replace(self, position=max(self.position - 1, 0))

    def redo(self) -> History:
        """Do the next undone step again; nothing happens at the last."""
        return replace(self, position=min(self.position + 1, len(self.steps)))

    def revert(self, index: int, lower: Lower, clock: Clock) -> tuple[History, tuple[Step, ...]]:
        """Take the step at `index` of those in force out and replay the ones after it, what was undone last of all, so
        that it can still be done again.

        Gives the new history and the steps that were dropped because they no longer apply: an edit of theirs means
        a record that is not there without the reverted step. Raises IndexError when there is no such step.
        """
        if not 0 <= index < self.position:
            raise IndexError(index)
        before = replace(self, steps=self.steps[:index], position=index)
        return before._replayed(self.done[index + 1 :], self.undone, lower, clock)

    def onto(self, source: Source, lower: Lower, clock: Clock) -> tuple[History, tuple[Step, ...]]:
        """The steps in force done again on another state of the file, such as one that grew; what was undone can still
        be done again where it fits.

        Gives the new history and the steps that were dropped because a record that they mean is not there.
        """
        return History(source)._replayed(self.done, self.undone, lower, clock)

    def _replayed(
        self, steps: Sequence[Step], undone: Sequence[Step], lower: Lower, clock: Clock
    ) -> tuple[History, tuple[Step, ...]]:
        result = self
        dropped: list[Step] = []
        for step in steps:
            again = result._again(step, lower, clock)
            if again is None:
                dropped.append(step)
            result = again or result
        position = result.position
        for step in undone:
            # Each stands on the one before: what follows a step that is gone is not what it was.
            again = result._again(step, lower, clock)
            if again is None:
                break
            result = again
        return replace(result, position=position), tuple(dropped)

    def _again(self, step: Step, lower: Lower, clock: Clock) -> History | None:
        """A step done again; None when it no longer applies."""
        try:
            edits = _moved(View(self.source, self.patch), step)
            again = self.apply(step.title, edits, lower, _Replay(step, clock))
            fixes = step.fixes if edits == step.edits else ()
            return replace(again, steps=(*again.done[:-1], replace(again.done[-1], fixes=fixes)))
        except KeyError:
            return None


@dataclass
class _Tape:
    """A clock that notes what it gave."""

    clock: Clock
    times: list[str] = field(default_factory=list)
    uuids: list[str] = field(default_factory=list)

    def now(self) -> str:
        self.times.append(self.clock.now())
        return self.times[-1]

    def uuid(self) -> str:
        self.uuids.append(self.clock.uuid())
        return self.uuids[-1]


class _Replay:
    """A clock that gives what it gave when a step was first done, then fresh values."""

    def __init__(self, step: Step, clock: Clock) -> None:
        self._times, self._uuids, self._clock = iter(step.times), iter(step.uuids), clock

    def now(self) -> str:
        return next(self._times, None) or self._clock.now()

    def uuid(self) -> str:
        return next(self._uuids, None) or self._clock.uuid()


def _witnesses(view: View, edits: Sequence[Edit]) -> Iterator[Witness]:
    for at in dict.fromkeys(at for edit in edits for at in places(edit)):
        row = view.row(at)
        if row is not None:
            raw = view.raw(row)
            yield at, raw, _uuid(raw)


def _uuid(raw: bytes) -> str | None:
    value = read(raw)[0]
    uuid = value.get("uuid") if value else None
    return uuid if isinstance(uuid, str) else None


def _moved(view: View, step: Step) -> tuple[Edit, ...]:
    """The edits of a step with their places where the records that they mean stand now. Raises KeyError when one
    of them is gone."""
    moves: dict[At, At] = {}
    for at, raw, uuid in step.witnesses:
        row = view.row(at)
        if row is None or not _same(view.raw(row), raw, uuid):
            moves[at] = _search(view, at, raw, uuid)
    return tuple(_with_places(edit, moves) for edit in step.edits) if moves else step.edits


def _search(view: View, at: At, raw: bytes, uuid: str | None) -> At:
    """Where a record stands now, looked for by its id or else its bytes. Raises KeyError when it is nowhere."""
    key = raw.rstrip(b"\r\n") if uuid is None else uuid.encode()
    for row, now in enumerate(view.raws()):
        if key in now and _same(now, raw, uuid):
            return view.at(row)
    raise KeyError(at)


def _same(now: bytes, raw: bytes, uuid: str | None) -> bool:
    return now.rstrip(b"\r\n") == raw.rstrip(b"\r\n") or (uuid is not None and _uuid(now) == uuid)


def _with_places(edit: Edit, moves: dict[At, At]) -> Edit:
    changes: dict[str, object] = {}
    for one in fields(edit):
        value = getattr(edit, one.name)
        if isinstance(value, At):
            changes[one.name] = moves.get(value, value)
        elif isinstance(value, tuple) and any(isinstance(part, At) for part in value):
            changes[one.name] = tuple(moves.get(part, part) if isinstance(part, At) else part for part in value)
    return replace(edit, **changes)  # type: ignore[arg-type]  # mypy cannot know the members of each kind of edit
