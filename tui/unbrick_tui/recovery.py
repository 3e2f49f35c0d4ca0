"""Edits of a session that ended unexpectedly, kept until they are taken up or refused. They may hold words of the
conversation: nobody but the owner can read the file, and it goes as soon as it is not needed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from unbrick import edit
from unbrick.disk import is_dir, whole
from unbrick.editing.history import History
from unbrick.patch import Patch
from unbrick.record import END, FRAME, At
from unbrick.saving.atomic import Privacy, staged
from unbrick.saving.folders import private_folder
from unbrick_tui import state
from unbrick_tui.workspace import Workspace

LARGEST = 500_000_000
"""Bytes; more is not kept, nor is a larger file read."""
KINDS = {name: kind for name, kind in vars(edit).items() if isinstance(kind, type) and is_dataclass(kind)}
"""Every edit, and what edits are made of, by name."""


_taken: WeakKeyDictionary[Workspace, tuple[Path, int]] = WeakKeyDictionary()
"""The file whose edits a workspace took up, and its descriptor, locked as long as it has them: two applications that
have one session open have each its own."""


def file_of(workspace: Workspace) -> Path:
    """Where the edits that a workspace took up are kept, else where those of its session are kept first."""
    return _taken[workspace][0] if workspace in _taken else next(_places(workspace))


def _places(workspace: Workspace) -> Iterator[Path]:
    """Where edits of a session are kept, one place for each application that had it open."""
    name = hashlib.sha256(_real(workspace.bundle.path).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    for number in count(1):
        yield state.folder() / "unsaved" / (f"{name}.json" if number == 1 else f"{name}-{number}.json")


@cache
def _real(path: Path) -> str:
    """Where a session really stands. Asked once: its disk may not answer when the edits are to be kept."""
    return str(path.resolve())


def keep(workspace: Workspace) -> bool:
    """Keep the edits that are not saved anywhere; whether there were any and they are kept. Never raises OSError."""
    source = workspace.bundle.main
    if not workspace.unsaved or source.private:
        return False
    document = {
        "version": 1, "path": _real(workspace.bundle.path), "stamp": list(source.stamp),
        "steps": [[step.title, packed(step.edits), packed(dict(step.patch))] for step in workspace.history.done],
    }
    file, data = file_of(workspace), json.dumps(document).encode()
    if len(data) > LARGEST:
        return False
    with suppress(OSError):
        private_folder(file.parent)
        file.parent.chmod(0o700)
        with staged(file.parent, file.name, Privacy(), (data,)) as made:
            if workspace in _taken:
                made.put(file)
                return True
            for place in _places(workspace):
                with suppress(FileExistsError):
                    made.put_new(place)
                    return True
    return False


def hindrance() -> str:
    """Why edits could not be kept just now, as the end of a sentence; empty where they could. Never raises OSError."""
    place = state.folder() / "unsaved"
    there = next(folder for folder in (place, *place.parents) if os.path.lexists(folder))
    try:
        found = os.statvfs(there)
    except OSError as error:
        return f"{there}: {os.strerror(error.errno or 0).lower()}"
    if not is_dir(there) or found.f_flag & os.ST_RDONLY or not os.access(there, os.W_OK | os.X_OK):
        return f"{there} is no folder that can be written to"
    return f"there is no room in {there}" if found.f_blocks and not found.f_bavail else ""


def kept(workspace: Workspace) -> History | None:
    """Edits that were kept of a session, where its file is still the one that they were made on; those that another
    application has taken up are passed over. What is of no use any more is removed."""
    first = next(_places(workspace))
    for place in sorted(first.parent.glob(f"{first.stem}*.json")):
        with suppress(OSError):
            history = _taken_up(workspace, place)
            if history is not None:
                return history
    return None


def _taken_up(workspace: Workspace, place: Path) -> History | None:
    """The edits in a file, which is then this workspace's own; None where they are another's, cannot be read now, or
    are of no use. Raises OSError."""
    fd = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        document = json.loads(whole(place, LARGEST))
        if document["version"] == 1 and document["stamp"] == list(workspace.bundle.main.stamp):
            history = History(workspace.bundle.main)
            for title, edits, patch in document["steps"]:
                history = history.push(str(title), *_ours(unpacked(edits), unpacked(patch), len(history.source)))
            _taken[workspace] = place, fd
            return history
    except OSError:
        os.close(fd)
        return None
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        pass
    with suppress(OSError):
        place.unlink()
    os.close(fd)
    return None


def _ours(edits: Any, patch: Any, lines: int) -> tuple[tuple[edit.Edit, ...], Patch]:  # noqa: ANN401 - from a file
    """Edits and a patch of a source with so many lines. Raises ValueError for what this program did not write."""
    places = {FRAME, END}
    if not (
        isinstance(edits, tuple) and all(type(one) in KINDS.values() for one in edits) and isinstance(patch, dict)
        and all(type(line) is int and (0 < line <= lines or line in places) for line in patch)
        and all(isinstance(held, tuple) and all(type(one) is bytes for one in held) for held in patch.values())
        and len(patch.get(FRAME, "12")) == 2
    ):
        raise ValueError("not our own")
    return edits, patch


def forget(workspace: Workspace) -> None:
    """Remove what is kept of the edits that a workspace took up, if there were any."""
    with suppress(OSError):
        if workspace in _taken:
            file_of(workspace).unlink()
    let_go(workspace)


def let_go(workspace: Workspace) -> None:
    """Leave what is kept for another time."""
    taken = _taken.pop(workspace, None)
    if taken is not None:
        os.close(taken[1])


def packed(value: Any) -> Any:  # noqa: ANN401
    """A value as JSON can carry it: what JSON does not know is a list with its kind before it."""
    if isinstance(value, At):
        return ["at", value.line, value.part]
    if isinstance(value, bytes):
        return ["bytes", b64encode(value).decode()]
    if isinstance(value, tuple):
        return ["tuple", *map(packed, value)]
    if isinstance(value, list):
        return ["list", *map(packed, value)]
    if isinstance(value, Mapping):
        return ["map", *([packed(name), packed(one)] for name, one in value.items())]
    if is_dataclass(value):
        return [type(value).__name__, *(packed(getattr(value, one.name)) for one in fields(value))]
    return value


def unpacked(value: Any) -> Any:  # noqa: ANN401
    """What `packed` made of a value, back. Raises ValueError, TypeError or KeyError for anything else."""
    if not isinstance(value, list):
        return value
    kind, *rest = value
    if kind == "at":
        return At(*rest)
    if kind == "bytes":
        return b64decode(rest[0])
    if kind == "map":
        return {unpacked(name): unpacked(one) for name, one in rest}
    parts = [unpacked(one) for one in rest]
    if kind in ("tuple", "list"):
        return tuple(parts) if kind == "tuple" else parts
    return KINDS[kind](*parts)
