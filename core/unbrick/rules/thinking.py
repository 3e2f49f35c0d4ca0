"""Rules of the content family about thinking: signed by the API, and sent back to the API that signed it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from unbrick import models
from unbrick.edit import DropBlock, Edit
from unbrick.entry import BlockFlag, BlockKind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.request import Role
from unbrick.rules.parts import (
    PLACEHOLDER,
    Broken,
    broken,
    content,
    counted,
    lossy,
    named_here,
    recorded_error,
    refusal,
    remark,
    safe,
    sent,
    set_block,
    set_content,
    stored,
)
from unbrick.scanning.ones import of_flags, of_kinds, places
from unbrick.situation import Situation, Violation
from unbrick.thread import Outcome

THOUGHTS = (BlockKind.THINKING, BlockKind.REDACTED)
"""Kinds of blocks that are thinking."""
EMPTY = "each thinking block must contain thinking"
INVALID = r"Invalid `?signature`? in `?thinking`? block(?!\. The block is)"


def unsigned_thinking(situation: Situation) -> Iterator[Finding]:
    """A thinking block has no signature, or lacks what its type requires.

    It happens when a reply is cut off before its signature, or when another model or a gateway wrote the turn (#21726,
    #46843, #66204). The API takes thinking back only with the signature it gave it. Clients from 2.1.200 on take all
    thinking out and try again. A block with a signature but without text is normal: newer models do not show it.

    The words are kept as text of the reply, or all thinking of that reply is taken out: the API refuses a reply of
    which only some is missing. What was said and done stays.
    """
    name = "unsigned-thinking"
    seen: set[int] = set()
    for what in broken(situation, "C007"):
        if what.violation.message in seen:
            continue
        seen.add(what.violation.message)
        fixes = (*_unwritten(situation, what), *without(situation, (what.violation.message,)))
        yield refusal(situation, name, what, "a thinking block has no valid signature", fixes)
    if not seen:
        yield from _recorded(situation, name)
    scan = situation.session.scan
    for row in situation.thread.rows if 1 in of_flags(scan.block_flags, BlockFlag.UNSIGNED) else ():
        start = scan.first[row]
        for index in range(start, scan.first[row + 1]):
            if scan.block_flags[index] & BlockFlag.UNSIGNED and not sent(situation, row, index - start):
                message = "a thinking block has no signature; this client does not send it"
                yield remark(situation, "C007", name, Severity.INFO, message, row, index - start)


def _recorded(situation: Situation, name: str) -> Iterator[Finding]:
    """The finding of a signature that looks like one and was refused all the same, as the client recorded it."""
    request = situation.request
    error = recorded_error(situation, f"{INVALID}|{EMPTY}")
    parts = [] if error is None else [
        index for index, kind in enumerate(request.kind) if kind in THOUGHTS and request.row[index] >= 0
    ]
    if error is None or not parts:
        return
    named = named_here(situation, error)
    part = parts[0] if named is None else next((one for one in parts if request.locate(one) == named), None)
    if part is None:
        return
    place = request.locate(part)
    empty = re.search(EMPTY, error.text) is not None
    text = f"messages.{place[0]}.content.{place[1]}"
    text += f".thinking: {EMPTY}" if empty else ": Invalid `signature` in `thinking` block"
    what = Broken(Violation("C007", *place, text), request.row[part], request.block[part])
    messages = [m for m in range(len(request)) if request.roles[m] == Role.ASSISTANT]
    said = "the API refused this thinking for having no words" if empty else (
        "the API refused the signature of this thinking, which another account or service may have given"
    )
    yield refusal(situation, name, what, said, without(situation, messages))


def _unwritten(situation: Situation, what: Broken) -> Iterator[Fix]:
    """The fix for thinking that is signed and lacks its text: the empty one that newer models send."""
    if what.row is None or what.block is None:
        return
    block = stored(situation, what.row, what.block)
    if isinstance(block, dict) and block.get("type") == "thinking" and block.get("signature") \
            and isinstance(block["signature"], str) and not isinstance(block.get("thinking"), str):
        edit = set_block(situation, what.row, what.block, {**block, "thinking": ""})
        yield safe("empty", "Write the empty text that belongs to thinking that is not shown", edit)


def foreign_thinking(situation: Situation) -> Iterator[Finding]:
    """Thinking of another maker's model goes to the first-party API.

    Models behind gateways write thinking blocks with signatures of their own, or with none; the API cannot read them
    ("Invalid `signature` in `thinking` block", #21726, #66204, #71111). Thinking of another Claude model is no
    trouble, and clients from 2.1.152 on send no model the thinking of another.

    All thinking of those replies is taken out; what was said and done stays.
    """
    target, scan, request = situation.target, situation.session.scan, situation.request
    if target.endpoint != "api" or not models.is_claude(target.model):
        return
    thoughts = [index for index in places(of_kinds(request.kind, *THOUGHTS)) if request.row[index] >= 0]
    foreign = {
        number for number in {scan.model[request.row[index]] for index in thoughts}
        if not models.is_claude(scan.strings.text(number))
    }
    if not foreign:
        return
    seen: set[int] = {what.violation.message for what in broken(situation, "C007")}
    for index in thoughts:
        row = request.row[index]
        if scan.model[row] not in foreign:
            continue
        message, block = request.locate(index)
        if message in seen:
            continue
        seen.add(message)
        text = f"messages.{message}.content.{block}: Invalid `signature` in `thinking` block"
        what = Broken(Violation("C008", message, block, text), row, request.block[index])
        model = scan.strings.text(scan.model[row])
        yield refusal(
            situation, "foreign-thinking", what,
            f"thinking of {model} goes to {target.model or 'a Claude model'}, which cannot read it",
            without(situation, (what.violation.message,)),
        )


def without(situation: Situation, messages: Collection[int]) -> tuple[Fix, ...]:
    """Fixes that take all thinking out of some messages of the request, the one that keeps its words first."""
    request = situation.request
    by_message = {message: _thoughts(situation, message) for message in sorted(messages)}
    parts = [index for found in by_message.values() for index in found]
    if not parts:
        return ()
    edits: list[Edit] = []
    for message, found in reversed(by_message.items()):
        edits += [DropBlock(situation.at(request.row[index]), request.block[index]) for index in reversed(found)]
        if found and len(found) == request.first[message + 1] - request.first[message]:
            # Nothing else is in this reply: a placeholder keeps the turn.
            edits[-1] = set_content(situation, request.row[found[0]], [{"type": "text", "text": PLACEHOLDER}])
    words = {index for index in parts if request.piece(index).get("thinking")}
    sealed = [index for index in parts if index not in words and _sealed(situation, index)]
    along = _behind(situation, max(messages))
    where = "this reply" if len([found for found in by_message.values() if found]) == 1 else "these replies"
    title = f"Take {counted(len(parts), 'thinking block')} of {where} out"
    if along:
        edits = [*along, *edits]
        title += f", and {counted(len(along), 'block')} behind it, which the model binds to what stands before"
    price = f"drops {counted(len(edits), 'thinking block')}"
    if not (words or along or sealed):
        return (Fix("drop", title, Safety.SAFE, tuple(edits), "keeps everything that can be sent"),)
    drop = Fix("drop", title, Safety.LOSSY, tuple(edits), price)
    return (*_as_text(situation, parts, len(sealed)), drop) if words and not along else (drop,)


def _thoughts(situation: Situation, message: int) -> list[int]:
    """The parts of a message of the request that are thinking of a record's."""
    request = situation.request
    return [
        index for index in range(request.first[message], request.first[message + 1])
        if request.kind[index] in THOUGHTS and request.row[index] >= 0
    ]


def _sealed(situation: Situation, index: int) -> bool:
    """Whether a thinking block without words carries thinking that the API could still read."""
    piece, row = situation.request.piece(index), situation.request.row[index]
    model = situation.session.scan.strings.text(situation.session.scan.model[row])
    return bool(piece.get("signature") or piece.get("data")) and models.is_claude(model)


def _behind(situation: Situation, message: int) -> list[Edit]:
    """Thinking behind a message, on models that bind it to what stands before it; last first."""
    request = situation.request
    if not models.binds_thinking(situation.target.model):
        return []
    return [
        DropBlock(situation.at(request.row[index]), request.block[index])
        for index in range(len(request.row) - 1, request.first[message + 1] - 1, -1)
        if request.kind[index] in THOUGHTS and request.row[index] >= 0
    ]


def _as_text(situation: Situation, parts: list[int], sealed: int) -> Iterator[Fix]:
    """The fix that turns the thinking of a reply into text, record by record; sealed blocks have no words to keep."""
    request = situation.request
    edits: list[Edit] = []
    for row in dict.fromkeys(request.row[index] for index in parts):
        _base, found = content(situation, row)
        if not isinstance(found, list):
            return
        new: list[object] = []
        for block in found:
            if not isinstance(block, dict) or block.get("type") not in ("thinking", "redacted_thinking"):
                new.append(block)
            elif isinstance(block.get("thinking"), str) and block["thinking"].strip():
                new.append({"type": "text", "text": block["thinking"]})
        edits.append(set_content(situation, row, new or [{"type": "text", "text": PLACEHOLDER}]))
    title = "Keep the words of the thinking as text of the reply"
    if sealed:
        yield lossy("as-text", title, f"drops {counted(sealed, 'thinking block')} without words", *edits)
    else:
        yield safe("as-text", title, *edits)


def only(situation: Situation, row: int) -> tuple[Fix, ...]:
    """Fixes for a reply that ends in thinking: a placeholder behind it keeps the turn and its thinking."""
    _base, found = content(situation, row)
    if not isinstance(found, list):
        return ()
    new = [*found, {"type": "text", "text": PLACEHOLDER}]
    return (safe("fill", f"Write {PLACEHOLDER} behind the thinking", set_content(situation, row, new)),)


_HEALING = (
    Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.200"),
    Affect(Severity.WARNING, Outcome.HEALED, since="2.1.200"),
)

RULES: tuple[Rule[Situation], ...] = (
    Rule("C007", "unsigned-thinking", unsigned_thinking,
         rf"thinking\.signature: Field required|{EMPTY}|redacted_thinking\.data: Field required|{INVALID}", _HEALING),
    Rule("C008", "foreign-thinking", foreign_thinking,
         INVALID, (
             Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.152"), Affect(Severity.INFO, since="2.1.152"),
         )),
)
