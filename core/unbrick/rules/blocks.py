"""Rules of the content family about blocks that the API does not take, and blocks without what their type requires."""

from __future__ import annotations

import re
from collections.abc import Iterator

from unbrick.api import faults
from unbrick.edit import Conform, DropBlock
from unbrick.finding import Affect, Finding, Fix, Rule, Severity
from unbrick.record import compact
from unbrick.rules import toolfix
from unbrick.rules.parts import broken, lossy, refusal, safe, set_block, stored
from unbrick.situation import Situation
from unbrick.thread import Outcome


def unknown_block(situation: Situation) -> Iterator[Finding]:
    """A content block is of a type, or has a member, that the API does not know.

    It happens when a block of a newer feature is sent without that feature (`fallback`, #66760), or when another
    program adds members of its own (`parsed_output`, #84114). Clients send such blocks as stored, and the API refuses
    the request.

    A member is taken out. A block's words are kept as text, or the block is taken out.
    """
    seen: set[tuple[int, int | None]] = set()
    for what in broken(situation, "C009"):
        place = (what.violation.message, what.violation.block)
        if place in seen:
            continue
        seen.add(place)
        fixes: tuple[Fix, ...] = ()
        if what.row is not None and what.block is not None:
            fixes = _known(situation, what.row, what.block)
        said = f"{_what(what.violation.text)} is not known to the API"
        if what.row is not None and what.violation.block is None and what.violation.message in situation.request.wrong:
            said = said.replace("of a block", "of a message")
            fixes = (safe("strip", "Take out what the API does not know of a message", Conform(situation.at(what.row)),
                          price="keeps everything that can be sent"),)
        yield refusal(situation, "unknown-block", what, said, fixes)


_NAMED = re.compile(r"(?:Input tag|Invalid value:) '(?P<type>[^']*)'|(?P<member>[^.\s]+): Extra inputs")


def _what(sentence: str) -> str:
    """What the API's sentence speaks of: `a block of type 'fallback'`, `the member parsed_output of a block`."""
    found = _NAMED.search(sentence)
    if found is None:
        return "a content block"
    return f"the member {found['member']} of a block" if found["member"] else f"a block of type {found['type']!r}"


def _known(situation: Situation, row: int, block: int) -> tuple[Fix, ...]:
    found = stored(situation, row, block)
    drop = lossy("drop", "Take the block out", "drops 1 block", DropBlock(situation.at(row), block))
    if not isinstance(found, dict):
        return (drop,)
    extra = {
        place.rsplit(".", 1)[-1] for code, place, sentence in faults(found)
        if code == "C009" and sentence.startswith("Extra inputs") and place.count(".") == 1
    }
    if extra:
        kept = {key: value for key, value in found.items() if key not in extra}
        names = ", ".join(sorted(extra))
        return (safe("strip", f"Take {names} out of the block", set_block(situation, row, block, kept),
                     price="keeps everything that can be sent"), drop)
    text = found.get("text") or found.get("content")
    if not isinstance(text, str) or not text.strip():
        text = compact(found).decode("utf-8", "replace")
    kept = {"type": "text", "text": text}
    return (safe("as-text", "Keep what it says, as text", set_block(situation, row, block, kept)), drop)


def reshape(situation: Situation, row: int, block: int) -> tuple[Fix, ...]:
    """Fixes for a block that lacks what its type requires."""
    found = stored(situation, row, block)
    if isinstance(found, str) and found.strip():
        kept = {"type": "text", "text": found}
        return (safe("block", "Put the text into a block", set_block(situation, row, block, kept)),)
    if isinstance(found, dict) and found.get("type") == "tool_result":
        return tuple(toolfix.valid_result(situation, row, block))
    empty = found is None or (isinstance(found, dict) and set(found) <= {"type", "text"} and not found.get("text"))
    drop = lossy("drop", "Take the block out", "drops 1 block", DropBlock(situation.at(row), block))
    if empty:
        return (safe("drop", "Take the block out: there is nothing in it", *drop.edits),)
    kept = {"type": "text", "text": compact(found).decode("utf-8", "replace")}
    return (safe("as-text", "Keep what it says, as text", set_block(situation, row, block, kept)), drop)


UNKNOWN: Rule[Situation] = Rule(
    "C009", "unknown-block", unknown_block,
    r"Input tag '(?!fallback').*' found using 'type' does not match|Extra inputs are not permitted"
    r"|Supported values are: 'text', ",
    (Affect(Severity.ERROR, Outcome.REFUSED),),
)
