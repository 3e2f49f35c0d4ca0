"""What becomes of the records that are not loaded, and where the losses are counted."""

from __future__ import annotations

import pytest

from tools.builder import MUTATIONS, Story, story
from unbrick.formats.claude_code import ClaudeCode
from unbrick.patch import View
from unbrick.scanning.scan import finish, scan
from unbrick.session import Session, Standing, link
from unbrick.source import Source
from unbrick.target import Target, Version
from unbrick.thread import Outcome, Thread, Why

CLAUDE = ClaudeCode()
PREFACE = (
    "This session is being continued from a previous conversation that ran out of context. The summary below covers "
    "the earlier portion of the conversation."
)


def loaded(data: bytes, version: str) -> tuple[Session, Thread]:
    with Source.of(data, "/home/dev/0b5e55a1.jsonl") as source:
        session = link(finish(scan(View(source), CLAUDE.bare)))
        return session, CLAUDE.thread(session, Target("claude-code", Version.parse(version)))


def damaged(name: str, version: str) -> tuple[Story, Session, Thread]:
    s = story(version)
    MUTATIONS[name](s)
    return (s, *loaded(s.data(), version))


def standing(s: Story, session: Session, thread: Thread, name: str) -> Standing:
    row = session.row(s.names[name]["uuid"])
    assert row is not None
    return thread.standing_of(row)


LOST = [
    pytest.param("parent_null", "2.1.329", ("P1", "R2", "O4", "R4"), id="all before a root in the middle"),
    pytest.param("missing_line_mid", "2.1.90", ("P1", "C4", "O2"), id="all before a missing line"),
    pytest.param("control", "2.1.20", ("C4", "O4", "O2"), id="parallel calls that the version leaves out"),
    pytest.param("json_nonobject", "2.1.90", ("P2", "R5"), id="all behind a line that stops the reading"),
    pytest.param("sidechain_flag_last", "2.1.139", ("P1", "P3"), id="everything of a conversation that is not found"),
]


@pytest.mark.parametrize(("name", "version", "names"), LOST)
def test_lost(name: str, version: str, names: tuple[str, ...]) -> None:
    s, session, thread = damaged(name, version)
    assert [standing(s, session, thread, one) for one in names] == [Standing.LOST] * len(names)
    assert sum(loss.messages for loss in thread.losses) >= len(names)


def test_an_untouched_session_is_loaded_whole() -> None:
    s, session, thread = damaged("control", "2.1.139")
    assert {standing(s, session, thread, name) for name in s.names} == {Standing.LOADED}
    assert thread.losses == ()


def test_a_branch_left_for_a_later_prompt_is_rewound() -> None:
    s = story("2.1.139")
    s.user("XP", "R2", "PROMPT-9")
    s.assistant("XR", "XP", s.text("REPLY-9"), "x")
    s.pointer("XR", "PROMPT-9")
    session, thread = loaded(s.data(), "2.1.139")
    assert {standing(s, session, thread, name) for name in ("P2", "R3", "O4", "P3", "R5")} == {Standing.REWOUND}
    assert thread.losses == ()


def test_a_branch_that_went_on_beside_the_loaded_one_is_undecided() -> None:
    s, session, thread = damaged("branch_tail", "2.1.139")
    assert {standing(s, session, thread, name) for name in ("XP", "XR")} == {Standing.UNDECIDED}


def test_what_a_boundary_summarises() -> None:
    s = story("2.1.139")
    s.add("B", "system", None, subtype="compact_boundary", logicalParentUuid=s.names["R5"]["uuid"])
    s.user("S", "B", "This session is being continued from a previous conversation", isCompactSummary=True)
    s.assistant("X", "S", s.text("REPLY-9"), "x")
    s.pointer("X", "PROMPT-3")
    session, thread = loaded(s.data(), "2.1.139")
    assert standing(s, session, thread, "P1") is standing(s, session, thread, "O4") is Standing.SUMMARISED
    assert thread.boundary == session.row(s.names["B"]["uuid"])
    assert thread.losses == ()


UNSOUND = [
    pytest.param("Request timed out", "2.1.329", ("P1", "O4", "R5"), id="a summary that is only an error"),
    pytest.param(None, "2.1.329", ("P1", "O4", "R5"), id="no summary, and the client opens with nothing"),
    pytest.param(None, "2.1.70", ("P1", "O4", "R5"), id="no summary, and the client begins at the boundary"),
]


@pytest.mark.parametrize(("body", "version", "names"), UNSOUND)
def test_a_boundary_without_a_summary_stands_for_nothing(
    body: str | None, version: str, names: tuple[str, ...]
) -> None:
    s = story("2.1.139")
    s.add("B", "system", None, subtype="compact_boundary", logicalParentUuid=s.names["R5"]["uuid"])
    if body is not None:
        s.user("S", "B", f"{PREFACE}\n\n{body}", isCompactSummary=True)
        s.assistant("X", "S", s.text("REPLY-9"), "x")
    session, thread = loaded(s.data(), version)
    assert {standing(s, session, thread, name) for name in names} == {Standing.LOST}


def test_what_an_earlier_sound_boundary_summarises_stays_so() -> None:
    s = story("2.1.139")
    s.add("B", "system", None, subtype="compact_boundary", logicalParentUuid=s.names["R2"]["uuid"])
    s.user("S", "B", f"{PREFACE}\n\nSummary: it works", isCompactSummary=True)
    s.names["P2"]["parentUuid"] = s.names["S"]["uuid"]
    s.add("B2", "system", None, subtype="compact_boundary", logicalParentUuid=s.names["R5"]["uuid"])
    s.user("S2", "B2", f"{PREFACE}\n\nRequest timed out", isCompactSummary=True)
    s.assistant("X", "S2", s.text("REPLY-9"), "x")
    session, thread = loaded(s.data(), "2.1.329")
    assert standing(s, session, thread, "P1") is Standing.SUMMARISED
    assert {standing(s, session, thread, name) for name in ("S", "P2", "R5")} == {Standing.LOST}


def compacted_behind_a_branch(*, prompt: bool) -> tuple[Story, Session, Thread]:
    """A branch beside the history, and then a compaction of that history."""
    s = story("2.1.139")
    s.user("XP", "R5", "PROMPT-9") if prompt else s.assistant("XP", "P3", s.text("a repl"), "y")
    s.assistant("XR", "XP", s.text("REPLY-9"), "x")
    s.user("P4", "R5", "PROMPT-4")
    s.assistant("R6", "P4", s.text("REPLY-6"), "z")
    s.add("B", "system", None, subtype="compact_boundary", logicalParentUuid=s.names["R6"]["uuid"])
    s.user("S", "B", f"{PREFACE}\n\nSummary: it works", isCompactSummary=True)
    s.assistant("X", "S", s.text("REPLY-8"), "v")
    return (s, *loaded(s.data(), "2.1.329"))


@pytest.mark.parametrize(
    ("prompt", "expected"), [(True, Standing.REWOUND), (False, Standing.SUMMARISED)],
    ids=["left for a later prompt", "for whatever reason"],
)
def test_a_branch_before_the_last_compaction_is_decided(prompt: bool, expected: Standing) -> None:
    s, session, thread = compacted_behind_a_branch(prompt=prompt)
    assert {standing(s, session, thread, name) for name in ("XP", "XR")} == {expected}
    assert thread.branches == ()


def test_two_clients_on_one_session_are_told_by_their_times() -> None:
    s = story("2.1.139")
    s.user("XP", "R2", "PROMPT-9")
    s.assistant("XR", "XP", s.text("REPLY-9"), "x")
    s.user("P4", "R5", "PROMPT-4")
    s.assistant("R6", "P4", s.text("REPLY-6"), "z")
    s.pointer("XR", "PROMPT-9")
    session, thread = loaded(s.data(), "2.1.329")
    (branch,) = thread.branches
    assert branch.why is Why.CLIENTS
    assert branch.parent == session.row(s.names["R2"]["uuid"])
    assert standing(s, session, thread, "R6") is Standing.UNDECIDED


@pytest.mark.parametrize("pause", [5, 6], ids=["five seconds are bridged", "six are not"])
def test_a_break_is_bridged_over_a_short_pause_only(pause: int) -> None:
    s = story("2.1.139")
    s.names["P3"]["parentUuid"] = "11111111-1111-4111-8111-111111111111"
    for name in ("P3", "R5"):
        second = int(s.names[name]["timestamp"][17:19]) + pause - 1
        s.names[name]["timestamp"] = s.names[name]["timestamp"][:17] + f"{second:02}.000Z"
    session, thread = loaded(s.data(), "2.1.139")
    assert (standing(s, session, thread, "P1") is Standing.LOADED) is (pause == 5)


@pytest.mark.parametrize("version", ["1.0.128", "2.1.70", "2.1.139", "2.1.329"])
def test_a_long_chain_and_a_long_circle_end(version: str) -> None:
    s = Story(version)
    s.user("0", None, "PROMPT")
    for number in range(1, 3000):
        s.user(str(number), str(number - 1), "PROMPT")
    assert len(loaded(s.data(), version)[1].rows) == 3000
    s.names["0"]["parentUuid"] = s.names["2999"]["uuid"]
    outcome = loaded(s.data(), version)[1].outcome
    assert outcome is (Outcome.HANG if version == "1.0.128" else Outcome.ACCEPTED)
