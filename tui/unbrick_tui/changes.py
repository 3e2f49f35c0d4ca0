"""What a repair or a cut changes, as plain text: words first, then the lines."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.finding import Severity
from unbrick.printable import printable, shorten
from unbrick.repair import Repaired
from unbrick.telling import diff, sentences
from unbrick_tui.render import Paint, headline, plain

_STYLE = {"-": "remove", "+": "add", "@": "dim"}


def change_lines(result: Repaired, paint: Paint = plain) -> Iterator[str]:
    """The fixes applied with their price, what becomes of each line, and the lines themselves."""
    source = result.before.bundle.main
    found = diff.changes(source, result.patch)
    if not found:
        yield "Nothing to change."
        return
    for applied in result.applied:
        place = f"{applied.finding.id}: " if applied.finding.at is not None else ""
        yield f"{place}{printable(applied.fix.title)} ({printable(applied.fix.price)})"
    yield ""
    moved = diff.moves(found)
    for change in found:
        yield from change.words(moved)
    yield ""
    for change in found:
        for line in diff.lines(change):
            yield paint(line, _STYLE[line[0]]) if line[0] in _STYLE else line
    yield ""
    yield diff.count(found, source)


def outcome_lines(result: Repaired, paint: Paint = plain) -> Iterator[str]:
    """The verdict before and after."""
    yield f"before: {headline(result.before, paint)}"
    yield f"after:  {headline(result.after, paint)}"
    if result.after.cause in sentences.INNOCENT:
        yield f"  {sentences.sentence(result.after)}"
    left = [finding for finding in result.after.findings if finding.severity is not Severity.INFO]
    for finding in left[:8]:
        ways = [f"{fix.id} ({fix.safety.value}: {printable(fix.price)})" for fix in finding.fixes if fix.edits]
        said = shorten(printable(finding.message), 120)
        yield f"  left: {finding.id} {said}" + (f"; fixes: {', '.join(ways)}" if ways else "")
    if len(left) > 8:
        yield f"  and {len(left) - 8:,} more (unbrick check lists all)"
