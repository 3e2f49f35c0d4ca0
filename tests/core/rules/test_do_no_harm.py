"""Shapes that look like damage and are none: nothing above info, and a repair that leaves every byte.

In public transcripts 29 % of the files hold parallel results off the plain walk over parents, a third hold user records
behind each other, a third of the boundaries name a last record that is not there, and most records whose parent is
missing in the middle of a file stand before a boundary.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools import builder, compactions, mutations, transcript
from tools.transcript import Transcript, above_info, judge, mend, uuid
from unbrick.edit import Relink
from unbrick.entry import Flag, Kind
from unbrick.report import Report

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "claude_code"
BROKEN = {"compact_timeout": {"B002"}}
"""Cases in which history was lost, and the rules that say so."""
VERSIONS = ("1.0.128", "2.0.76", "2.1.90", "2.1.139", "2.1.329")


def corpus() -> Iterator[Path]:
    """The main transcripts of every recorded session."""
    for known in sorted(CORPUS.glob("*/*/next-*.json")):
        outcome = json.loads(known.read_text())
        if outcome["accepted"]:
            yield known.parent / "project" / outcome["session"]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus of real sessions beside the checkout")
def test_no_recorded_session_has_lost_history_on_the_client_that_wrote_it() -> None:
    paths = list(corpus())
    assert len(paths) >= 50
    for path in paths:
        version, case = path.parts[-4], path.parts[-3]
        report = transcript.judge(path.read_bytes(), version, model=None)
        found = {one.code for one in report.findings if one.severity != "info" and one.code[0] in "LB"}
        assert found <= BROKEN.get(case, set()), (path, found)
        transcript.close()


def parallel(made: Transcript) -> None:
    made.prompt("look at both")
    first = made.call("toolu_1", response="msg_both")
    second = made.call("toolu_2", response="msg_both")
    made.result("toolu_1", parent=first["uuid"])
    made.result("toolu_2", parent=second["uuid"])
    made.reply("both are fine")


def users_in_a_row(made: Transcript) -> None:
    made.prompt("one thing")
    made.prompt("<local-command-stdout>done</local-command-stdout>", isMeta=True)
    made.prompt("and another")
    made.reply("both done")


def logical_parent_gone(made: Transcript) -> None:
    made.boundary()["logicalParentUuid"] = uuid(900)
    made.summary("Summary:\n1. what was done")
    made.talk(2)


def orphan_before_a_boundary(made: Transcript) -> None:
    made.prompt("hangs on nothing", parent=uuid(901))
    made.reply("nor does this know")
    made.boundary()
    made.summary("Summary:\n1. what was done")
    made.talk(2)


def snapshot_of_a_message(made: Transcript) -> None:
    """A snapshot carries the id of the message that it belongs to (anthropics/claude-code#36583)."""
    named = made.prompt("change the file")["uuid"]
    made.records.append({"type": "file-history-snapshot", "messageId": named, "snapshot": {"messageId": named}})
    made.reply("changed")


def rewound(made: Transcript) -> None:
    fork = made.last
    made.prompt("this way")
    made.reply("gone this way")
    made.last = fork
    made.prompt("no, that way")
    made.reply("gone that way")


def written_twice(made: Transcript) -> None:
    made.talk(1)
    made.records.append(dict(made.records[-1]))


def copied_from_another_session(made: Transcript) -> None:
    """A resumed session of 1.0 holds the records of the one before, under their name."""
    for record in made.records:
        record["sessionId"] = uuid(902)
    made.talk(2)


LEGITIMATE: dict[str, Callable[[Transcript], None]] = {
    "parallel calls as a tree": parallel, "user records in a row": users_in_a_row,
    "a boundary that names a record that is gone": logical_parent_gone,
    "a missing parent before a boundary": orphan_before_a_boundary,
    "a snapshot with a message's id": snapshot_of_a_message, "a branch that was left": rewound,
    "a line written twice": written_twice, "records of the session before": copied_from_another_session,
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", LEGITIMATE)
def test_a_legitimate_shape_is_left_alone(case: str, version: str) -> None:
    if case == "parallel calls as a tree" and version in ("1.0.128", "2.0.76"):
        pytest.skip("these versions write parallel calls as one chain")
    made = Transcript(version=version).talk(2)
    LEGITIMATE[case](made)
    if version in ("2.1.139", "2.1.329"):
        made.pointer()
    assert above_info(judge(made, version)) == []
    assert not mend(made, version).patch


# Laws of linking again.

DAMAGED = [
    name for name in (*mutations.MUTATIONS, *compactions.MUTATIONS)
    if name not in ("attachment_missing", "image_bad_media", "image_broken")
]


def segments(report: Report) -> dict[str, int]:
    """Id of each record → how many boundaries stand before it in the file."""
    session = report.situation.session
    found, count = {}, 0
    for row in range(len(session)):
        count += session.kind(row) is Kind.BOUNDARY
        found[str(session.uuid(row))] = count
    return found


@settings(max_examples=60)
@given(name=st.sampled_from(DAMAGED), version=st.sampled_from(VERSIONS))
def test_a_relink_keeps_to_the_conversation(name: str, version: str) -> None:
    """Never a subagent's or another session's record for a parent, never across a boundary; and what is brought back
    is said in messages and tokens."""
    kind = compactions if name.startswith("c_") else builder
    _control, data = kind.mutated(version, name)
    report = judge(data, version, model=builder.story(version).model)
    session, thread, places = report.situation.session, report.situation.thread, segments(report)
    for finding in report.findings:
        for fix in finding.fixes:
            for edit in fix.edits:
                if not isinstance(edit, Relink) or edit.parent is None or finding.code in ("B007", "L005", "L015"):
                    continue
                row, parent = session.scan.view.row(edit.at), session.row(edit.parent)
                assert row is not None
                if parent is None:
                    continue  # An id that an edit before this one gives.
                assert not session.has(parent, Flag.SIDECHAIN | Flag.TEAM)
                assert parent not in thread.foreign or row in thread.foreign
                if session.in_order and parent < row:
                    assert places[str(session.uuid(row))] == places[str(session.uuid(parent))]
            if fix.brings and finding.code in ("L001", "L002", "L003", "L006", "L014") and fix.id != "root":
                assert "brings back" in fix.price
                assert "tokens" in fix.price
    transcript.close()


@settings(max_examples=40)
@given(name=st.sampled_from([name for name in compactions.MUTATIONS if "preserved" not in name and "meta" not in name]))
def test_what_a_boundary_keeps_stays_whole(name: str) -> None:
    """After a repair the messages that a boundary keeps are all loaded or, where it is gone, all in the history."""
    _control, data = compactions.mutated("2.1.329", name)
    after = mend(data, "2.1.329", model=builder.story("2.1.329").model).after
    situation = after.situation
    boundary = situation.thread.boundary
    if boundary is not None:
        rows = [situation.session.row(one) for one in situation.kept(boundary)]
        loaded = {row in situation.loaded for row in rows if row is not None}
        assert len(loaded) < 2 or after.resume.outcome != "accepted"
    transcript.close()
