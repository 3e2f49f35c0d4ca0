"""Writing what a workspace holds, and putting backups back: work for a thread. What was written is read again."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from unbrick.check import check
from unbrick.diff import changes, moves
from unbrick.errors import CannotReadError
from unbrick.patch import EMPTY
from unbrick.report import Report
from unbrick.restore import Backup, kept, undoes
from unbrick.restore import restore as put_back
from unbrick.save import Receipt, keep_all, save_as_session, save_copy, save_in_place
from unbrick.source import Source
from unbrick_tui.workspace import Work, Workspace


class Saved(NamedTuple):
    """What was written, the SHA-256 of the original, how many lines only moved, and what a check says of the file
    that now stands there (None where it cannot be read)."""

    receipt: Receipt
    before: str
    moved: int
    report: Report | None


class Restored(NamedTuple):
    """A backup that was put back."""

    receipt: Receipt


def save(workspace: Workspace, where: str, path: Path | None = None) -> Work[Saved]:
    """Write: `session` a new session beside this one, `place` over this one with a backup, `copy` to a path."""
    before = yield from _digest(workspace)
    bundle, patch, clock = workspace.bundle, workspace.patch, workspace.clock
    edits = [edit for step in workspace.history.done for edit in step.edits]
    if where == "session":
        receipt = save_as_session(workspace.format, bundle, patch, clock, edits=edits)
    elif where == "place":
        receipt = save_in_place(workspace.format, bundle, patch, clock, edits)
    else:
        assert path is not None, "a copy goes to a path"
        receipt = save_copy(bundle, patch, path)
    moved = len(moves(changes(bundle.main, patch)))
    return Saved(receipt, before, moved, (yield from _checked(workspace, receipt.path)))


def _digest(workspace: Workspace) -> Work[str]:
    """SHA-256 of the file as it was read."""
    digest, source = sha256(), workspace.bundle.main
    for number, chunk in enumerate(source.patched(EMPTY)):
        digest.update(chunk)
        yield number
    return digest.hexdigest()


def _checked(workspace: Workspace, path: Path) -> Work[Report | None]:
    """What a check says of a file that was written, for the same target."""
    outline = workspace.outline
    try:
        source = Source.open(path)
    except CannotReadError:
        return None
    with source:
        bundle = workspace.format.bundle(workspace.format.frame(source) or source)
        target = outline.report.target if outline is not None else None
        return (yield from check(workspace.format, bundle, EMPTY, target, workspace.surroundings))


def keep(workspace: Workspace) -> Work[list[Path]]:
    """Keep copies of all the session's files as they are on disk, before it is resumed."""
    yield 0
    return keep_all(workspace.bundle, workspace.clock)


def backups(workspace: Workspace) -> Work[tuple[tuple[Backup, str], ...]]:
    """The backups beside the file, newest first, and what each would undo."""
    found: list[tuple[Backup, str]] = []
    for backup in kept(workspace.bundle.path):
        yield len(found)
        with suppress(CannotReadError):
            found.append((backup, undoes(workspace.bundle.path, backup.path)))
    return tuple(found)


def restore(workspace: Workspace, backup: Path) -> Work[Restored]:
    """Put a backup back; what stands there now becomes a backup itself."""
    yield 0
    return Restored(put_back(workspace.format, workspace.bundle.path, workspace.clock, backup))
