"""Saving: a copy, a session of its own, or the original replaced with its backup kept. Never a part of a file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import count as count_up
from pathlib import Path

from unbrick.bundle import Bundle
from unbrick.disk import is_dir
from unbrick.edit import Edit
from unbrick.errors import CannotWriteError, SessionInUseError, SourceChangedError
from unbrick.formats import Clock, Clone, Format
from unbrick.patch import EMPTY, Patch, View, compose
from unbrick.record import END, FRAME, At
from unbrick.redact import in_folder, in_parts
from unbrick.saving import atomic, folders
from unbrick.saving.atomic import BACKUP, Privacy, Staged
from unbrick.saving.beside import follow, left_as_were, suffix_of
from unbrick.saving.leftovers import note, sweep
from unbrick.source import Source


@dataclass(frozen=True)
class Receipt:
    """What was written where. Counts are lines; `changed` ones were rewritten in part. `backup` holds what stood
    there before; `command` resumes the session; `note` is a sentence for the person, or empty."""

    path: Path
    size: int
    sha256: str
    kept: int
    changed: int
    added: int
    dropped: int
    backup: Path | None = None
    session_id: str | None = None
    command: str | None = None
    note: str = ""
    beside: tuple[Path, ...] = ()
    """Other files of the session that were written with it."""
    redacted: tuple[Path, ...] = ()
    """Files that were copied along, and in which the same was redacted."""


def patched(source: Source, patch: Patch = EMPTY) -> Iterator[bytes]:
    """The bytes of a source as a patch leaves them. Raises SourceChangedError when the file shrank."""
    return source.patched(patch)


def count(source: Source, patch: Patch) -> tuple[int, int, int, int]:
    """Lines kept, changed, added and dropped by a patch."""
    changed = added = dropped = touched = 0
    for line, pieces in patch.items():
        if line == END:
            added += len(pieces)
        if line in (END, FRAME):
            continue
        touched += 1
        raw = source[line - 1].removesuffix(b"\n")
        if not pieces:
            dropped += 1
        elif raw in pieces:
            touched -= 1
            added += len(pieces) - 1
        else:
            changed += 1
            added += len(pieces) - 1
    return len(source) - touched, changed, added, dropped


def save_copy(bundle: Bundle, patch: Patch, path: Path) -> Receipt:
    """Write the patched transcript to a path that must be free. As private as the original.

    Raises CannotWriteError, or SourceChangedError when the original was rewritten since it was read; one that only
    grew is copied as it was read.
    """
    source = bundle.main
    if os.path.lexists(path):
        raise CannotWriteError(f"{path} exists already; choose another name. Nothing was changed.")
    if not is_dir(path.parent):
        raise CannotWriteError(f"{path.parent} is not a folder; make it first. Nothing was changed.")
    _insist_intact(source)
    sweep(path.parent)
    return _written(source, patch, path)


def _written(source: Source, patch: Patch, path: Path) -> Receipt:
    privacy = Privacy.like(source)
    with refusals(path), atomic.staged(path.parent, path.name, privacy, patched(source, patch)) as new:
        _insist_intact(source)
        new.put_new(path)
    return Receipt(path, new.size, new.sha256, *count(source, patch), note=_grown(source))


def save_as_session(
    format_: Format, bundle: Bundle, patch: Patch, clock: Clock, title: str | None = None, edits: Iterable[Edit] = (),
) -> Receipt:
    """Write the patched transcript as a new session that the client can resume; the original stays as it is.

    Side folders come along first, so that the session appears only when it is whole. What the `edits` that led to the
    patch redact is redacted in them, and in the files that are written anew, too. Raises as `save_copy`.
    """
    clone = format_.clone(bundle, patch, clock, title)
    edits = tuple(edits)
    clone = replace(clone, files=in_parts((), clone.files, edits))
    if clone.folder is not None:
        return _save_as_folder(bundle, patch, clone, clone.folder)
    with refusals(clone.path):
        folders.private_folder(clone.path.parent)
    _insist_intact(bundle.main)
    sweep(clone.path.parent)
    whole = compose(patch, {At(END, len(patch.get(END, ()))): clone.append}) if clone.append else patch
    redacted: list[Path] = []
    with ExitStack() as copies:
        for source, destination in clone.copies:
            with refusals(destination):
                copy = copies.enter_context(folders.copied_tree(source, destination))
                for path, data in in_folder(format_, copy.path, edits):
                    with atomic.staged(path.parent, path.name, Privacy.of(path), (data,)) as new:
                        new.put(path)
                    redacted.append(destination / path.relative_to(copy.path))
                copy.put(clone.path)
        receipt = _written(bundle.main, whole, clone.path)
    return replace(receipt, session_id=clone.session_id, command=clone.command, redacted=tuple(redacted))


def _save_as_folder(bundle: Bundle, patch: Patch, clone: Clone, folder: Path) -> Receipt:
    """A session that is a folder: made beside under a name that no client lists, and renamed when it is complete. A
    file of it that stands elsewhere goes first: the client looks for it by the folder's name."""
    _insist_intact(bundle.main)
    with refusals(folder):
        folders.private_folder(folder.parent)
        sweep(folder.parent)
        with folders.staged_folder(folder) as made:
            receipt = None
            for path, chunks in ((clone.path, None), *clone.files.items()):
                inside = folder in path.parents
                there = made / path.relative_to(folder) if inside else path
                if not inside:
                    note(made.parent, folder, ((there.parent, there.parent),))
                folders.private_folder(there.parent)
                data = patched(bundle.main, patch) if chunks is None else (chunks,)
                own = next((part for part in bundle.parts.values() if part.name == path.name), None)
                privacy = Privacy.like(bundle.main) if own is None else Privacy.of(own)
                with atomic.staged(there.parent, there.name, privacy, data) as new:
                    if not inside:
                        note(made.parent, folder, ((there.parent, there.parent), (new.path, there)))
                    new.put_new(there)
                if receipt is None:
                    receipt = Receipt(
                        path, new.size, new.sha256, *count(bundle.main, patch), session_id=clone.session_id,
                        command=clone.command, note=_grown(bundle.main), beside=tuple(clone.files),
                    )
            _insist_intact(bundle.main)
    assert receipt is not None, "the transcript is the first of the files"
    return receipt


def save_in_place(
    format_: Format, bundle: Bundle, patch: Patch, clock: Clock, edits: Iterable[Edit] = (),
) -> Receipt:
    """Replace the transcript by the patched one and keep a backup of what stood there.

    Files that must fit it follow, each with a backup of its own: stopped in between, they are as they were, and the
    client writes them anew. What the `edits` that led to the patch redact is redacted in them, too. A link to the file
    stays a link. Raises SessionInUseError when a live process has the session open, SourceChangedError when the file is
    no longer the one that was read or another save replaces it just now, CannotWriteError otherwise; in each case the
    original is untouched.
    """
    source = bundle.main
    real = insist_replaceable(source)
    insist_unowned(format_, bundle)
    insist_unchanged(source)
    with refusals(real):
        parts = in_parts(bundle.parts.values(), format_.follow(bundle, View(source, patch)), edits)
    sweep(real.parent)
    with refusals(real), atomic.staged(real.parent, real.name, Privacy.of(real), patched(source, patch)) as new:
        insist_unowned(format_, bundle)
        backup, note = replace_kept(source, real, new, clock)
    beside = tuple(follow(parts, suffix_of(real, backup)))
    return Receipt(
        real, new.size, new.sha256, *count(source, patch), backup=backup, session_id=bundle.session_id,
        note=f"{note} {left_as_were(parts, beside)}".strip(), beside=beside,
    )


def replace_kept(source: Source, real: Path, new: Staged, clock: Clock) -> tuple[Path, str]:
    """Put a whole file in the place of the one that was read: the backup of what stood there, and a sentence about
    what somebody wrote in the last moment, or nothing.

    Raises SourceChangedError when it is no longer the file that was read, or another save replaces it just now.
    """
    with atomic.alone(source.file.fileno()) as alone:
        if not alone:
            raise SourceChangedError(
                f"{source.path} is being saved by another unbrick. Nothing was changed. Look at what it saved first."
            )
        insist_unchanged(source)
        backup = keep_present(real, clock)
        # Asked once: a second answer may differ from the first, and the backup be gone.
        try:
            insist_unchanged(source)
        except SourceChangedError:
            atomic.system.unlink(backup)
            raise
        new.put(real)
        return backup, _carry_late(source, real, backup)


def _carry_late(source: Source, real: Path, backup: Path) -> str:
    """What was written between the last look at the file and its replacement went into the old file. Lines at its end
    are put at the end of the new one; for anything else a sentence says where it is."""
    late = source.late()
    if late is None:
        return f"{real} was written to while it was replaced: what was written is in {backup.name} alone."
    if not late:
        return ""
    if source.unit != "line":
        return f"{real} grew while it was replaced: what was added is in {backup.name} alone."
    try:
        atomic.append(real, late)
    except OSError:
        return f"{real} grew while it was replaced: what was added is in {backup.name} alone."
    return f"{real} grew while it was replaced: what was added stands at its end."


def keep_all(bundle: Bundle, clock: Clock) -> list[Path]:
    """Copies of the transcript, of what is edited with it and of the client's own backups, each beside its file, before
    somebody resumes the session. Copies, not links: a client may write into its backup in place.

    Raises CannotWriteError.
    """
    real = Path(os.path.realpath(bundle.path))
    if bundle.main.private:
        raise CannotWriteError(f"{bundle.path} has no file to keep a copy of; save one instead (-o FILE).")
    kept: list[Path] = []
    with refusals(real):
        paths = (real, *bundle.parts.values(), *bundle.evidence.get("backup", ()))
        for path, name in zip(paths, _free_names(paths, clock), strict=True):
            atomic.copy_new(path, name)
            kept.append(name)
    return kept


def _free_names(paths: Sequence[Path], clock: Clock) -> list[Path]:
    """Names of backups beside files, none of them taken: what belongs together has one time in its names."""
    stamp = re.sub(r"[^0-9TZ]", "", clock.now())
    suffixes = (f".{stamp}{'' if n == 1 else f'-{n}'}{BACKUP}" for n in count_up(1))
    tried = ([path.with_name(path.name + suffix) for path in paths] for suffix in suffixes)
    return next(names for names in tried if not any(map(os.path.lexists, names)))


def keep_present(real: Path, clock: Clock) -> Path:
    """Keep the present bytes under a name that no client lists and that is free."""
    stamp = re.sub(r"[^0-9TZ]", "", clock.now())
    number = 1
    while True:
        suffix = "" if number == 1 else f"-{number}"
        backup = real.with_name(f"{real.name}.{stamp}{suffix}{BACKUP}")
        try:
            atomic.keep(real, backup)
        except FileExistsError:
            number += 1
        else:
            return backup


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """What the operating system refuses, as a sentence."""
    try:
        yield
    except FileExistsError as error:
        raise CannotWriteError(f"{path} exists already; choose another name. Nothing was changed.") from error
    except OSError as error:
        raise CannotWriteError.from_os(path, error) from error


def insist_replaceable(source: Source) -> Path:
    """Where a file really stands. Raises CannotWriteError when it is not one that may be replaced."""
    if source.private:
        raise CannotWriteError(f"{source.path} has no file to replace; save a copy instead (-o FILE).")
    real = Path(os.path.realpath(source.path))
    with refusals(real):
        others = atomic.other_links(real)
    if others:
        raise CannotWriteError(
            f"{real} has {others} other name{'s' if others > 1 else ''} (hard links) that would go on showing the old "
            "content; save a copy instead. Nothing was changed."
        )
    if os.geteuid() not in (0, real.stat().st_uid):
        raise CannotWriteError(
            f"{real} belongs to another user, who would lose it; save a copy instead. Nothing was changed."
        )
    if not os.access(real, os.W_OK):
        raise CannotWriteError(f"{real} is write-protected; save a copy instead. Nothing was changed.")
    return real


def insist_unowned(format_: Format, bundle: Bundle) -> None:
    """Raises SessionInUseError when a live client has the session open."""
    owner = format_.owner(bundle)
    if owner is not None:
        raise SessionInUseError(
            f"{format_.name} (pid {owner}) has this open: quit it, then try again; or save a copy now."
        )


def insist_unchanged(source: Source) -> None:
    """Raises SourceChangedError when a file is no longer the one that was read."""
    change = source.change()
    if change:
        raise SourceChangedError(
            f"{source.path} {change} since it was read. Nothing was changed. "
            "Open it again and repeat the repair, or save a copy of what was read."
        )


def _insist_intact(source: Source) -> None:
    if not source.private and not source.intact():
        raise SourceChangedError(
            f"{source.path} was rewritten since it was read. Nothing was changed. Open it again and repeat the repair."
        )


def _grown(source: Source) -> str:
    change = source.change()
    return f"{source.path} {change} since it was read; the copy holds what was read." if change else ""
