"""Markdown that somebody else wrote, made harmless in a document: it keeps its looks, and neither HTML in it acts nor
does an image in it load. What it begins, such as a block of code, ends with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FENCE = re.compile(r"( *)(?:(`{3,})([^`]*)|(~{3,})(.*))\Z")
_HEADING = re.compile(r"( {0,3})(#{1,6})(?=[ \t]|\Z)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*\Z")
_TICKS = re.compile(r"`+")
_DEMOTED = 3
"""Levels that a heading goes down: those above are the document's own."""


def inert(text: str) -> str:
    """Text as Markdown without HTML, images and headings of the first levels. Line breaks are line feeds."""
    return "\n".join(_lines(text))


def _lines(text: str) -> Iterator[str]:
    """Blocks of code stand by themselves at the margin: so no list or quotation can hold half of one, and whoever
    reads them sees them begin and end where they do here."""
    fence, indent = "", 0
    before = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        mark = (found[2] or found[4]) if found is not None else ""
        about = (found[3] or found[5] or "") if found is not None else ""
        if fence:
            closes = mark.startswith(fence) and not about.strip()
            yield fence if closes else line[min(indent, len(line) - len(line.lstrip(" "))) :]
            fence = "" if closes else fence
        elif found is not None:
            fence, indent = mark, len(found[1])
            if before.strip():
                yield ""
            yield fence + re.sub(r"[^\w+#.-]", "", about)
        else:
            yield _line(line, before)
        before = line
    if fence:
        yield fence


def _line(line: str, before: str) -> str:
    if before.strip() and _UNDERLINE.match(line):
        # It would make a heading of the line before it.
        line = "\\" + line.lstrip()
    heading = _HEADING.match(line)
    if heading is not None:
        line = heading[1] + "#" * min(len(heading[2]) + _DEMOTED, 6) + line[heading.end() :]
    return "".join(_inline(line))


def _inline(line: str) -> Iterator[str]:
    """A line whose code stays as it is: runs of backticks that belong together on it. Others are spelled out, so that
    no code reaches into the next line."""
    position = 0
    while (opening := _TICKS.search(line, position)) is not None:
        yield _outside(line[position : opening.start()])
        escaped = (opening.start() - len(line[: opening.start()].rstrip("\\"))) % 2
        closing = None if escaped else _closing(line, opening)
        if closing is None:
            yield "&#96;" * len(opening[0])
            position = opening.end()
        else:
            code = line[opening.start() : closing.end()]
            # In a table, a bar ends the cell, and with it the code.
            yield code.replace("<", "&lt;").replace("![", "!\\[") if "|" in code else code
            position = closing.end()
    yield _outside(line[position:])


def _closing(line: str, opening: re.Match[str]) -> re.Match[str] | None:
    return next((run for run in _TICKS.finditer(line, opening.end()) if len(run[0]) == len(opening[0])), None)


def _outside(text: str) -> str:
    return text.replace("<", "&lt;").replace("![", "!\\[")


def fenced(text: str) -> str:
    """A text as a block of code, word for word."""
    ticks = "`" * max(3, *(len(run) + 1 for run in _TICKS.findall(text))) if "`" in text else "```"
    return f"{ticks}text\n{text}\n{ticks}"
