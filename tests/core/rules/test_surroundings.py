"""Surroundings: the file is innocent, a client has it open, prompts that only got errors, errors nobody explains."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.transcript import SESSION, Transcript, above_info, fix, found, judge, mend, one
from unbrick.finding import Safety, Severity
from unbrick.report import Cause, Verdict
from unbrick.target import SYSTEM_TURNS, Setting, Surroundings
from unbrick.thread import Outcome

REFUSED = "API Error: 400 role 'system' is not supported on this model"
ENTER = "mkdir -p /home/dev/project && cd /home/dev/project"
STATE = "/home/dev/.claude.json"
FLAGGED = Surroundings(True, Path("/home/dev/.claude"), None, {SYSTEM_TURNS: Setting(SYSTEM_TURNS, "opus-4-7", STATE)})
IN_ENVIRONMENT = Surroundings(
    True, Path("/home/dev/.claude"), None, {SYSTEM_TURNS: Setting(SYSTEM_TURNS, "opus-4-7", "environment")},
)
SWITCHED_OFF = Surroundings(True, None, None, {
    "disable_experimental_betas": Setting("disable_experimental_betas", "1", "environment"),
})


def twice_compacted(error: str | None = REFUSED) -> Transcript:
    """The shape of #60947: two compactions, reminders, and every request refused since."""
    made = Transcript().talk(3)
    made.attachment()
    made.boundary(1_001_871)
    made.summary("Summary:\n1. the first million")
    made.prompt("go on")
    made.attachment()
    made.reply("gone on")
    made.boundary(974_919)
    made.summary("Summary:\n1. the second million")
    made.prompt("go on")
    made.attachment()
    made.reply("gone on", tokens=31_000)
    if error:
        made.prompt("and now?")
        made.attachment()
        made.error(error)
    made.pointer()
    return made


def test_the_flag_is_the_cause_and_the_file_is_innocent() -> None:
    report = judge(twice_compacted(), surroundings=FLAGGED)
    assert (report.verdict, report.cause, report.resume.outcome) == (
        Verdict.BROKEN, Cause.SETTINGS, Outcome.REFUSED)
    finding = one(report, "E001")
    assert not finding.fixes
    assert report.last_error is not None
    assert report.last_error.explained_by == "E001"
    assert finding.message == (
        "Claude Code 2.1.139 sends its own reminders as `system` turns, and claude-opus-4-7 refuses that role. None of "
        "the 21 records of the file holds that role in the conversation. 2 records that the client keeps as reminders "
        "go out under it (first: line 16); without them it would write new ones. The cause is a setting: "
        "tengu_fennel_kite_model in /home/dev/.claude.json names “opus-4-7”."
    )


def test_every_way_out_is_a_whole_command() -> None:
    finding = one(judge(twice_compacted(), surroundings=FLAGGED), "E001")
    resume = f"claude --resume {SESSION}"
    assert [advice.command for advice in finding.advice] == [
        f"{ENTER} && CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS=1 {resume}",
        f"{ENTER} && npm install -g @anthropic-ai/claude-code@latest && {resume}",
        f"{ENTER} && {resume} --model claude-sonnet-4-6",
        None,
    ]
    assert STATE in finding.advice[-1].text
    assert "does not edit settings" in finding.advice[-1].text


def test_a_long_conversation_goes_to_a_model_that_holds_it() -> None:
    made = twice_compacted(None)
    made.records.pop()
    made.reply("a long story", tokens=400_000)
    made.prompt("and now?")
    made.attachment()
    made.error(REFUSED)
    made.pointer()
    finding = one(judge(made, surroundings=FLAGGED), "E001")
    assert [advice.command for advice in finding.advice if "model" in (advice.command or "")] == [
        f"{ENTER} && claude --resume {SESSION} --model claude-opus-4-8",
    ]


def test_a_variable_is_named_as_one() -> None:
    finding = one(judge(twice_compacted(), surroundings=IN_ENVIRONMENT), "E001")
    assert "CLAUDE_CODE_MID_CONVERSATION_SYSTEM in the environment" in finding.message
    assert finding.advice[-1].command == (
        f"{ENTER} && env -u CLAUDE_CODE_MID_CONVERSATION_SYSTEM claude --resume {SESSION}")


@pytest.mark.parametrize(("surroundings", "says"), [
    (Surroundings(), "which was not read"), (Surroundings(True), "is not in the client's configuration here"),
], ids=["not read", "read, and not there"])
def test_without_the_flag_the_likely_cause_is_said(surroundings: Surroundings, says: str) -> None:
    report = judge(twice_compacted(), surroundings=surroundings)
    assert (report.verdict, report.cause) == (Verdict.BROKEN, Cause.CLIENT)
    assert says in one(report, "E001").message
    assert "Up to 2 records" in one(report, "E001").message
    assert one(report, "E001").message.startswith("the last request was refused because the client sent its own")


def test_a_session_that_was_not_resumed_yet_is_told_beforehand() -> None:
    report = judge(twice_compacted(None), surroundings=FLAGGED)
    assert report.cause is Cause.SETTINGS
    assert report.last_error is None


@pytest.mark.parametrize(("version", "model", "surroundings"), [
    ("2.1.329", "claude-opus-4-7", FLAGGED), ("2.1.158", "claude-opus-4-7", FLAGGED),
    ("2.1.139", "claude-opus-4-7", SWITCHED_OFF),
], ids=["the newest client", "the first that does not", "features switched off"])
def test_where_no_such_turn_is_sent_the_session_resumes(
    version: str, model: str, surroundings: Surroundings
) -> None:
    report = judge(twice_compacted(), version, model=model, surroundings=surroundings)
    assert above_info(report) == []
    assert report.resume.outcome is Outcome.ACCEPTED
    assert report.last_error is not None
    assert report.last_error.explained_by == "E001"


def test_a_model_that_takes_the_role_has_no_trouble() -> None:
    report = judge(twice_compacted(None), "2.1.329", model="claude-opus-4-8")
    assert not found(report, "E001")


def test_a_role_that_the_file_does_hold_is_said() -> None:
    made = twice_compacted()
    made.records[14]["message"]["role"] = "system"
    assert "1 record of the conversation names" in one(judge(made), "E001").message


def timed_out(version: str = "1.0.44") -> Transcript:
    """The older shape of #2423: an unanswered call, a request that timed out, prompts that only got errors."""
    made = Transcript(version=version, model="claude-sonnet-4-20250514").talk(5)
    made.prompt("run the tests")
    made.call("toolu_01RF5sCUUx9nbB3zCTHNqvCm")
    for attempt in range(1, 11):
        made.retry(attempt)
    made.error("API Error (Request timed out.)")
    made.prompt("continue")
    made.error("API Error: 400 due to tool use concurrency issues")
    made.prompt("hello?")
    made.error("API Error: 400 due to tool use concurrency issues")
    return made


def test_prompts_that_only_got_errors_go_together() -> None:
    made = timed_out("2.1.139")
    finding = one(judge(made), "E004")
    assert finding.severity is Severity.INFO
    assert finding.message.startswith("2 prompts at the end got only errors (3 error records): “API Error (Request")
    assert fix(finding, "prompts").safety is Safety.LOSSY
    assert fix(finding, "prompts").price == "drops 2 prompts"
    mended = mend(made, only=("E004", "T001"), chosen={finding.id: "prompts"})
    after = mended.after
    assert above_info(after) == []
    assert not found(after, "E004")
    texts = [str(message["content"]) for message in after.situation.request.messages()]
    assert not any("hello?" in text or "API Error" in text for text in texts)
    assert any("run the tests" in text for text in texts)


def test_old_clients_send_the_error_texts() -> None:
    made = timed_out()
    finding = one(judge(made, "1.0.128"), "E004")
    assert finding.severity is Severity.WARNING
    after = mend(made, "1.0.128").after
    assert above_info(after) == []
    texts = [str(message["content"]) for message in after.situation.request.messages()]
    assert not any("concurrency issues" in text for text in texts)
    assert any("hello?" in text for text in texts)


def test_errors_that_a_reply_followed_are_past() -> None:
    made = timed_out("2.1.139")
    made.prompt("again")
    made.reply("here I am")
    made.pointer()
    report = judge(made)
    assert not found(report, "E004")
    assert report.last_error is not None
    assert report.last_error.past


def test_an_open_session_is_said() -> None:
    made = Transcript().talk(1)
    report = judge(made, surroundings=Surroundings(True, details={"owner": 4242}))
    assert "pid 4242" in one(report, "E003").message
    assert report.verdict is Verdict.HEALTHY
    assert not found(judge(made, surroundings=Surroundings(True, details={"owner": None})), "E003")


def unexplained(text: str) -> Transcript:
    made = Transcript().talk(2)
    made.prompt("go on")
    made.error(text)
    made.pointer()
    return made


def test_an_error_that_nothing_explains_is_never_healthy() -> None:
    report = judge(unexplained("API Error: 418 the teapot is empty"))
    finding = one(report, "E002")
    assert (report.verdict, report.cause) == (Verdict.FRAGILE, Cause.UNKNOWN)
    assert "do not edit the file for it" in finding.message
    assert not finding.fixes
    assert finding.row == 5


@pytest.mark.parametrize("text", [
    "API Error: 529 Overloaded", "API Error: 500 Internal server error", "Claude AI usage limit reached|1754161200",
    "Request timed out.", "API Error: Connection error.", "Invalid API key · Please run /login",
])
def test_an_error_of_the_service_needs_no_edit(text: str) -> None:
    report = judge(unexplained(text))
    assert report.verdict is Verdict.HEALTHY
    assert report.last_error is not None
    assert report.last_error.explained_by is None
    assert report.last_error.answer
    assert report.last_error.advice


def test_an_unexplained_error_that_is_past_is_none() -> None:
    made = unexplained("API Error: 418 the teapot is empty")
    made.records.pop()
    made.prompt("go on")
    made.reply("gone on")
    made.pointer()
    assert judge(made).verdict is Verdict.HEALTHY


def test_a_subagents_error_is_not_the_conversations() -> None:
    made = Transcript().talk(2)
    made.error("API Error: 418 the teapot is empty", parent=None)["isSidechain"] = True
    made.pointer(str(made.records[3]["uuid"]))
    report = judge(made)
    assert report.last_error is None
    assert above_info(report) == []
