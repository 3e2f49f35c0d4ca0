"""What a cut says that it costs, at a safe point and anywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from unbrick import words
from unbrick.finding import Safety
from unbrick.opening import Choices, examine, open_source
from unbrick.record import At
from unbrick.scanning.scan import finish
from unbrick.source import Source
from unbrick.telling.consequence import consequence
from unbrick.truncate import cut_at, offers, safe_points, truncate
from unbrick.weighing.measure import counted
from unbrick.weighing.safepoints import price_behind

SAMPLES = Path(__file__).parents[2] / "sample_sessions" / "claude_code"


@pytest.mark.parametrize("name", ["null-parent-in-the-middle", "failed-compaction", "torn-and-glued"])
def test_a_list_and_a_cut_count_in_one_way(name: str) -> None:
    with open_source(Source.open(SAMPLES / name / "session.jsonl"), Choices(surroundings=False)) as session:
        report = finish(examine(session))
        points = safe_points(report)
        assert points
        for point in points:
            assert point.price == price_behind(report.situation, point.at.line)


@pytest.mark.parametrize("name", ["context-too-long", "bound-thinking", "healthy"])
def test_a_cut_and_its_preview_count_in_one_way(name: str) -> None:
    with open_source(Source.open(SAMPLES / name / "session.jsonl"), Choices(surroundings=False)) as session:
        report = finish(examine(session))
        points = [point for point in safe_points(report) if point.drops and not point.segment][:3]
        assert points
        for point in points:
            done = finish(truncate(session.format, session.bundle, point.at, report.target, known=report))
            assert words.drops(*consequence(report, done.after).gone.counts) == point.price


@pytest.mark.parametrize("line", [100, 125])
def test_a_cut_between_the_safe_points_says_what_it_drops(line: int) -> None:
    path = SAMPLES / "null-parent-in-the-middle" / "session.jsonl"
    with open_source(Source.open(path), Choices(surroundings=False)) as session:
        report = finish(examine(session))
        done = finish(truncate(session.format, session.bundle, At(line), report.target, known=report))
        price = done.applied[0].fix.price
        assert price.startswith("drops ")
        left = counted(done.after.resume.messages, "message")
        assert price.endswith(f"; resume loads {left}, {report.resume.messages:,} before")


BINDING = "claude-opus-5-5"
"""A model that binds thinking to what stood before it."""


def test_a_cut_behind_fixes_counts_the_thinking_that_goes_with_them() -> None:
    """The client crashes on it, and so sends nothing that a fix could be graded by."""
    path = SAMPLES / "string-in-a-reply" / "session.jsonl"
    with open_source(Source.open(path), Choices(surroundings=False, model=BINDING)) as session:
        report = finish(examine(session))
        found = [offer for offer in finish(offers(session.format, report)) if offer.first]
        assert found
        for offer in found:
            done = finish(cut_at(session.format, report, offer))
            assert any(one.fix.id == "thinking-along" for one in done.applied)
            assert words.drops(*consequence(report, done.after).gone.counts) == offer.point.price


def test_another_id_for_a_call_is_not_safe_where_thinking_goes_along() -> None:
    path = SAMPLES / "bad-call-id" / "session.jsonl"
    for model, safety in ((None, Safety.SAFE), (BINDING, Safety.LOSSY)):
        with open_source(Source.open(path), Choices(surroundings=False, model=model)) as session:
            (fix,) = (
                fix for found in finish(examine(session)).findings for fix in found.fixes if fix.id == "new-id"
            )
            assert fix.safety is safety and ("thinking" in fix.price) == (safety is Safety.LOSSY)
