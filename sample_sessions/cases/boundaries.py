"""Boundaries."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta

from sample_sessions.making import (
    FAILED,
    NEW,
    OLD,
    OLDEST,
    TWICE,
    TWICE_NEW,
    Item,
    Json,
    Judged,
    after,
    both,
    calls,
    child,
    fresh,
    last,
    prompt,
    sample,
    says,
)


@sample(
    "failed-compaction", FAILED, "compact_timeout", *both("accepted", "B002", lost=True), options=("--restore",), delta=123,
)
def failed_compaction(r: list[Json]) -> list[Item]:
    """The summary timed out and the client went on with the words 'Request timed out' in the place of the history,
    which is all still in the file (#2423)."""
    return [*r]


@sample(
    "bare-boundary", TWICE_NEW, "c_third_boundary_bare", Judged(NEW, "empty", lost=True, codes=("B001",)),
    Judged(OLD, "not-found", "No conversation found", lost=True, codes=("B001",)),
)
def bare_boundary(r: list[Json]) -> list[Item]:
    """The client was stopped between a third boundary and its summary."""
    boundary = copy.deepcopy(next(x for x in reversed(r) if x.get("subtype") == "compact_boundary"))
    boundary.update(uuid=fresh(6), logicalParentUuid=r[last(r)]["uuid"], timestamp=after(r, 1))
    boundary["compactMetadata"] = {"trigger": "manual", "preTokens": 21800}
    return [*r, boundary]


@sample(
    "dangling-preserved-segment", TWICE_NEW, "c_preserved_dangling", Judged(NEW, lost=None, codes=("B003",), verdict="fragile"), Judged(OLD),
    verdict="healthy", delta=-1,
)
def dangling_preserved(r: list[Json]) -> list[Item]:
    """The last boundary names preserved records that are not there under these ids; they are not put back."""
    meta = next(x for x in reversed(r) if x.get("subtype") == "compact_boundary")["compactMetadata"]
    meta["preservedSegment"].update(headUuid=fresh(7), tailUuid=fresh(7))
    meta["preservedMessages"].update(uuids=[fresh(7)], allUuids=[fresh(7)])
    return [*r]


@sample(
    "compaction-timeout-old", OLDEST, "anthropics/claude-code#2423", *both("accepted", "T001", "E004"), delta=-1,
)
def compaction_timeout_old(r: list[Json]) -> list[Item]:
    """A client of 2025: the compaction times out and leaves nothing, a call was never answered, and every prompt since
    gets an error: first that the request timed out, then the API's 400 about the call (#2423). The client leaves the
    call out when it copies a session at a resume, as the base was recorded; here it stands where it was written."""
    at = says(r, "Checking the service as it runs now.")
    made = copy.deepcopy(r[calls(r, "Run the tests for the retry")])
    made.update(parentUuid=r[at]["uuid"], uuid=fresh(9), requestId="req_01service")
    made["message"].update(id=r[at]["message"]["id"])
    command = {"command": "python3 -m shop.app", "description": "Start the service"}
    made["message"]["content"] = [{"type": "tool_use", "id": "toolu_01RF5sCUUx9nbB3zCTHNqvCm", "name": "Bash", "input": command}]
    r[child(r, at)]["parentUuid"] = fresh(9)
    records = [*r[: at + 1], made, *r[at + 1 :]]
    records = [x for x in records if "message" in x]
    errors = [x for x in records if x["message"].get("model") == "<synthetic>"]
    for error in errors:
        error["isApiErrorMessage"] = True
    errors[-1]["message"]["content"] = [{"type": "text", "text": UNANSWERED.format(message=index(records, made))}]
    start = datetime.fromisoformat(records[0]["timestamp"])
    for place, record in enumerate(records):
        then = start + timedelta(seconds=21 * place)
        record["timestamp"] = then.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [*records]


def failed(r: list[Json], status: int, error: str, text: str) -> list[Item]:
    """A session whose last prompt got nothing but an error."""
    ask, answer = copy.deepcopy(r[prompt(r, "Do the retry one")]), copy.deepcopy(r[last(r)])
    ask.update(uuid=fresh(11), parentUuid=r[last(r)]["uuid"], timestamp=after(r, 1))
    ask["message"]["content"] = "Now the changelog."
    answer.update(
        uuid=fresh(12), parentUuid=fresh(11), timestamp=after(r, 2), error=error, isApiErrorMessage=True,
        apiErrorStatus=status,
    )
    answer["message"].update(id=fresh(13), model="<synthetic>", content=[{"type": "text", "text": text}])
    pointer = {"type": "last-prompt", "lastPrompt": "Now the changelog.", "leafUuid": fresh(12), "sessionId": ask["sessionId"]}
    return [*r, ask, answer, pointer]


@sample("service-error-at-the-end", TWICE, "api_error_last", *both("accepted", "E004"))
def service_error(r: list[Json]) -> list[Item]:
    """The last prompt got a 500 of the service: no fault of the file."""
    text = "API Error: 500 Internal server error. This is a server-side issue, usually temporary - try again in a moment."
    return failed(r, 500, "server_error", text)


@sample("unexplained-error-at-the-end", TWICE, "api_error_last", *both("accepted", "E002", "E004"), verdict="fragile")
def unexplained_error(r: list[Json]) -> list[Item]:
    """The last prompt got an error that nothing in the file, the client or its settings explains: no reason to edit."""
    return failed(r, 400, "invalid_request", "API Error: 400 This request cannot be completed in its present form.")


UNANSWERED = (
    'API Error: 400 {{"type":"error","error":{{"type":"invalid_request_error","message":"messages.{message}: `tool_use` '
    "ids were found without `tool_result` blocks immediately after: toolu_01RF5sCUUx9nbB3zCTHNqvCm. Each `tool_use` block "
    'must have a corresponding `tool_result` block in the next message."}}}}'
)


def index(records: list[Json], wanted: Json) -> int:
    """Place of a record's message in the request, neighbours of one role being one message."""
    place, role = -1, ""
    for record in records:
        if record["message"]["role"] != role:
            place, role = place + 1, record["message"]["role"]
        if record is wanted:
            return place
    raise ValueError(wanted)
