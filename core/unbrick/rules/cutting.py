"""A cut that makes a conversation fit: behind the last complete turn that leaves room in the window."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from unbrick import measure
from unbrick.edit import Cut
from unbrick.finding import Fix, Safety
from unbrick.safepoints import points
from unbrick.situation import Situation

ROOM = 0.8
"""Share of the window that a cut should leave the conversation with, so that it can go on or be compacted."""


def cut_to_fit(situation: Situation, rows: Collection[int] | None = None) -> Iterator[Fix]:
    """The cut that keeps most of what fits, when the file's order allows one; behind one of `rows` where they are
    given."""
    limit = measure.window(situation) * ROOM
    among = None if rows is None else set(rows)
    for point in points(situation):
        if point.drops and point.tokens <= limit and (among is None or point.row in among):
            yield Fix(
                "cut", f"Cut behind line {point.at.line:,}: leaves about {measure.tokens(point.tokens)}", Safety.LOSSY,
                (Cut(point.at),), point.price,
            )
            return
