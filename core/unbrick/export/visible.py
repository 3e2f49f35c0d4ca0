"""Text of a transcript on its way into a document: what hides, reorders or controls text is shown as what it is."""

from __future__ import annotations

import re
import unicodedata

from unbrick.printable import ELLIPSIS

_KEPT = frozenset("\n\u200c\u200d\u00ad")
"""Line feeds, and what scripts and emoji are joined and parted with."""


class _Table(dict[int, str]):
    """What stands for each character, worked out at first sight."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if char == "\t":
            shown = "    "
        elif char in _KEPT:
            shown = char
        elif code < 0x20:
            shown = chr(0x2400 + code)
        elif code == 0x7F:
            shown = "\u2421"
        elif category == "Cs" or code & 0xFFFE == 0xFFFE:
            shown = "\ufffd"
        elif category in ("Cc", "Cf", "Zl", "Zp"):
            shown = f"\u27e8U+{code:04X}\u27e9"
        else:
            shown = char
        self[code] = shown
        return shown


_SHOWN = _Table()
_ODD = (
    r"[^\n -~\u00a1-\u00ac\u00ae-\u034e\u0400-\u0481\u2010-\u2027\u2190-\u2bff\u3001-\u3029\u3040-\u312f\u4e00-\u9fff"
    r"\uac00-\ud7a3]"
)
"""Characters that may have to be shown as something else; all but the most common scripts, so that most are passed
over fast. Made ready at the first text: that takes longer than loading this module."""


def visible(text: str) -> str:
    """A text in which nothing acts unseen: control characters as their pictures, those that turn the direction of
    writing and other invisible ones by their numbers (`⟨U+202E⟩`), half surrogates as U+FFFD, every line break a line
    feed, tabs as spaces."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(_ODD, lambda found: _SHOWN[ord(found[0])], text)


def one_line(text: str, limit: int = 120) -> str:
    """The beginning of a text on one line, runs of space made one."""
    said = " ".join(visible(text[: limit * 4]).split())
    return said if len(said) <= limit and len(text) <= limit * 4 else said[: limit - 1].rstrip() + ELLIPSIS


def beginning(text: str, lines: int, characters: int) -> str:
    """The beginning of a long text, and how much is left out."""
    short = "\n".join(text[:characters].split("\n", lines)[:lines])
    if len(short) >= len(text):
        return text
    lines_left = text.count("\n", len(short))
    where = f" in {lines_left:,} lines" if lines_left > 1 else ""
    return f"{short}\n{ELLIPSIS} {len(text) - len(short):,} more characters{where}"
