"""What the other files of a session hold of it and the transcript does not: results of tools, and whole records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Held:
    """What is known of a call beside the transcript. `content` is its real result as the client would have written
    it, None where none is held; `finished` whether the tool ever did, None where nothing says; `source` the file's
    name; `session` the id of the session that the work was delegated to, where there is one."""

    content: str | None
    finished: bool | None
    source: str
    session: str | None = None


@dataclass(frozen=True)
class Recovered:
    """Records that another file of the session holds whole.

    They belong in the place of `row`, or behind it where `behind`; row -1 is the beginning of the file. `pieces` are
    lines without terminators, `messages` how many of them are user and assistant records. `sure` tells that nobody can
    have taken them out on purpose.
    """

    row: int
    behind: bool
    pieces: tuple[bytes, ...]
    messages: int
    source: str
    sure: bool = True
    refs: frozenset[str] = frozenset()
    """Ids of the calls that the records make."""


@dataclass(frozen=True)
class Handed:
    """Work that was handed to another agent, which kept a transcript of its own at `path`. `ref` is the id of the call
    that did it, empty where none is known; `name` says which agent it was and what it was to do, in a line."""

    path: Path
    ref: str
    name: str
