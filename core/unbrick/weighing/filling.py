"""What fills the context: the tokens of the next request by kind and by tool, and its largest parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import nlargest
from itertools import compress, pairwise
from typing import NamedTuple

from unbrick import api
from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.request import Role
from unbrick.scanning import ones
from unbrick.session import Session
from unbrick.situation import Situation
from unbrick.weighing import measure

TOP = 10
"""So many of the largest parts are named."""


class Filler(StrEnum):
    """What a part of the context is."""

    PROMPT = "prompts"
    REPLY = "replies"
    THINKING = "thinking"
    CALL = "tool calls"
    RESULT = "tool results"
    IMAGE = "images"
    DOCUMENT = "documents"
    REMINDER = "reminders"
    """What the client adds: attachments, command output, its own notices."""
    SUMMARY = "summary"
    OTHER = "other"
    OVERHEAD = "system prompt and tool definitions"
    """What the API counted beyond the messages; it stands in no record."""


class Piece(NamedTuple):
    """One block of the context: its row (-1 where the client writes it itself) and block, what it is, the tool that
    it belongs to ("" for none), its tokens."""

    row: int
    block: int
    kind: Filler
    tool: str
    tokens: int


_Bare = tuple[int, int, str, str, int]
"""A piece without the names of its members, its filler by its value: there are thousands of them."""


@dataclass(frozen=True)
class Share:
    """What parts of one kind, or of one tool, come to: their tokens, and how many they are."""

    name: str
    tokens: int
    count: int


@dataclass(frozen=True)
class Filling:
    """The context of the next request. `tokens` is all of it, the same number as in the report; `counted` the
    most that the API counted for a reply in it, 0 where no reply says, so that all is estimated. `kinds` and `tools`
    are largest first, calls and results of a tool together; `largest` are single parts. The shares are estimates
    that add up to `tokens`."""

    tokens: int
    counted: int
    window: int
    kinds: tuple[Share, ...]
    tools: tuple[Share, ...]
    largest: tuple[Piece, ...]


_KINDS = {
    int(kind): filler.value for kind, filler in (
        (BlockKind.THINKING, Filler.THINKING), (BlockKind.REDACTED, Filler.THINKING), (BlockKind.TOOL_USE, Filler.CALL),
        (BlockKind.SERVER_USE, Filler.CALL), (BlockKind.TOOL_RESULT, Filler.RESULT),
        (BlockKind.SERVER_RESULT, Filler.RESULT), (BlockKind.IMAGE, Filler.IMAGE),
        (BlockKind.DOCUMENT, Filler.DOCUMENT), (BlockKind.OTHER, Filler.OTHER),
    )
}
"""What a block is that its kind alone tells of."""


def filling(situation: Situation, rows: Sequence[int] | None = None) -> Filling:
    """What fills the context of the next request; with `rows`, of the one that these would make up."""
    session = situation.session
    found = _of_request(situation) if rows is None else [*_of_rows(session, rows)]
    tokens = [bare[-1] for bare in found]
    weighed = measure.thread(situation) if rows is None else measure.weigh(session, rows)
    counted = max(weighed.counts, default=0)
    estimate = sum(tokens)
    whole, pace = weighed.tokens if counted else estimate, weighed.pace
    # Where estimates run above what was counted, they give way; where below, the rest is what stands in no record.
    pace = min(pace, whole / estimate) if estimate else 1.0
    if pace != 1.0:
        tokens = [int(one * pace) for one in tokens]
    kinds = _shares((bare[2] for bare in found), tokens)
    rest = whole - sum(share.tokens for share in kinds)
    if counted and rest > 0:
        kinds.append(Share(Filler.OVERHEAD.value, rest, 1))
    largest = nlargest(TOP, range(len(found)), key=tokens.__getitem__)
    return Filling(
        whole, counted, measure.window(situation), _sorted(kinds),
        _sorted(_shares((bare[3] for bare in found), tokens)),
        tuple(_piece(found[place], tokens[place]) for place in largest),
    )


def _piece(bare: _Bare, tokens: int) -> Piece:
    row, block, kind, tool, _estimate = bare
    return Piece(row, block, Filler(kind), tool, tokens)


def heaviest(filled: Filling, count: int = 3) -> str:
    """`results and calls of Read (90,000 tokens), prompts (40,000 tokens)`: what takes most of the room."""
    of_tools = (Filler.CALL.value, Filler.RESULT.value)
    shares = [
        *(share for share in filled.kinds if share.name not in (*of_tools, Filler.OVERHEAD.value)),
        *(Share(f"calls and results of {share.name}", share.tokens, share.count) for share in filled.tools),
    ]
    first, *others = _sorted(shares) or (Share("nothing", 0, 0),)
    worth = [first, *(share for share in others if share.tokens * 50 >= filled.tokens)]
    return ", ".join(f"{share.name} ({measure.tokens(share.tokens)})" for share in worth[:count])


def _of_request(situation: Situation) -> list[_Bare]:
    """The parts of the request that will be sent."""
    request, session = situation.request, situation.session
    names, sorts, synthetic = _names(session), session.scan.kind, request.synthetic
    attachment, assistant, system = int(Kind.ATTACHMENT), int(Role.ASSISTANT), int(Role.SYSTEM)
    rows, image, media = request.row, Filler.IMAGE.value, [*map(int(BlockFlag.MEDIA).__and__, request.flags)]
    kinds = [image if shown else _KINDS.get(kind, "") for kind, shown in zip(request.kind, media, strict=True)]
    for message, (start, end) in enumerate(pairwise(request.first)):
        role = request.roles[message]
        for index in range(start, end):
            if not kinds[index]:
                row = rows[index]
                own = role == system or row < 0 or index in synthetic or sorts[row] == attachment
                kinds[index] = _said(session, row, own, role == assistant)
    tools = [names.get(ref, "") for ref in request.refs]
    tokens = map(api.block_tokens, request.kind, request.size, media)
    return [*zip(rows, request.block, kinds, tools, tokens, strict=True)]


def _of_rows(session: Session, rows: Sequence[int]) -> Iterator[_Bare]:
    """The blocks of rows, as they would be sent."""
    scan = session.scan
    names = _names(session)
    for row in rows:
        if scan.kind[row] not in (Kind.USER, Kind.ASSISTANT) or scan.flags[row] & (Flag.API_ERROR | Flag.VIRTUAL):
            continue
        for index in scan.blocks(row):
            media = bool(scan.block_flags[index] & BlockFlag.MEDIA)
            kind = Filler.IMAGE.value if media else _KINDS.get(scan.block_kind[index], "")
            kind = kind or _said(session, row, False, scan.kind[row] == Kind.ASSISTANT)
            tool = names.get(scan.strings.text(scan.block_ref[index]), "")
            tokens = api.block_tokens(scan.block_kind[index], scan.block_size[index], media)
            yield row, index - scan.first[row], kind, tool, tokens


def _names(session: Session) -> dict[str | None, str]:
    """Call id → name of the tool."""
    scan = session.scan
    calls = ones.of_kinds(scan.block_kind, BlockKind.TOOL_USE, BlockKind.SERVER_USE)
    ids, tools = (scan.strings.texts(compress(column, calls)) for column in (scan.block_ref, scan.block_name))
    return {ref: name or "?" for ref, name in zip(ids, tools, strict=True) if ref is not None}


def _said(session: Session, row: int, own: bool, replied: bool) -> str:
    """What a text is."""
    if own:
        return Filler.REMINDER.value
    if replied:
        return Filler.REPLY.value
    if session.has(row, Flag.SUMMARY):
        return Filler.SUMMARY.value
    return (Filler.PROMPT if session.has(row, Flag.PROMPT) else Filler.REMINDER).value


def _shares(names: Iterable[str], tokens: Iterable[int]) -> list[Share]:
    """What each name comes to; parts without one are left out."""
    totals: dict[str, int] = {}
    counts: dict[str, int] = {}
    for name, count in zip(names, tokens, strict=True):
        if name:
            totals[name] = totals.get(name, 0) + count
            counts[name] = counts.get(name, 0) + 1
    return [Share(name, total, counts[name]) for name, total in totals.items()]


def _sorted(shares: Sequence[Share]) -> tuple[Share, ...]:
    return tuple(sorted(shares, key=lambda share: -share.tokens))
