"""What OpenAI's Chat Completions API refuses, in its words, and what it takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.chat import call, result, text, thinking
from tools.media import image
from tools.requests import request_of
from tools.strategies import json_values
from unbrick import api
from unbrick.entry import BlockFlag
from unbrick.target import Target, Version

NAME = "x" * 201


def lint(messages: list[dict[str, Any]], strict: bool = False, name: str = "openai-chat") -> list[tuple[str, str]]:
    target = Target("messages", Version(()), "gpt-5", strict=strict, api=name)
    return [(violation.code, violation.text) for violation in api.lint(request_of(messages), target)]


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": [text(part) if isinstance(part, str) else part for part in content]}


def assistant(*content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": [text(part) if isinstance(part, str) else part for part in content]}


def system(*content: Any) -> dict[str, Any]:
    return {"role": "system", "content": [text(part) if isinstance(part, str) else part for part in content]}


UNANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The "
    "following tool_call_ids did not have response messages: {}"
)
STRAY = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
TYPES = "Supported values are: 'text', 'image_url', 'input_audio', 'refusal', 'audio', and 'file'."

REFUSED = [
    pytest.param(
        [user("a"), assistant(call("c1")), user("b")], [("T001", UNANSWERED.format("c1"))], id="a call is not answered"
    ),
    pytest.param(
        [user("a"), assistant(call("c1"), call("c2"), call("c3")), user(result("c2"))],
        [("T001", UNANSWERED.format("c1, c3"))] * 2, id="two of three calls are not answered: one sentence names both",
    ),
    pytest.param([user("a"), assistant(call("c1"))], [("T001", UNANSWERED.format("c1"))], id="a call at the end"),
    pytest.param([user("a"), user(result("c9"))], [("T002", STRAY)], id="a result without any call"),
    pytest.param(
        [user("a"), assistant(call("c1")), user(result("c1")), user(result("c9"))],
        [("T002", "Invalid parameter: 'tool_call_id' of 'c9' not found in 'tool_calls' of previous message.")],
        id="a result of a call that the message before does not hold",
    ),
    pytest.param(
        [user("a"), user(result("c1")), assistant(call("c1")), user("b")],
        [("T002", STRAY), ("T001", UNANSWERED.format("c1"))], id="a result before its call",
    ),
    pytest.param(
        [user("a"), assistant(call("c1")), user("b"), user(result("c1"))],
        [("T004", UNANSWERED.format("c1")), ("T004", STRAY)], id="a prompt between call and result",
    ),
    pytest.param(
        [user("a"), assistant(call("c1")), system("b"), user(result("c1"))],
        [("T004", UNANSWERED.format("c1")), ("T004", STRAY)], id="a system message between call and result",
    ),
    pytest.param(
        [user("a"), assistant(call("c1")), assistant("b"), user(result("c1"))],
        [("T004", UNANSWERED.format("c1")), ("T004", STRAY)], id="a reply between call and result",
    ),
    pytest.param(
        [user("a"), assistant(call("c1")), user(result("c1")), user(result("c1"))],
        [("T003", "Invalid parameter: Duplicate value for 'tool_call_id' of 'c1', in messages[2] and messages[3].")],
        id="two results of one call",
    ),
    pytest.param(
        [user("a"), assistant(result("c1"))], [("T005", f"Invalid value: 'tool_result'. {TYPES}")],
        id="a result of the assistant's",
    ),
    pytest.param(
        [user("a"), assistant(call("c1"), call("c1")), user(result("c1")), user(result("c1"))],
        [("T006", "Duplicate value for 'tool_call_id' of c1 in message[1]")], id="one id twice in a message",
    ),
    pytest.param(
        [user("a"), assistant(call(None))], [("T007", "Missing required parameter: 'messages[1].tool_calls[0].id'.")],
        id="a call without id",
    ),
    pytest.param(
        [user("a"), user(result(None))],
        [("T007", "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.")],
        id="a result without id",
    ),
    pytest.param(
        [user("a"), assistant("b", call("c1"), call("c2", "")), user(result("c1")), user(result("c2"))],
        [("T008", "Invalid 'messages[1].tool_calls[1].function.name': empty string. Expected a string with minimum "
                  "length 1, but got an empty string instead.")], id="an empty name of the second call",
    ),
    pytest.param(
        [user("a"), assistant(call("c1", NAME)), user(result("c1"))],
        [("T008", "Invalid 'messages[1].tool_calls[0].function.name': string too long. Expected a string with maximum "
                  "length 64, but got a string with length 201 instead.")], id="a long name",
    ),
    pytest.param(
        [user("a"), assistant(call("c1", 7)), user(result("c1"))],
        [("T008", "Invalid type for 'messages[1].tool_calls[0].function.name': expected a string, but got an integer "
                  "instead.")], id="a name that is a number",
    ),
    pytest.param(
        [user("a"), assistant(call("c1", given=[1])), user(result("c1"))],
        [("T009", "Invalid type for 'messages[1].tool_calls[0].function.arguments': expected a string, but got an "
                  "array instead.")], id="arguments that are a list",
    ),
    pytest.param(
        [user("a"), assistant({"type": "tool_use", "id": "c1", "name": "f"}), user(result("c1"))],
        [("T009", "Missing required parameter: 'messages[1].tool_calls[0].function.arguments'.")], id="no arguments",
    ),
    pytest.param(
        [user("a"), assistant(*(call(f"c{i}") for i in range(131))), *(user(result(f"c{i}")) for i in range(131))],
        [("C010", "Invalid 'messages[1].tool_calls': array too long. Expected an array with maximum length 128, but "
                  "got an array with length 131 instead.")], id="131 calls in one message",
    ),
    pytest.param(
        [user({"type": "zork"})], [("C009", f"Invalid value: 'zork'. {TYPES}")], id="a part of an unknown type"
    ),
    pytest.param(
        [user("a"), assistant(thinking(), "b")], [("C009", f"Invalid value: 'thinking'. {TYPES}")], id="thinking"
    ),
    pytest.param(
        [user("a", {"text": "b"})], [("C010", "Missing required parameter: 'messages[0].content[1].type'.")],
        id="a part without type",
    ),
    pytest.param(
        [user({"type": "text"})], [("C010", "Missing required parameter: 'messages[0].content[0].text'.")],
        id="text without text",
    ),
    pytest.param(
        [user("a"), assistant(image())],
        [("C011", "Invalid 'messages[1]'. Image URLs are only allowed for messages with role 'user', but this message "
                  "with role 'assistant' contains an image URL.")], id="an image of the assistant's",
    ),
    pytest.param(
        [user("a"), assistant(call("c1")), user(result("c1", [image()]))],
        [("C011", "Invalid 'messages[2]'. Image URLs are only allowed for messages with role 'user', but this message "
                  "with role 'tool' contains an image URL.")], id="an image in a result",
    ),
    pytest.param(
        [user(image("bm90IGFuIGltYWdl"))],
        [("C011", "You uploaded an unsupported image. Please make sure your image has of one the following formats: "
                  "['png', 'jpeg', 'gif', 'webp'].")], id="an image that is none",
    ),
    pytest.param(
        [user({"type": "image", "source": {"type": "url", "url": "cat.png"}})],
        [("C011", "Invalid image URL: 'messages[0].content[0].image_url.url'. Expected a base64-encoded data URL with "
                  "an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got a value without the "
                  "'data:' prefix.")], id="an address that is none",
    ),
]


@pytest.mark.parametrize(("messages", "expected"), REFUSED)
def test_what_the_api_refuses_is_named_in_its_own_words(
    messages: list[dict[str, Any]], expected: list[tuple[str, str]]
) -> None:
    assert lint(messages) == expected


ACCEPTED = [
    pytest.param([user("a"), assistant("b")], id="a plain conversation that ends with the assistant"),
    pytest.param([assistant("a"), user("b"), user("c")], id="the assistant first, neighbours of one role"),
    pytest.param([user("a"), system("b"), assistant("c"), system("d"), user("e")], id="system messages anywhere"),
    pytest.param([user(""), assistant(""), user(" "), assistant()], id="empty and blank texts, no parts at all"),
    pytest.param(
        [user("a"), assistant(call("c1"), call("c2")), user(result("c2")), user(result("c1"))], id="in any order",
    ),
    pytest.param([user("a"), assistant("b", call("c1")), user(result("c1", "")), user("c")], id="an empty result"),
    pytest.param([user("a"), assistant(call("functions.f:0")), user(result("functions.f:0"))], id="an id with a colon"),
    pytest.param(
        [user("a"), assistant(call("c1")), user(result("c1")), assistant(call("c1")), user(result("c1"))],
        id="an id used again in a later message",
    ),
    pytest.param([user("a"), assistant(call("c" * 51)), user(result("c" * 51))], id="an id of 51 characters"),
    pytest.param([user("a"), assistant(call("c1", given="{")), user(result("c1"))], id="arguments that are no JSON"),
    pytest.param([user(image())], id="an image of the user's"),
    pytest.param([user({"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}})], id="an address"),
    pytest.param([user({"type": "input_audio", "input_audio": {}}, {"type": "file", "file": {}})], id="audio, a file"),
]


@pytest.mark.parametrize("messages", ACCEPTED)
def test_what_the_api_accepts_is_left_alone(messages: list[dict[str, Any]]) -> None:
    assert lint(messages) == []


@pytest.mark.parametrize(("messages", "code", "sentence"), [
    pytest.param(
        [user("a"), assistant(call("c1", given='{"a": "')), user(result("c1"))], "T009",
        "Unterminated string starting at: line 1 column 7 (char 6)", id="arguments that break off",
    ),
    pytest.param(
        [user("a"), assistant(call("c1", given="[1]")), user(result("c1"))], "T009", "expected a JSON object",
        id="arguments that are a list in text",
    ),
    pytest.param(
        [user("a"), assistant(call("c1")), user(result("c1")), assistant(call("c1")), user(result("c1"))], "T006",
        "in message[3]", id="an id used again",
    ),
])
def test_strict_endpoints_refuse_more(messages: list[dict[str, Any]], code: str, sentence: str) -> None:
    assert lint(messages) == []
    found = lint(messages, strict=True)
    assert code in [one for one, _said in found]
    assert sentence in found[0][1]


def test_strict_endpoints_refuse_half_of_a_pair_of_surrogates() -> None:
    request = request_of([user("a\ud83d")])
    request.flags[0] |= BlockFlag.SURROGATE
    target = Target("messages", Version(()), "gpt-5", api="openai-chat")
    assert list(api.lint(request, target)) == []
    (violation,) = api.lint(request, replace(target, strict=True))
    assert violation.code == "J009"
    assert "messages[0].content: lone leading surrogate in hex escape" in violation.text


def test_strict_endpoints_keep_to_forty_characters_of_an_id() -> None:
    ref = "c" * 41
    found = lint([user("a"), assistant("b", call(ref)), user(result(ref))], strict=True)
    said = "string too long. Expected a string with maximum length 40, but got a string with length 41 instead."
    assert found == [
        ("T007", f"Invalid 'messages[1].tool_calls[0].id': {said}"),
        ("T007", f"Invalid 'messages[2].tool_call_id': {said}"),
    ]


messages_of_anything = st.lists(
    st.tuples(st.sampled_from(["user", "assistant", "system"]), st.lists(json_values, max_size=3)), max_size=4
)


@given(messages_of_anything)
def test_no_request_raises(messages: list[tuple[str, list[Any]]]) -> None:
    for name in api.CONTRACTS:
        for strict in (False, True):
            lint([{"role": role, "content": content} for role, content in messages], strict, name)


RESPONSES = [
    pytest.param(
        [user("a"), assistant(call("c1")), user("b")], [("T001", "No tool output found for function call c1.")],
        id="a call without output",
    ),
    pytest.param(
        [user("a"), user(result("c9"))], [("T002", "No tool call found for function call output with call_id c9.")],
        id="an output without call",
    ),
    pytest.param(
        [user("a"), user(result("c1")), assistant(call("c1"))],
        [("T002", "No tool call found for function call output with call_id c1.")], id="an output before its call",
    ),
    pytest.param([user("a"), assistant(call("c1")), user("b"), user(result("c1"))], [], id="an output that comes late"),
    pytest.param([user(""), assistant(), user("c")], [], id="empty messages"),
    pytest.param(
        [user("a"), assistant("b", call("c" * 65)), user(result("c" * 65))],
        [("T007", "Invalid 'input[2].call_id': string too long. Expected a string with maximum length 64, but got a "
                  "string with length 65 instead."),
         ("T007", "Invalid 'input[3].call_id': string too long. Expected a string with maximum length 64, but got a "
                  "string with length 65 instead.")], id="a long id, by item of the input",
    ),
    pytest.param(
        [user("a"), assistant("b", call("c1", "")), user(result("c1"))],
        [("T008", "Invalid 'input[2].name': empty string. Expected a string with minimum length 1, but got an empty "
                  "string instead.")], id="an empty name",
    ),
]


@pytest.mark.parametrize(("messages", "expected"), RESPONSES)
def test_the_responses_api_pairs_calls_and_outputs_wherever_they_stand(
    messages: list[dict[str, Any]], expected: list[tuple[str, str]]
) -> None:
    assert lint(messages, name="openai-responses") == expected


def test_strict_responses_endpoints_want_one_output_for_each_call() -> None:
    messages = [user("a"), assistant(call("c1")), user(result("c1")), user(result("c1"))]
    assert lint(messages, name="openai-responses") == []
    ((code, sentence),) = lint(messages, strict=True, name="openai-responses")
    assert code == "T003"
    assert sentence.startswith("Duplicate function_call_output for call_id 'c1'.")
