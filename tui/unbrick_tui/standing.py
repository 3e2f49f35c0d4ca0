"""What the status line says of a session: position, search, filter, findings, edits, file, target."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.finding import Severity
from unbrick.printable import printable
from unbrick.telling import sentences
from unbrick_tui import details
from unbrick_tui.text import clause, count, shorten
from unbrick_tui.widgets.status import Part
from unbrick_tui.workspace import Workspace

_NAMES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_STYLES = {Severity.ERROR: "$error", Severity.WARNING: "$warning", Severity.INFO: "$quiet"}


def parts(workspace: Workspace, row: int, found: Part | None = None, filtered: Part | None = None) -> Iterator[Part]:
    """Everything there is to say, with `row` at the cursor; `found` and `filtered` say what is searched and shown."""
    if found is not None:
        yield found
    if filtered is not None:
        yield filtered
    yield from _position(workspace, row)
    yield from _findings(workspace)
    if workspace.unsaved:
        number = len(workspace.titles)
        yield Part((f"{count(number, 'edit')} not saved", f"{number} unsaved"), 60, "$warning")
    yield from _target(workspace)
    name = printable(workspace.bundle.path.name)
    yield Part((name, shorten(name, 24), shorten(name, 12)), 10, "$quiet")


def _position(workspace: Workspace, row: int) -> Iterator[Part]:
    view, outline = workspace.view, workspace.outline
    if not len(view):
        yield Part(("the file is empty",), 90)
        return
    place = details.place(view, row)
    total = f" of {len(view.source):,}"
    yield Part((place + total, place), 70)
    if outline is not None:
        fate = details.fate(outline, row)
        place = fate.removeprefix("sent as ")
        yield Part((fate, clause(fate, 30), place if place != fate else clause(fate.split(":")[0], 18)), 30, "$quiet")


def _findings(workspace: Workspace) -> Iterator[Part]:
    if workspace.outline is None:
        return
    found = [finding.severity for finding in workspace.outline.report.findings]
    numbers = {severity: found.count(severity) for severity in _NAMES if severity in found}
    worst = next(iter(numbers), None)
    if worst is None:
        yield Part(("no problems",), 40, "$success")
        return
    glyphs = workspace.glyphs
    brief = " ".join(f"{getattr(glyphs, severity.value)}{number}" for severity, number in numbers.items())
    full = ", ".join(count(number, _NAMES[severity]) for severity, number in numbers.items())
    yield Part((full, brief), 40, _STYLES[worst])


def _target(workspace: Workspace) -> Iterator[Part]:
    if workspace.outline is not None:
        target = workspace.outline.report.target
        model = f", {printable(target.model)}" if target.model else ""
        who = sentences.client(target)
        brief = str(target.version) if target.resumed else who
        yield Part((f"{who}{model}", who, brief), 20, "$quiet")
