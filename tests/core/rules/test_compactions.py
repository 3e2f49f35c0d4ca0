"""Compactions that left too little, or nothing."""

from __future__ import annotations

import pytest

from tools.transcript import Transcript, above_info, found, judge, mend, one
from unbrick.finding import Safety, Severity
from unbrick.thread import Outcome


def thin(body: str, *, turns: int = 20, tokens: int = 120_000) -> Transcript:
    """A long history, a compaction with some words for a summary, and a conversation that went on."""
    made = Transcript().talk(turns, tokens)
    made.boundary()
    made.summary(body)
    made.prompt("go on")
    made.reply("gone on", tokens=9_000)
    made.pointer()
    return made


@pytest.mark.parametrize("version", ["2.0.76", "2.1.139", "2.1.329"])
def test_a_few_words_for_a_long_history_are_told_and_taken_back_only_when_asked(version: str) -> None:
    made = thin("I will summarise this for you.")
    finding = one(judge(made, version), "B005")
    assert finding.severity is Severity.WARNING
    assert "stands for 40 messages (about 120,000 tokens)" in finding.message
    (fix,) = finding.fixes
    assert fix.safety is Safety.RESTORES
    assert fix.price.startswith("brings back 40 messages")
    assert mend(made, version).applied == ()
    after = mend(made, version, allow={Safety.RESTORES}).after
    assert above_info(after) == []
    assert after.resume.messages == 42


SOUND = {
    "a summary of some length": thin("Summary:\n1. Primary Request: mend the cart. " + "It was mended. " * 60),
    "few words for a short history": thin("The cart was mended.", turns=5),
    "few words for a history of few tokens": thin("The cart was mended.", tokens=0),
}


@pytest.mark.parametrize("case", SOUND)
def test_a_summary_that_is_one_is_left_alone(case: str) -> None:
    assert not found(judge(SOUND[case]), "B005")


POISONED = {
    "a limit of five hours": "5-hour limit reached ∙ resets 3pm",
    "a weekly limit": "Weekly limit reached ∙ resets Oct 3",
    "a usage limit with its time": "Claude AI usage limit reached|1754161200",
    "a refusal of a newer model": "Claude Opus 5 can't help with this. Start a new session to continue.",
    "no response at all": "No response requested.",
    "an interruption": "[Request interrupted by user]",
    "an interrupted compaction": "Compaction interrupted · Try again.",
    "a gateway that gave up": "504 Gateway Time-out",
    "no connection": "Unable to connect to API (ECONNRESET)",
}


@pytest.mark.parametrize("case", POISONED)
def test_other_words_of_a_failure_in_the_place_of_a_summary(case: str) -> None:
    finding = one(judge(thin(POISONED[case])), "B002")
    assert finding.severity is Severity.ERROR
    assert not found(judge(thin(POISONED[case])), "B005")


def tried(*said: str) -> Transcript:
    """Attempts at /compact at the end of a session, and what the client printed."""
    made = Transcript().talk(4, 120_000)
    for text in said:
        made.prompt("<command-name>/compact</command-name>\n<command-message>compact</command-message>")
        made.prompt(f"<local-command-stderr>{text}</local-command-stderr>")
    made.pointer()
    return made


TIMEOUT = "Error: Error during compaction: Error: Request timed out."


@pytest.mark.parametrize("text", [TIMEOUT, "Compaction canceled.", "Error compacting conversation"])
def test_an_attempt_that_left_nothing_is_told(text: str) -> None:
    report = judge(tried(text))
    finding = one(report, "B006")
    assert finding.severity is Severity.INFO
    assert "tried once at the end and left nothing" in finding.message
    assert report.resume.outcome is Outcome.ACCEPTED
    assert above_info(report) == []
    assert [advice.command for advice in finding.advice if advice.command and "context" in advice.command]


def test_attempts_are_counted() -> None:
    assert "tried 3 times" in one(judge(tried(TIMEOUT, TIMEOUT, TIMEOUT)), "B006").message


def test_an_attempt_before_one_that_worked_is_past() -> None:
    made = tried(TIMEOUT)
    made.records.pop()
    made.boundary()
    made.summary("Summary:\n1. everything so far")
    made.pointer()
    assert not found(judge(made), "B006")


def test_what_a_person_or_a_tool_says_of_compactions_is_no_notice() -> None:
    made = Transcript().talk(2)
    made.prompt("why does it say: error during compaction?")
    made.call("toolu_1")
    made.result("toolu_1", "log: Error during compaction: timed out")
    made.reply("Compaction was interrupted, it seems: Error during compaction.")
    made.pointer()
    assert not found(judge(made), "B006")
