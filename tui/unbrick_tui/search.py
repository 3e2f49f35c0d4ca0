"""Finding text in the records of a view."""

from __future__ import annotations

from collections.abc import Generator

from unbrick.formats import Format
from unbrick.patch import View
from unbrick.record import read
from unbrick_tui.glyphs import ASCII
from unbrick_tui.rows import say

BATCH = 512


def search(format_: Format, view: View, needle: str, start: int, step: int) -> Generator[int, None, int | None]:
    """The next row from `start` on, around the end, in whose text a needle stands, whatever its case. Yields rows
    looked at."""
    wanted = needle.lower()
    plain = needle.isascii() and needle.isprintable() and not set(needle) & {'"', "\\", "/"}
    first = wanted.encode("ascii") if plain else b""
    total = len(view)
    for done in range(total):
        row = (start + done * step) % total
        raw = view.raw(row)
        if (not plain or first in raw.lower()) and wanted in text_of(format_, raw).lower():
            return row
        if done % BATCH == BATCH - 1:
            yield done
    return None


def text_of(format_: Format, raw: bytes) -> str:
    """Everything of a record that a person reads: its line in the timeline and its text."""
    value, _fault = read(raw)
    said = say(format_, raw, ASCII)
    text = raw.decode("utf-8", "replace") if value is None else format_.text(value)
    return f"{said.word} {said.text}\n{text}"
