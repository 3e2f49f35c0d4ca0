"""A text replaced wherever bytes of JSON spell it: in any string, under any escape, also in JSON inside a string.

What a tool printed often is JSON itself, so one value stands in a line under several layers of backslashes. Only the
bytes that spell the value change; the rest of the line keeps its spacing and escapes.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from functools import cached_property

from unbrick.jsonspan import JSON_DECODER

NOTE = "[redacted]"
"""What stands in the place of a value unless another note is asked for."""
DEPTH = 6
"""So deep JSON is looked for inside strings of JSON."""
LEAST = 4
"""So many neighbouring characters of a value must need no escape, so that its lines are found fast."""

_STRING = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:u([dD][89aAbB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL
)
_NAMED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_PLAIN = re.compile(r'[^"\\/\x00-\x1f\x7f]+')
_EMBEDDED = '{["'

Span = tuple[int, int]


class Hidden:
    """A value that is to give way to a note. The note needs no escape at any depth, so it fits everywhere.

    Raises ValueError, whose text ends a sentence, for a value or a note that will not do.
    """

    def __init__(self, value: str, note: str) -> None:
        self.plain = max(_PLAIN.findall(value), key=len, default="")
        if len(self.plain) < LEAST:
            raise ValueError("it is too short to be told from other text")
        if not _PLAIN.fullmatch(note) or not note.isascii() or value in note:
            raise ValueError(f"{note!r} cannot stand in its place")
        self.value = value
        self.note = note

    def hide(self, raw: bytes, *, framed: bool = False) -> tuple[bytes, int]:
        """Bytes with every copy replaced, and how many there were; the same object where there is none. `framed` is
        half of a document: JSON, though it does not end or begin."""
        if not self.possible(raw):
            return raw, 0
        text = raw.decode("utf-8", "surrogateescape")
        found = self._inside(text, 0) if framed else self.spans(text)
        return (_spliced(text, found, self.note).encode("utf-8", "surrogateescape"), len(found)) if found else (raw, 0)

    def possible(self, raw: bytes) -> bool:
        """Whether bytes may hold a copy; fast, and seldom wrong."""
        return self._anchor in raw or self._unusual.search(raw) is not None

    def spans(self, text: str, depth: int = 0) -> list[Span]:
        """Where a text holds the value: where it is JSON, in its strings, else as it stands, escaped or not."""
        if depth < DEPTH and text.lstrip()[:1] in _EMBEDDED and _is_json(text):
            return self._inside(text, depth)
        return [found.span() for found in self._pattern.finditer(text)]

    def _inside(self, text: str, depth: int) -> list[Span]:
        found: list[Span] = []
        for string in _STRING.finditer(text):
            start = string.start(1)
            if not self._possible(string[1]):
                continue
            meant, places = _unescaped(string[1])
            found += [(start + _place(places, a), start + _place(places, b)) for a, b in self.spans(meant, depth + 1)]
        return found

    def _possible(self, text: str) -> bool:
        return self.plain in text or "\\u" in text

    @cached_property
    def _anchor(self) -> bytes:
        return self.plain.encode("utf-8", "surrogatepass")

    @cached_property
    def _unusual(self) -> re.Pattern[bytes]:
        """Escapes that nobody has to write, but may."""
        return re.compile(rb"\\u00[2-7]" if self.plain.isascii() else rb"\\u")

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """The value as it is written in JSON of any depth. In front of a letter that a backslash makes an escape, the
        backslashes go along: half an escape would damage what holds it."""
        forms = {self.value}
        for ascii_only, slash in ((False, "/"), (True, "/"), (False, "\\/")):
            form = self.value
            for _ in range(DEPTH):
                form = json.dumps(form, ensure_ascii=ascii_only)[1:-1].replace("/", slash)
                forms.add(form)
        longest_first = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
        lead = r"(?<!\\)\\*+" if self.value[0] in "bfnrtu/" else ""
        return re.compile(f"{lead}(?:{longest_first})")


def _is_json(text: str) -> bool:
    try:
        JSON_DECODER.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def _unescaped(body: str) -> tuple[str, list[Span]]:
    """What the inside of a JSON string means, and behind each escape (place in the meaning, place in the string)."""
    pieces: list[str] = []
    places: list[Span] = [(0, 0)]
    kept = length = 0
    for escape in _ESCAPE.finditer(body):
        high, low, unit, named = escape.groups()
        if high:
            char = chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
        else:
            char = chr(int(unit, 16)) if unit else _NAMED.get(named, named)
        pieces += (body[kept : escape.start()], char)
        length += escape.start() - kept + 1
        kept = escape.end()
        places.append((length, kept))
    pieces.append(body[kept:])
    return "".join(pieces), places


def _place(places: list[Span], meant: int) -> int:
    """Where a place in the meaning of a string stands in the string."""
    at, written = places[bisect_right(places, meant, key=lambda one: one[0]) - 1]
    return written + meant - at


def _spliced(text: str, spans: list[Span], note: str) -> str:
    pieces: list[str] = []
    kept = 0
    for start, end in spans:
        pieces += (text[kept:start], note)
        kept = end
    return "".join((*pieces, text[kept:]))


def alike(text: str, other: str) -> bool:
    """Whether a text may be what another one became when values in it gave way to the note."""
    first, *rest = text.split(NOTE)
    if not rest:
        return text == other
    *middle, last = rest
    end = len(other) - len(last)
    position = len(first)
    if position > end or not other.startswith(first) or not other.endswith(last):
        return False
    for part in middle:
        found = other.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True
