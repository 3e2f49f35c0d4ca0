"""What is said around saving: where to, and what was written."""

from __future__ import annotations

from pathlib import Path

from unbrick.printable import shell
from unbrick.save import Receipt
from unbrick.wording import verdict
from unbrick_tui.screens.choice import Answer
from unbrick_tui.text import count, size
from unbrick_tui.widgets.text_view import Paragraph
from unbrick_tui.workspace import Workspace

SESSION = Answer("session", "As a new session", "the original stays as it is; the client lists both")
PLACE = Answer("place", "In place", "replaces the original and keeps a backup beside it")
COPY = Answer("copy", "To a file", "a copy wherever you like")


def destinations(workspace: Workspace) -> tuple[Answer, ...]:
    """Where to: a session only where a client can resume one, no place where there was no file."""
    if not _resumed(workspace):
        return (COPY,) if workspace.bundle.main.private else (COPY, PLACE)
    return (SESSION, COPY) if workspace.bundle.main.private else (SESSION, PLACE, COPY)


def about(workspace: Workspace) -> list[Paragraph]:
    """What is about to be saved, and what resume will make of it."""
    said: list[Paragraph] = [("plain", f"{number}. {title}") for number, title in enumerate(workspace.titles, 1)]
    if workspace.outline is not None:
        word, style = verdict(workspace.outline.report)
        said.append((style, f"Afterwards: {word}"))
    return said


def suggested(workspace: Workspace) -> Path:
    """A free name in the folder the person is in: a copy beside the original would be listed as a session."""
    name = Path(workspace.bundle.path.name)
    stem, suffix = name.stem or "session", name.suffix or ".jsonl"
    number = 1
    while True:
        path = Path.cwd() / f"{stem}.repaired{'' if number == 1 else f'-{number}'}{suffix}"
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
        ("plain", f"{written.path} ({size(written.size)}; {workspace.bundle.main.unit}s: {', '.join(counts)})"),
    ]
    if written.backup is not None:
        said.append(("plain", f"What stood there before: {written.backup}"))
        said.append(("dim", f"unbrick restore {_word(workspace)} puts it back."))
    if written.beside:
        said.append(("dim", f"with it: {', '.join(sorted(path.name for path in written.beside))}"))
    if written.note:
        said.append(("warn", written.note))
    if written.command:
        said += [("plain", ""), ("plain", "To resume it:"), ("key", written.command)]
    elif written.session_id and _resumed(workspace):
        said += [("plain", ""), ("plain", f"Resume it as always; its id is still {written.session_id}.")]
    if workspace.outline is not None:
        word, style = verdict(workspace.outline.report)
        loads = "loads " if _resumed(workspace) else ""
        said += [("plain", ""), (style, f"{word}: {loads}{count(workspace.outline.report.resume.messages, 'message')}")]
    return said


def _resumed(workspace: Workspace) -> bool:
    return workspace.outline is None or workspace.outline.report.target.resumed


def _word(workspace: Workspace) -> str:
    """What the session is found by: its id where the client keeps it, or else its path."""
    path, home = workspace.bundle.path, workspace.format.home(workspace.surroundings.config_dir)
    known = _resumed(workspace) and home in path.absolute().parents
    return str(workspace.bundle.session_id) if known else shell(str(path))
