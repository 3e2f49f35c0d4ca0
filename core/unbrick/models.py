"""What differs between models: system turns, context windows, thinking that is bound to what stands before it."""

from __future__ import annotations

import re

_MODEL = re.compile(r"claude-(?:(?P<new>opus|sonnet|haiku|fable|mythos)-(?P<major>\d+)(?:-(?P<minor>\d{1,2}))?(?![\d.])"
                    r"|(?P<oldmajor>\d)(?:-(?P<oldminor>\d))?-(?P<old>opus|sonnet|haiku))")

WINDOW = 200_000
LONG_WINDOW = 1_000_000


def family(model: str | None) -> tuple[str, tuple[int, int]] | None:
    """Family and version of a model id: `claude-opus-4-7[1m]` → `("opus", (4, 7))`; None for other makers'."""
    found = _MODEL.search(model or "")
    if found is None:
        return None
    if found["new"]:
        return found["new"], (int(found["major"]), int(found["minor"] or 0))
    return found["old"], (int(found["oldmajor"]), int(found["oldminor"] or 0))


def is_claude(model: str | None) -> bool:
    """Whether a model's thinking carries signatures of the first-party API; an unknown model counts as such."""
    return model is None or "claude" in model.lower() or model.startswith("<")


_SYSTEM_SINCE = {"opus": (4, 8), "sonnet": (5, 5), "haiku": (5, 5), "fable": (5, 0), "mythos": (5, 0)}


def accepts_system(model: str | None) -> bool | None:
    """Whether the API takes `role: system` in the middle of a conversation from a model, None when that is not
    known (messages-api-rules §1, claude-code-resume §1: Sonnet 5 is reported both ways)."""
    known = family(model)
    if known is None or known == ("sonnet", (5, 0)):
        return None
    name, version = known
    return version >= _SYSTEM_SINCE[name]


_BINDS_SINCE = {"opus": (5, 5), "sonnet": (5, 5), "haiku": (5, 5), "fable": (5, 1), "mythos": (5, 1)}


def binds_thinking(model: str | None) -> bool:
    """Whether a change of anything before a thinking block makes the API refuse it (messages-api-rules R16)."""
    known = family(model)
    return known is not None and known[1] >= _BINDS_SINCE[known[0]]


def thinks_by_budget(model: str | None) -> bool:
    """Whether thinking is switched on by a budget, and then has to open an assistant turn that goes on; later models
    think as they see fit (messages-api-rules R18: not since 4.6)."""
    return prefills(model)


_LONG_SINCE = {"opus": (4, 7), "sonnet": (5, 0), "fable": (5, 0), "mythos": (5, 0)}


_OPENAI = (
    (re.compile(r"gpt-5(?:\.[12])?(?![\d.])"), 272_000),
    (re.compile(r"gpt-4\.1(?![\d.])"), 1_047_576),
    (re.compile(r"(?:chatgpt-4o|gpt-4o|gpt-4-turbo|gpt-4-1106|gpt-4-0125|o1-mini|o1-preview)(?![\d.])"), 128_000),
    (re.compile(r"(?:o1|o3|o3-mini|o3-pro|o4-mini|codex-mini)(?![\d.])"), 200_000),
    (re.compile(r"gpt-3\.5-turbo(?![\d.])"), 16_385),
    (re.compile(r"gpt-4-32k(?![\d.])"), 32_768),
    (re.compile(r"gpt-4(?![\d.])"), 8_192),
)
"""Windows of OpenAI's models, as its pages of models name them; of gpt-5's 400,000 the part that may come in
(anomalyco/models.dev#851, anomalyco/opencode#6071). The first that fits counts."""


def window(model: str | None) -> int:
    """Context window in tokens: one million for the ids that say `[1m]` and for the families that have no other."""
    if model is not None and model.endswith("[1m]"):
        return LONG_WINDOW
    name = (model or "").rsplit("/", 1)[-1].lower()
    for pattern, size in _OPENAI:
        if pattern.match(name):
            return size
    known = family(model)
    if known is None:
        return WINDOW
    name, version = known
    return LONG_WINDOW if name in _LONG_SINCE and version >= _LONG_SINCE[name] else WINDOW


def prefills(model: str | None) -> bool:
    """Whether a request may end with an assistant turn (messages-api-rules R20: not since 4.6)."""
    known = family(model)
    return known is not None and known[1] < (4, 6)


COMMON = (
    "claude-fable-5-1", "claude-mythos-5-1", "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5",
    "claude-opus-4-8", "claude-opus-4-7", "claude-opus-4-6", "claude-sonnet-4-6", "claude-opus-4-5",
    "claude-sonnet-4-5", "claude-sonnet-4-5[1m]", "claude-haiku-4-5",
)
"""Models to choose from: each family, and the versions between which the API or the clients treat one otherwise."""
COMMON_OPENAI = ("gpt-5", "gpt-4.1", "gpt-4o", "o3", "o4-mini")
