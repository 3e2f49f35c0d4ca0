"""Text of a list whose further lines stand under the first word, behind the number or the space in front of it."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

LEAST = 12
"""Cells that a text needs to be wrapped on its own; with fewer, its further lines begin at the left."""


class Hanging(Visual):
    """Paragraphs, each with what stands in front of its first line and makes room in front of the others."""

    def __init__(self, *paragraphs: tuple[str, Content]) -> None:
        self._paragraphs = paragraphs

    def _laid(self, width: int) -> Content:
        return Content("\n").join(self._lines(width))

    def _lines(self, width: int) -> Iterator[Content]:
        for lead, text in self._paragraphs:
            room = width - len(lead)
            if room < LEAST:
                yield Content(lead) + text
                continue
            for place, line in enumerate(text.wrap(room)):
                yield Content(" " * len(lead) if place else lead) + line.rstrip()

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Cells of the longest paragraph."""
        return max(len(lead) + text.cell_length for lead, text in self._paragraphs)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Lines, wrapped."""
        return self._laid(width).get_height(rules, width)

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """The lines, wrapped."""
        return self._laid(width).render_strips(width, height, style, options)
