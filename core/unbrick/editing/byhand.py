"""Edits by hand, as fixes like any other: a turn, a pair, a record or a block taken out, images or thinking stripped, a
text changed, the beginning dropped. A call and its result travel together; what it costs is told from the judgement
afterwards."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from unbrick.check import check
from unbrick.clock import SYSTEM_CLOCK
from unbrick.edit import DropBlock, DropRecord, DropRecords, Edit, Recount, Remake, SetValue
from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.errors import UsageError
from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick.formats import Clock, Format
from unbrick.patch import EMPTY, Patch
from unbrick.repair import Applied, Repaired, lower
from unbrick.report import Report
from unbrick.situation import Situation
from unbrick.target import NOWHERE, Surroundings
from unbrick.telling.consequence import consequence
from unbrick.weighing import measure
from unbrick.weighing.past import history
from unbrick.weighing.stale import stale_thinking

IMAGES, THINKING = "images", "thinking"
STRIPPED = (IMAGES, THINKING)

_TALK = (Kind.USER, Kind.ASSISTANT)
_THOUGHTS = (BlockKind.THINKING, BlockKind.REDACTED)
_HALVES = (BlockKind.TOOL_USE, BlockKind.TOOL_RESULT)
_PICTURE = {"type": "text", "text": "[image removed]"}

Place = tuple[int, int]
"""Row and block."""


class Text(NamedTuple):
    """A text that may be changed: what it is, where it stands in its record, what it says."""

    label: str
    pointer: tuple[str | int, ...]
    text: str


def perform(
    format_: Format, report: Report, fix: Fix, patch: Patch = EMPTY, surroundings: Surroundings = NOWHERE,
    clock: Clock = SYSTEM_CLOCK,
) -> Generator[int, None, Repaired]:
    """Do what a fix says on the state that a report judged, and judge it again. Thinking that the model binds to what
    stood before goes along (messages-api-rules R16). The price is what it came to. Yields rows read so far.

    Raises UsageError where the format cannot write it.
    """
    try:
        new = lower(format_, report.situation, fix.edits, patch, clock)
    except (KeyError, IndexError):
        raise UsageError(f"{fix.title}: that cannot be written into this file. Nothing was changed.") from None
    after = yield from check(format_, report.bundle, new, report.target, surroundings, report.situation)
    done = [fix]
    bound = stale_thinking(after.situation, list(_altering(report.situation, fix.edits)))
    if bound is not None:
        new = lower(format_, after.situation, bound.edits, new, clock)
        after = yield from check(format_, report.bundle, new, report.target, surroundings, report.situation)
        done.append(bound)
    done[0] = replace(fix, price=consequence(report, after).price)
    return Repaired(report, after, new, tuple(
        Applied(Finding("hand", "edit", Severity.INFO, one.title), one) for one in done
    ))


def _altering(situation: Situation, edits: Iterable[Edit]) -> Iterator[Edit]:
    """The edits as `stale_thinking` reads them; what was not loaded was before no model."""
    for edit in edits:
        if isinstance(edit, DropRecords):
            rows = ((at, situation.session.scan.view.row(at)) for at in edit.ats)
            yield from (DropRecord(at) for at, row in rows if row in situation.loaded)
        elif not isinstance(edit, Recount):
            yield edit


def turn(situation: Situation, row: int) -> Fix:
    """Take out the turn that a row is part of: from a typed prompt up to the next one. Raises UsageError where the row
    is part of none."""
    rows = situation.thread.rows
    place = situation.loaded.get(row)
    prompts = [index for index, one in enumerate(rows) if situation.session.has(one, Flag.PROMPT)]
    start = None if place is None else next((one for one in reversed(prompts) if one <= place), None)
    if start is None:
        raise UsageError("This record is part of no turn that a resume loads.")
    end = next((one for one in prompts if one > start), len(rows))
    whole = [one for one in rows[start:end] if situation.session.kind(one) is not Kind.BOUNDARY]
    return _out(situation, "drop-turn", f"Take out the turn at {situation.place(rows[start])}", whole)


def record(situation: Situation, row: int) -> Fix:
    """Take a record out."""
    return _out(situation, "drop-record", f"Take {situation.place(row)} out", [row])


def pair(situation: Situation, row: int) -> Fix:
    """Take out the calls and results of a row, each with its other half. Raises UsageError where there is none."""
    halves = {(row, block) for block, kind, _flags, _ref in situation.blocks(row) if kind in _HALVES}
    if not halves:
        raise UsageError("This record holds neither a call nor a result.")
    what = "the call and its result" if len(halves) == 1 else f"{len(halves):,} calls with their results"
    return _out(situation, "drop-pair", f"Take out {what} at {situation.place(row)}", (), halves)


def block(situation: Situation, row: int, number: int) -> Fix:
    """Take one block out, a call or a result with its other half. Raises UsageError where there is no such block."""
    if number not in {one for one, *_rest in situation.blocks(row)}:
        raise UsageError(f"{situation.place(row)} has no block {number}.")
    return _out(situation, "drop-block", f"Take block {number} of {situation.place(row)} out", (), {(row, number)})


def strip(situation: Situation, what: str, rows: Iterable[int], where: str) -> Fix:
    """Take the `images` or the `thinking` out of rows; a note stands in the place of each image. Raises UsageError
    where there are none."""
    session = situation.session
    talk = [row for row in rows if session.kind(row) in _TALK]
    title = f"Take the {what} out of {where}"
    if what == THINKING:
        gone = {(row, one) for row in talk for one, kind, *_rest in situation.blocks(row) if kind in _THOUGHTS}
        if gone:
            return _out(situation, "strip-thinking", title, (), gone)
    else:
        edits = tuple(_noted(situation, talk))
        if edits:
            return Fix("strip-images", title, Safety.LOSSY, edits, "")
    raise UsageError(f"There {'are no images' if what == IMAGES else 'is no thinking'} in {where}.")


def _noted(situation: Situation, rows: Iterable[int]) -> Iterator[Edit]:
    pictures = (BlockKind.IMAGE, BlockKind.DOCUMENT)
    for row in rows:
        if not any(kind in pictures or flags & BlockFlag.MEDIA for _one, kind, flags, _ref in situation.blocks(row)):
            continue
        base, content = situation.asks.content(row)
        values = tuple((pointer, _PICTURE) for pointer in _pictures(content, base))
        if values:
            yield Remake(situation.at(row), values)


def _pictures(content: object, at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    for index, one in enumerate(content if isinstance(content, list) else ()):
        if isinstance(one, dict) and one.get("type") in ("image", "document", "image_url"):
            yield (*at, index)
        elif isinstance(one, dict) and one.get("type") == "tool_result":
            yield from _pictures(one.get("content"), (*at, index, "content"))


def texts(situation: Situation, row: int) -> list[Text]:
    """The texts of a row that may be changed: what was said, and what results say. Thinking is signed, and calls are
    no text."""
    base, content = situation.asks.content(row)
    if isinstance(content, str):
        return [Text("text", base, content)]
    return list(_texts(content, base, "text"))


def _texts(content: object, at: tuple[str | int, ...], label: str) -> Iterator[Text]:
    for index, one in enumerate(content if isinstance(content, list) else ()):
        if not isinstance(one, dict):
            continue
        said = one.get("text")
        if one.get("type") in ("text", "input_text", "output_text") and isinstance(said, str):
            yield Text(label, (*at, index, "text"), said)
        elif one.get("type") == "tool_result":
            inner = one.get("content")
            if isinstance(inner, str):
                yield Text("result", (*at, index, "content"), inner)
            else:
                yield from _texts(inner, (*at, index, "content"), "result")


def say(situation: Situation, row: int, old: Text, new: str) -> Fix:
    """Change a text; only its value is spliced. Raises UsageError for an empty text, which the API refuses."""
    if not new.strip():
        raise UsageError("An empty text is refused by the API; take the block out instead.")
    title = f"Change the {old.label} of {situation.place(row)}"
    return Fix("say", title, Safety.MANUAL, (SetValue(situation.at(row), old.pointer, new),), "")


def keep_from(situation: Situation, row: int) -> Fix:
    """Drop the beginning: all that stands before a prompt, so that the conversation begins with it; what compactions
    stand for goes as well. What the client keeps of the session as a whole stays.

    Raises UsageError where the row is no typed prompt of the conversation, or where a call before it is answered
    behind it.
    """
    session = situation.session
    conversation = [one for one, _segment in history(session, situation)]
    if not session.has(row, Flag.PROMPT) or row not in conversation:
        raise UsageError(f"{situation.place(row)} is no typed prompt of this conversation; it begins with one.")
    kept = set(conversation[conversation.index(row) :])
    waiting = {ref for one in conversation if one not in kept for _n, kind, _f, ref in situation.blocks(one)
               if kind in _HALVES}
    if any(ref in waiting for one in kept for _n, kind, _f, ref in situation.blocks(one) if kind in _HALVES):
        raise UsageError(f"A call before {situation.place(row)} is answered behind it; both halves have to stay.")
    linked = int(Flag.LINK)
    before = [
        one for one in range(len(session))
        if one not in kept and one < row and (session.scan.flags[one] & linked or session.kind(one) in _TALK)
        and (one in situation.loaded or not session.has(one, Flag.SIDECHAIN))
    ]
    if not before:
        raise UsageError(f"Nothing stands before {situation.place(row)}.")
    edits: tuple[Edit, ...] = (DropRecords(tuple(map(situation.at, before))),)
    loaded = [one for one in situation.thread.rows if one not in kept]
    if session.most_tokens and loaded:
        edits = (Recount((situation.at(row),), (measure.context(session, loaded),)), *edits)
    return Fix("keep-from", f"Drop everything before {situation.place(row)}", Safety.LOSSY, edits, "")


def _out(
    situation: Situation, id_: str, title: str, rows: Collection[int], blocks: Collection[Place] = (),
) -> Fix:
    """A fix that takes rows and blocks out, with the other halves of their calls and results, and with thinking that
    would be all that is left of a reply."""
    session, scan = situation.session, situation.session.scan
    gone = {*blocks, *((row, number) for row in rows for number, *_rest in situation.blocks(row))}
    refs = {_ref(situation, place) for place in gone}
    for ref in refs - {None}:
        call = session.calls.get(ref or "")
        gone.update((*call.uses, *call.results) if call else ())
    for reply in {tuple(_reply(situation, row)) for row, _number in gone if scan.kind[row] == Kind.ASSISTANT}:
        left = [(row, number, kind) for row in reply for number, kind, *_rest in situation.blocks(row)
                if (row, number) not in gone and row not in rows]
        if all(kind in _THOUGHTS for _row, _number, kind in left):
            gone.update((row, number) for row, number, _kind in left)
    whole = {*rows, *(
        row for row in {row for row, _number in gone}
        if all((row, number) in gone for number, *_rest in situation.blocks(row))
    )}
    # By number: what stands in different records is written in one go.
    single = sorted((place for place in gone if place[0] not in whole), key=lambda one: (-one[1], one[0]))
    edits: list[Edit] = [DropBlock(situation.at(row), number) for row, number in single]
    if whole:
        edits.append(DropRecords(tuple(situation.at(row) for row in sorted(whole))))
    return Fix(id_, title, Safety.LOSSY, tuple(edits), "")


def _ref(situation: Situation, place: Place) -> str | None:
    scan = situation.session.scan
    index = scan.first[place[0]] + place[1]
    return scan.strings.text(scan.block_ref[index]) if scan.block_kind[index] in _HALVES else None


def _reply(situation: Situation, row: int) -> Sequence[int]:
    number = situation.session.scan.message_id[row]
    return situation.session.responses.get(number, (row,)) if number >= 0 else (row,)
