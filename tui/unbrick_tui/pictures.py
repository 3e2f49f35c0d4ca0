"""The images of a record, and how a picture is painted: half blocks in colour on any terminal, shades of characters
where there are no colours, and the graphics of a terminal that has its own."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from unbrick.media.looks import Picture

DEEP = 8
SHADES = " .:-=+*#%@"
"""From light to dark; on a dark ground what is light has to be dense."""


class Shown(NamedTuple):
    """An image of a record: which one, and its base64 or the reason why there is none."""

    name: str
    data: str
    why: str = ""


def shown(blocks: list[dict[str, Any]]) -> list[Shown]:
    """The images among the blocks of a record, those inside results as well."""
    return [one for number, block in enumerate(blocks) for one in _inside(block, f"block {number}", 0)]


def _inside(value: Any, name: str, depth: int) -> Iterator[Shown]:  # noqa: ANN401 - JSON
    if not isinstance(value, Mapping) or depth > DEEP:
        return
    source = value.get("source")
    if value.get("type") == "image" and isinstance(source, Mapping):
        data = source.get("data")
        if isinstance(data, str):
            yield Shown(name, data)
        else:
            yield Shown(name, "", "It stands at an address or in a file, and not in the session; nothing is fetched.")
    content = value.get("content")
    for place, piece in enumerate(content if isinstance(content, list) else ()):
        yield from _inside(piece, f"{name}, part {place}", depth + 1)


def half_blocks(picture: Picture) -> list[Strip]:
    """Two pixels a cell, one above the other."""
    width, rgb = picture.width, picture.rgb
    strips = []
    for top in range(0, picture.height, 2):
        cells = []
        for x in range(width):
            at = (top * width + x) * 3
            below = at + width * 3
            upper = (rgb[at], rgb[at + 1], rgb[at + 2])
            lower = (rgb[below], rgb[below + 1], rgb[below + 2]) if top + 1 < picture.height else None
            cells.append((upper, lower))
        segments = []
        for (upper, lower), run in groupby(cells):
            ground = None if lower is None else Color.from_rgb(*lower)
            segments.append(Segment("▀" * len(list(run)), Style(color=Color.from_rgb(*upper), bgcolor=ground)))
        strips.append(Strip(segments, width))
    return strips


def shades(picture: Picture, style: Style, *, dark: bool) -> list[Strip]:
    """One character a cell, by its brightness; a cell is twice as high as it is wide."""
    ramp = SHADES if dark else SHADES[::-1]
    width, rgb = picture.width, picture.rgb
    strips = []
    for top in range(0, picture.height - picture.height % 2 or 1, 2):
        line = rgb[top * width * 3 : (top + 1) * width * 3]
        light = (299 * line[at] + 587 * line[at + 1] + 114 * line[at + 2] for at in range(0, len(line), 3))
        text = "".join(ramp[value * (len(ramp) - 1) // 255_000] for value in light)
        strips.append(Strip([Segment(text, style)], width))
    return strips


def graphics(environ: Mapping[str, str]) -> str:
    """The graphics that the terminal is known for: `kitty`, `iterm`, or nothing. It is not asked: an answer would
    arrive among the keys."""
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if environ.get("TMUX") or term.startswith(("screen", "tmux")):
        return ""
    if environ.get("KITTY_WINDOW_ID") or term in ("xterm-kitty", "xterm-ghostty") or program == "ghostty":
        return "kitty"
    if program in ("iTerm.app", "WezTerm", "mintty") or environ.get("LC_TERMINAL") == "iTerm2" or (
        environ.get("KONSOLE_VERSION")
    ):
        return "iterm"
    return ""


PIECE = 4096
"""Characters of one piece of an image, in the protocol of Kitty."""


def drawn(png: bytes, how: str, columns: int) -> str:
    """What makes a terminal draw an image, at most so many columns wide."""
    data = base64.b64encode(png).decode("ascii")
    if how == "iterm":
        return f"\x1b]1337;File=inline=1;size={len(png)};width={columns};preserveAspectRatio=1:{data}\x07"
    pieces = [data[start : start + PIECE] for start in range(0, len(data), PIECE)]
    return "".join(
        f"\x1b_G{'f=100,a=T,q=2,' if not index else ''}m={int(index + 1 < len(pieces))};{piece}\x1b\\"
        for index, piece in enumerate(pieces)
    )
