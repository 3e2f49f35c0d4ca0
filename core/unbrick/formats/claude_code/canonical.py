"""JSON as the client writes it before it takes a digest: sorted keys, no spaces, nothing escaped that need not be."""

from __future__ import annotations

import hashlib
import re
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")
_WHOLE = 1 << 53
"""Integers above it are not exact in JavaScript."""


def canonical(value: Any) -> str:  # noqa: ANN401 - JSON
    """The canonical text of a JSON value (claude-code-resume.md §7). Raises RecursionError for one nested too deep."""
    if isinstance(value, str):
        text = encode_basestring(value)
        return _HALF.sub(lambda half: f"\\u{ord(half.group()):04x}", text)
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value)


def number(value: int | float) -> str:
    """A number as JavaScript spells it (ECMAScript, Number::toString)."""
    if isinstance(value, int) and abs(value) <= _WHOLE:
        return str(value)
    try:
        value = float(value)
    except OverflowError:
        return "null"
    if not isfinite(value):
        return "null"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, power = f"{abs(value)!r}".partition("e")
    whole, _, rest = mantissa.partition(".")
    rest = "" if rest == "0" else rest
    digits = (whole + rest).lstrip("0")
    point = len(whole) + int(power or 0) - (len(whole + rest) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    exponent = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return sign + digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "") + exponent


def digest(text: str) -> str:
    """The SHA-256 of a canonical text, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def bare(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A value without any mark for the cache in it."""
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items() if key != "cache_control"}
    return [bare(item) for item in value] if isinstance(value, list) else value


def in_blocks(message: dict[str, Any]) -> dict[str, Any]:
    """A message with a content that is a string written as one text block, as digests are taken of it."""
    content = message.get("content")
    return {**message, "content": [{"type": "text", "text": content}]} if isinstance(content, str) else message
