"""A record as it goes into the request: its place there, what the client changes on the way, what the API refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from unbrick.formats import Format
from unbrick.request import Part, Request, Synthetic
from unbrick.session import Standing
from unbrick.situation import Situation
from unbrick_tui import details
from unbrick_tui.edits import COMPARED
from unbrick_tui.jsontext import coloured, pretty
from unbrick_tui.outline import Outline
from unbrick_tui.prose import Bounds, Passage, signed
from unbrick_tui.text import count, lines_of

WHY = {
    Synthetic.REMINDER: "context that the client writes anew at each start",
    Synthetic.NO_RESPONSE: "the client's own turn after a prompt that got no reply",
    Synthetic.CONTINUE: "the client's own prompt after an interrupted turn",
    Synthetic.RESULT: "a result in the client's words, for a call that has none",
    Synthetic.PLACEHOLDER: "a placeholder for content that was dropped",
    Synthetic.PROMPT: "the prompt that will be typed next",
}
"""Why a part of the request stands in no record."""


def origin(part: Part, situation: Situation) -> str:
    """Where a part of the request comes from: a line, or the client itself."""
    if part.row < 0 or part.synthetic is not None:
        return "the client's own" if part.synthetic is None else WHY[part.synthetic]
    return situation.place(part.row)


def passages(format_: Format, outline: Outline, row: int, bounds: Bounds) -> Iterator[Passage]:
    """All that is sent of a row, block by block."""
    situation = outline.report.situation
    request = situation.request
    yield "dim", details.fate(outline, row)
    if outline.standing(row) is not Standing.LOADED:
        return
    stored = format_.blocks(situation.session.value(row))
    parts = [part for part, origin_ in enumerate(request.row) if origin_ == row]
    broken = {(violation.message, violation.block): violation.text for violation in situation.violations}
    last = -1
    for part in parts:
        yield "plain", ""
        message, place = request.locate(part)
        if message != last:
            yield from _message(request, situation, message)
            last = message
        yield "head", f"messages.{message}.content.{place}"
        for at in ((message, place), (message, None)):
            if at in broken:
                yield "bad", f"the API refuses it: {broken[at]}"
        block = request.block[part]
        yield from _block(stored[block] if block < len(stored) else None, request.piece(part), bounds)
    gone = {*range(len(stored))} - {request.block[part] for part in parts}
    for block in sorted(gone) if parts else ():
        yield "plain", ""
        yield "warn", f"block {block} of the record ({stored[block].get('type')}) is left out, or joined to another one"


def _message(request: Request, situation: Situation, message: int) -> Iterator[Passage]:
    """What else stands in the message."""
    parts = list(request.parts(message))
    places = list(dict.fromkeys(situation.place(part.row) for part in parts if part.row >= 0))
    of = f" of {', '.join(places[:6])}{' and others' if len(places) > 6 else ''}" if places else ""
    yield "plain", f"messages.{message}, {request.role(message).word}: {count(len(parts), 'block')}{of}"
    for place, part in enumerate(parts):
        if part.synthetic is not None:
            yield "dim", f"  content.{place}: {WHY[part.synthetic]}"


def _block(was: Mapping[str, Any] | None, now: Mapping[str, Any], bounds: Bounds) -> Iterator[Passage]:
    if was == now:
        yield "good", "sent as it is stored"
        yield from coloured(now, bounds)
        return
    yield "warn", "the client changes it on the way" if was is not None else "the client writes it from the record"
    if was is None:
        yield from coloured(now, bounds)
        return
    before, after = lines_of(pretty(was, bounds)), lines_of(pretty(now, bounds))
    if max(len(before), len(after)) > COMPARED:
        yield from coloured(now, bounds)
        return
    for index, line in enumerate(unified_diff(before, after, n=len(before), lineterm="")):
        if index > 2:
            yield signed(line)
