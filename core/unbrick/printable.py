"""Text of a transcript on its way to a terminal: nothing in it may act on the terminal or hide what it says."""

from __future__ import annotations

import shlex
import unicodedata

ELLIPSIS = "…"

_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad") | frozenset(map(chr, range(0xFE00, 0xFE10)))
"""Joiners and variation selectors: they change how wide a terminal draws what is beside them."""


class _Table(dict[int, str]):
    """What is printed for each character, worked out at first sight."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if char == "\t":
            shown = "    "
        elif code < 0x20:
            shown = chr(0x2400 + code)
        elif code == 0x7F:
            shown = "\u2421"
        elif char in _INVISIBLE:
            shown = ""
        elif category == "Zs":
            shown = " "
        elif category == "Cs":
            shown = "\ufffd"
        elif category in ("Cc", "Cf", "Zl", "Zp"):
            shown = "\u00b7"
        else:
            shown = char
        self[code] = shown
        return shown


_LINE = _Table()


def printable(text: str) -> str:
    """A text as one line that is safe to print: control characters as their pictures (line breaks too), C1 and
    bidirectional controls and other invisible separators as `·`, tabs as spaces, half surrogates as U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_LINE)


def printable_lines(text: str) -> str:
    """The same for a text of several lines: line breaks stay, and `\\r\\n` counts as one."""
    return "\n".join(map(printable, text.replace("\r\n", "\n").split("\n")))


def printable_json(data: bytes) -> bytes:
    """A JSON document of the same values that is safe to print: what JSON leaves as it is, but a terminal acts on or
    does not show, is escaped."""
    if data.isascii() and b"\x7f" not in data:
        return data
    text = data.decode()
    odd = {char for char in set(text) if printable(char) != char} - {"\n"}
    spelt = {char: char.encode("utf-16-be").hex() for char in odd}
    table = {
        ord(char): "".join(f"\\u{units[start:start + 4]}" for start in range(0, len(units), 4))
        for char, units in spelt.items()
    }
    return text.translate(table).encode()


def shell(word: str) -> str:
    """A word of a shell command that can be shown and copied: quoted where it must be, and what a terminal may not
    see or UTF-8 cannot spell written as bash and zsh read it, `$'\\x1b'`."""
    if printable(word) == word:
        return shlex.quote(word)
    escaped = "".join(
        f"\\{char}" if char in "'\\" else char if printable(char) == char
        else "".join(f"\\x{byte:02x}" for byte in _bytes(char))
        for char in word
    )
    return f"$'{escaped}'"


def _bytes(char: str) -> bytes:
    """A character in UTF-8; a byte of a file name that is none stands for itself."""
    return char.encode("utf-8", "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass")


def shorten(text: str, width: int) -> str:
    """A text cut to so many characters, with an ellipsis where it was cut."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + ELLIPSIS


def around(text: str, start: int, end: int, width: int) -> str:
    """The part of a long text that holds a range, at most about so many characters, with an ellipsis at each cut."""
    if len(text) <= width:
        return text
    margin = max((width - (end - start)) // 2, 8)
    first = max(start - margin, 0)
    last = min(max(end, start) + margin, len(text), first + width)
    return (ELLIPSIS if first else "") + text[first:last] + (ELLIPSIS if last < len(text) else "")
