"""The answer: will the next prompt work, what does resume load, what is wrong, what would mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from unbrick.bundle import Bundle
from unbrick.finding import Advice, Finding, Severity
from unbrick.situation import Situation
from unbrick.target import Target
from unbrick.thread import Outcome


class Verdict(StrEnum):
    """In one word: healthy (works), fragile (works, but something is silently altered), broken."""

    HEALTHY = "healthy"
    FRAGILE = "fragile"
    BROKEN = "broken"


class Cause(StrEnum):
    """Where the cause of a verdict lies; only `file` is mended by an edit."""

    NONE = "none"
    FILE = "file"
    CLIENT = "client"
    SETTINGS = "settings"
    ENDPOINT = "endpoint"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Resume:
    """What happens at the next resume. Counts are user and assistant records of the conversation, not API
    messages: `messages` loaded, `lost` in the file and neither loaded, summarised, rewound nor a subagent's,
    `recoverable` those of them that a fix can bring back, `summarised` before the boundary, `tokens` the
    estimated size of the request."""

    outcome: Outcome
    error: str | None
    messages: int
    lost: int
    recoverable: int
    summarised: int
    rewound: int
    undecided: int
    tokens: int
    since: float | None = None
    """Time of the first loaded message, seconds since the epoch."""


@dataclass(frozen=True)
class LastError:
    """The last error that the transcript itself recorded: its row, text, and the finding that accounts for it.

    `explained_by` is a finding's id, or None when nothing in the file, the client or its settings explains it.
    `past` is True when a later reply shows that the conversation went on after it. `answer` says, where no
    finding does, what the error comes from when it is not the file (a service that was down, a limit, a setting),
    and `advice` what helps then.
    """

    row: int
    text: str
    explained_by: str | None
    past: bool = False
    answer: str | None = None
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True)
class Judged:
    """What a late rule may look at: a situation, what the other rules found in it, and the last recorded error."""

    situation: Situation
    findings: tuple[Finding, ...]
    last_error: LastError | None


@dataclass(frozen=True)
class Report:
    """One judgement of one transcript. `others` holds what happens on other clients that matter to the person
    (the recorded one when another is installed), as (target, resume)."""

    bundle: Bundle
    situation: Situation
    findings: tuple[Finding, ...]
    verdict: Verdict
    cause: Cause
    resume: Resume
    last_error: LastError | None = None
    others: tuple[tuple[Target, Resume], ...] = ()

    @property
    def target(self) -> Target:
        """Who was judged for."""
        return self.situation.target

    def find(self, finding_id: str) -> Finding | None:
        """The finding of an id."""
        return next((finding for finding in self.findings if finding.id == finding_id), None)

    def counts(self) -> Mapping[Severity, int]:
        """Number of findings by severity."""
        return {severity: sum(f.severity is severity for f in self.findings) for severity in Severity}
