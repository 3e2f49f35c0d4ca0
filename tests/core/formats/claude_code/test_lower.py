"""Each edit, as the client would have written it, with every other byte left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import strategies as made
from unbrick.clock import FixedClock
from unbrick.edit import (
    Answer,
    Cut,
    DropBlock,
    DropRecord,
    Edit,
    Insert,
    Linearise,
    Move,
    Relink,
    Salvage,
    SetLeaf,
    SetRef,
    SetValue,
    Uncompact,
)
from unbrick.entry import BlockKind, Flag, Kind
from unbrick.formats.claude_code import ClaudeCode, words
from unbrick.patch import EMPTY, Patch, View, compose
from unbrick.record import END, At, read
from unbrick.scanning.scan import finish, scan
from unbrick.session import Session, link
from unbrick.source import Source
from unbrick.target import Target, Version
from unbrick.thread import Thread

FORMAT = ClaudeCode()
SID = "99999999-0000-4000-8000-000000000000"
LATER = "2026-11-21T09:00:00.000Z"
ENVELOPE = {
    "userType": "external", "entrypoint": "cli", "cwd": "/home/dev/shop", "sessionId": SID, "version": "2.1.139",
    "gitBranch": "main",
}


def uid(name: str) -> str:
    return f"{name:0>8}-0000-4000-8000-000000000000"


def text(words_: str) -> dict[str, Any]:
    return {"type": "text", "text": words_}


def use(ref: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": ref, "name": "Bash", "input": {"command": f"echo {ref}"}}


def got(ref: str) -> dict[str, Any]:
    return {"tool_use_id": ref, "type": "tool_result", "content": f"out of {ref}", "is_error": False}


@dataclass
class Story:
    """Lines of a small session; a record's time is a second after the one before."""

    lines: list[bytes] = field(default_factory=list)
    seconds: int = 0

    def put(self, value: Mapping[str, Any]) -> None:
        self.lines.append(json.dumps(value, ensure_ascii=False, separators=(", ", ": ")).encode() + b"\n")

    def chain(self, kind: str, name: str, parent: str | None, members: Mapping[str, Any]) -> None:
        self.seconds += 1
        time = f"2026-11-20T10:{self.seconds // 60:02}:{self.seconds % 60:02}.000Z"
        self.put({
            "parentUuid": parent and uid(parent), "isSidechain": False, "type": kind, **members, "uuid": uid(name),
            "timestamp": time, **ENVELOPE,
        })

    def user(self, name: str, parent: str | None, content: str, **more: Any) -> None:
        self.chain("user", name, parent, {"promptId": "p", "message": {"role": "user", "content": content}, **more})

    def result(self, name: str, parent: str, *refs: str) -> None:
        message = {"role": "user", "content": [got(ref) for ref in refs]}
        self.chain("user", name, parent, {"message": message, "toolUseResult": {"stdout": "x"}})

    def assistant(self, name: str, parent: str | None, block: Mapping[str, Any], id_: str | None = None) -> None:
        message = {
            "id": f"msg_{id_ or name}", "type": "message", "role": "assistant", "model": "claude-opus-4-7",
            "content": [block], "stop_reason": None,
        }
        self.chain("assistant", name, parent, {"message": message, "requestId": "r"})

    def attachment(self, name: str, parent: str) -> None:
        self.chain("attachment", name, parent, {"attachment": {"type": "date", "date": "2026-11-20"}})

    def boundary(self, name: str, before: str | None, **metadata: Any) -> None:
        self.chain("system", name, None, {
            "logicalParentUuid": before and uid(before), "subtype": "compact_boundary",
            "content": "Conversation compacted", "compactMetadata": {"trigger": "manual", "preTokens": 9, **metadata},
        })

    def pointer(self, leaf: str) -> None:
        self.put({"type": "last-prompt", "lastPrompt": "x", "leafUuid": uid(leaf), "sessionId": SID})


class Edited:
    """A session and what edits make of it."""

    def __init__(self, lines: Sequence[bytes], version: str = "2.1.329") -> None:
        self.source = Source.of(b"".join(lines))
        self.target = Target("claude-code", Version.parse(version))
        self.patch: Patch = EMPTY
        self.clock = FixedClock(LATER)

    @property
    def view(self) -> View:
        return View(self.source, self.patch)

    @property
    def session(self) -> Session:
        return link(finish(scan(self.view, FORMAT.entry)))

    @property
    def thread(self) -> Thread:
        return FORMAT.thread(self.session, self.target)

    def do(self, *edits: Edit) -> Edited:
        for edit in edits:
            session = self.session
            thread = FORMAT.thread(session, self.target)
            before = [self.view.raw(row) for row in range(len(self.view))]
            places = [self.view.at(row) for row in range(len(self.view))]
            change = FORMAT.lower(edit, session, thread, self.target, self.clock)
            self.patch = compose(self.patch, change)
            for at, raw in zip(places, before, strict=True):
                if at not in change:
                    self._kept(raw)
        return self

    def _kept(self, raw: bytes) -> None:
        assert raw.removesuffix(b"\n") in {line.removesuffix(b"\n") for line in self.view.raws()}

    def values(self) -> list[dict[str, Any]]:
        return [value for raw in self.view.raws() if (value := read(raw)[0]) is not None]

    def value(self, name: str) -> dict[str, Any]:
        return next(value for value in reversed(self.values()) if value.get("uuid") == uid(name))

    def parents(self) -> dict[str, str | None]:
        """Name → name of the parent; ids that the clock gave are named by their number (`new1`)."""
        return {self._name(v["uuid"]): self._name(v["parentUuid"]) for v in self.values() if "uuid" in v}  # type: ignore[misc]

    @staticmethod
    def _name(uuid: str | None) -> str | None:
        if uuid is None:
            return None
        return f"new{int(uuid[-12:], 16)}" if uuid.startswith("00000000-") else uuid[:8].lstrip("0")

    def loads(self) -> list[str | None]:
        session = self.session
        return [self._name(session.uuid(row)) for row in FORMAT.thread(session, self.target).rows]

    def at(self, name: str) -> At:
        session = self.session
        row = session.row(uid(name))
        assert row is not None
        return session.at(row)

    def close(self) -> None:
        self.source.close()


OPEN: list[Edited] = []


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def edited(story: Story | Sequence[bytes], version: str = "2.1.329") -> Edited:
    OPEN.append(Edited(story.lines if isinstance(story, Story) else story, version))
    return OPEN[-1]


def plain() -> Story:
    """Two prompts, a call in the first."""
    story = Story()
    story.user("p1", None, "one")
    story.assistant("a1", "p1", text("looking"), "m1")
    story.assistant("c1", "a1", use("t1"), "m1")
    story.result("r1", "c1", "t1")
    story.assistant("a2", "r1", text("done"))
    story.pointer("a2")
    story.user("p2", "a2", "two")
    story.assistant("a3", "p2", text("well"))
    story.pointer("a3")
    return story


def parallel(*answered: str, followed: bool = True) -> Story:
    """Three calls in one response, in the tree layout; only some are answered."""
    story = Story()
    story.user("p1", None, "one")
    story.assistant("c1", "p1", use("t1"), "m1")
    story.assistant("c2", "c1", use("t2"), "m1")
    story.assistant("c3", "c2", use("t3"), "m1")
    last = "c3"
    for ref in answered:
        story.result(f"r{ref[1]}", f"c{ref[1]}", ref)
        last = f"r{ref[1]}"
    if followed:
        story.assistant("a2", last, text("done"))
        story.user("p2", "a2", "two")
        story.assistant("a3", "p2", text("well"))
    return story


def compacted(**metadata: Any) -> Story:
    story = Story()
    story.user("p1", None, "one")
    story.assistant("a1", "p1", text("first"))
    story.boundary("b1", "a1", **metadata)
    story.user("s1", "b1", "This session is being continued…", isCompactSummary=True, isVisibleInTranscriptOnly=True)
    story.user("p2", "s1", "two")
    story.assistant("a2", "p2", text("second"))
    story.pointer("a2")
    return story


def test_relinking_changes_one_value_and_keeps_the_spelling() -> None:
    done = edited(plain()).do(Relink(At(7), uid("c1")))
    raw = plain().lines[6]
    assert done.patch == {7: (raw.replace(uid("a2").encode(), uid("c1").encode()).removesuffix(b"\n"),)}
    done = edited(plain()).do(Relink(At(7), None))
    assert done.patch[7][0].startswith(b'{"parentUuid": null, "isSidechain"')
    with pytest.raises(KeyError):
        edited(plain()).do(Relink(At(7), "nobody"))


def test_a_missing_parent_member_becomes_the_first() -> None:
    lines = [b'{"type":"user","uuid":"%s","message":{"role":"user","content":"x"}}\n' % uid("z1").encode()]
    done = edited([*plain().lines, *lines]).do(Relink(At(10), uid("a3")))
    assert done.patch[10][0].startswith(b'{"parentUuid":"' + uid("a3").encode() + b'","type":"user"')


def test_carriage_returns_stay_and_new_lines_have_them() -> None:
    lines = [line.replace(b"\n", b"\r\n") for line in plain().lines]
    done = edited(lines).do(DropRecord(At(4)), Answer(At(3), "t1"))
    assert all(piece.endswith(b"}\r") for pieces in done.patch.values() for piece in pieces)


class TestAnswer:
    """A call without a result gets the client's own."""

    def test_in_the_middle(self) -> None:
        story = plain()
        done = edited(story).do(DropRecord(At(4)), Answer(At(3), "t1"))
        assert done.parents() == {
            "p1": None, "a1": "p1", "c1": "a1", "new1": "c1", "a2": "new1", "p2": "a2", "a3": "p2",
        }
        value = json.loads(done.patch[3][1])
        assert list(value)[:2] == ["parentUuid", "isSidechain"]
        assert list(value)[-len(ENVELOPE) :] == list(ENVELOPE)
        assert value["message"]["content"] == [
            {"type": "tool_result", "content": words.RESULT_INTERRUPTED, "is_error": True, "tool_use_id": "t1"}
        ]
        assert value["toolUseResult"] == words.RESULT_INTERRUPTED
        assert (value["toolDenialKind"], value["sourceToolAssistantUUID"]) == ("interrupted", uid("c1"))
        assert {key: value[key] for key in ENVELOPE} == ENVELOPE
        assert value["timestamp"] == "2026-11-20T10:00:03.001Z"
        assert done.loads()[-1] == "a3"

    def test_at_the_end_with_the_reply_that_the_client_appends(self) -> None:
        story = plain()
        story.assistant("c9", "a3", use("t9"))
        story.put({"type": "mode", "mode": "normal", "sessionId": SID})
        done = edited(story).do(Answer(At(10), "t9"))
        assert set(done.patch) == {END}
        result, reply = map(json.loads, done.patch[END])
        assert (result["parentUuid"], reply["parentUuid"]) == (uid("c9"), result["uuid"])
        assert (result["timestamp"], reply["timestamp"]) == (LATER, "2026-11-21T09:00:00.025Z")
        assert reply["message"]["content"] == [text(words.NO_RESPONSE)]
        assert (reply["message"]["model"], reply["isApiErrorMessage"]) == (words.SYNTHETIC_MODEL, False)
        assert {key: reply[key] for key in ENVELOPE} == ENVELOPE
        assert done.loads()[-3:] == ["c9", "new1", "new2"]

    @pytest.mark.parametrize("version", ["1.0.128", "2.0.76", "2.1.70", "2.1.112", "2.1.139", "2.1.329"])
    def test_every_version_ends_at_the_reply_even_when_the_clock_is_behind(self, version: str) -> None:
        story = plain()
        story.assistant("c9", "a3", use("t9"))
        done = edited(story, version)
        done.clock.time = "2020-01-01T00:00:00.000Z"
        done.do(Answer(At(10), "t9"))
        assert done.loads()[-3:] == ["c9", "new1", "new2"]

    def test_three_parallel_calls_at_the_end_come_out_as_one_chain(self) -> None:
        done = edited(parallel("t1", followed=False)).do(Answer(At(3), "t2"), Answer(At(4), "t3"))
        parents = done.parents()
        assert [parents[name] for name in ("c2", "c3", "r1", "new1", "new4", "new2")] == [
            "c1", "c2", "c3", "r1", "new1", "new4",
        ]
        assert done.loads() == ["p1", "c1", "c2", "c3", "r1", "new1", "new4", "new2"]

    @pytest.mark.parametrize("version", ["1.0.128", "2.1.20", "2.1.139", "2.1.329"])
    def test_a_parallel_call_in_the_middle_is_answered_where_every_version_reads_it(self, version: str) -> None:
        done = edited(parallel("t1", "t3"), version).do(Answer(At(3), "t2"))
        assert done.loads() == ["p1", "c1", "c2", "c3", "r1", "r3", "new1", "a2", "p2", "a3"]

    def test_calls_on_one_path_keep_it(self) -> None:
        story = Story()
        story.user("p1", None, "one")
        story.assistant("c1", "p1", use("t1"), "m1")
        story.result("r1", "c1", "t1")
        story.assistant("c2", "r1", use("t2"), "m1")
        story.assistant("a2", "c2", text("done"))
        done = edited(story).do(Answer(At(4), "t2"))
        assert set(done.patch) == {4, 5}
        assert done.loads() == ["p1", "c1", "r1", "c2", "new1", "a2"]

    def test_attachments_behind_the_call_follow_the_result(self) -> None:
        story = plain()
        story.assistant("c9", "a3", use("t9"))
        story.attachment("x9", "c9")
        story.pointer("x9")
        done = edited(story).do(Answer(At(10), "t9"))
        assert done.loads()[-4:] == ["c9", "new1", "x9", "new2"]

    def test_a_call_that_is_not_there(self) -> None:
        for edit in (Answer(At(3), "t7"), Answer(At(99), "t1"), Answer(At(6), "t1")):
            with pytest.raises(KeyError):
                edited(plain()).do(edit)


class TestMove:
    """A result goes behind its call."""

    def late(self) -> Story:
        story = Story()
        story.user("p1", None, "one")
        story.assistant("c1", "p1", use("t1"))
        story.user("p2", "c1", "two")
        story.assistant("a2", "p2", text("well"))
        story.result("r1", "a2", "t1")
        story.user("p3", "r1", "three")
        story.assistant("a3", "p3", text("so"))
        return story

    def test_a_late_result_moves_back_and_what_followed_it_follows_its_old_parent(self) -> None:
        done = edited(self.late()).do(Move(At(5), At(2)))
        assert done.loads() == ["p1", "c1", "r1", "p2", "a2", "p3", "a3"]
        assert [value["uuid"][:8].lstrip("0") for value in done.values()] == ["p1", "c1", "r1", "p2", "a2", "p3", "a3"]
        assert done.patch[5] == ()

    @pytest.mark.parametrize("version", ["1.0.128", "2.1.90", "2.1.112", "2.1.329"])
    def test_a_result_at_the_very_end(self, version: str) -> None:
        story = Story(self.late().lines[:4], 4)
        story.result("r1", "a2", "t1")
        done = edited(story, version).do(Move(At(5), At(2)))
        assert done.loads() == ["p1", "c1", "r1", "p2", "a2"]

    def test_a_result_on_a_branch_of_its_own(self) -> None:
        story = Story()
        story.user("p1", None, "one")
        story.assistant("c1", "p1", use("t1"))
        story.result("r1", "c1", "t1")
        story.user("p2", "c1", "two")
        story.assistant("a2", "p2", text("well"))
        done = edited(story).do(Move(At(3), At(2)))
        assert done.loads() == ["p1", "c1", "r1", "p2", "a2"]
        assert set(done.patch) == {4}

    def test_into_a_parallel_response(self) -> None:
        story = parallel("t1", "t3")
        story.result("r2", "a3", "t2")
        done = edited(story, "2.0.76").do(Move(At(10), At(3)))
        assert done.loads() == ["p1", "c1", "c2", "c3", "r1", "r3", "r2", "a2", "p2", "a3"]


class TestLinearise:
    """One chain that every version reads fully."""

    @pytest.mark.parametrize("version", ["1.0.128", "2.1.20", "2.1.70", "2.1.139", "2.1.329"])
    @pytest.mark.parametrize("followed", [True, False])
    def test_a_tree_becomes_a_chain(self, version: str, followed: bool) -> None:
        story = parallel("t1", "t3", "t2", followed=followed)
        order = [At(2), At(3), At(4), At(5), At(7), At(6)]
        done = edited(story, version).do(Linearise(tuple(order)))
        rest = ["a2", "p2", "a3"] if followed else []
        assert done.loads() == ["p1", "c1", "c2", "c3", "r1", "r2", "r3", *rest]

    def test_what_stands_between_stays_between(self) -> None:
        story = Story()
        story.user("p1", None, "one")
        story.assistant("c1", "p1", use("t1"), "m1")
        story.attachment("x1", "c1")
        story.assistant("c2", "x1", use("t2"), "m1")
        story.result("r1", "c1", "t1")
        story.result("r2", "c2", "t2")
        story.assistant("a2", "r2", text("done"))
        done = edited(story).do(Linearise((At(2), At(4), At(5), At(6))))
        assert done.parents() == {"p1": None, "c1": "p1", "x1": "c1", "c2": "x1", "r1": "c2", "r2": "r1", "a2": "r2"}

    def test_any_order_gives_a_chain_without_a_circle(self) -> None:
        done = edited(plain()).do(Linearise((At(4), At(3), At(2))))
        assert done.loads()[:5] == ["p1", "r1", "c1", "a1", "a2"]


class TestDrop:
    """What is taken out leaves no gap."""

    def test_a_record_and_the_pointer_to_it(self) -> None:
        done = edited(plain()).do(DropRecord(At(8)))
        assert "a3" not in done.parents()
        assert [v["leafUuid"] for v in done.values() if "leafUuid" in v] == [uid("a2"), uid("p2")]
        done = edited(plain()).do(DropRecord(At(5)))
        assert done.parents()["p2"] == "r1"
        assert [v["leafUuid"] for v in done.values() if "leafUuid" in v] == [uid("r1"), uid("a3")]

    def test_the_first_record(self) -> None:
        done = edited(plain()).do(DropRecord(At(1)))
        assert done.parents()["a1"] is None

    def test_one_of_twins_leaves_the_children_with_the_other(self) -> None:
        story = plain()
        story.lines.insert(5, story.lines[4])
        done = edited(story).do(DropRecord(At(5)))
        assert done.patch == {5: ()}
        assert edited(story).do(DropRecord(At(6))).patch == {6: ()}

    def test_a_line_that_cannot_be_read(self) -> None:
        story = plain()
        story.lines.insert(3, b"garbage\n")
        assert edited(story).do(DropRecord(At(4))).patch == {4: ()}

    def test_a_preserved_message(self) -> None:
        listed = [uid("p1"), uid("a1")]
        done = edited(compacted(
            preservedSegment={"headUuid": uid("p1"), "anchorUuid": uid("s1"), "tailUuid": uid("a1")},
            preservedMessages={"anchorUuid": uid("s1"), "uuids": listed, "allUuids": listed},
        )).do(DropRecord(At(2)))
        metadata = done.value("b1")["compactMetadata"]
        assert metadata["preservedMessages"]["uuids"] == metadata["preservedMessages"]["allUuids"] == [uid("p1")]
        assert metadata["preservedSegment"] == {"headUuid": uid("p1"), "anchorUuid": uid("s1"), "tailUuid": uid("p1")}
        assert done.value("b1")["logicalParentUuid"] == uid("p1")

    def test_a_block_of_several(self) -> None:
        story = Story()
        story.user("p1", None, "one")
        story.result("r1", "p1", "t1", "t2")
        done = edited(story).do(DropBlock(At(2), 0))
        assert done.value("r1")["message"]["content"] == [got("t2")]
        assert b'"content": [{"tool_use_id": "t2"' in done.patch[2][0]
        done.do(DropBlock(At(2), 0))
        assert done.patch == {2: ()}
        with pytest.raises(KeyError):
            edited(story).do(DropBlock(At(2), 2))

    def test_the_only_text(self) -> None:
        assert edited(plain()).do(DropBlock(At(1), 0)).parents()["a1"] is None


class TestValues:
    """One value, and nothing else."""

    def test_setting(self) -> None:
        done = edited(plain()).do(SetValue(At(3), ("message", "content", 0, "input"), {"a": "ü"}))
        assert '"name": "Bash", "input": {"a":"ü"}}]'.encode() in done.patch[3][0]
        done = edited(plain()).do(SetValue(At(3), ("timestamp",), LATER), SetValue(At(3), ("isMeta",), True))
        assert done.patch[3][0].endswith(b'"gitBranch": "main","isMeta":true}')
        for pointer in [("message", "content", 4), ("nothing", "there")]:
            with pytest.raises(KeyError):
                edited(plain()).do(SetValue(At(3), pointer, 1))

    def test_renaming_a_call_in_every_place(self) -> None:
        story = plain()
        story.put({"type": "content-replacement", "replacements": [{"kind": "tool-result", "toolUseId": "t1"}]})
        story.result("r9", "a3", "t1")
        done = edited(story).do(SetRef("t1", "toolu_new"))
        calls = done.session.calls
        assert "t1" not in calls
        assert len(calls["toolu_new"].uses) + len(calls["toolu_new"].results) == 3
        assert done.values()[-2]["replacements"][0]["toolUseId"] == "toolu_new"
        with pytest.raises(KeyError):
            edited(plain()).do(SetRef("nobody", "x"))


class TestInsert:
    """A new record takes its surroundings from its neighbour."""

    def test_between_two(self) -> None:
        record = {"type": "user", "message": {"role": "user", "content": "and"}}
        done = edited(plain()).do(Insert(At(5), record))
        value = json.loads(done.patch[5][1])
        assert {key: value[key] for key in ENVELOPE} == ENVELOPE
        assert list(value)[:2] == ["parentUuid", "isSidechain"]
        assert value["timestamp"] == "2026-11-20T10:00:05.001Z"
        assert done.loads()[4:] == ["a2", "new1", "p2", "a3"]

    def test_metadata_is_written_as_it_is(self) -> None:
        done = edited(plain()).do(Insert(At(5), {"type": "tag", "tag": "x"}))
        assert done.patch[5][1] == b'{"type":"tag","tag":"x"}'


def test_salvaged_pieces_stand_in_the_place_of_the_line() -> None:
    story = plain()
    one, two = (line.removesuffix(b"\n") for line in story.lines[3:5])
    story.lines[3:5] = [one + two + b"\n"]
    done = edited(story).do(Salvage(At(4), (one, two)))
    assert done.patch == {4: (one, two)}
    assert done.do(Relink(At(4, 1), uid("c1"))).parents()["a2"] == "c1"
    assert edited(story).do(Salvage(At(4), ())).patch == {4: ()}


class TestLeaf:
    """The conversation ends where it is told to, on every version that can be told."""

    def branches(self) -> Story:
        story = plain()
        story.user("q2", "a2", "other")
        story.assistant("b3", "q2", text("branch"))
        story.pointer("b3")
        return story

    @pytest.mark.parametrize("version", ["1.0.128", "2.0.76", "2.1.90", "2.1.112", "2.1.139", "2.1.158", "2.1.329"])
    def test_another_branch(self, version: str) -> None:
        done = edited(self.branches(), version)
        assert done.loads()[-1] == "b3"
        done.do(SetLeaf(uid("a3")))
        assert done.loads()[-2:] == ["p2", "a3"]

    @pytest.mark.parametrize("version", ["2.1.112", "2.1.139", "2.1.158", "2.1.329"])
    def test_a_record_that_others_follow(self, version: str) -> None:
        done = edited(plain(), version).do(SetLeaf(uid("a2")))
        assert done.loads() == ["p1", "a1", "c1", "r1", "a2"]
        assert plain().lines[4].removesuffix(b"\n") in done.patch[END]

    def test_the_leaf_it_has_already_is_only_named_again(self) -> None:
        done = edited(plain()).do(SetLeaf(uid("a3")))
        assert set(done.patch) == {END}
        assert json.loads(done.patch[END][0]) == {"type": "last-prompt", "leafUuid": uid("a3"), "sessionId": SID}

    def test_an_attachment(self) -> None:
        story = plain()
        story.attachment("x1", "a3")
        story.user("p3", "x1", "three")
        story.assistant("a4", "p3", text("more"))
        assert edited(story).do(SetLeaf(uid("x1"))).loads()[-2:] == ["a3", "x1"]

    def test_a_leaf_without_time_and_marked_as_a_subagents(self) -> None:
        done = edited(plain()).do(
            SetValue(At(8), ("timestamp",), None), SetValue(At(8), ("isSidechain",), True), SetLeaf(uid("a3"))
        )
        assert done.value("a3")["isSidechain"] is False
        assert done.value("a3")["timestamp"] == "2026-11-20T10:00:06.001Z"
        assert done.loads()[-1] == "a3"

    def test_nobody(self) -> None:
        with pytest.raises(KeyError):
            edited(plain()).do(SetLeaf("nobody"))


class TestCut:
    """Everything behind a record goes, and the client ends there."""

    @pytest.mark.parametrize("version", ["1.0.128", "2.0.76", "2.1.90", "2.1.112", "2.1.139", "2.1.158", "2.1.329"])
    def test_behind_a_reply(self, version: str) -> None:
        done = edited(plain(), version).do(Cut(At(5)))
        assert done.loads() == ["p1", "a1", "c1", "r1", "a2"]
        assert [value.get("uuid") or value["leafUuid"] for value in done.values()][-2:] == [uid("a2"), uid("a2")]

    def test_pointers_to_what_went_go_too(self) -> None:
        story = plain()
        story.lines.insert(3, story.lines[-1])
        done = edited(story).do(Cut(At(6)))
        assert done.patch[4] == ()
        assert [v["leafUuid"] for v in done.values() if "leafUuid" in v] == [uid("a2")]

    def test_a_title_that_stands_behind_stays(self) -> None:
        story = plain()
        story.put({"type": "custom-title", "customTitle": "Shop", "sessionId": SID})
        done = edited(story).do(Cut(At(5)))
        assert [v["customTitle"] for v in done.values() if "customTitle" in v] == ["Shop"]

    @pytest.mark.parametrize("version", ["2.1.112", "2.1.139", "2.1.329"])
    def test_behind_metadata_the_last_record_of_the_thread_ends_it(self, version: str) -> None:
        assert edited(plain(), version).do(Cut(At(6))).loads()[-1] == "a2"

    @pytest.mark.parametrize("version", ["2.1.112", "2.1.139", "2.1.329"])
    def test_a_branch_in_the_part_that_stays_is_not_taken(self, version: str) -> None:
        story = Story()
        story.user("p1", None, "one")
        story.assistant("a1", "p1", text("first"))
        story.user("q1", "a1", "left behind")
        story.assistant("b1", "q1", text("left behind too"))
        story.attachment("x1", "a1")
        story.user("p2", "x1", "two")
        story.assistant("a2", "p2", text("second"))
        done = edited(story, version).do(Cut(At(5)))
        assert done.loads() == (["p1", "a1"] if version == "2.1.112" else ["p1", "a1", "x1"])

    def test_preserved_messages_before_the_boundary_stay(self) -> None:
        done = edited(compacted(
            preservedSegment={"headUuid": uid("a1"), "anchorUuid": uid("s1"), "tailUuid": uid("a1")},
            preservedMessages={"anchorUuid": uid("s1"), "uuids": [uid("a1")], "allUuids": [uid("a1")]},
        )).do(Cut(At(5)))
        assert done.loads() == ["b1", "s1", "a1", "p2"]

    def test_twice_is_once_at_the_earlier_place(self) -> None:
        done = edited(plain()).do(Cut(At(8)), Cut(At(5)))
        assert done.loads()[-1] == "a2"


class TestUncompact:
    """Boundary and summary go, the history before is read again."""

    @pytest.mark.parametrize("version", ["2.0.76", "2.1.139", "2.1.329"])
    def test_back_to_what_the_boundary_names(self, version: str) -> None:
        done = edited(compacted(), version).do(Uncompact(At(3)))
        assert done.loads() == ["p1", "a1", "p2", "a2"]
        assert (done.patch[3], done.patch[4]) == ((), ())

    @pytest.mark.parametrize(
        ("before", "metadata"),
        [
            pytest.param("gone", {"preservedSegment": {"tailUuid": uid("a1")}}, id="to the preserved tail"),
            pytest.param("gone", {}, id="to the nearest earlier record"),
            pytest.param(None, {"preservedSegment": 5}, id="whatever the metadata is"),
            pytest.param("a2", {}, id="never to what follows it"),
        ],
    )
    def test_where_the_boundary_names_nothing(self, before: str | None, metadata: dict[str, Any]) -> None:
        story = Story()
        story.user("p1", None, "one")
        story.assistant("a1", "p1", text("first"))
        story.boundary("b1", before, **metadata)
        story.user("s1", "b1", "summary", isCompactSummary=True)
        story.user("p2", "s1", "two")
        story.assistant("a2", "p2", text("second"))
        assert edited(story).do(Uncompact(At(3))).loads() == ["p1", "a1", "p2", "a2"]

    def test_without_a_summary_and_with_nothing_before(self) -> None:
        story = Story()
        story.boundary("b1", None)
        story.user("p2", "b1", "two")
        story.assistant("a2", "p2", text("second"))
        done = edited(story).do(Uncompact(At(1)))
        assert done.parents() == {"p2": None, "a2": "p2"}

    def test_only_boundaries(self) -> None:
        with pytest.raises(KeyError):
            edited(compacted()).do(Uncompact(At(1)))


def test_edits_follow_each_other_on_inserted_and_replaced_lines() -> None:
    done = edited(plain()).do(
        Insert(At(5), {"type": "user", "message": {"role": "user", "content": "and"}}),
        SetValue(At(5, 1), ("message", "content"), "or"), Relink(At(5, 0), uid("c1")), DropRecord(At(5, 0)),
    )
    assert json.loads(done.patch[5][0])["message"]["content"] == "or"
    assert done.loads()[2:] == ["c1", "r1", "new1", "p2", "a3"]
    done.do(Cut(At(5)))
    assert done.loads()[-1] == "new1"
    done.do(SetLeaf(uid("r1")))
    assert done.loads()[-1] == "r1"


def edits_of(session: Session) -> list[Edit]:
    """Every kind of edit that a session offers a place for."""
    found: list[Edit] = []
    scanned = session.scan
    rows = range(len(session))
    uuids = [uuid for row in rows if (uuid := session.uuid(row)) is not None]
    for row in rows:
        at = session.at(row)
        found += [DropRecord(at), Cut(at)]
        if session.kind(row) is Kind.BOUNDARY:
            found.append(Uncompact(at))
        if session.has(row, Flag.LINK) and session.uuid(row):
            found += [Relink(at, None), SetValue(at, ("timestamp",), LATER), SetLeaf(str(session.uuid(row)))]
            found.append(Insert(at, {"type": "user", "message": {"role": "user", "content": "new"}}))
            found.append(Relink(at, uuids[row % len(uuids)]))
        for index, block in enumerate(scanned.blocks(row)):
            found.append(DropBlock(at, index))
            if scanned.block_kind[block] == BlockKind.TOOL_USE:
                found += [Answer(at, scanned.strings.text(scanned.block_ref[block]) or "")]
    for ref, call in session.calls.items():
        found.append(SetRef(ref, ref + "_new"))
        found += [Move(session.at(r), session.at(u)) for u, _ in call.uses for r, _ in call.results if r != u]
    pairs = [session.at(row) for row in rows if session.uuid(row) is not None]
    found += [Linearise(pair) for pair in pairwise(pairs)]
    return found


@given(made.damaged_sessions(), st.data(), st.sampled_from(["1.0.128", "2.1.112", "2.1.139", "2.1.329"]))
def test_on_any_transcript_an_edit_applies_or_is_refused_and_leaves_other_lines_alone(
    data: bytes, draw: st.DataObject, version: str
) -> None:
    done = Edited([data], version)
    try:
        for _step in range(3):
            choices = edits_of(done.session)
            if not choices:
                return
            edit = draw.draw(st.sampled_from(choices))
            try:
                done.do(edit)
            except KeyError:
                continue
            for at in done.patch:
                for piece in done.patch[at]:
                    assert b"\n" not in piece
    finally:
        done.close()
