"""Which rows the client holds once it has read the file, and where their parents are (claude-code-resume §3)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import compress, count

from unbrick.entry import Flag, Kind
from unbrick.formats.claude_code.behaviour import LARGE, BadLine, Behaviour
from unbrick.record import FaultKind
from unbrick.scanning.ones import where
from unbrick.session import MISSING, NO_PARENT, Session

CRASH = "The client stops with a TypeError while it reads the session."

_SPOKEN = (Kind.USER, Kind.ASSISTANT)


@dataclass(frozen=True)
class Preserved:
    """Messages from before a boundary that are put behind its summary: the number of the summary's id, -1 where no
    record names it, its row, MISSING where there is none, and the rows, in order."""

    uuid: int
    anchor: int
    rows: tuple[int, ...]


@dataclass
class Loaded:
    """`alive[row]` is 1 for a row that the client holds. `end` is the row that reading stopped at."""

    session: Session
    traits: Behaviour
    large: bool
    alive: bytearray
    end: int
    error: str | None = None
    discarded: int = -1
    """The boundary that everything before it was left out for, -1 for none."""
    preserved: Preserved | None = None
    override: dict[int, int] = field(default_factory=dict)
    """Parents that the client rewrites while loading."""
    whole: bool = False
    """Whether every row's parent is what the session says."""

    def parent(self, row: int) -> int:
        """Row of the parent as the client finds it, NO_PARENT or MISSING."""
        found = self.override.get(row)
        if found is not None:
            return found
        parent = self.session.parent_row[row]
        if parent < 0 or self.alive[parent]:
            return parent
        for other in reversed(self.session.duplicates.get(self.session.scan.uuid[parent], ())):
            if self.alive[other]:
                return other
        return MISSING

    def parents(self) -> Iterator[int]:
        """The parent of every row."""
        if self.whole and not self.override:
            return iter(self.session.parent_row)
        return map(self.parent, range(len(self.session)))

    def rows(self) -> Iterator[int]:
        """The rows that the client holds, in file order."""
        return compress(count(), self.alive)


def _linkable(traits: Behaviour) -> bytes:
    """Kind → 1 where a record of it can be a link of the chain, as a translation table."""
    kinds = {Kind.USER, Kind.ASSISTANT, Kind.NOTICE, Kind.BOUNDARY, Kind.ATTACHMENT}
    if traits.progress_links:
        kinds.add(Kind.PROGRESS)
    if traits.unknown_links:
        kinds.add(Kind.UNKNOWN)
    return bytes(kind in kinds for kind in range(256))


def load(session: Session, traits: Behaviour) -> Loaded:
    """What the client holds of a session."""
    scan = session.scan
    large = session.size > LARGE
    alive = bytearray(scan.kind.tobytes().translate(_linkable(traits)))
    loaded = Loaded(session, traits, large, alive, len(scan))
    _leave_out(loaded)
    last = _last_boundary(loaded)
    if last is not None and traits.preserved:
        loaded.preserved = _preserved(session, last)
    if last is not None and (traits.discards.holds(large) or (traits.preserved and _keeps_any(session))):
        kept = loaded.preserved.rows if loaded.preserved else ()
        start = session.duplicates.get(scan.uuid[last], (last,))[0]
        marks = [(row, alive[row]) for row in kept]
        alive[:start] = bytes(start)
        for rows in session.duplicates.values():
            if rows[0] < start:  # a later copy of a record takes its value, not its place
                for row in rows:
                    alive[row] = 0
        for row, mark in marks:
            alive[row] = mark
        loaded.discarded = last
    loaded.whole = not session.duplicates and all(compress(alive, session.runs.links))
    if loaded.preserved is not None:
        _relink(loaded, loaded.preserved)
    return loaded


def _leave_out(loaded: Loaded) -> None:
    """Take out what an unexpected line hides, what a later record with the same id replaces, and loose records."""
    session, traits, alive = loaded.session, loaded.traits, loaded.alive
    scan = session.scan
    for row, fault in scan.faults.items():
        if fault.kind is FaultKind.BOM and not traits.bom_read:
            alive[row] = 0
        if fault.readable:
            continue
        reaction = traits.not_object if fault.kind is FaultKind.NOT_OBJECT else BadLine.SKIP
        if loaded.large and fault.kind is not FaultKind.BLANK and reaction is BadLine.SKIP:
            reaction = traits.unreadable_large
        if reaction is BadLine.CRASH:
            loaded.error = CRASH
        elif reaction is BadLine.STOP:
            loaded.end = min(loaded.end, row)
    if loaded.end < len(scan):
        alive[loaded.end :] = bytes(len(scan) - loaded.end)
    for rows in session.duplicates.values():
        held = [row for row in rows if alive[row]]
        for row in held[:-1]:
            alive[row] = 0
    unnamed = [row for row in scan.flagged(Flag.NO_UUID) if alive[row]]
    for row in unnamed[:-1]:
        alive[row] = 0


def _last_boundary(loaded: Loaded) -> int | None:
    scan = loaded.session.scan
    for row in reversed([*scan.of_kind(Kind.BOUNDARY)]):
        if row < loaded.end and loaded.alive[row] and not scan.flags[row] & Flag.SIDECHAIN:
            return row
    return None


def _keeps_any(session: Session) -> bool:
    """Whether any boundary keeps messages by name: clients from 2.1.70 on then leave out what stands before the last
    boundary of a small file too (measured on 2.1.139)."""
    for row in session.scan.of_kind(Kind.BOUNDARY):
        metadata = session.value(row).get("compactMetadata")
        if isinstance(metadata, dict) and isinstance(metadata.get("preservedSegment"), dict):
            return True
    return False


def _preserved(session: Session, boundary: int) -> Preserved | None:
    """The messages that a boundary keeps; None where it names none or one that the file does not hold."""
    found = session.value(boundary).get("compactMetadata")
    metadata = found if isinstance(found, dict) else {}
    messages, segment = metadata.get("preservedMessages"), metadata.get("preservedSegment")
    rows: list[int] = []
    named: object = None
    if isinstance(messages, dict) and isinstance(messages.get("uuids"), list):
        named = messages.get("anchorUuid")
        rows = [row for uuid in messages["uuids"] if (row := _row(session, uuid)) is not None]
    elif isinstance(segment, dict):
        named = segment.get("anchorUuid")
        head, tail = _row(session, segment.get("headUuid")), _row(session, segment.get("tailUuid"))
        if head is not None and tail is not None:
            back = []
            for row in session.ancestors(tail):
                back.append(row)
                if row == head:
                    rows = back[::-1]
                    break
    anchor = _row(session, named)
    if not isinstance(named, str) or not rows or anchor in rows:
        return None
    number = session.scan.strings.find(named)
    return Preserved(number, MISSING if anchor is None else anchor, tuple(dict.fromkeys(rows)))


def _row(session: Session, uuid: object) -> int | None:
    return session.row(uuid) if isinstance(uuid, str) else None


def _relink(loaded: Loaded, preserved: Preserved) -> None:
    """Hang the kept messages behind the anchor, and what followed the anchor behind the last of them, also where the
    client does not hold the anchor itself."""
    rows = [row for row in preserved.rows if loaded.alive[row]]
    if not rows:
        loaded.preserved = None
        return
    inside = set(rows)
    named = where(loaded.session.scan.parent, preserved.uuid) if preserved.uuid >= 0 else ()
    left = (row for row in range(loaded.discarded + 1, len(loaded.session)) if _left_out(loaded, row))
    for row in sorted({*named, *left} - inside):
        loaded.override[row] = rows[-1]
    anchor = preserved.anchor
    before = anchor if anchor >= 0 and loaded.alive[anchor] and anchor >= loaded.discarded else MISSING
    for row in rows:
        loaded.override[row] = before
        before = row


def _left_out(loaded: Loaded, row: int) -> bool:
    """Whether a row hangs on a record that was left out for the last boundary, which it stands behind."""
    return loaded.session.parent_row[row] >= 0 and loaded.parent(row) == MISSING


def spoken(loaded: Loaded, row: int) -> bool:
    """Whether a row is a user or assistant record outside sidechains."""
    scan = loaded.session.scan
    return scan.kind[row] in _SPOKEN and not scan.flags[row] & Flag.SIDECHAIN


def times(loaded: Loaded) -> tuple[array[float], array[int]]:
    """Times and rows outside sidechains that have one, sorted by time; of equal times the later row is last."""
    scan = loaded.session.scan
    order = sorted(
        (row for row in loaded.rows() if not scan.flags[row] & (Flag.SIDECHAIN | Flag.NO_TIME)),
        key=scan.time.__getitem__,
    )
    return array("d", map(scan.time.__getitem__, order)), array("i", order)


__all__ = ["CRASH", "MISSING", "NO_PARENT", "Loaded", "Preserved", "load", "spoken", "times"]
