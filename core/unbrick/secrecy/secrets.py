"""Keys, tokens and passwords that a session most likely holds: marked, never shown whole, never sent anywhere.

One search for how secrets are written runs over the bytes of a line; only a line that holds one is decoded. What was
found is then looked at closely, since a false alarm costs trust: placeholders, names and code are no secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from unbrick.jsonspan import JSON_DECODER
from unbrick.record import read
from unbrick.secrecy.kinds import KINDS, hints, written
from unbrick.secrecy.likely import guess, told

_PLACEHOLDER = re.compile(
    r"(?i)example|sample|dummy|placeholder|redacted|changeme|your[_-]|my[_-]|fake|xxxx|\*{3}|\.{3}|0000|1234567|abcdef"
    r"|test[_-]?(?:key|token|secret)|not[_-]?(?:a|the)[_-]|insert|todo|null|none|undefined"
)
PLACE = 64
"""So many characters of a value are looked through for such words; in a long one chance spells them."""
_NAMED = re.compile(r"(?i)(?:passw(?:or)?d|secret|token|api[_-]?key|access[_-]?key|accountkey)(?:_?[a-z]{1,6})?\Z")
_SPOKEN = re.compile(r"(?i)(?:\Aset-|\A)cookie\Z|\A_?auth\Z")
"""Names whose values are read as a header's or a setting's."""
DEPTH = 6


class Span(NamedTuple):
    """A likely secret in a text: what it is, and where."""

    kind: str
    start: int
    end: int


class Secret(NamedTuple):
    """A likely secret: what it is, and itself. Show it with `masked` only."""

    kind: str
    value: str


def masked(value: str) -> str:
    """A secret as it may be shown: its first characters and its length."""
    shown = value.strip()[: min(4, len(value) // 4)]
    return f"{shown}… ({len(value):,} characters)"


def spans(text: str) -> Iterator[Span]:
    """The likely secrets in a text that a person reads, in order."""
    search = written().search
    at = end = 0
    while found := search(text, at):
        kind = KINDS[int((found.lastgroup or "")[4:])]
        inner = [place for place in found.regs[(found.lastindex or 0) + 1 :] if place[0] >= 0]
        # Where only the surroundings gave it away, what is none may hold another.
        at = found.start() + 1 if inner else found.end()
        for start, stop in inner or [(found.start() - kind.before, found.end())]:
            value = text[start:stop]
            if start >= end and not _PLACEHOLDER.search(value, 0, PLACE) and kind.likely(value):
                yield Span(kind.name, start, stop)
                at = end = stop


def hidden(text: str) -> str:
    """A text with a note in the place of each likely secret, `[redacted GitHub token]`."""
    pieces: list[str] = []
    kept = 0
    for kind, start, end in spans(text):
        pieces += (text[kept:start], f"[redacted {kind}]")
        kept = end
    return "".join((*pieces, text[kept:])) if pieces else text


def in_record(raw: bytes) -> Iterator[Secret]:
    """The likely secrets of a line of a transcript, also those in JSON inside its strings; each copy by itself."""
    if hints().search(raw) is None:
        return
    value, _fault = read(raw)
    yield from _walk(raw.decode("utf-8", "replace") if value is None else value, 0)


def _walk(value: Any, depth: int, name: str = "") -> Iterator[Secret]:  # noqa: ANN401 - any JSON
    """The secrets of a value, `name` that of the member that it is, or is a part of the list of."""
    if isinstance(value, str):
        inner = _json(value) if depth < DEPTH else None
        if inner is not None:
            yield from _walk(inner, depth + 1)
        else:
            yield from _of_text(value, name)
    elif isinstance(value, list):
        if any(isinstance(one, str) and one[:1] == "-" for one in value):
            # The words of a command: what one of them is, another tells.
            yield from _of_text(" ".join(one for one in value if isinstance(one, str)), name)
            value = [one for one in value if not isinstance(one, str)]
        for one in value:
            yield from _walk(one, depth, name)
    elif isinstance(value, dict):
        called = value.get("name")
        for key, one in value.items():
            yield from _walk(one, depth, called if key == "value" and isinstance(called, str) else key)


def _of_text(text: str, name: str) -> Iterator[Secret]:
    found = [Secret(kind, text[start:end]) for kind, start, end in spans(text)]
    likely = told if "assw" in name else guess
    if not found and _NAMED.search(name) and not _PLACEHOLDER.search(text, 0, PLACE) and likely(text):
        found = [Secret(_called(name), text)]
    elif not found and _SPOKEN.search(name):
        line = f'"{name}": {text}'
        found = [Secret(kind, line[start:end]) for kind, start, end in spans(line)]
    yield from found


def _json(text: str) -> Any:  # noqa: ANN401 - any JSON
    """The JSON that a string holds; None where it holds none."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return JSON_DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


def _called(name: str) -> str:
    """What a value is that stands behind a name."""
    lowered = name.lower()
    return next((kind for word, kind in _CALLED if word in lowered), "key")


_CALLED = (("assw", "password"), ("ecret", "secret"), ("oken", "token"))
