"""The rule of a request's bytes: the API takes 32 MB at most, whatever the model."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from unbrick.answers import listing
from unbrick.api import media
from unbrick.edit import Clear, Remake, Scale
from unbrick.entry import BlockFlag, BlockKind
from unbrick.finding import Advice, Affect, Finding, Fix, Rule, Severity
from unbrick.media.images import Image
from unbrick.record import compact, length
from unbrick.request import Request
from unbrick.rules.parts import counted, pointer, safe, verdict
from unbrick.situation import Situation
from unbrick.thread import Outcome
from unbrick.weighing.ladder import lighten

LIMIT = 32 * 1024 * 1024
"""Bytes of one request (messages-api-rules R25)."""

NEAR = 0.7
"""Share of the limit from which a request is measured."""

LARGE, SAMPLE = 16_384, 1_000
"""Characters from which a message is always written out for its size, and so many of the smaller ones."""

SURE = 0.03
"""Share of the limit by which a size that a sample tells is off at most: what comes nearer is measured in full."""

FRAME = 40
"""Bytes of a block's own brackets and names, about."""

AFTER = 0.9
"""Share of the limit that a request is brought down to, so that the session can go on."""

SEEN = 1_568
"""Pixels on the longer side that the API itself scales an image down to (vision documentation); the newest models see
some more."""


def request_too_large(situation: Situation) -> Iterator[Finding]:
    """The request is larger than 32 MB, which the API takes at most whatever the model (HTTP 413).

    Images, documents and large results make it so; the model's window may still have room. Clients before 2.1.158
    repeat the refusal forever (#17510). Later ones take all images out, compact, and go on with a summary in the place
    of the whole history.

    Large images are scaled down to what the API makes of them, where that is enough. Else notes take the place of the
    fewest images, documents and results that free what is needed; a cut drops whole turns.
    """
    request, scan = situation.request, situation.session.scan
    if request.shortens:
        return
    # As `size_of` has it, which takes too long to ask it of every block: most are as large in the request.
    rough = sum(request.size) + sum(
        (size_of(situation, request.row[part], request.block[part]) if request.row[part] >= 0 else 0)
        - request.size[part] for part in request.written
    )
    if rough < LIMIT * NEAR:
        return
    exact = _measured(request.glanced())
    if exact <= LIMIT:
        return
    severity, outcome = verdict(situation, "S002")
    largest = max(_stored(situation), key=lambda part: size_of(situation, request.row[part], request.block[part]))
    row, block = request.row[largest], request.block[largest]
    message, index = request.locate(largest)
    after = " The client will compact by itself: the model goes on with a summary in the place of the history." if (
        outcome is Outcome.HEALED
    ) else ""
    yield Finding(
        "S002", "request-too-large", severity,
        f"the messages to send are {_megabytes(exact)}, the API takes 32 MB: {_makeup(situation)}; the largest part, "
        f"{_megabytes(size_of(situation, row, block))}, stands here.{after}",
        situation.at(row), row, block if block < len(scan.blocks(row)) else None, message_index=message,
        block_index=index, api_error="Request exceeds the maximum size", outcome=outcome,
        fixes=(*_scaled(situation, exact), *_lightened(situation, exact)),
        advice=(Advice("See every safe point with the tokens it leaves, and choose one.",
                       listing(situation.bundle)),),
    )


def _measured(request: Request) -> int:
    """Bytes of the messages as they go out. Each has to be read again for it; where thousands are small, some stand for
    all unless it comes to about the limit, for what a character takes is much the same throughout a session."""
    small, large, rough = array("I"), array("I"), 0
    for message in range(len(request)):
        size = _rough(request, message)
        (small if size < LARGE else large).append(message)
        rough += size if size < LARGE else 0
    if len(small) > 2 * SAMPLE:
        from random import Random  # takes longer to load than most checks to run

        some = Random(0).sample(small, SAMPLE)
        share = rough / sum(_rough(request, message) for message in some)
        found = _written(request, large) + int(share * _written(request, some))
        if abs(found - LIMIT) > LIMIT * SURE:
            return found
    return _written(request, range(len(request)))


def _rough(request: Request, message: int) -> int:
    start, end = request.first[message], request.first[message + 1]
    return sum(request.size[start:end]) + FRAME * (end - start)


def _written(request: Request, messages: Iterable[int]) -> int:
    found = 0
    for message in messages:
        value = request.message(message)
        large = sum(request.size[request.first[message] : request.first[message + 1]]) >= LARGE
        found += length(value) if large else len(compact(value))
    return found


def size_of(situation: Situation, row: int, block: int) -> int:
    """Characters of a block; of a record that is sent without having blocks, an attachment, its bytes."""
    scan = situation.session.scan
    blocks = scan.blocks(row)
    return scan.block_size[blocks[block]] if block < len(blocks) else scan.size[row]


def _stored(situation: Situation) -> Iterator[int]:
    """The parts of the request that records hold, each place of a record once."""
    request = situation.request
    places = zip(request.row, request.block, strict=True)
    return (part for part, place in enumerate(places) if place[0] >= 0 and situation.part(*place) == part)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _makeup(situation: Situation) -> str:
    """What the bytes are, by kind, largest first."""
    request = situation.request
    sizes: dict[str, int] = {}
    for part in _stored(situation):
        kind = request.kind[part]
        if kind in (BlockKind.IMAGE, BlockKind.DOCUMENT) or request.flags[part] & BlockFlag.MEDIA:
            name = "images and documents"
        else:
            name = "tool results" if kind == BlockKind.TOOL_RESULT else "the rest"
        sizes[name] = sizes.get(name, 0) + size_of(situation, request.row[part], request.block[part])
    top = sorted(sizes.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {_megabytes(size)}" for name, size in top if size >= 50_000)


def _scaled(situation: Situation, exact: int) -> Iterator[Fix]:
    """Large images scaled down to what the API makes of them, the fewest that are enough; by the pixels they lose."""
    request = situation.request
    found: list[tuple[int, int, tuple[str | int, ...]]] = []
    for held in media.gathered(request).held:
        part = request.first[held.message] + held.block
        sides = held.what.sides if isinstance(held.what, Image) and held.what.whole else None
        if isinstance(held.what, Image) and sides is not None and max(sides) > SEEN and request.row[part] >= 0:
            freed = int(held.what.length * (1 - (SEEN / max(sides)) ** 2))
            at = pointer(situation, request.row[part], request.block[part], *held.path)
            found.append((freed, request.row[part], (*at, "source", "data")))
    left, count = exact, 0
    rows: dict[int, list[tuple[tuple[str | int, ...], Any]]] = {}
    for freed, row, at in sorted(found, reverse=True):
        if left > LIMIT * AFTER:
            left, count = left - freed, count + 1
            rows.setdefault(row, []).append((at, Scale(SEEN, media.OTHER_LIMIT)))
    if count and left <= LIMIT * AFTER:
        title = f"Scale {counted(count, 'image')} down to {SEEN:,} pixels a side: about {_megabytes(exact)} → "
        edits = tuple(Remake(situation.at(row), tuple(values)) for row, values in rows.items())
        yield safe("scale", f"{title}{_megabytes(left)}", *edits, price="keeps everything; images have fewer pixels")


def _lightened(situation: Situation, exact: int) -> Iterator[Fix]:
    """Notes in the place of the fewest large parts, with the bytes that leaves; a cut."""
    for fix in lighten(situation, exact - int(LIMIT * AFTER)):
        cleared = [(edit.at, block) for edit in fix.edits if isinstance(edit, Clear) for block, _note in edit.notes]
        rows = [(situation.session.scan.view.row(at), block) for at, block in cleared]
        freed = sum(size_of(situation, row, block) for row, block in rows if row is not None)
        yield replace(fix, title=f"{fix.title}: {_megabytes(exact)} → {_megabytes(exact - freed)}") if freed else fix


RULES: tuple[Rule[Situation], ...] = (
    Rule(
        "S002", "request-too-large", request_too_large,
        r"request too large|request_too_large|exceeds the maximum (?:allowed )?(?:size|number of bytes)|\b413\b",
        (
            Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.158"),
            Affect(Severity.WARNING, Outcome.HEALED, since="2.1.158"),
        ),
    ),
)
