"""The tokens of a context: what the API counted last, and an estimate of what follows that."""

from __future__ import annotations

import pytest

from tools.contexts import SONNET, reading
from tools.transcript import Transcript, judge
from unbrick.weighing import measure


def tokens(made: Transcript) -> int:
    return judge(made, model=SONNET).resume.tokens


def talk(*counts: int, size: int = 3600) -> Transcript:
    """A prompt and a reply of about 918 tokens for each count of the API."""
    made = Transcript(model=SONNET)
    for number, count in enumerate(counts):
        made.prompt(f"{number}" * size)
        made.reply("so it is", tokens=count)
    made.pointer()
    return made


CASES = {
    "a count that rises": ((20_000, 21_000, 22_000), 22_000),
    "a count below what the counts before it promised": ((20_000, 24_000, 22_500), 22_500),
    "counts below the estimate": ((9_000, 9_500, 10_000, 10_400), 10_400),
    "a reply without a count": ((20_000, 21_000, 0), 21_918),
    "no count at all": ((0, 0, 0), 2_754),
}


@pytest.mark.parametrize("case", CASES)
def test_the_last_count_and_what_follows_it(case: str) -> None:
    counts, expected = CASES[case]
    assert tokens(talk(*counts)) == pytest.approx(expected, abs=10)


def test_a_count_far_below_what_stands_before_it_speaks_of_another_context() -> None:
    """As behind a compaction that is taken back: its replies were counted without the history that returns."""
    assert tokens(talk(100_000, 5_000, 6_000)) == pytest.approx(101_918, abs=10)


def test_every_beginning_is_measured_as_if_it_were_all() -> None:
    report = judge(reading(6, 36_000, tokens=20_000, images=2), model=SONNET)
    session, rows = report.situation.session, list(report.situation.thread.rows)
    sums = [*measure.weigh(session, rows).contexts()]
    assert sums == [measure.context(session, rows[:end]) for end in range(len(rows) + 1)]


BROKEN = {
    "counted with the lost history": (20_000, 21_000, 22_000, 23_000),
    "counted without the lost history": (100_000, 101_000, 5_000, 6_000),
    "counted nowhere": (0, 0, 0, 0),
    "counted in the lost history only": (20_000, 21_000, 0, 0),
}


@pytest.mark.parametrize("case", BROKEN)
def test_rows_in_front_are_measured_as_if_they_were_loaded(case: str) -> None:
    made = talk(*BROKEN[case])
    made.records[4]["parentUuid"] = "0f0e0d0c-0000-4000-8000-000000000000"
    situation = judge(made, "2.0.76", model=SONNET).situation
    thread, lost = list(situation.thread.rows), [0, 1, 2, 3]
    assert not set(thread) & set(lost)
    assert measure.in_front(situation, lost) == measure.context(situation.session, [*lost, *thread])
