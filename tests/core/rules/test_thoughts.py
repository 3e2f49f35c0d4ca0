"""Thinking that is refused for what stands around it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tools.chat import MODEL, Chat, call, codes, judge, mend, only, result, sent, text, thinking
from unbrick.finding import Safety, Severity
from unbrick.report import Verdict
from unbrick.thread import Outcome

TREE, ROLE, STRIPS, MIDDLE, NEW = "2.1.20", "2.1.139", "2.1.158", "2.1.200", "2.1.329"
BINDS, BUDGET = "claude-opus-5-5", "claude-sonnet-4-5-20250929"
CHANGED = (
    "messages.{}.content.{}: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
    "modified. These blocks must remain as they were in the original response."
)
BOUND = (
    "messages.{}.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation. "
    'Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
)
INVALID = "messages.{}.content.0: Invalid `signature` in `thinking` block"
FIRST = "messages.{}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`."


def signed(words: str) -> dict[str, Any]:
    return thinking(words, signature="EqRk")


def turns(model: str = MODEL) -> Chat:
    """Three turns, the first and the last with thinking."""
    chat = Chat()
    chat.user("PROMPT-1")
    chat.assistant(signed("FIRST"), text("REPLY-1"), model=model)
    chat.user("PROMPT-2")
    chat.assistant("REPLY-2", model=model)
    chat.user("PROMPT-3")
    chat.assistant(signed("LAST"), text("REPLY-3"), call("t1"), model=model)
    chat.user(result("t1", "TOOLOUT"))
    return chat


def refused(chat: Chat, *sentences: str, version: str = ROLE) -> Chat:
    """The refusals of prompts behind a session, as the client records them."""
    for number, sentence in enumerate(sentences):
        if number:
            chat.user(f"AGAIN-{number}")
        chat.assistant(text(f"API Error: 400 {sentence}"), model="<synthetic>", message=f"e-{number}",
                       isApiErrorMessage=True, version=version)
    return chat


@pytest.mark.parametrize(("version", "severity", "outcome"), [
    (ROLE, Severity.ERROR, Outcome.REFUSED), (STRIPS, Severity.WARNING, Outcome.HEALED),
    (NEW, Severity.WARNING, Outcome.HEALED),
])
def test_thinking_that_the_api_refused_is_named_where_it_stands(
    version: str, severity: Severity, outcome: Outcome
) -> None:
    found = only(judge(refused(turns(), CHANGED.format(5, 0)), version), "C016")
    assert (found.severity, found.outcome) == (severity, outcome)
    assert found.api_error == CHANGED.format(found.message_index, found.block_index)
    assert found.at is not None
    assert found.at.line == 6


def test_all_thinking_of_the_turn_goes_and_no_word_with_it() -> None:
    chat = refused(turns(), CHANGED.format(5, 0))
    kept = mend(chat, ROLE)
    assert [(one.finding.code, one.fix.id) for one in kept.applied] == [("C016", "as-text")]
    assert kept.applied[0].fix.safety is Safety.SAFE
    assert kept.after.verdict is Verdict.HEALTHY
    assert sent(kept.after).count('"thinking"') == 2, "the thinking of the first turn stays"
    assert "LAST" in sent(kept.after)
    dropped = mend(chat, ROLE, C016="drop")
    assert [one.fix.price for one in dropped.applied] == ["drops 1 thinking block"]
    assert "LAST" not in sent(dropped.after)
    assert all(word in sent(dropped.after) for word in ("FIRST", "REPLY-3", "TOOLOUT"))


@pytest.mark.parametrize("build", [
    pytest.param(lambda: turns(), id="nothing was refused"),
    pytest.param(lambda: refused(turns(), CHANGED.format(5, 0)).turn("PROMPT-4", "REPLY-4"), id="it went on since"),
    pytest.param(lambda: refused(turns(), "messages: text content blocks must be non-empty"), id="another refusal"),
    pytest.param(lambda: refused(Chat().turn(), CHANGED.format(1, 0)), id="there is no thinking left"),
    pytest.param(lambda: refused(turns().turn(), CHANGED.format(5, 0)), id="the latest turn has none"),
])
def test_without_evidence_thinking_is_left_alone(build: Callable[[], Chat]) -> None:
    for version in (TREE, ROLE, NEW):
        assert not {"C016", "C017", "C018"} & {found.code for found in judge(build(), version).findings}


def test_a_place_that_moves_is_the_clients_fault() -> None:
    found = only(judge(refused(turns(), CHANGED.format(5, 0), CHANGED.format(1, 0)), ROLE), "C016")
    assert found.cause == "client"
    assert not found.fixes
    assert found.advice[0].command is not None
    assert "npm install" in found.advice[0].command


def pieces(*, off: bool) -> Chat:
    """A reply with two thoughts, one of them off the conversation, or both in the wrong order."""
    chat = Chat()
    chat.user("PROMPT-1")
    first = chat.assistant(signed("ONE"), message="msg_a")
    second = chat.assistant(signed("TWO"), message="msg_a")
    words = chat.assistant("REPLY-1", message="msg_a")
    by_id = {record["uuid"]: record for record in chat.records}
    if off:
        by_id[words]["parentUuid"] = first
    else:
        root = by_id[first]["parentUuid"]
        by_id[second]["parentUuid"], by_id[first]["parentUuid"], by_id[words]["parentUuid"] = root, second, first
    return chat


@pytest.mark.parametrize(("chat", "version"), [
    pytest.param(pieces(off=True), TREE, id="a thought beside the conversation"),
    pytest.param(pieces(off=True), ROLE, id="a thought behind the words"),
    pytest.param(pieces(off=False), ROLE, id="thoughts in the wrong order"),
    pytest.param(pieces(off=False), TREE, id="thoughts in the wrong order, of old"),
])
def test_a_reply_in_pieces_is_put_together_again(chat: Chat, version: str) -> None:
    found = only(judge(chat, version), "C016")
    assert found.fixes[0].id == "one-chain"
    assert found.fixes[0].safety is Safety.SAFE
    done = mend(chat, version)
    assert done.after.verdict is Verdict.HEALTHY
    request = done.after.situation.request
    words = [block.get("thinking") for block in request.content(1) if isinstance(block, dict)]
    assert words == ["ONE", "TWO", None]
    assert {one.fix.id for one in done.applied} == {"one-chain"}


def test_a_reply_that_the_client_puts_together_itself_is_well() -> None:
    assert codes(judge(pieces(off=True), NEW), "C") == []


@pytest.mark.parametrize(("version", "severity", "outcome"), [
    (STRIPS, Severity.ERROR, Outcome.REFUSED), (MIDDLE, Severity.WARNING, Outcome.HEALED),
])
def test_bound_thinking_goes_from_the_named_place_on(version: str, severity: Severity, outcome: Outcome) -> None:
    chat = refused(turns(BINDS), BOUND.format(5), version=version)
    found = only(judge(chat, version, BINDS), "C018")
    assert (found.severity, found.outcome, found.message_index) == (severity, outcome, 5)
    assert found.api_error == BOUND.format(5)
    done = mend(chat, version, BINDS)
    assert done.after.verdict is Verdict.HEALTHY
    left = [part for part in json.loads(sent(done.after)) if "FIRST" in json.dumps(part)]
    assert left[0]["content"][0]["type"] == "thinking", "what stands before the named place stays valid"
    assert '"thinking": "LAST"' not in sent(done.after)
    assert "LAST" in sent(done.after)


def test_another_version_numbers_otherwise_so_all_bound_thinking_goes() -> None:
    done = mend(refused(turns(BINDS), BOUND.format(5), version=ROLE), NEW, BINDS)
    assert done.after.verdict is Verdict.HEALTHY
    assert '"type": "thinking"' not in sent(done.after)


def test_models_that_bind_nothing_do_not_mind() -> None:
    assert codes(judge(refused(turns(), BOUND.format(5)), ROLE), "C") == []


def test_a_signature_that_was_refused_takes_all_thinking_along() -> None:
    chat = refused(turns(), INVALID.format(1))
    found = only(judge(chat, ROLE), "C007")
    assert (found.severity, found.message_index) == (Severity.ERROR, 1)
    done = mend(chat, ROLE)
    assert done.after.verdict is Verdict.HEALTHY
    assert '"type": "thinking"' not in sent(done.after)
    assert all(word in sent(done.after) for word in ("FIRST", "LAST"))


@pytest.mark.parametrize(("sentence", "found"), [
    pytest.param("messages.1.content.0.thinking: each thinking block must contain thinking", True, id="named"),
    pytest.param("messages: text content blocks must be non-empty", False, id="not named"),
])
def test_thinking_that_is_not_shown_is_well_unless_the_api_refused_it(sentence: str, found: bool) -> None:
    chat = Chat()
    chat.user("PROMPT-1")
    chat.assistant(signed(""), text("REPLY-1"))
    refused(chat, sentence)
    findings = [one.api_error for one in judge(chat, ROLE).findings if one.code == "C007"]
    assert findings == ([sentence] if found else [])


def test_signed_thinking_without_its_text_gets_the_empty_one() -> None:
    chat = Chat()
    chat.user("PROMPT-1")
    chat.assistant({"type": "thinking", "signature": "EqRk"}, text("REPLY-1"))
    done = mend(chat, ROLE)
    assert [one.fix.id for one in done.applied] == ["empty"]
    assert json.loads(sent(done.after))[1]["content"][0] == {"type": "thinking", "signature": "EqRk", "thinking": ""}


def open_turn() -> Chat:
    chat = turns(BUDGET)
    chat.user("PROMPT-4")
    chat.assistant(call("t2"), model=BUDGET)
    chat.user(result("t2"))
    return refused(chat, FIRST.format(7))


def test_a_turn_without_thinking_is_ended_by_the_client_once_the_error_is_gone() -> None:
    found = only(judge(open_turn(), NEW, BUDGET), "C017")
    assert (found.severity, found.outcome) == (Severity.WARNING, None)
    assert (found.api_error or "").startswith(f"messages.{found.message_index}.content.0.type: Expected `thinking`")
    done = mend(open_turn(), NEW, BUDGET)
    assert [one.fix.id for one in done.applied] == ["end-turn"]
    assert done.after.verdict is Verdict.HEALTHY
    assert sent(done.before).count("REPLY") == sent(done.after).count("REPLY")
    assert "No response requested." in sent(done.after)


@pytest.mark.parametrize(("version", "model"), [
    pytest.param(NEW, MODEL, id="a model that thinks as it sees fit"),
    pytest.param(ROLE, BUDGET, id="a client that ends the turn itself"),
])
def test_others_do_not_mind_how_the_turn_begins(version: str, model: str) -> None:
    assert not [found for found in judge(open_turn(), version, model).findings if found.code == "C017"]


@pytest.mark.parametrize(("model", "left"), [(BINDS, 1), (MODEL, 2)])
def test_an_edit_takes_the_thinking_behind_it_along_where_the_model_binds_it(model: str, left: int) -> None:
    """messages-api-rules R16: our own repairs change what stands before thinking."""
    chat = turns(model)
    chat.records[3]["message"]["content"] = [{"type": "text", "text": "REPLY-2", "parsed_output": None}]
    fix = only(judge(chat, NEW, model), "C009").fixes[0]
    assert fix.safety is (Safety.LOSSY if model == BINDS else Safety.SAFE)
    assert bool(mend(chat, NEW, model).applied) == (model != BINDS), "nothing is dropped unasked"
    done = mend(chat, NEW, model, C009=fix.id)
    assert done.after.verdict is Verdict.HEALTHY
    assert sent(done.after).count('"type": "thinking"') == left
    assert '"thinking": "FIRST"' in sent(done.after), "what stands before the edit stays"
    assert any(one.fix.id == "thinking-along" for one in done.applied) == (model == BINDS)
