"""The verdict on a session in one or two words, the same wherever it is shown."""

from __future__ import annotations

from unbrick import words
from unbrick.report import Report, Verdict
from unbrick.telling import sentences
from unbrick.thread import Outcome

_CLOSED = (Outcome.NOT_FOUND, Outcome.CRASH, Outcome.HANG)


def verdict(report: Report) -> tuple[str, str]:
    """The word for a verdict, and how grave it is: `good`, `warn` or `bad`."""
    outcome, lost = report.resume.outcome, report.resume.lost
    if report.verdict is Verdict.BROKEN and report.cause in sentences.INNOCENT:
        return words.INNOCENT, "bad"
    if not report.target.resumed:
        return _of_a_request(report)
    if outcome in _CLOSED:
        return words.CLOSED, "bad"
    if outcome is Outcome.REFUSED:
        return words.REFUSED, "bad"
    if outcome is Outcome.EMPTY or report.verdict is Verdict.BROKEN:
        return words.LOSES, "bad"
    if lost:
        return words.LOSES, "warn"
    if sentences.left_out(report):
        return words.MAY_LOSE, "warn"
    if report.verdict is Verdict.FRAGILE or outcome is Outcome.HEALED:
        return words.ALTERED, "warn"
    return words.IN_FULL, "good"


def _of_a_request(report: Report) -> tuple[str, str]:
    if report.verdict is Verdict.BROKEN or report.resume.outcome is not Outcome.ACCEPTED:
        return words.REFUSED, "bad"
    return (words.ACCEPTED, "good") if report.verdict is Verdict.HEALTHY else (words.FLAWED, "warn")
