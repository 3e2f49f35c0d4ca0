"""Formats: what each client's records mean, what that client does with them, and how it writes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from unbrick.bundle import Bundle
from unbrick.entry import BareEntry, Entry
from unbrick.patch import Patch, View
from unbrick.record import At, Json
from unbrick.request import Request
from unbrick.session import Session
from unbrick.source import Source
from unbrick.target import Surroundings, Target, Version
from unbrick.thread import Thread

if TYPE_CHECKING:
    from unbrick.edit import Edit
    from unbrick.held import Handed, Held, Recovered
    from unbrick.sent import Sent
    from unbrick.stored import About, Stored


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
    files: Mapping[Path, bytes] = field(default_factory=dict)
    """What else the session is made of, by path."""
    folder: Path | None = None
    """The new folder that all of it stands in, where a session is one; it appears whole."""


class Alone:
    """What a format answers whose sessions are one file, resumed in one way."""

    def frame(self, source: Source) -> Source | None:
        """Files are lines."""
        return None

    def entrance(self, path: Path) -> Path | None:
        """No folder, and no other file, stands for a transcript."""
        return None

    def spot(self, value: Json, block: int) -> tuple[str | int, ...]:
        """Lines are told by their numbers."""
        return ()

    def ways(self, session: Session) -> tuple[str, ...]:
        """One way needs no name."""
        return ()

    def aimed(self, target: Target) -> Target:
        """Every model is asked through the same API."""
        return target

    def versions(self) -> tuple[Version, ...]:
        """No version of a client stands behind it."""
        return ()

    def changes(self, version: Version) -> tuple[str, ...]:
        """Nothing is known to have changed with a version."""
        return ()

    def results(self, bundle: Bundle, refs: Collection[str]) -> Mapping[str, Held]:
        """No other file holds any."""
        return {}

    def recovered(self, bundle: Bundle, session: Session) -> Sequence[Recovered]:
        """No other file holds any."""
        return ()

    def handed(self, bundle: Bundle, session: Session) -> Sequence[Handed]:
        """No agent keeps a transcript of its own."""
        return ()

    def odd(self, value: Json) -> str:
        """No record is written anew."""
        return ""

    def follow(self, bundle: Bundle, view: View) -> Mapping[Path, bytes]:
        """No other file depends on the transcript."""
        return {}

    def traces(self, bundle: Bundle) -> Iterable[Path]:
        """No other file."""
        return ()

    def aside(self, value: Json) -> int:
        """Records hold what is sent."""
        return 0

    def forked_from(self, value: Json) -> tuple[str, str] | None:
        """Records say nothing of it."""
        return None

    def superseded(self, session: Session) -> Sequence[int]:
        """Every record counts."""
        return ()


class Format(Protocol):
    """One client's transcripts. Every method is pure but those that name a path. `Alone` answers for those whose
    sessions are one file."""

    name: str
    client: str

    def entrance(self, path: Path) -> Path | None:
        """The transcript that a folder or another file of a session belongs to; None for what is neither."""
        ...

    def frame(self, source: Source) -> Source | None:
        """A file that holds its records otherwise than line by line, read in that way; None for any other."""
        ...

    def recognises(self, head: Sequence[Json], path: Path) -> bool:
        """Whether the first readable records are this format's."""
        ...

    def bundle(self, source: Source) -> Bundle:
        """The session around a transcript."""
        ...

    def entry(self, value: Json) -> Entry:
        """What a record means. Never raises."""
        ...

    def bare(self, value: Json) -> BareEntry:
        """The same without names, for a scan, which asks for each record."""
        ...

    def blocks(self, value: Json) -> list[dict[str, Any]]:
        """Content blocks of a message record as stored; a plain string is one text block."""
        ...

    def content(self, value: Json) -> tuple[tuple[str | int, ...], object]:
        """The pointer to a message record's content, and the content: blocks as `blocks` gives them, a plain string,
        or what stands in their place. `edit.SetValue` takes a pointer into it."""
        ...

    def spot(self, value: Json, block: int) -> tuple[str | int, ...]:
        """Where a block, as `blocks` numbers them, stands in its record, for formats whose files are one document."""
        ...

    def text(self, value: Json) -> str:
        """What a person reads of a record, in one go; any length."""
        ...

    def kept(self, value: Json) -> tuple[str, ...]:
        """Ids of the records from before it that a boundary record keeps by name; empty for other records."""
        ...

    def forked_from(self, value: Json) -> tuple[str, str] | None:
        """Ids of the session and of the record in it that a record was copied from when its session was forked; None
        for a record that is its session's own."""
        ...

    def aside(self, value: Json) -> int:
        """Bytes that `edit.Trim` takes out of a record: what it holds only for the client's screen, beyond a
        beginning of each text."""
        ...

    def superseded(self, session: Session) -> Sequence[int]:
        """Rows outside the conversation that a later one replaces in full, so that the client never looks at them."""
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

    def versions(self) -> tuple[Version, ...]:
        """The versions from which on the client is known to do something otherwise, and the newest, oldest first."""
        ...

    def changes(self, version: Version) -> tuple[str, ...]:
        """What the client does in another way from just this version on: `how the file is read`; empty for nothing."""
        ...

    def ways(self, session: Session) -> tuple[str, ...]:
        """The ways in which the client can resume a session, where they come out differently; the usual one first."""
        ...

    def aimed(self, target: Target) -> Target:
        """A target with what follows from its model."""
        ...

    def odd(self, value: Json) -> str:
        """What is odd about the form of a record, where `edit.Conform` can write it as the client does; else empty."""
        ...

    def results(self, bundle: Bundle, refs: Collection[str]) -> Mapping[str, Held]:
        """What other files of the session hold of calls, by id. Never raises."""
        ...

    def recovered(self, bundle: Bundle, session: Session) -> Sequence[Recovered]:
        """Records that other files of the session hold and the transcript does not, by row. Never raises."""
        ...

    def handed(self, bundle: Bundle, session: Session) -> Sequence[Handed]:
        """The work that calls handed to other agents, where these kept transcripts of their own. Never raises."""
        ...

    def thread(self, session: Session, target: Target) -> Thread:
        """What the client loads. Never raises."""
        ...

    def request(
        self, session: Session, thread: Thread, target: Target, surroundings: Surroundings, prompt: str | None = None,
        like: Request | None = None,
    ) -> Request:
        """What the client sends next; before the new prompt unless one is given. `like` is the request of a session
        whose scan was rescanned for this one: what comes out as in it may be taken from it."""
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

    def follow(self, bundle: Bundle, view: View) -> Mapping[Path, bytes]:
        """What the other files of a session must hold when its transcript is saved like this, by path."""
        ...

    def traces(self, bundle: Bundle) -> Iterable[Path]:
        """Other files of the client on this machine, beside the session's evidence, that may repeat words of it: its
        history of prompts, copies of edited files. They need not be there. Never raises."""
        ...

    def owner(self, bundle: Bundle) -> int | None:
        """Process id of a live client that has the session open."""
        ...

    def living(self, config_dir: Path | None) -> Mapping[str, int]:
        """Which sessions live clients have open: beginnings of their ids, and the process ids. Never raises."""
        ...

    def home(self, config_dir: Path | None) -> Path:
        """The folder on this machine that the client keeps its sessions in; it need not be there."""
        ...

    def sessions(self, cwd: Path, config_dir: Path | None) -> Sequence[Stored]:
        """Transcripts on this machine, those of delegated work left out: this folder's first, newest first."""
        ...

    def about(self, path: Path, head: Sequence[bytes], tail: Sequence[bytes]) -> About:
        """What a session says of itself in lines from the two ends of its file. The title is the one it was given;
        empty where it was given none. Never raises."""
        ...

    def find(self, text: str, cwd: Path, config_dir: Path | None) -> Path:
        """The transcript of a session id or a unique part of one. Raises NotFoundError or AmbiguousError."""
        ...
