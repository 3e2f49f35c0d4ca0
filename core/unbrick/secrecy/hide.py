"""A text replaced wherever bytes of JSON spell it: in any string, under any escape, also in JSON inside a string, as
addresses and pages write it, and encoded.

What a tool printed often is JSON itself, so one value stands in a line under several layers of backslashes. Only the
bytes that spell the value change; the rest of the line keeps its spacing and escapes.
"""

from __future__ import annotations

import html
import json
import re
from bisect import bisect_right
from functools import cached_property
from urllib.parse import quote

from unbrick.jsonspan import JSON_DECODER
from unbrick.secrecy import dumped
from unbrick.secrecy.encoded import present, ways

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
_SAME = re.compile(r"[A-Za-z0-9_.~-]+")
"""What no way of writing alters, but an escape that nobody has to write."""
_ENCODING = "utf-8", "surrogatepass"
_EMBEDDED = '{["'

Span = tuple[int, int, str]
"""First and last-plus-one character of a copy, and what is to stand in its place."""
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
        same = max(_SAME.findall(value), key=len, default="")
        letters = same if len(same) >= LEAST else self.plain
        self._anchors = tuple(one.encode(*_ENCODING) for one in (letters, "\0".join(letters)))
        self._second = re.escape(letters[1].encode(*_ENCODING))
        self._ways = ways(value)
        self._loose = len(same) < LEAST and quote(value, safe="", errors="surrogatepass") != value

    def hide(self, raw: bytes, *, framed: bool = False) -> tuple[bytes, int]:
        """Bytes with every copy replaced, and how many there were; the same object where there is none. `framed` is
        half of a document: JSON, though it does not end or begin."""
        if not self.possible(raw):
            return raw, 0
        text = raw.decode("utf-8", "surrogateescape")
        found = self._inside(text, 0) if framed else self.spans(text)
        return (_spliced(text, found).encode("utf-8", "surrogateescape"), len(found)) if found else (raw, 0)

    def possible(self, raw: bytes) -> bool:
        """Whether bytes may hold a copy; fast, and seldom wrong."""
        return self._plainly(raw) or bool(self._ways and (present(self._ways, raw) or dumped.possible(raw)))

    def spans(self, text: str, depth: int = 0) -> list[Span]:
        """Where a text holds the value: where it is JSON, in its strings and numbers, and, inside of a string, across
        them; else as it stands, escaped or not."""
        if depth < DEPTH and text.lstrip()[:1] in _EMBEDDED and _is_json(text):
            return self._across(text, self._inside(text, depth)) if depth else self._inside(text, depth)
        found = self._copies(text)
        if depth == DEPTH or "\\u" not in text:
            return found
        # Nobody has to write such an escape, and where strings begin is not told here.
        meant, places = _unescaped(text)
        return self._merged([*found, *_moved(self.spans(meant, depth + 1), places, 0)])

    def _copies(self, text: str) -> list[Span]:
        """Where a text holds the value as it stands."""
        raw = text.encode(*_ENCODING) if self._ways else b""
        found = present(self._ways, raw)
        fills = [self.note, "*" * (2 * len(self.value) - 1), *(way.fill for way in found)]
        pattern = re.compile("|".join((self._pattern, *(f"({way.pattern})" for way in found))))
        rows = dumped.copies(text, self.value) if dumped.possible(raw) else []
        plain = [(*copy.span(), fills[copy.lastindex or 0]) for copy in pattern.finditer(text)]
        apart = (one for one in plain if not any(one[0] < end and start < one[1] for start, end, _stars in rows))
        return sorted((*rows, *apart))

    def _inside(self, text: str, depth: int) -> list[Span]:
        found: list[Span] = []
        for token in _TOKEN.finditer(text):
            if token[1] is None:
                if token[0] == self.value:
                    found.append((*token.span(), NOUGHT))
            elif self.possible(token[1].encode(*_ENCODING)):
                meant, places = _unescaped(token[1])
                found += _moved(self.spans(meant, depth + 1), places, token.start(1))
        return found

    def _across(self, text: str, inside: list[Span]) -> list[Span]:
        """With the copies that begin in one string or none of a document, and end in another."""
        copies = self._copies(text)
        if not copies:
            return inside
        numbers = ((start, end) for start, end, instead in inside if instead == NOUGHT)
        parts = sorted((*(token.span(1) for token in _STRING.finditer(text)), *numbers))

        def across(start: int, end: int) -> bool:
            before = bisect_right(parts, (start, len(text))) - 1
            return before < 0 or end > parts[before][1]

        return self._merged([*inside, *(copy for copy in copies if across(*copy[:2]))])

    def _merged(self, found: list[Span]) -> list[Span]:
        """In order, those that overlap as one."""
        result: list[Span] = []
        for start, end, instead in sorted(set(found)):
            if result and start < result[-1][1]:
                result[-1] = (result[-1][0], max(end, result[-1][1]), self.note)
            else:
                result.append((start, end, instead))
        return result

    def _plainly(self, raw: bytes) -> bool:
        """Whether bytes may hold a copy that nothing encodes."""
        if any(anchor in raw for anchor in self._anchors):
            return True
        # A fixed text is found many times as fast as a pattern.
        return (b"\\u" in raw or (self._loose and b"%" in raw)) and self._unusual.search(raw) is not None

    @cached_property
    def _unusual(self) -> re.Pattern[bytes]:
        """Escapes that nobody has to write, but may; and NUL, where UTF-16 was read as something else."""
        escape = rb"\\u00(?:[2-7]|00%b\\)" % self._second if self.plain.isascii() else rb"\\u"
        return re.compile(escape + (b"|%[0-9A-Fa-f]{2}" if self._loose else b""))

    @cached_property
    def _pattern(self) -> str:
        """The value as it is written in JSON of any depth, in an address, in a page; in a group of its own UTF-16 that
        was read as ASCII. In front of a letter that a backslash makes an escape, the backslashes go along: half an
        escape would damage what holds it."""
        pages = {html.escape(self.value, quote=quoted) for quoted in (True, False)}
        plain = [*_written(_spelled(self.value) | pages), "".join(map(_percent, self.value))]
        wide = _written(_spelled("\0".join(self.value)))
        lead = r"(?<!\\)\\*+" if self.value[0] in "bfnrtu/" else ""
        return f"{lead}(?:{'|'.join(plain)}|({'|'.join(wide)}))"


def _spelled(value: str) -> set[str]:
    """A value as JSON of any depth writes it."""
    forms = {value}
    for ascii_only, slash in ((False, "/"), (True, "/"), (False, "\\/")):
        form = value
        for _ in range(DEPTH):
            form = json.dumps(form, ensure_ascii=ascii_only)[1:-1].replace("/", slash)
            forms.add(form)
    return forms


def _written(forms: set[str]) -> list[str]:
    return [re.escape(form) for form in sorted(forms, key=len, reverse=True)]


def _percent(letter: str) -> str:
    """A letter as an address may write it."""
    written = quote(letter, safe="", errors="surrogatepass")
    if written == letter:
        return re.escape(letter)
    return f"(?:{re.escape(letter)}|(?i:{written}){'|[+]' if letter == ' ' else ''})"


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
    return [(start + _place(places, first), start + _place(places, end), instead) for first, end, instead in found]


def _place(places: list[Place], meant: int) -> int:
    """Where a place in the meaning of a string stands in the string."""
    at, written = places[bisect_right(places, meant, key=lambda one: one[0]) - 1]
    return written + meant - at


def _spliced(text: str, spans: list[Span]) -> str:
    pieces: list[str] = []
    kept = 0
    for start, end, instead in spans:
        pieces += (text[kept:start], instead)
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
