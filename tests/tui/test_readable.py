"""Text that a record holds, made readable: Markdown, code, edits, JSON; all bounded."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.entry import BlockKind
from unbrick_tui.edits import edit_of
from unbrick_tui.glyphs import ASCII, UNICODE
from unbrick_tui.jsontext import pretty
from unbrick_tui.markdown import rendered
from unbrick_tui.prose import Bounds, Passage, Rich
from unbrick_tui.readable import block_passages


def text_of(passages: list[Passage]) -> str:
    return "\n".join(
        one.first + "".join(text for _style, text in one.runs) if isinstance(one, Rich) else one[1] for one in passages
    )


def styles_of(passages: list[Passage], words: str) -> set[str]:
    """The styles that some words are in."""
    return {
        style for one in passages for style, text in (one.runs if isinstance(one, Rich) else [one]) if words in text
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("# A\ntext", "A\n\ntext", id="heading"),
        pytest.param("a\nb", "a\nb", id="line breaks stay"),
        pytest.param("- a\n- b\n  - c", "· a\n· b\n  · c", id="nested list"),
        pytest.param("3. a\n4. b", "3. a\n4. b", id="numbers go on"),
        pytest.param("> a\n> b", "│ a\n│ b", id="quote"),
        pytest.param("[a](http://b.c)", "a (http://b.c)", id="a link says where it leads"),
        pytest.param("<http://b.c>", "http://b.c", id="a bare link is said once"),
        pytest.param("<b>x</b>", "<b>x</b>", id="HTML as it is"),
        pytest.param("```\n  x = 1\n\n  y\n```", "    x = 1\n  \n    y", id="code keeps its indentation"),
        pytest.param("|a|b|\n|-|-|\n|1|22|", "a  b   \n─────\n1  22  ", id="table"),
        pytest.param("![cat](cat.png)", "cat (cat.png)", id="image"),
    ],
)
def test_markdown(text: str, said: str) -> None:
    assert text_of(list(rendered(text, UNICODE))) == said


@given(st.text(max_size=400))
def test_markdown_never_raises_and_paints_one_line_a_line(text: str) -> None:
    for line in rendered(text, ASCII):
        assert "\n" not in "".join(part for _style, part in line.runs)


def test_code_is_coloured() -> None:
    found: list[Passage] = list(rendered("```python\ndef f():\n    return 'a'  # why\n```", UNICODE))
    assert styles_of(found, "def") == {"keyword"}
    assert styles_of(found, "why") == {"comment"}


EDITS: list[Any] = [
    pytest.param({"file_path": "a.py", "old_string": "x = 1\ny", "new_string": "x = 2\ny"}, "-x = 1\n+x = 2\n y",
                 id="a replacement"),
    pytest.param({"path": "a.py", "old_str": "x", "new_str": ""}, "-x", id="another spelling"),
    pytest.param({"file_path": "a.py", "edits": [{"old_string": "x", "new_string": "y"},
                                                 {"old_string": "1", "new_string": "2"}]}, "edit 2 of 2", id="several"),
    pytest.param({"file_path": "a.py", "content": "x = 1\n"}, "+x = 1", id="a whole file"),
    pytest.param({"input": "*** Begin Patch\n*** Update File: a\n-x\n+y\n*** End Patch"}, "-x\n+y", id="a patch"),
]


@pytest.mark.parametrize(("given_", "said"), EDITS)
def test_an_edit_is_shown_as_a_diff(given_: dict[str, Any], said: str) -> None:
    block = {"type": "tool_use", "id": "toolu_1", "name": "Any", "input": given_}
    found = list(block_passages(block, BlockKind.TOOL_USE, UNICODE, Bounds()))
    assert said in text_of(found)
    minus, plus = styles_of(found, "-x"), styles_of(found, "+")
    assert minus <= {"minus"}
    assert plus <= {"plus", "dim"}


@pytest.mark.parametrize("given_", [{"pattern": "x", "path": "a"}, {"command": "ls"}, {"edits": []}, {}])
def test_other_calls_are_no_edits(given_: dict[str, Any]) -> None:
    assert edit_of(given_, Bounds()) is None


def test_a_result_says_its_size_and_whether_it_failed() -> None:
    block = {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True, "content": "no\n" * 700}
    found = list(block_passages(block, BlockKind.TOOL_RESULT, UNICODE, Bounds()))
    assert found[0] == ("bad", "◂ result of toolu_1 · 2.1 kB · 701 lines · ✗ an error")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5), max_leaves=40,
)


@given(json_values, st.integers(1, 200))
def test_json_is_cut_short_and_says_so(value: object, most: int) -> None:
    bounds = Bounds(most=most)
    text = pretty(value, bounds)
    assert ("m shows more" in text) <= bool(bounds.hidden)
    whole = Bounds()
    assert "m shows more" not in pretty(value, whole)
    assert not whole.hidden


@pytest.mark.parametrize("value", [[[]] * 100_000, {"a": "x" * 10_000_000}, ["y" * 100] * 50_000])
def test_large_json_is_bounded(value: object) -> None:
    bounds = Bounds()
    assert len(pretty(value, bounds)) < 10 * bounds.most
    assert bounds.hidden
