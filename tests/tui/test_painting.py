"""What a transcript holds is painted as text: it neither acts on the terminal nor is taken for markup."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import orjson
import pytest
from driving import Open, press, screen_text, settle
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.strip import Strip

from unbrick.formats.table import FORMATS
from unbrick_tui.glyphs import ASCII, UNICODE, choose
from unbrick_tui.rows import say
from unbrick_tui.text import clause, fold, one_line, shorten, size

NASTY = (
    "\x1b[31mred\x1b[2K", "\x9b31m", "\x1b]0;title\x07", "\x00\x08\x0c", "[red]markup[/red]", "[@click=app.quit]x",
    "[/home/u]", "list[int]", "\u202eright to left", "\u2028line", "tab\there",
    "\ufeff\u200b", "👩‍👩‍👧 ⚠️", "日本語" * 30,
)
HARMFUL = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def record(text: str, number: int = 1) -> bytes:
    return orjson.dumps({
        "parentUuid": None, "isSidechain": False, "type": "user", "uuid": f"00000000-0000-4000-8000-{number:012}",
        "message": {"role": "user", "content": text}, "timestamp": "2026-05-20T10:00:00.000Z", "sessionId": text[:20],
    }) + b"\n"


def harmless(text: str) -> bool:
    return all(unicodedata.category(char) not in HARMFUL for char in text)


@given(st.text(alphabet=st.characters()), st.integers(0, 60))
def test_one_line_is_harmless_and_fits(text: str, cells: int) -> None:
    line = one_line(text)
    assert harmless(line)
    assert cell_len(shorten(line, cells)) <= max(cells, 1 if cells else 0)


@given(st.text(alphabet=st.characters(exclude_categories=list(HARMFUL))), st.integers(2, 40))
@example("00 ", 2)
def test_fold_loses_nothing_and_fits(line: str, width: int) -> None:
    pieces, start = [], 0
    for end in fold(line, width):
        pieces.append(line[start:end])
        start = end
    assert "".join(pieces) == line
    assert all(cell_len(piece.removesuffix(" ")) <= width for piece in pieces)


@given(st.binary(max_size=300))
def test_any_bytes_have_a_line(raw: bytes) -> None:
    said = say(FORMATS[0], raw, UNICODE)
    assert harmless(said.text)
    assert harmless(said.word)


def painted(strips: Iterable[Strip]) -> Iterable[str]:
    return (segment.text for strip in strips for segment in strip)


@pytest.mark.parametrize("keys", [(), ("enter",), ("enter", "v"), ("enter", "v", "v"), ("p",), ("t",)], ids=str)
async def test_nothing_reaches_the_terminal_unescaped(open_app: Open, keys: tuple[str, ...]) -> None:
    content = b"".join(record(text, number) for number, text in enumerate(NASTY)) + b"\x1b[2J\x9b broken\n"
    async with open_app(content, (100, 30), name="ses\x1b[31msion[red].jsonl") as pilot:
        await press(pilot, *keys)
        for text in painted(pilot.app.screen._compositor.render_strips()):
            assert harmless(text), repr(text)
        shown = "".join(painted(pilot.app.screen._compositor.render_strips()))
        if not keys:
            for text in ("[red]markup[/red]", "[@click=app.quit]x", "[/home/u]", "list[int]"):
                assert text in shown


async def test_half_surrogates_are_painted(open_app: Open) -> None:
    async with open_app(b'{"type":"user","uuid":"x","message":{"role":"user","content":"a\\ud83d"}}\n') as pilot:
        shown = "".join(painted(pilot.app.screen._compositor.render_strips()))
        assert "a\ufffd" in shown


async def test_megabytes_in_one_record_open_and_fold(open_app: Open) -> None:
    async with open_app(record("word " * 600_000), (80, 24)) as pilot:
        await press(pilot, "enter")
        await settle(pilot)
        await press(pilot, "G")
        shown = "".join(painted(pilot.app.screen._compositor.render_strips()))
        assert "m shows more: 2.9 MB" in shown


async def test_verdict_and_findings_do_not_depend_on_colour(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_app("missing-parent") as pilot:
        shown = "".join(painted(pilot.app.screen._compositor.render_strips()))
        assert "✗ LOSES HISTORY" in shown
        assert "L001 error" in shown


def test_glyphs_are_one_cell_and_have_an_ascii_twin() -> None:
    for name in UNICODE.__dataclass_fields__:
        if name not in ("ascii", "arrow", "weights"):
            assert cell_len(getattr(UNICODE, name)) == 1, name
            assert getattr(ASCII, name).isascii(), name
            assert len(getattr(ASCII, name)) == 1, name


@pytest.mark.parametrize(
    ("asked", "environ", "encoding", "ascii_"), [
        pytest.param(False, {"TERM": "xterm-256color"}, "utf-8", False, id="a modern terminal"),
        pytest.param(True, {"TERM": "xterm-256color"}, "utf-8", True, id="asked for"),
        pytest.param(False, {"TERM": "linux"}, "utf-8", True, id="the Linux console"),
        pytest.param(False, {"TERM": "xterm"}, "ISO-8859-1", True, id="a locale without Unicode"),
        pytest.param(False, {}, None, False, id="nothing known"),
    ],
)
def test_choice_of_glyphs(asked: bool, environ: dict[str, str], encoding: str | None, ascii_: bool) -> None:
    assert choose(asked, environ, encoding).ascii is ascii_


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345, "12 kB"), (3_400_000, "3.4 MB")],
)
def test_sizes(number: int, said: str) -> None:
    assert size(number) == said


@pytest.mark.parametrize(
    ("text", "cells", "cut"), [
        pytest.param("short", 10, "short", id="fits"),
        pytest.param("the client stops there; the rest is lost", 30, "the client stops there…", id="behind a clause"),
        pytest.param("brings back 9 messages (about 3,000)", 30, "brings back 9 messages…", id="before a bracket"),
        pytest.param("go; and then some more words follow", 30, "go; and then some more words…", id="clause too early"),
        pytest.param("averyverylongwordwithoutanyspace", 12, "averyverylo…", id="no word ends"),
        pytest.param("anything", 1, "…", id="one cell"),
        pytest.param("anything", 0, "", id="no room"),
    ],
)
def test_sentences_are_cut_behind_clauses_and_words(text: str, cells: int, cut: str) -> None:
    assert clause(text, cells) == cut
    assert cell_len(clause(text, cells)) <= cells


@pytest.mark.parametrize("size", [(40, 20), (80, 24), (120, 40)], ids=["40x20", "80x24", "120x40"])
@pytest.mark.parametrize("keys", [("f",), ("p",), ("question_mark",)], ids=["fix", "problems", "help"])
async def test_a_dialog_always_says_how_to_leave(open_app: Open, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    for sample in ("failed-compaction", "role-system-with-flag"):
        async with open_app(sample, size) as pilot:
            await press(pilot, *keys)
            assert "esc goes back" in screen_text(pilot.app), sample
