from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.chat import call, result, text, thinking
from tools.media import image
from tools.requests import request_of
from tools.strategies import json_values
from unbrick import api, models
from unbrick.target import Target, Version

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "claude_code"
MODEL = "claude-opus-4-7"


def lint(messages: list[dict[str, Any]], model: str = MODEL, **more: Any) -> list[tuple[str, str]]:
    complete = more.pop("complete", False)
    target = Target("claude-code", Version.parse("2.1.139"), model, **more)
    return [(v.code, v.text) for v in api.lint(request_of(messages), target, complete)]


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content[0] if len(content) == 1 and isinstance(content[0], str) else [*content]}


def assistant(*content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": [text(c) if isinstance(c, str) else c for c in content]}


def system(*content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "system", "content": [text(c) if isinstance(c, str) else c for c in content], **more}


SIGNED = {"signature": "EqRk"}
R1 = (
    "messages.{}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block "
    "must have a corresponding `tool_result` block in the next message."
)
R2 = (
    "messages.{}.content.{}: unexpected `tool_use_id` found in `tool_result` blocks: {}. Each `tool_result` block must "
    "have a corresponding `tool_use` block in the previous message."
)
PATTERN = "String should match pattern '^[a-zA-Z0-9_-]+$'"

REFUSED = [
    pytest.param(
        [user("a"), assistant(call("t1")), user("b")], [("T001", R1.format(1, "t1"))], id="a call is not answered"
    ),
    pytest.param(
        [user("a"), assistant(call("t1"), call("t2"), call("t3")), user(result("t2"))],
        [("T001", R1.format(1, "t1, t3")), ("T001", R1.format(1, "t1, t3"))],
        id="two of three parallel calls are not answered: one sentence names both",
    ),
    pytest.param([user("a"), assistant(call("t1"))], [("T001", R1.format(1, "t1"))], id="a call at the end"),
    pytest.param(
        [user("a"), assistant(call("t1")), user("b"), assistant("c"), user(result("t1"))],
        [("T004", R1.format(1, "t1")), ("T004", R2.format(4, 0, "t1"))], id="a result two turns late",
    ),
    pytest.param(
        [user("a"), assistant(call("t1")), user(text("first"), result("t1"))], [("T005", R1.format(1, "t1"))],
        id="text before the result in one record",
    ),
    pytest.param(
        [user("a"), assistant(call("t1")), user("b"), user(result("t1"))], [("T004", R1.format(1, "t1"))],
        id="a message of its own before the result",
    ),
    pytest.param(
        [user("a"), user(result("t9"))], [("T002", R2.format(1, 0, "t9"))], id="a result whose call is nowhere"
    ),
    pytest.param(
        [user("a"), assistant(call("t1")), user(result("t1"), result("t1"))],
        [("T003", "messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks "
                  "with id: t1")], id="two results in one message",
    ),
    pytest.param(
        [user("a"), assistant(call("t1")), user(result("t1")), assistant(call("t1")), user(result("t1"))],
        [("T006", "messages.3.content.0: `tool_use` ids must be unique"), ("T004", R2.format(4, 0, "t1"))],
        id="an id used twice",
    ),
    pytest.param(
        [user("a"), assistant("x", result("t1"))],
        [("T005", "messages.1: `tool_result` blocks can only be in `user` messages")], id="a result of the assistant's",
    ),
    pytest.param(
        [user("a"), assistant(call("Bash:1")), user(result("Bash:1"))],
        [("T007", f"messages.1.content.0.tool_use.id: {PATTERN}"),
         ("T007", f"messages.2.content.0.tool_result.tool_use_id: {PATTERN}")], id="an id with a colon",
    ),
    pytest.param(
        [user("a"), assistant(call("t1", "x" * 201)), user(result("t1"))],
        [("T008", "messages.1.content.0.tool_use.name: String should have at most 200 characters")], id="a long name",
    ),
    pytest.param(
        [user("a"), assistant(call("t1", "")), user(result("t1"))],
        [("T008", "messages.1.content.0.tool_use.name: String should have at least 1 character")], id="an empty name",
    ),
    pytest.param(
        [user("a"), assistant(call("t1", given="ls")), user(result("t1"))],
        [("T009", "messages.1.content.0.tool_use.input: Input should be a valid dictionary")], id="input is text",
    ),
    pytest.param(
        [user("a"), assistant({"type": "tool_use", "id": "t1", "name": "Bash"}), user(result("t1"))],
        [("T009", "messages.1.content.0.tool_use.input: Field required")], id="no input",
    ),
    pytest.param(
        [user("a"), assistant("x", "")], [("C001", "messages: text content blocks must be non-empty")], id="empty text"
    ),
    pytest.param(
        [user(text("", cache_control={"type": "ephemeral"}))],
        [("C001", "messages.0.content.0.text: cache_control cannot be set for empty text blocks"),
         ("C001", "messages: text content blocks must be non-empty")], id="empty text marked for the cache",
    ),
    pytest.param(
        [user("a"), assistant(" \n")], [("C002", "messages: text content blocks must contain non-whitespace text")],
        id="blank text",
    ),
    pytest.param(
        [user("")],
        [("C003", "messages.0: all messages must have non-empty content except for the optional final assistant "
                  "message")], id="an empty string",
    ),
    pytest.param(
        [user("a"), assistant(), user("b")],
        [("C003", "messages.1: all messages must have non-empty content except for the optional final assistant "
                  "message")], id="no blocks",
    ),
    pytest.param(
        [user("a"), assistant(thinking(**SIGNED)), user("b")],
        [("C003", "messages.1: The final block in an assistant message cannot be `thinking`.")], id="only thinking",
    ),
    pytest.param(
        [user("a"), assistant(thinking(), "b")],
        [("C007", "messages.1.content.0.thinking.signature: Field required")], id="thinking without signature",
    ),
    pytest.param(
        [user("a"), assistant(thinking(signature=""), "b")],
        [("C007", "messages.1.content.0: Invalid `signature` in `thinking` block")], id="an empty signature",
    ),
    pytest.param(
        [user("a"), assistant({"type": "redacted_thinking"}, "b")],
        [("C007", "messages.1.content.0.redacted_thinking.data: Field required")], id="redacted thinking without data",
    ),
    pytest.param(
        [user(text("a", parsed_output=None))],
        [("C009", "messages.0.content.0.text.parsed_output: Extra inputs are not permitted")], id="an unknown member",
    ),
    pytest.param(
        [user({"type": "text"})], [("C010", "messages.0.content.0.text.text: Field required")], id="text without text"
    ),
]


@pytest.mark.parametrize(("messages", "expected"), REFUSED)
def test_what_the_api_refuses_is_named_in_its_own_words(
    messages: list[dict[str, Any]], expected: list[tuple[str, str]]
) -> None:
    assert lint(messages) == expected


ACCEPTED = [
    pytest.param([user("a"), assistant("b")], id="a plain conversation"),
    pytest.param([user("a"), user("b"), assistant("c"), assistant("d")], id="neighbours of one role are joined"),
    pytest.param([assistant("a"), user("b")], id="the first message is the assistant's"),
    pytest.param(
        [user("a"), assistant(call("t1"), call("t2")), user(result("t1")), user(result("t2"))],
        id="results in two neighbouring messages",
    ),
    pytest.param([user("a"), assistant(call("t1")), user(result("t1"), text("b"))], id="text behind the result"),
    pytest.param([user("a"), assistant(call("t1"), "b"), user(result("t1"))], id="text behind the call"),
    pytest.param([user("a"), assistant(call("t1")), user(result("t1", ""))], id="an empty result"),
    pytest.param(
        [user("a"), assistant(call("t1")), user({"type": "tool_result", "tool_use_id": "t1"})], id="no content at all"
    ),
    pytest.param([user("a"), assistant(thinking("", **SIGNED), "b")], id="hidden thinking with a signature"),
    pytest.param([user("a"), assistant(call("t1", caller={"type": "x"})), user(result("t1"))], id="client members"),
    pytest.param([user(image())], id="an image"),
    pytest.param([user({"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}})], id="a url image"),
    pytest.param([user("a"), assistant(text("b", citations=None))], id="a null member that the type knows"),
]


@pytest.mark.parametrize("messages", ACCEPTED)
def test_what_the_api_accepts_is_left_alone(messages: list[dict[str, Any]]) -> None:
    assert lint(messages) == []


UNKNOWN = (
    "messages.0.content.0: Input tag 'zork' found using 'type' does not match any of the expected tags: "
    "'advisor_tool_result', 'bash_code_execution_tool_result',"
)


def test_an_unknown_block_type_is_answered_with_the_list_of_known_ones() -> None:
    ((code, sentence),) = lint([user({"type": "zork"})])
    assert code == "C009"
    assert sentence.startswith(UNKNOWN)


SERVER = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}


@pytest.mark.parametrize(("messages", "expected"), [
    pytest.param([user("a"), assistant(SERVER, FOUND, "b"), user("c")], [], id="use and result in one turn"),
    pytest.param([user("a"), assistant(SERVER), assistant(FOUND), user("c")], [], id="in two joined messages"),
    pytest.param([user("a"), assistant(SERVER)], [], id="still under way"),
    pytest.param([user("a"), assistant(FOUND, "b")], ["T010"], id="a result without its use"),
    pytest.param([user("a"), assistant("b", SERVER), user("c"), assistant("d")], ["T010"], id="a use without result"),
    pytest.param([user("a"), assistant(SERVER), user("c"), assistant(FOUND)], ["T010", "T010"], id="a user in between"),
])
def test_tools_of_the_api_itself_pair_inside_the_turn(messages: list[dict[str, Any]], expected: list[str]) -> None:
    assert [code for code, _text in lint(messages)] == expected


@pytest.mark.parametrize(("messages", "expected"), [
    pytest.param([user("a"), system("s"), assistant("b")], None, id="between user and assistant"),
    pytest.param([user("a"), system("s")], None, id="at the end"),
    pytest.param([user("a"), system("s"), system("t"), assistant("b")], None, id="a run counts as one"),
    pytest.param([user("a"), assistant("b"), system(), user("c")], None, id="a directive stands anywhere"),
    pytest.param([system("s"), user("a")], "messages.0: use the top-level 'system' parameter", id="first"),
    pytest.param([user("a"), system("s"), user("b")], "messages.1: role 'system' must precede", id="before a user"),
    pytest.param([user("a"), assistant("b"), system("s")], "messages.2: role 'system' must follow", id="last"),
])
def test_where_a_system_turn_may_stand(messages: list[dict[str, Any]], expected: str | None) -> None:
    found = lint(messages, "claude-opus-5-5")
    assert [code for code, _text in found] == ([] if expected is None else ["C006"])
    assert expected is None or found[0][1].startswith(expected)


@pytest.mark.parametrize(("model", "expected"), [
    ("claude-opus-4-7", ["C005"]), ("claude-sonnet-4-5-20250929", ["C005"]), ("claude-3-5-haiku-20241022", ["C005"]),
    ("claude-haiku-4-5-20251001", ["C005"]), ("claude-opus-4-8", []), ("claude-opus-5", []), ("claude-fable-5-1", []),
    ("claude-sonnet-5", []), ("claude-sonnet-5-5", []), ("some-other-model", []),
])
def test_which_models_take_system_turns(model: str, expected: list[str]) -> None:
    found = lint([user("a"), system("s"), assistant("b")], model)
    assert [code for code, _text in found] == expected
    assert all(sentence == "role 'system' is not supported on this model" for _code, sentence in found)


def test_a_call_and_its_result_are_not_parted_by_a_system_turn() -> None:
    messages = [user("a"), assistant(call("t1")), system("s"), user(result("t1"))]
    assert "T004" in [code for code, _text in lint(messages, "claude-opus-5-5")]
    messages[2] = system(output_config={"effort": "high"})
    assert lint(messages, "claude-opus-5-5") == []


@pytest.mark.parametrize(("messages", "expected"), [
    pytest.param([user("a"), assistant("b"), user("c")], [], id="taking turns"),
    pytest.param([user("a"), user("b")], ['found multiple "user" roles in a row'], id="two users"),
    pytest.param([assistant("a"), user("b")], ['first message must use the "user" role'], id="the assistant first"),
    pytest.param(
        [user("a"), assistant(call("t1"), call("t2")), user(result("t1")), user(result("t2"))],
        ["ids were found without", 'found multiple "user" roles', "unexpected `tool_use_id`"], id="results apart",
    ),
    pytest.param(
        [user("a"), assistant(call("t1")), user(result("t1", [text("")]))], ["must be non-empty"], id="empty inside"
    ),
])
def test_strict_readers_join_nothing(messages: list[dict[str, Any]], expected: list[str]) -> None:
    found = lint(messages, strict=True)
    assert len(found) == len(expected), found
    assert all(part in sentence for part, (_code, sentence) in zip(expected, found, strict=True))


@pytest.mark.parametrize(("messages", "model", "expected"), [
    pytest.param([user("a"), assistant("b")], "claude-opus-4-7", ["C004"], id="newer models take no beginning"),
    pytest.param([user("a"), assistant("b")], "claude-sonnet-4-5", [], id="older ones do"),
    pytest.param([user("a"), assistant("b ")], "claude-sonnet-4-5", ["C004"], id="but not one that ends in a space"),
    pytest.param([user("a"), assistant()], "claude-sonnet-4-5", [], id="the last one may be empty"),
])
def test_the_end_is_judged_when_no_prompt_follows(
    messages: list[dict[str, Any]], model: str, expected: list[str]
) -> None:
    assert [code for code, _text in lint(messages, model, complete=True)] == expected


messages_of_anything = st.lists(
    st.tuples(st.sampled_from(["user", "assistant", "system"]), st.lists(json_values, max_size=3)), max_size=4
)


@given(messages_of_anything)
def test_no_request_raises(messages: list[tuple[str, list[Any]]]) -> None:
    for strict in (False, True):
        lint([{"role": role, "content": content} for role, content in messages], strict=strict, complete=strict)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus of real sessions beside the checkout")
def test_what_real_clients_sent_and_got_accepted_breaks_no_rule() -> None:
    seen = 0
    for path in sorted(CORPUS.glob("*/*/next-*.json")):
        sent = json.loads(path.read_text())
        if sent.get("accepted") and sent.get("messages"):
            seen += 1
            assert lint(sent["messages"], sent["model"], complete=True) == [], path
    assert seen >= 57


def test_tokens_are_estimated_by_kind() -> None:
    messages = [user("x" * 4000), assistant(thinking("y" * 4000, **SIGNED), call("t1", given={"a": "z" * 320})),
                user(result("t1", "w" * 3600)), user(image("A" * 50_000))]
    count = api.estimate(request_of(messages))
    assert 1000 + 100 + 1000 + 1600 < count < 1000 + 100 + 1000 + 1600 + 200


@pytest.mark.parametrize(("model", "family", "window", "binds", "prefills"), [
    ("claude-opus-4-7", ("opus", (4, 7)), 1_000_000, False, False),
    ("claude-opus-4-7[1m]", ("opus", (4, 7)), 1_000_000, False, False),
    ("claude-sonnet-4-20250514", ("sonnet", (4, 0)), 200_000, False, True),
    ("claude-sonnet-4-20250514[1m]", ("sonnet", (4, 0)), 1_000_000, False, True),
    ("claude-sonnet-4-5-20250929", ("sonnet", (4, 5)), 200_000, False, True),
    ("claude-3-5-haiku-20241022", ("haiku", (3, 5)), 200_000, False, True),
    ("claude-opus-5-5", ("opus", (5, 5)), 1_000_000, True, False),
    ("claude-fable-5", ("fable", (5, 0)), 1_000_000, False, False),
    ("claude-fable-5-1", ("fable", (5, 1)), 1_000_000, True, False),
    ("anthropic.claude-opus-4-1-20250805-v1:0", ("opus", (4, 1)), 200_000, False, True),
    ("glm-4.6", None, 200_000, False, False),
    ("gpt-4o-2024-08-06", None, 128_000, False, False),
    ("openai/gpt-4.1-mini", None, 1_047_576, False, False),
    ("gpt-5", None, 272_000, False, False),
    ("gpt-5.2-codex", None, 272_000, False, False),
    ("gpt-5.6", None, 200_000, False, False),
    ("o3-mini", None, 200_000, False, False),
    ("o1-preview", None, 128_000, False, False),
    ("gpt-4", None, 8_192, False, False),
    (None, None, 200_000, False, False),
])
def test_models_are_told_by_their_ids(
    model: str | None, family: tuple[str, tuple[int, int]] | None, window: int, binds: bool, prefills: bool
) -> None:
    assert models.family(model) == family
    assert models.window(model) == window
    assert models.binds_thinking(model) is binds
    assert models.prefills(model) is prefills
