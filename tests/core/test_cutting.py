"""Where a conversation can be cut: behind complete turns, after fixes, in front of a prompt; and what that leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from unbrick.clock import FixedClock
from unbrick.editing.byhand import keep_from, perform
from unbrick.entry import Kind
from unbrick.opening import Choices, Opened, examine, open_source
from unbrick.report import Report, Verdict
from unbrick.scanning.scan import finish
from unbrick.source import Source
from unbrick.telling.consequence import consequence
from unbrick.truncate import cut_at, offers, safe_points
from unbrick.weighing.beginnings import beginnings
from unbrick.weighing.touched import touched

SAMPLES = Path(__file__).parents[2] / "sample_sessions" / "claude_code"


@contextmanager
def sample(name: str) -> Iterator[tuple[Opened, Report]]:
    with open_source(Source.open(SAMPLES / name / "session.jsonl"), Choices(surroundings=False)) as session:
        yield session, finish(examine(session))


@pytest.mark.parametrize("name", ["missing-parent", "unanswered-call-in-the-middle", "torn-and-glued"])
def test_points_that_are_safe_after_fixes_leave_a_healthy_session(name: str) -> None:
    with sample(name) as (session, report):
        plain = {point.at for point in safe_points(report)}
        found = finish(offers(session.format, report, clock=FixedClock()))
        after = [offer for offer in found if offer.first]
        assert after
        assert not plain & {offer.point.at for offer in after}
        assert [offer.point.at for offer in found] == sorted((offer.point.at for offer in found), reverse=True)
        for offer in after[:2]:
            done = finish(cut_at(session.format, report, offer, clock=FixedClock()))
            assert done.after.verdict is Verdict.HEALTHY
            assert len(done.applied) == len(offer.first) + 1


def test_a_healthy_session_needs_no_fix_before_a_cut() -> None:
    with sample("healthy") as (session, report):
        assert not any(offer.first for offer in finish(offers(session.format, report)))


@pytest.mark.parametrize("name", ["healthy", "healthy-compacted-twice"])
def test_a_conversation_may_begin_where_nothing_is_pending(name: str) -> None:
    with sample(name) as (session, report):
        found = beginnings(report.situation)
        assert found
        for one in found[:3]:
            fix = keep_from(report.situation, one.row)
            done = finish(perform(session.format, report, fix, clock=FixedClock()))
            assert done.after.verdict is Verdict.HEALTHY
            said = consequence(report, done.after)
            assert said.gone.prompts == len(one.prompts)
            # Thinking that is bound to what is dropped goes along, and is in the price.
            assert done.after.resume.messages == one.keeps
            assert said.price == one.price


def test_files_written_by_tools_are_named_where_they_were_written() -> None:
    with sample("healthy") as (_session, report):
        rows = list(report.situation.thread.rows)
        found = touched(report.situation, rows)
        assert (25, "/home/dev/shop-api/tests/test_cart.py") in found
        assert {row for row, _path in found} <= set(rows)
        assert touched(report.situation, rows[-8:]) == [one for one in found if one[0] in rows[-8:]]


def body(*messages: tuple[str, str], model: str | None) -> bytes:
    document = {"max_tokens": 100, "messages": [{"role": role, "content": text} for role, text in messages]}
    return json.dumps(document | ({"model": model} if model else {})).encode()


@pytest.mark.parametrize(
    ("model", "last"), [("claude-opus-4-8", Kind.USER), ("claude-3-opus", Kind.ASSISTANT), (None, Kind.USER)],
    ids=["no prefill", "prefill", "unknown model"],
)
def test_a_cut_request_ends_as_its_model_takes_it(model: str | None, last: Kind) -> None:
    data = body(("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"), ("user", "e"), model=model)
    with open_source(Source.of(data, "body.json"), Choices(surroundings=False)) as session:
        report = finish(examine(session))
        points = safe_points(report)
        assert points
        assert {report.situation.session.kind(point.row) for point in points} == {last}
