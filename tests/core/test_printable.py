from __future__ import annotations

import os
import shutil
import subprocess
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.printable import around, printable, printable_lines, shell, shorten


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain text, 平仮名, émoji 🙂", "plain text, 平仮名, émoji 🙂", id="what is harmless stays"),
        pytest.param("\x1b[31mred\x1b[0m", "␛[31mred␛[0m", id="colour sequence"),
        pytest.param("\x1b]0;title\x07", "␛]0;title␇", id="window title"),
        pytest.param("\x9b31m", "·31m", id="eight-bit control"),
        pytest.param("a\tb", "a    b", id="tab"),
        pytest.param("a\r\nb", "a␍␊b", id="line break"),
        pytest.param("\x00\x7f", "␀␡", id="NUL and DEL"),
        pytest.param("user\u202etxt.exe", "user·txt.exe", id="right-to-left override"),
        pytest.param("a\u2028b\u2029c", "a·b·c", id="line and paragraph separator"),
        pytest.param("\ud83d", "\ufffd", id="half of a surrogate pair"),
    ],
)
def test_nothing_acts_on_the_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters(codec=None)))
def test_no_control_character_survives(text: str) -> None:
    bad = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not [char for char in printable(text) if unicodedata.category(char) in bad]
    assert not [char for char in printable_lines(text) if char != "\n" and unicodedata.category(char) in bad]


@given(st.text(), st.integers(0, 200), st.integers(0, 50), st.integers(20, 80))
def test_an_abbreviated_text_is_a_part_of_the_text(text: str, start: int, length: int, width: int) -> None:
    shown = around(text, start, start + length, width)
    assert shown.strip("…") in text or "…" in text
    assert len(shown) <= max(width, 20) + 2
    assert len(shorten(text, width)) <= width


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("plain.jsonl", id="plain"),
        pytest.param("two words and 'quotes'.jsonl", id="blanks and quotes"),
        pytest.param("a\x1b[31mb\\'c\n\x07\t.jsonl", id="controls, quote and backslash"),
        pytest.param("user\u202etxt é🙂.jsonl", id="right-to-left override"),
        pytest.param("byte\udcff\udcfe0.jsonl", id="no UTF-8"),
        pytest.param("no\xa0break", id="a blank that is none"),
    ],
)
def test_a_word_of_a_command_can_be_shown_and_is_what_the_shell_reads(name: str) -> None:
    word = shell(name)
    assert printable(word) == word
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash on this machine")
    said = subprocess.run([bash, "-c", f"printf %s {word}"], capture_output=True, check=True).stdout
    assert said == os.fsencode(name)


@given(st.text(st.characters(codec=None)))
def test_any_word_can_be_shown(word: str) -> None:
    assert printable(shell(word)) == shell(word)
