"""Who will read the transcript next: client, version, model, endpoint, and what surrounds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import total_ordering
from pathlib import Path
from typing import Any


class Basis(StrEnum):
    """How a target was chosen."""

    GIVEN = "given"
    INSTALLED = "installed"
    RECORDED = "recorded"
    ASSUMED = "assumed"


@total_ordering
@dataclass(frozen=True)
class Version:
    """A client version, compared by its numbers."""

    numbers: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `2.1.139`; a suffix after `-`, `+` or a space is dropped. Raises ValueError."""
        core = text.strip().lstrip("v").split("-")[0].split("+")[0].split(" ")[0]
        return cls(tuple(int(part) for part in core.split(".")))

    def __str__(self) -> str:
        return ".".join(map(str, self.numbers))

    def __lt__(self, other: Version) -> bool:
        return self.numbers < other.numbers

CLIENTS = {
    "claude-code": "Claude Code", "amplifier": "Amplifier", "messages": "the Messages API",
    "openai-chat": "the Chat Completions API",
}

WAYS = {"chat": "in a terminal", "run": "with `run --resume`"}
"""Ways to resume a session, as a person knows them."""


@dataclass(frozen=True)
class Target:
    """`client` is a format's name for it (`claude-code`), `model` the API's model id, `endpoint` `api` for
    the first party or the host of a gateway. `strict` is a consumer that heals nothing. `way` is one of the
    format's ways to resume a session, where there are several; `api` whose rules the request has to keep."""

    client: str
    version: Version
    model: str | None = None
    endpoint: str = "api"
    basis: Basis = Basis.ASSUMED
    strict: bool = False
    way: str = ""
    api: str = "anthropic"

    @property
    def resumed(self) -> bool:
        """Whether a client stands behind it that resumes sessions; else messages go to the API as they are."""
        return bool(self.version.numbers)

    @property
    def named(self) -> str:
        """`Claude Code 2.1.329`; with the way it is resumed, where there are several."""
        way = f" {WAYS.get(self.way, self.way)}" if self.way else ""
        return f"{CLIENTS.get(self.client, self.client)} {self.version}".rstrip() + way


@dataclass(frozen=True)
class Setting:
    """One fact of the surroundings: what it is called, its value, and the file or `environment` it is from."""

    name: str
    value: str
    source: str


SYSTEM_TURNS = "mid_conversation_system"
"""Key of the setting that makes a client send its reminders as system turns; its value says for which models."""


@dataclass(frozen=True)
class Surroundings:
    """What in the client's configuration and environment decides what it sends; read, never written.

    `read` is False when the caller asked to leave it out. `installed` is the version found on this machine.
    `details["owner"]` is the process id of a live client that has the session open, or None.
    """

    read: bool = False
    config_dir: Path | None = None
    installed: Version | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


NOWHERE = Surroundings()
