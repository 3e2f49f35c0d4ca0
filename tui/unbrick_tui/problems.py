"""The list of problems: what stands above it, and one answer per finding."""

from __future__ import annotations

from collections.abc import Sequence

from unbrick.finding import Finding
from unbrick.telling import sentences
from unbrick_tui import details
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.outline import Outline
from unbrick_tui.remedy import ranked
from unbrick_tui.screens.choice import Answer
from unbrick_tui.text import clause, count, one_line
from unbrick_tui.widgets.text_view import Paragraph

MOST = 2000
"""Findings in the list; the count is of all."""
WORK = "work "
"""Before the number of a subagent."""


def overview(outline: Outline) -> tuple[str, list[Paragraph]]:
    """What stands above the list of problems: the verdict, the last recorded error, what helps beside edits."""
    report = outline.report
    counts = report.counts()
    said = ", ".join(count(number, details.WORD[severity]) for severity, number in counts.items() if number)
    texts = (sentences.sentence(report), sentences.last_error(report))
    about: list[Paragraph] = [("plain", text) for text in texts if text]
    ways = list(details.ways_out(report))
    if ways:
        about += [("plain", ""), ("head", "What helps"), *ways]
    return f"Problems: {said or 'none'}", about


def listed(findings: Sequence[Finding], glyphs: Glyphs) -> list[Answer]:
    """The findings, named by their numbers from 0: sentence, and the first fix with its price."""
    return [_listed(finding, index, glyphs) for index, finding in enumerate(findings[:MOST])]


def works(outline: Outline) -> list[Answer]:
    """The subagents whose call is not known, which stand under no record."""
    return [Answer(f"{WORK}{index}", str(one), "its call is not known") for index, one in enumerate(outline.apart)]


def _listed(finding: Finding, index: int, glyphs: Glyphs) -> Answer:
    fix = f"f: {ranked(finding)[0].title}: {ranked(finding)[0].price}" if finding.fixes else ""
    head = f"{getattr(glyphs, finding.severity.value)} {details.WORD[finding.severity]} {finding.code} "
    said = clause(one_line(finding.message, 1000), 300, glyphs.ellipsis)
    return Answer(str(index), head + sentences.place(finding) + said, one_line(fix))
