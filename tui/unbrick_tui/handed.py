"""The work that calls of a session handed to subagents, by the row of the call, and how much they wrote."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from unbrick.held import Handed
from unbrick.report import Report
from unbrick_tui.text import count, one_line, size

COUNTED = 64_000_000
"""Bytes of a transcript up to which its records are counted, and not only its size said."""

APART = -1
"""In the place of a row: the call is not known."""


class Work(NamedTuple):
    """One subagent's transcript: what is known of it, its lines (-1: not counted) and its bytes."""

    handed: Handed
    lines: int
    size: int

    def __str__(self) -> str:
        records = f"{count(self.lines, 'record')}, " if self.lines >= 0 else ""
        return f"subagent {one_line(self.handed.name, 120)}: {records}{size(self.size)}"


def by_row(report: Report) -> dict[int, tuple[Work, ...]]:
    """Rows of calls → what they handed on; under `APART` what no call is known for."""
    situation = report.situation
    found: dict[int, tuple[Work, ...]] = {}
    for handed in situation.asks.handed():
        call = situation.session.calls.get(handed.ref) if handed.ref else None
        row = call.uses[-1][0] if call is not None and call.uses else APART
        found[row] = (*found.get(row, ()), Work(handed, *_length(handed.path)))
    return found


def _length(path: Path) -> tuple[int, int]:
    """Lines and bytes of a file; none of a file that cannot be read."""
    try:
        now = path.stat()
        return _lines(path, now.st_size, now.st_mtime_ns), now.st_size
    except OSError:
        return -1, 0


@lru_cache(maxsize=4096)
def _lines(path: Path, length: int, _changed: int) -> int:
    """Lines of a file as it was at a time: it is asked for after every check. Raises OSError."""
    if length > COUNTED:
        return -1
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
