"""The course of the context: a stop for each response, compaction and failure."""

from __future__ import annotations

import pytest

from tools.contexts import SONNET, failed, reading, together
from tools.transcript import Transcript, judge
from unbrick.weighing.course import Course, Event, course


def of(made: Transcript, version: str = "2.1.139") -> Course:
    return course(judge(made, version, model=SONNET).situation)


def compacted() -> Transcript:
    made = reading(3, 3600, tokens=20_000, error=None)
    made.boundary()
    made.summary("Three files were read. " * 20)
    made.prompt("go on")
    made.reply("gladly", tokens=9_000)
    made.prompt("and on")
    made.error("Prompt is too long")
    made.pointer()
    return made


def test_stops_stand_at_replies_compactions_and_failures_in_order() -> None:
    found = of(compacted())
    events = [stop.event for stop in found.stops]
    assert events == [Event.REPLY] * 6 + [Event.COMPACTION, Event.REPLY, Event.ERROR]
    assert [stop.tokens for stop in found.stops if stop.counted] == [21_000, 22_000, 23_000, 9_000]
    assert found.stops[6].tokens == found.highest == 23_000
    assert found.window == 200_000
    rows = [stop.row for stop in found.stops]
    assert rows == sorted(rows)


def test_the_last_stop_is_what_the_report_says() -> None:
    report = judge(compacted(), model=SONNET)
    assert course(report.situation).stops[-1].tokens == report.resume.tokens


def test_the_records_of_one_response_are_one_stop() -> None:
    assert [stop.event for stop in of(together(3, 3600)).stops] == [Event.REPLY] * 6 + [Event.ERROR]


def test_the_tries_of_one_request_are_one_stop() -> None:
    made = reading(2, 3600, error=None)
    made.retry(1)
    made.retry(2)
    made.error("Overloaded")
    made.pointer()
    assert [stop.event for stop in of(made).stops[-2:]] == [Event.REPLY, Event.ERROR]


def test_a_compaction_that_failed_is_told_from_one_that_did_its_work() -> None:
    assert [stop.event for stop in of(failed(3)).stops if stop.event is not Event.REPLY] == [Event.FAILED]


@pytest.mark.parametrize("made", [Transcript(model=SONNET), Transcript().talk(0)])
def test_a_session_without_replies_has_no_stops(made: Transcript) -> None:
    found = of(made)
    assert (found.stops, found.highest, found.near(5)) == ((), 0, 0)


def test_a_record_is_near_the_last_stop_before_it() -> None:
    found = of(compacted())
    assert found.near(0) == 0
    for place, stop in enumerate(found.stops):
        assert found.near(stop.row) == place
    assert found.near(10_000) == len(found.stops) - 1


def test_without_counts_all_stops_are_estimates() -> None:
    found = of(reading(3, 3600))
    assert found.stops
    assert not any(stop.counted for stop in found.stops)
