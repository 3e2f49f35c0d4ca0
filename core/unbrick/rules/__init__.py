"""One table of everything that can be wrong. A code's letter is its family: J lines, L links, B boundaries,
T tools, C content, S size, E surroundings."""

from __future__ import annotations

from unbrick.finding import Rule
from unbrick.rules import boundaries, content, lines, links, size, surroundings, tools
from unbrick.situation import Situation

RULES: tuple[Rule[Situation], ...] = (
    *lines.RULES, *links.RULES, *boundaries.RULES, *tools.RULES, *content.RULES, *size.RULES, *surroundings.RULES,
)

BY_CODE = {rule.code: rule for rule in RULES}
