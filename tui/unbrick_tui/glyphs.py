"""One table of glyphs with an ASCII twin; every glyph stands beside a word, so that nothing depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Glyphs:
    """What is painted where words alone would be slow to read; each is one cell wide, but for `arrow`."""

    ok: str = "✓"
    error: str = "✗"
    warning: str = "!"
    info: str = "i"
    elsewhere: str = "◇"
    busy: str = "…"
    live: str = "◉"
    cursor: str = "▌"
    prompt: str = "❯"
    reply: str = "●"
    thinks: str = "∴"
    call: str = "▸"
    result: str = "◂"
    context: str = "·"
    attached: str = "+"
    summary: str = "≡"
    record: str = "·"
    span_start: str = "┌"
    span: str = "│"
    span_end: str = "└"
    span_across: str = "─"
    span_cross: str = "┼"
    span_starts: str = "┬"
    span_ends: str = "┴"
    single: str = "○"
    rule: str = "─"
    heavy: str = "━"
    start: str = "▼"
    finding: str = "╰"
    more: str = "⋯"
    cut: str = "✂"
    changed: str = "~"
    added: str = "+"
    ellipsis: str = "…"
    dot: str = "·"
    arrow: str = "→"
    unknown: str = "\ufffd"
    here: str = "◂"
    tick: str = "╶"
    weights: str = " ▏▎▍▌▋▊▉█"
    """How heavy a part of the session is, in steps."""
    ascii: bool = False


UNICODE = Glyphs()
ASCII = Glyphs(
    ok="+", error="x", warning="!", info="i", elsewhere="o", busy="~", live="@", cursor=">", prompt=">", reply="*",
    thinks="%", call=")", result="(", context=".", attached="+", summary="=", record=".", span_start=".", span="|",
    span_end="`", span_across="-", span_cross="+", span_starts=".", span_ends="`",
    single="o", rule="-", heavy="=", start="v", finding="\\", more=":", cut="-", changed="~", added="+", ellipsis="~",
    dot="-", arrow="->", unknown="?", here="<", tick="-", weights=" .:=#", ascii=True,
)


def choose(ascii_only: bool, environ: Mapping[str, str], encoding: str | None) -> Glyphs:
    """ASCII where it is asked for, on the Linux console, and where the output cannot carry Unicode."""
    plain = environ.get("TERM") in ("linux", "dumb") or (encoding or "").lower().replace("-", "") not in ("utf8", "")
    return ASCII if ascii_only or plain else UNICODE
