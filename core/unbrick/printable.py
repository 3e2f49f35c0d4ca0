"""Text of a transcript on its way to a terminal: nothing in it may act on the terminal or hide what it says."""

from __future__ import annotations

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_C1 = dict.fromkeys(range(0x80, 0xA0), "·")
_BIDI = {
    0x061C: "‹ALM›", 0x200E: "‹LRM›", 0x200F: "‹RLM›", 0x202A: "‹LRE›", 0x202B: "‹RLE›", 0x202C: "‹PDF›",
    0x202D: "‹LRO›", 0x202E: "‹RLO›", 0x2066: "‹LRI›", 0x2067: "‹RLI›", 0x2068: "‹FSI›", 0x2069: "‹PDI›",
}
_SEPARATORS = {0x2028: "␤", 0x2029: "¶"}
_TAB = {0x09: "    "}
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")

_LINE = _PICTURES | _C1 | _BIDI | _SEPARATORS | _TAB | _SURROGATES
_LINES = {code: text for code, text in _LINE.items() if code != 0x0A}

ELLIPSIS = "…"


def printable(text: str) -> str:
    """A text as one line that is safe to print: control characters as their pictures, C1 as `·`, bidirectional
    controls by name, tabs as spaces, halves of surrogate pairs as U+FFFD, line breaks as `␊`."""
    return text.translate(_LINE)


def printable_lines(text: str) -> str:
    """The same for a text of several lines: line breaks stay, and `\\r\\n` counts as one."""
    return text.replace("\r\n", "\n").translate(_LINES)


def shorten(text: str, width: int) -> str:
    """A text cut to so many characters, with an ellipsis where it was cut."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + ELLIPSIS


def around(text: str, start: int, end: int, width: int) -> str:
    """The part of a long text that holds a range, at most about so many characters, with an ellipsis at each cut."""
    if len(text) <= width:
        return text
    margin = max((width - (end - start)) // 2, 8)
    first, last = max(start - margin, 0), min(max(end, start) + margin, len(text))
    last = min(last, first + width)
    return (ELLIPSIS if first else "") + text[first:last] + (ELLIPSIS if last < len(text) else "")
