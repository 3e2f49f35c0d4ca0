"""Images and documents that the client leaves out of a request, since the API takes only so many; the oldest go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unbrick import models
from unbrick.entry import BlockFlag, BlockKind
from unbrick.formats.claude_code import words
from unbrick.formats.claude_code.behaviour import Behaviour, Cap
from unbrick.formats.claude_code.outgoing import Draft, Drafts
from unbrick.request import Synthetic
from unbrick.scanning import ones
from unbrick.target import Target

SHORT, LONG = 100, 600
"""Images and documents that the client sends at most, to models with the short window and with the long one."""
FEW = 20
"""With so few blocks that hold any, no one counts them."""
ROOM, STEP = 20, 21
"""So many below the limit some versions go, and in steps of so many others."""
_MEDIA = (int(BlockKind.IMAGE), int(BlockKind.DOCUMENT))


def shows(drafts: Drafts, traits: Behaviour) -> bool:
    """Whether there may be any that the client leaves out."""
    return traits.cap is not Cap.NONE and (
        any(map(drafts.kind.count, _MEDIA)) or any(ones.of_flags(drafts.flags, BlockFlag.MEDIA))
    )


def cap(drafts: Drafts, messages: Sequence[Draft], traits: Behaviour, target: Target) -> int:
    """Leave out the oldest images and documents where there are more than the client sends; how many."""
    media = int(BlockFlag.MEDIA)
    found = [
        (draft, code) for draft in messages for code in draft.parts
        if drafts.kind[code] in _MEDIA or drafts.flags[code] & media
    ]
    if len(found) <= FEW:
        return 0
    counts = [1 if drafts.kind[code] in _MEDIA else _held(drafts, code) for _draft, code in found]
    gone = left = _excess(sum(counts), most(traits, target), traits.cap)
    for (draft, code), count in zip(found, counts, strict=True):
        if left <= 0:
            break
        if drafts.kind[code] in _MEDIA:
            _leave_out(drafts, draft, code, noted=traits.cap is Cap.STEPS)
        else:
            draft.parts[draft.parts.index(code)] = _without(drafts, code, left, noted=traits.cap is Cap.STEPS)
        left -= count
    return max(gone, 0)


def most(traits: Behaviour, target: Target) -> int:
    """How many images and documents are sent to a model."""
    model = target.model or ""
    long = model.endswith("[1m]") or (traits.windows_known and models.window(model) > models.WINDOW)
    return LONG if long and traits.cap is not Cap.LIMIT else SHORT


def _excess(count: int, top: int, how: Cap) -> int:
    """How many go."""
    if count <= top:
        return 0
    if how is Cap.STEPS:
        return -(-(count - top) // STEP) * STEP
    return count - top + (ROOM if how is Cap.FEWER else 0)


def _held(drafts: Drafts, code: int) -> int:
    """Images and documents inside a result. Reads the file."""
    return sum(map(_is_media, _parts(drafts, code)))


def _parts(drafts: Drafts, code: int) -> list[Any]:
    content = drafts.block(code).get("content")
    return content if isinstance(content, list) else []


def _is_media(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") in ("image", "document")


def _leave_out(drafts: Drafts, draft: Draft, code: int, *, noted: bool) -> None:
    """Take an image out of a message; where nothing else is in it, newer versions say so."""
    place = draft.parts.index(code)
    if noted and len(draft.parts) == 1:
        row, block = drafts.place(code)
        note = {"type": "text", "text": words.MEDIA_REMOVED}
        draft.parts[place] = drafts.write(note, Synthetic.PLACEHOLDER, row, block_index=block)
        return
    del draft.parts[place]
    if draft.joined:
        draft.joined = {one - (one > place) for one in draft.joined if one != place}


def _without(drafts: Drafts, code: int, most_: int, *, noted: bool) -> int:
    """The code of a result without its oldest images."""
    kept: list[Any] = []
    for part in _parts(drafts, code):
        if not most_ or not _is_media(part):
            kept.append(part)
            continue
        most_ -= 1
        if noted:
            kept.append({"type": "text", "text": words.MEDIA_REMOVED})
    flags = drafts.flags[code]
    if not any(map(_is_media, kept)):
        flags &= ~BlockFlag.MEDIA
    ref = drafts.session.scan.strings.text(drafts.ref(code))
    row, block = drafts.place(code) if code < drafts.stored else (-1, 0)
    return drafts.write(
        {**drafts.block(code), "content": kept}, None, row, BlockKind.TOOL_RESULT, ref, flags, block,
    )
