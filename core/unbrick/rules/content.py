"""Rules of the content family: what a message holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from unbrick.edit import DropBlock, DropRecord, SetValue
from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Severity
from unbrick.rules import blocks, features, media, roles, served, thinking, thoughts
from unbrick.rules.parts import (
    PLACEHOLDER,
    TALK,
    broken,
    conforming,
    content,
    lossy,
    refusal,
    remark,
    safe,
    sent,
    set_block,
    set_content,
    stored,
)
from unbrick.scanning.ones import of_flags
from unbrick.situation import Situation
from unbrick.thread import Outcome

_TOO_MANY = re.compile(r"tool_calls': array too long\. Expected .* maximum length (\d+), but .* length (\d+) instead")


def empty_text(situation: Situation) -> Iterator[Finding]:
    """A text block is empty.

    It happens when an image is pasted without a word, when a reply is broken off before its first word, or when a hook
    writes nothing. The API refuses it (#23390, #54013, #59294 and dozens more). Most clients take such blocks out;
    2.1.112 to 2.1.280 send one that stands beside a tool call.

    The block is taken out; where nothing else is in the record, a placeholder takes its place.
    """
    yield from _nothing(situation, "C001", "empty-text", BlockFlag.EMPTY, "a text block is empty")


def blank_text(situation: Situation) -> Iterator[Finding]:
    """A text block holds nothing but white space.

    A reply that was broken off leaves it, often two line breaks. The API refuses it (#23390). Clients from 2.1.70 on
    take such blocks out.

    The block is taken out; where nothing else is in the record, a placeholder takes its place.
    """
    yield from _nothing(situation, "C002", "blank-text", BlockFlag.BLANK, "a text block holds only white space")


def _nothing(situation: Situation, code: str, name: str, flag: BlockFlag, message: str) -> Iterator[Finding]:
    scan = situation.session.scan
    claimed: set[tuple[int, int]] = set()
    for what in broken(situation, code):
        if what.row is not None and what.block is not None:
            if (what.row, what.block) in claimed:
                continue
            claimed.add((what.row, what.block))
        yield refusal(situation, name, what, message, _fill(situation, what.row, what.block))
    for row in situation.thread.rows if 1 in of_flags(scan.block_flags, flag) else ():
        start = scan.first[row]
        for index in range(start, scan.first[row + 1]):
            flags = scan.block_flags[index]
            if not flags & flag or flags & BlockFlag.STRING or (row, index - start) in claimed:
                continue
            if scan.block_kind[index] in (BlockKind.TEXT, BlockKind.TOOL_RESULT):
                where = "" if scan.block_kind[index] == BlockKind.TEXT else " inside a result"
                gone = "" if sent(situation, row, index - start) else "; the client takes it out"
                yield remark(
                    situation, code, name, Severity.INFO, f"{message}{where}{gone}", row, index - start,
                    _fill(situation, row, index - start),
                )


def _fill(situation: Situation, row: int | None, block: int | None) -> tuple[Fix, ...]:
    """The fix for a block with nothing in it."""
    if row is None or block is None:
        return ()
    found = stored(situation, row, block)
    _base, whole = content(situation, row)
    if isinstance(found, dict) and found.get("type") == "tool_result":
        inner = found.get("content")
        kept = [
            part for part in (inner if isinstance(inner, list) else ())
            if not (isinstance(part, dict) and part.get("type") == "text" and not str(part.get("text") or "").strip())
        ]
        edit = set_block(situation, row, block, kept, "content")
        return (safe("drop", "Take the empty text out of the result", edit),)
    if isinstance(whole, list) and len(whole) > 1:
        return (safe("drop", "Take the block out: there is nothing in it", DropBlock(situation.at(row), block)),)
    if isinstance(whole, str):
        return (safe("fill", f"Write {PLACEHOLDER} in its place", set_content(situation, row, PLACEHOLDER)),)
    return (safe("fill", f"Write {PLACEHOLDER} in its place", set_block(situation, row, block, PLACEHOLDER, "text")),)


def empty_content(situation: Situation) -> Iterator[Finding]:
    """A message has no content, or nothing but thinking.

    It happens when everything in a message was taken out, when a prompt was sent empty, or when a reply was broken off
    after its thinking. The API refuses it (messages-api-rules). Clients from 2.1.20 on leave
    out replies that are only thinking; an empty prompt is refused to this day.

    A placeholder is written.
    """
    scan = situation.session.scan
    claimed: set[int] = set()
    if (thread := situation.thread).outcome is Outcome.REFUSED and not len(scan) and not scan.view.flaw:
        said = "there is no message"
        yield Finding("C003", "empty-content", Severity.ERROR, said, api_error=thread.error, outcome=thread.outcome)
    for what in broken(situation, "C003"):
        fixes: tuple[Fix, ...] = ()
        message = "a message has no content"
        if what.row is not None:
            claimed.add(what.row)
            if what.violation.block is not None:
                message = "a message ends in thinking, with no reply behind it"
                fixes = thoughts.pieced(situation, what.violation.message) or thinking.only(situation, what.row)
            elif what.block is None:
                fixes = (_placeholder(situation, what.row),)
            else:
                fixes = _fill(situation, what.row, what.block)
        yield refusal(situation, "empty-content", what, message, fixes)
    first, flags, string, nothing = scan.first, scan.block_flags, int(BlockFlag.STRING), _NOTHING
    for row in situation.thread.rows:
        start = first[row]
        if start < first[row + 1] and not (flags[start] & string and flags[start] & nothing):
            continue
        if row in claimed or scan.kind[row] not in TALK or situation.session.has(row, Flag.MALFORMED | Flag.API_ERROR):
            continue
        if ("C001", row, 0) not in situation.violated and ("C002", row, 0) not in situation.violated:
            message = "a message has no content; this client reads past it"
            fix = _placeholder(situation, row)
            yield remark(situation, "C003", "empty-content", Severity.INFO, message, row, fixes=(fix,))


_NOTHING = BlockFlag.EMPTY | BlockFlag.BLANK


def _placeholder(situation: Situation, row: int) -> Fix:
    user = situation.session.kind(row) is Kind.USER
    value: object = PLACEHOLDER if user else [{"type": "text", "text": PLACEHOLDER}]
    return safe("fill", f"Write {PLACEHOLDER}", set_content(situation, row, value))


def malformed_message(situation: Situation) -> Iterator[Finding]:
    """A message does not have the shape that clients rely on: no message, no content, or text where blocks belong.

    Clients before 2.1.281 crash on it while they load the session ("undefined is not an object", "Cannot read
    properties of undefined"); it happens with transcripts that other programs wrote or that were cut by hand.

    Text is put into a block; a record with nothing in it is taken out.
    """
    name = "malformed-message"
    claimed: set[int | None] = set()
    for what in broken(situation, "C010"):
        claimed.add(what.row)
        said, fixes = conforming(situation, what.row)
        if what.violation.block is None:
            said, fixes = (said, fixes) if what.row is None else _shape(situation, what.row)
            if many := _TOO_MANY.search(what.violation.text):
                said = f"the message makes {int(many[2]):,} calls, and the API takes {int(many[1]):,} in one"
        elif what.row is not None and what.block is not None:
            said = "a content block does not have the shape that its type requires"
            fixes = blocks.reshape(situation, what.row, what.block)
        yield refusal(situation, name, what, said, fixes)
    crash = situation.thread.outcome is Outcome.CRASH
    for row in situation.thread.rows if 1 in situation.session.scan.marked(Flag.MALFORMED) else ():
        if row in claimed or not situation.session.has(row, Flag.MALFORMED):
            continue
        kind = situation.session.scan.kind[row]
        if kind == Kind.ATTACHMENT or (kind not in TALK and not crash):
            continue
        said, fixes = _shape(situation, row)
        message = f"{said}; the client crashes on it" if crash else f"{said}; this client reads past it"
        yield Finding(
            "C010", name, Severity.ERROR if crash else Severity.INFO, message, situation.at(row), row,
            api_error=situation.thread.error if crash else None, fixes=fixes, outcome=Outcome.CRASH if crash else None,
        )


def _shape(situation: Situation, row: int) -> tuple[str, tuple[Fix, ...]]:
    at = situation.at(row)
    base, found = content(situation, row)
    value = situation.session.value(row)
    odd, fixes = conforming(situation, row)
    if odd:
        return odd, fixes
    drop = safe("drop", "Take the record out: there is nothing in it", DropRecord(at))
    lose = lossy("drop", "Take the record out", "drops 1 message", DropRecord(at))
    message = value.get("message")
    if message is not None and not isinstance(message, dict):
        text = message if isinstance(message, str) else ""
        whole = {"role": situation.session.kind(row).name.lower(), "content": [{"type": "text", "text": text}]}
        put = safe("message", "Put the text into a message", SetValue(at, ("message",), whole))
        return "the message is not an object", (put if text.strip() else lose,)
    if isinstance(found, str) and found.strip():
        fix = safe("block", "Put the text into a block", SetValue(at, base, [{"type": "text", "text": found}]))
        return "the content is text where blocks belong", (fix,)
    if isinstance(found, dict):
        fix = safe("list", "Put it into a list", SetValue(at, base, [found]))
        return "the content is one block, not a list", (fix,)
    if found is None or isinstance(found, str):
        none = "message" in base and message is None
        return "there is no message" if none else "the message has no content", (drop,)
    return "the content is not a list of blocks", (lose,)


_REFUSED = Affect(Severity.ERROR, Outcome.REFUSED)

RULES: tuple[Rule[Situation], ...] = (
    Rule("C001", "empty-text", empty_text,
         r"text content blocks must be non-empty|cache_control cannot be set for empty text", (
             Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.70"),
             Affect(Severity.INFO, since="2.1.70", until="2.1.112"),
             Affect(Severity.ERROR, Outcome.REFUSED, since="2.1.112", until="2.1.281"),
             Affect(Severity.INFO, since="2.1.281"),
         )),
    Rule("C002", "blank-text", blank_text, r"text content blocks must contain non-whitespace", (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.70"), Affect(Severity.INFO, since="2.1.70"),
    )),
    Rule("C003", "empty-content", empty_content,
         r"must have non-empty content|at least one message is required|final block in an assistant message cannot be"
         r"|Invalid value for 'content': expected a string, got null", (_REFUSED,)),
    *roles.RULES,
    *thinking.RULES,
    *thoughts.RULES,
    blocks.UNKNOWN,
    Rule("C010", "malformed-message", malformed_message,
         r"undefined is not an object|Cannot read properties of undefined|text\.text: Field required"
         r"|Unable to extract tag using discriminator|'messages\[\d+\]\.tool_calls': (?:empty array|array too long)"
         r"|(?:required parameter:|type for) 'messages\[\d+\]\.(?:content|tool_calls)[^.']*(?:\.text|\.type)?'", (
             Affect(Severity.ERROR, Outcome.CRASH, until="2.1.275"), Affect(Severity.INFO, since="2.1.275"),
         )),
    *media.RULES,
    *features.RULES,
    served.ADVICE,
)
