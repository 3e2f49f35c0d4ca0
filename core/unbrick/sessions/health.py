"""What a check says of a session, in brief: all that a list of sessions shows of it, and no word of it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from unbrick.finding import Severity
from unbrick.opening import Choices, examine, open_word
from unbrick.report import Report, Verdict
from unbrick.telling.wording import verdict

MOST_CODES = 8
"""Codes that are kept of one session."""
UNREAD = "cannot be read"
RANK = {"bad": 0, "warn": 1, "good": 2}
"""Gravest first."""


@dataclass(frozen=True)
class Health:
    """The verdict in words and how grave it is (`good`, `warn`, `bad`), the same for scripts, how many records there
    are, how many messages a resume loses, and the codes of what is wrong, worst first. `trouble` is the sentence that
    says why a file could not be judged."""

    word: str
    grave: str
    verdict: str | None
    outcome: str | None
    cause: str | None
    records: int = 0
    lost: int = 0
    codes: tuple[str, ...] = ()
    trouble: str = ""

    @classmethod
    def of(cls, report: Report) -> Health:
        """A report in brief."""
        word, grave = verdict(report)
        above = (finding.code for finding in report.findings if finding.severity is not Severity.INFO)
        return cls(
            word, grave, report.verdict.value, report.resume.outcome.value, report.cause.value,
            len(report.situation.session), report.resume.lost, tuple(dict.fromkeys(above))[:MOST_CODES],
        )

    @classmethod
    def unread(cls, sentence: str) -> Health:
        """Of a file that could not be judged."""
        return cls(UNREAD, "bad", None, None, None, trouble=sentence)

    @property
    def broken(self) -> bool:
        """Whether the next prompt fails, or history is lost, or nobody can tell."""
        return self.verdict is None or self.verdict == Verdict.BROKEN


def judge(path: Path, choices: Choices, cwd: Path) -> Generator[int, None, Health]:
    """Check a session. Yields rows read so far. Raises UnbrickError where it cannot be read."""
    with open_word(str(path), choices, cwd) as opened:
        report = yield from examine(opened)
        return Health.of(report)
