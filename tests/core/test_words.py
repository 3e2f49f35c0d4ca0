"""One set of words for prices and verdicts: nobody spells them again, and every price is made of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from unbrick import words
from unbrick.opening import Choices, examine, open_word
from unbrick.scanning.scan import finish

ROOT = Path(__file__).parents[2]
SAMPLES = sorted(
    path for path in (ROOT / "sample_sessions").glob("*/*/*")
    if path.name in ("session.jsonl", "transcript.jsonl") or (path.suffix == ".json" and "expected" not in path.name
                                                              and path.parents[1].name == "messages")
)
SPEAKERS = sorted(
    path for folder in ("core/unbrick", "tui/unbrick_tui") for path in (ROOT / folder).rglob("*.py")
    if path.name != "words.py" and "rules" not in path.parts
)
"""Modules that speak to people; rules are held by the prices that they name."""

OTHERWISE = ("resumes fully", "resumes completely", "cannot be opened by the client", "loses nothing", "keeps all,",
             "nothing is lost", "your choice", "you choose the price", "restores messages", "drops nothing")
"""What the words are, said in others."""


def said(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module, less its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    docs = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


@pytest.mark.parametrize("path", SPEAKERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_words_are_spelled_in_one_place(path: Path) -> None:
    own = {*words.VERDICTS, words.KEEPS, words.DECIDE} - {words.REFUSED, words.ACCEPTED}
    strays = [(line, text) for line, text in said(path) if text.lower() in own or text.startswith("brings back ")]
    assert not strays, "take it from unbrick.words"


@pytest.mark.parametrize("path", SPEAKERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_said_in_other_words(path: Path) -> None:
    assert not [(line, text) for line, text in said(path) for other in OTHERWISE if other in text.lower()]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_a_price_begins_with_what_it_is(path: Path) -> None:
    with open_word(str(path), Choices(surroundings=False, environ={}), ROOT) as session:
        report = finish(examine(session))
        prices = {fix.price for finding in report.findings for fix in finding.fixes}
        assert not [price for price in prices if not price.startswith(words.PRICES)]


@pytest.mark.parametrize(
    ("counts", "price"), [
        ([], "keeps everything"),
        ([(1, "prompt", "prompts"), (0, "reply", "replies")], "drops 1 prompt"),
        ([(1_200, "prompt", "prompts"), (2, "reply", "replies")], "drops 1,200 prompts, 2 replies"),
    ], ids=["nothing", "one", "several"],
)
def test_what_is_dropped_is_counted(counts: list[words.Counted], price: str) -> None:
    assert words.drops(*counts) == price


def test_what_comes_back_is_counted() -> None:
    assert words.brings(1) == "brings back 1 message"
    assert words.brings(812) == "brings back 812 messages"
