"""What is said around saving: where to, what was written, and what was not saved the last time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count as count_from
from pathlib import Path

from unbrick.printable import shell
from unbrick.restore import Backup
from unbrick.telling.wording import verdict
from unbrick_tui.recovery import Kept
from unbrick_tui.screens.choice import Answer
from unbrick_tui.storing import Saved
from unbrick_tui.text import count, size
from unbrick_tui.widgets.text_view import Paragraph
from unbrick_tui.workspace import Workspace

SESSION = Answer("session", "As a new session", "the original stays as it is; the client lists both")
PLACE = Answer("place", "In place", "replaces the original and keeps a backup beside it")
COPY = Answer("copy", "To a file", "a copy wherever you like")


def destinations(workspace: Workspace, owner: int | None) -> tuple[Answer, ...]:
    """Where to: a session only where a client can resume one, no place where there was no file or where a living
    client, of this process id, would write on."""
    answers = _destinations(workspace)
    return answers if owner is None else tuple(one for one in answers if one is not PLACE)


def _destinations(workspace: Workspace) -> tuple[Answer, ...]:
    if not _resumed(workspace):
        return (COPY,) if workspace.bundle.main.private else (COPY, PLACE)
    return (SESSION, COPY) if workspace.bundle.main.private else (SESSION, PLACE, COPY)


def about(workspace: Workspace, owner: int | None) -> list[Paragraph]:
    """What is about to be saved, and what resume will make of it; `owner` as above."""
    said: list[Paragraph] = [("plain", f"{number}. {title}") for number, title in enumerate(workspace.titles, 1)]
    if owner is not None:
        said.append(("warn", f"{workspace.format.name} (pid {owner}) has it open, so it is not replaced; a copy can be "
                             "saved now"))
    if workspace.outline is not None:
        word, style = verdict(workspace.outline.report)
        said.append((style, f"Afterwards: {word}"))
    return said


def suggested(workspace: Workspace) -> Iterator[Path]:
    """Names in the folder the person is in: a copy beside the original would be listed as a session."""
    name = Path(workspace.bundle.path.name)
    stem, suffix = name.stem or "session", name.suffix or ".jsonl"
    for number in count_from(1):
        yield Path.cwd() / f"{stem}.repaired{'' if number == 1 else f'-{number}'}{suffix}"


def free(workspace: Workspace) -> Path:
    """The first of these that nothing stands at."""
    return next(path for path in suggested(workspace) if not path.exists())


def receipt(workspace: Workspace, saved: Saved) -> list[Paragraph]:
    """What was written where, what a check says of it, how to resume it, and the figures to hold against it."""
    written, unit = saved.receipt, workspace.bundle.main.unit
    counts = [
        f"{number:,} {word}" for number, word in (
            (written.kept, "kept byte for byte"), (saved.moved, "moved"), (written.changed, "changed"),
            (written.added - saved.moved, "added"), (written.dropped - saved.moved, "dropped"),
        ) if number > 0
    ]
    said: list[Paragraph] = [("plain", str(written.path)), _checked_again(workspace, saved)]
    if written.command:
        said += [("plain", ""), ("plain", "To resume it:"), ("key", written.command)]
    elif written.session_id and _resumed(workspace):
        said += [("plain", ""), ("plain", f"Resume it as always; its id is still {written.session_id}.")]
    said += [("plain", ""), ("plain", f"{unit}s: {', '.join(counts)}")]
    if written.note:
        said.append(("warn", written.note))
    if written.backup is not None:
        said.append(("plain", f"What stood there before: {written.backup}"))
        said.append(("dim", f"B, or unbrick restore {_word(workspace)}, puts it back."))
    if written.beside:
        said.append(("dim", f"with it: {', '.join(sorted(path.name for path in written.beside))}"))
    if written.redacted:
        said.append(("plain", "Copied along, and redacted in them, too:"))
        said += [("plain", f"  {path}") for path in written.redacted]
    original = workspace.bundle.main
    for word, length, digest in (("before", original.size, saved.before), ("after", written.size, written.sha256)):
        said += [("dim", f"{word}: {size(length)}, SHA-256"), ("dim", f"  {digest}")]
    return said


def _checked_again(workspace: Workspace, saved: Saved) -> Paragraph:
    """What a check says of the file that was written, and whether that is what was shown before."""
    if saved.report is None:
        return "bad", "It cannot be read again."
    word, style = verdict(saved.report)
    loads = "loads " if _resumed(workspace) else ""
    said = f"Checked again: {word}, {loads}{count(saved.report.resume.messages, 'message')}"
    shown = workspace.outline.report if workspace.outline is not None else saved.report
    if verdict(shown)[0] != word or shown.resume.messages != saved.report.resume.messages:
        return "bad", f"{said}; shown before: {verdict(shown)[0]}, {count(shown.resume.messages, 'message')}"
    return style, said


def ago(seconds: float) -> str:
    """`just now`, `5 minutes ago`, `3 hours ago`, `12 days ago`."""
    for length, noun in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= length:
            return f"{count(int(seconds // length), noun)} ago"
    return "just now"


def backup_answers(workspace: Workspace, found: Sequence[tuple[Backup, str]]) -> list[Answer]:
    """Backups to choose from: age, size, and what each would undo."""
    now = datetime.fromisoformat(workspace.clock.now()).timestamp()
    return [
        Answer(str(index), f"{ago(now - backup.time)}, {size(backup.size)}", what)
        for index, (backup, what) in enumerate(found)
    ]


def _resumed(workspace: Workspace) -> bool:
    return workspace.outline is None or workspace.outline.report.target.resumed


def _word(workspace: Workspace) -> str:
    """What the session is found by: its id where the client keeps it, or else its path."""
    path, home = workspace.bundle.path, workspace.format.home(workspace.surroundings.config_dir)
    known = _resumed(workspace) and home in path.absolute().parents
    return str(workspace.bundle.session_id) if known else shell(str(path))


def left(found: Kept) -> list[Paragraph]:
    """Edits that were not saved the last time, and which of them can be done again."""
    said: list[Paragraph] = []
    if found.gone:
        one = "a line that it changes is" if len(found.gone) == 1 else "lines that they change are"
        said.append(("warn", f"The file has changed since: {count(len(found.gone), 'edit')} cannot be done again, as "
                             f"{one} no longer there."))
    elif found.changed:
        said.append(("plain", "The file has changed since; the lines that they change are as they were."))
    for number, title in enumerate(found.titles):
        gone = number in found.gone
        said.append(("dim" if gone else "plain", f"{number + 1}. {title}{' (cannot be done again)' if gone else ''}"))
    return said


def left_answers(found: Kept) -> list[Answer]:
    """What can be done with them."""
    refuse = Answer("refuse", "Leave them", "they are forgotten")
    if len(found.gone) == len(found.titles):
        return [Answer("keep", "Keep them for another time", "the file may come back"), refuse]
    if found.gone:
        return [Answer("apply", "Do the others again", "nothing is written before you save"), refuse]
    return [Answer("apply", "Do them again", "nothing is written before you save"), refuse]
