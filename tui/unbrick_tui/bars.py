"""What fills the context, as bars: by kind, by tool, and the largest parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len

from unbrick.situation import Situation
from unbrick.weighing.filling import Filling, Piece, Share
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.prose import Rich, Run
from unbrick_tui.text import shorten, thousands

WIDE = 100
"""From this many columns on kinds and tools stand side by side."""
PARTS = 5
"""So many of the largest parts are named."""

_EIGHTHS = " ▏▎▍▌▋▊▉"


def filled(situation: Situation, filling: Filling, width: int, glyphs: Glyphs) -> Iterator[Rich]:
    """All of it as lines of a width."""
    half = (width - 3) // 2 if width >= WIDE else width
    kinds = _table("What fills it now, by kind", filling.kinds, filling.tokens, half, glyphs)
    tools = _table("By tool, calls and results", filling.tools, filling.tokens, half, glyphs)
    if width >= WIDE:
        for left, right in zip_longest(kinds, tools, fillvalue=()):
            gap = half - sum(cell_len(text) for _style, text in left) + 3
            yield Rich((*left, ("plain", " " * gap), *right))
    else:
        yield from map(Rich, kinds)
        if filling.tools:
            yield Rich(())
            yield from map(Rich, tools)
    if filling.largest:
        yield Rich(())
        yield Rich((("head", "Largest parts"),))
    for piece in filling.largest[:PARTS]:
        where = shorten(_place(situation, piece), width - 8, glyphs.ellipsis)
        yield Rich((("plain", f"{where:{width - 8}}"), ("dim", f"{thousands(piece.tokens):>6}")))


def _table(title: str, shares: Sequence[Share], whole: int, width: int, glyphs: Glyphs) -> list[tuple[Run, ...]]:
    """A heading, and a bar for each share."""
    room = width - 13
    names = min(max(room * 5 // 9, 8), 34)
    lines: list[tuple[Run, ...]] = [(("head", shorten(title, width, glyphs.ellipsis)),)] if shares else []
    for share in shares:
        name = shorten(share.name, names, glyphs.ellipsis)
        gap = " " * (names - cell_len(name) + 1)
        lines.append((
            ("plain", name + gap), ("name", bar(share.tokens, whole, room - names - 1, glyphs)),
            ("plain", f"{thousands(share.tokens):>6}"), ("dim", f"{share.tokens / max(whole, 1):>5.0%}"),
        ))
    return lines


def bar(value: int, whole: int, cells: int, glyphs: Glyphs) -> str:
    """A bar for a part of a whole, with spaces up to so many cells; not empty where there is anything at all."""
    eighths = min(max(value * cells * 8 // max(whole, 1), int(value > 0)), cells * 8)
    full, rest = divmod(eighths, 8)
    if glyphs.ascii:
        return ("#" * full + ("-" if rest else "")).ljust(cells)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(cells)


def _place(situation: Situation, piece: Piece) -> str:
    where = "the client's own" if piece.row < 0 else situation.place(piece.row)
    return f"{where}: {piece.kind.value}{f', {piece.tool}' if piece.tool else ''}"
