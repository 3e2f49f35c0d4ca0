"""Thinking, the API's own tools, and marks of features."""

from __future__ import annotations

import copy

from sample_sessions.making import (
    LONG,
    LONG_NEW,
    NEW,
    OLD,
    Item,
    Json,
    Judged,
    after,
    blocks,
    both,
    calls,
    fresh,
    prompt,
    result,
    sample,
    says,
)

CHANGED = (
    "messages.{}.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. "
    "These blocks must remain as they were in the original response."
)
BOUND = (
    "messages.{}.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation. "
    'Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
)
FIRST = (
    "messages.{}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is "
    "enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` "
    "and `tool_result` blocks)."
)
SEALED = "Advisor tool result content could not be processed"
SEARCH: Json = {
    "type": "server_tool_use", "id": "srvtoolu_01A7h2", "name": "web_search",
    "input": {"query": "python threading lock check then set"},
}
FOUND: Json = {"type": "web_search_tool_result", "tool_use_id": SEARCH["id"], "content": [{
    "type": "web_search_result", "title": "threading: Lock objects", "url": "https://docs.python.org/3/library/threading",
    "encrypted_content": "EqgfCioIARgBIiQ3YTAwMjY1", "page_age": None,
}]}
ADVISED: Json = {"type": "server_tool_use", "id": "srvtoolu_01B2kq", "name": "advisor", "input": {}}
ADVICE: Json = {"type": "advisor_tool_result", "tool_use_id": ADVISED["id"], "content": {
    "type": "advisor_result", "text": "One lock around the check and the write.",
}}


def error(r: list[Json], sentence: str) -> list[Item]:
    """The session up to its last record, and the refusal of the prompt behind it, as the client writes it."""
    end = next(x for x in reversed(r) if x["type"] in ("user", "assistant"))
    record = {
        **{key: end[key] for key in ("isSidechain", "userType", "entrypoint", "cwd", "sessionId", "version", "gitBranch")
           if key in end},
        "parentUuid": end["uuid"], "type": "assistant", "uuid": fresh(900), "timestamp": after(r, 1),
        "message": {
            "id": fresh(901), "container": None, "model": "<synthetic>", "role": "assistant",
            "stop_reason": "stop_sequence", "stop_sequence": "", "type": "message",
            "usage": {"input_tokens": 0, "output_tokens": 0}, "content": [
                {"type": "text", "text": f"API Error: 400 {sentence}"}],
        },
        "error": "invalid_request", "isApiErrorMessage": True, "apiErrorStatus": 400,
    }
    return [*r, record]


def thought(r: list[Json], words: str) -> int:
    """Index of the record of thinking that holds some words."""
    return next(i for i, x in enumerate(r) if any(words in b.get("thinking", "") for b in blocks(x)))


def in_front(r: list[Json], words: str, *parts: Json | str) -> list[Item]:
    """Further records of the reply that says some words, in front of it: a block each, or a prompt that intrudes."""
    at = says(r, words)
    reply, parent = r[at], r[at]["parentUuid"]
    new: list[Json] = []
    for number, part in enumerate(parts):
        record = copy.deepcopy(reply)
        if isinstance(part, str):
            record = {**record, "type": "user", "isMeta": True, "message": {"role": "user", "content": part}}
        else:
            record["message"]["content"] = [copy.deepcopy(part)]
        record.update(uuid=fresh(910 + number), parentUuid=parent)
        parent = record["uuid"]
        new.append(record)
    reply["parentUuid"] = parent
    return [*r[:at], *new, *r[at:]]


@sample(
    "modified-thinking", LONG, "A07, anthropics/claude-code#63147",
    Judged(OLD, "refused", "cannot be modified", codes=("C016",)),
    Judged(NEW, "healed", "cannot be modified", codes=("C016",)),
    refuses=("Where to put it", CHANGED.format(83)), delta=-29,
)
def modified_thinking(r: list[Json]) -> list[Item]:
    """The API refused the thinking of the turn that was going on, and so it does with every prompt."""
    call = next(i for i in range(thought(r, "Where to put it"), len(r)) if any(b["type"] == "tool_use" for b in blocks(r[i])))
    return error(r[: result(r, call) + 1], CHANGED.format(83))


@sample(
    "thinking-not-first", LONG, "A10, anthropics/claude-code#20727",
    Judged(OLD, model="claude-sonnet-4-5-20250929"),
    Judged(NEW, codes=("C017",), model="claude-sonnet-4-5-20250929"), delta=-4,
)
def thinking_not_first(r: list[Json]) -> list[Item]:
    """The model was switched in the middle of a turn, to one that wants the turn to begin with thinking."""
    start = prompt(r, "Validate it")
    first = next(i for i in range(start, len(r)) if any(b["type"] == "tool_result" for b in blocks(r[i])))
    return error(r[: first + 1], FIRST.format(105))


@sample(
    "bound-thinking", LONG_NEW, "A09, anomalyco/opencode#48637",
    Judged(OLD, "refused", "bound to a different conversation", codes=("C018",)),
    Judged(NEW, "healed", "bound to a different conversation", codes=("C018",)),
    refuses=("Both confirmed", BOUND.format(48)),
)
def bound_thinking(r: list[Json]) -> list[Item]:
    """Somebody changed a prompt by hand; the model binds its thinking to what stood before it."""
    r[prompt(r, "Two requests")]["message"]["content"] += " I ran them myself."
    return error(r, BOUND.format(48))


@sample(
    "edit-before-thinking", LONG_NEW, "A09, tool_input_string",
    *both("refused", "T009", error="valid dictionary"), refuses=("a race under threads", BOUND.format(66)), delta=-1,
    options=("--lossy",),
)
def edit_before_thinking(r: list[Json]) -> list[Item]:
    """The input of an early call is a string; mending it changes what the model bound its later thinking to."""
    block = blocks(r[calls(r, "Run the tests for the retry")])[0]
    block["input"] = str(block["input"])
    return [*r]


@sample(
    "foreign-thinking", LONG, "A08, anthropics/claude-code#66204",
    Judged(OLD, "refused", "Invalid `signature`", codes=("C008",)), Judged(NEW),
    refuses=("floats are the wrong tool", "messages.15.content.0: Invalid `signature` in `thinking` block"),
)
def foreign_thinking(r: list[Json]) -> list[Item]:
    """One reply came from another maker's model behind a gateway, with thinking that it signed itself."""
    ref = r[thought(r, "floats are the wrong tool")]["message"]["id"]
    for record in r:
        if record["type"] == "assistant" and record["message"]["id"] == ref:
            record["message"]["model"] = "glm-4.6"
    return [*r]


@sample(
    "parted-search", LONG, "A21, anthropics/claude-code#63507", *both("refused", "T010", error="unexpected `tool_use_id`"),
    delta=3,
)
def parted_search(r: list[Json]) -> list[Item]:
    """A reminder was written between a search that the API ran and what it found."""
    return in_front(r, "One order from twenty", SEARCH, "<system-reminder>The session was renamed.</system-reminder>", FOUND)


@sample(
    "search-on-two-branches", LONG, "A21, anthropics/claude-code#60523",
    *both("refused", "T010", error="unexpected `tool_use_id`"), delta=2,
)
def search_on_two_branches(r: list[Json]) -> list[Item]:
    """What a search of the API's found hangs beside the search, not behind it."""
    records = in_front(r, "One order from twenty", SEARCH, FOUND)
    use, found = (next(x for x in records if isinstance(x, dict) and x.get("uuid") == fresh(910 + n)) for n in (0, 1))
    found["parentUuid"] = use["parentUuid"]
    return records


@sample("foreign-search", LONG, "A20", *both("refused", "T011", error="should match pattern"), delta=2)
def foreign_search(r: list[Json]) -> list[Item]:
    """Another maker's endpoint ran a search under an id of its own."""
    ref = "call_8f21"
    return in_front(r, "One order from twenty", {**SEARCH, "id": ref}, {**FOUND, "tool_use_id": ref})


@sample(
    "unreadable-advice", LONG, "A21, anthropics/claude-code#49994", *both("accepted", "C021"),
    Judged("2.1.112", "refused", "could not be processed", codes=("C021",)), delta=2,
)
def unreadable_advice(r: list[Json]) -> list[Item]:
    """The API could not open an advisor's answer any more, and refused every prompt."""
    records = [x for x in in_front(r, "One order from twenty", ADVISED, ADVICE) if isinstance(x, dict)]
    end = max(i for i, x in enumerate(records) if x["type"] == "assistant")
    return error(records[: end + 1], SEALED)


@sample(
    "unresolved-reference", LONG, "A22, tool_reference", *both("accepted"),
    Judged("2.0.14", "refused", "not found in available tools", None, codes=("T012",)),
)
def unresolved_reference(r: list[Json]) -> list[Item]:
    """A search for tools found one of a server that is gone."""
    found = [{"type": "tool_reference", "tool_name": "mcp__tracker__list"}]
    blocks(r[result(r, calls(r, "Run the tests for the retry"))])[0]["content"] = found
    return [*r]


@sample(
    "fallback-block", LONG, "A30, anthropics/claude-code#66760",
    Judged(OLD, "refused", "Input tag 'fallback'", codes=("C019",)), Judged(NEW, codes=("C019",)),
)
def fallback_block(r: list[Json]) -> list[Item]:
    """Another model took over in the middle of a reply, and the feature that marks it is off by now."""
    mark = {"type": "fallback", "from": {"model": "claude-fable-5-1"}, "to": {"model": "claude-opus-4-7"}}
    return in_front(r, "One order from twenty", mark)


@sample("cache-marks", LONG, "A28", *both("refused", "C020", error="A maximum of 4 blocks with cache_control"))
def cache_marks(r: list[Json]) -> list[Item]:
    """A request was turned into a transcript together with its marks for the cache."""
    texts = [block for record in r if record["type"] == "assistant" for block in blocks(record) if block["type"] == "text"]
    for block in texts[:3]:
        block["cache_control"] = {"type": "ephemeral"}
    return [*r]
