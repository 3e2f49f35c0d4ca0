"""Neutral edits written into an array of messages, in the style of the document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

import orjson

from unbrick import jsonspan
from unbrick.edit import (
    Answer,
    Clear,
    Conform,
    Cut,
    DropBlock,
    DropRecord,
    DropRecords,
    Edit,
    Hoist,
    Insert,
    Move,
    Redact,
    Reframe,
    Remake,
    Salvage,
    SetRef,
    SetValue,
    Together,
)
from unbrick.elements import Elements
from unbrick.formats import draft, pictures
from unbrick.formats.messages import framing, records, write
from unbrick.jsonspan import Spelling
from unbrick.record import FRAME, At, Json
from unbrick.secrecy.hide import Hidden
from unbrick.session import Session
from unbrick.thread import Thread

MISSING = "[No result was recorded for this call; its outcome is unknown]"
"""What answers a call whose result nobody has."""


class Draft(draft.Draft):
    """Edits of one document in its own style."""

    def __init__(self, session: Session, thread: Thread) -> None:
        super().__init__(session, thread)
        self._style: write.Style | None = None
        self.frame: tuple[bytes, bytes] | None = None

    @property
    def style(self) -> write.Style:
        """How the document's first message is written."""
        if self._style is None:
            self._style = write.style(self.view.raw(0).rstrip(b"\r\n")) if len(self.view) else write.Style()
        return self._style

    def written(self, value: object) -> Spelling:
        """A value in the style of the document, indented as its place is."""
        style = self.style
        if style.unit is None:
            return write.written(value, style)
        return lambda raw, place: write.written(value, style, write.indent_at(raw, place))

    def message(self, role: str, content: object) -> bytes:
        """A new message."""
        base = write.indent_at(self.view.raw(0), 0) if len(self.view) else ""
        return write.written({"role": role, "content": content}, self.style, base)

    def put_results(self, row: int, blocks: Sequence[Json]) -> None:
        """Put results into the user's message behind a call's, behind the results that it begins with; into a message
        of their own where the call's is not followed by one."""
        behind = row + 1
        value = self.record(behind) if behind < len(self.view) and self._raw.get(behind, b"") is not None else {}
        if value.get("role") != "user" or not isinstance(value.get("content"), str | list):
            self.behind(row, self.message("user", blocks))
            return
        found = value["content"]
        if isinstance(found, str):
            said = [{"type": "text", "text": found}] if found.strip() else []
            self.set(behind, ("content",), [*blocks, *said])
            return
        place = next((i for i, part in enumerate(found) if not _is_result(part)), len(found))
        raw = self.raw(behind)
        start, _end = jsonspan.locate(raw, ("content", 0) if found else ("content",))
        indent = write.indent_at(raw, start)
        new = [write.written(block, self.style, indent) for block in blocks]
        self.put(behind, write.insert(raw, ("content",), place, new))

    def move(self, row: int, call: int, blocks: Sequence[int]) -> None:
        """Move results of a message behind a call's."""
        found = records.blocks(self.record(row))
        self.drop_parts(row, blocks[::-1])
        self.put_results(call, [found[index] for index in blocks])

    def drop_parts(self, row: int, blocks: Sequence[int]) -> None:
        """Take blocks out of a message, each named by its number in what the ones before left; the message goes when
        nothing is left in it."""
        content = self.record(row).get("content")
        count = len(content) if isinstance(content, list) else 0
        if not self.drop_blocks(row, ("content",), max(count, 1), blocks):
            self.drop(row)

    def conform(self, row: int) -> None:
        """Name the role as the API does, and take out what it does not know."""
        role = records.ROLES.get(str(self.record(row).get("role")))
        if role is not None:
            self.set(row, ("role",), role)
        value = self.record(row)
        for key in value.keys() - (records.SYSTEM_MEMBERS if value.get("role") == "system" else records.MEMBERS):
            self.put(row, jsonspan.remove(self.raw(row), (key,)))

    def changes(self) -> Mapping[At, Sequence[bytes]]:
        """The pieces by place."""
        result = dict(super().changes())
        if self.frame is not None:
            head, tail = self.frame
            patched = FRAME in self.view.patch
            result |= {At(FRAME, 0): (head,), At(FRAME, 1): (tail,)} if patched else {At(FRAME, 0): (head, tail)}
        return result


def lower(
    edit: Edit, session: Session, thread: Thread, draft: type[Draft] | None = None,
) -> Mapping[At, Sequence[bytes]]:
    """An edit as pieces by place. Raises KeyError when it names a place or id that is not there, or is none that a
    list of messages can be given (links, boundaries, leaves)."""
    writer = _WRITERS.get(type(edit))
    if writer is None:
        raise KeyError(type(edit).__name__)
    made = (draft or Draft)(session, thread)
    writer(edit, made)
    return made.changes()


def _is_result(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "tool_result"


def _answer(edit: Answer, made: Draft) -> None:
    _answers([edit], made)


def _together(edit: Together, made: Draft) -> None:
    _answers([one for one in edit.edits if isinstance(one, Answer)], made)
    for at, drops in groupby((one for one in edit.edits if isinstance(one, DropBlock)), attrgetter("at")):
        made.drop_parts(made.row(at), [one.block for one in drops])
    for one in edit.edits:
        if not isinstance(one, Answer | DropBlock):
            _WRITERS[type(one)](one, made)


def _answers(edits: Sequence[Answer], made: Draft) -> None:
    """Answer calls, those of one message in one go."""
    by_row: dict[int, list[Answer]] = {}
    for edit in edits:
        by_row.setdefault(made.row(edit.at), []).append(edit)
    for row, same in by_row.items():
        refs = {part["id"] for part in records.blocks(made.record(row)) if isinstance(part.get("id"), str)}
        for edit in same:
            if edit.ref not in refs:
                raise KeyError(edit.ref)
        made.put_results(row, list(map(_result, same)))


def _result(edit: Answer) -> Json:
    block: Json = {"type": "tool_result", "tool_use_id": edit.ref, "content": edit.content or MISSING}
    return block if edit.content is not None else {**block, "is_error": True}


def _move(edit: Move, made: Draft) -> None:
    """Only the results of the call's message move; what else their message says stays where it is."""
    row, call = made.row(edit.at), made.row(edit.behind)
    wanted = [part.get("id") for part in records.blocks(made.record(call)) if part.get("type") == "tool_use"]
    found = records.blocks(made.record(row))
    moving = [i for i, part in enumerate(found) if _is_result(part) and part.get("tool_use_id") in wanted]
    if not moving:
        raise KeyError(edit.at)
    made.move(row, call, moving)


def _drop_block(edit: DropBlock, made: Draft) -> None:
    made.drop_parts(made.row(edit.at), [edit.block])


def _drop_record(edit: DropRecord, made: Draft) -> None:
    made.drop(made.row(edit.at))


def _drop_records(edit: DropRecords, made: Draft) -> None:
    for at in edit.ats:
        made.drop(made.row(at))


def _clear(edit: Clear, made: Draft) -> None:
    row = made.row(edit.at)
    found = records.blocks(made.record(row))
    for block, note in edit.notes:
        if _is_result(found[block]):
            made.set(row, ("content", block, "content"), note)
        elif isinstance(made.record(row).get("content"), str):
            made.set(row, ("content",), note)
        else:
            made.set(row, ("content", block), {"type": "text", "text": note})


def _set_value(edit: SetValue, made: Draft) -> None:
    made.set(made.row(edit.at), edit.pointer, edit.value)


def _remake(edit: Remake, made: Draft) -> None:
    pictures.remake(made, made.row(edit.at), edit.values)


def _set_ref(edit: SetRef, made: Draft) -> None:
    call = made.session.calls[edit.old]
    for row, block in call.uses:
        made.set(row, ("content", block, "id"), edit.new)
    for row, block in call.results:
        made.set(row, ("content", block, "tool_use_id"), edit.new)


def _insert(edit: Insert, made: Draft) -> None:
    made.behind(made.row(edit.behind), made.message(str(edit.record.get("role")), edit.record.get("content")))


def _salvage(edit: Salvage, made: Draft) -> None:
    made.salvage(edit)


def _conform(edit: Conform, made: Draft) -> None:
    made.conform(made.row(edit.at))


def _cut(edit: Cut, made: Draft) -> None:
    for row in range(made.row(edit.after) + 1, len(made.view)):
        made.drop(row)
    if made.view.flaw:
        _reframe(Reframe(), made)


def _hoist(edit: Hoist, made: Draft) -> None:
    row = made.row(edit.at)
    said = records.text(made.record(row))
    head, tail = framing.around(made.view)
    try:
        around = orjson.loads(head + tail)
    except orjson.JSONDecodeError:
        raise KeyError("system") from None
    if not isinstance(around, dict):
        raise KeyError("system")
    system = around.get("system")
    if isinstance(system, list):
        system = [*system, {"type": "text", "text": said}]
    else:
        system = f"{system}\n\n{said}" if isinstance(system, str) and system else said
    made.frame = _with_system(head, tail, system, made.style)
    made.drop(row)


def _with_system(head: bytes, tail: bytes, system: object, style: write.Style) -> tuple[bytes, bytes]:
    """Both halves of a frame with the system prompt set; the split between them stays where the messages are."""
    whole = head + tail
    try:
        start, end = jsonspan.locate(whole, ("system",))
        new = write.written(system, style, write.indent_at(whole, start))
        if end <= len(head):
            return head[:start] + new + head[end:], tail
        start, end = start - len(head), end - len(head)
        return head, tail[:start] + new + tail[end:]
    except KeyError:
        brace = head.index(b"{") + 1
        first = jsonspan.skip_space(head, brace)
        space = head[brace:first]
        colon = b": " if style.spaced else b":"
        new = write.written(system, style, write.indent_at(head, first))
        return head[:first] + b'"system"' + colon + new + b"," + (space or b" " * style.spaced) + head[first:], tail


def _reframe(_edit: Reframe, made: Draft) -> None:
    source = made.view.source
    if not isinstance(source, Elements) or source.mended is None:
        raise KeyError("frame")
    made.frame = source.mended


def _redact(edit: Redact, made: Draft) -> None:
    made.redact(edit)
    hidden = Hidden(edit.value, edit.note)
    halves = made.view.patch.get(FRAME) or made.view.source.frame()
    (head, before), (tail, behind) = (hidden.hide(half, framed=True) for half in halves)
    if before or behind:
        made.frame = head, tail


_WRITERS: Mapping[type, Callable[[Any, Draft], None]] = {
    Answer: _answer, Together: _together, Move: _move, DropBlock: _drop_block, DropRecord: _drop_record,
    DropRecords: _drop_records, Clear: _clear, SetValue: _set_value, Remake: _remake, SetRef: _set_ref,
    Insert: _insert, Salvage: _salvage, Conform: _conform, Cut: _cut, Hoist: _hoist, Reframe: _reframe,
    Redact: _redact,
}
