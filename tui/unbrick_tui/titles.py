"""What edits are called: fixes with their price and place, and those that fell away."""

from __future__ import annotations

from collections.abc import Sequence

from unbrick.editing.history import Step
from unbrick.repair import Applied
from unbrick.telling import sentences
from unbrick_tui.text import count

LISTED = 6
"""Fixes named in the title of a step."""


def fallen(dropped: Sequence[Step]) -> str:
    """Edits that could not be done again, as a sentence."""
    if not dropped:
        return ""
    fits = "fits" if len(dropped) == 1 else "fit"
    return f" {count(len(dropped), 'edit')} no longer {fits} and fell away: {'; '.join(step.title for step in dropped)}"


def one(applied: Applied, *, priced: bool = True) -> str:
    """A fix with its price and its place."""
    where = sentences.place(applied.finding).rstrip(": ") or "the session"
    price = f": {applied.fix.price}" if priced else ""
    return f"{applied.fix.title}{price} ({applied.finding.code}, {where})"


def several(applied: Sequence[Applied]) -> str:
    """Several fixes as one step."""
    if len(applied) == 1:
        return one(applied[0])
    listed = "; ".join(one(each, priced=False) for each in applied[:LISTED])
    more = f"; and {len(applied) - LISTED} more" if len(applied) > LISTED else ""
    return f"{len(applied)} fixes: {listed}{more}"
