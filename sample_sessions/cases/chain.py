"""The chain: no error, just less history."""

from __future__ import annotations

import copy

from sample_sessions.making import (
    LONG,
    LONG_NEW,
    NEW,
    Item,
    Json,
    Judged,
    after,
    both,
    calls,
    fresh,
    is_prompt,
    last,
    prompt,
    sample,
    says,
)


@sample("null-parent-in-the-middle", LONG, "parent_null", *both("accepted", "L002", lost=True))
def null_parent(r: list[Json]) -> list[Item]:
    """A prompt in the middle says that nothing stands before it: every client forgets the first half."""
    r[prompt(r, "Two requests")]["parentUuid"] = None
    return [*r]


@sample(
    "missing-parent", LONG, "parent_broken", *both("accepted", "L001", lost=True), Judged("2.1.90", lost=True, codes=("L001",)),
)
def missing_parent(r: list[Json]) -> list[Item]:
    """A prompt names a parent that the file does not hold. Clients before 2.1.112 stop there; newer ones go on with the
    record before it in time, but only when that is at most five seconds away, and a person takes longer."""
    r[prompt(r, "Two requests")]["parentUuid"] = fresh(1)
    return [*r]


@sample(
    "missing-parent-bridged", LONG, "parent_broken_mid", *both("accepted", "L001"), Judged("2.1.90", lost=True, codes=("L001",)),
)
def missing_parent_bridged(r: list[Json]) -> list[Item]:
    """The same inside a turn, where the record before stands two seconds away: clients from 2.1.112 on bridge that."""
    r[calls(r, "Run the tests for the retry")]["parentUuid"] = fresh(1)
    return [*r]


@sample(
    "parent-cycle", LONG, "parent_cycle", *both("accepted", "L003", lost=True),
    Judged("2.0.76", "hang", lost=True, codes=("L003",)), Judged("2.1.90", lost=True, codes=("L003",)),
)
def parent_cycle(r: list[Json]) -> list[Item]:
    """A record's parent is one of its own descendants. Clients before 2.1.30 never finish."""
    at = prompt(r, "Two requests")
    r[at]["parentUuid"] = r[says(r, "That is a race")]["uuid"]
    return [*r]


@sample("duplicate-uuid", LONG, "uuid_duplicate", *both("accepted", "L004", lost=True), delta=0)
def duplicate_uuid(r: list[Json]) -> list[Item]:
    """Two different records carry one uuid; the later one takes the earlier one's place."""
    first, second = says(r, "It has to fail now."), says(r, "Now a test for the retry.")
    old = r[second]["uuid"]
    for record in r:
        if record.get("parentUuid") == old:
            record["parentUuid"] = r[first]["uuid"]
    r[second]["uuid"] = r[first]["uuid"]
    return [*r]


@sample(
    "second-terminal", LONG, "branch_head_lp_branch", *both("accepted", "L005", lost=None), verdict="fragile", delta=-43,
)
def second_terminal(r: list[Json]) -> list[Item]:
    """A second terminal had the session open and asked one question while the first one worked on; it was closed
    last, so the pointer names its branch and the work of the first terminal is not loaded."""
    fork, place = says(r, "One order from twenty"), says(r, "An unknown order now answers 404")
    ask, answer = copy.deepcopy(r[prompt(r, "Validate it")]), copy.deepcopy(r[last(r)])
    words = "Is there a limit on the size of an order?"
    ask.update(uuid=fresh(2), parentUuid=r[fork]["uuid"], promptId=fresh(20), timestamp=r[place - 2]["timestamp"])
    ask["message"]["content"] = words
    answer.update(uuid=fresh(3), parentUuid=fresh(2), timestamp=r[place - 1]["timestamp"], requestId="req_01second")
    answer["message"].update(id="msg_01secondbranch", content=[{"type": "text", "text": "No, there is none."}])
    pointer = {"type": "last-prompt", "lastPrompt": words, "leafUuid": fresh(3), "sessionId": r[fork]["sessionId"]}
    return [*r[:place], ask, answer, *r[place:], pointer]


@sample(
    "pointer-names-a-prompt", LONG, "branch_tail_lp_at_prompt", *both("accepted", "L006", lost=True), verdict="fragile",
)
def pointer_at_a_prompt(r: list[Json]) -> list[Item]:
    """A side question that was left ends the file, and the pointer was written when the last prompt was typed: the
    reply to that prompt is in the file and is not loaded. Whether the side question is wanted, a person has to say."""
    fork, place = says(r, "One order from twenty"), max(i for i, x in enumerate(r) if is_prompt(x))
    ask, answer = copy.deepcopy(r[prompt(r, "Validate it")]), copy.deepcopy(r[last(r)])
    ask.update(uuid=fresh(31), parentUuid=r[fork]["uuid"], promptId=fresh(32), timestamp=after(r, 1))
    ask["message"]["content"] = "Is there a limit on the size of an order?"
    answer.update(uuid=fresh(33), parentUuid=fresh(31), timestamp=after(r, 2), requestId="req_01sidequestion")
    answer["message"].update(id="msg_01sidequestion", content=[{"type": "text", "text": "No, there is none."}])
    words = str(r[place]["message"]["content"])
    pointer = {"type": "last-prompt", "lastPrompt": words, "leafUuid": r[place]["uuid"], "sessionId": r[place]["sessionId"]}
    return [*r, ask, answer, pointer]


@sample("api-error-orphans-the-reply", LONG_NEW, "anthropics/claude-code#91113", Judged(NEW, lost=True, codes=("L005",)))
def api_error_branch(r: list[Json]) -> list[Item]:
    """A retried request left a late notice on a stale parent, and the next prompt hangs on the notice: the reply that
    came after the retry is a dead branch."""
    at = prompt(r, "Now the 404")
    reply = next(i for i, x in enumerate(r) if x.get("uuid") == r[at]["parentUuid"])
    notice = {k: r[reply].get(k) for k in ("isSidechain", "userType", "entrypoint", "cwd", "sessionId", "version")}
    stale = r[reply]["parentUuid"]
    while next(x for x in r if x.get("uuid") == stale)["type"] != "user":
        stale = next(x for x in r if x.get("uuid") == stale)["parentUuid"]
    error: Json = {
        "parentUuid": stale, **notice, "type": "system", "subtype": "api_error", "level": "error",
        "cause": {"code": "ECONNRESET"}, "error": {"cause": {"code": "ECONNRESET"}}, "retryInMs": 552.3,
        "retryAttempt": 1, "maxRetries": 10, "timestamp": r[reply]["timestamp"], "uuid": fresh(4),
    }
    r[at]["parentUuid"] = fresh(4)
    return [*r[: at], error, *r[at:]]


@sample("sidechain-leaf", LONG, "sidechain_flag_last", *both("not-found", "L007", error="No conversation found", lost=True))
def sidechain_leaf(r: list[Json]) -> list[Item]:
    """The last reply is marked as a subagent's: the client says that there is no such conversation."""
    r[last(r)]["isSidechain"] = True
    return [*r]


@sample("sidechain-in-the-chain", LONG, "sidechain_flag_mid", *both("accepted", "L011"), verdict="fragile")
def sidechain_in_chain(r: list[Json]) -> list[Item]:
    """A record in the middle is marked as a subagent's; it is sent nevertheless."""
    r[says(r, "It has to fail now.")]["isSidechain"] = True
    return [*r]


@sample("record-without-uuid", LONG, "uuid_missing", *both("accepted", "L010", lost=True))
def without_uuid(r: list[Json]) -> list[Item]:
    """A reply has lost its uuid; what followed it names a parent that is not there."""
    del r[says(r, "An IndexError from")]["uuid"]
    return [*r]


@sample(
    "progress-in-the-chain", LONG, "x_progress_in_chain", *both("accepted"),
    Judged("2.0.76", lost=True, codes=("L008",)),
)
def progress_in_chain(r: list[Json]) -> list[Item]:
    """A progress record stands between a reply and the next prompt, as clients before 2.1.85 wrote them."""
    at = prompt(r, "Two requests")
    before = next(i for i, x in enumerate(r) if x.get("uuid") == r[at]["parentUuid"])
    progress: Json = {
        **{k: r[before][k] for k in ("parentUuid", "isSidechain", "userType", "cwd", "sessionId", "version")},
        "type": "progress", "data": {"type": "hook_progress", "hookEvent": "Stop", "hookName": "Stop", "command": "notify"},
        "toolUseID": fresh(5), "parentToolUseID": fresh(5), "uuid": fresh(5), "timestamp": r[before]["timestamp"],
    }
    progress["parentUuid"] = r[before]["uuid"]
    r[at]["parentUuid"] = fresh(5)
    return [*r[: before + 1], progress, *r[before + 1 :]]
