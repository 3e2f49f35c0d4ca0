"""Arrays of messages and request bodies as Anthropic's and OpenAI's APIs take them: no client writes or heals them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unbrick.bundle import Bundle
from unbrick.errors import NotFoundError, UsageError
from unbrick.formats import Alone, Clock, Clone
from unbrick.formats.messages import chat, framing, records
from unbrick.formats.messages import request as sending
from unbrick.patch import Patch, View
from unbrick.record import At, Json, read
from unbrick.request import Request
from unbrick.session import Session
from unbrick.source import Source
from unbrick.stored import About
from unbrick.target import NOWHERE, Basis, Surroundings, Target, Version
from unbrick.thread import Thread

if TYPE_CHECKING:
    from unbrick.edit import Edit
    from unbrick.sent import Sent
    from unbrick.stored import Stored

CLIENT = "messages"
VERSION = Version(())
"""Nobody stands between the file and the API, so there is no version to speak of."""


class Messages(Alone):
    """The Format protocol for message arrays."""

    name = "Message array"
    client = CLIENT

    def frame(self, source: Source) -> Source | None:
        """The file as the elements of its array."""
        return framing.framed(source)

    def recognises(self, head: Sequence[Json], path: Path) -> bool:
        """Messages with a role and content."""
        return bool(head) and all(isinstance(value.get("role"), str) for value in head[:8])

    def bundle(self, source: Source) -> Bundle:
        """The file by itself."""
        return Bundle(source, source.path.stem)

    entry = bare = staticmethod(records.entry)

    def blocks(self, value: Json) -> list[dict[str, Any]]:
        """Content blocks of a message as they stand."""
        return records.blocks(value)

    def content(self, value: Json) -> tuple[tuple[str | int, ...], object]:
        """The pointer to a message's content, and the content."""
        return ("content",), value.get("content")

    def spot(self, value: Json, block: int) -> tuple[str | int, ...]:
        """The place in the content; of a plain string, the content."""
        return ("content", block) if isinstance(value.get("content"), list) else ("content",)

    def text(self, value: Json) -> str:
        """What a person reads of a message."""
        return records.text(value)

    def odd(self, value: Json) -> str:
        """What is odd about the form of a message."""
        return records.odd(value)

    def kept(self, value: Json) -> tuple[str, ...]:
        """There are no boundaries."""
        return ()

    def surroundings(self, bundle: Bundle, config_dir: Path | None, environ: Mapping[str, str]) -> Surroundings:
        """Nothing decides what is sent but the file."""
        return NOWHERE

    def recorded(self, session: Session) -> Target:
        """The model that the request body names."""
        model = framing.envelope(session.scan.view).get("model")
        return Target(CLIENT, VERSION, model if isinstance(model, str) else None, basis=Basis.RECORDED)

    def newest(self) -> Version:
        """There is one."""
        return VERSION

    def thread(self, session: Session, target: Target) -> Thread:
        """Every message in the order of the document."""
        return sending.thread(session)

    def request(
        self, session: Session, thread: Thread, target: Target, surroundings: Surroundings, prompt: str | None = None,
        like: Request | None = None,
    ) -> Request:
        """The messages as they stand."""
        return sending.request(session, thread, prompt)

    def sent(self, session: Session) -> Sequence[Sent]:
        """Nothing is noted."""
        return ()

    def lower(
        self, edit: Edit, session: Session, thread: Thread, target: Target, clock: Clock
    ) -> Mapping[At, Sequence[bytes]]:
        """An edit in the style of the document, as pieces by place."""
        from unbrick.formats.messages import lower

        return lower.lower(edit, session, thread)

    def clone(self, bundle: Bundle, patch: Patch, clock: Clock, title: str | None) -> Clone:
        """Raises UsageError: no client resumes a message array."""
        raise UsageError(f"{bundle.path} is no client's session; save it to a file (-o FILE).")

    def owner(self, bundle: Bundle) -> int | None:
        """Nobody holds it."""
        return None

    def living(self, config_dir: Path | None) -> Mapping[str, int]:
        """None."""
        return {}

    def home(self, config_dir: Path | None) -> Path:
        """They stand anywhere."""
        return Path()

    def sessions(self, cwd: Path, config_dir: Path | None) -> Sequence[Stored]:
        """None is looked for."""
        return ()

    def about(self, path: Path, head: Sequence[bytes], tail: Sequence[bytes]) -> About:
        """The file by its name."""
        return About(path.stem)

    def find(self, text: str, cwd: Path, config_dir: Path | None) -> Path:
        """Raises NotFoundError: they have no ids."""
        raise NotFoundError(f"{text} is neither a file nor the id of a session on this machine.")


class Chat(Messages):
    """The Format protocol for arrays in the form of OpenAI's Chat Completions API."""

    name = "OpenAI message array"
    client = "openai-chat"

    def frame(self, source: Source) -> Source | None:
        """The file as the elements of its array, where they are in this form."""
        found = framing.framed(source)
        return found if found is not None and chat.tells(_head(found), framing.envelope(View(found))) else None

    def recognises(self, head: Sequence[Json], path: Path) -> bool:
        """Messages with a role, at least one of them in a form that only this API has."""
        return super().recognises(head, path) and chat.tells(head, {})

    entry = bare = staticmethod(chat.entry)

    def blocks(self, value: Json) -> list[dict[str, Any]]:
        """A message's parts and calls, or its result, as blocks."""
        return chat.blocks(value)

    def content(self, value: Json) -> tuple[tuple[str | int, ...], object]:
        """The pointer to a message's content, and the content as blocks."""
        return ("content",), chat.content(value)

    def spot(self, value: Json, block: int) -> tuple[str | int, ...]:
        """The place in the content, or behind it in the list of calls."""
        call = block - len(chat.parts(value))
        return super().spot(value, block) if call < 0 else ("tool_calls", call)

    def text(self, value: Json) -> str:
        """What a person reads of a message."""
        return chat.text(value)

    def odd(self, value: Json) -> str:
        """What is odd about the form of a message."""
        return chat.odd(value)

    def recorded(self, session: Session) -> Target:
        """The model that the request body names, asked through OpenAI's API."""
        return replace(super().recorded(session), client=self.client, api="openai-chat")

    def request(
        self, session: Session, thread: Thread, target: Target, surroundings: Surroundings, prompt: str | None = None,
        like: Request | None = None,
    ) -> Request:
        """The messages as they stand."""
        return sending.request(session, thread, prompt, sending.OPENAI)

    def lower(
        self, edit: Edit, session: Session, thread: Thread, target: Target, clock: Clock
    ) -> Mapping[At, Sequence[bytes]]:
        """An edit in the style of the document, as pieces by place."""
        from unbrick.formats.messages import chatlower, lower

        return lower.lower(edit, session, thread, chatlower.Draft)


def _head(source: Source) -> Iterator[Json]:
    """The first messages of a document that can be read."""
    for raw in islice(source.lines(), 256):
        value, _fault = read(raw)
        if value is not None:
            yield value
