"""Finding text by the bytes of a file finds what reading every record finds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unbrick.elements import Elements
from unbrick.patch import View
from unbrick.record import END
from unbrick.scanning.search import CHUNK, find, sure
from unbrick.source import Source

Spell = Callable[[object], bytes]


def minimal(value: object) -> bytes:
    """Raw, as JavaScript writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def ascii_only(value: object) -> bytes:
    """As Python writes it."""
    return json.dumps(value).encode()


def cautious(value: object) -> bytes:
    """As writers do that think of HTML."""
    raw = json.dumps(value).replace("/", "\\/")
    for char in "<>&'":
        raw = raw.replace(char, f"\\u{ord(char):04X}")
    return raw.encode()


def rows(view: View, pattern: str, **how: bool | int) -> list[int]:
    return [row for found in find(view, pattern, **how) for row in found.rows]  # type: ignore[arg-type]


def lines(*texts: object, spell: Spell = minimal) -> View:
    return View(Source.of(b"".join(spell({"n": 12, "ok": True, "none": None, "t": text}) + b"\n" for text in texts)))


@pytest.mark.parametrize("spell", [minimal, ascii_only, cautious, orjson.dumps])
@pytest.mark.parametrize("pattern", [
    "needle", "two\nlines", 'say "yes"', "back\\slash", "café", "é", "日本", "😀", "a/b", "<tag> & 'x'", "\x1b[31m",
    "\t",
])
def test_text_is_found_however_it_is_spelled(spell: Spell, pattern: str) -> None:
    view = lines("nothing", f"before {pattern} behind", ["deep", {"x": pattern}], "need le", spell=spell)
    assert rows(view, pattern) == [1, 2]


@pytest.mark.parametrize(("pattern", "text"), [
    ("NEEDLE", "a needle"), ("needle", "A NEEDLE"), ("É", "café"), ("é", "CAFÉ"), ("ПРИВЕТ", "привет"), ("ß", "ẞ"),
    ("<TAG>", "<tag>"), ("É", "caf\u00e9"),
])
@pytest.mark.parametrize("spell", [minimal, ascii_only, cautious])
def test_case_is_ignored_where_that_is_asked_for(spell: Spell, pattern: str, text: str) -> None:
    view = lines(text, "other", spell=spell)
    assert rows(view, pattern, ignore_case=True) == [0]
    assert rows(view, pattern) == []


@pytest.mark.parametrize(("pattern", "expected"), [
    ("true", []), ("12", []), ("null,", []), (":12,", []), (",", []), ("u00", []), ("nfoo", []), ("foo", [0, 1]),
    ("ok", [0, 1]), ("5", [1]),
], ids=lambda one: str(one))
def test_only_what_stands_in_strings_is_found(pattern: str, expected: list[int]) -> None:
    assert rows(lines("\x00\nfoo", "e5 foo"), pattern) == expected


def test_plain_characters_that_are_spelled_as_escapes_are_found() -> None:
    assert rows(View(Source.of(b'{"t":"\\u006eeedle"}\n{"t":"x\\u000ay"}\n')), "needle") == [0]
    assert rows(View(Source.of(b'{"t":"\\u006eeedle"}\n{"t":"x\\u000ay"}\n')), "x\ny") == [1]


def test_regular_expressions_look_at_one_string_at_a_time() -> None:
    view = lines("one two", ["one", "two"], "two\nONE")
    assert rows(view, "^one.*two$", regex=True) == [0]
    assert rows(view, r"\bone$", regex=True, ignore_case=True) == [1, 2]
    with pytest.raises(ValueError, match="not a regular expression"):
        rows(view, "(", regex=True)


def test_the_search_goes_around_from_where_it_begins() -> None:
    assert rows(lines("x", "y", "x", "x"), "x", first=2) == [2, 3, 0]


def test_patched_lines_are_searched_as_they_are_now() -> None:
    source = lines("needle", "needle", "other", "needle").source
    view = View(source, {1: (b'{"t":"gone"}', b'{"t":"needle"}'), 3: (), END: (b'{"t":"a needle"}',)})
    assert rows(view, "needle") == [1, 2, 3, 4]


def test_lines_that_cannot_be_read_are_text() -> None:
    assert rows(View(Source.of(b'{"t":"nee\n{"t":"needle"}\nfoo needle\xff\n')), "needle") == [1, 2]
    assert rows(View(Source.of(b'{"t":"nee\n')), '{"t":"nee') == [0]


def test_elements_of_an_array_are_searched() -> None:
    source = Source.of(b'[\n  {"t":"needle"},\n  {"t":"say \\"yes\\""} , {"t":"needle"}\n]\n')
    view = View(Elements(source, (), 1))
    assert rows(view, "needle") == [0, 2]
    assert rows(view, 'say "yes"') == [1]
    assert rows(view, ",") == []


def test_progress_is_told_for_every_stretch() -> None:
    source = Source.of((b'{"t":"' + b"x" * (CHUNK // 2) + b'"}\n') * 5)
    told = list(find(View(source), "needle"))
    assert [found.done for found in told] == [1, 2, 3, 4, 5]


_texts = st.text("ab\n\"\\/é\tEeénu0日😀 <", max_size=12)


@given(st.lists(_texts, max_size=6), st.text("ab\n\"\\/éEnu0日 <", min_size=1, max_size=3), st.booleans(),
       st.sampled_from([minimal, ascii_only, cautious]))
@example(["\\n"], "n", False, minimal)
def test_the_bytes_give_what_the_values_give(texts: list[str], pattern: str, ignore_case: bool, spell: Spell) -> None:
    def fold(text: str) -> str:
        return text.lower() if ignore_case else text

    expected = [
        row for row, text in enumerate(texts)
        if any(fold(pattern) in fold(one) for one in ("n", "ok", "none", "t", text))
    ]
    assert rows(lines(*texts, spell=spell), pattern, ignore_case=ignore_case) == expected


_pieces = st.lists(st.sampled_from([
    "ab", "k", "is", ".", "\\.", "\\d", "\\x61", "\\u0061b", "(ab)", "(a(b)?)*", "b?", "b*", "b+", "b+?", "a{0,2}",
    "a{,1}", "b{2}", "{", "{}", "[ab]", "[^]a]", "[]a]b",
    "é", "/", "<", '"', "|", "(?i:a)", "\\[", "\\\\", "^", "$", "1",
]), min_size=1, max_size=6).map("".join)


@given(st.lists(st.text('abkisKſıİ1.é/<"[\\{', max_size=8), max_size=6), _pieces, st.booleans(),
       st.sampled_from([minimal, ascii_only, cautious]))
@example(["aab"], "\\x61ab", False, minimal)
@example(["\u212aab"], "kab", True, ascii_only)
@example(["b"], "(ab)?b", False, minimal)
def test_the_bytes_give_what_an_expression_gives(
    texts: list[str], pattern: str, ignore_case: bool, spell: Spell,
) -> None:
    try:
        search = re.compile(pattern, re.IGNORECASE if ignore_case else 0).search
    except re.error:
        return
    expected = [row for row, text in enumerate(texts) if any(map(search, ("n", "ok", "none", "t", text)))]
    assert rows(lines(*texts, spell=spell), pattern, regex=True, ignore_case=ignore_case) == expected


@pytest.mark.parametrize(("pattern", "text"), [
    (r"error: \w+Error", "error: "), (r"toolu_\w+", "toolu_"), (r"a\.b\.c", "a.b.c"), ("(abc)+xy", "xy"),
    ("abcd?", "abc"),
    (r"\x41bc", "bc"), ("one|two", ""), ("(?i)one", ""), ("one{e<=1}", ""), ("[abc]def[^]]", "def"), ("x{,3}yz", "yz"),
])
def test_what_surely_stands_in_a_match(pattern: str, text: str) -> None:
    assert sure(pattern) == text
