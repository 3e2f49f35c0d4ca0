"""History: what is in the file in another order, twice, or under another session's name."""

from __future__ import annotations

import copy

from sample_sessions.making import (
    LONG,
    NEW,
    OLD,
    TWICE_NEW,
    Item,
    Json,
    Judged,
    both,
    fresh,
    last,
    prompt,
    sample,
    says,
)


def boundaries(r: list[Json]) -> list[int]:
    """Indices of the compaction boundaries."""
    return [i for i, record in enumerate(r) if record.get("subtype") == "compact_boundary"]


@sample("halves-swapped", LONG, "shuffled", *both("accepted", "L014", lost=True))
def halves_swapped(r: list[Json]) -> list[Item]:
    """A tool joined two parts of the session in the wrong order. The chain is whole, but clients from 2.1.101 on look
    for the end of the conversation at the end of the file."""
    half = prompt(r, "Two requests")
    return [*r[half:], *r[:half]]


@sample(
    "replayed-history", TWICE_NEW, "#92089", Judged(NEW, codes=("L015",), lost=None), Judged(OLD, codes=("L015",), lost=None),
)
def replayed_history(r: list[Json]) -> list[Item]:
    """A second compaction in one process wrote everything before the first once more, hung the hook's record on the
    last copy, and named that as the end of what it keeps."""
    first, second = boundaries(r)
    metadata = r[second]["compactMetadata"]
    head = next(i for i, x in enumerate(r) if x.get("uuid") == r[first]["compactMetadata"]["preservedSegment"]["headUuid"])
    copies = [copy.deepcopy(x) for x in r[:head] if "parentUuid" in x]
    hook = {
        "parentUuid": copies[-1]["uuid"], "isSidechain": False, "type": "system", "subtype": "stop_hook_summary",
        "hookCount": 1, "hookInfos": [], "hookErrors": [], "preventedContinuation": False, "stopReason": "",
        "hasOutput": False, "level": "suggestion", "timestamp": r[second]["timestamp"], "uuid": fresh(60),
        **{key: r[second][key] for key in ("userType", "cwd", "sessionId", "version") if key in r[second]},
    }
    r[second]["logicalParentUuid"] = metadata["preservedSegment"]["tailUuid"] = hook["uuid"]
    del metadata["preservedMessages"]
    return [*r[:second], *copies, hook, *r[second:]]


@sample(
    "two-sessions-in-one-file", LONG, "#26964", *both("accepted", "L016", lost=True), delta=0,
)
def two_sessions(r: list[Json]) -> list[Item]:
    """Another session's first turn was written to the end of this file: a resume goes on with that one."""
    ask, answer = copy.deepcopy(r[prompt(r, "Validate it")]), copy.deepcopy(r[last(r)])
    end = max(x["timestamp"] for x in r if x.get("timestamp"))
    for record, own, parent in ((ask, 71, None), (answer, 72, fresh(71))):
        record.update(uuid=fresh(own), parentUuid=parent, sessionId=fresh(70), timestamp=end)
    ask["message"]["content"] = "What does the other project need?"
    answer["message"].update(id="msg_01othersession", content=[{"type": "text", "text": "Nothing from this one."}])
    return [*(x for x in r if x["type"] != "last-prompt"), ask, answer]


@sample("foreign-ids", LONG, "heiervang/unleash#418", *both("accepted", "L017"))
def foreign_ids(r: list[Json]) -> list[Item]:
    """A converter kept the ids of another client, which are no uuids."""
    names = {x["uuid"]: f"ctc_{place:04}" for place, x in enumerate(r) if "uuid" in x}
    for record in r:
        for key in ("uuid", "parentUuid", "leafUuid", "sourceToolAssistantUUID", "messageId"):
            if record.get(key) in names:
                record[key] = names[record[key]]
    return [*r]


@sample(
    "boundary-gone", TWICE_NEW, "c_boundary2_removed", Judged(NEW, codes=("B007",), lost=None), Judged(OLD, codes=("B007",), lost=None),
    delta=-1,
)
def boundary_gone(r: list[Json]) -> list[Item]:
    """The record of the second compaction is gone and its summary begins the conversation; what the boundary kept by
    name is not put behind it."""
    gone = boundaries(r)[-1]
    for record in r:
        if record.get("parentUuid") == r[gone]["uuid"]:
            record["parentUuid"] = None
    return [*r[:gone], *r[gone + 1 :]]


@sample(
    "kept-too-much", TWICE_NEW, "c_preserved_all_history", Judged(NEW, codes=("B008",)), Judged(OLD),
    verdict="fragile",
)
def kept_too_much(r: list[Json]) -> list[Item]:
    """The second compaction keeps by name what the first had summarised, so that nothing got shorter."""
    first, second = boundaries(r)
    metadata = r[second]["compactMetadata"]
    rows = [x["uuid"] for x in r[:first] if x["type"] in ("user", "assistant", "attachment")]
    rows += metadata["preservedMessages"]["uuids"]
    metadata["preservedSegment"]["headUuid"] = rows[0]
    metadata["preservedMessages"].update(uuids=rows, allUuids=rows)
    return [*r]


@sample(
    "summary-before-its-boundary", TWICE_NEW, "c_boundary2_swapped_summary", Judged(NEW, codes=("B009",), lost=True),
    Judged(OLD, codes=("B009",), lost=True),
)
def summary_first(r: list[Json]) -> list[Item]:
    """The two lines of a compaction stand in the wrong order; newer clients do not read what is before a boundary."""
    at = boundaries(r)[-1]
    r[at], r[at + 1] = r[at + 1], r[at]
    return [*r]


@sample("shown-only", LONG, "x_virtual_flag", *both("accepted", "C022", lost=None), options=("--restore",), delta=0)
def shown_only(r: list[Json]) -> list[Item]:
    """A reply carries the mark of something that is only shown; clients from 2.1.90 on do not send it."""
    r[says(r, "An unknown order now answers 404")]["isVirtual"] = True
    return [*r]


@sample("malformed-attachment", LONG, "changelog 2.1.218", Judged(OLD, "crash", codes=("C023",)), Judged(NEW, codes=("C023",)))
def malformed_attachment(r: list[Json]) -> list[Item]:
    """A note of the tools that were added has lost its lists; clients before 2.1.218 stop at it."""
    at = prompt(r, "Validate it")
    note = {key: r[at][key] for key in ("isSidechain", "userType", "cwd", "sessionId", "version", "timestamp") if key in r[at]}
    note |= {"parentUuid": r[at]["uuid"], "type": "attachment", "attachment": {"type": "deferred_tools_delta"}, "uuid": fresh(80)}
    for record in r:
        if record.get("parentUuid") == r[at]["uuid"]:
            record["parentUuid"] = fresh(80)
    return [*r[: at + 1], note, *r[at + 1 :]]
