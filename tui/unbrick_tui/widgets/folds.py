"""What is folded: by the level of detail, and by hand."""

from __future__ import annotations

from unbrick_tui.folding import Folding, Level
from unbrick_tui.widgets.layout import Group, Groups


class Folds:
    """A level, the runs that were opened though the level folds them, and the turns that were folded by hand."""

    def __init__(self, level: Level = Level.USUAL) -> None:
        self.level = level
        self._opened: set[Group] = set()
        self._shut: set[int] = set()

    def groups(self, folding: Folding) -> Groups:
        """What is painted together, or hidden."""
        groups = folding.groups(self.level)
        for turn in (one for one in self._shut if one < len(folding.turns)):  # An edit may have taken turns out.
            rows = folding.rows(turn)[1:]
            groups = groups.instead(rows.start, rows.stop, folding.prompts_only(rows))
        for run in sorted(self._opened, key=lambda run: -run.rows):
            if groups.find(run.first) == run:
                inner = folding.groups(Level.USUAL).within(run.first, run.first + run.rows)
                # What the usual level folds itself is then open altogether.
                again = run in zip(*inner, strict=True)
                groups = groups.instead(run.first, run.first + 1, Groups.of() if again else inner)
        return groups

    def toggle(self, folding: Folding, row: int, run: Group) -> int | None:
        """Open the run that a row is folded into, close the one that was opened around it, or fold its turn; the row to
        stand on then, None where there is nothing to fold."""
        around = [one for one in self._opened if one.first <= row < one.first + one.rows]
        turn = folding.turn(row)
        if run.rows > 1 or not run.height:
            self._opened.add(run)
        elif around:
            least = min(around, key=lambda one: one.rows)
            self._opened.remove(least)
            return least.first
        elif turn is not None and turn not in self._shut and len(folding.rows(turn)) > 1:
            self._shut.add(turn)
            return folding.turns[turn]
        else:
            return None
        return row
