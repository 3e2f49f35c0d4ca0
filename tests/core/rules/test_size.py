"""Size: longer than the window, larger than a request may be, and what the client does about it itself."""

from __future__ import annotations

import pytest

from tools.transcript import Transcript, above_info, found, judge, mend, one
from unbrick.finding import Safety, Severity
from unbrick.thread import Outcome

SONNET = "claude-sonnet-4-5"


def grown(step: int, turns: int = 10, error: str | None = None, model: str = SONNET) -> Transcript:
    """Turns that each added as many tokens; the last request refused, when an error is given."""
    made = Transcript(model=model)
    for turn in range(1, turns + 1):
        made.prompt(f"question {turn}")
        made.reply(f"answer {turn}", tokens=step * turn)
    if error:
        made.prompt("one more question")
        made.error(error)
    made.pointer()
    return made


TOO_LONG = "Prompt is too long"
API = 'API Error: 400 {"error":{"message":"prompt is too long: 210118 tokens > 200000 maximum"}}'


@pytest.mark.parametrize(("version", "severity", "outcome"), [
    ("1.0.128", Severity.ERROR, Outcome.REFUSED), ("2.1.139", Severity.ERROR, Outcome.REFUSED),
    ("2.1.158", Severity.WARNING, Outcome.HEALED), ("2.1.266", Severity.ERROR, Outcome.REFUSED),
    ("2.1.329", Severity.WARNING, Outcome.HEALED),
])
@pytest.mark.parametrize("error", [TOO_LONG, API], ids=["in the client's words", "in the API's words"])
def test_a_refused_length(version: str, severity: Severity, outcome: Outcome, error: str) -> None:
    report = judge(grown(19_500, error=error), version, model=SONNET)
    finding = one(report, "S001")
    assert (finding.severity, finding.outcome) == (severity, outcome)
    assert report.last_error is not None
    assert report.last_error.explained_by == finding.id


def test_a_cut_leaves_room() -> None:
    made = grown(19_500, error=TOO_LONG)
    (cut,) = one(judge(made, model=SONNET), "S001").fixes
    assert cut.safety is Safety.LOSSY
    assert cut.title == "Cut behind line 16: leaves about 156,000 tokens"
    assert cut.price == "drops 3 prompts, 2 replies"
    after = mend(made, model=SONNET, allow={Safety.LOSSY}).after
    assert above_info(after) == []
    assert after.resume.messages == 16


def test_a_long_text_counts_without_a_recorded_number() -> None:
    made = Transcript(model=SONNET).talk(3)
    made.prompt("read all of it")
    made.call("toolu_1", "Read")
    made.result("toolu_1", "line of code\n" * 80_000)
    made.reply("read")
    made.pointer()
    finding = one(judge(made, model=SONNET), "S001")
    assert finding.severity is Severity.ERROR
    assert "calls and results of Read" in finding.message
    assert [fix.id for fix in finding.fixes] == ["clear-all", "cut"]
    assert finding.fixes[1].title.startswith("Cut behind line 6:")


FITTING = {
    "a conversation with room": grown(12_000),
    "one that fills the window, and was not refused": grown(19_900),
    "a long window, granted before": grown(19_500, turns=30),
    "a long window by the model's name": grown(19_500, turns=30, model="claude-opus-4-7"),
}


@pytest.mark.parametrize("case", FITTING)
def test_what_fits(case: str) -> None:
    assert not found(judge(FITTING[case], model=SONNET), "S001")


def test_a_length_that_was_mended_since_is_past() -> None:
    made = grown(19_500, error=TOO_LONG)
    made.boundary()
    made.summary("Summary:\n1. everything so far")
    made.prompt("go on")
    made.reply("gone on", tokens=20_000)
    made.pointer()
    report = judge(made, model=SONNET)
    assert above_info(report) == []
    assert report.last_error is not None
    assert report.last_error.past


def test_a_refusal_that_the_numbers_do_not_bear_out_is_not_cut_for() -> None:
    report = judge(grown(2_000, error=TOO_LONG), model=SONNET)
    assert above_info(report) == []
    assert report.last_error is not None
    assert report.last_error.answer is not None
    assert "Do not cut" in report.last_error.answer


def test_counts_from_before_a_compaction_do_not_speak_of_what_is_kept() -> None:
    made = Transcript(version="2.1.329", model=SONNET)
    made.talk(4, tokens=195_000)
    names = [str(record["uuid"]) for record in made.records[-2:]]
    boundary = made.boundary()
    summary = made.summary("Summary:\n1. everything so far")
    boundary["compactMetadata"]["preservedMessages"] = {
        "anchorUuid": summary["uuid"], "uuids": names, "allUuids": names,
    }
    made.prompt("go on")
    made.reply("gone on", tokens=20_000)
    made.pointer()
    assert not found(judge(made, "2.1.329", model=SONNET), "S001")
