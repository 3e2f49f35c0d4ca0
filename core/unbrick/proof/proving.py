"""Hold a report against what the client does: what was sent, what was refused, what of the promise is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from unbrick.bundle import Bundle
from unbrick.patch import Patch
from unbrick.proof.api import Message, blocks_of
from unbrick.proof.client import Client
from unbrick.proof.resuming import Resumed, resume
from unbrick.record import At
from unbrick.report import Report
from unbrick.save import patched
from unbrick.situation import Situation
from unbrick.target import SYSTEM_TURNS, Surroundings
from unbrick.thread import Outcome
from unbrick.weighing import measure
from unbrick.weighing.safepoints import TALK

SESSION = "5ca1ab1e-0000-4000-8000-000000000001"
"""Id of a session that has none of the client's."""
CARRIED = {
    SYSTEM_TURNS: "CLAUDE_CODE_MID_CONVERSATION_SYSTEM",
    "disable_experimental_betas": "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS",
}
"""What of a person's configuration decides about the request and goes along, by the variable that says it."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GOOD = (Outcome.ACCEPTED, Outcome.HEALED)
Mark = tuple[str, str]
"""Kind of a block, and what it is known by again: its text, id or data."""


@dataclass(frozen=True)
class Missing:
    """A record that the report promised and the request lacks: its place, and the beginning of what is missing."""

    at: At
    words: str


@dataclass(frozen=True)
class Tried:
    """One resume: the report that was held against it, how it went, how many records the report promised, and those
    that were not in the request."""

    report: Report
    resumed: Resumed
    promised: int
    missing: tuple[Missing, ...]

    @property
    def predicted(self) -> bool:
        """Whether the outcome was the one that the report says."""
        return self.resumed.outcome is self.report.resume.outcome

    @property
    def surprising(self) -> bool:
        """Whether it resumed although the report says that it would not, or the other way round."""
        return (self.resumed.outcome in _GOOD) is not (self.report.resume.outcome in _GOOD)

    @property
    def crowded(self) -> int | None:
        """Tokens of the window where the conversation comes to more by the report's own count, which is finer than
        the stand-in's."""
        window = measure.window(self.report.situation)
        return window if self.report.resume.tokens > window else None

    @property
    def proven(self) -> bool:
        """Whether the session resumes, and with everything that the report promised."""
        return self.resumed.outcome in _GOOD and not self.missing


def attempt(
    bundle: Bundle, patch: Patch, report: Report, client: Client, timeout: float,
    stopped: Callable[[], bool] = lambda: False,
) -> Tried:
    """Resume a copy of a session, as a patch leaves it, in a private home. The original is only read. `stopped` is
    asked meanwhile whether to give up; what comes of it is worth nothing then.

    Raises OSError when the client cannot be started, SourceChangedError when the original shrank meanwhile.
    """
    named = bundle.resume_id.lower()
    side = bundle.path.with_suffix("")
    resumed = resume(
        client.path, named if _UUID.fullmatch(named) else SESSION, patched(bundle.main, patch),
        model=report.target.model, extra=carried(report.situation.surroundings),
        side_folder=None if bundle.main.private else side, timeout=timeout, alone=True,
        window=measure.window(report.situation), stopped=stopped,
    )
    wanted = promised(report.situation)
    return Tried(report, resumed, len(wanted), tuple(missing(report.situation, wanted, resumed.messages)))


def carried(surroundings: Surroundings) -> dict[str, str]:
    """The variables that say what the person's configuration says about the request."""
    return {
        variable: surroundings.settings[name].value for name, variable in CARRIED.items()
        if name in surroundings.settings
    }


def promised(situation: Situation) -> dict[int, list[Mark]]:
    """What a report says will be sent of each message: the marks of its blocks, by row. What the client words itself,
    attachments among it, is left out: that depends on its version and on the machine."""
    request, kinds = situation.request, situation.session.scan.kind
    rows: dict[int, list[Mark]] = {}
    for index, row in enumerate(request.row):
        if row >= 0 and kinds[row] in TALK and index not in request.synthetic:
            mark = mark_of(request.piece(index))
            if mark is not None:
                rows.setdefault(row, []).append(mark)
    return rows


def mark_of(block: dict[str, Any]) -> Mark | None:
    """What a block is known by again; None for one that has nothing of the kind."""
    kind = str(block.get("type"))
    key = {"text": "text", "thinking": "thinking", "tool_use": "id", "tool_result": "tool_use_id"}.get(kind)
    if key is None:
        source = block.get("source")
        value = source.get("data") if isinstance(source, dict) else block.get("id") or block.get("data")
    else:
        value = block.get(key)
    return (kind, value.strip()) if isinstance(value, str) and value.strip() else None


def missing(situation: Situation, wanted: dict[int, list[Mark]], sent: Iterable[Message]) -> Iterable[Missing]:
    """The promised rows of which some block is not in a request. A text may stand inside a longer one: clients join
    and wrap them."""
    marks = [mark for message in sent for block in blocks_of(message) if (mark := mark_of(block)) is not None]
    there = set(marks)
    texts = "\n".join(text for kind, text in marks if kind == "text")
    for row, parts in wanted.items():
        gone = next(
            (mark for mark in parts if mark not in there and not (mark[0] == "text" and mark[1] in texts)), None
        )
        if gone is not None:
            yield Missing(situation.session.at(row), gone[1][:400])
