"""Links: each shape found on the versions that lose by it, passed over on those that do not, and mended whole."""

from __future__ import annotations

import copy

import pytest

from tools.transcript import Record, Transcript, above_info, found, judge, mend, one, uuid
from unbrick.edit import Relink
from unbrick.finding import Safety, Severity
from unbrick.session import Standing
from unbrick.thread import Outcome

OLD, SEVENTY, POINTER, NEW = "1.0.128", "2.1.70", "2.1.139", "2.1.329"
EVERY = (OLD, SEVENTY, POINTER, NEW)


def base(version: str = POINTER) -> Transcript:
    """Five turns, a call in the second; 11 messages, the pointer last where the client writes one."""
    made = Transcript(version=version)
    made.prompt("first question")
    made.reply("first answer")
    made.prompt("run the tests")
    made.reply("running them", response="msg_calls")
    made.call("toolu_1", response="msg_calls")
    made.result("toolu_1", "2 failed")
    made.reply("two of them fail")
    made.prompt("mend them")
    made.reply("mended")
    made.prompt("thanks")
    made.reply("at your service")
    if version in (POINTER, NEW):
        made.pointer()
    return made


MESSAGES = 11


def without_pointer(records: list[Record], made: Transcript) -> None:
    del records[MESSAGES:]
    made.last = str(records[-1]["uuid"])


def parent_broken(records: list[Record], made: Transcript) -> None:
    records[7]["parentUuid"] = uuid(999)


def parent_broken_and_late(records: list[Record], made: Transcript) -> None:
    """The client bridges no further than five seconds back."""
    for record in records[7:MESSAGES]:
        record["timestamp"] = record["timestamp"].replace("09:00", "10:00")
    parent_broken(records, made)


def parent_null(records: list[Record], made: Transcript) -> None:
    records[7]["parentUuid"] = None


def parent_self(records: list[Record], made: Transcript) -> None:
    records[7]["parentUuid"] = records[7]["uuid"]


def parent_cycle(records: list[Record], made: Transcript) -> None:
    records[4]["parentUuid"] = records[7]["uuid"]


def uuid_missing(records: list[Record], made: Transcript) -> None:
    del records[6]["uuid"]


def uuid_duplicate(records: list[Record], made: Transcript) -> None:
    records[8]["uuid"] = records[3]["uuid"]


def line_missing(records: list[Record], made: Transcript) -> None:
    del records[6]


def dangling_leaf(records: list[Record], made: Transcript) -> None:
    without_pointer(records, made)
    made.prompt("one more", parent=uuid(998))


def sidechain_flag_last(records: list[Record], made: Transcript) -> None:
    records[MESSAGES - 1]["isSidechain"] = True


def sidechain_flag_last_no_pointer(records: list[Record], made: Transcript) -> None:
    without_pointer(records, made)
    sidechain_flag_last(records, made)


def sidechain_tail(records: list[Record], made: Transcript) -> None:
    end = str(records[MESSAGES - 1]["uuid"])
    pointed = len(records) > MESSAGES
    without_pointer(records, made)
    made.prompt("look around", parent=None)["isSidechain"] = True
    made.reply("looked around")["isSidechain"] = True
    if pointed:
        made.pointer(end)


def sidechain_linked(records: list[Record], made: Transcript) -> None:
    side = copy.deepcopy(records[6])
    side |= {"uuid": uuid(777), "isSidechain": True, "parentUuid": records[6]["uuid"]}
    side["message"]["id"] = "msg_side"
    records[7]["parentUuid"] = uuid(777)
    records.insert(7, side)


def sidechain_flag_mid(records: list[Record], made: Transcript) -> None:
    records[5]["isSidechain"] = True


def time_missing_last(records: list[Record], made: Transcript) -> None:
    del records[MESSAGES - 1]["timestamp"]


def time_missing_first(records: list[Record], made: Transcript) -> None:
    del records[0]["timestamp"]


def times_missing(records: list[Record], made: Transcript) -> None:
    for record in records:
        record.pop("timestamp", None)


def second_root(records: list[Record], made: Transcript) -> None:
    without_pointer(records, made)
    made.prompt("something else", parent=None)
    made.reply("of course")


def pointer_at_prompt(records: list[Record], made: Transcript) -> None:
    without_pointer(records, made)
    made.last = str(records[1]["uuid"])
    made.prompt("another way")
    made.reply("another answer")
    made.pointer(str(records[9]["uuid"]))


def message_id_missing(records: list[Record], made: Transcript) -> None:
    for record in records:
        if record["type"] == "assistant":
            del record["message"]["id"]


def progress_in_chain(records: list[Record], made: Transcript) -> None:
    progress = {key: records[6][key] for key in ("timestamp", "sessionId", "version", "isSidechain")}
    progress |= {"type": "progress", "uuid": uuid(555), "parentUuid": records[6]["uuid"],
                 "data": {"type": "bash_progress"}}
    records[7]["parentUuid"] = uuid(555)
    records.insert(7, progress)


def unknown_type_in_chain(records: list[Record], made: Transcript) -> None:
    records[6]["type"] = "mystery"


def reply_behind_retry(records: list[Record], made: Transcript) -> None:
    """The recovered reply is a dead branch: the next prompt hangs on the notice of the failure (#91113)."""
    without_pointer(records, made)
    made.prompt("and now?")
    fork = made.last
    made.reply("the recovered reply")
    made.last = fork
    made.retry()
    made.prompt("go on")
    made.reply("gone on")
    if made.version in (POINTER, NEW):
        made.pointer()


LOSSES = {
    "a parent that is not in the file": (parent_broken, "L001", (OLD, SEVENTY), 7),
    "a parent that is not in the file, out of reach": (parent_broken_and_late, "L001", EVERY, 7),
    "no parent in the middle": (parent_null, "L002", EVERY, 7),
    "a record that is its own parent": (parent_self, "L003", (OLD, SEVENTY), 7),
    "parents in a circle": (parent_cycle, "L003", (OLD, SEVENTY), 4),
    "a record without an id": (uuid_missing, "L010", (OLD, SEVENTY), 7),
    "an id given twice": (uuid_duplicate, "L004", EVERY, None),
    "a record gone": (line_missing, "L001", (OLD, SEVENTY), 6),
    "a last record with an unknown parent": (dangling_leaf, "L001", (OLD, SEVENTY), 11),
    "a second root": (second_root, "L002", EVERY, 11),
    "progress as a link": (progress_in_chain, "L008", (OLD,), 7),
    "a kind of record that is no link": (unknown_type_in_chain, "L001", (OLD, SEVENTY), 6),
    "a subagent's end": (sidechain_tail, "L006", (OLD,), 9),
    "a last record with a subagent's mark": (sidechain_flag_last, "L007", (SEVENTY, POINTER, NEW), None),
    "the same without a pointer": (sidechain_flag_last_no_pointer, "L007", (SEVENTY, POINTER, NEW), 1),
    "a last record without a time": (time_missing_last, "L007", EVERY, None),
    "a first record without a time": (time_missing_first, "L007", (OLD, SEVENTY), 10),
    "no times at all": (times_missing, "L007", EVERY, None),
    "a pointer at a prompt whose reply is there": (pointer_at_prompt, "L006", (POINTER, NEW), 1),
    "replies without a response id": (message_id_missing, "L012", (SEVENTY, POINTER, NEW), 0),
    "a reply beside the notice of a retry": (reply_behind_retry, "L005", EVERY, 1),
}


@pytest.mark.parametrize("version", EVERY)
@pytest.mark.parametrize("case", LOSSES)
def test_a_loss_is_found_where_it_happens_and_mended(case: str, version: str) -> None:
    change, code, losing, regained = LOSSES[case]
    made = base(version)
    change(made.records, made)
    report = judge(made, version)
    errors = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    if version not in losing:
        assert code not in {finding.code for finding in errors}
        return
    assert {finding.code for finding in errors} == {code}, [f.message for f in errors]
    mended = mend(made, version)
    left = ["L005@12"] if case == "a pointer at a prompt whose reply is there" else []
    assert above_info(mended.after) == left
    assert all(applied.fix.safety is Safety.SAFE for applied in mended.applied)
    if code != "L012":
        assert report.resume.lost == report.resume.recoverable > 0
    if regained is not None:
        assert mended.after.resume.messages - report.resume.messages == regained
    lost = sum(standing == Standing.LOST for standing in mended.after.situation.thread.standing)
    assert lost == 0


HARMLESS = {
    "nothing": (lambda records, made: None, None),
    "a line written twice": (lambda records, made: records.insert(9, copy.deepcopy(records[5])), None),
    "a record of the main conversation with a subagent's mark": (sidechain_flag_mid, "L011"),
    "a bridged gap": (parent_broken, "L001"),
    "progress": (progress_in_chain, "L008"),
}


@pytest.mark.parametrize("version", [POINTER, NEW])
@pytest.mark.parametrize("case", HARMLESS)
def test_what_the_client_gets_over_is_information(case: str, version: str) -> None:
    change, code = HARMLESS[case]
    made = base(version)
    change(made.records, made)
    report = judge(made, version)
    assert above_info(report) == []
    assert report.resume.messages == MESSAGES
    if code:
        assert one(report, code).severity is Severity.INFO


@pytest.mark.parametrize("change", [parent_self, parent_cycle])
def test_old_clients_hang_on_a_circle(change: object) -> None:
    made = base(OLD)
    change(made.records, made)  # type: ignore[operator]
    finding = one(judge(made, OLD), "L003")
    assert finding.outcome is Outcome.HANG
    assert finding.api_error


def test_a_file_of_subagent_records_is_explained_and_left_alone() -> None:
    made = base()
    for record in made.records:
        record["isSidechain"] = True
    finding = one(judge(made), "L007")
    assert finding.outcome is Outcome.NOT_FOUND
    assert "another session" in finding.message
    (adopt,) = finding.fixes
    assert adopt.safety is Safety.MANUAL
    assert mend(made).applied == ()
    assert mend(made, chosen={finding.id: adopt.id}).after.resume.messages == MESSAGES


def test_a_subagents_message_in_the_chain_is_a_warning_and_never_mended_unasked() -> None:
    made = base()
    sidechain_linked(made.records, made)
    finding = one(judge(made), "L011")
    assert finding.severity is Severity.WARNING
    assert {fix.safety for fix in finding.fixes} == {Safety.LOSSY, Safety.MANUAL}
    assert mend(made).applied == ()
    after = mend(made, allow={Safety.LOSSY}).after
    assert above_info(after) == []
    assert after.resume.messages == MESSAGES


def _target_of(made: Transcript, code: str, version: str = NEW) -> str | None:
    (fix,) = one(judge(made, version), code).fixes
    (edit,) = fix.edits
    assert isinstance(edit, Relink)
    return edit.parent


def test_a_relink_passes_over_subagents_and_stops_at_a_boundary() -> None:
    made = base(NEW)
    without_pointer(made.records, made)
    made.boundary()
    made.summary("1. what was done so far")
    end = made.last
    made.reply("a subagent speaks", parent=None)["isSidechain"] = True
    made.prompt("go on", parent=None)
    made.reply("gone on")
    assert _target_of(made, "L002") == end


def test_a_relink_to_a_bare_boundary_does_not_reach_behind_it() -> None:
    made = base(NEW)
    without_pointer(made.records, made)
    boundary = made.boundary()
    made.prompt("go on", parent=None)
    made.reply("gone on")
    report = judge(made, NEW)
    parents = [
        edit.parent for finding in found(report, "L002") for fix in finding.fixes for edit in fix.edits
        if isinstance(edit, Relink)
    ]
    assert set(parents) <= {boundary["uuid"]}


def test_a_relink_never_brings_a_rewound_branch_back() -> None:
    made = base(NEW)
    without_pointer(made.records, made)
    fork = made.last
    made.prompt("a question that is taken back")
    made.reply("an answer that nobody wants")
    made.last = fork
    made.prompt("a better question")
    kept = made.reply("a better answer")["uuid"]
    made.prompt("go on", parent=None)
    made.reply("gone on")
    made.pointer()
    assert _target_of(made, "L002") == kept
    assert one(judge(made, NEW), "L002").message.count("13 messages") == 1


def test_many_breaks_are_mended_in_one_go() -> None:
    made = Transcript(version=SEVENTY).talk(40)
    for place in range(10, 80, 10):
        made.records[place]["parentUuid"] = uuid(5000 + place)
    report = judge(made, SEVENTY)
    assert len(found(report, "L001")) == 7
    mended = mend(made, SEVENTY)
    assert mended.after.resume.messages == 80
    assert above_info(mended.after) == []


def test_a_parent_on_a_damaged_line_is_left_to_that_lines_mend() -> None:
    made = base(SEVENTY)
    raw = made.data().splitlines(keepends=True)
    raw[6] = b"\x00" * 64 + raw[6]
    finding = one(judge(b"".join(raw), SEVENTY), "L001")
    assert not finding.fixes
    assert "damaged" in finding.message
    mended = mend(b"".join(raw), SEVENTY)
    assert mended.after.resume.messages == MESSAGES
    assert above_info(mended.after) == []


def parallel(version: str, padding: int = 0) -> Transcript:
    """Three calls in one response, each result on its own call."""
    made = Transcript(version=version)
    made.prompt("look at all three")
    calls = [made.call(f"toolu_{number}", response="msg_all")["uuid"] for number in (1, 2, 3)]
    for number in (1, 3, 2):
        made.result(f"toolu_{number}", f"part {number}", parent=calls[number - 1])
    made.reply("all three are fine")
    made.prompt("thanks", toolUseResult="x" * padding)
    made.reply("at your service")
    made.pointer()
    return made


@pytest.mark.parametrize(("version", "padding", "hurts"), [
    (SEVENTY, 0, True), ("2.1.90", 0, False), (POINTER, 0, False), (POINTER, 6_000_000, True), (NEW, 6_000_000, False),
], ids=["one branch only", "put back", "put back, small", "large file", "large file, newest"])
def test_parallel_results(version: str, padding: int, hurts: bool) -> None:
    made = parallel(version, padding)
    report = judge(made, version)
    finding = one(report, "L009")
    assert finding.severity is (Severity.ERROR if hurts else Severity.INFO)
    if hurts:
        after = mend(made, version).after
        assert above_info(after) == []
        assert after.resume.messages == len(made.records) - 1


def test_a_branch_that_may_have_been_left_is_offered_with_its_price() -> None:
    made = base()
    without_pointer(made.records, made)
    fork = made.last
    made.prompt("one question")
    made.reply("one answer")
    made.last = fork
    made.reply("the same client, going on without a prompt")
    made.pointer()
    finding = one(judge(made), "L005")
    assert finding.severity is Severity.WARNING
    (fix,) = finding.fixes
    assert fix.safety is Safety.MANUAL
    assert fix.price == "brings back 2 messages, leaves 1 message out"


def test_a_partial_reply_that_was_sent_again_is_no_loss() -> None:
    made = base()
    without_pointer(made.records, made)
    made.prompt("and now?")
    fork = made.last
    made.reply("a repl")
    made.last = fork
    made.retry()
    made.reply("a reply")
    made.prompt("go on")
    made.reply("gone on")
    made.pointer()
    report = judge(made)
    assert above_info(report) == []
    assert one(report, "L005").fixes[0].safety is Safety.RESTORES
