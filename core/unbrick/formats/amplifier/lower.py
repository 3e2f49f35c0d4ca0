"""Neutral edits written the way Amplifier writes records: one message a line, every call in both its places.

A record that is changed loses the copy of what the server sent (`wire_content`), which the client would otherwise hold
against it (amplifier.md §1.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from itertools import groupby
from operator import attrgetter
from typing import Any

from unbrick.edit import (
    Answer,
    Clear,
    Conform,
    Cut,
    DropBlock,
    DropRecord,
    DropRecords,
    Edit,
    Insert,
    Move,
    Redact,
    Remake,
    Salvage,
    SetRef,
    SetValue,
    Together,
)
from unbrick.formats import Clock, draft, pictures
from unbrick.formats.amplifier import records, words, write
from unbrick.jsonspan import Pointer
from unbrick.record import END, At, Json
from unbrick.session import Session
from unbrick.thread import Thread


class Draft(draft.Draft):
    """Edits of one session in the client's own hand."""

    def written(self, value: object) -> bytes:
        """A value as Python's `json` writes it."""
        return write.dump(value)

    def rewrite(self, row: int, value: Json) -> None:
        """Write the members of a record that differ from what stands there; the others keep their bytes."""
        old = self.record(row)
        for key in [key for key in old if key not in value]:
            self.put(row, write.without(self.raw(row), (key,)))
        for key, new in value.items():
            if key not in old or old[key] != new:
                self.put(row, write.with_member(self.raw(row), key, new))
        self.forget_copy(row)

    def take_out(self, row: int, _pointer: Pointer, indices: Set[int]) -> None:
        """Take blocks out of a record, in both places of a call."""
        self.rewrite(row, write.without_blocks(self.record(row), indices))

    def forget_copy(self, row: int) -> None:
        """Take out the server's own copy of a record that is not what it was."""
        about = self.record(row).get("metadata")
        copy = about.get("anthropic") if isinstance(about, dict) else None
        if isinstance(copy, dict) and "wire_content" in copy:
            self.put(row, write.without(self.raw(row), ("metadata", "anthropic", "wire_content")))


def lower(edit: Edit, session: Session, thread: Thread, clock: Clock) -> Mapping[At, Sequence[bytes]]:
    """An edit as pieces by place. Raises KeyError when it names a place or id that is not there, or is none that a
    list of messages can be given (links, boundaries, leaves)."""
    writer = _WRITERS.get(type(edit))
    if writer is None:
        raise KeyError(type(edit).__name__)
    if isinstance(edit, Salvage) and edit.at.line == END and not len(session.scan.view):
        return {At(END, 0): [piece.rstrip(b"\r\n") for piece in edit.pieces or ()]}
    made = Draft(session, thread)
    writer(edit, made, clock)
    return made.changes()


def _answer(edit: Answer, made: Draft, clock: Clock) -> None:
    _answers([edit], made, clock)


def _together(edit: Together, made: Draft, clock: Clock) -> None:
    _answers([one for one in edit.edits if isinstance(one, Answer)], made, clock)
    _set_refs([one for one in edit.edits if isinstance(one, SetRef)], made)
    for at, drops in groupby((one for one in edit.edits if isinstance(one, DropBlock)), attrgetter("at")):
        _drop_blocks(made, made.row(at), [one.block for one in drops])
    for at, values in groupby((one for one in edit.edits if isinstance(one, SetValue)), attrgetter("at")):
        _set_values(made, made.row(at), [*values])
    for one in edit.edits:
        if isinstance(one, Move):
            _move(one, made, clock)


def _answers(edits: Sequence[Answer], made: Draft, clock: Clock) -> None:
    """Answer calls, those of one record in its order."""
    by_row: dict[int, dict[str, Answer]] = {}
    for edit in edits:
        by_row.setdefault(made.row(edit.at), {})[edit.ref] = edit
    for row, answers in by_row.items():
        value = made.record(row)
        places = _places(made, row, _calls(value))
        if not answers.keys() <= places.keys():
            raise KeyError(row)
        for ref, (place, name) in places.items():
            if ref in answers:
                edit = answers[ref]
                content = edit.content if edit.content is not None else write.unknown(_said(edit.finished))
                made.behind(place, write.result(ref, name, content, clock, value))


def _said(finished: bool | None) -> str:
    return words.SILENT if finished is None else words.FINISHED if finished else words.STARTED


def _is_use(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "tool_use"


def _calls(value: Json) -> list[Json]:
    return [part for part, _odd in records.calls_and_texts(value) if _is_use(part)]


def _places(made: Draft, row: int, calls: Sequence[Json]) -> dict[str | None, tuple[int, str]]:
    """Id of each call of a row → the row that its result goes behind, the call's own or of the results that follow it
    the last one of an earlier call, and the tool's name. None stands for a result of none of the calls."""
    scan = made.session.scan
    tool = scan.strings.find("tool")
    results: dict[str | None, int] = {}
    found = row + 1
    while found < len(scan) and scan.type[found] == tool:
        results[scan.strings.text(scan.block_ref[scan.first[found]])] = found
        found += 1
    places: dict[str | None, tuple[int, str]] = {}
    place = row
    for call in calls:
        ref = call.get("id")
        if isinstance(ref, str) and ref not in places:
            places[ref] = place, str(call.get("name") or "")
            place = max(place, results.get(ref, row))
    return {**places, None: (place, "")}


def _move(edit: Move, made: Draft, _clock: Clock) -> None:
    row, behind = made.row(edit.at), made.row(edit.behind)
    value = made.record(behind)
    ref = made.record(row).get("tool_call_id")
    places = _places(made, behind, _calls(value))
    place, _name = places.get(ref if isinstance(ref, str) else None, places[None])
    if place == row or row == place + 1:
        return
    made.move_behind(row, place)


def _drop_block(edit: DropBlock, made: Draft, _clock: Clock) -> None:
    _drop_blocks(made, made.row(edit.at), [edit.block])


def _drop_blocks(made: Draft, row: int, blocks: Sequence[int]) -> None:
    if not made.drop_blocks(row, ("content",), len(records.blocks(made.record(row))), blocks):
        made.drop(row)


def _drop_record(edit: DropRecord, made: Draft, _clock: Clock) -> None:
    made.drop(made.row(edit.at))


def _drop_records(edit: DropRecords, made: Draft, _clock: Clock) -> None:
    for at in edit.ats:
        made.drop(made.row(at))


def _clear(edit: Clear, made: Draft, _clock: Clock) -> None:
    row = made.row(edit.at)
    for block, note in edit.notes:
        value = made.record(row)
        found = records.blocks(value)
        if not 0 <= block < len(found):
            raise KeyError(block)
        if found[block].get("type") == "tool_result":
            made.rewrite(row, {**value, "content": note})
        elif not _is_use(found[block]):
            made.rewrite(row, write.with_blocks(value, {block: {"type": "text", "text": note}}))


def _set_value(edit: SetValue, made: Draft, _clock: Clock) -> None:
    _set_values(made, made.row(edit.at), [edit])


def _set_values(made: Draft, row: int, edits: Sequence[SetValue]) -> None:
    """Replace values of one record, none of which leads into another."""
    changed: dict[int, Json] = {}
    found = records.blocks(made.record(row))
    for edit in edits:
        if edit.pointer[:1] != ("content",) or (len(edit.pointer) == 1 and not isinstance(edit.value, list)):
            made.set(row, edit.pointer, edit.value)
            made.forget_copy(row)
        elif len(edit.pointer) == 1:
            made.rewrite(row, write.with_content(made.record(row), edit.value))
        else:
            block, inside = edit.pointer[1], edit.pointer[2:]
            if not isinstance(block, int) or not 0 <= block < len(found):
                raise KeyError(block)
            changed[block] = _within(changed.get(block, found[block]), inside, edit.value)
    if changed:
        made.rewrite(row, write.with_blocks(made.record(row), changed))


def _within(value: Any, inside: Sequence[str | int], new: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
    if not inside:
        return new
    step, rest = inside[0], inside[1:]
    if isinstance(value, dict) and isinstance(step, str) and (step in value or not rest):
        return {**value, step: _within(value.get(step), rest, new)}
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return [*value[:step], _within(value[step], rest, new), *value[step + 1 :]]
    raise KeyError(step)


def _set_ref(edit: SetRef, made: Draft, _clock: Clock) -> None:
    _set_refs([edit], made)


def _set_refs(edits: Sequence[SetRef], made: Draft) -> None:
    """Give calls other ids, those of one record in one go."""
    by_row: dict[int, dict[int, str]] = {}
    for edit in edits:
        call = made.session.calls[edit.old]
        for row, block in call.uses:
            by_row.setdefault(row, {})[block] = edit.new
        for row, _block in call.results:
            made.set(row, ("tool_call_id",), edit.new)
    for row, refs in by_row.items():
        value = made.record(row)
        found = records.blocks(value)
        made.rewrite(row, write.with_blocks(value, {block: {**found[block], "id": new} for block, new in refs.items()}))


def _insert(edit: Insert, made: Draft, clock: Clock) -> None:
    new = write.message(edit.record, clock, made.record(made.row(edit.behind) if edit.behind.line else 0))
    if edit.behind.line == 0:
        first = made.raw(0)
        made.drop(0)
        made.behind(0, new)
        made.behind(0, first)
    else:
        made.behind(made.row(edit.behind), new)


def _salvage(edit: Salvage, made: Draft, _clock: Clock) -> None:
    made.salvage(edit)


def _cut(edit: Cut, made: Draft, _clock: Clock) -> None:
    for row in range(made.row(edit.after) + 1, len(made.session)):
        made.drop(row)


def _conform(edit: Conform, made: Draft, _clock: Clock) -> None:
    row = made.row(edit.at)
    made.rewrite(row, write.conformed(made.record(row)))


def _remake(edit: Remake, made: Draft, _clock: Clock) -> None:
    pictures.remake(made, made.row(edit.at), edit.values)


def _redact(edit: Redact, made: Draft, _clock: Clock) -> None:
    made.redact(edit)


_WRITERS: Mapping[type, Callable[[Any, Draft, Clock], None]] = {
    Answer: _answer, Together: _together, Move: _move, DropBlock: _drop_block, DropRecord: _drop_record,
    DropRecords: _drop_records, Clear: _clear, SetValue: _set_value, Remake: _remake, SetRef: _set_ref,
    Insert: _insert, Salvage: _salvage, Cut: _cut, Conform: _conform, Redact: _redact,
}
