"""What becomes of the records that are not loaded, and where the losses are counted."""

from __future__ import annotations

import pytest

from tools.builder import MUTATIONS, Story, story
from unbrick.formats.claude_code import ClaudeCode
from unbrick.patch import View
from unbrick.scan import finish, scan
from unbrick.session import Session, Standing, link
from unbrick.source import Source
from unbrick.target import Target, Version
from unbrick.thread import Outcome, Thread

CLAUDE = ClaudeCode()


def loaded(data: bytes, version: str) -> tuple[Session, Thread]:
    with Source.of(data, "/home/dev/0b5e55a1.jsonl") as source:
        session = link(finish(scan(View(source), CLAUDE.entry)))
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
