"""What checks said of sessions, remembered from one start to the next: digests and verdicts, no path and no word of a
conversation. Nothing depends on it: what cannot be read or written is as if it were not there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import astuple, fields
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from platformdirs import user_cache_path

from unbrick.bundle import Bundle
from unbrick.disk import whole
from unbrick.formats.table import BY_CLIENT
from unbrick.opening import Choices
from unbrick.saving import atomic, folders, leftovers
from unbrick.sessions.health import Health
from unbrick.source import Source
from unbrick.stored import Stored

NAME = "health.json"
MOST = 20_000
"""Sessions that are remembered; those judged longest ago are forgotten first."""
LARGEST = 32_000_000
"""Bytes; a larger file is not ours."""

_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,), "str | None": (str, type(None)), "int": (int,), "tuple[str, ...]": (list,),
}
_FIELDS = [field for field in fields(Health) if field.name != "trouble"]


def folder() -> Path:
    """The folder of this program in the person's cache directory."""
    return user_cache_path("unbrick", appauthor=False)


class Cache:
    """Verdicts by session and by what it was judged for. Two programs may use one file at once: each replaces it as a
    whole, with what the other wrote meanwhile taken over."""

    def __init__(self, folder: Path | None, choices: Choices) -> None:
        self._path = None if folder is None else folder / NAME
        self._choices = choices
        self._known = self._load()
        self._new: dict[str, Any] = {}
        self._target = cache(self._judged_for)

    def get(self, one: Stored, project: Path | None) -> Health | None:
        """What was said of a session as it is now, None when that is not known."""
        entry = self._known.get(self._key(one, project))
        return entry[2] if entry is not None and entry[:2] == (one.size, one.mtime_ns) else None

    def put(self, one: Stored, project: Path | None, health: Health) -> None:
        """Remember it."""
        if not health.trouble:
            key = self._key(one, project)
            self._known.pop(key, None)
            self._known[key] = self._new[key] = (one.size, one.mtime_ns, health)

    def save(self) -> None:
        """Write what is new, readable by this person alone."""
        if self._path is None or not self._new:
            return
        known = {**self._load(), **self._new}
        kept = dict(list(known.items())[-MOST:])
        sessions = {key: [size, mtime, *astuple(health)[: len(_FIELDS)]] for key, (size, mtime, health) in kept.items()}
        data = orjson.dumps({"unbrick": _release(), "sessions": sessions})
        with suppress(OSError):
            folders.private_folder(self._path.parent)
            self._path.parent.chmod(0o700)
            leftovers.sweep(self._path.parent)
            with atomic.staged(self._path.parent, NAME, atomic.Privacy(), [data]) as staged:
                staged.put(self._path)
            self._new.clear()

    def _load(self) -> dict[str, tuple[int, int, Health]]:
        try:
            held = orjson.loads(whole(self._path, LARGEST)) if self._path is not None else None
        except (OSError, ValueError):
            return {}
        if not isinstance(held, dict) or held.get("unbrick") != _release():
            return {}
        sessions = held.get("sessions")
        entries = sessions.items() if isinstance(sessions, dict) else ()
        read = ((key, _entry(values)) for key, values in entries)
        return {key: entry for key, entry in read if entry is not None}

    def _key(self, one: Stored, project: Path | None) -> str:
        return _digest(os.path.abspath(one.path), self._target(one.client, project))  # noqa: PTH100 - a link stays itself

    def _judged_for(self, client: str, project: Path | None) -> str:
        """What a verdict depends on beside the transcript: what was asked for, and what the client's configuration
        says."""
        choices, format_ = self._choices, BY_CLIENT.get(client)
        asked: list[object] = [choices.client, choices.model, choices.strict, choices.way, choices.format]
        if format_ is not None and choices.surroundings:
            bundle = Bundle(Source.of(b""), "", project=project)
            found = format_.surroundings(bundle, choices.config_dir, choices.environ)
            asked += [found.installed, *sorted((name, one.value) for name, one in found.settings.items())]
        return repr(asked)


def _entry(values: object) -> tuple[int, int, Health] | None:
    """An entry of the file; None for one that we did not write."""
    types: Mapping[str, tuple[type, ...]] = _TYPES
    if not isinstance(values, list) or len(values) != 2 + len(_FIELDS):
        return None
    size, mtime, *rest = values
    fits = all(isinstance(value, types[str(field.type)]) for field, value in zip(_FIELDS, rest, strict=True))
    if not fits or not isinstance(size, int) or not isinstance(mtime, int):
        return None
    rest[-1] = tuple(str(code) for code in rest[-1])
    return size, mtime, Health(*rest)


@cache
def _release() -> str:
    from importlib.metadata import PackageNotFoundError, version  # takes longer to load than a list to be read

    try:
        return version("unbrick")
    except PackageNotFoundError:
        return ""


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
