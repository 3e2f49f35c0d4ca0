"""A session that was compacted twice, in the shape that a given client version writes, and its named mutations.

The marks are PROMPT-1 to 5, REPLY-1 to 5 with 2b to 4b, TOOLOUT-2 to 4 and SUMMARY-1 and 2. The mutations are the `c_`
rows of the reference table.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tools.builder import PAD, Json, Story, at, missing

MUTATIONS: dict[str, Callable[[Story], object]] = {}


def _mutation(change: Callable[[Story], object]) -> Callable[[Story], object]:
    MUTATIONS[f"c_{change.__name__}"] = change
    return change


def compacted(version: str) -> Story:
    """The untouched session: two turns, a compaction, one turn, a compaction, two turns."""
    s = Story(version)
    s.user("P1", None, "PROMPT-1")
    s.assistant("R1", s.attachments("A1", "P1"), s.text("REPLY-1"), "a")
    s.pointer("R1", "PROMPT-1")
    _turn(s, 2, "R1")
    _compaction(s, 1, "R2b")
    _turn(s, 3, "S1")
    _compaction(s, 2, "R3b")
    _turn(s, 4, "S2")
    s.user("P5", "R4b", "PROMPT-5")
    s.assistant("R5", "P5", s.text("REPLY-5"), "z")
    s.pointer("R5", "PROMPT-5")
    return s


def _turn(s: Story, number: int, parent: str) -> None:
    s.user(f"P{number}", parent, f"PROMPT-{number}")
    before = s.attachments(f"A{number}", f"P{number}")
    s.assistant(f"R{number}", before, s.text(f"REPLY-{number}"), f"m{number}")
    s.call(f"C{number}", f"R{number}", number, f"m{number}")
    s.result(f"O{number}", f"C{number}", number)
    s.assistant(f"R{number}b", f"O{number}", s.text(f"REPLY-{number}b"), f"n{number}")
    s.pointer(f"R{number}b", f"PROMPT-{number}")


def _compaction(s: Story, number: int, last: str) -> None:
    metadata: dict[str, Any] = {"trigger": "manual", "preTokens": 12_000}
    boundary = s.add(
        f"B{number}", "system", None, subtype="compact_boundary", content="Conversation compacted", level="info",
        logicalParentUuid=s.names[last]["uuid"], compactMetadata=metadata,
    )
    summary = s.user(
        f"S{number}", f"B{number}",
        "This session is being continued from a previous conversation that ran out of context. The summary below "
        f"covers the earlier portion of the conversation.\n\nSummary:\n1. SUMMARY-{number}\n",
        isCompactSummary=True, isVisibleInTranscriptOnly=True,
    )
    if at(s.version, "2.1.158"):
        kept, anchor = s.names[last]["uuid"], summary["uuid"]
        metadata["preservedSegment"] = {"headUuid": kept, "anchorUuid": anchor, "tailUuid": kept}
        metadata["preservedMessages"] = {"anchorUuid": anchor, "uuids": [kept], "allUuids": [kept]}
    assert boundary["compactMetadata"] is metadata


def mutated(version: str, name: str) -> tuple[bytes, bytes]:
    """The untouched and the mutated session of a version; `c_big_…` in a file above 5 MB."""
    control, changed = compacted(version), compacted(version)
    if name.startswith("c_big_"):
        for one in (control, changed):
            one.names["P1"]["toolUseResult"] = {"stdout": "x" * PAD}
    MUTATIONS[name.replace("c_big_", "c_")](changed)
    return control.data(), changed.data()


def _metadata(s: Story, number: int = 2) -> Json:
    found: Json = s.names[f"B{number}"]["compactMetadata"]
    return found


@_mutation
def control(s: Story) -> None:
    pass


@_mutation
def boundary2_removed(s: Story) -> None:
    s.drop("B2")


@_mutation
def boundary2_removed_nolink(s: Story) -> None:
    s.drop("B2", relink=False)


@_mutation
def boundary1_removed(s: Story) -> None:
    s.drop("B1")


@_mutation
def boundaries_removed(s: Story) -> None:
    s.drop("B1")
    s.drop("B2")


@_mutation
def boundary2_bridged(s: Story) -> None:
    """As an editor of chains would do it: the boundary hangs on what stands before it."""
    s.names["B2"]["parentUuid"] = s.names["B2"]["logicalParentUuid"]


@_mutation
def boundary2_dup(s: Story) -> None:
    s.line("B2", s.dump(s.names["B2"]))


@_mutation
def boundary2_meta_gone(s: Story) -> None:
    del s.names["B2"]["compactMetadata"]


@_mutation
def boundary2_subtype_gone(s: Story) -> None:
    del s.names["B2"]["subtype"]


@_mutation
def logicalparent_dangling(s: Story) -> None:
    s.names["B2"]["logicalParentUuid"] = missing()


@_mutation
def preserved_dangling(s: Story) -> None:
    if "preservedSegment" in _metadata(s):
        _metadata(s)["preservedSegment"].update(headUuid=missing(), tailUuid=missing())
        _metadata(s)["preservedMessages"].update(uuids=[missing()], allUuids=[missing()])


@_mutation
def preserved_removed(s: Story) -> None:
    _metadata(s).pop("preservedSegment", None)
    _metadata(s).pop("preservedMessages", None)


@_mutation
def preserved_all_history(s: Story) -> None:
    """The kept part begins with the first prompt."""
    if "preservedSegment" in _metadata(s):
        rows = [r["uuid"] for r in s.records[: s.place("B1")] if r["type"] in ("user", "assistant", "attachment")]
        rows.append(s.names["R3b"]["uuid"])
        _metadata(s)["preservedSegment"]["headUuid"] = rows[0]
        _metadata(s)["preservedMessages"].update(uuids=rows, allUuids=rows)


@_mutation
def summary2_removed(s: Story) -> None:
    s.drop("S2")


@_mutation
def summary2_removed_nolink(s: Story) -> None:
    s.drop("S2", relink=False)


@_mutation
def summary2_unflagged(s: Story) -> None:
    del s.names["S2"]["isCompactSummary"]


@_mutation
def cut_after_boundary2(s: Story) -> None:
    s.cut("B2")


@_mutation
def cut_after_summary2(s: Story) -> None:
    s.cut("S2")


@_mutation
def cut_mid_summary2(s: Story) -> None:
    """The client was killed while it wrote the summary."""
    s.cut("S2")
    s.instead("S2", s.dump(s.names["S2"])[:200])
    s.end = b""


@_mutation
def history_before_dropped(s: Story) -> None:
    s.records = s.records[s.place("B2") :]


@_mutation
def boundary2_swapped_summary(s: Story) -> None:
    """The summary stands in front of its boundary in the file."""
    one, two = s.place("B2"), s.place("S2")
    s.records[one], s.records[two] = s.records[two], s.records[one]


@_mutation
def lastprompt_before_boundary(s: Story) -> None:
    for record in s.records:
        if record["type"] == "last-prompt" and "leafUuid" in record:
            record["leafUuid"] = s.names["R3b"]["uuid"]


@_mutation
def post_parent_old(s: Story) -> None:
    """The first prompt after the compaction hangs on the last record before it, as another client would write it."""
    s.names["P4"]["parentUuid"] = s.names["R3b"]["uuid"]


@_mutation
def post_parent_null(s: Story) -> None:
    s.names["P4"]["parentUuid"] = None


@_mutation
def post_parent_broken(s: Story) -> None:
    s.names["P4"]["parentUuid"] = missing()


@_mutation
def shuffled(s: Story) -> None:
    random.Random(7).shuffle(s.records)


@_mutation
def third_boundary_bare(s: Story) -> None:
    s.add(
        "B3", "system", None, subtype="compact_boundary", content="Conversation compacted", level="info",
        logicalParentUuid=s.names["R5"]["uuid"], compactMetadata={"trigger": "auto", "preTokens": 12_000},
    )


@_mutation
def sidechain_in_middle(s: Story) -> None:
    s.insert("X", "R3", "user", message={"role": "user", "content": "SIDE"})
    s.names["C3"]["parentUuid"] = s.names["R3"]["uuid"]
    s.names["X"] |= {"isSidechain": True, "parentUuid": None}


@_mutation
def garbage_after_boundary(s: Story) -> None:
    s.line("B2", b"this is not json {")


def _replay(s: Story, place: int) -> None:
    """Everything up to the first call of the second turn once more, in front of a place."""
    copies = [dict(r) for r in s.records[: s.place("R2b")] if "uuid" in r]
    s.records[place:place] = copies


@_mutation
def replay_skips(s: Story) -> None:
    """A subagent's compaction wrote the history again, and the next prompt hangs on the last copy."""
    _replay(s, s.place("P5"))
    s.names["P5"]["parentUuid"] = s.names["O2"]["uuid"]


@_mutation
def replay_before_boundary(s: Story) -> None:
    """The second compaction wrote the history again, and names the hook's record behind it as the last one."""
    hook = s.add("H", "system", "O2", subtype="stop_hook_summary", hookCount=1)
    s.records.remove(hook)
    hook["timestamp"] = s.names["R3b"]["timestamp"].replace(".000Z", ".500Z")
    place = s.place("B2")
    s.records.insert(place, hook)
    _replay(s, place)
    s.names["B2"]["logicalParentUuid"] = hook["uuid"]
    if "preservedSegment" in _metadata(s):
        _metadata(s)["preservedSegment"]["tailUuid"] = hook["uuid"]
        del _metadata(s)["preservedMessages"]


@_mutation
def replay_harmless(s: Story) -> None:
    """What stands behind the last boundary once more, as a resume writes it."""
    start, end = s.place("B2"), s.place("P5")
    s.records[end:end] = [dict(r) for r in s.records[start:end] if "uuid" in r]


LARGE = tuple(
    f"c_big_{name}" for name in (
        "control", "boundary2_removed", "boundary2_bridged", "summary2_removed_nolink", "post_parent_broken",
        "garbage_after_boundary", "post_parent_old",
    )
)
"""The rows that the reference has of files above 5 MB, by the names of the small ones."""
