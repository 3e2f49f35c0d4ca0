"""Runs the engine on lists of Amplifier records, in the shape that checks of other repairers ask for: `diagnose`,
`repair` and `rewind`, each from records to what it says or to records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from unbrick.clock import FixedClock
from unbrick.finding import Severity
from unbrick.opening import Choices, Opened, examine, open_source
from unbrick.record import read
from unbrick.repair import repair as mend
from unbrick.report import Report
from unbrick.save import patched
from unbrick.scanning.scan import finish
from unbrick.source import Source
from unbrick.truncate import last_safe

Records = list[dict[str, Any]]
CHOICES = Choices(way="run", surroundings=False)
"""The way to resume that heals nothing."""


@contextmanager
def opened(records: Records) -> Iterator[Opened]:
    """A session of these records."""
    data = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    with open_source(Source.of(data, "transcript.jsonl"), CHOICES) as session:
        yield session


def judged(records: Records) -> Report:
    """What a check says of them."""
    with opened(records) as session:
        return finish(examine(session))


def diagnose(records: Records) -> dict[str, Any]:
    """Whether anything is wrong, and the calls without a result and with one in the wrong place."""
    report = judged(records)
    refs = {
        code: sorted({one.ref for one in report.situation.violations if one.code == code and one.ref})
        for code in ("T001", "T004")
    }
    wrong = any(finding.severity is not Severity.INFO for finding in report.findings)
    return {
        "status": "broken" if wrong else "healthy", "orphaned_tool_ids": refs["T001"],
        "misplaced_tool_ids": refs["T004"],
    }


def repair(records: Records) -> Records:
    """The records as the fixes that keep everything leave them."""
    with opened(records) as session:
        report = finish(examine(session))
        done = finish(mend(session.format, session.bundle, report.target, clock=FixedClock(), known=report))
        return _records(b"".join(patched(session.bundle.main, done.patch)))


def rewind(records: Records) -> Records:
    """The records up to the last safe point; none where there is none."""
    with opened(records) as session:
        report = finish(examine(session))
        if not any(finding.severity is not Severity.INFO for finding in report.findings):
            return records
        done = finish(last_safe(session.format, session.bundle, report.target, known=report))
        return [] if done is None else _records(b"".join(patched(session.bundle.main, done.patch)))


def _records(data: bytes) -> Records:
    return [value for line in data.splitlines() if (value := read(line)[0]) is not None]
