"""Neutral edits written the way Claude Code writes records (claude-code-resume.md §3, §6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from unbrick.compaction import summarised
from unbrick.edit import (
    Adopt,
    Answer,
    Clear,
    Conform,
    Cut,
    DropBlock,
    DropRecord,
    DropRecords,
    Edit,
    Forget,
    Insert,
    Keep,
    Linearise,
    Move,
    Recount,
    Redact,
    Relink,
    Remake,
    Rename,
    Salvage,
    SetLeaf,
    SetRef,
    SetValue,
    Together,
    Trim,
    Uncompact,
)
from unbrick.entry import Kind
from unbrick.formats import Clock, pictures
from unbrick.formats.claude_code import adopt, bloat, calls, clearing, compaction, ending, forms, write
from unbrick.formats.claude_code.change import Draft
from unbrick.record import At, compact
from unbrick.session import Session
from unbrick.target import Target
from unbrick.thread import Thread


def lower(
    edit: Edit, session: Session, thread: Thread, target: Target, clock: Clock
) -> Mapping[At, Sequence[bytes]]:
    """An edit as pieces by place (see `patch.compose`).

    Lines that the edit does not concern keep their bytes; a touched line keeps all but the changed value.
    Raises KeyError when the edit names a place or id that the session does not have.
    """
    draft = Draft(session, thread)
    _WRITERS[type(edit)](edit, draft, target, clock)
    return draft.changes()


def _relink(edit: Relink, draft: Draft, _target: Target, _clock: Clock) -> None:
    if edit.parent is not None and draft.session.row(edit.parent) is None:
        raise KeyError(edit.parent)
    draft.relink(draft.row(edit.at), edit.parent)


def _set_leaf(edit: SetLeaf, draft: Draft, target: Target, clock: Clock) -> None:
    row = draft.session.row(edit.uuid)
    if row is None:
        raise KeyError(edit.uuid)
    ending.end_at(draft, row, target, clock, len(draft.session))


def _answer(edit: Answer, draft: Draft, _target: Target, clock: Clock) -> None:
    calls.answer(draft, [(draft.row(edit.at), edit.ref)], clock)


def _together(edit: Together, draft: Draft, target: Target, clock: Clock) -> None:
    answers = [one for one in edit.edits if isinstance(one, Answer)]
    calls.answer(draft, [(draft.row(one.at), one.ref) for one in answers], clock)
    moves = [one for one in edit.edits if isinstance(one, Move)]
    calls.move(draft, [(draft.row(one.at), draft.row(one.behind)) for one in moves], target, clock)
    for at, drops in groupby((one for one in edit.edits if isinstance(one, DropBlock)), attrgetter("at")):
        _drop_blocks(draft, draft.row(at), [one.block for one in drops], target, clock)
    _set_refs([one for one in edit.edits if isinstance(one, SetRef)], draft)
    for one in edit.edits:
        if isinstance(one, SetValue):
            _set_value(one, draft, target, clock)


def _move(edit: Move, draft: Draft, target: Target, clock: Clock) -> None:
    calls.move(draft, [(draft.row(edit.at), draft.row(edit.behind))], target, clock)


def _linearise(edit: Linearise, draft: Draft, target: Target, _clock: Clock) -> None:
    calls.linearise(draft, [draft.row(at) for at in edit.order], target)


def _drop_block(edit: DropBlock, draft: Draft, target: Target, clock: Clock) -> None:
    _drop_blocks(draft, draft.row(edit.at), [edit.block], target, clock)


def _drop_blocks(draft: Draft, row: int, blocks: Sequence[int], target: Target, clock: Clock) -> None:
    """Take blocks out of a record, each by its number in what the ones before left."""
    message = draft.record(row).get("message")
    content = message.get("content") if isinstance(message, dict) else None
    count = len(content) if isinstance(content, list) else int(isinstance(content, str))
    if not draft.drop_blocks(row, ("message", "content"), count, blocks):
        _drop_record(DropRecord(draft.view.at(row)), draft, target, clock)


def _drop_record(edit: DropRecord, draft: Draft, _target: Target, _clock: Clock) -> None:
    row = draft.row(edit.at)
    uuid = draft.session.uuid(row)
    if uuid is not None and draft.session.row(uuid) == row:
        twins = draft.session.duplicates.get(draft.session.scan.uuid[row], ())
        if len(twins) < 2:
            parent = draft.parent_of(row)
            # What the client went on to this record from, for lack of a parent, would find nothing near enough.
            for child in {*draft.session.children.get(row, ()), *draft.thread.bridged_from.get(row, ())}:
                if child != row:
                    draft.relink(child, parent)
            ending.forget(draft, {uuid: parent})
    draft.drop(row)


def _drop_records(edit: DropRecords, draft: Draft, _target: Target, _clock: Clock) -> None:
    clearing.drop_all(draft, [draft.row(at) for at in edit.ats])


def _forget(edit: Forget, draft: Draft, _target: Target, _clock: Clock) -> None:
    clearing.drop_all(draft, summarised(draft.session, draft.thread, draft.row(edit.at)))


def _clear(edit: Clear, draft: Draft, _target: Target, _clock: Clock) -> None:
    clearing.clear(draft, draft.row(edit.at), edit.notes)


def _trim(edit: Trim, draft: Draft, _target: Target, _clock: Clock) -> None:
    bloat.trim(draft, draft.row(edit.at))


def _recount(edit: Recount, draft: Draft, _target: Target, _clock: Clock) -> None:
    clearing.recount(draft, dict(zip(map(draft.row, edit.ats), edit.tokens, strict=True)))


def _set_value(edit: SetValue, draft: Draft, _target: Target, _clock: Clock) -> None:
    draft.set(draft.row(edit.at), edit.pointer, edit.value)


def _remake(edit: Remake, draft: Draft, _target: Target, _clock: Clock) -> None:
    pictures.remake(draft, draft.row(edit.at), edit.values, "toolUseResult")


def _set_ref(edit: SetRef, draft: Draft, _target: Target, _clock: Clock) -> None:
    _set_refs([edit], draft)


def _set_refs(edits: Sequence[SetRef], draft: Draft) -> None:
    for edit in edits:
        call = draft.session.calls[edit.old]
        for row, block in call.uses:
            draft.set(row, ("message", "content", block, "id"), edit.new)
        for row, block in call.results:
            draft.set(row, ("message", "content", block, "tool_use_id"), edit.new)
    calls.rename_replacements(draft, {edit.old: edit.new for edit in edits})


def _insert(edit: Insert, draft: Draft, _target: Target, clock: Clock) -> None:
    row = draft.row(edit.behind)
    record = dict(edit.record)
    if record.get("type") not in ("user", "assistant", "system", "attachment"):
        draft.behind(row, compact(record))
        return
    neighbour = draft.record(row)
    followers = draft.followers(row)
    following = draft.record(followers[0]) if followers else None
    uuid = str(record.pop("uuid", None) or clock.uuid())
    own: dict[str, Any] = {"parentUuid": draft.uuid(row), "isSidechain": bool(neighbour.get("isSidechain"))}
    own |= record
    own |= {"parentUuid": draft.uuid(row), "uuid": uuid}
    own.setdefault("timestamp", write.after(neighbour, following, clock))
    draft.behind(row, write.imitate(own, neighbour, neighbour if neighbour.get("type") == record["type"] else own))
    for child in followers:
        draft.relink(child, uuid)


def _salvage(edit: Salvage, draft: Draft, _target: Target, _clock: Clock) -> None:
    draft.salvage(edit)


def _cut(edit: Cut, draft: Draft, target: Target, clock: Clock) -> None:
    ending.cut(draft, draft.row(edit.after), target, clock)


def _uncompact(edit: Uncompact, draft: Draft, _target: Target, _clock: Clock) -> None:
    row = draft.row(edit.at)
    if draft.session.kind(row) is not Kind.BOUNDARY:
        raise KeyError(edit.at)
    compaction.undo(draft, row)


def _keep(edit: Keep, draft: Draft, _target: Target, _clock: Clock) -> None:
    row = draft.row(edit.at)
    if draft.session.kind(row) is not Kind.BOUNDARY or not edit.uuids:
        raise KeyError(edit.at)
    compaction.keep(draft, row, edit.uuids)


def _rename(edit: Rename, draft: Draft, _target: Target, _clock: Clock) -> None:
    names = dict(edit.names)
    for old in names:
        if draft.session.row(old) is None:
            raise KeyError(old)
    ending.rename(draft, names)


def _redact(edit: Redact, draft: Draft, _target: Target, _clock: Clock) -> None:
    draft.redact(edit)


def _conform(edit: Conform, draft: Draft, _target: Target, _clock: Clock) -> None:
    forms.conform(draft, draft.row(edit.at))


_WRITERS: Mapping[type, Callable[[Any, Draft, Target, Clock], None]] = {
    Relink: _relink,
    SetLeaf: _set_leaf,
    Answer: _answer,
    Move: _move,
    Linearise: _linearise,
    DropBlock: _drop_block,
    Together: _together,
    DropRecord: _drop_record,
    DropRecords: _drop_records,
    Forget: _forget,
    Clear: _clear,
    Trim: _trim,
    Recount: _recount,
    SetValue: _set_value,
    Remake: _remake,
    SetRef: _set_ref,
    Insert: _insert,
    Salvage: _salvage,
    Cut: _cut,
    Uncompact: _uncompact,
    Keep: _keep,
    Adopt: adopt.adopt,
    Rename: _rename,
    Conform: _conform,
    Redact: _redact,
}
