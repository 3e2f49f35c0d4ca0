"""What a preview says of a fix agrees with what the fix says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from unbrick import words
from unbrick.opening import Choices, examine, open_word
from unbrick.repair import repair
from unbrick.scanning.scan import finish
from unbrick.telling.consequence import Consequence, consequence

SAMPLES = Path(__file__).parents[3] / "sample_sessions"


def previewed(sample: str, code: str, which: int = 0) -> Consequence:
    """What one of the fixes of the first finding with a code does."""
    with open_word(str(SAMPLES / sample), Choices(), Path.cwd()) as opened:
        before = finish(examine(opened))
        finding = next(one for one in before.findings if one.code == code and one.fixes)
        done = finish(repair(
            opened.format, opened.bundle, before.target, opened.surroundings, known=before,
            chosen={finding.id: finding.fixes[which].id}, allow=(),
        ))
        assert done.applied
        return consequence(before, done.after)


KEEPING = [
    pytest.param("claude_code/bound-thinking", "E004", id="the client's own notices of errors"),
    pytest.param("claude_code/service-error-at-the-end", "E005", id="a notice at the end"),
    pytest.param("amplifier/empty-text", "C001", id="a text in which there is nothing"),
    pytest.param("claude_code/blank-text", "C002", id="words where nothing was said"),
    pytest.param("claude_code/duplicated-results", "T003", id="a result that stands there twice"),
    pytest.param("amplifier/result-twice", "T003", id="the record of a result that stands there twice"),
    pytest.param("claude_code/fallback-block", "C019", id="the mark of a model that took over"),
    pytest.param("claude_code/unknown-block", "C009", id="a block that goes on as text"),
]

JOINED = "joins 1 message to others, word for word"


def test_merged_prompts_lose_no_word() -> None:
    seen = previewed("amplifier/two-prompts", "C027", 1)
    lines = list(seen.lines())
    assert seen.price == words.KEEPS
    assert ("plain", JOINED) in lines
    assert ("good", words.KEEPS) in lines
    assert not seen.gone.messages


@pytest.mark.parametrize(("sample", "code"), KEEPING)
def test_what_a_safe_fix_takes_is_no_loss(sample: str, code: str) -> None:
    seen = previewed(sample, code)
    assert seen.price == words.KEEPS
    assert ("good", words.KEEPS) in list(seen.lines())


LINES = [
    pytest.param(
        "claude_code/bare-boundary", "B001",
        "brings back 41 messages: 2 prompts, 21 replies, 14 results, 1 thinking block, 3 other messages, "
        "besides 1 summary", id="a summary is no message that comes back",
    ),
    pytest.param("claude_code/summary-before-its-boundary", "B009", "brings back 1 summary", id="a summary alone"),
    pytest.param("claude_code/unknown-block", "C009", "turns 1 block into text", id="a block as text"),
    pytest.param("claude_code/compaction-timeout-old", "C024", "drops 2 error notices", id="notices that are sent"),
]


@pytest.mark.parametrize(("sample", "code", "line"), LINES)
def test_lines(sample: str, code: str, line: str) -> None:
    assert line in [said for _tone, said in previewed(sample, code).lines()]


def test_a_finding_that_moves_within_its_line_is_no_new_one() -> None:
    assert previewed("amplifier/calls-as-text-only", "T001").brought == ()
