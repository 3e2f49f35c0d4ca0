"""What one key away would help: a fix, a cut, or a way out that is no edit."""

from __future__ import annotations

from typing import NamedTuple

from unbrick import words
from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick.report import Cause, Report
from unbrick.telling import sentences
from unbrick_tui.text import count


class Remedy(NamedTuple):
    """What one key away would help: the key, what it does, at what price."""

    key: str
    text: str
    price: str = ""
    finding: Finding | None = None


def ranked(finding: Finding) -> list[Fix]:
    """The fixes of a finding, those that keep everything first: the order in which a repair looks at them."""
    return sorted(finding.fixes, key=lambda fix: fix.safety is not Safety.SAFE)


def remedy(report: Report) -> Remedy:
    """The next step: a fix, a cut, or a way out that is no edit."""
    above = [found for found in report.findings if found.severity is not Severity.INFO]
    if not above:
        wanted = (Safety.RESTORES, Safety.MANUAL)
        apart = ((f, fix) for f in report.findings for fix in f.fixes if fix.safety in wanted and fix.edits)
        # What was left on purpose is no remedy: nothing is missing.
        offered = next(apart, None) if report.resume.undecided else None
        if offered is not None:
            return Remedy("f", offered[1].title, offered[1].price, offered[0])
        return Remedy("", "nothing to mend")
    if report.cause is Cause.UNKNOWN:
        return Remedy("p", "do not edit the file for it; shows what else helps")
    if report.cause in sentences.INNOCENT:
        advised = next((found for found in above if found.advice), None)
        way = sentences.main_way(advised.advice) if advised else None
        text = way.text if way else "no edit of this file helps"
        return Remedy("f" if advised else "p", f"ways out: {text}", "", advised)
    safe = [(f, fix) for f in above for fix in ranked(f)[:1] if fix.safety is Safety.SAFE]
    if len(safe) > 1:
        return Remedy("F", f"mends {len(safe)} of {count(len(above), 'problem')}", _together(safe))
    first = [(f, fix) for f in above for fix in ranked(f)[:1] if fix.edits]
    order = [Safety.SAFE, Safety.RESTORES, Safety.LOSSY, Safety.MANUAL]
    for severity in (Severity.ERROR, Severity.WARNING):
        found = [pair for pair in first if pair[0].severity is severity]
        if found:
            finding, fix = min(found, key=lambda pair: order.index(pair[1].safety))
            return Remedy("f", fix.title, fix.price, finding)
    resume = report.resume
    if not report.target.resumed:
        return Remedy("p", "no edit is known to help; shows what is wrong")
    if not resume.messages + resume.lost + resume.summarised + resume.rewound + resume.undecided:
        return Remedy("", "there is nothing in it to bring back")
    return Remedy("t", "cut back to a safe point: shows what goes")


def _together(safe: list[tuple[Finding, Fix]]) -> str:
    """What all fixes that keep everything cost together."""
    prices = [fix.price for _finding, fix in safe]
    return next((price for price in (words.SENT, words.NOTICES) if price in prices), words.KEEPS)
