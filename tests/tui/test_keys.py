"""Every key is in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.binding import Binding

from unbrick_tui.bindings import bindings
from unbrick_tui.screens.help import keys
from unbrick_tui.screens.picker import PickerScreen
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.widgets.session_list import SessionList
from unbrick_tui.widgets.timeline import Timeline

PAGE = (Path(__file__).parents[2] / "docs" / "application.md").read_text(encoding="utf-8")
DESCRIBED = [*bindings(SessionScreen), *bindings(Timeline), *bindings(PickerScreen), *bindings(SessionList)]
NAMES = {"up": "arrows", "down": "arrows"}


@pytest.mark.parametrize("binding", DESCRIBED, ids=keys)
def test_key_is_documented(binding: Binding) -> None:
    for name in keys(binding).replace("  ", ", ").split(", "):
        said = NAMES.get(name, name)
        assert f"`{said}`" in PAGE or said == "arrows", name
