"""Text to read in full, as lines whose parts may be styled one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from unbrick_tui.text import lines_of, size

STYLES = {
    "plain": "$foreground", "dim": "$quiet", "head": "bold $secondary", "plus": "$success", "minus": "$error",
    "bad": "bold $error", "warn": "bold $warning", "good": "bold $success", "key": "bold $accent", "code": "$accent",
    "strong": "bold", "em": "italic", "link": "underline $primary", "keyword": "bold $primary", "string": "$success",
    "number": "$warning", "comment": "italic $quiet", "name": "$accent", "here": "reverse",
}
"""What a part of a text may be, and how that is painted; `here` is the part that is pointed at. As component classes of
a widget, each would be a node of its own that every rule of every style sheet is asked about whenever it comes up."""

Paragraph = tuple[str, str]
"""A style and a text of any number of lines."""

Run = tuple[str, str]
"""A style and a part of one line."""


class Rich(NamedTuple):
    """One line of runs. `first` stands before it, `rest` before each further piece that it is folded into, in the style
    `lead`."""

    runs: tuple[Run, ...]
    first: str = ""
    rest: str = ""
    lead: str = "dim"


Passage = Paragraph | Rich

PAGE = 64_000
"""Characters of one text that are laid out at first; `m` shows eight times as many."""
FINE = 32_000
"""Characters of a record that are formatted and coloured; what is beyond is shown as it is."""


@dataclass
class Bounds:
    """How much of a record is laid out: `most` characters of each text, `fine` characters of all with formatting.
    `hidden` counts what was left out."""

    most: int = PAGE
    fine: int = FINE
    hidden: int = 0

    def clip(self, text: str) -> tuple[str, int]:
        """The part of a text that is shown, and how many characters are not."""
        left = max(len(text) - self.most, 0)
        self.hidden += left
        return (text[: self.most], left) if left else (text, 0)

    def affords(self, text: str) -> bool:
        """Whether a text may be formatted; takes it off the account."""
        if len(text) > self.fine:
            return False
        self.fine -= len(text)
        return True


def more(left: int) -> Iterator[Paragraph]:
    """Says how much is not shown; nothing for nothing."""
    if left:
        yield "dim", f"(m shows more: {size(left)} of this text {'are' if left != 1 else 'is'} not laid out yet)"


def plain(text: str, bounds: Bounds, style: str = "plain") -> Iterator[Paragraph]:
    """A text as it is, as far as it is laid out."""
    shown, left = bounds.clip(text)
    yield style, shown
    yield from more(left)


def signed(line: str) -> Rich:
    """A line of a diff in the colour of its sign."""
    return Rich((({"+": "plus", "-": "minus", "@": "dim"}.get(line[:1], "plain"), line),), rest="  ")


def marked(text: str) -> Iterator[Rich]:
    """A patch, each line in the colour of its sign, the names of files as headings."""
    for line in lines_of(text):
        heading = line.startswith(("+++ ", "--- ", "*** ", "diff ", "index "))
        yield Rich((("head", line),), rest="  ") if heading else signed(line)
