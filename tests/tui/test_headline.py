"""The five lines on every sample and width: they fit, name the verdict, and never cut the price."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import SAMPLES
from rich.cells import cell_len

from unbrick.check import check
from unbrick.finding import Safety
from unbrick.formats.table import FORMATS
from unbrick.report import Cause, Report, Verdict
from unbrick.scanning.scan import finish
from unbrick.source import Source
from unbrick_tui import headline
from unbrick_tui.glyphs import UNICODE
from unbrick_tui.remedy import remedy

NAMES = sorted(path.parent.name for path in SAMPLES.glob("*/session.jsonl"))


def report_of(name: str) -> Report:
    with Source.open(SAMPLES / name / "session.jsonl") as source:
        return finish(check(FORMATS[0], FORMATS[0].bundle(source)))


@pytest.mark.parametrize("name", NAMES)
def test_lines_fit_and_keep_the_price(name: str, tmp_path: Path) -> None:
    report = report_of(name)
    word, style = headline.verdict(report)
    assert (style == "bad") == (report.verdict is Verdict.BROKEN)
    step = remedy(report)
    for width in (36, 58, 78, 118, 158):
        lines = [
            headline.opening(report.bundle, 210, "A title of some length, so that it has to be cut", width, UNICODE),
            headline.judged(report, width, UNICODE), headline.wrong(report, False, width, UNICODE),
            headline.loaded(report, width, UNICODE), headline.offer(report, 0, True, width, UNICODE),
        ]
        texts = ["".join(text for text, _style in line) for line in lines]
        assert all(cell_len(text) <= width for text in texts), texts
        assert word.upper() in texts[1]
        if width >= 78 and step.price:
            price = step.price.split(", about")[0].removeprefix("keeps everything; ")
            first, *more = price.split(", ")
            assert price in texts[4] or (more and f": {first} and more" in texts[4])


@pytest.mark.parametrize("name", NAMES)
def test_the_remedy_is_one_that_helps(name: str) -> None:
    """A fix is named where there is one; where none helps, none is offered."""
    report = report_of(name)
    step = remedy(report)
    if report.cause in (Cause.CLIENT, Cause.SETTINGS, Cause.ENDPOINT, Cause.UNKNOWN):
        assert step.key in ("f", "p")
        assert not step.price
    elif step.finding is not None:
        assert step.key == "f"
        assert any(fix.title == step.text and fix.safety in Safety for fix in step.finding.fixes)


def test_replies_that_may_be_missing_are_more_than_a_change() -> None:
    assert headline.verdict(report_of("second-terminal")) == ("may lose history", "warn")


@pytest.mark.parametrize("name", NAMES)
def test_sentences_take_two_lines_where_there_is_little_room(name: str) -> None:
    report = report_of(name)
    for width in (34, 38, 50, 58):
        room = headline.room_for(width)
        for line in (
            headline.wrong(report, False, room, UNICODE), headline.loaded(report, room, UNICODE),
            headline.offer(report, 2, False, room, UNICODE),
        ):
            lines = headline.wrapped(line, width)
            assert all(sum(cell_len(text) for text, _ in one) <= width for one in lines)
            assert len(lines) <= 3
            said = "".join(text for one in lines for text, _ in one)
            assert "".join(said.split()) == "".join("".join(text for text, _ in line).split())
