"""Microsoft Amplifier: its sessions, what its ways to resume make of them, and how it writes them.

What only writing and its log need is imported when it is asked for: every command looks at files through every format.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unbrick.bundle import Bundle
from unbrick.formats import Clock, Clone
from unbrick.formats.amplifier import places, records, target, words
from unbrick.formats.amplifier import request as sending
from unbrick.formats.amplifier import thread as loading
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


class Amplifier:
    """The Format protocol for Amplifier; every method stands in a module of its own."""

    name = "Amplifier"
    client = words.CLIENT

    def frame(self, source: Source) -> Source | None:
        """Files are lines."""
        return None

    def recognises(self, head: Sequence[Json], path: Path) -> bool:
        """Messages under the client's own file names, or with the members that only its records have."""
        named = path.name.removesuffix(places.BACKUP) in (places.TRANSCRIPT, places.CONTEXT)
        if not head:
            return named
        return all("role" in value and "type" not in value for value in head[:8]) and (
            named or any(_own(value) for value in head)
        )

    def entrance(self, path: Path) -> Path | None:
        """The file that the client reads a session's history from."""
        return places.entrance(path)

    def bundle(self, source: Source) -> Bundle:
        """The session around a transcript."""
        return places.bundle(source)

    entry = bare = staticmethod(records.entry)

    def blocks(self, value: Json) -> list[dict[str, Any]]:
        """Content blocks in the API's form, calls that are stored twice given once."""
        return records.blocks(value)

    def forked_from(self, value: Json) -> tuple[str, str] | None:
        """Records say nothing of it; the session's metadata does."""
        return None

    def aside(self, value: Json) -> int:
        """Records hold what is sent."""
        return 0

    def superseded(self, session: Session) -> Sequence[int]:
        """Every record counts."""
        return ()

    def content(self, value: Json) -> tuple[tuple[str | int, ...], object]:
        """The pointer to a record's content, and the content."""
        return records.content(value)

    def odd(self, value: Json) -> str:
        """What is odd about the form of a record."""
        return records.odd(value)

    def spot(self, value: Json, block: int) -> tuple[str | int, ...]:
        """Lines are told by their numbers."""
        return ()

    def text(self, value: Json) -> str:
        """What a person reads of a record."""
        return records.text(value)

    def kept(self, value: Json) -> tuple[str, ...]:
        """Nothing: no record marks a compaction."""
        return ()

    def surroundings(self, bundle: Bundle, config_dir: Path | None, environ: Mapping[str, str]) -> Surroundings:
        """Which process was started with this session."""
        return Surroundings(True, places.home(config_dir), details={"owner": places.owner(bundle)})

    def recorded(self, session: Session) -> Target:
        """The provider and model of the last reply."""
        return target.recorded(session)

    def newest(self) -> Version:
        """The newest state of the client's modules that was run."""
        return target.RUN

    def versions(self) -> tuple[Version, ...]:
        """The state that was run, and the one that was read."""
        return (target.RUN, target.READ)

    def changes(self, version: Version) -> tuple[str, ...]:
        """What was run and what was read are not told apart."""
        return ()

    def ways(self, session: Session) -> tuple[str, ...]:
        """In a terminal, which repairs first, and every other way, which does not."""
        return target.ways(session)

    def aimed(self, chosen: Target) -> Target:
        """A target with the API that its model is asked through."""
        return target.aimed(chosen)

    def results(self, bundle: Bundle, refs: Collection[str]) -> Mapping[str, Held]:
        """What the event log, the backup and delegated sessions hold of calls."""
        from unbrick.formats.amplifier import log

        return log.results(bundle, refs)

    def handed(self, bundle: Bundle, session: Session) -> Sequence[Handed]:
        """The sessions that calls handed work to."""
        from unbrick.formats.amplifier import handed

        return handed.handed(bundle, session)

    def recovered(self, bundle: Bundle, session: Session) -> Sequence[Recovered]:
        """Records that the backup and the event log hold and the transcript does not."""
        from unbrick.formats.amplifier import recovering

        return recovering.recovered(bundle, session)

    def thread(self, session: Session, target: Target) -> Thread:
        """What the client loads. Never raises."""
        return loading.thread(session, target)

    def request(
        self, session: Session, thread: Thread, target: Target, surroundings: Surroundings, prompt: str | None = None,
        like: Request | None = None,
    ) -> Request:
        """What the client sends next; before the new prompt unless one is given."""
        return sending.request(session, thread, target, prompt)

    def sent(self, session: Session) -> Sequence[Sent]:
        """None: the log's raw requests are left to the provider."""
        return ()

    def lower(
        self, edit: Edit, session: Session, thread: Thread, target: Target, clock: Clock
    ) -> Mapping[At, Sequence[bytes]]:
        """An edit in the client's own way of writing, as pieces by place."""
        from unbrick.formats.amplifier import lower

        return lower.lower(edit, session, thread, clock)

    def clone(self, bundle: Bundle, patch: Patch, clock: Clock, title: str | None) -> Clone:
        """A new session beside the old one that the client can resume."""
        from unbrick.formats.amplifier import cloning

        return cloning.clone(bundle, patch, clock, title)

    def follow(self, bundle: Bundle, view: View) -> Mapping[Path, bytes]:
        """The metadata that fits the transcript."""
        from unbrick.formats.amplifier import following

        return following.follow(bundle, view)

    def traces(self, bundle: Bundle) -> Iterable[Path]:
        """All of its folder, and those of the sessions that it handed work to."""
        return places.traces(bundle)

    def owner(self, bundle: Bundle) -> int | None:
        """Process id of a live client that was started with the session."""
        return places.owner(bundle)

    def living(self, config_dir: Path | None) -> Mapping[str, int]:
        """Which sessions live clients have open."""
        return places.living()

    def home(self, config_dir: Path | None) -> Path:
        """The folder on this machine that the client keeps its sessions in."""
        return places.home(config_dir) / "projects"

    def sessions(self, cwd: Path, config_dir: Path | None) -> Sequence[Stored]:
        """Transcripts on this machine: this folder's first, newest first."""
        return places.sessions(cwd, config_dir)

    def about(self, path: Path, head: Sequence[bytes], tail: Sequence[bytes]) -> About:
        """What the client noted of a session."""
        return places.about(path)

    def find(self, text: str, cwd: Path, config_dir: Path | None) -> Path:
        """The transcript of a session id or a unique part of one."""
        return places.find(text, cwd, config_dir)


def _own(value: Json) -> bool:
    """Whether a record has a member that only this client's have."""
    content, called, about = value.get("content"), value.get("tool_calls"), value.get("metadata")
    return (
        (isinstance(about, dict) and isinstance(about.get("timestamp"), str))
        or (isinstance(called, list) and any(isinstance(call, dict) and "tool" in call for call in called))
        or (isinstance(content, list) and any(
            isinstance(part, dict) and part.get("type") == "tool_call" for part in content
        ))
    )
