"""Make every sample from the recorded base sessions: `python sample_sessions/make.py` writes the same bytes each time.

Each sample is one small mutation, the same as a named row of the table of 206 patterns × 14 clients; what is expected
of it is what real clients did (tests/test_real_client.py runs them again), never what unbrick says.
"""

from __future__ import annotations

import base64
import copy
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Json = dict[str, Any]
Item = Json | bytes
"""A record, or the raw bytes of a line that is none."""
OLD, NEW = "2.1.139", "2.1.329"


def base(name: str) -> list[Json]:
    """Records of a base session."""
    return [json.loads(line) for line in (HERE / "base" / f"{name}.jsonl").read_bytes().splitlines()]


def dump(item: Item) -> bytes:
    """A line, as the clients write it."""
    if isinstance(item, bytes):
        return item
    return json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


# Finding a place: samples are cut at words of the story, so that a base can be recorded again.


def prompt(records: list[Json], start: str) -> int:
    """Index of the prompt that begins with some words."""
    return next(
        i for i, r in enumerate(records)
        if r["type"] == "user" and str(r["message"]["content"]).startswith(start)
    )


def blocks(record: Json) -> list[Json]:
    """Content blocks of a record."""
    content = record.get("message", {}).get("content")
    return content if isinstance(content, list) else []


def is_prompt(record: Json) -> bool:
    """Whether a person typed the record."""
    return record["type"] == "user" and isinstance(record["message"]["content"], str) and not record.get("isMeta")


def calls(records: list[Json], words: str) -> int:
    """Index of the tool call whose input holds some words."""
    return next(
        i for i, r in enumerate(records)
        if any(b["type"] == "tool_use" and words in json.dumps(b["input"]) for b in blocks(r))
    )


def says(records: list[Json], words: str) -> int:
    """Index of the assistant text that holds some words."""
    return next(i for i, r in enumerate(records) if any(words in b.get("text", "") for b in blocks(r)))


def result(records: list[Json], call: int) -> int:
    """Index of the result of a call."""
    ref = blocks(records[call])[0]["id"]
    return next(i for i, r in enumerate(records) if any(b.get("tool_use_id") == ref for b in blocks(r)))


def child(records: list[Json], index: int) -> int:
    """Index of the first record that hangs on another."""
    return next(i for i, r in enumerate(records) if r.get("parentUuid") == records[index]["uuid"])


def last(records: list[Json], kind: str = "assistant") -> int:
    """Index of the last record of a type."""
    return max(i for i, r in enumerate(records) if r["type"] == kind)


def relink(records: list[Json], gone: int, *, skip: int = -1) -> None:
    """Hang the children of a record on its parent."""
    for i, record in enumerate(records):
        if i != skip and record.get("parentUuid") == records[gone]["uuid"]:
            record["parentUuid"] = records[gone]["parentUuid"]


def fresh(number: int) -> str:
    """A uuid that no base holds."""
    return f"00000000-0000-4000-8000-{number:012d}"


def loaded(records: list[Json]) -> int:
    """How many user and assistant records of an undamaged session a resume loads: the chain of the last one, with
    the records that share its messages and their results, and what a compaction preserved."""
    by_uuid = {r["uuid"]: r for r in records if "uuid" in r}
    ends = [r for r in records if r["type"] in ("user", "assistant") and not r.get("isSidechain")]
    chain: dict[str, Json] = {}
    at: Json | None = ends[-1]
    while at is not None:
        chain[at["uuid"]] = at
        for uuid in at.get("compactMetadata", {}).get("preservedMessages", {}).get("uuids", ()):
            chain[uuid] = by_uuid[uuid]
        at = by_uuid.get(at["parentUuid"] or "")
    messages = {r["message"]["id"] for r in chain.values() if r["type"] == "assistant"}
    for record in ends:
        if record["type"] == "assistant" and record["message"]["id"] in messages:
            chain[record["uuid"]] = record
    for record in ends:
        results = record["type"] == "user" and any(b["type"] == "tool_result" for b in blocks(record))
        if results and record["parentUuid"] in chain:
            chain[record["uuid"]] = record
    errors = [r for r in chain.values() if r.get("isApiErrorMessage")]
    return sum(r["type"] in ("user", "assistant") for r in chain.values()) - len(errors)


@dataclass(frozen=True)
class Judged:
    """What a client does with a sample, and which rules have to say so."""

    client: str
    outcome: str = "accepted"
    error: str | None = None
    lost: bool | None = False
    """Whether messages that are in the file are not sent; None where that is a matter of counting, or for a person to
    say."""
    codes: tuple[str, ...] = ()
    model: str | None = None
    verdict: str | None = None
    """Verdict after the repair, where it is another one on this client."""


@dataclass(frozen=True)
class Sample:
    """A sample: what it is made of, its row in the table or issue, and what is expected."""

    name: str
    base: str
    row: str
    about: str
    mutate: Callable[[list[Json]], list[Item]]
    judged: tuple[Judged, ...]
    verdict: str | None = "healthy"
    """Verdict after the repair; None where a person has to decide."""
    options: tuple[str, ...] = ()
    delta: int = 0
    """How many messages fewer (or more) than the undamaged base a resume loads after the repair."""
    config: Json | None = None
    env: Json | None = None
    """Environment that does to a client behind another base URL what the configuration does at the first party."""

    @property
    def client(self) -> str:
        """The client that recorded it."""
        return OLD if OLD in self.base else NEW if NEW in self.base else "1.0.44"


LONG, TWICE, FAILED, ROLE = (
    "shop-2.1.139", "shop-2.1.139-compacted-twice", "shop-2.1.139-failed-compaction", "shop-2.1.139-role-system",
)
LONG_NEW, TWICE_NEW = "shop-2.1.329", "shop-2.1.329-compacted-twice"
OLDEST = "shop-1.0.44-timeouts"
SAMPLES: list[Sample] = []


def sample(name: str, base: str, row: str, *judged: Judged, **more: object) -> Callable[[Callable[..., Any]], Any]:
    """Register a mutation as a sample; its docstring says what it is about."""

    def register(mutate: Callable[[list[Json]], list[Item]]) -> Callable[[list[Json]], list[Item]]:
        about = " ".join((mutate.__doc__ or "").split())
        SAMPLES.append(Sample(name, base, row, about, mutate, judged, **more))  # type: ignore[arg-type]
        return mutate

    return register


def both(outcome: str = "accepted", *codes: str, error: str | None = None, lost: bool | None = False) -> tuple[Judged, ...]:
    """The same on the old and on the new client."""
    return tuple(Judged(client, outcome, error, lost, codes) for client in (OLD, NEW))


# Undamaged ones.


@sample("healthy", LONG, "control", *both())
def healthy(r: list[Json]) -> list[Item]:
    """A long session with parallel calls, thinking, a subagent and a branch that was rewound. Nothing is wrong."""
    return [*r]


@sample("healthy-compacted-twice", TWICE_NEW, "c_control", Judged(NEW), Judged(OLD))
def healthy_compacted_twice(r: list[Json]) -> list[Item]:
    """Compacted by hand twice, with a preserved tail. Nothing is wrong."""
    return [*r]


# The chain: no error, just less history.


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


# Boundaries.


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


# Lines.


@sample("torn-and-glued", LONG, "torn_glued", *both("accepted", "J002", lost=True), delta=-1)
def torn_and_glued(r: list[Json]) -> list[Item]:
    """Two writers at once: a record is cut off in the middle and the next one stands on the same line."""
    at = says(r, "Now the route turns that into an answer.")
    torn, whole = dump(r[at]), dump(r[at + 1])
    return [*r[:at], torn[: len(torn) * 3 // 5] + whole, *r[at + 2 :]]


@sample("glued-records", LONG, "torn_glued (only the line end missing)", *both("accepted", "J003", lost=True))
def glued(r: list[Json]) -> list[Item]:
    """Two whole records on one line: the line end between them was never written."""
    at = says(r, "Now the route turns that into an answer.")
    return [*r[:at], dump(r[at]).rstrip(b"\n") + dump(r[at + 1]), *r[at + 2 :]]


@sample("nul-run", LONG, "nul_prefix", *both("accepted", "J004", lost=True))
def nul_run(r: list[Json]) -> list[Item]:
    """A crash of the machine left a run of NUL bytes in front of a record."""
    at = says(r, "It has to fail now.")
    return [*r[:at], b"\0" * 512 + dump(r[at]), *r[at + 1 :]]


@sample("null-line", LONG, "json_nonobject", Judged(OLD, "crash", codes=("J005",)), Judged(NEW, codes=("J005",)))
def null_line(r: list[Json]) -> list[Item]:
    """A line holds `null` instead of a record; clients from 2.1.139 before 2.1.240 crash on it."""
    at = prompt(r, "Two requests")
    return [*r[:at], b"null\n", *r[at:]]


@sample("garbage-line", LONG, "garbage_mid", *both("accepted", "J001"))
def garbage(r: list[Json]) -> list[Item]:
    """A line of another program's output stands between two records."""
    at = prompt(r, "Two requests")
    return [*r[:at], b"Segmentation fault (core dumped)\n", *r[at:]]


@sample("invalid-utf8", LONG, "bad_utf8", *both("accepted", "J006"))
def invalid_utf8(r: list[Json]) -> list[Item]:
    """A character of the last prompt but two was cut in half."""
    at = prompt(r, "Marketing wants coupons")
    return [*r[:at], dump(r[at]).replace(b"5% off", b"5% off \xe2\x82", 1), *r[at + 1 :]]


@sample("byte-order-mark", LONG, "bom", *both("accepted", "J007"))
def bom(r: list[Json]) -> list[Item]:
    """An editor put a byte order mark in front of the file."""
    return [b"\xef\xbb\xbf" + dump(r[0]), *r[1:]]


@sample("cut-last-line", LONG, "truncated_last", *both("accepted"), delta=-1)
def cut_last_line(r: list[Json]) -> list[Item]:
    """The machine went down while the last reply was written."""
    at = last(r)
    return [*r[:at], dump(r[at])[:300]]


@sample("lone-surrogate", LONG, "surrogate_result", *both("accepted"), Judged("2.1.112", "refused", "no low surrogate", codes=("J009",)))
def lone_surrogate(r: list[Json]) -> list[Item]:
    """Tool output was cut in the middle of an emoji."""
    at = result(r, calls(r, "Show place()"))
    line = dump(r[at]).replace(b'","is_error"', b' \\ud83d","is_error"', 1)
    return [*r[:at], line, *r[at + 1 :]]


# Tools.


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


# Content.


@sample(
    "empty-text-beside-a-call", LONG, "empty_text_beside_tool",
    Judged(OLD, "refused", "must be non-empty", codes=("C001",)), Judged(NEW, codes=()), delta=-1,
)
def empty_text_beside_tool(r: list[Json]) -> list[Item]:
    """An aborted stream left an empty text in front of a call."""
    r[says(r, "Now a test for the retry.")]["message"]["content"][0]["text"] = ""
    return [*r]


@sample(
    "empty-prompt", LONG, "empty_user", Judged(OLD, "refused", "non-empty", codes=("C001",)),
    Judged(NEW, "refused", "non-empty", codes=("C003",)), delta=-1,
)
def empty_prompt(r: list[Json]) -> list[Item]:
    """A prompt without a character went into the file."""
    r[prompt(r, "Two requests")]["message"]["content"] = ""
    return [*r]


@sample(
    "broken-image", LONG, "image_broken", Judged(OLD, "refused", "Could not process image", codes=("C011",)),
    Judged(NEW, "healed", "Could not process image", codes=("C011",)),
)
def broken_image(r: list[Json]) -> list[Item]:
    """A web page that was saved as a picture went into a prompt."""
    page = base64.b64encode(b"<!doctype html><title>404 Not Found</title>").decode()
    at = r[prompt(r, "Two requests")]["message"]
    source = {"type": "base64", "media_type": "image/png", "data": page}
    at["content"] = [{"type": "text", "text": at["content"]}, {"type": "image", "source": source}]
    return [*r]


@sample(
    "unsigned-thinking", LONG, "sig_missing", Judged(OLD, "refused", "signature: Field required", codes=("C007",)),
    Judged(NEW, "healed", "signature: Field required", codes=("C007",)),
)
def unsigned_thinking(r: list[Json]) -> list[Item]:
    """A thinking block came without its signature."""
    at = next(i for i, x in enumerate(r) if any("a race under threads" in b.get("thinking", "") or "check-then-set" in b.get("thinking", "") for b in blocks(x)))
    del blocks(r[at])[0]["signature"]
    return [*r]


@sample("unknown-block", LONG, "unknown_block", *both("refused", "C009", error="does not match any of the expected tags"))
def unknown_block(r: list[Json]) -> list[Item]:
    """A block of a kind that the API does not know stands in a reply."""
    r[says(r, "One order from twenty")]["message"]["content"].append({"type": "hologram", "source": "none"})
    return [*r]


@sample("string-in-a-reply", LONG, "string_assistant", Judged(OLD, "crash", codes=("C010",)), Judged(NEW, codes=()))
def string_assistant(r: list[Json]) -> list[Item]:
    """A reply's content is a plain string; clients before 2.1.290 crash on it."""
    message = r[says(r, "One order from twenty")]["message"]
    message["content"] = message["content"][0]["text"]
    return [*r]


@sample("unterminated-last-line", TWICE, "no_final_newline", *both("accepted", "J008"))
def unterminated(r: list[Json]) -> list[Item]:
    """The last record is whole and its line end is missing."""
    return [*r[:-1], dump(r[-1]).rstrip(b"\n")]


@sample("blank-text", TWICE, "blank_text", *both("accepted"), Judged("2.0.76", "refused", "non-whitespace", None, ("C002",)), delta=-1)
def blank_text(r: list[Json]) -> list[Item]:
    """An aborted reply left nothing but line breaks."""
    r[last(r)]["message"]["content"] = [{"type": "text", "text": "\n\n"}]
    return [*r]


@sample("missing-message-id", TWICE, "message_id_missing", *both("accepted", "L012", lost=None))
def missing_message_id(r: list[Json]) -> list[Item]:
    """No reply carries the id of its message, as an exporter wrote them; replies run together."""
    for record in r:
        if record["type"] == "assistant":
            record["message"].pop("id", None)
    return [*r]


@sample("dangling-logical-parent", TWICE, "c_logicalparent_dangling", *both("accepted", "B004"))
def dangling_logical_parent(r: list[Json]) -> list[Item]:
    """The last boundary names a record before it that the file does not hold; nothing follows that link on a resume."""
    next(x for x in reversed(r) if x.get("subtype") == "compact_boundary")["logicalParentUuid"] = fresh(10)
    return [*r]


@sample(
    "parallel-calls-as-a-tree", TWICE, "control", Judged("2.1.70", "accepted", None, True, ("L009",)),
    *both("accepted"),
)
def parallel_tree(r: list[Json]) -> list[Item]:
    """Nothing is wrong with the file; clients from 2.1.20 before 2.1.80 follow one of several parallel calls."""
    return [*r]


@sample("role-in-a-record", TWICE, "role_system", *both("accepted", "C004"))
def role_in_a_record(r: list[Json]) -> list[Item]:
    """Another tool wrote a prompt under the role `system`; the client sends it as the person's."""
    r[prompt(r, "Do the retry one")]["message"]["role"] = "system"
    return [*r]


# Innocent files.

REFUSED = "role 'system' is not supported on this model"
SYSTEM_TURNS: Json = {"CLAUDE_CODE_MID_CONVERSATION_SYSTEM": "opus-4-7"}
FLAG: Json = {"clientDataCache": {"tengu_fennel_kite_model": "opus-4-7"}}


@sample(
    "role-system-with-flag", ROLE, "anthropics/claude-code#60947",
    Judged(OLD, "refused", REFUSED, codes=("C005", "E001"), verdict="broken"), Judged(NEW), delta=-2, config=FLAG,
    env=SYSTEM_TURNS,
)
def role_system_with_flag(r: list[Json]) -> list[Item]:
    """Compacted twice, then every prompt is refused. The file holds no system turn: a flag in the client's own
    configuration makes it send them."""
    return [*r]


@sample(
    "role-system-without-flag", ROLE, "anthropics/claude-code#60947",
    Judged(OLD, "refused", REFUSED, codes=("E001",), verdict="broken"), Judged(NEW), delta=-2, env=SYSTEM_TURNS,
)
def role_system_without_flag(r: list[Json]) -> list[Item]:
    """The same file without the configuration that it was recorded under: all that speaks is the recorded error."""
    return [*r]


def after(records: list[Json], seconds: int) -> str:
    """A time after the last one of a session."""
    stamp = max(x["timestamp"] for x in records if x.get("timestamp"))
    return f"{stamp[:17]}{min(int(stamp[17:19]) + seconds, 59):02d}.999Z"


def expected(made: Sample, records: list[Json]) -> Json:
    """What is expected of a sample, as its expected.json says it."""
    model = next(x["message"]["model"] for x in records if x["type"] == "assistant")
    wanted: Json = {
        "about": made.about,
        "client": made.client,
        "row": made.row,
        "judged": [
            {"client": j.client, "model": j.model or model, "outcome": j.outcome, "error": j.error, "lost": j.lost, "codes": list(j.codes), "verdict": j.verdict or made.verdict}
            for j in made.judged
        ],
        "after_repair": {
            "options": list(made.options), "kept": loaded(records) + made.delta,
        },
    }
    if made.env:
        wanted["env"] = made.env
    return wanted


def files() -> Iterator[tuple[Path, bytes]]:
    """Every file of every sample: its path below this folder, its bytes."""
    for made in SAMPLES:
        records = base(made.base)
        wanted = expected(made, records)
        folder = Path("claude_code") / made.name
        yield folder / "session.jsonl", b"".join(map(dump, made.mutate(records)))
        yield folder / "expected.json", (json.dumps(wanted, indent=1, ensure_ascii=False) + "\n").encode()
        if made.config is not None:
            yield folder / "config" / ".claude.json", (json.dumps(made.config, indent=2) + "\n").encode()


def table() -> str:
    """The samples as the table of docs/samples.md."""
    lines = ["| sample | row or issue | on the clients | after `repair` |", "|---|---|---|---|"]
    for made in sorted(SAMPLES, key=lambda sample: sample.name):
        wanted = expected(made, base(made.base))
        clients = "; ".join(
            f"{j['client']} {j['outcome']}{', loses history' if j['lost'] else ''}" for j in wanted["judged"]
        )
        options = " ".join(made.options)
        verdicts = "/".join(dict.fromkeys(str(j["verdict"] or "to be decided") for j in wanted["judged"]))
        after = f"{verdicts}{f' with `{options}`' if options else ''}, {wanted['after_repair']['kept']} messages"
        lines.append(f"| `{made.name}` | {made.row} | {clients} | {after} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write them all, or print the table of them."""
    if "--table" in sys.argv:
        print(table(), end="")
        return 0
    for path, data in files():
        target = HERE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    print(f"{len(SAMPLES)} samples", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
