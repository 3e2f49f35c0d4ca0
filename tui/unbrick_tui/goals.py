"""What can be gone to behind `]` and `[`: one table, which both the keys and the help are made of."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import NamedTuple

from unbrick.truncate import safe_points
from unbrick_tui.outline import Outline


class Goal(NamedTuple):
    """Something that there are several of: the key behind a bracket, what it is called, and its rows, sorted. `slow`
    ones are worked out in a thread."""

    key: str
    noun: str
    rows: Callable[[Outline], array[int]]
    slow: bool = False


def _safe(outline: Outline) -> array[int]:
    """The last rows that a cut back to a safe point keeps."""
    return array("q", sorted({point.row for point in safe_points(outline.report)}))


GOALS = (
    Goal("p", "problem", lambda outline: outline.problems),
    Goal("c", "compaction", lambda outline: outline.compactions),
    Goal("u", "prompt", lambda outline: outline.folding.turns),
    Goal("s", "safe point", _safe, slow=True),
)


def behind(bracket: str) -> str:
    """The keys of all goals behind a bracket, as the help names them: `]p  ]c`."""
    return "  ".join(bracket + goal.key for goal in GOALS)


def offered(which: str) -> str:
    """`next problem, compaction, prompt, safe point`."""
    return f"{which} {', '.join(goal.noun for goal in GOALS)}"
