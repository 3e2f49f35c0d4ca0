"""Formats: what each client's records mean, what that client does with them, and how it writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from unbrick.bundle import Bundle
from unbrick.edit import Edit
from unbrick.entry import Entry
from unbrick.patch import Patch
from unbrick.record import At, Json
from unbrick.request import Request
from unbrick.sent import Sent
from unbrick.session import Session
from unbrick.source import Source
from unbrick.target import Surroundings, Target, Version
from unbrick.thread import Thread


class Clock(Protocol):
    """Gives the time and fresh ids; passed in, so that outputs can be compared."""

    def now(self) -> str:
        """The time as the client writes it (RFC 3339, milliseconds, Z)."""
        ...

    def uuid(self) -> str:
        """A fresh random id."""
        ...


@dataclass(frozen=True)
class Clone:
    """A session to be: where its transcript goes, the lines to append to it, the side folders and files to copy
    along as (from, to), and the complete shell command that resumes it."""

    path: Path
    session_id: str
    append: tuple[bytes, ...]
    copies: tuple[tuple[Path, Path], ...]
    command: str


class Format(Protocol):
    """One client's transcripts. Every method is pure but those that name a path."""

    name: str
    client: str

    def recognises(self, head: Sequence[Json], path: Path) -> bool:
        """Whether the first readable records are this format's."""
        ...

    def bundle(self, source: Source) -> Bundle:
        """The session around a transcript."""
        ...

    def entry(self, value: Json) -> Entry:
        """What a record means. Never raises."""
        ...

    def blocks(self, value: Json) -> list[dict[str, Any]]:
        """Content blocks of a message record as stored; a plain string is one text block."""
        ...

    def text(self, value: Json) -> str:
        """What a person reads of a record, in one go; any length."""
        ...

    def kept(self, value: Json) -> tuple[str, ...]:
        """Ids of the records from before it that a boundary record keeps by name; empty for other records."""
        ...

    def surroundings(self, bundle: Bundle, config_dir: Path | None, environ: Mapping[str, str]) -> Surroundings:
        """What the client's configuration on this machine says, read only."""
        ...

    def recorded(self, session: Session) -> Target:
        """The client and model that wrote the last records."""
        ...

    def newest(self) -> Version:
        """The newest client whose behaviour is known."""
        ...

    def thread(self, session: Session, target: Target) -> Thread:
        """What the client loads. Never raises."""
        ...

    def request(
        self, session: Session, thread: Thread, target: Target, surroundings: Surroundings, prompt: str | None = None,
    ) -> Request:
        """What the client sends next; before the new prompt unless one is given."""
        ...

    def sent(self, session: Session) -> Sequence[Sent]:
        """The requests that really went out, in file order, where the client notes them. Never raises."""
        ...

    def lower(
        self, edit: Edit, session: Session, thread: Thread, target: Target, clock: Clock
    ) -> Mapping[At, Sequence[bytes]]:
        """An edit in the client's own way of writing, as pieces by place (see `patch.compose`).

        Raises KeyError when the edit names a place or id that the session does not have.
        """
        ...

    def clone(self, bundle: Bundle, patch: Patch, clock: Clock, title: str | None) -> Clone:
        """A new session beside the old one that the client can resume."""
        ...

    def owner(self, bundle: Bundle) -> int | None:
        """Process id of a live client that has the session open."""
        ...

    def home(self, config_dir: Path | None) -> Path:
        """The folder on this machine that the client keeps its sessions in; it need not be there."""
        ...

    def sessions(self, cwd: Path, config_dir: Path | None) -> Iterable[Path]:
        """Transcripts on this machine: this folder's first, newest first."""
        ...

    def find(self, text: str, cwd: Path, config_dir: Path | None) -> Path:
        """The transcript of a session id or a unique part of one. Raises NotFoundError or AmbiguousError."""
        ...
