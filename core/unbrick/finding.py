"""What is wrong, where, what the API says to it, and what would mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from unbrick import words
from unbrick.edit import Edit
from unbrick.record import At
from unbrick.target import Target, Version
from unbrick.thread import Outcome


class Severity(StrEnum):
    """Error: on this target the next prompt fails, or messages are not sent that an undamaged resume would
    send. Warning: it works, but something is silently altered. Info: other targets would break on it."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Info 0, warning 1, error 2."""
        return ("info", "warning", "error").index(self.value)

    # All four, since a string brings alphabetical ones along.
    def __lt__(self, other: str) -> bool:
        return self.rank < Severity(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Severity(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Severity(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Severity(other).rank


class Safety(StrEnum):
    """What a fix costs; scripts read the name, people the words (`Fix.price`)."""

    SAFE = "safe"
    """Drops and alters nothing that would be sent."""
    RESTORES = "restores"
    """Brings back content that the client left out on purpose, or perhaps on purpose; the price counts thinking that
    has to go for it."""
    LOSSY = "lossy"
    """Drops something, be it thinking that the model bound to what stood before an edit; the price counts what."""
    MANUAL = "manual"
    """The person decides."""


@dataclass(frozen=True)
class Fix:
    """A remedy made of edits. `price` is what the person reads: "keeps everything", "brings back 812
    messages (about 240,000 tokens)", "drops 3 prompts, 2 results"."""

    id: str
    title: str
    safety: Safety
    edits: tuple[Edit, ...]
    price: str = words.KEEPS
    brings: tuple[int, ...] = ()
    """The lost rows that are loaded again once it is applied."""


FIRST = "first"
"""Label of what has to be done before the other ways out."""


@dataclass(frozen=True)
class Advice:
    """A way out that is no edit of the file: what it does in words, and the complete shell command if there is one.
    `label` stands in front of it where it is neither the first choice nor another one."""

    text: str
    command: str | None = None
    label: str = ""


@dataclass(frozen=True)
class Affect:
    """On which targets a fault does what.

    From version `since` up to but without `until` (None: open) of `client`, for files above `above` bytes. Healing is
    not monotonic: a rule lists as many as it takes.
    """

    severity: Severity
    outcome: Outcome | None = None
    since: str | None = None
    until: str | None = None
    above: int = 0
    client: str = "claude-code"

    def holds(self, target: Target, size: int) -> bool:
        """Whether this row speaks of a target and a file size in bytes."""
        version = target.version
        return target.client == self.client and (
            (self.since is None or version >= Version.parse(self.since))
            and (self.until is None or version < Version.parse(self.until))
            and size >= self.above
        )

    def words(self) -> str:
        """`from 2.1.139 before 2.1.240: crash`."""
        span = " ".join(
            text for text in (
                f"from {self.since}" if self.since else "",
                f"before {self.until}" if self.until else "",
                f"above {self.above // 1_000_000} MB" if self.above else "",
            ) if text
        )
        who = "" if self.client == "claude-code" else f"{self.client}, "
        return f"{who}{span or 'every version'}: {self.outcome or self.severity}"


@dataclass(frozen=True)
class Finding:
    """One thing wrong at one place. `at` is the record, `block` the content block in it, `pointer` the value
    in it; `message` a sentence; `api_error` the API's or client's sentence where it will be seen;
    `message_index` and `block_index` are places in the request, as the API numbers them."""

    code: str
    name: str
    severity: Severity
    message: str
    at: At | None = None
    row: int | None = None
    block: int | None = None
    pointer: tuple[str | int, ...] = ()
    uuid: str | None = None
    message_index: int | None = None
    block_index: int | None = None
    api_error: str | None = None
    affects: tuple[Affect, ...] = ()
    fixes: tuple[Fix, ...] = ()
    file: str | None = None
    unread: int = 0
    """Messages that a resume would load and that are no rows, since their line cannot be read."""
    outcome: Outcome | None = None
    """What this alone does to the first request, where it does more than lose or alter messages."""
    cause: str = "file"
    """Where the cause lies: file, client, settings, endpoint or unknown."""
    advice: tuple[Advice, ...] = ()
    """Ways out that are no edit of the file, best first."""
    document: tuple[str | int, ...] = ()
    """Where it stands in the document, as a JSON pointer, where the file is one."""

    @property
    def id(self) -> str:
        """Names the finding in this report: its code and place (`T001@214`, `T001@214.2` for a block)."""
        if self.at is None:
            return self.code
        line = f"+{self.at.part + 1}" if self.at.line >= 1 << 62 else str(self.at.line)
        part = f"-{self.at.part}" if self.at.part and self.at.line < 1 << 62 else ""
        block = "" if self.block is None else f".{self.block}"
        return f"{self.code}@{line}{part}{block}"


Subject = TypeVar("Subject")


@dataclass(frozen=True)
class Rule(Generic[Subject]):
    """One thing that can be wrong. `check` looks at its subject and yields findings; its docstring is the
    explanation that the person reads. `error` is the API's or client's sentence as a regular expression that
    a pasted error text is matched with."""

    code: str
    name: str
    check: Callable[[Subject], Iterator[Finding]]
    error: str | None = None
    affects: tuple[Affect, ...] = field(default=())

    @property
    def explanation(self) -> str:
        """What the person reads."""
        import inspect

        return inspect.cleandoc(self.check.__doc__ or "")

    def severity(self, target: Target, size: int) -> Severity:
        """The worst that the fault does to a target; info where it does nothing."""
        return max((a.severity for a in self.affects if a.holds(target, size)), default=Severity.INFO)
