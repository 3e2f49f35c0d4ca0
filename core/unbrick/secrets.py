"""Keys, tokens and passwords that a session most likely holds: marked, never shown whole, never sent anywhere.

One alternation of beginnings runs over the bytes of a line; only a line that holds one is decoded. What follows there
is then looked at closely, since a false alarm costs trust: placeholders, names and code are no secrets.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterator
from math import log2
from typing import Any, NamedTuple

from unbrick.jsonspan import JSON_DECODER
from unbrick.record import read

KINDS: dict[str, tuple[str, str]] = {
    "anthropic": ("Anthropic key", r"sk-ant-[A-Za-z0-9_-]{20,300}"),
    "openai": ("OpenAI key", r"sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,300}"),
    "stripe": ("Stripe key", r"[sr]k_(?:live|test)_[A-Za-z0-9]{20,250}"),
    "github": ("GitHub token", r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255}"),
    "gitlab": ("GitLab token", r"glpat-[A-Za-z0-9_.-]{20,300}"),
    "groq": ("Groq key", r"gsk_[A-Za-z0-9]{40,100}"),
    "aws": ("AWS key id", r"A(?:KIA|SIA)[A-Z2-7]{16}"),
    "google": ("Google key", r"AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{40,400}"),
    "slack": ("Slack token", r"xox[abeoprs]-[A-Za-z0-9-]{16,300}"
                             r"|hooks\.slack\.com/services/T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/[A-Za-z0-9]{20,30}"),
    "npm": ("npm token", r"npm_[A-Za-z0-9]{36}"),
    "pypi": ("PyPI token", r"pypi-AgE[A-Za-z0-9_-]{50,400}"),
    "huggingface": ("Hugging Face token", r"hf_[A-Za-z0-9]{34}"),
    "sendgrid": ("SendGrid key", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    "private": ("private key", r"PRIVATE KEY-----(?:[\s\\]|\\[nr]){1,8}(?P<body>[A-Za-z0-9+/=\\\s]{40,20000})"),
    "jwt": ("JSON web token", r"eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,6000}\.[A-Za-z0-9_-]{10,1000}"),
    "bearer": ("bearer token", r"earer +(?P<token>[A-Za-z0-9._~+/=-]{20,2000})"),
    "basic": ("password", r"asic +(?P<pair>[A-Za-z0-9+/=]{12,400})"),
    "url": ("password", r"://[^\s:/@\"'\\<>]{0,64}:(?P<word>[^\s/@\"'\\<>]{4,128})@(?=[A-Za-z0-9\[])"),
    "assigned": ("", r"(?:assw(?:or)?d|ASSW(?:OR)?D|ecret|ECRET|oken|OKEN|pi[_-]?[Kk]ey|PI_?KEY|ccess[_-]?[Kk]ey"
                     r"|CCESS_?KEY|ccountKey)(?:_?[A-Za-z]{1,6})?[\"'\\]{0,4} ?[=:] ?[\"'\\]{0,4}"
                     r"(?P<value>[A-Za-z0-9+/=_.~!@#$%^*?-]{8,200})"),
}
"""What is looked for: its name to a person, and how it is written from its hint on. A group, where there is one, holds
the secret itself. Every part is bounded, so that the time is linear in the text."""

_HINTS = (
    r"sk-ant-|sk-proj-|sk-svcacct-|sk-admin-|sk_live_|sk_test_|rk_live_|rk_test_|gh[pousr]_|github_pat_|glpat-|gsk_|AKIA"
    r"|ASIA|AIza|ya29\.|xox[abeoprs]-|hooks\.slack\.com|npm_|pypi-AgE|hf_|SG\.|PRIVATE KEY-|eyJ|earer |asic |://"
    r"|assw(?:or)?d|ASSW(?:OR)?D|ecret|ECRET|oken(?!s)|OKEN|pi[_-]?[Kk]ey|PI_?KEY|ccess[_-]?[Kk]ey|CCESS_?KEY|ccountKey"
)
"""How a secret begins, or what stands before it. Each begins with a plain letter: only then is the search fast."""
_LEADS = {
    "anthropic": "s", "openai": "s", "stripe": "sr", "github": "g", "gitlab": "g", "groq": "g", "aws": "A",
    "google": "Ay", "slack": "xh", "npm": "n", "pypi": "p", "huggingface": "h", "sendgrid": "S", "private": "P",
    "jwt": "e", "bearer": "e", "basic": "a", "url": ":", "assigned": "aAeEoOpPcC",
}
"""The letters that a hint of each kind begins with."""
_NAMELESS = frozenset({"assigned", "url", "bearer", "basic"})
"""Kinds that go by what stands before the secret, not by the secret itself."""
_BYTES = re.compile(_HINTS.encode())
_TEXT = re.compile(_HINTS)
_WHOLE = {
    lead: tuple((name, re.compile(pattern)) for name, (_kind, pattern) in KINDS.items() if lead in _LEADS[name])
    for lead in "".join(_LEADS.values())
}
_NAMED = re.compile(r"(?i)(?:passw(?:or)?d|secret|token|api[_-]?key|access[_-]?key|accountkey)(?:_?[a-z]{1,6})?\Z")
_PART = re.compile(r"[A-Za-z0-9+/]")
"""What stands right before a secret only where it is the middle of something else, such as the base64 of an image."""
_PLACEHOLDER = re.compile(
    r"(?i)example|sample|dummy|placeholder|redacted|changeme|your[_-]|my[_-]|fake|xxxx|\*{3}|\.{3}|0000|1234567|abcdef"
    r"|test[_-]?(?:key|token|secret)|not[_-]?(?:a|the)[_-]|insert|todo|null|none|undefined"
)
_CODE = re.compile(
    r"\A[$@#%*]|\{|\$\w|%[sdr(]|\A[\w-]+(?:\.[A-Za-z_][\w-]*)+\Z|\A[a-z]+(?:[A-Z][a-z]+)+\d?\Z|\A[A-Za-z]+\d*(?:[_-][A-Za-z]+\d*)+\Z"
    r"|\A[A-Za-z]+\d?\Z"
)
"""A variable, a member of an object, a name in camelCase, words with dashes."""
_WORD = re.compile(r"(?i)(?:pass|pwd|secret|user|token|key|\d{1,5}\Z)")
"""What stands in the place of a password where a page shows how an address is written."""
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
    end = 0
    for hint in _TEXT.finditer(text):
        start = hint.start()
        if start < end:
            continue
        for name, whole in _WHOLE[text[start]]:
            found = whole.match(text, start)
            if found is not None:
                value = found.span(found.lastindex or 0)
                likely = _likely(name, text[slice(*value)], text[start - 1 : start] if start else "")
                if likely:
                    yield Span(KINDS[name][0] or _called(found[0]), *value)
                if likely or name not in _NAMELESS:
                    end = value[1]
                break


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
    if _BYTES.search(raw) is None:
        return
    value, _fault = read(raw)
    yield from _walk(raw.decode("utf-8", "replace") if value is None else value, 0)


def _walk(value: Any, depth: int) -> Iterator[Secret]:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        inner = _json(value) if depth < DEPTH else None
        if inner is not None:
            yield from _walk(inner, depth + 1)
        else:
            yield from (Secret(kind, value[start:end]) for kind, start, end in spans(value))
    elif isinstance(value, list):
        for one in value:
            yield from _walk(one, depth)
    elif isinstance(value, dict):
        for key, one in value.items():
            found = [*_walk(one, depth)]
            yield from found
            if not found and isinstance(one, str) and _NAMED.search(key) and _likely("assigned", one, ""):
                yield Secret(_called(key), one)


def _json(text: str) -> Any:  # noqa: ANN401 - any JSON
    """The JSON that a string holds; None where it holds none."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return JSON_DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


def _likely(name: str, value: str, before: str) -> bool:
    """Whether what looks like a secret may well be one."""
    if name == "private":
        return entropy(value) > 4
    if _PLACEHOLDER.search(value) or (name not in _NAMELESS and _PART.match(before)):
        return False
    if name == "jwt":
        return b'"alg"' in _decoded(value.split(".", 1)[0])
    if name == "basic":
        return b":" in _decoded(value)
    if name == "url":
        return _WORD.match(value) is None and not _CODE.search(value) and ":" not in value
    if name in ("assigned", "bearer"):
        mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
        enough = 2.7 if len(value) < 16 else 3.2
        return mixed and len(value) >= 8 and not _CODE.search(value) and entropy(value) > enough
    return entropy(value) > 3


def _decoded(part: str) -> bytes:
    """What base64 of either alphabet stands for; nothing where it is none."""
    bare = part.replace("+", "-").replace("/", "_").rstrip("=")
    try:
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (ValueError, binascii.Error):
        return b""


def _called(name: str) -> str:
    """What a value is that stands behind a name."""
    lowered = name.lower()
    return next((kind for word, kind in _CALLED if word in lowered), "key")


_CALLED = (("assw", "password"), ("ecret", "secret"), ("oken", "token"))


def entropy(text: str) -> float:
    """Shannon's entropy in bits a character: words and counted digits have little, keys much."""
    counts = Counter(text)
    return -sum(count / len(text) * log2(count / len(text)) for count in counts.values())
