"""Further lines of a list stand under the first word."""

from __future__ import annotations

import pytest
from textual.content import Content
from textual.css.styles import RulesMap
from textual.style import Style
from textual.visual import RenderOptions

from unbrick_tui.widgets.hanging import Hanging

WIDTHS = [
    pytest.param(24, ["Cut here", "   drops 3 prompts, 15", "   replies"], id="wrapped under the first word"),
    pytest.param(40, ["Cut here", "   drops 3 prompts, 15 replies"], id="on one line where it fits"),
    pytest.param(14, ["Cut here", "   drops 3", "prompts, 15", "replies"], id="at the left where there is no room"),
]


@pytest.mark.parametrize(("width", "lines"), WIDTHS)
def test_lines(width: int, lines: list[str]) -> None:
    said = Hanging(("", Content("Cut here")), ("   ", Content("drops 3 prompts, 15 replies")))
    rules = RulesMap()
    strips = said.render_strips(width, None, Style(), RenderOptions(lambda _name: {}, rules))
    assert [strip.text.rstrip() for strip in strips] == lines
    assert said.get_height(rules, width) == len(lines)
    assert said.get_optimal_width(rules, 80) == 30
