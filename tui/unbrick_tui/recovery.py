"""Edits of a session that ended unexpectedly, kept until they are taken up or refused. They may hold words of the
conversation: nobody but the owner can read the file, and it goes as soon as it is not needed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from unbrick import edit
from unbrick.disk import is_dir, whole
from unbrick.editing.history import History, Step
from unbrick.errors import CannotReadError
from unbrick.patch import EMPTY
from unbrick.record import END
from unbrick.saving.atomic import Privacy, staged
from unbrick.saving.folders import private_folder
from unbrick.source import Source
from unbrick_tui import state
from unbrick_tui.packing import ours, packed, unpacked
from unbrick_tui.workspace import Work, Workspace

EVERY = 256
"""Lines that are looked at before it is asked whether to go on."""
LARGEST = 500_000_000
"""Bytes; more is not kept, nor is a larger file read."""


class Kept(NamedTuple):
    """Edits that were kept, as a history of the file as it stands now. `place` is where they are kept, `fd` its
    descriptor, locked: two applications that have one session open have each its own. `titles` are those of all;
    `gone` the places among them of those that are left out, as a line that they name is no longer there; `changed`
    whether the file is another than they were made on, so that the patches are to be made anew."""

    place: Path
    fd: int
    history: History
    titles: tuple[str, ...]
    gone: frozenset[int] = frozenset()
    changed: bool = False


Understood = tuple[History, tuple[str, ...], frozenset[int], bool]
"""All but the file that they are in."""

_taken: WeakKeyDictionary[Workspace, Kept] = WeakKeyDictionary()
"""What a workspace took up."""


def file_of(workspace: Workspace) -> Path:
    """Where the edits that a workspace took up are kept, else where those of its session are kept first."""
    return _taken[workspace].place if workspace in _taken else next(_places(workspace))


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
        "version": 2, "path": _real(workspace.bundle.path), "stamp": list(source.stamp),
        "lines": _named(workspace.history),
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


def _named(history: History) -> dict[int, str]:
    """The lines that edits name, with their digests as they stand in the file; not those that an edit before had
    changed. From memory: the disk of the session may not answer."""
    found: dict[int, str] = {}
    before = history.start
    for step in history.done:
        for at, raw, _uuid in step.witnesses:
            if not at.part and at.line not in before and at.line not in found:
                found[at.line] = _digest(raw)
        before = step.patch
    return found


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw.rstrip(b"\r\n")).hexdigest()


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


def kept(workspace: Workspace) -> Work[Kept | None]:
    """Edits that were kept of a session; those that another application has taken up are passed over. What this program
    did not write is removed."""
    first = next(_places(workspace))
    for place in sorted(first.parent.glob(f"{first.stem}*.json")):
        with suppress(OSError):
            found = yield from _locked(workspace.bundle.main, place)
            if found is not None:
                return found
    return None


def _locked(source: Source, place: Path) -> Work[Kept | None]:
    """The edits in a file; None where they are another's, cannot be read now, or are of no use. Raises OSError."""
    fd = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = yield from _understood(source, json.loads(whole(place, LARGEST)))
        return Kept(place, fd, *found)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        with suppress(OSError):
            place.unlink()
    except (OSError, CannotReadError):
        pass
    except BaseException:
        os.close(fd)
        raise
    os.close(fd)
    return None


def _understood(source: Source, document: Any) -> Work[Understood]:  # noqa: ANN401 - from a file
    """Raises ValueError, TypeError, LookupError or AttributeError for what this program did not write."""
    if document["version"] != 2:
        raise ValueError("not our own")
    titles = tuple(str(title) for title, _edits, _patch in document["steps"])
    if document["stamp"] != list(source.stamp):
        history, gone = yield from _elsewhere(source, document)
        return history, titles, gone, True
    history = History(source)
    for title, edits, patch in document["steps"]:
        history = history.push(str(title), *ours(unpacked(edits), unpacked(patch), len(source)))
    return history, titles, frozenset(), False


def _elsewhere(source: Source, document: Any) -> Work[tuple[History, frozenset[int]]]:  # noqa: ANN401 - from a file
    """Edits with the places where the lines stand now that they name, and which are left out."""
    digests = {int(line): str(digest) for line, digest in document["lines"].items()}
    now = yield from _found(source, digests)
    still = all(now.get(line) == line for line in digests)
    fitting: list[Step] = []
    gone: set[int] = set()
    for number, (title, edits, _patch) in enumerate(document["steps"]):
        before, _ = ours(unpacked(edits), {}, 0)
        named = {at.line for one in before for at in edit.places(one)}
        # Of a line that an edit before had changed there is no digest: it stands where the others stand.
        if all(line in now if line in digests else still or line >= END for line in named):
            fitting.append(Step(str(title), unpacked(edits, now), EMPTY))
        else:
            gone.add(number)
    return History(source, tuple(fitting), len(fitting)), frozenset(gone)


def _found(source: Source, digests: Mapping[int, str]) -> Work[dict[int, int]]:
    """Where lines stand now: in their place, or else anywhere. Raises CannotReadError."""
    found = {
        line: line for line, digest in digests.items()
        if 0 < line <= len(source) and _digest(source[line - 1]) == digest
    }
    still = set(found)
    missed: dict[str, list[int]] = {}
    for line in sorted(digests.keys() - found.keys()):
        missed.setdefault(digests[line], []).append(line)
    for number, raw in enumerate(source.lines() if missed else (), 1):
        if not number % EVERY:
            yield number
        if number not in still and (moved := missed.get(_digest(raw))):
            found[moved.pop(0)] = number
    return found


def take(workspace: Workspace, found: Kept) -> None:
    """From now on they are this workspace's own."""
    _taken[workspace] = found


def refuse(found: Kept) -> None:
    """Remove them."""
    with suppress(OSError):
        found.place.unlink()
    let_go(found)


def let_go(found: Kept) -> None:
    """Leave them for another time."""
    os.close(found.fd)


def forget(workspace: Workspace) -> None:
    """Remove what is kept of the edits that a workspace took up, if there were any."""
    found = _taken.pop(workspace, None)
    if found is not None:
        refuse(found)
