"""What each rule about lost, doubled and mixed history says, and what its mends cost."""

from __future__ import annotations

import json

import pytest

from tools import builder, compactions, mutations
from tools.transcript import Transcript, above_info, fix, found, judge, mend, one, uuid
from unbrick.finding import Finding, Safety, Severity
from unbrick.thread import Outcome

assert mutations.MUTATIONS, "importing the module adds its rows"

NEW = "2.1.329"


def damaged(name: str, version: str = NEW) -> bytes:
    kind = compactions if name.startswith("c_") else builder
    return kind.mutated(version, name)[1]


def finding(name: str, code: str, version: str = NEW) -> Finding:
    return one(judge(damaged(name, version), version), code)


def left(count: int) -> Transcript:
    """A conversation in which the person went back so many times."""
    made = Transcript().talk(1)
    fork = made.last
    for number in range(count + 1):
        made.last = fork
        made.prompt(f"way {number}")
        made.reply(f"gone way {number}")
        made.pointer()
    return made


def test_branches_that_were_left_are_offered_the_last_first() -> None:
    told = one(judge(left(7)), "L013")
    assert told.severity is Severity.INFO
    assert "14 messages were, in 7 branches, left for a later prompt" in told.message
    assert len(told.fixes) == 5
    assert told.fixes[0].title.startswith("Go on from line 22")
    assert all(offered.safety is Safety.MANUAL for offered in told.fixes)


def test_a_branch_that_was_left_can_be_the_conversation_again() -> None:
    made = left(1)
    told = one(judge(made), "L013")
    after = mend(made, chosen={told.id: told.fixes[0].id}).after
    assert after.resume.messages == 4
    texts = [after.situation.text(row) for row in after.situation.thread.rows]
    assert any("gone way 0" in text for text in texts)
    assert not any("gone way 1" in text for text in texts)


def test_a_prompt_alone_is_no_proof_that_a_branch_was_left() -> None:
    """Another beginning stood behind it when the next prompt was typed, so a resume would have lost it as well."""
    made = Transcript().talk(2)
    made.prompt("another beginning", parent=None)
    made.reply("of something else")
    made.last = str(made.records[1]["uuid"])
    made.prompt("and on from there")
    made.reply("gone on")
    made.pointer()
    report = judge(made)
    assert report.resume.rewound == 0
    told = next(one_ for one_ in found(report, "L005") if one_.row == 2)
    assert told.fixes[0].safety is Safety.MANUAL


def test_copies_that_nothing_hangs_on_are_information() -> None:
    told = finding("c_replay_harmless", "L015")
    assert told.severity is Severity.INFO
    assert "MB that nobody needs" in told.message
    assert told.fixes[0].safety is Safety.SAFE


def test_copies_come_out_byte_for_byte() -> None:
    data = damaged("c_replay_skips")
    mended = mend(data, NEW, model="claude-opus-5-5")
    kept = {line for line in data.split(b"\n") if line}
    view = mended.after.situation.session.scan.view
    changed = [row for row in range(len(view)) if view.raw(row).strip() not in kept]
    assert len(changed) == 1, "only the record that hung on a copy is another now"
    assert above_info(mended.after) == []


def test_another_sessions_records_are_no_ones_parents() -> None:
    report = judge(damaged("foreign_interleaved_broken", "2.1.90"), "2.1.90")
    mended = mend(damaged("foreign_interleaved_broken", "2.1.90"), "2.1.90")
    assert one(report, "L016").severity is Severity.ERROR
    assert above_info(mended.after) == []
    assert not mended.after.situation.thread.foreign & mended.after.situation.thread.members


def test_the_name_of_a_session_alone_says_nothing() -> None:
    for name in ("session_id_mixed", "session_id_other"):
        assert not found(judge(damaged(name), NEW), "L016")


def test_ids_are_renamed_wherever_they_are_named() -> None:
    told = finding("foreign_ids", "L017")
    after = mend(damaged("foreign_ids"), NEW, chosen={told.id: "rename"}).after
    assert not found(after, "L017")
    assert after.resume.messages == judge(damaged("control"), NEW).resume.messages
    view = after.situation.session.scan.view
    assert not any(b"ctc_" in view.raw(row) for row in range(len(view)))


def test_a_summary_without_its_boundary_is_sent_and_what_was_before_can_come_back() -> None:
    for name, version in (("c_boundary2_removed", "2.1.139"), ("c_boundary2_removed", NEW)):
        told = finding(name, "B007", version)
        assert told.severity is Severity.INFO
        undo = fix(told, "uncompact")
        assert undo.safety is Safety.RESTORES
        assert "brings back" in undo.price


def test_a_summary_beside_its_history_can_begin_the_conversation() -> None:
    told = finding("c_boundary2_removed_nolink", "B007")
    begin = fix(told, "begin")
    assert begin.safety is Safety.LOSSY
    after = mend(damaged("c_boundary2_removed_nolink"), NEW, chosen={told.id: "begin"}).after
    assert after.resume.messages == judge(damaged("c_boundary2_removed"), NEW).resume.messages


def test_what_an_earlier_compaction_summarised_need_not_be_kept() -> None:
    told = finding("c_preserved_all_history", "B008")
    assert told.severity is Severity.WARNING
    after = mend(damaged("c_preserved_all_history"), NEW, chosen={told.id: "keep"}).after
    assert above_info(after) == []
    # The one that the first compaction kept may be kept by the second as well.
    assert after.resume.messages == judge(damaged("c_control"), NEW).resume.messages + 1


@pytest.mark.parametrize("name", ["c_preserved_dangling", "c_boundary2_meta_gone", "c_preserved_removed"])
def test_the_last_message_before_a_compaction_can_be_kept_again(name: str) -> None:
    told = finding(name, "B003")
    after = mend(damaged(name), NEW, chosen={told.id: "keep"}).after
    assert not found(after, "B003")
    row = after.situation.thread.boundary
    assert row is not None
    kept = after.situation.session.value(row)["compactMetadata"]
    before = json.loads(compactions.mutated(NEW, "c_control")[0].split(b"\n")[20])["compactMetadata"]
    assert kept["preservedSegment"] == before["preservedSegment"]
    assert kept["preservedMessages"] == before["preservedMessages"]


def test_an_attachment_stops_only_the_versions_that_rely_on_it() -> None:
    stopping = {
        "attachment_missing": ("2.1.200", "2.1.217"), "attachment_delta_empty": ("2.1.217", "2.1.218"),
        "attachment_diagnostics_odd": ("2.1.222", "2.1.223"), "attachment_file_empty": ("2.1.266", "2.1.281"),
    }
    for name, (last, first) in stopping.items():
        stopped = finding(name, "C023", last)
        assert (stopped.severity, stopped.outcome) == (Severity.ERROR, Outcome.CRASH), name
        assert finding(name, "C023", first).severity is Severity.INFO, name
    assert finding("attachment_memories_empty", "C023").outcome is Outcome.CRASH
    assert above_info(mend(damaged("attachment_memories_empty"), NEW).after) == []


def test_a_stored_text_is_sent_whatever_else_an_attachment_lacks() -> None:
    made = Transcript(version=NEW).talk(1)
    record = made.add("attachment", attachment={"type": "relevant_memories"})
    assert judge(made, NEW).resume.outcome is Outcome.CRASH
    record["rendered"] = [{"content": "<system-reminder>\nremember\n</system-reminder>"}]
    assert judge(made, NEW).resume.outcome is Outcome.ACCEPTED


def test_notices_whose_id_may_be_quoted_are_told_to_the_clients_that_quote() -> None:
    made = Transcript().talk(2)
    made.error("API Error: 529 Overloaded")
    told = one(judge(made, "2.1.158"), "E005")
    assert told.severity is Severity.INFO
    assert mend(made, "2.1.158", chosen={told.id: "notices"}).after.resume.messages == 4
    assert not found(judge(made, NEW), "E005")
    made.prompt("again")
    made.reply("here I am")
    assert not found(judge(made, "2.1.158"), "E005")


def test_a_copy_with_another_parent_does_not_cut_off_what_the_first_follows() -> None:
    made = Transcript().talk(3)
    copy = dict(made.records[4], parentUuid=made.records[0]["uuid"])
    made.records.append(copy)
    told = one(judge(made), "L004")
    assert told.severity is Severity.WARNING
    assert told.fixes[0].safety is Safety.RESTORES
    assert mend(made, chosen={told.id: "as-first"}).after.resume.messages == 6


def test_a_circle_at_the_beginning_is_opened_there() -> None:
    told = finding("parent_cycle_root", "L003", "1.0.128")
    assert told.fixes[0].id == "root"
    assert above_info(mend(damaged("parent_cycle_root", "1.0.128"), "1.0.128").after) == []


def test_a_record_that_two_branches_may_have_gone_on_to_is_not_hung_anywhere_unasked() -> None:
    told = finding("x_fallback_fileorder", "L001", "2.1.90")
    assert told.fixes[0].safety is Safety.RESTORES
    assert uuid(1) not in told.message
