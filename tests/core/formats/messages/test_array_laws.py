"""Laws of message arrays and request bodies, in every style that they are written in, whole and damaged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unbrick.bundle import Bundle
from unbrick.check import check
from unbrick.clock import FixedClock
from unbrick.edit import Cut, Hoist, Reframe
from unbrick.editing.history import History
from unbrick.elements import Elements
from unbrick.finding import Safety
from unbrick.formats.messages import Messages
from unbrick.opening import Choices, Opened, examine, framed
from unbrick.patch import EMPTY, Patch
from unbrick.record import END, At
from unbrick.repair import Repaired, lower, repair
from unbrick.report import Report, Verdict
from unbrick.scanning.scan import finish
from unbrick.source import Source
from unbrick.target import NOWHERE

FORMAT = Messages()
ALL = frozenset({Safety.SAFE, Safety.RESTORES, Safety.LOSSY})


def call(ref: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": ref, "name": "read", "input": {"path": "a/b", "é": [1, 2.50, None]}}


def result(ref: str) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": ref, "content": "four \"lines\" ]},{ \\"}


REFS = st.sampled_from(["toolu_1", "toolu_2"])
BLOCKS = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, st.sampled_from(["hello", "", " ", "\U0001f600 ok", "[{"])),
    REFS.map(call), REFS.map(result),
    st.just({"type": "thinking", "thinking": "hm", "signature": "c2ln"}), st.just({"type": "fallback", "from": "x"}),
)
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "user", "assistant", "system", "human"]),
     "content": st.sampled_from(["hi", "", "there, \\n [\"x\"]"]) | st.lists(BLOCKS, max_size=3)},
    optional={"id": st.just("msg_1")},
)
SYSTEMS = st.sampled_from([None, "be brief", [{"type": "text", "text": "be brief"}]])
STYLES = st.sampled_from([
    {"separators": (",", ":")}, {}, {"indent": 2}, {"indent": "\t"}, {"indent": 4, "ensure_ascii": False},
])


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A valid document: an array, or a body with its messages first, last or between."""
    messages = draw(st.lists(MESSAGES, max_size=6))
    value: Any = messages
    if draw(st.booleans()):
        system = draw(SYSTEMS)
        members = {"model": "claude-opus-4-7", "max_tokens": 9, "tools": []}
        members |= {} if system is None else {"system": system}
        names = list(members)
        place = draw(st.integers(0, len(names)))
        members["messages"] = messages
        value = {name: members[name] for name in [*names[:place], "messages", *names[place:]]}
    return json.dumps(value, **draw(STYLES)).encode() + draw(st.sampled_from([b"", b"\n"]))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A document that was cut off, lost bytes, or got others."""
    data = draw(documents())
    start = draw(st.integers(0, len(data)))
    end = draw(st.integers(start, min(start + 40, len(data))) | st.just(len(data)))
    put = draw(st.sampled_from([b"", b"\x0b", b"\x0c", b",", b"]", b"}", b'"', b"\0", b"\xff", b"NaN", b"{"]))
    return data[:start] + put + data[end:]


def elements(data: bytes) -> Elements:
    found = FORMAT.frame(Source.of(data, "body.json"))
    assert isinstance(found, Elements)
    return found


def judged(source: Source, patch: Patch = EMPTY) -> Report:
    return finish(check(FORMAT, Bundle(source, "body"), patch))


def repaired(source: Source, allow: frozenset[Safety] = ALL) -> Repaired:
    return finish(repair(FORMAT, Bundle(source, "body"), allow=allow, clock=FixedClock()))


def written(source: Source, patch: Patch) -> bytes:
    return b"".join(source.patched(patch))


def messages_of(data: bytes) -> list[Any]:
    value = json.loads(data)
    found: list[Any] = value["messages"] if isinstance(value, dict) else value
    return found


def test_of_repeated_messages_the_last_are_read_and_changed() -> None:
    said = [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]
    one, two = (json.dumps([message]).encode() for message in said)
    data = b'{"messages":' + one + b',"model":"messages","messages":' + two + b"}"
    found = elements(data)
    assert [json.loads(raw) for raw in found.lines()] == messages_of(data) == said[1:]
    assert written(found, {1: (b"{}",)}) == data.replace(two, b"[{}]")


def test_what_stands_before_a_replaced_message_stays() -> None:
    found = elements(b'[{"role":"user"},\n\n  {"role":"assistant"} , {"role":"user"}]')
    assert written(found, {2: (b"1",)}) == b'[{"role":"user"},\n\n  1 , {"role":"user"}]'
    assert written(found, {3: (b"1", b"2")}) == b'[{"role":"user"},\n\n  {"role":"assistant"} , 1,\n\n  2]'


@pytest.mark.parametrize("data", [
    b"[\x0c", b"[1\x0b", b"[{}\x0b,{}]\x0b", b"[{}\x0c]", b'{"messages":[{"role":"user"}\x0c',
])
def test_white_space_that_json_does_not_know_ends_nothing(data: bytes) -> None:
    """It was stepped over at the end and not in between, and so for ever."""
    found = elements(data)
    assert len(found) <= 2
    assert b"".join(found.patched({})) == data


@given(documents() | damaged())
def test_without_an_edit_the_same_bytes_are_written(data: bytes) -> None:
    source = FORMAT.frame(Source.of(data, "body.json")) or Source.of(data)
    assert written(source, EMPTY) == data


@given(documents())
def test_the_elements_are_the_messages(data: bytes) -> None:
    source = elements(data)
    assert source.flaw == ""
    assert [json.loads(raw) for raw in source.lines()] == messages_of(data)


@given(documents(), st.data())
def test_any_patch_leaves_a_valid_document(data: bytes, draw: st.DataObject) -> None:
    source = elements(data)
    lines = draw.draw(st.sets(st.integers(1, len(source)))) if len(source) else set()
    if draw.draw(st.booleans()):
        lines = {*lines, END}
    patch = {line: tuple(draw.draw(st.lists(st.sampled_from([b'{"role":"x"}', b"{}"]), max_size=2))) for line in lines}
    wanted: list[Any] = []
    for line, old in enumerate(messages_of(data), 1):
        wanted += map(json.loads, patch[line]) if line in patch else [old]
    wanted += map(json.loads, patch.get(END, ()))
    after = written(source, patch)
    assert messages_of(after) == wanted
    kept = [line for line in range(1, len(source) + 1) if line not in patch]
    assert all(source[line - 1] in after for line in kept)


@settings(deadline=None)
@given(documents())
def test_a_repair_leaves_a_valid_document_and_untouched_messages_their_bytes(data: bytes) -> None:
    source = elements(data)
    done = repaired(source)
    after = written(source, done.patch)
    again = elements(after)
    assert len(again) == len(done.after.situation.session)
    assert {source[line - 1] for line in range(1, len(source) + 1) if line not in done.patch} <= set(again.lines())
    assert judged(again).verdict == done.after.verdict


@settings(deadline=None)
@given(damaged())
def test_any_bytes_give_a_report_and_a_repair(data: bytes) -> None:
    source, format_ = framed(Source.of(data, "body.json"))
    if not isinstance(format_, Messages):
        return
    opened = Opened(format_, format_.bundle(source), NOWHERE, Choices(surroundings=False, environ={}))
    report = finish(examine(opened))
    done = finish(repair(format_, opened.bundle, report.target, allow=ALL, clock=FixedClock()))
    if isinstance(source, Elements) and done.after.verdict is Verdict.HEALTHY:
        json.loads(written(source, done.patch))


@settings(deadline=None)
@given(damaged().filter(lambda data: data.lstrip(b" \t\r\n")[:1] == b"["))
def test_a_damaged_array_is_valid_again_after_its_repair(data: bytes) -> None:
    source = elements(data)
    done = repaired(source)
    if source.flaw and not len(source):
        return  # Nothing is left to keep.
    messages_of(written(source, done.patch))


@pytest.mark.parametrize("system", [None, "be brief", [{"type": "text", "text": "be brief"}]])
@pytest.mark.parametrize("style", [{"separators": (",", ":")}, {}, {"indent": 2}, {"indent": "\t"}], ids=str)
@pytest.mark.parametrize("last", [True, False], ids=["messages last", "messages first"])
def test_a_system_turn_moves_into_the_system_prompt(system: object, style: dict[str, Any], last: bool) -> None:
    messages = [{"role": "user", "content": "hi"}, {"role": "system", "content": "Be\nkind."}]
    around = {"model": "claude-sonnet-4-5"} | ({} if system is None else {"system": system})
    body = {**around, "messages": messages} if last else {"messages": messages, **around}
    source = elements(json.dumps(body, **style).encode())
    situation = judged(source).situation
    patch = lower(FORMAT, situation, [Hoist(At(2))], EMPTY, FixedClock())
    after = json.loads(written(source, patch))
    said = "Be\nkind."
    wanted = {None: said, "be brief": f"be brief\n\n{said}"}[system] if not isinstance(system, list) else [
        *system, {"type": "text", "text": said}
    ]
    assert after == {**around, "system": wanted, "messages": messages[:1]}
    assert elements(written(source, patch)).flaw == ""


def test_a_step_that_changes_the_frame_is_taken_back_and_done_again() -> None:
    data = b'{"messages": [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]}'
    source = elements(data)
    situation = judged(source).situation
    edits = (Hoist(At(2)),)
    patch = lower(FORMAT, situation, edits, EMPTY, FixedClock())
    history = History(source).push("hoist", edits, patch)
    assert written(source, history.patch) != data
    assert written(source, history.undo().patch) == data
    assert history.undo().redo().patch == patch


@pytest.mark.parametrize(("data", "after"), [
    pytest.param(b'[{"role":"user","content":"a"},]', b'[{"role":"user","content":"a"}]', id="a comma at the end"),
    pytest.param(b'[{"role":"user","content":"a"}', b'[{"role":"user","content":"a"}\n]\n', id="no end"),
    pytest.param(b'{"messages":[{"role":"user","content":"a"}', b'{"messages":[{"role":"user","content":"a"}\n]}\n',
                 id="a body without an end"),
    pytest.param(b'[{"role":"user","content":"a"}] x', b'[{"role":"user","content":"a"}]\n', id="something behind it"),
    pytest.param(b'\xef\xbb\xbf[{"role":"user","content":"a"}]', b'[{"role":"user","content":"a"}]', id="a mark"),
    pytest.param(b'{"messages":[{"role":"user","content":"a"}],"model":"x","sy',
                 b'{"messages":[{"role":"user","content":"a"}],"model":"x"\n}\n', id="torn behind its messages"),
])
def test_what_stands_around_the_messages_is_mended(data: bytes, after: bytes) -> None:
    source = elements(data)
    report = judged(source)
    assert [one.code for one in report.findings] == ["J013"]
    assert report.resume.error == "The request body is not valid JSON"
    done = repaired(source, frozenset({Safety.SAFE}))
    assert written(source, done.patch) == after
    assert done.after.verdict is Verdict.HEALTHY


def test_a_cut_closes_a_document_that_breaks_off() -> None:
    source = elements(b'[{"role":"user","content":"a"}, {"role":"assistant","content":"b"}, {"role":"us')
    situation = judged(source).situation
    patch = lower(FORMAT, situation, [Cut(At(2))], EMPTY, FixedClock())
    assert [one["content"] for one in messages_of(written(source, patch))] == ["a", "b"]


def test_an_envelope_that_is_no_json_is_said_and_left() -> None:
    source = elements(b'{"model": nope, "messages": [{"role":"user","content":"a"}]}')
    (found,) = judged(source).findings
    assert found.code == "J013"
    assert found.fixes == ()
    with pytest.raises(KeyError):
        lower(FORMAT, judged(source).situation, [Reframe()], EMPTY, FixedClock())


