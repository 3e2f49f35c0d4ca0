"""Tools."""

from __future__ import annotations

import copy
import json

from sample_sessions.making import (
    LONG,
    NEW,
    OLD,
    Item,
    Json,
    Judged,
    blocks,
    both,
    calls,
    child,
    fresh,
    relink,
    result,
    sample,
    says,
)


@sample("crash-mid-tool", LONG, "orphan_end_single", Judged(OLD, codes=("T001",)), Judged(NEW, codes=("T001",)), delta=-2)
def crash_mid_tool(r: list[Json]) -> list[Item]:
    """The client died while a command ran: the last call has no result."""
    return [*r[: calls(r, "Try a coupon of 100%") + 1]]


@sample("unanswered-call-in-the-middle", LONG, "orphan_mid", *both("accepted", "T001"))
def unanswered_in_the_middle(r: list[Json]) -> list[Item]:
    """The result of a call in the middle is gone: every client drops the call without a word."""
    gone = result(r, calls(r, "Run the tests for the retry"))
    relink(r, gone)
    return [*r[:gone], *r[gone + 1 :]]


@sample("partial-parallel-results", LONG, "partial_parallel", *both("accepted", "T001"))
def partial_parallel(r: list[Json]) -> list[Item]:
    """One of three parallel calls has no result."""
    gone = result(r, calls(r, "Send the same order twice"))
    return [*r[:gone], *r[gone + 1 :]]


@sample("orphaned-result", LONG, "orphan_result", *both("accepted", "T002", lost=None), Judged("2.0.76", "refused", "unexpected `tool_use_id`", None, codes=("T002",)), delta=-2)
def orphaned_result(r: list[Json]) -> list[Item]:
    """The record of a call is gone and its result is still there."""
    gone = calls(r, "Run the tests for the retry")
    relink(r, gone)
    return [*r[:gone], *r[gone + 1 :]]


@sample("duplicated-results", LONG, "dup_result_chain", *both("accepted", "T003"), Judged("2.1.70", "refused", "single result", None, codes=("T003",)))
def duplicated_results(r: list[Json]) -> list[Item]:
    """A call in the middle has two results, one behind the other."""
    at = result(r, calls(r, "Run the tests for the retry"))
    again = copy.deepcopy(r[at])
    again.update(uuid=fresh(8), parentUuid=r[at]["uuid"])
    r[child(r, at)]["parentUuid"] = fresh(8)
    return [*r[: at + 1], again, *r[at + 1 :]]


@sample("late-result", LONG, "result_far", *both("accepted", "T004"), Judged("2.0.76", "refused", "without `tool_result`", None, codes=("T004",)))
def late_result(r: list[Json]) -> list[Item]:
    """The result of a call stands two turns behind it."""
    at = result(r, calls(r, "Run the tests for the retry"))
    relink(r, at)
    late, end = r[at], says(r, "An unknown order now answers 404")
    follower = child(r, end)
    r[follower]["parentUuid"] = late["uuid"]
    late.update(parentUuid=r[end]["uuid"], timestamp=r[end]["timestamp"])
    return [*r[:at], *r[at + 1 : end + 1], late, *r[end + 1 :]]


@sample("text-before-result", LONG, "retyped_result_text_first", *both("refused", "T005", error="without `tool_result`|tool use concurrency"))
def text_before_result(r: list[Json]) -> list[Item]:
    """A person's words stand in front of the result in one record: the API refuses that on every client."""
    at = result(r, calls(r, "Run the tests for the retry"))
    r[at]["message"]["content"].insert(0, {"type": "text", "text": "Go on, please."})
    return [*r]


@sample(
    "duplicated-call-id", LONG, "dup_tool_use_id_later", *both("accepted", "T006"),
    Judged("2.1.70", "refused", "ids must be unique", None, codes=("T006",)),
)
def duplicated_call_id(r: list[Json]) -> list[Item]:
    """A later call and its result carry the id of an earlier one."""
    first, second = calls(r, "Run the tests for the retry"), calls(r, "Run the tests with the coupon")
    ref, answer = blocks(r[first])[0]["id"], result(r, second)
    blocks(r[second])[0]["id"] = ref
    blocks(r[answer])[0]["tool_use_id"] = ref
    return [*r]


@sample("bad-call-id", LONG, "tool_id_bad", *both("refused", "T007", error="should match pattern"))
def bad_call_id(r: list[Json]) -> list[Item]:
    """Another vendor's proxy wrote a call id with a colon."""
    call = calls(r, "Run the tests for the retry")
    answer = result(r, call)
    blocks(r[call])[0]["id"] = blocks(r[answer])[0]["tool_use_id"] = "Bash:12"
    return [*r]


@sample("bad-tool-name", LONG, "tool_name_bad", Judged(OLD, "refused", "at most 200 characters", codes=("T008",)), Judged(NEW))
def bad_tool_name(r: list[Json]) -> list[Item]:
    """The model called a tool by a name of more than 200 characters."""
    blocks(r[calls(r, "Run the tests for the retry")])[0]["name"] = "Bash" + "_and_then_Bash" * 15
    return [*r]


@sample("tool-input-string", LONG, "tool_input_string", *both("refused", "T009", error="valid dictionary"))
def tool_input_string(r: list[Json]) -> list[Item]:
    """The input of a call is a string that holds JSON instead of an object."""
    block = blocks(r[calls(r, "Run the tests for the retry")])[0]
    block["input"] = json.dumps(block["input"])
    return [*r]
