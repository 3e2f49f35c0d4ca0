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


class Kind(NamedTuple):
    """What is looked for: its name to a person; what a search stops at, which begins with a plain and seldom letter;
    how many characters stand before that; and how it is written from there on. A group, where there is one, holds the
    secret itself. Every part is bounded, so that the time is linear in the text."""

    name: str
    hints: tuple[str, ...]
    before: int
    written: str


_VALUE = r"[\"'\\]{0,4} ?[=:] ?[\"'\\]{0,4}([A-Za-z0-9+/=_.~!@#$%^*?-]{8,200})"
_KEY = r"(?=[\"'\\]{0,4} ?[=:])"

KINDS: dict[str, Kind] = {
    "anthropic": Kind("Anthropic key", ("k-ant-",), 1, r"sk-ant-[A-Za-z0-9_-]{20,300}"),
    "openai": Kind("OpenAI key", ("k-proj-", "k-svcacct-", "k-admin-"), 1,
                   r"sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,300}"),
    "plain": Kind("API key", ("k-(?<=sk-)(?=[A-Za-z0-9]{32})",), 1, r"sk-[A-Za-z0-9]{32,64}"),
    "openrouter": Kind("OpenRouter key", ("k-or-v1-",), 1, r"sk-or-v1-[0-9a-f]{64}"),
    "stripe": Kind("Stripe key", ("k_live_", "k_test_"), 1, r"[sr]k_(?:live|test)_[A-Za-z0-9]{20,250}"),
    "github": Kind("GitHub token", ("gh[pousr]_", "github_pat_"), 0,
                   r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255}"),
    "gitlab": Kind("GitLab token", ("gl(?:pat|[rdf]t|ptt|soat|imt)-",), 0, r"gl[a-z]{2,4}-[A-Za-z0-9_.-]{20,300}"),
    "grafana": Kind("Grafana token", ("glsa_",), 0, r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}"),
    "groq": Kind("Groq key", ("gsk_",), 0, r"gsk_[A-Za-z0-9]{40,100}"),
    "aws": Kind("AWS key id", ("AKIA", "ASIA"), 0, r"A(?:KIA|SIA)[A-Z2-7]{16}"),
    "google": Kind("Google key", ("AIza",), 0, r"AIza[A-Za-z0-9_-]{35}"),
    "client": Kind("Google client secret", ("PX-(?<=GOCSPX-)",), 4, r"GOCSPX-[A-Za-z0-9_-]{28}"),
    "oauth": Kind("Google token", (r"ya29\.",), 0, r"ya29\.[A-Za-z0-9_-]{40,400}"),
    "slack": Kind("Slack token", ("xox[abeoprs]-",), 0, r"xox[abeoprs]-[A-Za-z0-9-]{16,300}"),
    "socket": Kind("Slack token", ("xapp-",), 0, r"xapp-[0-9]-[A-Z0-9]{8,16}-[0-9]{8,16}-[0-9a-f]{32,128}"),
    "hook": Kind("Slack address", (r"k\.com/services/T",), 0,
                 r"k\.com/services/(T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/[A-Za-z0-9]{20,30})"),
    "webhook": Kind("Discord address", ("pi/webhooks/",), 0, r"pi/webhooks/[0-9]{17,20}/([A-Za-z0-9_-]{60,90})"),
    "telegram": Kind("Telegram token", (":AA",), 10, r"[^0-9]{0,2}([0-9]{8,10}:AA[A-Za-z0-9_-]{33})"),
    "npm": Kind("npm token", ("pm_(?<=npm_)",), 1, r"npm_[A-Za-z0-9]{36}"),
    "pypi": Kind("PyPI token", ("pypi-AgE",), 0, r"pypi-AgE[A-Za-z0-9_-]{50,400}"),
    "huggingface": Kind("Hugging Face token", ("f_(?<=hf_)",), 1, r"hf_[A-Za-z0-9]{34}"),
    "perplexity": Kind("Perplexity key", ("pplx-",), 0, r"pplx-[A-Za-z0-9]{40,64}"),
    "xai": Kind("xAI key", ("xai-",), 0, r"xai-[A-Za-z0-9]{70,90}"),
    "ocean": Kind("DigitalOcean token", ("p_v1_(?<=dop_v1_)",), 2, r"dop_v1_[0-9a-f]{64}"),
    "databricks": Kind("Databricks token", ("pi(?<=dapi)(?=[0-9a-f]{32})",), 2, r"dapi[0-9a-f]{32}"),
    "linear": Kind("Linear key", ("pi_(?<=lin_api_)",), 5, r"lin_api_[A-Za-z0-9]{40}"),
    "notion": Kind("Notion token", ("cret_(?<=secret_)(?=[A-Za-z0-9]{43})",), 2, r"secret_[A-Za-z0-9]{43}"),
    "figma": Kind("Figma token", ("figd_",), 0, r"figd_[A-Za-z0-9_-]{40}"),
    "fly": Kind("Fly token", ("fo1_", "fm2_"), 0, r"f(?:o1|m2)_[A-Za-z0-9_+/=-]{40,2000}"),
    "airtable": Kind("Airtable token",
                     (r"pat(?=[A-Za-z0-9]{14}\.[0-9a-f]{64})",), 0,
                     r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    "shopify": Kind("Shopify token", ("p(?:at|ss|ca|pa)_(?<=shp.._)",), 2, r"shp[a-z]{2}_[0-9a-f]{32}"),
    "square": Kind("Square token", ("p-(?<=sq0[ac][ts]p-)",), 5, r"sq0[a-z]{3}-[A-Za-z0-9_-]{22,60}"),
    "supabase": Kind("Supabase token", ("bp_(?<=sbp_)",), 1, r"sbp_[0-9a-f]{40}"),
    "planetscale": Kind("PlanetScale token", ("pscale_",), 0, r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{32,64}"),
    "doppler": Kind("Doppler token", (r"p\.pt\.(?<=dp\.pt\.)",), 1, r"dp\.pt\.[A-Za-z0-9]{40,44}"),
    "postman": Kind("Postman key", ("PMAK-",), 0, r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    "relic": Kind("New Relic key", ("K-(?<=NRAK-)",), 3, r"NRAK-[A-Z0-9]{27}"),
    "endpoint": Kind("Stripe secret", ("whsec_",), 0, r"whsec_[A-Za-z0-9+/=]{32,64}"),
    "twilio": Kind("Twilio key", ("SK(?=[0-9a-f]{32})",), 0, r"SK[0-9a-f]{32}(?![0-9a-f])"),
    "mailgun": Kind("Mailgun key", ("key-(?=[0-9a-f]{32})",), 0, r"key-[0-9a-f]{32}(?![0-9a-f])"),
    "shared": Kind("Azure signature", ("g=(?<=[?&;]sig=)",), 0, r"g=([A-Za-z0-9%+/]{43,70}(?:%3[Dd]|=))"),
    "age": Kind("age key", ("CRET-KEY-1(?<=AGE-SECRET-KEY-1)",), 6, r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    "sendgrid": Kind("SendGrid key", (r"SG\.",), 0, r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    "private": Kind("private key", ("PRIVATE KEY-",), 0,
                    r"PRIVATE KEY-----(?:[\s\\]|\\[nr]){1,8}([A-Za-z0-9+/=\\\s]{40,20000})"),
    "jwt": Kind("JSON web token", ("yJ(?<=eyJ)",), 1,
                r"eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,6000}\.[A-Za-z0-9_-]{10,1000}"),
    "bearer": Kind("bearer token", ("Bearer ", "bearer "), 0, r"[Bb]earer +([A-Za-z0-9._~+/=-]{20,2000})"),
    "basic": Kind("password", ("Basic ", "basic "), 0, r"[Bb]asic +([A-Za-z0-9+/=]{12,400})"),
    "url": Kind("password", ("://",), 0, r"://[^\s:/@\"'\\<>]{0,64}:([^\s/@\"'\\<>]{4,128})@(?=[A-Za-z0-9\[])"),
    "assigned": Kind("", ("w(?<=[Pp]assw)(?:or)?d", "W(?<=PASSW)(?:OR)?D", "cret(?<=[Ss]ecret)", "CRET(?<=SECRET)",
                          "ken(?<=[Tt]oken)(?!s)", "KEN(?<=TOKEN)(?!S)"), 0,
                     r"(?:w(?:or)?d|W(?:OR)?D|cret|CRET|ken|KEN)(?:_?[A-Za-z]{1,6}|(?:_[A-Z]{1,6}){2})?" + _VALUE),
    "keyed": Kind("key", ("key" + _KEY, "Key" + _KEY, "KEY" + _KEY), 0, r"(?:[Kk]ey|KEY)" + _VALUE),
}

_NAMELESS = frozenset({"assigned", "keyed", "url", "bearer", "basic"})
"""Kinds that go by what stands before the secret, not by the secret itself."""
_HINTS = "|".join(hint for kind in KINDS.values() for hint in kind.hints)
_BYTES = re.compile(_HINTS.encode())
_TEXT = re.compile(_HINTS)
_WHOLE = {
    lead: tuple(
        (name, kind.before, re.compile(kind.written)) for name, kind in KINDS.items()
        if any(hint[0] == lead for hint in kind.hints)
    )
    for lead in {hint[0] for kind in KINDS.values() for hint in kind.hints}
}
"""By the first letter of a hint."""
_KEYED = re.compile(r"(?i)(?:api|access|account|secret|private|auth|signing|encryption)[_-]?\Z")
"""What makes the word `key` one that opens something."""
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
        at = hint.start()
        if at < end:
            continue
        for name, ahead, whole in _WHOLE[text[at]]:
            start = max(at - ahead, 0)
            found = whole.match(text, start) if start >= end else None
            if found is not None:
                value = found.span(found.lastindex or 0)
                # What a form of its own stands before is no part of something else.
                before = text[max(start - 12, 0) : start] if name in _NAMELESS or not found.lastindex else ""
                likely = _likely(name, text[slice(*value)], before)
                if likely:
                    yield Span(KINDS[name].name or _called(text[max(start - 4, 0) : start + 4]), *value)
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
    """Whether what looks like a secret may well be one, by what it says and what stands before it."""
    if name == "private":
        return entropy(value) > 4
    if _PLACEHOLDER.search(value) or (name not in _NAMELESS and _PART.match(before[-1:])):
        return False
    if name == "keyed" and not _KEYED.search(before):
        return False
    if name == "jwt":
        return b'"alg"' in _decoded(value.split(".", 1)[0])
    if name == "basic":
        return b":" in _decoded(value)
    if name == "url":
        return _WORD.match(value) is None and not _CODE.search(value) and ":" not in value
    if name in ("assigned", "keyed", "bearer"):
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
