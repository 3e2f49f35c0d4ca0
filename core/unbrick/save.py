"""Saving: a copy, a session of its own, or the original replaced with its backup kept. Never a part of a file."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from unbrick import atomic
from unbrick.atomic import BACKUP, Privacy
from unbrick.bundle import Bundle
from unbrick.disk import is_dir
from unbrick.errors import CannotWriteError, NotFoundError, SessionInUseError, SourceChangedError
from unbrick.formats import Clock, Format
from unbrick.patch import EMPTY, Patch, compose
from unbrick.record import END, At
from unbrick.source import CHUNK, Source


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


def patched(source: Source, patch: Patch = EMPTY) -> Iterator[bytes]:
    """The bytes of a source as a patch leaves them, in pieces of at most a megabyte or a line.

    Lines that the patch does not name are copied as they are. Lines of the patch end in a line feed, and so does
    the line before one that is put behind an unfinished last line. Raises SourceChangedError when the file shrank.
    """
    open_line = False
    position = 0
    for line in sorted(patch):
        start, end = (source.size, source.size) if line == END else source.span(line - 1)
        for chunk in _copied(source, position, start):
            open_line = not chunk.endswith(b"\n")
            yield chunk
        position = end
        for piece in patch[line]:
            yield b"\n" + piece + b"\n" if open_line else piece + b"\n"
            open_line = False
    yield from _copied(source, position, source.size)


def _copied(source: Source, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        chunk = source.read(start, min(end, start + CHUNK))
        if not chunk:
            raise SourceChangedError(f"{source.path} became shorter while it was copied. Nothing was changed.")
        yield chunk
        start += len(chunk)


def count(source: Source, patch: Patch) -> tuple[int, int, int, int]:
    """Lines kept, changed, added and dropped by a patch."""
    changed = added = dropped = touched = 0
    for line, pieces in patch.items():
        if line == END:
            added += len(pieces)
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
    atomic.sweep(path.parent)
    privacy = Privacy(source.mode() & 0o777 | 0o600)
    with _refusals(path), atomic.staged(path.parent, path.name, privacy, patched(source, patch)) as new:
        _insist_intact(source)
        new.put_new(path)
    return Receipt(path, new.size, new.sha256, *count(source, patch), note=_grown(source))


def save_as_session(
    format_: Format, bundle: Bundle, patch: Patch, clock: Clock, title: str | None = None
) -> Receipt:
    """Write the patched transcript as a new session that the client can resume; the original stays as it is.

    Side folders come along first, so that the session appears only when it is whole. Raises as `save_copy`.
    """
    clone = format_.clone(bundle, patch, clock, title)
    with _refusals(clone.path):
        clone.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole = compose(patch, {At(END, len(patch.get(END, ()))): clone.append}) if clone.append else patch
    made: list[Path] = []
    try:
        for source, destination in clone.copies:
            with _refusals(destination):
                atomic.copy_tree(source, destination)
            made.append(destination)
        receipt = save_copy(bundle, whole, clone.path)
    except BaseException:
        for destination in made:
            atomic.remove_tree(destination)
        raise
    return replace(receipt, session_id=clone.session_id, command=clone.command)


def save_in_place(format_: Format, bundle: Bundle, patch: Patch, clock: Clock) -> Receipt:
    """Replace the transcript by the patched one and keep a backup of what stood there.

    A link to the file stays a link. Raises SessionInUseError when a live process has the session open,
    SourceChangedError when the file is no longer the one that was read, CannotWriteError otherwise; in each case
    the original is untouched.
    """
    source = bundle.main
    real = _insist_replaceable(source)
    _insist_unowned(format_, bundle)
    _insist_unchanged(source)
    atomic.sweep(real.parent)
    with _refusals(real), atomic.staged(real.parent, real.name, Privacy.of(real), patched(source, patch)) as new:
        _insist_unowned(format_, bundle)
        _insist_unchanged(source)
        backup = _keep(real, clock)
        if source.changed():
            atomic.system.unlink(backup)
            _insist_unchanged(source)
        new.put(real)
    return Receipt(
        real, new.size, new.sha256, *count(source, patch), backup=backup, session_id=bundle.session_id,
    )


def backups(path: Path) -> list[Path]:
    """Backups of a transcript, newest first."""
    real = Path(os.path.realpath(path))
    pattern = re.compile(re.escape(real.name) + r"\.(\d+T\d+Z)(?:-(\d+))?" + re.escape(BACKUP))
    try:
        names = [(match, entry) for entry in real.parent.iterdir() if (match := pattern.fullmatch(entry.name))]
    except OSError:
        return []
    return [entry for _match, entry in sorted(names, key=lambda one: (one[0][1], int(one[0][2] or 1)), reverse=True)]


def restore(format_: Format, path: Path, clock: Clock, backup: Path | None = None) -> Receipt:
    """Put a backup back; what stands there now becomes a backup itself. Unless one is named, the newest that differs
    from what stands there: a save that was killed leaves a backup of a file that it never replaced.

    So restoring twice brings back the first state. Raises NotFoundError when there is no backup, and else as
    `save_in_place`.
    """
    if backup is None:
        known = backups(path)
        if not known:
            raise NotFoundError(f"{path} has no backup (*{BACKUP}) beside it; nothing was changed.")
        backup = next((one for one in known if not _same(path, one)), known[0])
    with Source.open(backup) as old:
        real = Path(os.path.realpath(path))
        atomic.sweep(real.parent)
        if not real.exists():
            with _refusals(real), atomic.staged(real.parent, real.name, Privacy.of(backup), patched(old)) as new:
                new.put_new(real)
            return Receipt(real, new.size, new.sha256, 0, 0, len(old), 0, note=f"{path} was gone; it is back.")
        with Source.open(path) as now:
            kept, added, dropped = _difference(now, old)
            if _same(path, backup):
                raise CannotWriteError(f"{path} already holds what {backup.name} holds. Nothing was changed.")
            _insist_replaceable(now)
            bundle = format_.bundle(now)
            _insist_unowned(format_, bundle)
            with _refusals(real), atomic.staged(real.parent, real.name, Privacy.of(real), patched(old)) as new:
                _insist_unowned(format_, bundle)
                _insist_unchanged(now)
                kept_now = _keep(real, clock)
                new.put(real)
        note = f"Undoes what was saved since {backup.name}: {_lines(added)} back in, {_lines(dropped)} out."
        return Receipt(
            real, new.size, new.sha256, kept, 0, added, dropped, kept_now, bundle.session_id, note=note,
        )


def _same(path: Path, backup: Path) -> bool:
    """Whether two files hold the same bytes; not when one of them is not there."""
    try:
        return path.stat().st_size == backup.stat().st_size and all(
            one == other for one, other in zip(atomic.read_chunks(path), atomic.read_chunks(backup), strict=True)
        )
    except (OSError, ValueError):
        return False


def _lines(number: int) -> str:
    return f"{number:,} line{'' if number == 1 else 's'}"


def _difference(now: Source, old: Source) -> tuple[int, int, int]:
    """Lines in both, only in the old one, only in the present one; compared by content, not by place."""
    present = Counter(map(hash, now.lines()))
    before = Counter(map(hash, old.lines()))
    return (present & before).total(), (before - present).total(), (present - before).total()


def _keep(real: Path, clock: Clock) -> Path:
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
def _refusals(path: Path) -> Iterator[None]:
    """What the operating system refuses, as a sentence."""
    try:
        yield
    except FileExistsError as error:
        raise CannotWriteError(f"{path} exists already; choose another name. Nothing was changed.") from error
    except OSError as error:
        raise CannotWriteError.from_os(path, error) from error


def _insist_replaceable(source: Source) -> Path:
    if source.private:
        raise CannotWriteError(f"{source.path} has no file to replace; save a copy instead (-o FILE).")
    real = Path(os.path.realpath(source.path))
    with _refusals(real):
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


def _insist_unowned(format_: Format, bundle: Bundle) -> None:
    owner = format_.owner(bundle)
    if owner is not None:
        raise SessionInUseError(
            f"{format_.name} (pid {owner}) has this open: quit it, then try again; or save a copy now."
        )


def _insist_unchanged(source: Source) -> None:
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
