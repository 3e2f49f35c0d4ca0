"""The mutations of `tools.builder` that `tests/data/resume-table.md` has no row of, by their names in the reference
table: the same damage at other places, records out of order, and shapes that every client reads as they are.

Importing this module adds them to `MUTATIONS`.
"""

from __future__ import annotations

import copy
import random

from tools.builder import (
    MUTATIONS,
    Json,
    Story,
    at,
    content,
    dangling_leaf,
    missing,
    mutation,
    parent_broken,
    parent_broken_mid,
    sidechain_tail,
)

__all__ = ["MUTATIONS"]

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="


def without_pointers(s: Story) -> None:
    s.records = [record for record in s.records if record["type"] != "last-prompt"]


@mutation
def partial_parallel_nolink_last(s: Story) -> None:
    s.drop("O3", relink=False)


@mutation
def dup_tool_use_id_later(s: Story) -> None:
    content(s.names["C2"])[0]["id"] = "toolu_0001"
    content(s.names["O2"])[0]["tool_use_id"] = "toolu_0001"


@mutation
def result_far(s: Story) -> None:
    message = s.names["O1"]["message"]
    s.drop("O1")
    s.insert("X", "P3", "user", message=message)


@mutation
def crlf(s: Story) -> None:
    for record in s.records:
        s.raw[id(record)] = s.dump(record) + b"\r"


@mutation
def text_field_missing(s: Story) -> None:
    del content(s.names["R2"])[0]["text"]


@mutation
def surrogate_prompt(s: Story) -> None:
    s.names["P2"]["message"]["content"] = "PROMPT-2 \ud83d"


@mutation
def sig_foreign(s: Story) -> None:
    content(s.names["TH"])[0]["signature"] = "Zm9yZWlnbg==" * 8


@mutation
def think_only_end(s: Story) -> None:
    s.cut("TH")


def _mix(s: Story) -> None:
    random.Random(7).shuffle(s.records)


@mutation
def shuffled(s: Story) -> None:
    _mix(s)


@mutation
def shuffled_nolp(s: Story) -> None:
    without_pointers(s)
    _mix(s)


@mutation
def reversed_lines(s: Story) -> None:
    s.records.reverse()


@mutation
def reversed_nolp(s: Story) -> None:
    without_pointers(s)
    s.records.reverse()


@mutation
def sidechain_linked(s: Story) -> None:
    message = {**s.names["R2"]["message"], "id": "msg_side", "content": [s.text("SIDE")]}
    s.insert("X", "R2", "assistant", message=message)["isSidechain"] = True


@mutation
def sidechain_tail_nolp(s: Story) -> None:
    without_pointers(s)
    sidechain_tail(s)


@mutation
def unknown_type_loose(s: Story) -> None:
    s.records.insert(4, {"type": "novelty", "value": 1})


@mutation
def session_id_mixed(s: Story) -> None:
    for record in s.records[::2]:
        record["sessionId"] = missing()


@mutation
def tool_input_missing(s: Story) -> None:
    del content(s.names["C1"])[0]["input"]


def _picture(s: Story, media: str, data: str) -> None:
    source = {"type": "base64", "media_type": media, "data": data}
    s.names["P2"]["message"]["content"] = [s.text("PROMPT-2"), {"type": "image", "source": source}]


@mutation
def image_bad_media(s: Story) -> None:
    _picture(s, "image/bmp", PNG)


@mutation
def image_broken(s: Story) -> None:
    _picture(s, "image/png", "bm8gcGljdHVyZQ==")


@mutation
def tool_reference(s: Story) -> None:
    content(s.names["O1"])[0]["content"] = [{"type": "tool_reference", "tool_name": "mcp__gone__tool"}]


@mutation
def message_id_shared(s: Story) -> None:
    s.names["R2"]["message"]["id"] = s.names["R1"]["message"]["id"]


@mutation
def result_uuid_fields_gone(s: Story) -> None:
    for name in ("O1", "O2", "O3", "O4"):
        s.names[name].pop("toolUseResult", None)
        s.names[name].pop("sourceToolAssistantUUID", None)


@mutation
def toolUseResult_odd(s: Story) -> None:  # noqa: N802 - the row's name
    s.names["O1"]["toolUseResult"] = [1, None]


@mutation
def strict_minimum(s: Story) -> None:
    for record in s.records:
        for key in ("cwd", "version", "userType", "requestId"):
            record.pop(key, None)


@mutation
def attachments_removed(s: Story) -> None:
    for name in [name for name, record in s.names.items() if record["type"] == "attachment"]:
        s.drop(name)


@mutation
def attachments_removed_nolink(s: Story) -> None:
    for name in [name for name, record in s.names.items() if record["type"] == "attachment"]:
        s.drop(name, relink=False)


def _branch(s: Story, moment: str, *, at_fork: bool) -> None:
    s.user("XP", "R2", "BRANCH")
    s.assistant("XR", "XP", s.text("BRANCH"), "x")
    for place, name in enumerate(("XP", "XR")):
        s.names[name]["timestamp"] = moment.replace(".000Z", f".{5 + place}00Z")
    if at_fork:
        pair = [s.names["XP"], s.names["XR"]]
        s.records = [record for record in s.records if record not in pair]
        place = s.place("R2") + 1
        s.records[place:place] = pair


@mutation
def branch_tail_oldtime(s: Story) -> None:
    _branch(s, s.names["R2"]["timestamp"], at_fork=False)


@mutation
def branch_tail_oldtime_nolp(s: Story) -> None:
    without_pointers(s)
    branch_tail_oldtime(s)


@mutation
def branch_head_newtime(s: Story) -> None:
    _branch(s, s.stamp(s.clock + 60), at_fork=True)


@mutation
def branch_head_newtime_nolp(s: Story) -> None:
    without_pointers(s)
    branch_head_newtime(s)


@mutation
def branch_tail_lp_branch(s: Story) -> None:
    _branch(s, s.stamp(s.clock + 60), at_fork=False)
    _end_at(s, "XR")


@mutation
def branch_head_lp_branch(s: Story) -> None:
    _branch(s, s.names["R2"]["timestamp"], at_fork=True)
    _end_at(s, "XR")


@mutation
def dangling_leaf_lp_it(s: Story) -> None:
    dangling_leaf(s)
    _end_at(s, "X")


def _end_at(s: Story, name: str) -> None:
    without_pointers(s)
    s.pointer(name, "BRANCH")


def _head(s: Story, name: str) -> None:
    s.records = s.records[s.place(name) :]


@mutation
def head_cut(s: Story) -> None:
    _head(s, "O1")


@mutation
def head_cut_assistant(s: Story) -> None:
    _head(s, "R2")


@mutation
def summary_dangling(s: Story) -> None:
    s.records.insert(0, {"type": "summary", "summary": "A title", "leafUuid": missing()})


@mutation
def two_results_one_orphan(s: Story) -> None:
    content(s.names["O1"]).append({**content(s.names["O1"])[0], "tool_use_id": "toolu_9999", "content": "STRAY"})


@mutation
def result_in_assistant(s: Story) -> None:
    block = content(s.names["O1"])[0]
    s.drop("O1")
    content(s.names["R2"]).insert(0, block)


@mutation
def stop_reason_null(s: Story) -> None:
    for record in s.records:
        if record["type"] == "assistant":
            record["message"]["stop_reason"] = None


@mutation
def cwd_other(s: Story) -> None:
    for record in s.records:
        record["cwd"] = "/home/dev/elsewhere"


@mutation
def bash_interrupt_marker(s: Story) -> None:
    s.names["O1"]["message"]["content"] = [s.text("[Request interrupted by user for tool use]")]


@mutation
def x_fallback_fileorder(s: Story) -> None:
    """The record in front of the broken one in the file is a branch's, older than the true parent."""
    parent_broken(s)
    _branch(s, s.names["R2"]["timestamp"], at_fork=False)
    pair = [s.names["XP"], s.names["XR"]]
    s.records = [record for record in s.records if record not in pair]
    place = s.place("P3")
    s.records[place:place] = pair


@mutation
def x_broken_twice(s: Story) -> None:
    parent_broken_mid(s)
    parent_broken(s)


@mutation
def x_same_msgid_across_prompt(s: Story) -> None:
    s.names["R5"]["message"]["id"] = s.names["R4"]["message"]["id"]


@mutation
def x_interleaved_chain(s: Story) -> None:
    """Each call with its result right behind it, in one chain."""
    order = ("C2", "O2", "C3", "O3", "C4", "O4")
    for before, name in zip(("R3", *order), order, strict=False):
        s.names[name]["parentUuid"] = s.names[before]["uuid"]
    s.names["R4"]["parentUuid"] = s.names["O4"]["uuid"]
    start = s.place("C2")
    s.records = [record for record in s.records if not any(record is s.names[name] for name in order)]
    s.records[start:start] = [s.names[name] for name in order]


@mutation
def x_split_swapped(s: Story) -> None:
    """The thought and the text of one response in the other order."""
    one, two = s.names["TH"], s.names["R1"]
    one["message"]["content"], two["message"]["content"] = two["message"]["content"], one["message"]["content"]


@mutation
def x_transcript_only(s: Story) -> None:
    s.names["P2"]["isVisibleInTranscriptOnly"] = True


@mutation
def x_deep_json(s: Story) -> None:
    deep: list[object] = []
    for _ in range(200):
        deep = [deep]
    s.names["O1"]["toolUseResult"] = {"deep": deep}


@mutation
def x_linear_repeated(s: Story) -> None:
    """One chain, and the same line of a result once more."""
    if at(s.version, "2.1.20"):
        MUTATIONS["x_linear"](s)
    s.line("O2", s.dump(copy.deepcopy(s.names["O2"])))


def _stranger(s: Story, name: str, parent: str | None, words: str) -> None:
    s.user(name, parent, words)
    s.names[name]["sessionId"] = missing()


@mutation
def foreign_interleaved(s: Story) -> None:
    """Another session's conversation between the second and the third turn."""
    _stranger(s, "X1", None, "FOREIGN")
    _stranger(s, "X2", "X1", "FOREIGN")
    pair = [s.names["X1"], s.names["X2"]]
    s.records = [record for record in s.records if record not in pair]
    place = s.place("P3")
    s.records[place:place] = pair


@mutation
def foreign_interleaved_broken(s: Story) -> None:
    foreign_interleaved(s)
    parent_broken(s)


@mutation
def foreign_at_end(s: Story) -> None:
    without_pointers(s)
    _stranger(s, "X1", None, "FOREIGN")
    _stranger(s, "X2", "X1", "FOREIGN")


@mutation
def foreign_ids(s: Story) -> None:
    new = {record["uuid"]: f"ctc_{place:04}" for place, record in enumerate(s.records) if "uuid" in record}
    for record in s.records:
        for key in ("uuid", "parentUuid", "leafUuid"):
            if record.get(key) in new:
                record[key] = new[record[key]]


def _attachment(s: Story, value: Json) -> None:
    s.insert("X", "P2", "attachment", attachment=value)


@mutation
def attachment_missing(s: Story) -> None:
    s.insert("X", "P2", "attachment")


@mutation
def attachment_delta_empty(s: Story) -> None:
    _attachment(s, {"type": "deferred_tools_delta"})


@mutation
def attachment_diagnostics_odd(s: Story) -> None:
    _attachment(s, {"type": "diagnostics", "files": [{"uri": "file:///a.py"}]})


@mutation
def attachment_memories_empty(s: Story) -> None:
    _attachment(s, {"type": "relevant_memories"})


@mutation
def attachment_file_empty(s: Story) -> None:
    _attachment(s, {"type": "file"})
