from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tools.chat import Chat, call, codes, judge, mend, only, result, sent, text
from unbrick.edit import Answer, Move
from unbrick.finding import Safety, Severity
from unbrick.report import Verdict
from unbrick.thread import Outcome

OLD, TREE, ROLE, NEW = "1.0.128", "2.1.20", "2.1.139", "2.1.329"
VERSIONS = (OLD, TREE, ROLE, NEW)


def begun() -> Chat:
    chat = Chat().turn("PROMPT-1", "REPLY-1")
    chat.user("PROMPT-2")
    return chat


def rest(chat: Chat) -> Chat:
    chat.assistant("REPLY-2")
    return chat.turn("PROMPT-3", "REPLY-3")


def answered() -> Chat:
    chat = begun()
    chat.assistant("let me see", message="m2")
    chat.assistant(call("t1"), message="m2")
    chat.user(result("t1", "TOOLOUT"))
    return rest(chat)


def answered_in_parallel() -> Chat:
    chat = begun()
    first = chat.assistant(call("t1"), message="m2")
    second = chat.assistant(call("t2"), message="m2")
    chat.user(result("t1", "TOOLOUT-1"), parent=first)
    last = chat.user(result("t2", "TOOLOUT-2"), parent=second)
    chat.assistant("REPLY-2", parent=last)
    return chat.turn("PROMPT-3", "REPLY-3")


def unanswered() -> Chat:
    chat = begun()
    chat.assistant("let me see", message="m2")
    chat.assistant(call("t1"), message="m2")
    chat.user("PROMPT-X")
    return rest(chat)


def unanswered_at_the_end() -> Chat:
    chat = begun()
    chat.assistant("let me see", message="m2")
    chat.assistant(call("t1"), message="m2")
    return chat


def one_of_two_unanswered() -> Chat:
    chat = begun()
    chat.assistant(call("t1"), message="m2")
    chat.assistant(call("t2"), message="m2")
    chat.user(result("t1", "TOOLOUT"))
    return rest(chat)


def result_off_the_thread() -> Chat:
    chat = begun()
    caller = chat.assistant(call("t1"), message="m2")
    chat.user(result("t1", "TOOLOUT"), parent=chat.records[0]["uuid"])
    chat.user("PROMPT-X", parent=caller)
    return rest(chat)


def orphan() -> Chat:
    chat = begun()
    chat.assistant("hm")
    chat.user(result("t9", "TOOLOUT"))
    return rest(chat)


def orphan_of_a_lost_call() -> Chat:
    chat = begun()
    before = chat.assistant("let me see", message="m2")
    chat.assistant(call("t1"), message="m3")
    chat.user(result("t1", "TOOLOUT"), parent=before)
    return rest(chat)


def repeated_result() -> Chat:
    chat = begun()
    chat.assistant(call("t1"))
    chat.user(result("t1", "TOOLOUT"))
    chat.user(result("t1", "TOOLOUT"))
    return rest(chat)


def invented_and_real_result() -> Chat:
    chat = begun()
    chat.assistant(call("t1"))
    chat.user(result("t1", "[Tool result missing due to internal error]", is_error=True))
    chat.user(result("t1", "TOOLOUT"))
    return rest(chat)


def two_different_results() -> Chat:
    chat = begun()
    chat.assistant(call("t1"))
    chat.user(result("t1", "TOOLOUT-1"))
    chat.user(result("t1", "TOOLOUT-2"))
    return rest(chat)


def result_behind_a_prompt() -> Chat:
    chat = begun()
    chat.assistant(call("t1"))
    chat.user("PROMPT-X")
    chat.user(result("t1", "TOOLOUT"))
    return rest(chat)


def result_a_turn_later() -> Chat:
    chat = begun()
    chat.assistant(call("t1"))
    chat.turn("PROMPT-X", "REPLY-X")
    chat.user("PROMPT-Y")
    chat.user(result("t1", "TOOLOUT"))
    return rest(chat)


def text_before_the_result() -> Chat:
    chat = begun()
    chat.assistant(call("t1"))
    chat.user(text("by the way"), result("t1", "TOOLOUT"))
    return rest(chat)


def result_of_the_assistant() -> Chat:
    chat = begun()
    chat.assistant(call("t1"))
    chat.assistant(result("t1", "TOOLOUT"))
    chat.user("PROMPT-X")
    return rest(chat)


def repeated_call() -> Chat:
    chat = begun()
    chat.assistant(call("t1"), message="m2")
    chat.assistant(call("t1"), message="m2")
    chat.user(result("t1", "TOOLOUT"))
    return rest(chat)


def another_call_under_the_id() -> Chat:
    chat = begun()
    chat.assistant(call("t1"))
    chat.user(result("t1", "TOOLOUT-1"))
    chat.assistant(call("t1", given={"command": "other"}))
    chat.user(result("t1", "TOOLOUT-2"))
    return rest(chat)


def with_id(ref: object) -> Callable[[], Chat]:
    def build() -> Chat:
        chat = begun()
        chat.assistant(call(ref))
        chat.user(result(ref, "TOOLOUT"))
        return rest(chat)
    return build


def with_name(name: object) -> Callable[[], Chat]:
    def build() -> Chat:
        chat = begun()
        chat.assistant(call("t1", name))
        chat.user(result("t1", "TOOLOUT"))
        return rest(chat)
    return build


def with_input(**more: object) -> Callable[[], Chat]:
    def build() -> Chat:
        chat = begun()
        chat.assistant({"type": "tool_use", "id": "t1", "name": "Bash", **more})
        chat.user(result("t1", "TOOLOUT"))
        return rest(chat)
    return build


E, W, I = "error ", "warning ", "info "  # noqa: E741
TABLE = [
    # build, findings on 1.0.128, 2.1.20, 2.1.139, 2.1.329
    pytest.param(answered, "", "", "", "", id="an answered call"),
    pytest.param(unanswered, *[W + "T001"] * 4, id="a call without result in the middle"),
    pytest.param(unanswered_at_the_end, *[W + "T001"] * 3, I + "T001", id="a call without result at the end"),
    pytest.param(one_of_two_unanswered, *[W + "T001"] * 4, id="one of two parallel calls without result"),
    pytest.param(answered_in_parallel, "", "", "", "", id="parallel calls in the layout of a tree"),
    pytest.param(orphan, E + "T002", E + "T002", W + "T002", W + "T002", id="a result of no call"),
    pytest.param(repeated_result, E + "T003", E + "T003", I + "T003", I + "T003", id="the same result twice"),
    pytest.param(
        two_different_results, E + "T003", E + "T003", W + "T003", W + "T003", id="two different results of one call"
    ),
    pytest.param(result_behind_a_prompt, E + "T004", I + "T004", I + "T004", I + "T004", id="a prompt before it"),
    pytest.param(result_a_turn_later, E + "T004", E + "T004", W + "T004", W + "T004", id="a turn before the result"),
    pytest.param(
        text_before_the_result, E + "T005", I + "T005", E + "T005", E + "T005", id="text first in one record"
    ),
    pytest.param(
        result_of_the_assistant, E + "T005", E + "T005", E + "T005", W + "T005", id="a result in the assistant's record"
    ),
    pytest.param(repeated_call, E + "T006", E + "T006", I + "T006", I + "T006", id="the same call twice"),
    pytest.param(with_id("Bash:12"), *[E + "T007"] * 4, id="an id with a colon"),
    pytest.param(with_id("call_1|fc.2"), *[E + "T007"] * 4, id="an id with a bar and a dot"),
    pytest.param(with_id("call_ok-1"), "", "", "", "", id="an id of another maker that is valid"),
    pytest.param(with_name("x" * 201), *[E + "T008"] * 3, I + "T008", id="an overlong name"),
    pytest.param(with_name("x" * 200), "", "", "", "", id="a name just short enough"),
    pytest.param(with_name(""), *[E + "T008"] * 4, id="an empty name"),
    pytest.param(with_input(input="ls"), *[E + "T009"] * 4, id="input that is text"),
    pytest.param(with_input(input=["ls"]), *[E + "T009"] * 4, id="input that is a list"),
    pytest.param(with_input(), *[E + "T009"] * 4, id="no input"),
    pytest.param(with_input(input={}), "", "", "", "", id="an empty input"),
]


@pytest.mark.parametrize(("build", "old", "tree", "role", "new"), TABLE)
def test_what_is_found_on_which_client(build: Callable[[], Chat], old: str, tree: str, role: str, new: str) -> None:
    found = [", ".join(codes(judge(build(), version), "T")) for version in VERSIONS]
    assert found == [old, tree, role, new]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("build", [param.values[0] for param in TABLE], ids=[param.id for param in TABLE])
def test_the_default_repair_mends_it_and_keeps_every_word(build: Callable[[], Chat], version: str) -> None:
    repaired = mend(build(), version)
    assert repaired.after.verdict is Verdict.HEALTHY
    assert not [one for one in codes(repaired.after, "TC") if not one.startswith("info")]
    before, after = (sent(report) for report in (repaired.before, repaired.after))
    for word in ("PROMPT-1", "PROMPT-2", "PROMPT-X", "REPLY-2", "REPLY-3", "TOOLOUT"):
        assert (word in before) <= (word in after), word


def test_a_dropped_call_is_answered_in_the_clients_own_words() -> None:
    found = only(judge(unanswered(), ROLE), "T001")
    assert found.severity is Severity.WARNING
    assert (found.at.line if found.at else None, found.block) == (5, 0)
    (fix,) = found.fixes
    assert (fix.id, fix.safety, fix.price) == ("answer", Safety.SAFE, "keeps everything")
    assert [type(edit) for edit in fix.edits] == [Answer]
    after = mend(unanswered(), ROLE).after
    assert "its outcome is unknown" in sent(after)


def test_a_result_off_the_thread_is_put_back_rather_than_invented() -> None:
    for version in VERSIONS:
        found = only(judge(result_off_the_thread(), version), "T001")
        assert [fix.id for fix in found.fixes] == ["move-back", "answer"]
        assert found.fixes[0].price == "brings back 1 message"
        assert isinstance(found.fixes[0].edits[0], Move)
        after = mend(result_off_the_thread(), version).after
        assert "TOOLOUT" in sent(after)
        assert "outcome is unknown" not in sent(after)
        assert sent(after).index("TOOLOUT") < sent(after).index("PROMPT-X")


def test_lost_parallel_results_are_spoken_of_once() -> None:
    assert [one.code for one in judge(answered_in_parallel(), TREE).findings] == ["L009"]
    assert "TOOLOUT-1" in sent(mend(answered_in_parallel(), TREE).after)


def test_a_parallel_result_on_another_branch_comes_back_as_one_chain() -> None:
    chat = Chat().turn("PROMPT-1", "REPLY-1")
    elsewhere = chat.records[0]["uuid"]
    chat.user("PROMPT-2")
    chat.assistant(call("t1"), message="m2")
    last = chat.assistant(call("t2"), message="m2")
    chat.user(result("t1", "TOOLOUT-1"), parent=elsewhere)
    chat.user(result("t2", "TOOLOUT-2"), parent=last)
    rest(chat)
    for version in (OLD, ROLE, NEW):
        found = only(judge(chat, version), "T001")
        assert [fix.id for fix in found.fixes] == ["one-chain", "answer"]
        assert found.fixes[0].price == "brings back 1 message"
        after = mend(chat, version).after
        assert "TOOLOUT-1" in sent(after)
        assert after.verdict is Verdict.HEALTHY


def test_an_orphaned_result_is_hung_on_its_call_where_the_call_is_lost() -> None:
    found = only(judge(orphan_of_a_lost_call(), OLD), "T002")
    assert [fix.id for fix in found.fixes] == ["relink", "as-text", "drop"]
    assert found.fixes[-1].price == "drops 1 result"
    assert found.fixes[-1].safety is Safety.LOSSY
    after = mend(orphan_of_a_lost_call(), OLD, T002="relink").after
    assert after.verdict is Verdict.HEALTHY
    assert '"t1"' in sent(after)


def test_an_orphaned_result_is_kept_as_text_otherwise() -> None:
    after = mend(orphan(), ROLE).after
    assert "TOOLOUT" in sent(after)
    assert "tool_result" not in sent(after)


def test_the_real_result_is_kept_of_an_invented_and_a_real_one() -> None:
    for version in (OLD, TREE):
        after = mend(invented_and_real_result(), version).after
        assert after.verdict is Verdict.HEALTHY
        assert "TOOLOUT" in sent(after)
        assert "internal error" not in sent(after)
    for version in (ROLE, NEW):
        found = only(judge(invented_and_real_result(), version), "T003")
        assert found.severity is Severity.WARNING
        assert "TOOLOUT" in sent(mend(invented_and_real_result(), version).after)


def test_a_different_call_under_one_id_gets_its_own_and_keeps_its_result() -> None:
    for version in VERSIONS:
        after = mend(another_call_under_the_id(), version).after
        assert after.verdict is Verdict.HEALTHY
        messages = [m["content"] for m in after.situation.request.messages() if isinstance(m["content"], list)]
        uses = {b["id"]: b["input"]["command"] for m in messages for b in m if b["type"] == "tool_use"}
        results = {b["tool_use_id"]: b["content"] for m in messages for b in m if b["type"] == "tool_result"}
        assert uses == {"t1": "ls", "t1_2": "other"}
        assert results == {"t1": "TOOLOUT-1", "t1_2": "TOOLOUT-2"}


@pytest.mark.parametrize(("stored", "written"), [
    ('{"command": "ls"}', {"command": "ls"}), ("ls", {"raw": "ls"}), (["ls"], {"raw": ["ls"]}), (None, {}), ("", {}),
])
def test_input_that_is_no_object_becomes_one(stored: object, written: object) -> None:
    after = mend(with_input(input=stored)(), NEW).after
    assert json.dumps({"input": written})[1:-1] in sent(after)


def test_the_same_finding_names_line_message_and_sentence() -> None:
    found = only(judge(text_before_the_result(), NEW), "T005")
    assert found.outcome is Outcome.REFUSED
    assert (found.message_index, found.block_index) == (3, 0)
    assert (found.api_error or "").startswith("messages.3: `tool_use` ids were found without `tool_result` blocks")


def test_calls_that_are_summarised_are_nobodys_business() -> None:
    chat = unanswered()
    chat.add("system", None, parent=None, subtype="compact_boundary", content="Conversation compacted",
             logicalParentUuid=chat.records[-1]["uuid"], compactMetadata={"trigger": "manual", "preTokens": 9})
    del chat.records[-1]["message"]
    chat.user("This session is being continued. SUMMARY", isCompactSummary=True)
    rest(chat)
    assert codes(judge(chat, ROLE), "T") == []
    assert codes(judge(chat, NEW), "T") == []
