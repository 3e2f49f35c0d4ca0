"""Putting a backup back: what stands there now becomes a backup itself."""

from __future__ import annotations

import os
import re
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from unbrick.disk import is_file
from unbrick.errors import CannotWriteError, NotFoundError, UnbrickError
from unbrick.formats import Clock, Format
from unbrick.save import (
    Receipt,
    insist_replaceable,
    insist_unowned,
    patched,
    refusals,
    replace_kept,
)
from unbrick.saving import atomic
from unbrick.saving.atomic import BACKUP, Privacy, read_chunks
from unbrick.saving.beside import follow, left_as_were, suffix_of
from unbrick.saving.leftovers import sweep
from unbrick.source import Source


@dataclass(frozen=True)
class Backup:
    """A backup: its file, when it was made (seconds since the epoch), how large it is."""

    path: Path
    time: float
    size: int


def kept(path: Path) -> list[Backup]:
    """The backups of a transcript that can be seen, newest first."""
    found = []
    for backup in backups(path):
        with suppress(OSError, ValueError):
            stat = backup.stat()
            made = _made(backup)
            found.append(Backup(backup, stat.st_mtime if made is None else made, stat.st_size))
    return found


def _made(backup: Path) -> float | None:
    """When a backup was made, by its name. Raises ValueError for what is no time."""
    stamp = re.search(r"\.(\d{8}T\d{6})(\d*)Z(?:-\d+)?" + re.escape(BACKUP), backup.name)
    if stamp is None:
        return None
    made = datetime.strptime(stamp[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp()
    return made + float(f"0.{stamp[2] or 0}")


def left_behind(path: Path) -> Path | None:
    """The newest backup, if somebody wrote to it after it was made and its last line does not stand in the transcript:
    a save was killed before it took that line along, or a client held the old file open and wrote on."""
    for backup in backups(path)[:1]:
        with suppress(OSError, ValueError, UnbrickError):
            made = _made(backup)
            if made is not None and backup.stat().st_mtime > made and not _stands(_last_line(backup), path):
                return backup
    return None


def _last_line(path: Path) -> bytes:
    with Source.open(path) as source:
        return source[len(source) - 1].rstrip(b"\r\n") if len(source) else b""


def _stands(line: bytes, path: Path) -> bool:
    with Source.open(path) as source:
        return not line or any(raw.rstrip(b"\r\n") == line for raw in source.lines())


def undoes(path: Path, backup: Path) -> str:
    """What putting a backup back would undo, in words. Raises CannotReadError."""
    with Source.open(backup) as old:
        if not path.exists():
            return f"brings the file back, {_lines(len(old))}"
        with Source.open(path) as now:
            same, added, dropped = _difference(now, old)
    if not added and not dropped:
        return "changes nothing: it holds the same lines"
    parts = ((added, "back in"), (dropped, "out"), (same, "as now"))
    return ", ".join(f"{_lines(number)} {word}" for number, word in parts if number)


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
        sweep(real.parent)
        if not real.exists():
            with refusals(real), atomic.staged(real.parent, real.name, Privacy.of(backup), patched(old)) as new:
                new.put_new(real)
            return Receipt(real, new.size, new.sha256, 0, 0, len(old), 0, note=f"{path} was gone; it is back.")
        with Source.open(path) as now:
            kept, added, dropped = _difference(now, old)
            if _same(path, backup):
                raise CannotWriteError(f"{path} already holds what {backup.name} holds. Nothing was changed.")
            insist_replaceable(now)
            bundle = format_.bundle(now)
            insist_unowned(format_, bundle)
            with refusals(real), atomic.staged(real.parent, real.name, Privacy.of(real), patched(old)) as new:
                insist_unowned(format_, bundle)
                kept_now, late = replace_kept(now, real, new, clock)
        suffix = suffix_of(real, backup)
        also = ((part, part.with_name(part.name + suffix)) for part in bundle.parts.values())
        parts = {part: old_part.read_bytes() for part, old_part in also if is_file(old_part)}
        beside = tuple(follow(parts, suffix_of(real, kept_now)))
        note = f"Undoes what was saved since {backup.name}: {_lines(added)} back in, {_lines(dropped)} out."
        note += "".join(f" {said}" for said in (late, left_as_were(parts, beside)) if said)
        return Receipt(
            real, new.size, new.sha256, kept, 0, added, dropped, kept_now, bundle.session_id, note=note, beside=beside,
        )


def _same(path: Path, backup: Path) -> bool:
    """Whether two files hold the same bytes; not when one of them is not there."""
    # Closed here, where a disk that fails at that can be heard.
    with suppress(OSError, ValueError), closing(read_chunks(path)) as now, closing(read_chunks(backup)) as before:
        return path.stat().st_size == backup.stat().st_size and all(
            one == other for one, other in zip(now, before, strict=True)
        )
    return False


def _lines(number: int) -> str:
    return f"{number:,} line{'' if number == 1 else 's'}"


def _difference(now: Source, old: Source) -> tuple[int, int, int]:
    """Lines in both, only in the old one, only in the present one; compared by content, not by place."""
    present = Counter(map(hash, now.lines()))
    before = Counter(map(hash, old.lines()))
    return (present & before).total(), (before - present).total(), (present - before).total()
