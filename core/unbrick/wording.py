"""The verdict on a session in one or two words, the same wherever it is shown."""

from __future__ import annotations

from unbrick import sentences
from unbrick.report import Report, Verdict
from unbrick.thread import Outcome

_CLOSED = (Outcome.NOT_FOUND, Outcome.CRASH, Outcome.HANG)


def verdict(report: Report) -> tuple[str, str]:
    """The word for a verdict, and how grave it is: `good`, `warn` or `bad`."""
    outcome, lost = report.resume.outcome, report.resume.lost
    if report.verdict is Verdict.BROKEN and report.cause in sentences.INNOCENT:
        return "not this file", "bad"
    if not report.target.resumed:
        return _of_a_request(report)
    if outcome in _CLOSED:
        return "will not open", "bad"
    if outcome is Outcome.REFUSED:
        return "refused", "bad"
    if outcome is Outcome.EMPTY or report.verdict is Verdict.BROKEN:
        return "loses history", "bad"
    if lost:
        return "loses history", "warn"
    if sentences.left_out(report):
        return "may lose history", "warn"
    if report.verdict is Verdict.FRAGILE or outcome is Outcome.HEALED:
        return "resumes, with changes", "warn"
    return "resumes in full", "good"


def _of_a_request(report: Report) -> tuple[str, str]:
    if report.verdict is Verdict.BROKEN or report.resume.outcome is not Outcome.ACCEPTED:
        return "refused", "bad"
    return ("accepted", "good") if report.verdict is Verdict.HEALTHY else ("accepted, with flaws", "warn")
