"""Resume a session with a real client against the stand-in, and say how that went."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unbrick.proof.api import Message
from unbrick.proof.home import Home
from unbrick.proof.standin import Exchange, Script, StandIn
from unbrick.thread import Outcome

NEXT = "NEXT-PROMPT"
"""What is typed."""


@dataclass(frozen=True)
class Resumed:
    """How a resume went: its outcome, what the client printed, the requests in order, the transcript afterwards, and
    the addresses elsewhere that the client asked for in vain."""

    outcome: Outcome
    printed: str
    sent: tuple[Exchange, ...]
    after: bytes
    strangers: tuple[str, ...] = ()
    alone: bool = False
    """Whether the client had no network but the stand-in."""

    @property
    def main(self) -> Exchange | None:
        """The first request of the conversation."""
        return next((s for s in self.sent if s.kind == "main"), None)

    @property
    def accepted(self) -> bool:
        """Whether the prompt was answered in the end."""
        return self.outcome in (Outcome.ACCEPTED, Outcome.HEALED, Outcome.EMPTY)

    @property
    def error(self) -> str | None:
        """The API's sentence to the first refused request."""
        return next((s.error for s in self.sent if s.kind == "main" and s.error), None)

    @property
    def messages(self) -> list[Message]:
        """The messages of the first request that carries the conversation: the prompt's, or a summary's before it."""
        first = next((s for s in self.sent if s.kind != "side"), None)
        return [] if first is None else first.body["messages"]

    def holds(self, words: str) -> bool:
        """Whether the first request of the conversation holds a text."""
        return self.main is not None and json.dumps(words)[1:-1] in json.dumps(self.main.body["messages"])


def resume(
    client: Path,
    session_id: str,
    transcript: Iterable[bytes],
    *,
    model: str | None = None,
    config: Mapping[str, Any] | None = None,
    extra: Mapping[str, str] | None = None,
    script: Script | None = None,
    side_folder: Path | None = None,
    timeout: float = 60,
    alone: bool = False,
    window: int | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Resumed:
    """Lay a transcript where the client looks, resume it with NEXT, and say how that went; `alone`: without any
    network but the stand-in, where the system allows that; `window`: the tokens that the model takes, where they are
    to be counted; `stopped` is asked whether to give up. Raises OSError when the client cannot be started or the disk
    is full."""
    with Home(config=config) as home, StandIn(script, window=window) as api:
        path = home.lay(session_id, transcript, side_folder)
        chosen = ("--model", model) if model else ()
        status, printed = home.run(
            client, api.url, *chosen, "--resume", session_id, NEXT, extra=extra, timeout=timeout,
            alone=api if alone else None, stopped=stopped,
        )
        sent = tuple(api.sent)
        after = path.read_bytes() if path.exists() else b""
        strangers = tuple(dict.fromkeys(api.strangers))
        return Resumed(outcome(status, printed, sent), printed, sent, after, strangers, api.alone)


def outcome(status: int | None, printed: str, sent: Iterable[Exchange]) -> Outcome:
    """The outcome of a run: its exit status (None when it had to be stopped), what it printed, what it sent. A request
    without a reply in it is no empty session when the client had the history summarised before."""
    sent = list(sent)
    main = [s for s in sent if s.kind == "main"]
    if status is None:
        return Outcome.HANG
    if "No conversation found" in printed:
        return Outcome.NOT_FOUND
    if not main:
        return Outcome.CRASH
    if main[0].status == 200:
        replies = any(m.get("role") == "assistant" for m in main[0].body["messages"])
        replies = replies or any(s.kind == "compact" and s.status == 200 for s in sent)
        return Outcome.ACCEPTED if replies else Outcome.EMPTY
    return Outcome.HEALED if main[-1].status == 200 and status == 0 else Outcome.REFUSED
