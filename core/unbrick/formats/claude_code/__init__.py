"""Claude Code: its transcripts, what each of its versions loads and sends, and how it writes.

What only writing needs is imported when something is written: most commands never do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unbrick.bundle import Bundle
from unbrick.formats import Alone, Clock, Clone
from unbrick.formats.claude_code import (
    behaviour,
    bloat,
    forms,
    naming,
    places,
    records,
    settings,
    steps,
    summaries,
    target,
    texts,
)
from unbrick.formats.claude_code import request as sending
from unbrick.formats.claude_code import thread as loading
from unbrick.patch import Patch
from unbrick.record import At, Json
from unbrick.request import Request
from unbrick.session import Session
from unbrick.source import Source
from unbrick.target import Surroundings, Target, Version
from unbrick.thread import Thread

if TYPE_CHECKING:
    from unbrick.edit import Edit
    from unbrick.held import Handed
    from unbrick.sent import Sent
    from unbrick.stored import About, Stored

_CHAIN = frozenset({"user", "assistant", "system", "attachment", "progress"})


class ClaudeCode(Alone):
    """The Format protocol for Claude Code; every method stands in a module of its own."""

    name = "Claude Code"
    client = target.CLIENT

    def recognises(self, head: Sequence[Json], path: Path) -> bool:
        """A chain record with an id, or a metadata record with one of the client's own types."""
        for value in head:
            type_ = value.get("type")
            if not isinstance(type_, str):
                continue
            if type_ in _CHAIN and ("parentUuid" in value or "uuid" in value or "sessionId" in value):
                return True
            if type_ in records.METADATA:
                return True
        return not head and path.suffix == ".jsonl"

    def bundle(self, source: Source) -> Bundle:
        """The session around a transcript."""
        return places.bundle(source)

    entry = staticmethod(records.entry)
    bare = staticmethod(records.bare)

    def blocks(self, value: Json) -> list[dict[str, Any]]:
        """Content blocks of a message record as stored; a plain string is one text block."""
        return records.blocks(value)

    def content(self, value: Json) -> tuple[tuple[str | int, ...], object]:
        """The pointer to a message's content, and the content as stored."""
        message = value.get("message")
        if isinstance(message, dict):
            return ("message", "content"), message.get("content")
        return ("content",), value.get("content")

    def text(self, value: Json) -> str:
        """What a person reads of a record."""
        return texts.text(value)

    def kept(self, value: Json) -> tuple[str, ...]:
        """Ids of the records from before it that a boundary keeps behind its summary."""
        return summaries.kept(value)

    def odd(self, value: Json) -> str:
        """What is odd about an attachment that can be filled in."""
        return forms.odd(value)

    def forked_from(self, value: Json) -> tuple[str, str] | None:
        """What `forkedFrom` names."""
        found = value.get("forkedFrom")
        origin = (found.get("sessionId"), found.get("messageUuid")) if isinstance(found, dict) else (None, None)
        return (origin[0], str(origin[1] or "")) if isinstance(origin[0], str) else None

    def aside(self, value: Json) -> int:
        """Bytes that a shorter copy of a tool's output for the screen would free."""
        return bloat.aside(value)

    def superseded(self, session: Session) -> Sequence[int]:
        """Snapshots of files that a later one for the same message replaces."""
        return bloat.superseded(session)

    def surroundings(self, bundle: Bundle, config_dir: Path | None, environ: Mapping[str, str]) -> Surroundings:
        """What the client's configuration on this machine says, read only."""
        found = settings.surroundings(bundle, config_dir, environ)
        return replace(found, details={**found.details, "owner": places.owner(bundle)})

    def handed(self, bundle: Bundle, session: Session) -> Sequence[Handed]:
        """Subagents with a transcript of their own, beside the session."""
        from unbrick.formats.claude_code import handed

        return handed.handed(bundle, session)

    def recorded(self, session: Session) -> Target:
        """The client and model that wrote the last records."""
        return target.recorded(session)

    def newest(self) -> Version:
        """The newest client whose behaviour is known."""
        return target.newest()

    def versions(self) -> tuple[Version, ...]:
        """Every version that a trait takes a step at, and the newest."""
        return behaviour.versions()

    def changes(self, version: Version) -> tuple[str, ...]:
        """What the client does in another way from this version on: `how the file is read`."""
        return steps.changes(version)

    def thread(self, session: Session, target: Target) -> Thread:
        """What the client loads. Never raises."""
        return loading.thread(session, target)

    def request(
        self, session: Session, thread: Thread, target: Target, surroundings: Surroundings, prompt: str | None = None,
        like: Request | None = None,
    ) -> Request:
        """What the client sends next; before the new prompt unless one is given."""
        return sending.request(session, thread, target, surroundings, prompt, like)

    def sent(self, session: Session) -> Sequence[Sent]:
        """The requests that clients from 2.1.300 on noted, rebuilt and verified."""
        from unbrick.formats.claude_code import recorded_requests

        return recorded_requests.sent(session)

    def lower(
        self, edit: Edit, session: Session, thread: Thread, target: Target, clock: Clock
    ) -> Mapping[At, Sequence[bytes]]:
        """An edit in the client's own way of writing, as pieces by place."""
        from unbrick.formats.claude_code import lower

        return lower.lower(edit, session, thread, target, clock)

    def clone(self, bundle: Bundle, patch: Patch, clock: Clock, title: str | None) -> Clone:
        """A new session beside the old one that the client can resume."""
        from unbrick.formats.claude_code import cloning

        return cloning.clone(bundle, patch, clock, title)

    def traces(self, bundle: Bundle) -> Iterable[Path]:
        """The client's history of prompts and of edited files, what was pasted, and its log of the session."""
        return places.traces(bundle)

    def owner(self, bundle: Bundle) -> int | None:
        """Process id of a live client that has the session open."""
        return places.owner(bundle)

    def living(self, config_dir: Path | None) -> Mapping[str, int]:
        """Which sessions live clients have open."""
        return places.living(config_dir)

    def home(self, config_dir: Path | None) -> Path:
        """The folder on this machine that the client keeps its sessions in."""
        return places.home(config_dir)

    def sessions(self, cwd: Path, config_dir: Path | None) -> Sequence[Stored]:
        """Transcripts on this machine: this folder's first, newest first."""
        return places.sessions(cwd, config_dir)

    def about(self, path: Path, head: Sequence[bytes], tail: Sequence[bytes]) -> About:
        """What a session says of itself."""
        return naming.about(path, head, tail)

    def find(self, text: str, cwd: Path, config_dir: Path | None) -> Path:
        """The transcript of a session id or a unique part of one."""
        return places.find(text, cwd, config_dir)
