"""Writing what a workspace holds, and putting backups back: work for a thread. What was written is read again."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from unbrick.check import check
from unbrick.errors import CannotReadError, UnbrickError
from unbrick.patch import EMPTY
from unbrick.report import Report
from unbrick.restore import Backup, kept, undoes
from unbrick.restore import restore as put_back
from unbrick.save import Receipt, keep_all, save_as_session, save_copy, save_in_place
from unbrick.telling.diff import changes, moves
from unbrick_tui.outline import Outline
from unbrick_tui.workspace import Result, Work, Workspace


class Saved(NamedTuple):
    """What was written, the SHA-256 of the original, how many lines only moved, and what a check says of the file
    that now stands there (None where it cannot be read); what to go on with, where that is the session itself."""

    receipt: Receipt
    before: str
    moved: int
    report: Report | None
    now: Result | None


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
    return Saved(receipt, before, moved, *(yield from _checked(workspace, receipt)))


def _digest(workspace: Workspace) -> Work[str]:
    """SHA-256 of the file as it was read."""
    digest, source = sha256(), workspace.bundle.main
    for number, chunk in enumerate(source.patched(EMPTY)):
        digest.update(chunk)
        yield number
    return digest.hexdigest()


def _checked(workspace: Workspace, receipt: Receipt) -> Work[tuple[Report | None, Result | None]]:
    """What a check says of a file that was written, for the same target. One that took the place of the session stays
    open, and the check is the session's own. All that fails here is the check: it is written."""
    with suppress(UnbrickError, OSError):
        # The session goes by the name that the person gave it.
        bundle = workspace.anew(None if receipt.backup is not None else receipt.path)
        target = workspace.outline.report.target if workspace.outline is not None else None
        replaced = False
        try:
            report = yield from check(workspace.format, bundle, EMPTY, target, workspace.surroundings)
            replaced = receipt.backup is not None
        finally:
            if not replaced:
                bundle.main.close()
        if replaced:
            outline = Outline.of(report)
            return report, Result(outline, None, "", bundle, outline)
        return report, None
    return None, None


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
