"""A cut that makes a conversation fit: behind the last complete turn that leaves room in the window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from unbrick import measure, recorded
from unbrick.edit import Cut
from unbrick.entry import Flag, Kind
from unbrick.finding import Fix, Safety
from unbrick.situation import Situation

ROOM = 0.8
"""Share of the window that a cut should leave the conversation with, so that it can go on or be compacted."""


def cut_to_fit(situation: Situation, rows: Sequence[int], rest: Sequence[int] = ()) -> Iterator[Fix]:
    """The cut in `rows` that keeps most of what fits, when the file's order allows one; `rest` goes in any case."""
    session = situation.session
    scan = session.scan
    limit = measure.window(situation) * ROOM
    sizes = measure.contexts(session, rows)
    highest = list(accumulate(rows, max))
    lowest = list(accumulate(reversed([*rows, *rest]), min))[::-1]
    last: int | None = None
    best: int | None = None
    for place, row in enumerate(rows):
        if (
            last is not None and scan.flags[row] & Flag.PROMPT and recorded.is_reply(session, last)
            and sizes[place] <= limit and highest[place - 1] < lowest[place]
        ):
            best = place
        if scan.kind[row] in (Kind.USER, Kind.ASSISTANT):
            last = row
    if best is None:
        return
    gone = [*rows[best:], *rest]
    dropped = sum(bool(scan.flags[row] & Flag.PROMPT) for row in gone)
    at = situation.at(highest[best - 1])
    yield Fix(
        "cut", f"Cut behind line {at.line:,}: leaves about {measure.tokens(sizes[best])}", Safety.LOSSY, (Cut(at),),
        f"drops {measure.counted(dropped, 'prompt')}, {measure.counted(measure.messages(session, gone), 'message')}",
    )
