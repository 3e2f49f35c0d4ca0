"""Rules of the links family."""

from __future__ import annotations

from unbrick.finding import Rule
from unbrick.situation import Situation

RULES: tuple[Rule[Situation], ...] = ()
