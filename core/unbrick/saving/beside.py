"""Other files of a session that are written with its transcript."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from unbrick.saving import atomic
from unbrick.saving.atomic import Privacy


def follow(parts: Mapping[Path, bytes], suffix: str) -> Iterator[Path]:
    """Replace other files of a session, what stood there kept under the suffix that the transcript's backup has."""
    for path, data in parts.items():
        with suppress(OSError), atomic.staged(path.parent, path.name, Privacy.of(path), (data,)) as new:
            with suppress(FileExistsError):
                atomic.keep(path, path.with_name(path.name + suffix))
            new.put(path)
            yield path


def left_as_were(parts: Iterable[Path], written: Collection[Path]) -> str:
    """A sentence about files of the session that could not be written with it; empty for none."""
    names = ", ".join(path.name for path in parts if path not in written)
    return f"Could not be written with it, and is as it was: {names}." if names else ""


def suffix_of(real: Path, backup: Path) -> str:
    """What a backup's name adds to that of the file."""
    return backup.name.removeprefix(real.name)
