"""Why: an error text, recorded or pasted, comes to its rule, its lines and its mend, or to who else is to blame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import transcript
from tools.transcript import SESSION, Transcript, above_info, judge
from unbrick.answers import ANSWERS, Answer, answer_to
from unbrick.bundle import Bundle
from unbrick.finding import Severity
from unbrick.report import Report
from unbrick.rules import ALL
from unbrick.source import Source
from unbrick.why import codes_of, explain_error


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    transcript.close()


GONE = "/home/dev/project"
"""The project of the transcripts here; there is no such folder."""

WORDS = {
    "API Error: 400 role 'system' is not supported on this model": "E001",
    "prompt is too long: 210118 tokens > 200000 maximum": "S001",
    "Error during compaction: Error: Conversation too long. Press esc twice to go up a few messages": "S001",
    "Request too large (max 32MB). Double press esc to go back": "S002",
    "No conversation found with session ID: 0f0e0d0c": "L007",
    "API Error: 400 due to tool use concurrency issues. Run /rewind to recover the conversation.": "T",
    '{\\"message\\":\\"messages.500: `tool_use` ids were found without `tool_result` blocks immediately after\\"}': "T",
    "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1.": "T",
    "messages: text content blocks must be non-empty": "C",
}


@pytest.mark.parametrize("text", WORDS)
def test_an_error_text_names_its_rule(text: str) -> None:
    codes = codes_of(text)
    assert codes
    assert codes[0].startswith(WORDS[text])


PASTED = {
    "colours inside the sentence": (
        "\x1b[31mmessages.5: `\x1b[33mtool_use\x1b[31m` ids were found \x1b[1mwithout\x1b[0m `tool_result` blocks", "T",
    ),
    "a link around a word": ("due to tool use \x1b]8;;https://x.y\x07concurrency\x1b]8;;\x07 issues", "T"),
    "colours spelt out in JSON": ("messages: text content \\u001b[33mblocks must be\\u001b[0m non-empty", "C"),
    "wrapped by the terminal": ("messages.3: `tool_use`\n  ids were found without `tool_result`\r\n   blocks", "T"),
    "the client's words, wrapped": ("API Error: 400 due to tool use\n     concurrency issues.", "T"),
}


@pytest.mark.parametrize(("text", "family"), PASTED.values(), ids=PASTED)
def test_what_a_terminal_adds_is_looked_through(text: str, family: str) -> None:
    explained = explain_error(text)
    assert explained.codes[0].startswith(family)
    assert "\x1b" not in explained.text


CUT = {
    "the beginning": ("messages.135: `tool_use` ids were found with", "T001"),
    "the beginning, behind a status": ("API Error: 400 messages.7: `tool_use` ids were found wi…", "T001"),
    "the middle": ("`tool_result` block must have a corresponding `tool_use`", "T002"),
}


@pytest.mark.parametrize(("text", "code"), CUT.values(), ids=CUT)
def test_a_sentence_that_is_cut_off_is_known_by_what_there_is(text: str, code: str) -> None:
    explained = explain_error(text)
    assert code in explained.codes
    assert "cut off" in explained.sentences[0]


@pytest.mark.parametrize("text", ["messages.135: `tool", "tool_use ids", "API Error: 400 messages.3.content.2: "])
def test_too_little_of_a_sentence_is_not_guessed_at(text: str) -> None:
    assert explain_error(text).title == "Not known"


OUTSIDE = {
    "API Error: 400 tools.41.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12":
        "tool-schema",
    "API Error: 529 {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}": "overloaded",
    "API Error: 500 Internal server error. This is a server-side issue": "server",
    "API Error (api.anthropic.com | 504: Gateway time-out) · Retrying in 4 seconds… (attempt 10/10)": "timeout",
    "API Error (Request timed out.)": "timeout",
    "API Error: Connection error.": "connection",
    "Unable to connect to API due to poor internet connection (ECONNRESET)": "connection",
    "Claude AI usage limit reached|1754161200": "usage-limit",
    "You've hit your session limit · resets 3pm": "usage-limit",
    "You've hit your weekly limit": "usage-limit",
    "API Error: 429 {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\"}}": "rate-limit",
    "Credit balance is too low": "credit",
    "Invalid API key · Please run /login": "auth",
    "OAuth token has expired. Please obtain a new token": "auth",
    "API Error: 400 Extra usage is required for long context requests.": "extra-usage",
    "API Error: 400 clear_thinking_20251015 strategy requires thinking to be enabled": "beta-field",
    "API Error: 400 context_management: Extra inputs are not permitted": "beta-field",
    "400: diagnostics.previous_message_id: must be the id from a prior /v1/messages response (starts with msg_)":
        "previous-message-id",
    "Claude Code is unable to respond to this request, which appears to violate our Usage Policy": "usage-policy",
    "messages[1].role must be either 'user' or 'assistant', but got 'system'": "refused-system-gateway",
    "The request body is not valid JSON: unexpected end of data: line 1 column 9 (char 8)": "body-cut",
    "Failed to generate conversation summary - response did not contain valid text": "compaction-failed",
    "A maximum of 4 blocks with cache_control may be provided. Found 5.": "cache-control",
    "unable to get local issuer certificate": "certificate",
    "Transcript saving is off — inherited CLAUDE_CODE_CHILD_SESSION marker": "not-persisted",
    "Request was aborted.": "aborted",
    "Autocompact is thrashing: the context refilled to the limit within 3 turns of the previous compact": "thrashing",
    "Session 0b4f is currently running as a background agent (bg). Use `claude agents`": "background-agent",
    "Session 0b4f agent no longer available": "subagent-gone",
    "No message found with message.uuid of: 0b4f6f0e": "message-gone",
    "No conversations found to resume": "picker-empty",
    "Failed to teleport session": "teleport",
    "<persisted-output> tool-results/toolu_1.txt": "missing-overflow-file",
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory": "memory",
    "ENOSPC: no space left on device, write": "disk-full",
    "Item 'rs_0c38' of type 'reasoning' was provided without its required following item.": "reasoning-parted",
    "Item 'fc_0a03' of type 'function_call' was provided without its required 'reasoning' item: 'rs_0a03'.":
        "reasoning-parted",
    "{\"code\":\"previous_response_not_found\",\"message\":\"Previous response with id 'resp_0f09' not found.\"}":
        "response-gone",
    "Duplicate item found with id fc_0a03. Remove duplicate items from your input and try again.": "item-twice",
    "Invalid 'tools[43].function.name': string too long. Expected a string with maximum length 64": "tool-definitions",
}


@pytest.mark.parametrize("text", OUTSIDE)
def test_an_error_that_no_edit_mends_is_answered(text: str) -> None:
    answer = answer_to(text)
    assert answer is not None
    assert answer.name == OUTSIDE[text]
    explained = explain_error(text)
    assert explained.innocent
    assert explained.title == answer.title


def test_every_answer_is_reached_and_stands_by_itself() -> None:
    assert {answer.name for answer in ANSWERS} - set(OUTSIDE.values()) <= {"permission", "model", "not-found"}
    assert len({answer.name for answer in ANSWERS}) == len(ANSWERS)
    for answer in ANSWERS:
        assert answer.title.endswith(".")
        assert answer.text.endswith(".")
        assert answer.cause in ("client", "settings", "endpoint", "unknown")
        assert answer.advice
        for advice in answer.advice_for(None):
            assert "{" not in (advice.command or "")


def test_a_command_goes_to_the_folder_of_the_project() -> None:
    made = Transcript().talk(1)
    made.prompt("go on")
    made.error("API Error: 529 Overloaded")
    report = judge(made)
    assert report.last_error is not None
    assert report.last_error.advice[0].command == f"mkdir -p {GONE} && cd {GONE} && claude --resume {SESSION}"


def unanswered() -> Transcript:
    made = Transcript(version="1.0.128").talk(2)
    made.prompt("run the tests")
    made.call("toolu_01RF5sCUUx9nbB3zCTHNqvCm")
    made.prompt("continue")
    made.error("API Error: 400 due to tool use concurrency issues")
    return made


def explain(text: str, report: Report) -> object:
    return explain_error(text, report.situation, report.findings)


def test_the_umbrella_sentence_comes_to_the_call() -> None:
    report = judge(unanswered(), "2.1.139")
    assert report.last_error is not None
    assert report.last_error.explained_by == "T001@6.0"
    explained = explain_error(report.last_error.text, report.situation, report.findings)
    assert explained.codes[0] == "T001"
    assert "client's own" in explained.sentences[0]


def test_a_call_that_the_text_names_is_found_on_its_line() -> None:
    report = judge(unanswered(), "2.1.139")
    text = (
        "messages.135: `tool_use` ids were found without `tool_result` blocks immediately after: "
        "toolu_01RF5sCUUx9nbB3zCTHNqvCm. Each `tool_use` block must have a corresponding `tool_result` block"
    )
    explained = explain_error(text, report.situation, report.findings)
    assert explained.places[0] == (6, "call toolu_01RF5sCUUx9nbB3zCTHNqvCm")
    assert explained.findings[0].id == "T001@6.0"


def test_an_index_counts_the_request_not_the_lines() -> None:
    made = Transcript().talk(2)
    made.attachment()
    made.prompt("third")
    made.reply("answer")
    made.pointer()
    report = judge(made)
    explained = explain_error("messages.2.content.0: something new", report.situation, report.findings)
    assert explained.places == ((3, "messages.2.content.0 of the request that would be sent now"),)


@pytest.mark.parametrize("text", ["messages.9999.content.3: x", "messages.0.content.9999: x", "toolu_nowhere"])
def test_a_place_that_is_not_there_is_none(text: str) -> None:
    report = judge(Transcript().talk(1))
    assert explain_error(text, report.situation, report.findings).places == ()


def test_a_rule_that_nothing_breaks_any_more_is_over() -> None:
    made = Transcript().talk(2)
    made.prompt("go on")
    made.error("API Error: 400 messages: text content blocks must be non-empty")
    made.pointer()
    report = judge(made)
    assert above_info(report) == []
    assert report.last_error is not None
    assert "no edit is called for" in (report.last_error.answer or "")
    explained = explain_error(report.last_error.text, report.situation, report.findings)
    assert explained.innocent


def test_what_keeps_a_client_from_opening_a_file_is_spoken_of_as_that() -> None:
    report = judge(Transcript().talk(2), "2.1.139")
    explained = explain_error("No conversation found with session ID: 0f0e0d0c", report.situation, report.findings)
    assert "Claude Code 2.1.139 will open it" in explained.sentences[-1]
    assert "send" not in explained.sentences[-1]


def test_where_something_else_is_wrong_a_mended_rule_is_no_all_clear() -> None:
    made = Transcript().talk(4)
    made.records[4]["parentUuid"] = None
    report = judge(made)
    assert above_info(report)
    explained = explain_error("messages: text content blocks must be non-empty", report.situation, report.findings)
    assert "not what this file suffers from now" in explained.sentences[-1]


def test_a_place_beyond_the_request_is_remarked_on() -> None:
    report = judge(Transcript().talk(2))
    held = len(report.situation.request)
    for index, beyond in ((held - 1, False), (held, True), (10**30, True)):
        text = f"messages.{index}: `tool_use` ids were found without `tool_result` blocks"
        explained = explain_error(text, report.situation, report.findings)
        assert ("holds" in explained.sentences[-1]) is beyond


@pytest.mark.parametrize("client", ["amplifier", "messages"])
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_commands_are_those_of_the_client(answer: Answer, client: str, tmp_path: Path) -> None:
    resumes = {"amplifier": "amplifier session resume", "messages": ""}[client]
    (path := tmp_path / "t.jsonl").write_bytes(b"{}\n")
    with Source.open(path) as source:
        for advice in answer.advice_for(Bundle(source, "one", resumes=resumes), client):
            assert "claude" not in (advice.command or "")
            assert resumes or "resume" not in (advice.command or "")


def test_a_session_that_is_a_folder_is_placed_as_a_folder(tmp_path: Path) -> None:
    (path := tmp_path / "t.jsonl").write_bytes(b"{}\n")
    with Source.open(path) as source:
        placed = Bundle(source, "s", place=tmp_path / "sessions" / "one", folder=tmp_path, resumes="client go")
        first, second = next(a for a in ANSWERS if a.name == "overloaded").advice_for(placed, "amplifier")[:2]
    assert first.command == f"mkdir -p {tmp_path}/sessions/one && cp -Rn {tmp_path}/. {tmp_path}/sessions/one"
    assert second.command == "client go one"


def test_a_timeout_says_what_it_left_behind() -> None:
    made = Transcript().talk(4)
    made.boundary()
    made.summary("Request timed out")
    made.prompt("go on")
    made.error("Request timed out")
    made.pointer()
    report = judge(made)
    assert report.last_error is not None
    assert "B002@10" in (report.last_error.answer or "")
    explained = explain_error("Request timed out", report.situation, report.findings)
    assert any("its summary is only an error text" in sentence for sentence in explained.sentences)


def test_findings_apart_from_the_error_are_named_as_such() -> None:
    made = Transcript().talk(4)
    made.records[4]["parentUuid"] = None
    made.prompt("go on")
    made.error("API Error: 529 Overloaded")
    made.pointer()
    report = judge(made)
    explained = explain_error("API Error: 529 Overloaded", report.situation, report.findings)
    assert explained.innocent
    assert "L002@5" in explained.sentences[-1]
    assert "apart from it" in explained.sentences[-1]


def test_an_unknown_error_is_not_guessed_at() -> None:
    explained = explain_error("the teapot is empty")
    assert explained.codes == ()
    assert "do not edit the file" in explained.sentences[0]


def test_a_request_that_was_tried_again_does_not_hide_the_error_that_ended_one() -> None:
    made = Transcript().talk(1)
    made.prompt("go on")
    made.error("API Error: 418 the teapot is empty")
    made.retry()
    report = judge(made)
    assert report.last_error is not None
    assert "teapot" in report.last_error.text


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text: str) -> None:
    explained = explain_error(text)
    assert explained.sentences
    assert explained.title


def test_every_pattern_of_a_rule_is_a_pattern() -> None:
    assert codes_of("") == ()
    assert {rule.code for rule in ALL if rule.error} >= {"E001", "S001", "S002", "L007"}


CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "claude_code"
HEALTHY = (
    "plain", "tools", "parallel", "compact_once", "compact_twice", "rewind", "subagent", "hooks", "images",
    "thinking_tools", "model_switch", "tui_esc_interrupt", "tui_queued",
)
SESSIONS = sorted(
    path for case in HEALTHY for version in CORPUS.glob("*") for path in (version / case / "project").glob("*.jsonl")
) if CORPUS.exists() else []


@pytest.mark.skipif(not SESSIONS, reason="the corpus is not beside the checkout (../shared/corpus)")
@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: "-".join(path.parts[-4:-2]) + path.stem[:4])
def test_a_healthy_session_has_nothing_above_info_on_its_own_version(path: Path) -> None:
    from unbrick.check import check
    from unbrick.formats.table import FORMATS
    from unbrick.scanning.scan import finish

    with Source.open(path) as source:
        report = finish(check(FORMATS[0], FORMATS[0].bundle(source)))
        if not report.resume.messages and not any(kind in (1, 2) for kind in report.situation.session.scan.kind):
            pytest.skip("holds titles only; the client finds no conversation in it")
        assert [f.message for f in report.findings if f.severity > Severity.INFO] == []
        assert report.resume.lost == 0
