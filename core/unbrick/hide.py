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
_NUMBER = re.compile(r"-?[0-9][0-9.eE+-]*")
_TOKEN = re.compile(f"{_STRING.pattern}|{_NUMBER.pattern}", re.DOTALL)
NOUGHT = "0"
"""What stands in the place of a value that is a number: it fits at every depth, and who reads a number finds one."""
_PLAIN = re.compile(r'[^"\\/\x00-\x1f\x7f]+')
_EMBEDDED = '{["'

Span = tuple[int, int, bool]
"""First and last-plus-one character of a copy, and whether it is a number."""
Place = tuple[int, int]


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
        """Where a text holds the value: where it is JSON, in its strings and numbers, and, inside of a string, across
        them; else as it stands, escaped or not."""
        if depth < DEPTH and text.lstrip()[:1] in _EMBEDDED and _is_json(text):
            return self._across(text, self._inside(text, depth)) if depth else self._inside(text, depth)
        found = [(*copy.span(), False) for copy in self._pattern.finditer(text)]
        if depth == DEPTH or "\\u" not in text:
            return found
        # Nobody has to write such an escape, and where strings begin is not told here.
        meant, places = _unescaped(text)
        return _merged([*found, *_moved(self.spans(meant, depth + 1), places, 0)])

    def _inside(self, text: str, depth: int) -> list[Span]:
        found: list[Span] = []
        for token in _TOKEN.finditer(text):
            if token[1] is None:
                if token[0] == self.value:
                    found.append((*token.span(), True))
            elif self._possible(token[1]):
                meant, places = _unescaped(token[1])
                found += _moved(self.spans(meant, depth + 1), places, token.start(1))
        return found

    def _across(self, text: str, inside: list[Span]) -> list[Span]:
        """With the copies that begin in one string or none of a document, and end in another."""
        copies = [copy.span() for copy in self._pattern.finditer(text)]
        if not copies:
            return inside
        numbers = ((start, end) for start, end, number in inside if number)
        parts = sorted((*(token.span(1) for token in _STRING.finditer(text)), *numbers))

        def across(start: int, end: int) -> bool:
            before = bisect_right(parts, (start, len(text))) - 1
            return before < 0 or end > parts[before][1]

        return _merged([*inside, *((start, end, False) for start, end in copies if across(start, end))])

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


def _unescaped(body: str) -> tuple[str, list[Place]]:
    """What the inside of a JSON string means, and behind each escape (place in the meaning, place in the string)."""
    pieces: list[str] = []
    places: list[Place] = [(0, 0)]
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


def _moved(found: list[Span], places: list[Place], start: int) -> list[Span]:
    """Spans of what a string means, as spans of where it stands written from `start` on."""
    return [(start + _place(places, first), start + _place(places, end), number) for first, end, number in found]


def _place(places: list[Place], meant: int) -> int:
    """Where a place in the meaning of a string stands in the string."""
    at, written = places[bisect_right(places, meant, key=lambda one: one[0]) - 1]
    return written + meant - at


def _merged(found: list[Span]) -> list[Span]:
    """In order, those that overlap as one."""
    result: list[Span] = []
    for start, end, number in sorted(found):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]), False)
        else:
            result.append((start, end, number))
    return result


def _spliced(text: str, spans: list[Span], note: str) -> str:
    pieces: list[str] = []
    kept = 0
    for start, end, number in spans:
        pieces += (text[kept:start], NOUGHT if number else note)
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
