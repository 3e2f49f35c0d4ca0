"""Whether what stands where a secret would stand is one: placeholders, words and code are none."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from math import log2

_CODE = re.compile(
    r"\A[$@#%*]|\{|\$\w|%[sdr(]|\A[\w-]+(?:\.[A-Za-z_][\w-]*)+\Z|\A[a-z]+(?:[A-Z][a-z]+)+\d?\Z|\A[A-Za-z]+\d*(?:[_-][A-Za-z]+\d*)+\Z"
    r"|\?[.?]|=(?:function|void|new)|\A\w+(?:\.\w+)+=|\(\)|\w\(\w+\."
)
"""A variable, a member of an object, a name in camelCase, words with dashes, a call, an assignment."""
_LETTERS = re.compile(r"[A-Za-z]+\d?")
_COMMON = (
    "my you your the a new old some this user admin root test demo guest default super strong db data base sql "
    "postgres mysql maria redis mongo proxy host pass passwd password passphrase passcode word pwd pw secret sekret "
    "seckret sekrit s3cret key token value string str text name here empty none null nil true false required optional "
    "hidden prompt input foo bar baz qux spam eggs hello world welcome letmein qwerty abc xyz monkey let me "
    "in is of to for api function return await async self process request config settings options args env environ "
    "getenv with and file path stdin plain clear hash hashed encrypted generate generated random correct wrong "
    "invalid bad good valid bytes credentials payload"
)
_SHOWN = re.compile(f"(?i)(?:{'|'.join(sorted(_COMMON.split(), key=len, reverse=True))}|[\\d_.!*@#-])*+")
"""What stands in the place of a password where something is shown or explained."""
_WORD = re.compile(r"(?i)(?:pass|pwd|secret|user|token|key|\d{1,5}\Z)")
"""What stands in the place of a password where a page shows how an address is written."""


def entropy(text: str) -> float:
    """Shannon's entropy in bits a character: words and counted digits have little, keys much."""
    counts = Counter(text)
    return -sum(count / len(text) * log2(count / len(text)) for count in counts.values())


def decoded(part: str) -> bytes:
    """What base64 of either alphabet stands for; nothing where it is none."""
    bare = part.replace("+", "-").replace("/", "_").rstrip("=")
    try:
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (ValueError, binascii.Error):
        return b""


def random(value: str) -> bool:
    """Whether letters look drawn by chance."""
    return entropy(value) > 3


def guess(value: str) -> bool:
    """Whether what only its surroundings give away looks like a key or a good password."""
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    if not mixed or len(value) < 8 or _CODE.search(value) or _LETTERS.fullmatch(value):
        return False
    return entropy(value) > (2.7 if len(value) < 16 else 3.2)


def chosen(value: str) -> bool:
    """Whether what can only be a password is one that somebody chose, be it short or a word, and no example."""
    return len(value) >= 5 and _CODE.search(value) is None and _SHOWN.fullmatch(value) is None


def told(value: str) -> bool:
    """Whether it is a good password, or one that somebody chose."""
    return guess(value) or chosen(value)


def session(value: str) -> bool:
    """Whether the value of a cookie may be what somebody is logged in by."""
    return len(value) >= 16 and guess(value)


def password(value: str) -> bool:
    """Whether what stands in a password's place is one, and neither the word for it nor a variable."""
    return value.isprintable() and _WORD.match(value) is None and ":" not in value and (
        chosen(value) or not (_CODE.search(value) or _LETTERS.fullmatch(value))
    )


def login(value: str) -> bool:
    """Whether what follows a name looks like its password."""
    return password(value) and guess(value)


def pair(value: str) -> bool:
    """Whether base64 holds a name and a password."""
    return re.fullmatch(rb"[\x20-\x7e]{0,200}:[\x20-\x7e]{3,}", decoded(value)) is not None


def signed(value: str) -> bool:
    """Whether a web token's head names how it is signed."""
    return b'"alg"' in decoded(value.split(".", 1)[0])


def numbered(value: str) -> bool:
    """Whether a token's first part is a number in base64."""
    return decoded(value.split(".", 1)[0]).isdigit()


def armoured(value: str) -> bool:
    """Whether the body of a key has one."""
    return entropy(value) > 4


def wrapped(value: str) -> bool:
    """Whether base64 holds a private key with its first line."""
    return b"PRIVATE KEY" in decoded(value[:200])


def legacy(value: str) -> bool:
    """Whether letters behind a point are a token, and no member of an object."""
    digits = sum(map(str.isdigit, value))
    return 2 <= digits <= 12 and any(map(str.isupper, value)) and any(map(str.islower, value)) and entropy(value) > 3.8
