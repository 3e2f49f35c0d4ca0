"""What Amplifier loads: every record as it stands, or nothing (amplifier.md §3)."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from unbrick.entry import Flag, Kind
from unbrick.formats.amplifier import places
from unbrick.record import FaultKind
from unbrick.secrecy.hide import NOTE, alike
from unbrick.session import Session, Standing
from unbrick.target import Target
from unbrick.thread import Loss, Outcome, Thread

_TALK = (Kind.USER, Kind.ASSISTANT)
_READ = (FaultKind.BLANK, FaultKind.NOT_OBJECT, FaultKind.SURROGATE)
"""Lines that the client's reader takes; what is no object it crashes on."""

INVALID = "Execution failed: ValidationError: 1 validation error for Message"
NOT_ITERABLE = "Execution failed: TypeError: 'NoneType' object is not iterable"


def thread(session: Session, _target: Target) -> Thread:
    """Every record in the order of the file. One line that is no JSON has the whole file rejected: the backup is read
    in its place, or else nothing, without an error."""
    scan = session.scan
    kinds = scan.kind
    standing = array("B", bytes(len(scan)))
    for row, kind in enumerate(kinds):
        if kind == Kind.FAULT:
            standing[row] = Standing.UNREADABLE
        elif kind not in _TALK and not scan.flags[row] & Flag.MALFORMED:
            standing[row] = Standing.APART
    bad = [row for row, fault in scan.faults.items() if fault.kind not in _READ]
    if bad:
        return _rejected(session, standing, bad)
    crash = next((row for row, fault in scan.faults.items() if fault.kind is FaultKind.NOT_OBJECT), None)
    error = None if crash is None else NOT_ITERABLE
    if crash is None:
        crash = next((row for row, flags in enumerate(scan.flags) if flags & Flag.MALFORMED), None)
        if crash is not None:
            empty = session.value(crash).get("tool_calls", ()) is None
            error = NOT_ITERABLE if empty else INVALID
    rows = array("i", (row for row, found in enumerate(standing) if found == Standing.LOADED))
    outcome = Outcome.ACCEPTED if crash is None else Outcome.CRASH
    return Thread(rows, rows[-1] if rows else None, outcome, error, standing=standing, whole=True)


def _rejected(session: Session, standing: array[int], bad: list[int]) -> Thread:
    scan = session.scan
    kept = backup_lines(session)
    rows = array("i")
    lost = 0
    held = set(kept or ())
    for row, found in enumerate(standing):
        if found != Standing.LOADED:
            continue
        raw = scan.view.raw(row).strip()
        if raw in held or _redacted(raw, kept or ()):
            rows.append(row)
        else:
            standing[row] = Standing.LOST
            lost += 1
    why = "one line that cannot be read has the client reject the whole file"
    why += "; it reads the older backup in its place" if held else "; there is no backup that it could read"
    losses = tuple(Loss(row, why, None, lost if row == bad[0] else 0) for row in bad)
    outcome = Outcome.ACCEPTED if held else Outcome.EMPTY
    return Thread(rows, rows[-1] if rows else None, outcome, standing=standing, losses=losses, whole=True)


def _redacted(raw: bytes, lines: Iterable[bytes]) -> bool:
    """Whether a line is one of others in which values have been redacted."""
    if NOTE.encode() not in raw:
        return False
    text = raw.decode("latin-1")
    return any(alike(text, line.decode("latin-1")) for line in lines)


def backup_lines(session: Session) -> tuple[bytes, ...] | None:
    """The lines of the client's backup, stripped; None when there is none that the client could read."""
    source = session.scan.view.source
    return None if source.private else readable_lines(source.path.with_name(source.path.name + places.BACKUP))


def readable_lines(path: Path) -> tuple[bytes, ...] | None:
    """The lines of a file that the client could read; None when it rejects it, or it is not there."""
    try:
        found = path.stat()
        return _lines(path, found.st_size, found.st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=4)
def _lines(path: Path, _size: int, _mtime: int) -> tuple[bytes, ...] | None:
    lines = tuple(line for raw in path.read_bytes().split(b"\n") if (line := raw.strip()))
    try:
        for line in lines:
            json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return lines
