"""Where a record stands, what becomes of it, and its findings in full."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.finding import Finding, Severity
from unbrick.patch import View
from unbrick.record import END
from unbrick.report import Report
from unbrick.rules import BY_CODE
from unbrick.session import Standing
from unbrick.telling import sentences
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.outline import REASONS, Outline
from unbrick_tui.prose import Paragraph
from unbrick_tui.remedy import ranked

STYLE = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.INFO: "dim"}
WORD = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def place(view: View, row: int) -> str:
    """`line 214`, `message 4`, `line 214, part 2`, `added at the end`."""
    line, part = view.at(row)
    if line >= END:
        return "added at the end"
    return f"{view.source.unit} {line:,}" + (f", part {part + 1}" if part else "")


def fate(outline: Outline, row: int) -> str:
    """What becomes of a row at the next resume, with its place in the request."""
    situation = outline.report.situation
    standing = outline.standing(row)
    if standing is not Standing.LOADED:
        if standing is Standing.LOST and not situation.target.resumed:
            return "lost: as the file stands, nothing of it can be sent"
        word = "" if standing is Standing.APART else f"{standing.name.lower()}: "
        return f"{word}{REASONS[standing]}"
    place = situation.request.where(row) if outline.sent else None
    if place is None:
        return "on the thread; nothing of it is sent"
    message, block = place
    return f"sent as messages.{message}" + (f".content.{block}" if block else "")


def finding(value: Finding, glyphs: Glyphs, *, explain: bool = True, fixes: bool = True) -> Iterator[Paragraph]:
    """A finding in full: sentence, the API's words, fixes with prices, ways out, the rule's explanation."""
    style = STYLE[value.severity]
    head = f"{getattr(glyphs, value.severity.value)} {WORD[value.severity]} {value.code} {value.name}"
    where = sentences.place(value).removesuffix(": ")
    yield style, f"{head}, {where}" if where else head
    yield "plain", value.message[:1].upper() + value.message[1:]
    if value.api_error:
        yield "dim", f"  the API or the client says: {value.api_error[:1000]}"
    for index, fix in enumerate(ranked(value) if fixes else ()):
        yield "plain", f"  {'f' if not index else 'or'}: {fix.title}: {fix.price}"
    for label, advice in sentences.labelled(value.advice, first=not value.fixes):
        yield "plain", f"  {label}: {advice.text}"
        if advice.command:
            yield "key", f"    {advice.command}"
    rule = BY_CODE.get(value.code)
    if explain and rule is not None and rule.explanation:
        yield "plain", ""
        yield from (("dim", text) for text in flowing(rule.explanation))


def flowing(text: str) -> Iterator[str]:
    """Paragraphs without the line breaks of the source; lists and indented lines keep theirs."""
    for index, paragraph in enumerate(text.split("\n\n")):
        if index:
            yield ""
        lines = paragraph.split("\n")
        fixed = any(line[:1] in " -*|" for line in lines if line)
        yield paragraph if fixed else " ".join(lines)


def ways_out(report: Report) -> Iterator[Paragraph]:
    """What helps when no edit does: each finding's advice, and that of the last error."""
    for found in report.findings:
        for advice in found.advice:
            yield "plain", advice.text
            if advice.command:
                yield "key", f"    {advice.command}"
    if report.last_error is not None:
        for advice in report.last_error.advice:
            yield "plain", advice.text
            if advice.command:
                yield "key", f"    {advice.command}"
