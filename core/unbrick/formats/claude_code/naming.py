"""What a session is called and where it was worked in, from a few of its lines (claude-code-format.md §2.6, §3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from unbrick.formats.claude_code.config import project_name
from unbrick.record import Json, glance, read
from unbrick.stored import About

_TITLES = ((b'"customTitle"', "customTitle"), (b'"aiTitle"', "aiTitle"), (b'"summary"', "summary"))
"""Members that hold a title, the one that counts most first: given by the person, by a model, by an older client."""


def about(path: Path, head: Sequence[bytes], tail: Sequence[bytes]) -> About:
    """What a session says of itself in lines from the two ends of its file."""
    lines = [*head, *tail]
    return About(path.stem, _title(lines), project(head, path.parent.name), _version(lines))


def project(lines: Iterable[bytes], name: str | None) -> Path | None:
    """The folder the person worked in: of those that the lines name, the one that the session's folder is named
    after, else the first."""
    first: str | None = None
    for raw in lines:
        if b'"cwd"' not in raw:
            continue
        cwd = _value(raw).get("cwd")
        if isinstance(cwd, str) and cwd.startswith("/"):
            if name is None or project_name(cwd) == name:
                return Path(cwd)
            first = first or cwd
    return Path(first) if first else None


def _title(lines: Sequence[bytes]) -> str:
    """The last of the titles that count most."""
    for mark, key in _TITLES:
        for raw in reversed(lines):
            if mark in raw:
                value = read(raw)[0] or {}
                title = value.get(key)
                if isinstance(title, str) and title.strip() and _own(value, lines):
                    return title
    return ""


def _own(value: Json, lines: Sequence[bytes]) -> bool:
    """Whether a title is this session's: older clients wrote that of one session into the file of the next, and
    named the last record of the session that they meant."""
    leaf = value.get("leafUuid")
    if value.get("type") != "summary":
        return value.get("type") in ("custom-title", "ai-title")
    return isinstance(leaf, str) and any(f'"uuid":"{leaf}"'.encode("utf-8", "replace") in raw for raw in lines)


def _version(lines: Sequence[bytes]) -> str:
    """The version that the last record names which names one."""
    for raw in reversed(lines):
        if b'"version"' in raw:
            version = _value(raw).get("version")
            if isinstance(version, str):
                return version
    return ""


def _value(raw: bytes) -> Json:
    return glance(raw)[0] or {}
