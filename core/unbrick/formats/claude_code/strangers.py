"""Records that another session wrote into the file (anthropics/claude-code#26964, #29342)."""

from __future__ import annotations

from collections import Counter

from unbrick.entry import Flag, Kind
from unbrick.session import NO_PARENT, Session


def strangers(session: Session) -> frozenset[int]:
    """The rows of conversations that begin anew in the middle of this one and name another session.

    Never by that name alone: a session that was resumed, forked or copied holds the records of the one before, which
    its own hang on or follow; and what a compaction begins anew belongs to what it names as its last record.
    """
    scan, runs = session.scan, session.runs
    apart = Flag.SIDECHAIN | Flag.TEAM
    beginnings = [
        row for row in runs.starts
        if session.parent_row[row] < 0 and not scan.flags[row] & apart
        and not (scan.kind[row] == Kind.BOUNDARY and scan.refers[row] in session.row_of)
    ]
    if len(beginnings) < 2:
        return frozenset()
    named_by = ((row, session.value(row).get("sessionId")) for row in beginnings)
    origins = {row: name if isinstance(name, str) else None for row, name in named_by}
    if len(set(origins.values())) < 2:
        return frozenset()
    stretches = [*zip(runs.roots(), runs.starts, [*runs.starts[1:], len(session)], strict=True)]
    held: Counter[int] = Counter()
    for root, first, end in stretches:
        held[root] += runs.links.count(1, first, end)
    stem = scan.view.source.path.stem
    weight: Counter[str | None] = Counter()
    for row in beginnings:
        weight[origins[row]] += held[row]
    own = stem if stem in weight else max(weight, key=lambda origin: weight[origin])
    ours = [row for row in beginnings if origins[row] == own]
    named = {
        row for row in beginnings if session.parent_row[row] == NO_PARENT and row > ours[0]
        and origins[row] not in (None, own)
    }
    return frozenset(row for root, first, end in stretches if root in named for row in runs.stretch(first, end))
