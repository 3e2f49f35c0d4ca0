"""Undo after apply is the identity; one step can be taken back without the others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.clock import FixedClock
from unbrick.edit import Answer, DropRecord, Edit, Insert, Relink, SetLeaf, SetValue
from unbrick.editing.history import History, Lower
from unbrick.formats import Clock
from unbrick.formats.claude_code import ClaudeCode
from unbrick.patch import EMPTY, Patch, View, compose
from unbrick.record import END, At
from unbrick.scanning.scan import finish, scan
from unbrick.session import link
from unbrick.source import Source
from unbrick.target import Target, Version

FORMAT = ClaudeCode()
TARGET = Target("claude-code", Version.parse("2.1.329"))
PROMPT = {"type": "user", "message": {"role": "user", "content": "and"}}


def line(name: str, parent: str | None, kind: str = "user", content: object = "hi") -> bytes:
    return json.dumps({
        "parentUuid": parent, "isSidechain": False, "type": kind, "message": {"role": kind, "content": content},
        "uuid": name, "timestamp": f"2026-11-20T10:00:0{ord(name[0]) % 10}.000Z", "sessionId": "s",
    }).encode() + b"\n"


LINES = [
    line("a", None), line("b", "a", "assistant", [{"type": "tool_use", "id": "t", "name": "N", "input": {}}]),
    line("c", "b"), line("d", "c", "assistant", [{"type": "text", "text": "yes"}]), line("e", "d"),
]


@pytest.fixture
def source() -> Iterator[Source]:
    with Source.of(b"".join(LINES)) as source:
        yield source


def lowering(source: Source) -> Lower:
    def lower(patch: Patch, edits: Sequence[Edit], clock: Clock) -> Patch:
        for edit in edits:
            session = link(finish(scan(View(source, patch), FORMAT.entry)))
            thread = FORMAT.thread(session, TARGET)
            patch = compose(patch, FORMAT.lower(edit, session, thread, TARGET, clock))
        return patch

    return lower


def apply(history: History, clock: FixedClock, *edits: Edit, title: str = "step") -> History:
    return history.apply(title, edits, lowering(history.source), clock)


def uuids(history: History) -> list[str]:
    rows = View(history.source, history.patch).raws()
    return [json.loads(raw).get("uuid", "-")[-1] for raw in rows]


EDITS = st.sampled_from([
    DropRecord(At(2)), DropRecord(At(3)), Relink(At(4), "a"), SetValue(At(5), ("isMeta",), True), Insert(At(3), PROMPT),
    Answer(At(2), "t"), SetLeaf("c"), SetValue(At(3, 1), ("message", "content"), "or"), DropRecord(At(3, 1)),
    DropRecord(At(END)), SetValue(At(1), ("message", "content"), "changed"),
])


@given(st.lists(EDITS, max_size=6))
def test_undo_after_apply_is_the_identity_and_redo_after_undo(edits: list[Edit]) -> None:
    with Source.of(b"".join(LINES)) as source:
        history = History(source)
        clock = FixedClock()
        patches = [history.patch]
        for edit in edits:
            try:
                history = apply(history, clock, edit)
            except KeyError:
                continue
            patches.append(history.patch)
        for patch in reversed(patches):
            assert history.patch == patch
            history = history.undo()
        assert history.patch == EMPTY
        for patch in patches:
            assert history.patch == patch
            history = history.redo()
        assert history.patch == patches[-1]


@given(st.lists(EDITS, min_size=1, max_size=5), st.data())
def test_reverting_the_last_step_is_undoing_it_and_reverting_any_keeps_the_others_or_says_so(
    edits: list[Edit], data: st.DataObject
) -> None:
    with Source.of(b"".join(LINES)) as source:
        history = History(source)
        clock = FixedClock()
        for number, edit in enumerate(edits):
            try:
                history = apply(history, clock, edit, title=str(number))
            except KeyError:
                continue
        if not history.done:
            return
        last, dropped = history.revert(len(history.done) - 1, lowering(source), clock)
        assert (last.patch, dropped) == (history.undo().patch, ())
        index = data.draw(st.integers(0, len(history.done) - 1))
        result, dropped = history.revert(index, lowering(source), clock)
        titles = [step.title for step in history.done]
        del titles[index]
        assert sorted([step.title for step in (*result.done, *dropped)]) == sorted(titles)


def test_applying_forgets_what_was_undone(source: Source) -> None:
    history = apply(History(source), FixedClock(), DropRecord(At(3)))
    history = apply(history.undo(), FixedClock(), DropRecord(At(5)), title="other")
    assert [step.title for step in history.steps] == ["other"]
    assert history.redo() == history
    assert History(source).undo() == History(source)


def test_a_history_is_never_changed(source: Source) -> None:
    history = History(source)
    apply(history, FixedClock(), DropRecord(At(3)))
    assert history.patch == EMPTY
    with pytest.raises(KeyError):
        apply(history, FixedClock(), DropRecord(At(9)))


def test_a_replayed_step_comes_out_the_same(source: Source) -> None:
    clock = FixedClock()
    history = apply(History(source), clock, DropRecord(At(5)), title="drop e")
    history = apply(history, clock, Answer(At(2), "t"), title="answer")
    new = [name for name in uuids(history) if name not in "abcde"]
    history, dropped = history.revert(0, lowering(source), clock)
    assert dropped == ()
    assert uuids(history) == ["a", "b", *new, "c", "d", "e"]


def test_an_edit_finds_its_record_where_it_stands_without_the_step(source: Source) -> None:
    clock = FixedClock()
    history = apply(History(source), clock, Insert(At(3), PROMPT), title="first")
    history = apply(history, clock, Insert(At(3), PROMPT), title="second")
    view = View(source, history.patch)
    row = view.row(At(3, 2))
    assert row is not None
    first = json.loads(view.raw(row))["uuid"]
    history = apply(history, clock, SetValue(At(3, 2), ("message", "content"), "first of all"), title="edit the first")
    result, dropped = history.revert(1, lowering(source), clock)
    assert dropped == ()
    values = [json.loads(raw) for raw in View(source, result.patch).raws()]
    assert [v["message"]["content"] for v in values if v["uuid"] == first] == ["first of all"]
    result, dropped = history.revert(0, lowering(source), clock)
    assert [step.title for step in dropped] == ["edit the first"]
    assert len(result.done) == 1
    assert all(b"first of all" not in raw for raw in View(source, result.patch).raws())


def test_a_repair_is_one_step(source: Source) -> None:
    patch = lowering(source)(EMPTY, [DropRecord(At(3))], FixedClock())
    history = History(source).push("repair", [DropRecord(At(3))], patch)
    assert history.patch == patch
    history = apply(history, FixedClock(), DropRecord(At(5)))
    result, dropped = history.revert(0, lowering(source), FixedClock())
    assert dropped == ()
    assert uuids(result) == ["a", "b", "c", "d"]
    with pytest.raises(IndexError):
        result.revert(1, lowering(source), FixedClock())


def test_a_history_may_begin_with_a_patch(source: Source) -> None:
    start: Patch = {3: ()}
    history = apply(History(source, start=start), FixedClock(), DropRecord(At(5)))
    assert history.undo().patch == start


def test_the_steps_are_done_again_on_a_file_that_grew(source: Source) -> None:
    clock = FixedClock()
    history = apply(History(source), clock, DropRecord(At(5)), title="drop e")
    history = apply(history, clock, Answer(At(2), "t"), title="answer")
    new = [name for name in uuids(history) if name not in "abcde"]
    with Source.of(b"".join([*LINES, line("f", "e")])) as grown:
        result, dropped = history.onto(grown, lowering(grown), clock)
        assert dropped == ()
        assert uuids(result) == ["a", "b", *new, "c", "d", "f"]
        assert [step.title for step in result.done] == ["drop e", "answer"]


def test_a_step_whose_record_is_gone_from_the_file_falls_away(source: Source) -> None:
    clock = FixedClock()
    history = apply(History(source), clock, DropRecord(At(5)), title="drop e")
    history = apply(history, clock, Relink(At(3), "a"), title="relink c")
    with Source.of(b"".join([LINES[0], *LINES[2:4]])) as other:
        result, dropped = history.onto(other, lowering(other), clock)
        assert [step.title for step in dropped] == ["drop e"]
        assert [step.title for step in result.done] == ["relink c"]
        assert uuids(result) == ["a", "c", "d"]


def test_what_was_undone_can_be_done_again_on_a_file_that_grew(source: Source) -> None:
    clock = FixedClock()
    history = apply(History(source), clock, DropRecord(At(3)), title="one")
    history = apply(history, clock, DropRecord(At(5)), title="two")
    with Source.of(b"".join([*LINES, line("f", "e")])) as grown:
        again, dropped = history.undo().onto(grown, lowering(grown), clock)
        assert not dropped
        assert [step.title for step in again.done] == ["one"]
        assert [step.title for step in again.undone] == ["two"]
        assert uuids(again.redo()) == ["a", "b", "d", "f"]


def test_reverting_keeps_what_was_undone(source: Source) -> None:
    clock = FixedClock()
    history = History(source)
    for place in (2, 3, 5):
        history = apply(history, clock, DropRecord(At(place)), title=str(place))
    again, dropped = history.undo().revert(0, lowering(source), clock)
    assert not dropped
    assert [step.title for step in again.done] == ["3"]
    assert [step.title for step in again.undone] == ["5"]


def test_what_was_undone_and_no_longer_fits_is_forgotten(source: Source) -> None:
    clock = FixedClock()
    history = apply(apply(History(source), clock, DropRecord(At(3))), clock, DropRecord(At(5)))
    with Source.of(b"".join(LINES[:4])) as shorter:
        again, dropped = history.undo().onto(shorter, lowering(shorter), clock)
        assert not dropped
        assert again.undone == ()
