"""The sentences that people paste lead to the rule that explains them (verbatim from public reports)."""

from __future__ import annotations

import pytest

from unbrick.rules import BY_CODE
from unbrick.why import codes_of

INPUT_TAG = (
    "messages.3.content.1: Input tag 'fallback' found using 'type' does not match any of the expected tags: "
    "'advisor_tool_result', 'document'"
)
BOUND = (
    "messages.5.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation. "
    'Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
)
BEFORE = "Each `advisor_tool_result` block must have a corresponding `server_tool_use` block before it."


@pytest.mark.parametrize(("sentence", "code"), [
    ("messages.135: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_01RF.", "T001"),
    ("messages.44.content.1: unexpected `tool_use_id` found in `tool_result` blocks: toolu_01.", "T002"),
    (f"messages.11.content.0: unexpected `tool_use_id` found in `advisor_tool_result` blocks: srvtoolu_1. {BEFORE}",
     "T010"),
    ("messages.3: `web_search` tool use with id `srvtoolu_1` was found without a corresponding "
     "`web_search_tool_result` block", "T010"),
    ("messages.4.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks with id: x",
     "T003"),
    ("messages.1.content.1: `tool_use` ids must be unique", "T006"),
    ("messages.3.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'", "T007"),
    ("messages.3.content.0.server_tool_use.id: String should match pattern '^srvtoolu_[a-zA-Z0-9_]+$'", "T011"),
    ("Tool reference 'mcp__db__query' not found in available tools", "T012"),
    ("messages.3.content.0.tool_use.name: String should have at most 200 characters", "T008"),
    ("messages.3.content.0.tool_use.input: Input should be a valid dictionary", "T009"),
    ("messages.3.content.0.tool_use.input: Field required", "T009"),
    ("messages: text content blocks must be non-empty", "C001"),
    ("messages.3.content.3.text: cache_control cannot be set for empty text blocks", "C001"),
    ("messages: text content blocks must contain non-whitespace text", "C002"),
    ("messages.2: all messages must have non-empty content except for the optional final assistant message", "C003"),
    ('messages: roles must alternate between "user" and "assistant", but found multiple "user" roles in a row', "C004"),
    ('messages: first message must use the "user" role', "C004"),
    ("This model does not support assistant message prefill. The conversation must end with a user message.", "C004"),
    ("API Error: 400 role 'system' is not supported on this model", "C005"),
    ("messages.67: role 'system' must precede an 'assistant' message or end the array", "C006"),
    ("messages.0: use the top-level 'system' parameter for the initial system prompt", "C006"),
    ("messages.1.content.0: Invalid `signature` in `thinking` block", "C007"),
    ("messages.1.content.0.thinking.signature: Field required", "C007"),
    ("messages.1.content.0.redacted_thinking.data: Field required", "C007"),
    ("messages.215.content.0.thinking: each thinking block must contain thinking", "C007"),
    ("`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.", "C016"),
    ("messages.11.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`.", "C017"),
    (BOUND, "C018"),
    (INPUT_TAG, "C019"),
    (INPUT_TAG.replace("fallback", "output_text"), "C009"),
    ("A maximum of 4 blocks with cache_control may be provided. Found 5.", "C020"),
    ("Advisor tool result content could not be processed", "C021"),
    ("messages.27.content.1.text.parsed_output: Extra inputs are not permitted", "C009"),
    ("messages.1.content.0.thinking.cache_control: Extra inputs are not permitted", "C009"),
    ("undefined is not an object (evaluating 'a.message.content')", "C010"),
    ("Could not process image", "C011"),
    ("messages.41.content.31.image.source.base64.data: At least one of the image dimensions exceed max allowed size "
     "for many-image requests: 2000 pixels", "C012"),
    ("messages.3.content.0.image.source.base64: image exceeds 5 MB maximum: 7 bytes > 5242880 bytes", "C015"),
    ("messages.3.content.0.image.source.base64.media_type: Field required", "C011"),
    ("An image in the conversation exceeds the dimension limit for many-image requests (2000px).", "C012"),
    ("Image base64 size (12.9MB) exceeds API limit (5MB). Please resize the image before sending.", "C015"),
    ("9 images exceed the API limit (5MB): Image 1: 5MB, Image 2: 5MB", "C015"),
    ("Too much media: 0 document pages + 103 images > 100", "C013"),
    ("too many images and documents: 104 + 1 > 100", "C013"),
    ("messages.28.content.0.pdf.source.base64.data: The PDF specified was not valid.", "C014"),
    ("A maximum of 100 PDF pages may be provided.", "C014"),
    ("PDF too large. Please double press esc to edit your message and try again.", "C014"),
    ("The request body is not valid JSON: no low surrogate in string: line 1 column 217026 (char 217025)", "J009"),
    ("JSON Parse error: Expected ':' before value in object property definition", "J002"),
])
def test_a_pasted_sentence_leads_to_its_rule(sentence: str, code: str) -> None:
    found = [one for one in codes_of(sentence) if one[0] != "E"]
    assert found[0] == code, found


def test_the_clients_umbrella_sentence_leads_to_all_tool_rules() -> None:
    found = codes_of("API Error: 400 due to tool use concurrency issues. Run /rewind to recover the conversation.")
    assert {one for one in found if one[0] == "T"} == {one for one in BY_CODE if one[0] == "T"}
