"""How many tokens a request comes to, by rule of thumb."""

from __future__ import annotations

from math import inf

from unbrick.entry import BlockFlag, BlockKind
from unbrick.request import Request

IMAGE = 1_600
"""Tokens of one image of the size that clients scale to: width times height over 750 (vision documentation)."""

FRAME = 8
"""Tokens of a block's own brackets and names."""

_CHARACTERS = dict.fromkeys(map(int, BlockKind), 4.0) | {
    BlockKind.TOOL_RESULT: 3.6, BlockKind.TOOL_USE: 3.2, BlockKind.DOCUMENT: 60.0,
    BlockKind.THINKING: inf, BlockKind.IMAGE: inf,
}
"""Characters per token: prose about four, code and listings fewer; a document's base64 is mostly layout. Thinking of
earlier turns is not counted by the API, and most of a stored block is its signature; an image counts by itself."""

_IMAGE = int(BlockKind.IMAGE)


def block_tokens(kind: int, size: int, media: int = False) -> int:
    """Estimated tokens of a block from its kind and size (characters; of base64 for media)."""
    if media or kind == _IMAGE:
        return IMAGE + FRAME
    return int(size / _CHARACTERS[kind]) + FRAME


def estimate(request: Request) -> int:
    """Estimated input tokens of the messages; system prompt and tool definitions not counted."""
    sizes: dict[int, int] = {}
    images = 0
    media = int(BlockFlag.MEDIA)
    for kind, flags, size in zip(request.kind, request.flags, request.size, strict=True):
        if flags & media:
            images += 1
        else:
            sizes[kind] = sizes.get(kind, 0) + size
    images += request.kind.count(BlockKind.IMAGE)
    total = images * IMAGE + FRAME * (len(request.kind) + len(request))
    return total + sum(int(size / _CHARACTERS[kind]) for kind, size in sizes.items())
