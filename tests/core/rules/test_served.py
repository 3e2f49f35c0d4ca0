"""Tools that the API itself runs, and marks of features that are off."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_thoughts import refused

from tools.chat import MODEL, Chat, call, codes, judge, mend, only, result, sent, text, thinking
from unbrick.finding import Safety, Severity
from unbrick.report import Verdict
from unbrick.save import patched
from unbrick.thread import Outcome

OLD, PAIRS, OFF, ROLE, NEW = "2.1.70", "2.1.80", "2.1.90", "2.1.139", "2.1.329"
USE = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "QUERY"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [
    {"type": "web_search_result", "title": "FOUND", "url": "https://x.test/", "encrypted_content": "EqRk"}]}
SEALED = {**FOUND, "content": [{"type": "web_search_result", "encrypted_content": "EqRk"}]}
ASKED = {**USE, "name": "advisor", "input": {}}
ADVICE = {"type": "advisor_tool_result", "tool_use_id": "srvtoolu_1", "content": {
    "type": "advisor_result", "text": "ADVICE"}}
HIDDEN = {**ADVICE, "content": {"type": "advisor_redacted_result", "encrypted_content": "EqRk"}}
MARK = {"type": "fallback", "from": {"model": "claude-fable-5-1"}, "to": {"model": MODEL}}
UNEXPECTED = (
    "messages.1.content.0: unexpected `tool_use_id` found in `{}` blocks: srvtoolu_1. Each `{}` block must have a "
    "corresponding `server_tool_use` block before it."
)
Build = Callable[[], Chat]


def reply(*records: Any, last: bool = False) -> Build:
    """A session whose reply is made of records, one each: a block, blocks, or a prompt that intrudes."""
    def build() -> Chat:
        chat = Chat()
        chat.user("PROMPT-1")
        for record in records:
            if isinstance(record, str):
                chat.user(record)
            else:
                chat.assistant(*copy.deepcopy(record if isinstance(record, list) else [record]), message="msg_a")
        return chat if last else chat.turn("PROMPT-2", "REPLY-2")
    return build


def branched(first: Any, second: Any, *, same: bool = True) -> Build:
    """A call and its result side by side instead of one behind the other."""
    def build() -> Chat:
        chat = Chat()
        root = chat.user("PROMPT-1")
        chat.assistant(copy.deepcopy(first), message="msg_a")
        chat.assistant(copy.deepcopy(second), message="msg_a" if same else "msg_b", parent=root)
        chat.assistant("REPLY-1", message="msg_a" if same else "msg_b")
        return chat.turn("PROMPT-2", "REPLY-2")
    return build


WORDS = text("REPLY-1")
E, I = "error ", "info "  # noqa: E741
TABLE = [
    # build, findings on 2.1.70, 2.1.80, 2.1.90, 2.1.139, 2.1.329
    pytest.param(reply(USE, FOUND, WORDS), "", "", "", "", "", id="a search"),
    pytest.param(reply([USE, FOUND, WORDS]), "", "", "", "", "", id="a search in one record"),
    pytest.param(reply(ASKED, ADVICE, WORDS), "", "", "", "", "", id="an advisor"),
    pytest.param(reply(USE, WORDS), E + "T010", *[I + "T010"] * 4, id="a call without its result"),
    pytest.param(reply(FOUND, WORDS), *[E + "T010"] * 5, id="a result without its call"),
    pytest.param(reply(ADVICE, WORDS), *[E + "T010"] * 2, *[I + "T010"] * 3, id="an advisor's answer without its call"),
    pytest.param(reply(USE, "BETWEEN", FOUND, WORDS), *[E + "T010"] * 5, id="a prompt between the two"),
    pytest.param(
        reply({**USE, "id": "call_1"}, {**FOUND, "tool_use_id": "call_1"}, WORDS), *[E + "T011"] * 5,
        id="an id of another endpoint's",
    ),
    pytest.param(reply([MARK, WORDS]), *[E + "C019"] * 4, I + "C019", id="the mark of another model"),
    pytest.param(
        reply([text("REPLY-1", cache_control={"type": "ephemeral"})]), *[I + "C020"] * 5, id="one mark for the cache",
    ),
    pytest.param(
        reply([text(word, cache_control={"type": "ephemeral"}) for word in ("REPLY-1", "b")]),
        E + "C020", E + "C020", I + "C020", E + "C020", E + "C020", id="two marks for the cache",
    ),
]
VERSIONS = (OLD, PAIRS, OFF, ROLE, NEW)


@pytest.mark.parametrize(("build", "old", "pairs", "off", "role", "new"), TABLE)
def test_what_is_found_on_which_client(build: Build, old: str, pairs: str, off: str, role: str, new: str) -> None:
    found = [", ".join(codes(judge(build(), version), "TC")) for version in VERSIONS]
    assert found == [old, pairs, off, role, new]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("build", [param.values[0] for param in TABLE], ids=[param.id for param in TABLE])
def test_the_default_repair_mends_it_and_keeps_every_word(build: Build, version: str) -> None:
    done = mend(build(), version)
    assert done.after.verdict is Verdict.HEALTHY
    assert done.after.resume.outcome is Outcome.ACCEPTED
    before, after = (sent(report) for report in (done.before, done.after))
    for word in ("PROMPT-1", "REPLY-1", "PROMPT-2", "REPLY-2", "QUERY", "FOUND", "ADVICE", "BETWEEN"):
        assert (word in before) <= (word in after), word


@pytest.mark.parametrize(("build", "version", "fix", "kinds"), [
    pytest.param(
        reply(USE, "BETWEEN", FOUND, WORDS), NEW, "reunite", ["server_tool_use", "web_search_tool_result", "text"],
        id="what stands in the middle goes behind",
    ),
    pytest.param(
        reply(USE, "BETWEEN", FOUND, WORDS, last=True), ROLE, "reunite",
        ["server_tool_use", "web_search_tool_result", "text"], id="what stands in the middle becomes the end",
    ),
    pytest.param(
        branched(USE, FOUND), ROLE, "one-chain", ["server_tool_use", "web_search_tool_result", "text"],
        id="both are loaded in the wrong order",
    ),
    pytest.param(
        branched(USE, FOUND), OLD, "one-chain", ["server_tool_use", "web_search_tool_result", "text"],
        id="the call is not loaded",
    ),
    pytest.param(
        branched(USE, FOUND, same=False), NEW, "as-text", ["text", "text"], id="the call is another reply's",
    ),
    pytest.param(reply(FOUND, WORDS), NEW, "as-text", ["text", "text"], id="the call is gone"),
    pytest.param(reply(SEALED, WORDS), NEW, "drop", ["text"], id="nothing of it can be read"),
])
def test_halves_are_put_together_or_kept_as_text(build: Build, version: str, fix: str, kinds: list[str]) -> None:
    chat = build()
    found = only(judge(chat, version), "T010")
    assert found.fixes[0].id == fix
    assert found.api_error is not None
    done = mend(chat, version, T010=fix)
    assert done.after.verdict is Verdict.HEALTHY
    found_kinds = [
        block["type"] for message in done.after.situation.request.messages() if message["role"] == "assistant"
        for block in message["content"] if isinstance(block, dict)
    ]
    assert found_kinds[: len(kinds)] == kinds
    assert ("BETWEEN" in sent(done.before)) == ("BETWEEN" in sent(done.after))


def test_a_sentence_names_its_place_in_the_apis_words() -> None:
    found = only(judge(reply(FOUND, WORDS)(), NEW), "T010")
    kind = "web_search_tool_result"
    assert found.api_error == UNEXPECTED.format(kind, kind)


@pytest.mark.parametrize("version", [OFF, ROLE, NEW])
def test_an_advisor_that_was_refused_is_broken_though_this_client_would_leave_it_out(version: str) -> None:
    kind = "advisor_tool_result"
    chat = refused(reply(ADVICE, WORDS)(), UNEXPECTED.format(kind, kind))
    found = only(judge(chat, version), "T010")
    assert (found.severity, found.outcome) == (Severity.ERROR, Outcome.REFUSED)
    assert found.advice[0].command is not None
    assert "CLAUDE_CODE_DISABLE_ADVISOR_TOOL=1 claude --resume" in found.advice[0].command
    assert mend(chat, version).after.verdict is Verdict.HEALTHY


@pytest.mark.parametrize(("answer", "safety", "left"), [(ADVICE, Safety.SAFE, True), (HIDDEN, Safety.LOSSY, False)])
def test_advice_that_cannot_be_opened_is_kept_as_far_as_it_can_be_read(
    answer: dict[str, Any], safety: Safety, left: bool
) -> None:
    chat = refused(reply(ASKED, answer, WORDS)(), "Advisor tool result content could not be processed")
    found = only(judge(chat, "2.1.112"), "C021")
    assert (found.severity, found.fixes[0].safety) == (Severity.ERROR, safety)
    done = mend(chat, "2.1.112", C021="as-text")
    assert done.after.verdict is Verdict.HEALTHY
    assert ("ADVICE" in sent(done.after)) == left
    assert only(judge(chat, NEW), "C021").severity is Severity.INFO
    assert not [one for one in judge(reply(ASKED, answer, WORDS)(), OLD).findings if one.code == "C021"]


def test_an_ordinary_result_of_another_endpoints_search_becomes_text_with_its_call() -> None:
    chat = reply([{**USE, "id": "call_1"}, result("call_1", "GLM-FOUND"), WORDS])()
    done = mend(chat, ROLE)
    assert done.after.verdict is Verdict.HEALTHY
    assert all(word in sent(done.after) for word in ("QUERY", "GLM-FOUND"))
    assert "call_1" not in sent(done.after)


@pytest.mark.parametrize("thought", [thinking("DEEP", signature="EqRk"), thinking("", signature="EqRk")])
def test_the_mark_of_another_model_goes_with_the_thinking_beside_it(thought: dict[str, Any]) -> None:
    chat = reply(thought, MARK, thinking("LATER", signature="EqRk"), WORDS)()
    found = only(judge(chat, ROLE), "C019")
    assert found.fixes[0].safety is (Safety.SAFE if thought["thinking"] else Safety.LOSSY)
    done = mend(chat, ROLE, C019="unmark")
    assert done.after.verdict is Verdict.HEALTHY
    request = sent(done.after)
    assert "fallback" not in request
    assert '"type": "thinking"' not in request
    assert all(word in request for word in ("LATER", "REPLY-1", thought["thinking"]))


def test_references_to_tools_that_are_gone_become_their_names() -> None:
    chat = Chat()
    chat.user("PROMPT-1")
    chat.assistant(call("t1"))
    references = [{"type": "tool_reference", "tool_name": f"mcp__gone__{name}"} for name in ("list", "get")]
    chat.user(result("t1", [text("SAID"), *references]))
    chat.assistant("REPLY-1")
    found = only(judge(chat, "2.0.14"), "T012")
    assert found.api_error == "Tool reference 'mcp__gone__list' not found in available tools"
    done = mend(chat, "2.0.14")
    assert done.after.verdict is Verdict.HEALTHY
    assert "SAID" in sent(done.after)
    assert "mcp__gone__list, mcp__gone__get" in sent(done.after)
    assert codes(judge(chat, ROLE), "T") == []


@pytest.mark.parametrize(("version", "keys"), [
    ("2.0.64", {"type", "id", "name", "input", "odd"}), ("2.0.76", {"type", "id", "name", "input"}),
    ("2.1.300", {"type", "id", "name", "input"}), ("2.1.315", {"type", "id", "name", "input", "odd"}),
])
def test_members_of_a_call_are_sent_as_the_client_sends_them(version: str, keys: set[str]) -> None:
    chat = Chat()
    chat.user("PROMPT-1")
    chat.assistant(call("t1", odd=1))
    chat.user(result("t1"))
    chat.assistant("REPLY-1")
    report = judge(chat, version)
    request = report.situation.request
    calls = [block for m in json.loads(sent(report)) for block in m["content"] if isinstance(block, dict)]
    assert next(set(block) for block in calls if block["type"] == "tool_use") == keys
    assert ("C009" in {one.code for one in report.findings}) == ("odd" in keys)
    assert len(request)


ODD = [
    USE, FOUND, SEALED, ASKED, ADVICE, HIDDEN, MARK, {"type": "server_tool_use"}, {**USE, "id": 5},
    {**USE, "id": "x y"}, {**FOUND, "tool_use_id": None}, {**FOUND, "content": {"text": ["a"]}},
    thinking("DEEP", signature="EqRk"), {"type": "thinking", "signature": "EqRk"}, {"type": "redacted_thinking"},
    text("WORDS"), text("WORDS", cache_control={"type": "ephemeral"}), text("WORDS", cache_control=7), call("t1"),
]
KIND = "advisor_tool_result"
ERRORS = [
    "Advisor tool result content could not be processed", UNEXPECTED.format(KIND, KIND),
    *(f"messages.{place}.content.0: {said}" for place in (1, 2, 99) for said in (
        "Invalid `signature` in `thinking` block", "bound to a different conversation",
        "blocks in the latest assistant message cannot be modified", "Expected `thinking`, but found `text`",
    )),
]
replies = st.tuples(
    st.lists(st.integers(0, len(ODD) - 1), max_size=3), st.sampled_from("ab"),
    st.sampled_from([MODEL, "claude-opus-5-5", "glm-4.6"]), st.sampled_from([..., ..., ..., 0, None]),
)


@given(
    st.lists(replies, min_size=1, max_size=6), st.lists(st.sampled_from(ERRORS), max_size=2),
    st.sampled_from(["2.0.14", *VERSIONS]), st.sampled_from([MODEL, "claude-opus-5-5"]),
)
@settings(max_examples=50, deadline=None)
def test_odd_blocks_never_raise_and_a_repair_makes_nothing_worse(
    records: list[tuple[list[int], str, str, Any]], errors: list[str], version: str, model: str
) -> None:
    """Replies of odd blocks, hung anywhere, results where there are none, and refusals of prompts behind them."""
    chat = Chat()
    root = chat.user("PROMPT-1")
    for blocks, ref, of, parent in records:
        parent = root if parent == 0 else parent
        if blocks:
            chat.assistant(*(copy.deepcopy(ODD[one]) for one in blocks), message=f"msg_{ref}", model=of, parent=parent)
        else:
            chat.user("BETWEEN" if ref == "a" else result("t1"), parent=parent)
    done = mend(refused(chat, *errors), version, model)
    ranks = [list(Verdict).index(report.verdict) for report in (done.before, done.after)]
    assert ranks[1] <= ranks[0]
    before, after = (sent(report) for report in (done.before, done.after))
    for word in ("PROMPT-1", "QUERY", "FOUND", "ADVICE", "WORDS", "BETWEEN"):
        assert (word in before) <= (word in after), word
    if errors:
        return  # what is a prompt that only got errors changes with each of them that goes
    again = mend(b"".join(patched(done.after.bundle.main, done.patch)), version, model)
    assert [(one.finding.id, one.fix.id) for one in again.applied] == []
