"""Edits that make a session smaller: what they write, and that what follows is hung where it belongs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.transcript import Transcript, judge, uuid
from unbrick.clock import FixedClock
from unbrick.edit import Clear, DropRecords, Edit, Forget, Recount
from unbrick.formats.table import FORMATS
from unbrick.patch import View
from unbrick.record import At
from unbrick.repair import lower

Json = dict[str, Any]


def edited(made: Transcript, *edits: Edit) -> list[Json]:
    """The records of a transcript after some edits."""
    report = judge(made)
    patch = lower(FORMATS[0], report.situation, edits, {}, FixedClock())
    return [json.loads(raw) for raw in View(report.bundle.main, patch).raws()]


def talk() -> Transcript:
    made = Transcript()
    made.prompt("run it")
    made.call("toolu_1")
    content = made.result("toolu_1", "a long text")["message"]["content"]
    content.append({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}})
    made.reply("ran it", tokens=5_000)
    made.prompt("again")
    made.reply("ran it again", tokens=9_000)
    made.pointer()
    return made


def test_a_result_keeps_its_id_and_an_image_becomes_a_text() -> None:
    records = edited(talk(), Clear(At(3), ((0, "[gone]"), (1, "[an image]"))))
    result, image = records[2]["message"]["content"]
    assert (result["type"], result["tool_use_id"], result["content"]) == ("tool_result", "toolu_1", "[gone]")
    assert image == {"type": "text", "text": "[an image]"}


@pytest.mark.parametrize("block", [2, -1])
def test_a_block_that_is_not_there_is_refused(block: int) -> None:
    with pytest.raises(KeyError):
        edited(talk(), Clear(At(3), ((block, "[gone]"),)))


def counted(record: Json) -> int:
    return sum(value for key, value in record["message"]["usage"].items() if key.endswith("tokens"))


@pytest.mark.parametrize(("freed", "left"), [
    (((3, 1_000),), (4_000, 8_000)), (((3, 1_000), (5, 2_000)), (4_000, 6_000)), (((5, 500),), (5_000, 8_500)),
    (((1, 7_000),), (0, 2_000)),
], ids=["before both", "before each", "between them", "more than was counted"])
def test_each_count_is_lowered_by_what_was_taken_out_before_it(
    freed: tuple[tuple[int, int], ...], left: tuple[int, int]
) -> None:
    edit = Recount(tuple(At(line) for line, _count in freed), tuple(count for _line, count in freed))
    records = edited(talk(), edit)
    assert (counted(records[3]), counted(records[5])) == left


def test_what_followed_a_run_of_dropped_records_follows_what_stands_before_it() -> None:
    made = Transcript(version="2.1.70")
    made.prompt("run it")
    made.call("toolu_1")
    for _number in range(5):
        made.add("progress", data={"type": "bash_progress"})
    made.result("toolu_1", "done")
    made.reply("ran it")
    records = edited(made, DropRecords(tuple(map(At, range(3, 8)))))
    assert [record["type"] for record in records] == ["user", "assistant", "user", "assistant"]
    assert records[2]["parentUuid"] == uuid(2)


def test_a_missing_parent_above_dropped_records_is_still_named() -> None:
    made = Transcript()
    made.prompt("one", parent="nobody")
    made.prompt("two")
    made.prompt("three")
    assert edited(made, DropRecords((At(1), At(2))))[0]["parentUuid"] == "nobody"


def test_records_that_hang_on_each_other_go_without_end() -> None:
    made = Transcript()
    made.prompt("one", parent=uuid(2))
    made.prompt("two")
    made.prompt("three")
    assert edited(made, DropRecords((At(1), At(2))))[0]["parentUuid"] is None


def test_a_pointer_to_a_dropped_record_names_what_stands_before_it() -> None:
    records = edited(talk(), DropRecords((At(6),)))
    assert records[-1]["leafUuid"] == uuid(5)


def test_one_of_two_copies_leaves_the_links_alone() -> None:
    made = Transcript().talk(2)
    made.records.insert(1, made.records[1])
    records = edited(made, DropRecords((At(2),)))
    assert records == Transcript().talk(2).records


def test_what_a_compaction_kept_stays_when_the_history_goes() -> None:
    made = Transcript(version="2.1.329").talk(4)
    names = [str(record["uuid"]) for record in made.records[-2:]]
    boundary = made.boundary()
    summary = made.summary("Summary:\n1. everything so far")
    boundary["compactMetadata"]["preservedMessages"] = {
        "anchorUuid": summary["uuid"], "uuids": names, "allUuids": names,
    }
    made.prompt("go on")
    made.reply("gone on")
    made.pointer()
    line = made.records.index(boundary) + 1
    report = judge(made, "2.1.329")
    patch = lower(FORMATS[0], report.situation, [Forget(At(line))], {}, FixedClock())
    kept = [json.loads(raw).get("uuid") for raw in View(report.bundle.main, patch).raws()]
    assert kept[:3] == [*names, boundary["uuid"]]
    after = judge(made, "2.1.329", patch=patch)
    assert list(after.situation.request.messages()) == list(report.situation.request.messages())
