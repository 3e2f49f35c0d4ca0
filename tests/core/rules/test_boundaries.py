"""Boundaries: a compaction without its summary, with an error for one, and what it names that is not there."""

from __future__ import annotations

import pytest

from tools.transcript import Transcript, above_info, fix, found, judge, mend, one, uuid
from unbrick.edit import Cut, Uncompact
from unbrick.finding import Safety, Severity
from unbrick.thread import Outcome

EVERY = ("1.0.128", "2.0.76", "2.1.70", "2.1.139", "2.1.200", "2.1.329")


def compacted(body: str | None, *, turns: int = 6, tokens: int = 0, model: str = "claude-opus-4-7") -> Transcript:
    """Turns, the prompt that sets the compaction off, its boundary and summary, and a conversation that went on."""
    made = Transcript(model=model).talk(turns, tokens)
    made.prompt("the prompt that was too much")
    made.boundary()
    if body is not None:
        made.summary(body)
    made.reply("I see nothing to go on with", tokens=9_000 if tokens else 0)
    made.prompt("what was I doing?")
    made.reply("I do not know", tokens=9_200 if tokens else 0)
    made.pointer()
    return made


ERRORS = {
    "a timeout (#2423)": "Request timed out",
    "a timeout with a full stop": "Request timed out.",
    "a usage limit (#4996)": "Claude AI usage limit reached|1754161200.",
    "an API error": 'API Error: 400 {"type":"error","error":{"type":"invalid_request_error"}}',
    "a refusal": "Claude Code is unable to respond to this request, which appears to violate our Usage Policy",
    "nothing at all": "",
}


@pytest.mark.parametrize("version", EVERY)
@pytest.mark.parametrize("case", ERRORS)
def test_an_error_in_the_place_of_a_summary_loses_the_history(case: str, version: str) -> None:
    made = compacted(ERRORS[case])
    report = judge(made, version)
    finding = one(report, "B002")
    assert finding.severity is Severity.ERROR
    assert "13 messages" in finding.message
    assert "(line 1 to line 13)" in finding.message
    mended = mend(made, version)
    assert above_info(mended.after) == []
    assert mended.after.resume.messages == 16
    assert [type(edit) for edit in mended.edits] == [Uncompact]


SUMMARIES = {
    "a real one": "Summary:\n1. Primary Request: mend the cart",
    "a short one": "The cart was mended.",
    "one that speaks of a timeout": "Summary:\n1. Errors: the request timed out twice; the client was told to wait.",
    "one whose first line is an error": "Error handling was added.\n2. It is rounded." + " more" * 300,
    "one in an older frame": "Analysis:\nthe person asked for the total.",
}


@pytest.mark.parametrize("case", SUMMARIES)
def test_a_summary_is_left_alone(case: str) -> None:
    report = judge(compacted(SUMMARIES[case]))
    assert above_info(report) == []
    assert not found(report, "B002")


def test_the_older_frame_of_a_summary_is_known_too() -> None:
    made = compacted("x")
    made.records[14]["message"]["content"] = (
        "This session is being continued from a previous conversation that ran out of context. The conversation is "
        "summarized below:\nRequest timed out.\nPlease continue the conversation from where we left it off without "
        "asking the user any further questions."
    )
    assert found(judge(made, "1.0.128"), "B002")


def test_what_fits_is_brought_back_at_no_price() -> None:
    finding = one(judge(compacted("Request timed out", tokens=120_000)), "B002")
    (undo,) = finding.fixes
    assert undo.safety is Safety.SAFE
    assert undo.price == "keeps everything; brings back 13 messages, about 120,000 tokens afterwards"
    assert "about 9,200 tokens" in finding.message


def growing(turns: int, step: int) -> Transcript:
    """A failed compaction behind turns that each added as many tokens."""
    made = Transcript()
    for turn in range(1, turns + 1):
        made.prompt(f"question {turn}")
        made.reply(f"answer {turn}", tokens=turn * step)
    made.prompt("the prompt that was too much")
    made.boundary(turns * step)
    made.summary("Request timed out")
    made.reply("I see nothing", tokens=9_000)
    made.pointer()
    return made


def test_what_would_brick_the_session_again_is_not_brought_back_unasked() -> None:
    made = growing(20, 49_000)
    finding = one(judge(made), "B002")
    cut, undo = finding.fixes
    assert undo.safety is Safety.RESTORES
    assert undo.price == "brings back 41 messages, about 980,000 tokens afterwards: 98% of the model's window"
    assert "about 980,000 tokens long" in finding.message
    assert cut.safety is Safety.LOSSY
    assert cut.title == "Cut behind line 32: leaves about 784,000 tokens"
    assert isinstance(cut.edits[0], Cut)
    assert mend(made).applied == ()
    after = mend(made, allow={Safety.LOSSY}).after
    assert above_info(after) == []
    assert after.resume.messages == 32
    restored = mend(made, allow={Safety.RESTORES}).after
    assert restored.resume.messages == 42


def test_the_ways_out_name_whole_commands() -> None:
    finding = one(judge(growing(20, 49_000)), "B002")
    commands = [advice.command for advice in finding.advice if advice.command]
    assert commands == [
        "unbrick truncate 0f0e0d0c-0b0a-4908-8706-050403020100.jsonl --list",
        "unbrick context 0f0e0d0c-0b0a-4908-8706-050403020100.jsonl",
    ]


def test_only_the_last_compaction_counts() -> None:
    made = Transcript().talk(3)
    made.boundary()
    made.summary("Request timed out")
    made.talk(2)
    made.boundary()
    made.summary("Summary:\n1. everything since")
    made.talk(1).pointer()
    assert above_info(judge(made)) == []


@pytest.mark.parametrize(("version", "outcome", "severity"), [
    ("1.0.128", Outcome.EMPTY, Severity.ERROR), ("2.1.70", Outcome.EMPTY, Severity.ERROR),
    ("2.1.139", None, Severity.INFO), ("2.1.158", Outcome.NOT_FOUND, Severity.ERROR),
    ("2.1.329", Outcome.EMPTY, Severity.ERROR),
])
def test_a_bare_boundary_at_the_end(version: str, outcome: Outcome | None, severity: Severity) -> None:
    made = Transcript(version=version).talk(4)
    made.boundary()
    finding = one(judge(made, version), "B001")
    assert (finding.severity, finding.outcome) == (severity, outcome)
    after = mend(made, version).after
    assert above_info(after) == []
    assert after.resume.messages == 8


@pytest.mark.parametrize("version", EVERY)
def test_a_bare_boundary_with_a_conversation_behind_it(version: str) -> None:
    made = compacted(None)
    assert one(judge(made, version), "B001").severity is Severity.ERROR
    after = mend(made, version).after
    assert above_info(after) == []
    assert after.resume.messages == 16


def test_a_summary_that_lost_its_flag_is_one() -> None:
    made = compacted("Summary:\n1. mend the cart")
    del made.records[14]["isCompactSummary"]
    assert above_info(judge(made)) == []


def test_reminders_may_stand_between_boundary_and_summary() -> None:
    made = Transcript(version="2.1.329").talk(3)
    made.boundary()
    made.attachment("instructions")
    made.attachment("date")
    made.summary("Summary:\n1. mend the cart")
    made.talk(1).pointer()
    assert above_info(judge(made, "2.1.329")) == []


def preserved(named: list[str]) -> Transcript:
    made = Transcript(version="2.1.329").talk(3)
    made.boundary(preservedMessages={"anchorUuid": uuid(8), "uuids": named, "allUuids": named})
    made.summary("Summary:\n1. mend the cart")
    made.talk(1).pointer()
    return made


@pytest.mark.parametrize(("named", "codes"), [
    ([uuid(5), uuid(6)], set()), ([uuid(700), uuid(701)], {"B003"}), ([uuid(6), uuid(701)], {"B003"}),
], ids=["all there", "none there", "one gone"])
def test_kept_messages_that_the_file_does_not_hold(named: list[str], codes: set[str]) -> None:
    report = judge(preserved(named), "2.1.329")
    assert {finding.code for finding in report.findings if finding.severity is not Severity.INFO} == codes
    for finding in found(report, "B003"):
        assert finding.severity is Severity.WARNING
        assert fix(finding, "uncompact").safety is Safety.RESTORES


def test_older_clients_do_not_look_at_kept_messages() -> None:
    assert above_info(judge(preserved([uuid(700)]), "2.1.139")) == []


@pytest.mark.parametrize("version", EVERY)
def test_a_dangling_logical_parent_is_no_error(version: str) -> None:
    made = compacted("Summary:\n1. mend the cart")
    made.records[13]["logicalParentUuid"] = uuid(900)
    report = judge(made, version)
    assert above_info(report) == []
    assert one(report, "B004").severity is Severity.INFO


def test_a_failed_compaction_is_taken_back_without_its_logical_parent() -> None:
    made = compacted("Request timed out")
    made.records[13]["logicalParentUuid"] = uuid(900)
    assert mend(made).after.resume.messages == 16
