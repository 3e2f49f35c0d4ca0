"""Markdown of a transcript keeps its looks and can neither act nor load anything, as a reader of CommonMark sees it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from unbrick.export.inert import fenced, inert
from unbrick.export.visible import beginning, visible

READER = MarkdownIt("commonmark", {"html": True}).enable("table")


def tokens(markdown: str) -> Iterator[Token]:
    for token in READER.parse(markdown):
        yield token
        yield from token.children or ()


def acts(markdown: str) -> list[str]:
    return [token.content for token in tokens(markdown) if token.type in ("html_block", "html_inline", "image")]


END = "END OF IT"


def ends(markdown: str) -> bool:
    """Whether what follows a text is no part of it."""
    last = [token for token in READER.parse(f"{markdown}\n\n## {END}\n") if token.type == "inline"][-1]
    heads = [token for token in READER.parse(f"{markdown}\n\n## {END}\n") if token.type == "heading_open"]
    return last.content == END and heads[-1].level == 0 and heads[-1].tag == "h2"


HOSTILE = [
    pytest.param("<script>alert(1)</script>", id="script"),
    pytest.param("a <img src=x onerror=alert(1)> b", id="image tag"),
    pytest.param("![x](https://evil.example/track.png)", id="image"),
    pytest.param("```\ncode\n", id="code that does not end"),
    pytest.param("~~~ a`b\n<script>", id="tildes with a backtick"),
    pytest.param("- item\n  ~~~\n<script>\n", id="code in a list"),
    pytest.param("> ```\n> x\n<b>y</b>", id="code in a quotation"),
    pytest.param("a ` b\nc ` <script>alert(1)</script>", id="code over two lines"),
    pytest.param("| a | b |\n|---|---|\n| `x | <script>y` |", id="code over two cells"),
    pytest.param("\\`<script>`", id="escaped backtick"),
    pytest.param("`` ` <script> ``` <b>", id="runs of different length"),
    pytest.param("<!-- \n", id="comment that does not end"),
    pytest.param("<https://evil.example>", id="address in angle brackets"),
    pytest.param("    ```\n<script>\n    ```", id="indented fence"),
    pytest.param("<details>\n", id="fold that does not end"),
    pytest.param("[a]: <javascript:alert(1)>\n[a]", id="definition of a link"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_does_nothing_and_ends(text: str) -> None:
    assert acts(inert(text)) == []
    assert ends(inert(text))


MARKS = st.lists(st.sampled_from([
    "`", "``", "```", "~~~", "\\", "<", ">", "<b>", "![", "](x)", "|", "---", "# ", "- ", "> ", "    ", "  ", "\n",
    "\n\n", "a", "=", "1. ", "&", "[", "]: ", "<!--", "`x`", "```js", "\t", "*", "|---|",
]), max_size=14).map("".join)


@settings(max_examples=500)
@given(MARKS)
def test_no_text_acts_or_swallows_what_follows(text: str) -> None:
    shown = inert(visible(text))
    assert acts(shown) == []
    assert ends(shown)


@pytest.mark.parametrize("text", [
    "Plain *words* and **bold** ones, a [link](https://example.com).",
    "Call `a<b>()` here.",
    "- one\n- two\n\n1. three",
    "```python\nif a < b: pass\n```",
    "| a | b |\n|---|---|\n| 1 | `x` |",
])
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert inert(text) == text


def test_headings_go_below_those_of_the_document() -> None:
    assert inert("# a\n### b") == "#### a\n###### b"


@given(MARKS | st.text(max_size=60))
def test_a_block_of_code_holds_its_text_word_for_word(text: str) -> None:
    shown = visible(text)
    (found,) = READER.parse(fenced(shown))
    assert found.type == "fence" and found.content == f"{shown}\n"


@pytest.mark.parametrize(("text", "shown"), [
    pytest.param("a\u202eb", "a⟨U+202E⟩b", id="turned direction"),
    pytest.param("\x1b[31m", "␛[31m", id="escape sequence"),
    pytest.param("a\r\nb\rc", "a\nb\nc", id="line breaks"),
    pytest.param("\U000e0041", "⟨U+E0041⟩", id="tag"),
    pytest.param("\ud800", "�", id="half a pair"),
    pytest.param("👩\u200d💻", "👩\u200d💻", id="joined"),
])
def test_what_hides_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_every_character_that_acts_unseen_is_shown_as_something_else() -> None:
    kept = {"\n", "\u200c", "\u200d", "\u00ad"}
    acting = [char for char in map(chr, range(0x110000))
              if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs") and char not in kept]
    assert len(acting) > 2000
    assert not [char for char in acting if visible(f"a{char}b") == f"a{char}b"]


@given(st.text(max_size=200), st.integers(1, 5), st.integers(1, 50))
def test_a_beginning_is_one_and_says_what_is_left_out(text: str, lines: int, characters: int) -> None:
    short = beginning(text, lines, characters)
    assert short == text or (text.startswith(short.rsplit("\n…", 1)[0]) and "more characters" in short)
