"""The status line: what gives way first, and that nothing ever runs over."""

from __future__ import annotations

import pytest
from driving import Open, press
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from unbrick_tui.widgets.status import GAP, Part, StatusLine, fitted

FORMS = st.lists(st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=30), min_size=1,
                 max_size=3)
PARTS = st.lists(st.builds(Part, FORMS, st.integers(0, 99)), min_size=1, max_size=7)


@given(PARTS, st.integers(2, 120))
def test_what_is_said_fits(parts: list[Part], width: int) -> None:
    texts = [text for text, _style in fitted(parts, width)]
    assert sum(cell_len(text) + GAP for text in texts) - GAP <= width


@given(PARTS)
def test_everything_is_said_where_there_is_room(parts: list[Part]) -> None:
    assert [text for text, _style in fitted(parts, 1000)] == [part.forms[0] for part in parts]


WIDTHS = [
    pytest.param(40, ["line 206", "1 unsaved"], id="40 columns"),
    pytest.param(80, ["line 206", "1 edit not saved", "i2", "2.1.139"], id="80 columns"),
    pytest.param(
        140, ["line 206 of 206", "1 edit not saved", "notes", "Claude Code 2.1.139", "session.jsonl"], id="140 columns",
    ),
]


@pytest.mark.parametrize(("width", "said"), WIDTHS)
async def test_position_edits_findings_target_and_file(open_app: Open, width: int, said: list[str]) -> None:
    async with open_app("crash-mid-tool", (width, 24)) as pilot:
        await press(pilot, "f", "enter")
        text = pilot.app.screen.query_one(StatusLine).text
        assert [part for part in said if part not in text] == [], text
        assert cell_len(text) <= width - 2
