"""Rules of the content family about blocks that the API does not take: unknown ones, and images that are none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from unbrick.api import faults, media
from unbrick.edit import DropBlock
from unbrick.entry import BlockFlag, BlockKind
from unbrick.finding import Affect, Finding, Fix, Rule, Severity
from unbrick.record import compact
from unbrick.rules import toolfix
from unbrick.rules.parts import broken, counted, lossy, refusal, safe, set_block, stored
from unbrick.situation import Situation
from unbrick.thread import Outcome

REMOVED = "[image removed: it could not be processed]"


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
        yield refusal(situation, "unknown-block", what, f"{_what(what.violation.text)} is not known to the API", fixes)


_NAMED = re.compile(r"Input tag '(?P<type>[^']*)'|(?P<member>[^.\s]+): Extra inputs")


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


def bad_image(situation: Situation) -> Iterator[Finding]:
    """An image cannot be processed: it is no image, not of the type it says, or too large.

    Every later prompt fails ("Could not process image"), and the API often does not say which one it is (#53228,
    #56016, #66167; sizes: #16173, #34025). A web page saved as a picture, a cut-off file or a drawing (SVG) are the
    usual causes; large pictures fail once a conversation holds more than twenty. Clients from 2.1.158 on take the
    image out and try again.

    A type that does not match is set right. A text takes the place of what is no image, or is too large, as those
    clients write it.
    """
    seen: set[tuple[int, int | None]] = set()
    for what in broken(situation, "C011"):
        place = (what.violation.message, what.violation.block)
        if place in seen:
            continue
        seen.add(place)
        fixes: tuple[Fix, ...] = ()
        if what.row is not None and what.block is not None:
            fixes = tuple(_no_image(situation, what.row, what.block))
        yield refusal(situation, "bad-image", what, "an image cannot be processed", fixes)


def _no_image(situation: Situation, row: int, block: int) -> Iterator[Fix]:
    found = stored(situation, row, block)
    if not isinstance(found, dict):
        return
    parts = found.get("content") if found.get("type") == "tool_result" else [found]
    new: list[object] = []
    retyped = valid = removed = 0
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, dict) or part.get("type") != "image" or _sound(situation, part):
            new.append(part)
            continue
        kind = _kind(part)
        if kind is not None and kind != part["source"].get("media_type"):
            new.append({**part, "source": {**part["source"], "media_type": kind}})
            retyped += 1
        else:
            new.append({"type": "text", "text": REMOVED})
            removed += 1
            valid += kind is not None
    if not retyped + removed:
        return
    if found.get("type") == "image":
        edit = set_block(situation, row, block, new[0])
    else:
        edit = set_block(situation, row, block, new, "content")
    if not removed:
        yield safe("media-type", "Name the type that the image is of", edit)
        return
    title = f"Write a text in the place of {'the image' if removed == 1 else counted(removed, 'image')}"
    # What is no image cannot be sent by anyone; only an image that was one once is a loss.
    if valid:
        yield lossy("placeholder", title, f"drops {counted(valid, 'image')}", edit)
    else:
        yield safe("placeholder", title, edit, price="keeps everything that can be sent")


def _sound(situation: Situation, block: dict[str, Any]) -> bool:
    limit = media.API_LIMIT if situation.target.endpoint == "api" else media.OTHER_LIMIT
    many = sum(k == BlockKind.IMAGE or bool(f & BlockFlag.MEDIA)
               for k, f in zip(situation.request.kind, situation.request.flags, strict=True)) > media.MANY
    source = block.get("source")
    return not any(faults(block)) and isinstance(source, dict) and media.fault(source, many, limit) is None


def _kind(block: dict[str, Any]) -> str | None:
    """The media type of an image block by its first bytes."""
    source = block.get("source")
    data = source.get("data") if isinstance(source, dict) else None
    return media.kind_of(data) if isinstance(data, str) else None


UNKNOWN: Rule[Situation] = Rule(
    "C009", "unknown-block", unknown_block,
    r"Input tag '(?!fallback').*' found using 'type' does not match|Extra inputs are not permitted",
    (Affect(Severity.ERROR, Outcome.REFUSED),),
)
IMAGE: Rule[Situation] = Rule(
    "C011", "bad-image", bad_image,
    r"Could not process image|image dimensions exceed|image exceeds|image cannot be empty"
    r"|does not match the provided media type|exceeds the dimension limit|source\.base64\.media_type",
    (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.158"),
        Affect(Severity.WARNING, Outcome.HEALED, since="2.1.158"),
    ),
)
