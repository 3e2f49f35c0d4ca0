"""Text of a transcript as HTML: escaped whole, then the little of Markdown that helps reading is marked up.

No link is made, so nothing in a transcript can be followed, and nothing in it is an attribute.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

_FENCE = re.compile(r" *(`{3,}|~{3,})[^`\n]*\Z")
_HEADING = re.compile(r"#{1,6} +(\S.*)\Z")
_CODE = re.compile(r"`([^`\n]+)`")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")


def escaped(text: str) -> str:
    """A text in which nothing is markup, fit for content and for quoted attributes."""
    return escape(text, quote=True)


def prose(text: str) -> Iterator[str]:
    """A text that a person or a model wrote, as paragraphs and blocks of code."""
    paragraph: list[str] = []
    block: list[str] = []
    fence = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if fence:
            if found is not None and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                yield _code(block)
                fence, block = "", []
            else:
                block.append(line)
            continue
        heading = _HEADING.match(line)
        starts = found is not None or heading is not None or not line.strip()
        if line.startswith("|") != bool(block) or starts:
            # A table is told by its bars, and kept as it was written.
            yield from _paragraph(paragraph)
            paragraph = []
            if block:
                yield _code(block)
                block = []
        if found is not None:
            fence, block = found[1], []
        elif heading is not None:
            yield f'<p class="h">{_inline(heading[1])}</p>\n'
        elif line.startswith("|"):
            block.append(line)
        elif line.strip():
            paragraph.append(line)
    yield from _paragraph(paragraph)
    if block:
        yield _code(block)


def _paragraph(lines: list[str]) -> Iterator[str]:
    if lines:
        text = "\n".join(lines)
        yield f"<p>{_inline(text)}</p>\n"


def _code(lines: list[str]) -> str:
    text = "\n".join(lines)
    return f"<pre><code>{escaped(text)}</code></pre>\n"


def _inline(text: str) -> str:
    """Code and bold type. The marks that are put in hold nothing of the text but what was escaped."""
    pieces: list[str] = []
    kept = 0
    for code in _CODE.finditer(text):
        pieces += (_bold(text[kept : code.start()]), f"<code>{escaped(code[1])}</code>")
        kept = code.end()
    return "".join((*pieces, _bold(text[kept:])))


def _bold(text: str) -> str:
    return _BOLD.sub(r"<b>\1</b>", escaped(text))
