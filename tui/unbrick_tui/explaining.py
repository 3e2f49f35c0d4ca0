"""What an error means, as paragraphs to read and places to go to."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.printable import shorten
from unbrick.record import At
from unbrick.report import Report
from unbrick.telling import sentences
from unbrick.why import Explanation
from unbrick_tui import details
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.prose import Paragraph
from unbrick_tui.remedy import ranked
from unbrick_tui.screens.choice import Answer

QUOTED = 300
LISTED = 6
"""Places and findings that are named."""
FIX = "fix"


def about(found: Explanation, glyphs: Glyphs) -> Iterator[Paragraph]:
    """The explanation in words: the error, what it means, what accounts for it here, what helps."""
    yield "dim", f"“{shorten(' '.join(found.text.split()), QUOTED)}”"
    yield ("good" if found.innocent else "bad"), (
        f"{found.title}: no edit of the file helps" if found.innocent else found.title
    )
    told = {finding.message for finding in found.findings[:LISTED]}
    yield from (("plain", said) for said in found.sentences if said not in told)
    for finding in found.findings[:LISTED]:
        yield "plain", ""
        yield from details.finding(finding, glyphs, explain=False)
    if not found.findings:
        for label, advice in sentences.labelled(found.advice):
            yield "plain", f"  {label}: {advice.text}"
            if advice.command:
                yield "key", f"    {advice.command}"


def rows(found: Explanation, report: Report | None) -> list[tuple[int, str]]:
    """(row, what stands there) of what the error is about: what accounts for it first."""
    if report is None:
        return []
    view, unit = report.situation.session.scan.view, report.bundle.main.unit
    placed: dict[int, str] = {
        finding.row: f"{finding.code} {finding.name}" for finding in found.findings if finding.row is not None
    }
    for line, what in found.places:
        row = view.row(At(line))
        if row is not None:
            placed.setdefault(row, what)
    return [(row, f"{unit} {view.at(row).line:,}: {what}") for row, what in list(placed.items())[:LISTED]]


def answers(found: Explanation, places: list[tuple[int, str]]) -> list[Answer]:
    """The fix first, where there is one, then the places; an id is a row, or `fix`."""
    fixes = [fix for finding in found.findings if finding.row is not None for fix in ranked(finding)]
    first = [Answer(FIX, fix.title, f"{fix.price}; f at the record") for fix in fixes[:1]]
    return [*first, *(Answer(str(row), f"Go to {said}") for row, said in places)]
