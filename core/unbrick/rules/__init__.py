"""One table of everything that can be wrong. A code's letter is its family: J lines, L links, B boundaries,
T tools, C content, S size, E surroundings."""

from __future__ import annotations

from typing import Any

from unbrick.finding import Rule
from unbrick.report import Judged
from unbrick.rules import (
    bloat,
    boundaries,
    compactions,
    content,
    encoding,
    evidence,
    forms,
    kept,
    lines,
    links,
    quoted,
    shapes,
    size,
    surroundings,
    tools,
    weight,
)
from unbrick.situation import Situation

RULES: tuple[Rule[Situation], ...] = (
    *lines.RULES, *encoding.RULES, *links.RULES, *boundaries.RULES, *compactions.RULES, *kept.RULES, *tools.RULES,
    *content.RULES, *shapes.RULES, *size.RULES, *weight.RULES, *bloat.RULES, *evidence.RULES, *forms.RULES,
    *quoted.RULES, *surroundings.RULES,
)

LATE: tuple[Rule[Judged], ...] = surroundings.LATE
"""Rules that look at what the others found."""

ALL: tuple[Rule[Any], ...] = (*RULES, *LATE)

BY_CODE: dict[str, Rule[Any]] = {rule.code: rule for rule in ALL}
