"""What of a record is worth having on the clipboard."""

from __future__ import annotations

from unbrick.entry import BlockKind
from unbrick.record import END, read
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.screens.choice import Answer
from unbrick_tui.text import one_line, shorten, size
from unbrick_tui.workspace import Workspace


def copyable(workspace: Workspace, row: int) -> list[tuple[str, str]]:
    """Label and text of all that can be copied of a row, the likeliest first; what a record does not have is left
    out. The texts are as they stand in the file: pass them through `printable` before showing them."""
    view, format_, bundle = workspace.view, workspace.format, workspace.bundle
    if not 0 <= row < len(view):
        return []
    raw = view.raw(row).rstrip(b"\r\n")
    line, _part = view.at(row)
    value, _fault = read(raw)
    found = [("message", format_.text(value) if value is not None else "")]
    entry = None if value is None else format_.entry(value)
    if entry is not None:
        found.append(("id", entry.uuid or ""))
        halves = (block for block in entry.blocks if block.kind in (BlockKind.TOOL_USE, BlockKind.TOOL_RESULT))
        found += [("call id", ref) for ref in dict.fromkeys(block.ref for block in halves) if ref]
    path = str(bundle.path)
    if not bundle.main.private:
        found += [("path and line", path if line >= END else f"{path}:{line}"), ("path", path)]
    if workspace.outline is not None:
        place = workspace.outline.report.situation.request.where(row)
        found.append(("place in the request", "" if place is None else f"messages.{place[0]}.content.{place[1]}"))
    found += [("session id", bundle.resume_id), ("command that resumes", bundle.resume)]
    found.append(("record as JSON", raw.decode("utf-8", "replace")))
    return [(label, text) for label, text in found if text.strip()]


def offered(found: list[tuple[str, str]], width: int, glyphs: Glyphs) -> list[Answer]:
    """What can be copied as answers to choose from, each in one line; an id is the place in the list."""
    return [
        Answer(str(index), shorten(f"{label:<20} {_brief(text)}", width, glyphs.ellipsis))
        for index, (label, text) in enumerate(found)
    ]


def _brief(text: str) -> str:
    """The beginning of a text, and how much it is where that is much."""
    line = one_line(text, 200)
    return f"{size(len(text))}: {line}" if len(text) > 400 else line
