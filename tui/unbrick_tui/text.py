"""Text on its way to the terminal: on one line, cut or folded to cells, counted."""

from __future__ import annotations

import re
from array import array
from datetime import datetime

from rich.cells import cell_len

from unbrick.printable import printable

_NEWLINES = re.compile(r"\r\n|\r|\n")


_QUOTES = str.maketrans("“”„‘’", "\"\"\"''")


def ascii_only(text: str) -> str:
    """For terminals that carry nothing else."""
    return text if text.isascii() else text.translate(_QUOTES).encode("ascii", "replace").decode("ascii")


def one_line(text: str, limit: int = 400) -> str:
    """The beginning of a text on one line, runs of space made one."""
    return printable(" ".join(text[: limit * 4].split())[:limit])


def shorten(text: str, cells: int, ellipsis: str = "…") -> str:
    """A text cut to a number of terminal cells."""
    if len(text) <= cells and (text.isascii() or cell_len(text) <= cells):
        return text
    if cells <= 0:
        return ""
    if text[:cells].isascii():
        return text[: cells - 1] + ellipsis
    width, kept = 0, 0
    for char in text:
        width += cell_len(char)
        if width > cells - 1:
            break
        kept += 1
    return text[:kept] + ellipsis


_CLAUSE = re.compile(r"[,;:.]? ")


def clause(text: str, cells: int, ellipsis: str = "…") -> str:
    """A text cut to a number of terminal cells behind a whole clause, else a whole word, where one ends late enough."""
    short = shorten(text, cells, ellipsis)
    if short == text or not short:
        return short
    kept = short.removesuffix(ellipsis)
    breaks = [match for match in _CLAUSE.finditer(text, 0, len(kept) + 2) if match.start() <= len(kept)]
    clauses = (m.start() for m in reversed(breaks) if len(m[0]) > 1 or text[m.end() : m.end() + 1] == "(")
    words = (m.start() for m in reversed(breaks))
    for ends, part in ((clauses, 0.6), (words, 0.5)):
        end = next(ends, 0)
        if end >= cells * part:
            return text[:end] + ellipsis
    return short


def lines_of(text: str) -> list[str]:
    """The lines of a text, however they end."""
    return _NEWLINES.split(text)


def fold(line: str, width: int) -> array[int]:
    """Where the pieces of a harmless line end (in characters) so that each fits `width` cells; breaks at spaces
    where there is one in the second half, and that space may stand beyond them, where nothing of it is seen.
    At least one piece."""
    ends = array("I")
    size = len(line)
    width = max(width, 2)
    ascii_line = line.isascii()
    start = 0
    while start < size:
        end = min(start + width, size)
        if not ascii_line:
            end = _reach(line, start, width)
        if end < size:
            space = line.rfind(" ", start + width // 2, end + 1)
            if space > start:
                end = space + 1
        ends.append(end)
        start = end
    if not ends:
        ends.append(0)
    return ends


def _reach(line: str, start: int, width: int) -> int:
    """How far `width` cells go from a character on; at least one character."""
    piece = line[start : start + width]
    if cell_len(piece) <= width:
        return start + len(piece)
    cells = 0
    for index, char in enumerate(piece):
        cells += cell_len(char)
        if cells > width:
            return start + max(index, 1)
    return start + len(piece)


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 prompt`, `4,543 prompts`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(number: int) -> str:
    """Bytes as people say them: `640 B`, `12 kB`, `3.4 MB`."""
    if number < 1000:
        return f"{number} B"
    value = float(number)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 1000 or unit == "GB":
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return ""


def thousands(number: int) -> str:
    """A number of tokens in four cells: `640`, `9.4k`, `37k`, `1.2M`."""
    if number < 1000:
        return str(number)
    value, unit = (number / 1000, "k") if number < 999_500 else (number / 1_000_000, "M")
    return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"


def tokens(number: int) -> str:
    """An estimate, rounded: `about 12,300 tokens`."""
    digits = max(len(str(number)) - 3, 0)
    return f"about {round(number, -digits):,} tokens"


def clock(seconds: float) -> str:
    """Hours and minutes, local time; empty for none (NaN)."""
    return "" if seconds != seconds else _local(seconds, "%H:%M")


def moment(seconds: float) -> str:
    """`Tue 16:40`, local time; empty for none (NaN)."""
    return "" if seconds != seconds else _local(seconds, "%a %H:%M")


def date_and_time(seconds: float) -> str:
    """`2026-11-20 16:40:07`, local time; empty for none (NaN)."""
    return "" if seconds != seconds else _local(seconds, "%Y-%m-%d %H:%M:%S")


_AGES = ((60, "s"), (3600, "min"), (86_400, "h"), (7 * 86_400, "d"), (61 * 86_400, "wk"), (730 * 86_400, "mo"))
"""Up to how many seconds an age is said in which unit; from there on in years."""
_UNITS = {"min": 60, "h": 3600, "d": 86_400, "wk": 7 * 86_400, "mo": 30.44 * 86_400, "y": 365.25 * 86_400}


def ago(seconds: float) -> str:
    """How long ago, in one unit: `now`, `5 min`, `2 h`, `3 d`, `4 wk`, `7 mo`, `2 y`."""
    unit = next((unit for limit, unit in _AGES if seconds < limit), "y")
    return "now" if unit == "s" else f"{int(seconds / _UNITS[unit])} {unit}"


def _local(seconds: float, form: str) -> str:
    try:
        return datetime.fromtimestamp(seconds).strftime(form)
    except (OverflowError, OSError, ValueError):
        return ""
