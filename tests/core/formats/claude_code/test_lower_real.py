"""What real clients make of edited sessions; runs where UNBRICK_CLIENTS names clients."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import realclient
from unbrick.clock import SYSTEM_CLOCK
from unbrick.edit import Answer, Cut, DropRecord, Edit, Linearise, Move, SetLeaf, Uncompact
from unbrick.formats.claude_code import ClaudeCode, words
from unbrick.patch import EMPTY, View, compose
from unbrick.record import At
from unbrick.save import patched
from unbrick.scanning.scan import finish, scan
from unbrick.session import Session, link
from unbrick.source import Source
from unbrick.target import Target, Version

CORPUS = Path(__file__).resolve().parents[4].parent / "shared" / "corpus" / "claude_code"
CLIENTS = realclient.clients() if "UNBRICK_CLIENTS" in os.environ else {}
FORMAT = ClaudeCode()

pytestmark = [
    pytest.mark.skipif(not CLIENTS, reason="UNBRICK_CLIENTS names no real clients"),
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus of real sessions beside the checkout"),
]


OPEN: list[Source] = []


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


class Work:
    """A real session and what edits make of it."""

    def __init__(self, version: str, case: str) -> None:
        (path,) = sorted((CORPUS / version / case / "project").glob("*.jsonl"))
        self.source = Source.open(path)
        OPEN.append(self.source)
        self.target = Target("claude-code", Version.parse(version))
        self.patch = EMPTY

    @property
    def session(self) -> Session:
        return link(finish(scan(View(self.source, self.patch), FORMAT.entry)))

    def rows(self, part: bytes) -> list[int]:
        view = View(self.source, self.patch)
        return [
            row for row, raw in enumerate(view.raws()) if part in raw and b'"parentUuid"' in raw
            and raw.startswith(b'{"parentUuid"')
        ]

    def at(self, part: bytes, index: int = 0) -> At:
        return View(self.source, self.patch).at(self.rows(part)[index])

    def do(self, edit: Edit) -> None:
        session = self.session
        thread = FORMAT.thread(session, self.target)
        self.patch = compose(self.patch, FORMAT.lower(edit, session, thread, self.target, SYSTEM_CLOCK))

    def resumed(self) -> realclient.Resumed:
        data = b"".join(patched(self.source, self.patch))
        return realclient.resume(CLIENTS[str(self.target.version)], str(uuid.uuid4()), data)


@pytest.fixture(params=sorted(CLIENTS) or ["none"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def results(resumed: realclient.Resumed) -> list[str]:
    assert resumed.main is not None
    return [
        block["tool_use_id"] for message in resumed.main.body["messages"] if isinstance(message["content"], list)
        for block in message["content"] if block["type"] == "tool_result"
    ]


def test_an_answered_call_at_the_end_is_sent_and_nothing_is_added(version: str) -> None:
    work = Work(version, "kill_mid_tool")
    if version == "2.1.139":
        work.do(Cut(work.at(b'"tool_use"', -1)))
    ref = next(iter(work.session.calls))
    call = work.session.calls[ref].uses[-1][0]
    work.do(Answer(work.session.at(call), ref))
    resumed = work.resumed()
    assert resumed.outcome == "accepted"
    assert results(resumed) == [ref]
    assert resumed.holds(words.RESULT_INTERRUPTED)
    assert not resumed.holds(words.CONTINUE)


def test_parallel_calls_at_the_end(version: str) -> None:
    work = Work(version, "kill_mid_parallel")
    uses = list(work.session.calls.values())
    last = max(row for call in uses for row, _ in (*call.uses, *call.results))
    work.do(Cut(work.session.at(last)))
    for ref, call in work.session.calls.items():
        if not call.results:
            work.do(Answer(work.session.at(call.uses[0][0]), ref))
    resumed = work.resumed()
    assert resumed.outcome == "accepted"
    assert sorted(results(resumed)) == sorted(work.session.calls)


def test_parallel_calls_in_the_middle_answered_and_as_a_chain(version: str) -> None:
    work = Work(version, "parallel")
    calls = work.session.calls
    refs = sorted(calls, key=lambda ref: calls[ref].uses[0])
    missing = refs[1]
    work.do(DropRecord(work.session.at(calls[missing].results[0][0])))
    work.do(Answer(work.session.at(work.session.calls[missing].uses[0][0]), missing))
    resumed = work.resumed()
    assert resumed.outcome == "accepted"
    assert sorted(results(resumed)) == refs
    assert resumed.holds(words.RESULT_INTERRUPTED)
    assert resumed.holds("REPLY-3")
    calls = work.session.calls
    rows = [calls[ref].uses[0][0] for ref in refs] + [calls[ref].results[0][0] for ref in refs]
    work.do(Linearise(tuple(work.session.at(row) for row in rows)))
    resumed = work.resumed()
    assert resumed.outcome == "accepted"
    assert results(resumed) == refs
    assert resumed.holds("REPLY-3")


def test_a_late_result_moves_back(version: str) -> None:
    work = Work(version, "tools")
    session = work.session
    ref, call = next(iter(session.calls.items()))
    raw = session.scan.view.raw(call.results[0][0])
    last = work.rows(b'"REPLY-')[-1]
    tail = session.uuid(last)
    assert tail is not None
    parent = str(session.value(call.results[0][0])["parentUuid"]).encode()
    work.patch = compose(work.patch, {
        session.at(call.results[0][0]): (), session.at(last): (
            session.scan.view.raw(last).rstrip(b"\n"),
            raw.rstrip(b"\n").replace(b'"parentUuid":"' + parent, b'"parentUuid":"' + tail.encode()),
        ),
    })
    session = work.session
    call = session.calls[ref]
    work.do(Move(session.at(call.results[0][0]), session.at(call.uses[0][0])))
    resumed = work.resumed()
    assert resumed.outcome == "accepted"
    assert results(resumed).count(ref) == 1
    assert resumed.holds("TOOLOUT-1")


@pytest.mark.parametrize(
    ("leaf", "there", "gone"),
    [
        (b'"REPLY-3"', ["REPLY-2", "REPLY-3"], ["REPLY-B", "REPLY-C"]),
        (b'"REPLY-B"', ["REPLY-B"], ["REPLY-C", "REPLY-3"]),
    ],
    ids=["another branch", "earlier on this branch"],
)
def test_the_leaf_is_where_it_was_set(version: str, leaf: bytes, there: list[str], gone: list[str]) -> None:
    work = Work(version, "rewind")
    work.do(SetLeaf(str(work.session.uuid(work.rows(leaf)[0]))))
    resumed = work.resumed()
    assert resumed.outcome == "accepted"
    assert all(resumed.holds(text) for text in there)
    assert not any(resumed.holds(text) for text in gone)


def test_a_cut_ends_the_conversation(version: str) -> None:
    work = Work(version, "compact_twice")
    work.do(Cut(work.at(b'"REPLY-4b"')))
    resumed = work.resumed()
    assert resumed.outcome == "accepted"
    assert resumed.holds("REPLY-4b")
    assert not resumed.holds("REPLY-5")
    work.do(Cut(work.at(b'"REPLY-2b"')))
    resumed = work.resumed()
    assert resumed.outcome == "accepted"
    assert resumed.holds("REPLY-1")
    assert resumed.holds("REPLY-2b")
    assert not resumed.holds("PROMPT-3")
    assert not resumed.holds("being continued")


def test_compactions_are_taken_back(version: str) -> None:
    work = Work(version, "compact_twice")
    work.do(Uncompact(work.at(b'"compact_boundary"', 1)))
    resumed = work.resumed()
    assert resumed.outcome == "accepted"
    assert all(resumed.holds(text) for text in ("PROMPT-3", "REPLY-3b", "PROMPT-5", "being continued"))
    work.do(Uncompact(work.at(b'"compact_boundary"')))
    resumed = work.resumed()
    assert resumed.outcome == "accepted"
    assert all(resumed.holds(text) for text in ("PROMPT-1", "REPLY-2b", "REPLY-3b", "REPLY-5"))
    assert not resumed.holds("being continued")
