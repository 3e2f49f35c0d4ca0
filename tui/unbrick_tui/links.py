"""The relations of a record as answers to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from unbrick.relations import Related, Relation, Tie
from unbrick.session import NO_PARENT
from unbrick_tui import details
from unbrick_tui.outline import Outline
from unbrick_tui.readable import value_of
from unbrick_tui.rows import say
from unbrick_tui.screens.choice import Answer
from unbrick_tui.text import shorten
from unbrick_tui.workspace import Workspace

FOLD = "fold_here"
"""The action of the session that opens what was handed on."""


def answers(workspace: Workspace, found: Related, width: int) -> Iterator[Answer]:
    """One answer per relation whose record the file holds, with what that says cut to `width` cells; its id is the
    kind of link and the row."""
    glyphs, view = workspace.glyphs, workspace.view
    seen: set[int] = set()
    for relation in found.relations:
        if relation.row is None or (relation.row in seen and relation.tie is Tie.PART):
            continue
        seen.add(relation.row)
        said = say(workspace.format, view.raw(relation.row), glyphs)
        yield Answer(
            f"{relation.tie.name} {relation.row}", f"{relation.tie.value} {details.place(view, relation.row)}",
            shorten(f"{said.glyph} {said.word}  {said.text}", width, glyphs.ellipsis),
        )


def works(outline: Outline, row: int) -> Iterator[Answer]:
    """The work that a call at a row handed to subagents."""
    if row in outline.handed:
        yield Answer(f"{FOLD} {row}", "the work that it handed on", "; ".join(map(str, outline.handed[row])))


def row_of(answer: str) -> tuple[str, int]:
    """The kind of link that was chosen, and the row that it goes to."""
    kind, row = answer.split()
    return kind, int(row)


def about(workspace: Workspace, outline: Outline, row: int, found: Related) -> Iterator[tuple[str, str]]:
    """What cannot be gone to: a missing parent, a root, another session, files beside this one."""
    session = outline.report.situation.session
    if row < len(session) and session.parent_row[row] == NO_PARENT and session.uuid(row):
        yield "dim", "It follows nothing: the conversation, or a part of it, begins here."
    for relation in found.relations:
        if relation.row is None:
            yield "warn", f"It {_spoken(relation)}."
    value, _fault = value_of(workspace.view, row, outline)
    origin = None if value is None else workspace.format.forked_from(value)
    if origin is not None:
        of = f", record {origin[1]}" if origin[1] else ""
        yield "plain", f"It was copied from session {origin[0]}{of}, when this one was forked."
    beside = [*chain.from_iterable(workspace.bundle.evidence.values())]
    raw = workspace.view.raw(row) if beside else b""
    for path in beside:
        if path.name.encode() in raw:
            yield "plain", f"More of it stands in {path}."
    if found.more:
        yield "dim", f"{found.more:,} more are not listed."


def _spoken(relation: Relation) -> str:
    return f"{relation.tie.value}: {relation.ref}" if relation.ref else relation.tie.value
