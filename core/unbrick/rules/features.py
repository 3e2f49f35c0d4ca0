"""Rules about blocks and members of features of the API that are not switched on when they are sent again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from unbrick.edit import DropRecord, Edit
from unbrick.entry import BlockFlag, BlockKind
from unbrick.finding import Affect, Finding, Fix, Rule, Severity
from unbrick.rules.parts import (
    PLACEHOLDER,
    broken,
    content,
    counted,
    lossy,
    refusal,
    remark,
    safe,
    sent,
    set_block,
    set_content,
    stored,
)
from unbrick.scanning.ones import of_flags, places
from unbrick.situation import Situation
from unbrick.thread import Outcome

FALLBACK = "fallback"
MARK = "cache_control"
_THOUGHTS = ("thinking", "redacted_thinking")


def fallback_block(situation: Situation) -> Iterator[Finding]:
    """A reply holds the mark that another model took over in the middle of it.

    The API writes a `fallback` block where a second model answered for the one that refused, and knows it only while
    that feature is switched on; sent without it, every prompt fails (#66760, on 2.1.170). Clients from 2.1.175 on leave
    the mark out while the feature is off. The API uses its place to check the thinking on both sides of it
    (docs on refusals and fallback), so that thinking cannot stay without it.

    The mark is taken out together with the thinking of that reply, whose words are kept as text. Where the feature is
    on, nothing has to be done.
    """
    name = "fallback-block"
    seen: set[int] = set()
    for what in broken(situation, "C019"):
        message = what.violation.message
        if message in seen:
            continue
        seen.add(message)
        fixes = _unmarked(situation, _rows(situation, message)) if what.row is not None else ()
        yield refusal(situation, name, what, "the mark of a model that took over is not known to the API", fixes)
    scan = situation.session.scan
    number = scan.strings.find(FALLBACK)
    named = enumerate(scan.block_name) if number >= 0 and number in scan.block_name else ()
    for index in (index for index, one in named if one == number and scan.block_kind[index] == BlockKind.OTHER):
        row, block = _place(situation, index)
        if row in situation.loaded and not sent(situation, row, block):
            said = "the mark of a model that took over; this client sends it only where that feature is on"
            yield remark(situation, "C019", name, Severity.INFO, said, row, block)


def _place(situation: Situation, index: int) -> tuple[int, int]:
    """The row of a block of the scan, and its place in it."""
    first = situation.session.scan.first
    row = bisect_right(first, index) - 1
    return row, index - first[row]


def _rows(situation: Situation, message: int) -> list[int]:
    """The rows that a message of the request is made of."""
    request = situation.request
    rows = request.row[request.first[message] : request.first[message + 1]]
    return [row for row in dict.fromkeys(rows) if row >= 0]


def _unmarked(situation: Situation, rows: list[int]) -> tuple[Fix, ...]:
    """The fix that takes the mark and the thinking of a reply out, and keeps the words."""
    edits: list[Edit] = []
    sealed = kept = 0
    for row in rows:
        _base, found = content(situation, row)
        new: list[object] = []
        for block in found if isinstance(found, list) else ():
            if not isinstance(block, dict) or block.get("type") not in (FALLBACK, *_THOUGHTS):
                new.append(block)
            elif isinstance(block.get("thinking"), str) and block["thinking"].strip():
                new.append({"type": "text", "text": block["thinking"]})
            elif block["type"] != FALLBACK:
                sealed += 1
        kept += len(new)
        if not isinstance(found, list) or new == found:
            continue
        edits.append(set_content(situation, row, new) if new else DropRecord(situation.at(row)))
    if not edits:
        return ()
    if not kept:
        edits[0] = set_content(situation, rows[0], [{"type": "text", "text": PLACEHOLDER}])
    title = "Take the mark out, and keep the words of the thinking as text"
    if sealed:
        return (lossy("unmark", title, f"drops {counted(sealed, 'thinking block')} without words", *edits),)
    return (safe("unmark", title, *edits),)


def cache_marks(situation: Situation) -> Iterator[Finding]:
    """Blocks of the transcript are marked for the cache, on top of the marks that the client sets itself.

    The API takes four marks in a request ("A maximum of 4 blocks with cache_control may be provided"). Clients set two
    to four of their own with each request and store none; those in a file come from other programs and from requests
    that were turned into transcripts. Every client sends them as stored.

    The marks are taken out: they only say what to keep in the cache.
    """
    name = "cache-marks"
    flags = situation.session.scan.block_flags
    extra = (_place(situation, index) for index in places(of_flags(flags, BlockFlag.EXTRA)))
    marked = [place for place in extra if sent(situation, *place) and _marked(stored(situation, *place))]
    if not marked:
        return
    edits = [
        set_block(situation, row, block, {key: value for key, value in _block(situation, row, block).items()
                                          if key != MARK})
        for row, block in marked
    ]
    fixes = (safe("strip", f"Take {counted(len(marked), 'mark')} out", *edits),)
    said = f"{counted(len(marked), 'block')} of the transcript are marked for the cache" if len(marked) > 1 else (
        "a block of the transcript is marked for the cache"
    )
    what = next(broken(situation, "C020"), None)
    if what is not None:
        yield refusal(situation, name, what, f"{said}, more than the API takes beside the client's own", fixes)
    else:
        yield remark(situation, "C020", name, Severity.INFO, said, *marked[0], fixes)


def _block(situation: Situation, row: int, block: int) -> dict[str, Any]:
    found = stored(situation, row, block)
    return found if isinstance(found, dict) else {}


def _marked(block: object) -> bool:
    return isinstance(block, dict) and bool(block.get(MARK)) and block.get("type") not in _THOUGHTS


def unresolved_reference(situation: Situation) -> Iterator[Finding]:
    """A result refers to tools that the client does not offer any more.

    A search for tools answers with references, and the API wants each of those tools in the request: a server of tools
    that is gone makes every prompt fail ("Tool reference … not found in available tools"). Clients from 2.0.76 on
    write a placeholder instead, or leave out what they do not know.

    The names are kept as text. Setting the server of tools up again helps as well.
    """
    seen: set[tuple[int, int]] = set()
    for what in broken(situation, "T012"):
        if what.row is None or what.block is None or (what.row, what.block) in seen:
            continue
        seen.add((what.row, what.block))
        block = _block(situation, what.row, what.block)
        parts = block.get("content")
        new: list[object] = []
        names: list[str] = []
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict) and part.get("type") == "tool_reference":
                names.append(str(part.get("tool_name", "")))
            else:
                new.append(part)
        new.append({"type": "text", "text": f"[tools that were found: {', '.join(names)}]"})
        fix = safe("as-text", "Keep the names of the tools as text",
                   set_block(situation, what.row, what.block, new, "content"))
        said = f"a result refers to {counted(len(names), 'tool')} that this client does not offer"
        yield refusal(situation, "unresolved-reference", what, said, (fix,))


REFERENCE: Rule[Situation] = Rule(
    "T012", "unresolved-reference", unresolved_reference, r"Tool reference '.*' not found in available tools", (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.0.76"), Affect(Severity.INFO, since="2.0.76"),
    ),
)
RULES: tuple[Rule[Situation], ...] = (
    Rule("C019", "fallback-block", fallback_block, r"Input tag 'fallback' found using 'type'", (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.175"), Affect(Severity.INFO, since="2.1.175"),
    )),
    Rule("C020", "cache-marks", cache_marks, r"A maximum of 4 blocks with cache_control", (
        Affect(Severity.ERROR, Outcome.REFUSED),
    )),
)
