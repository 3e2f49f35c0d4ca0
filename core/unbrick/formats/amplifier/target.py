"""Which provider and model a session goes to, and in which ways it can be resumed.

Nothing on disk names the client's version, and its modules are updated one by one. Behaviour is known for dates: what
was run in August 2026, and what the text of October 2026 says (amplifier.md, head).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from unbrick.formats.amplifier import places
from unbrick.formats.amplifier.words import CLIENT
from unbrick.record import read
from unbrick.session import Session
from unbrick.target import Basis, Target, Version

RUN, READ = Version.parse("2026.8"), Version.parse("2026.10")
"""The modules that were run, and those that were only read."""

CHAT, ONCE = "chat", "run"
"""`amplifier session resume` in a terminal, which repairs before each turn; `run --resume`, `continue` with a prompt
and resumed sub-sessions, which do not."""

RESPONSES = "openai-responses"
_TAIL = 1 << 22
_SUB = re.compile(r"[0-9a-f]{16}-[0-9a-f]{16}_.+")
"""The name of a session that another one handed work to."""


@dataclass(frozen=True)
class Traits:
    """What a state of the client's modules does. `makes_up_again`: the provider makes results up for every request,
    not for the first of a process alone; `drops_unsigned`: it leaves thinking without a signature out."""

    makes_up_again: bool
    drops_unsigned: bool


def traits(version: Version) -> Traits:
    """What a version does."""
    later = version >= READ
    return Traits(later, later)


def recorded(session: Session) -> Target:
    """The provider and model of the last reply; the behaviour that was run."""
    path = session.scan.view.source.path
    folder = places.session_folder(path)
    model = None if session.scan.view.source.private else _last_model(folder)
    return aimed(Target(CLIENT, RUN, model, basis=Basis.ASSUMED, way=ways(session)[0]))


def aimed(target: Target) -> Target:
    """A target with the API that its model is asked through; a model of another maker is judged as Anthropic's."""
    name = (target.model or "").rsplit("/", 1)[-1].lower()
    openai = name.startswith(("gpt", "o1", "o3", "o4", "codex", "chatgpt"))
    return replace(target, api=RESPONSES if openai else "anthropic")


def ways(session: Session) -> tuple[str, ...]:
    """Delegated work is never resumed in a terminal."""
    source = session.scan.view.source
    folder = places.session_folder(source.path)
    if source.private:
        return (CHAT, ONCE)
    named = (folder.name, str(places.metadata(folder).get("session_id")))
    return (ONCE,) if any(_SUB.fullmatch(name) for name in named) else (CHAT, ONCE)


def _last_model(folder: Path) -> str | None:
    events = folder / places.EVENTS
    try:
        found = events.stat()
        model = _from_events(events, found.st_size, found.st_mtime_ns)
    except OSError:
        model = None
    noted = places.metadata(folder).get("model")
    return model or (noted if isinstance(noted, str) and noted != "unknown" else None)


@lru_cache(maxsize=8)
def _from_events(path: Path, size: int, _mtime: int) -> str | None:
    """The model of the last reply that the log tells of, looked for in its end."""
    with path.open("rb") as file:
        file.seek(max(size - _TAIL, 0), os.SEEK_SET)
        tail = file.read(_TAIL)
    end = len(tail)
    while (at := tail.rfind(b'"llm:response"', 0, end)) >= 0:
        start = tail.rfind(b"\n", 0, at) + 1
        stop = tail.find(b"\n", at)
        value = read(tail[start : stop if stop >= 0 else len(tail)])[0]
        data = value.get("data") if value else None
        model = data.get("model") if isinstance(data, dict) else None
        if isinstance(model, str):
            return model
        end = start
    return None
