"""What is said around saving: where to, and what was written."""

from __future__ import annotations

from pathlib import Path

from unbrick.save import Receipt
from unbrick_tui import headline
from unbrick_tui.screens.choice import Answer
from unbrick_tui.text import count, size
from unbrick_tui.widgets.text_view import Paragraph
from unbrick_tui.workspace import Workspace

DESTINATIONS = (
    Answer("session", "As a new session", "the original stays as it is; the client lists both"),
    Answer("place", "In place", "replaces the original and keeps a backup beside it"),
    Answer("copy", "To a file", "a copy wherever you like"),
)


def about(workspace: Workspace) -> list[Paragraph]:
    """What is about to be saved, and what resume will make of it."""
    said: list[Paragraph] = [("plain", f"{number}. {title}") for number, title in enumerate(workspace.titles, 1)]
    if workspace.outline is not None:
        word, style = headline.verdict(workspace.outline.report)
        said.append((style, f"Afterwards: {word}"))
    return said


def suggested(workspace: Workspace) -> Path:
    """A free name in the folder the person is in: a copy beside the original would be listed as a session."""
    stem = Path(workspace.bundle.path.name).stem or "session"
    number = 1
    while True:
        path = Path.cwd() / f"{stem}-repaired{'' if number == 1 else f'-{number}'}.jsonl"
        if not path.exists():
            return path
        number += 1


def receipt(workspace: Workspace, written: Receipt) -> list[Paragraph]:
    """What was written where, and how to resume it."""
    counts = [
        f"{number:,} {word}" for number, word in (
            (written.kept, "kept byte for byte"), (written.changed, "changed"), (written.added, "added"),
            (written.dropped, "dropped"),
        ) if number
    ]
    said: list[Paragraph] = [
        ("plain", f"{written.path} ({size(written.size)}; lines: {', '.join(counts)})"),
    ]
    if written.backup is not None:
        said.append(("plain", f"What stood there before: {written.backup}"))
        said.append(("dim", f"unbrick restore {workspace.bundle.session_id} puts it back."))
    if written.note:
        said.append(("warn", written.note))
    if written.command:
        said += [("plain", ""), ("plain", "To resume it:"), ("key", written.command)]
    elif written.session_id:
        said += [("plain", ""), ("plain", f"Resume it as always; its id is still {written.session_id}.")]
    if workspace.outline is not None:
        word, style = headline.verdict(workspace.outline.report)
        where = f"{count(workspace.outline.report.resume.messages, 'message')}"
        said += [("plain", ""), (style, f"{word}: loads {where}")]
    return said
