"""Requests that the client noted: rebuilt, verified, and said what of them is missing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import story
from tools.realclient import Home, clients
from tools.record import Player
from tools.standin import StandIn
from unbrick.opening import Choices, examine, open_word
from unbrick.report import Report
from unbrick.scanning.scan import finish
from unbrick.sent import Message, Proof, Sent, beside, blocks, departure

Record = dict[str, Any]
CORPUS = Path(__file__).parents[5] / "shared" / "corpus" / "claude_code"
PARAMS = {"model": "claude-opus-5-5", "max_tokens": 1000, "temperature": 0.5}
SHAPE = {"system": [{"type": "text", "text": "You help."}], "tools": [{"name": "Bash"}]}
MARK = {"type": "ephemeral"}


def sha(value: object) -> str:
    """Digest of canonical JSON, by Python's own writer."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def whole(message: Message) -> Message:
    return {**message, "content": blocks(message)}


def note(
    number: int, messages: list[Message], keep: int = 0, base: int | None = None, marked: tuple[int, ...] = (-1,)
) -> Record:
    """The client's note of a request, the last block of some messages (the last one) marked for the cache."""
    sent = json.loads(json.dumps([whole(message) for message in messages]))
    places = [place % len(sent) for place in marked]
    for place in places:
        sent[place]["content"][-1]["cache_control"] = MARK
    system = [{**SHAPE["system"][0], "cache_control": MARK}]
    found: Record = {
        "type": "api-request", "id": f"r{number}", "timestamp": "2026-10-27T13:40:31.000Z", "version": "2.1.329",
        "querySource": "sdk", "shapeHash": sha(SHAPE), "params": dict(PARAMS), "keep": keep,
        "tail": [sha(whole(message)) for message in messages[keep:]],
        "cacheControl": [
            {"path": ["system", 0], "value": MARK},
            *(
                {"path": ["messages", place, "content", len(sent[place]["content"]) - 1], "value": MARK}
                for place in places
            ),
        ],
        "requestDigest": sha({**PARAMS, "system": system, "tools": SHAPE["tools"], "messages": sent}),
    }
    if base is not None:
        found["base"] = f"r{base}"
    return found


def talk(number: int, role: str, content: Any, message_id: str = "") -> Record:
    message: Message = {"role": role, "content": content}
    if role == "assistant":
        message = {"id": message_id, "model": "claude-opus-5-5", "type": "message", **message}
    return {
        "type": role, "uuid": f"aaaaaaaa-0000-4000-8000-{number:012}", "isSidechain": False, "version": "2.1.329",
        "parentUuid": f"aaaaaaaa-0000-4000-8000-{number - 1:012}" if number > 1 else None, "message": message,
        "timestamp": f"2026-10-27T13:40:{number:02}.000Z", "sessionId": "s", "cwd": "/home/ada/shop",
    }


def call(id_: str) -> Record:
    return {"type": "tool_use", "id": id_, "name": "Bash", "input": {"command": "ls é"}}


def answer(id_: str) -> Record:
    return {"type": "tool_result", "tool_use_id": id_, "content": f"out of {id_}"}


FIRST: Message = {"role": "user", "content": [{"type": "text", "text": "<reminder>"}, {"type": "text", "text": "Go."}]}
REPLY: Message = {"role": "assistant", "content": [call("toolu_a"), call("toolu_b")]}
RESULTS: Message = {"role": "user", "content": [answer("toolu_a"), answer("toolu_b")]}
DONE: Message = {"role": "assistant", "content": [{"type": "text", "text": "Done."}]}
AGAIN: Message = {"role": "user", "content": "And again."}
AGAIN_SAID: Message = {"role": "assistant", "content": [{"type": "text", "text": "What else?"}]}


def session() -> list[Record]:
    """Three requests: a prompt with a reminder, parallel calls and their results, a second prompt."""
    return deepcopy([
        talk(1, "user", "Go."),
        {"type": "api-request-shape", "shapeHash": sha(SHAPE), "shape": SHAPE},
        {"type": "api-request-blob", "hash": sha(FIRST), "message": FIRST},
        note(1, [FIRST]),
        talk(2, "assistant", [call("toolu_a")], "msg_1"),
        talk(3, "assistant", [call("toolu_b")], "msg_1"),
        talk(4, "user", [answer("toolu_a")]),
        talk(5, "user", [answer("toolu_b")]),
        note(2, [FIRST, REPLY, RESULTS], 1, 1),
        talk(6, "assistant", DONE["content"], "msg_2"),
        talk(7, "user", "And again."),
        note(3, [FIRST, REPLY, RESULTS, DONE, AGAIN]),
    ])


@contextmanager
def reading(path: Path) -> Iterator[tuple[list[Sent], Report]]:
    with open_word(str(path), Choices("recorded", surroundings=False), path.parent) as opened:
        report = finish(examine(opened))
        yield list(opened.format.sent(report.situation.session)), report


def write(path: Path, records: list[Record]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
    return path


def test_requests_are_rebuilt_and_verified(tmp_path: Path) -> None:
    with reading(write(tmp_path / "s.jsonl", session())) as (sent, _):
        assert [(one.proof, one.why) for one in sent] == [(Proof.VERIFIED, "")] * 3
        assert [one.size for one in sent] == [1, 3, 5]
        got = [whole(message) for message in sent[2].messages() if message]
        assert got == [whole(message) for message in (FIRST, REPLY, RESULTS, DONE, AGAIN)]
        assert sent[2].rows == ((2,), (4, 5), (6, 7), (9,), (10,))
        assert (sent[0].time, sent[0].version, sent[0].model, sent[0].purpose) == (
            "2026-10-27T13:40:31.000Z", "2.1.329", "claude-opus-5-5", "sdk",
        )


def test_marks_for_the_cache_may_stand_anywhere(tmp_path: Path) -> None:
    """Wherever they stand, a digest may not go on from one that holds too much."""
    whole_talk = [FIRST, REPLY, RESULTS, DONE, AGAIN]
    more = [
        note(number, whole_talk, marked=marked)
        for number, marked in enumerate([(0, 4), (2, -1), (), (1,), (-1,), (0,), (3, 1)], 4)
    ]
    with reading(write(tmp_path / "s.jsonl", [*session(), *more])) as (sent, _):
        assert [one.proof for one in sent] == [Proof.VERIFIED] * 10


def edited(at: int, change: Callable[[Record], Any]) -> list[Record]:
    records = session()
    change(records[at])
    return records


def without(*gone: int) -> list[Record]:
    return [record for place, record in enumerate(session()) if place not in gone]


V, D, I = Proof.VERIFIED, Proof.DIFFERS, Proof.INCOMPLETE  # noqa: E741 - a table


@pytest.mark.parametrize(
    ("records", "proofs", "why"),
    [
        pytest.param(without(0), [V, V, V], "", id="a record that a blob stands for is gone"),
        pytest.param(without(9), [V, V, I], "messages.3 stands in the file no more", id="a reply was deleted"),
        pytest.param(without(2), [I, I, I], "messages.0 stands in the file no more", id="a blob is gone"),
        pytest.param(without(1), [I, I, I], "system prompt and tools", id="the shape is gone"),
        pytest.param(without(3), [I, V], "the request that it took 1 messages over from (r1)", id="the base is gone"),
        pytest.param(
            edited(2, lambda r: r["message"]["content"][0].update(text="<cut>")), [D, D, D], "line 3 no longer holds",
            id="a blob was edited",
        ),
        pytest.param(
            edited(1, lambda r: r["shape"].update(tools=[])), [D, D, D], "line 2 no longer holds",
            id="the shape was edited",
        ),
        pytest.param(
            edited(6, lambda r: r["message"]["content"][0].update(content="x")), [V, I, I], "messages.2",
            id="a result was edited",
        ),
        pytest.param(
            edited(3, lambda r: r["params"].update(max_tokens=2)), [D, V, V], "the note was edited",
            id="a note was edited",
        ),
        pytest.param(
            edited(8, lambda r: r.update(keep=4)), [V, I, V], "more messages of request r1 than that had",
            id="more is taken over than there was",
        ),
        pytest.param(edited(8, lambda r: r.update(keep=True)), [V, I, V], "(keep)", id="keep is no number"),
        pytest.param(edited(8, lambda r: r.update(tail="x")), [V, I, V], "(tail)", id="tail is no list"),
        pytest.param(edited(8, lambda r: r.update(base="r2")), [V, I, V], "not in the file", id="a request on itself"),
        pytest.param(
            edited(8, lambda r: r["cacheControl"][0].update(path=["messages", 9])), [V, D, V], "the note was edited",
            id="a mark for the cache leads nowhere",
        ),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, records: list[Record], proofs: list[Proof], why: str) -> None:
    with reading(write(tmp_path / "s.jsonl", records)) as (sent, _):
        assert [one.proof for one in sent] == proofs
        first = next((one for one in sent if one.why), None)
        assert (why in first.why) if first else not why
        for one in sent:
            assert len(one.messages()) == len(one.rows) == one.size


JUNK = st.none() | st.booleans() | st.integers(-3, 9) | st.text(max_size=4) | st.lists(st.integers(), max_size=2)


@given(st.integers(0, 11), st.sampled_from(
    ["hash", "message", "shape", "shapeHash", "id", "base", "keep", "tail", "params", "cacheControl", "requestDigest"]
), JUNK)
def test_no_note_raises(tmp_path_factory: pytest.TempPathFactory, at: int, key: str, junk: Any) -> None:
    records = session()
    records[at][key] = junk
    with reading(write(tmp_path_factory.mktemp("junk") / "s.jsonl", records)) as (sent, report):
        for one in sent:
            departure(one.messages(), report.situation.request)
            assert list(beside(one.messages(), report.situation.request))


def test_a_file_without_notes_records_none(tmp_path: Path) -> None:
    with reading(write(tmp_path / "s.jsonl", without(1, 2, 3, 8, 11))) as (sent, _):
        assert sent == []


@pytest.mark.parametrize(
    ("records", "place"),
    [
        pytest.param(session(), (0, 0), id="a reminder that stands in no record is in the way"),
        pytest.param(without(9), (0, 0), id="only the first place counts"),
    ],
)
def test_where_the_next_request_departs(tmp_path: Path, records: list[Record], place: tuple[int, int]) -> None:
    with reading(write(tmp_path / "s.jsonl", records)) as (sent, report):
        found = departure(sent[-1].messages(), report.situation.request)
        assert found is not None
        assert (found.message, found.block) == place
        assert found.before == {"type": "text", "text": "<reminder>"}


def test_what_only_grew_is_no_departure(tmp_path: Path) -> None:
    with reading(write(tmp_path / "s.jsonl", session())) as (_, report):
        now = [report.situation.request.message(index) for index in range(len(report.situation.request))]
        assert departure(now, report.situation.request) is None
        assert departure(now[:-1], report.situation.request) is None
        assert departure([now[0], None, *now[2:]], report.situation.request) is None
        longer = departure([*now, DONE], report.situation.request)
        assert longer is not None
        assert (longer.message, longer.after) == (len(now), None)


def fates(sent: list[Message | None], report: Report) -> list[tuple[str, int | None, int | None, list[int]]]:
    return [
        (one.fate.value, one.before, one.after, [change.block for change in one.changes])
        for one in beside(sent, report.situation.request)
    ]


def changed(message: Message, **more: Any) -> Message:
    """A message whose first block has other members."""
    first, *rest = blocks(message)
    return {"role": message["role"], "content": [{**first, **more}, *rest]}


@pytest.mark.parametrize(
    ("before", "found"),
    [
        pytest.param(lambda now: now, ["same"] * 4, id="nothing happened"),
        pytest.param(lambda now: now[:3], ["same"] * 3 + ["new"], id="it went on"),
        pytest.param(lambda now: [now[0], None, *now[2:]], ["same", "unknown", "same", "same"], id="one is not known"),
        pytest.param(lambda now: [changed(now[0], cache_control=MARK), *now[1:]], ["same"] * 4, id="a mark moved"),
        pytest.param(lambda now: [*now[:2], changed(now[2], content="other"), now[3]],
                     ["same", "same", "changed 0", "same"], id="a result is another now"),
        pytest.param(lambda now: [*now[:2], changed(now[2], tool_use_id="toolu_c"), now[3]],
                     ["same", "same", "changed 0", "same"], id="one of two results is another call's"),
        pytest.param(lambda now: [now[0], AGAIN_SAID, AGAIN, *now[1:]], ["same", "gone", "gone", *["same"] * 3],
                     id="a turn is left out"),
        pytest.param(lambda now: [now[0], now[3]], ["same", "new", "new", "same"], id="a turn comes back"),
        pytest.param(lambda now: [changed(AGAIN, text="Else.")], ["gone", *["new"] * 4], id="nothing in common"),
        pytest.param(lambda now: [], ["new"] * 4, id="nothing was sent"),
    ],
)
def test_a_request_beside_the_next(
    tmp_path: Path, before: Callable[[list[Message]], list[Message | None]], found: list[str]
) -> None:
    # A model without system turns: for others the client adds one of its own.
    records = json.loads(json.dumps(without(10, 11)).replace("claude-opus-5-5", "claude-opus-4-7"))
    with reading(write(tmp_path / "s.jsonl", records)) as (_, report):
        now = [report.situation.request.message(index) for index in range(len(report.situation.request))]
        sent = before(json.loads(json.dumps(now)))
        told = fates(sent, report)
        assert [" ".join(map(str, (fate, *places))) for fate, _, _, places in told] == found
        assert [one for _, one, _, _ in told if one is not None] == list(range(len(sent)))
        assert [one for _, _, one, _ in told if one is not None] == list(range(len(now)))


FILES = sorted(CORPUS.glob("2.1.329/*/project/*.jsonl"))


@pytest.mark.skipif(not FILES, reason="the corpus of real sessions is not beside the checkout")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parents[1].name)
def test_notes_of_real_sessions_hold_together(path: Path) -> None:
    """The texts of the corpus were shortened, so that digests cannot match; the sizes of the requests still do."""
    with reading(path) as (sent, _):
        logged = [json.loads(line) for line in (path.parents[1] / "requests.jsonl").read_text().splitlines()]
        assert sent
        assert {one.size for one in sent} <= {len(messages) for messages in map(messages_of, logged) if messages}
        assert not any("took over" in one.why for one in sent)


def messages_of(logged: Any) -> list[Message]:
    body = logged.get("body", logged) if isinstance(logged, dict) else {}
    found = body.get("messages") if isinstance(body, dict) else None
    return found if isinstance(found, list) else []


@pytest.mark.skipif("2.1.329" not in clients(), reason="UNBRICK_CLIENTS names no 2.1.329, which notes its requests")
def test_what_the_client_notes_is_what_it_sent() -> None:
    """A session with thinking, parallel calls, resumes and a compaction, written by the real client."""
    with Home() as home, StandIn() as api:
        player = Player("2.1.329", home, api, None)
        turns = story.work(searches=False, agent=False)
        player.turn(*turns[0])
        player.turn(*turns[1])
        player.turn("/compact")
        player.turn(*turns[2])
        went_out = [one.body["messages"] for one in api.of("main")]
        with reading(home.sessions / f"{player.session}.jsonl") as (sent, report):
            assert len(sent) == len(went_out) >= 10
            assert [(one.proof, one.why) for one in sent] == [(Proof.VERIFIED, "")] * len(sent)
            for one, real in zip(sent, went_out, strict=True):
                assert list(map(bare_blocks, one.messages())) == list(map(bare_blocks, real))
            assert departure(sent[-1].messages(), report.situation.request) is None


def bare_blocks(message: Message | None) -> Any:
    assert message is not None
    kept = [{key: value for key, value in block.items() if key != "cache_control"} for block in blocks(message)]
    return message["role"], kept
