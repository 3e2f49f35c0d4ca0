"""Which sessions there are on this machine, and what each says of itself without being read as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from unbrick.entry import Flag
from unbrick.errors import AmbiguousError, CannotReadError, NotFoundError
from unbrick.formats import Format
from unbrick.formats.table import BY_CLIENT, FORMATS, recognise
from unbrick.record import glance, read
from unbrick.sessions.ends import Ends, ends
from unbrick.stored import About, Stored, newest_first

WINDOWS = (1 << 14, 1 << 18, 1 << 21)
"""Bytes of each end that are looked at, more where less says too little: the first prompt may hold an image."""
TITLE = 200
"""Characters of a title."""
SHOWN = 8
"""Sessions named in a sentence."""


def stored(cwd: Path, config_dir: Path | None = None) -> list[Stored]:
    """The sessions of every client on this machine: this folder's first, newest first."""
    return newest_first(one for format_ in FORMATS for one in format_.sessions(cwd, config_dir))


def at(paths: Iterable[Path]) -> list[Stored]:
    """Transcripts at paths, newest first; those that are gone are left out."""
    found = (Stored.at(path) for path in paths)
    return newest_first(one for one in found if one is not None)


def newest(cwd: Path, config_dir: Path | None = None) -> Path:
    """This folder's newest session, else the newest of this machine. Raises NotFoundError, which says where it was
    looked for."""
    found = stored(cwd, config_dir)
    if found:
        return found[0].path
    raise NotFoundError(
        f"No session was found in {_homes(config_dir)}. Name a transcript (unbrick PATH), or the client's folder "
        "(unbrick --config-dir DIR)."
    )


def about(one: Stored) -> tuple[About, Format | None]:
    """What a session says of itself, and the format that knows it. Raises CannotReadError."""
    format_ = BY_CLIENT.get(one.client)
    found = About(one.path.stem)
    for window in WINDOWS:
        try:
            read_ = ends(one.path, window)
        except OSError as error:
            raise CannotReadError.from_os(one.path, error) from error
        format_ = format_ or _recognised(read_, one.path)
        if format_ is None:
            break
        found = format_.about(one.path, read_.head, read_.tail)
        title = found.title or _first_prompt(format_, read_.head)
        found = replace(found, title=" ".join(title[: TITLE * 8].split())[:TITLE])
        if found.title or read_.whole:
            break
    return found, format_


def _recognised(read_: Ends, path: Path) -> Format | None:
    values = (glance(raw)[0] for raw in read_.head)
    return recognise(list(islice((value for value in values if value is not None), 64)), path)


def _first_prompt(format_: Format, lines: Sequence[bytes]) -> str:
    """What the person typed first; empty where these lines do not hold it."""
    for raw in lines:
        value, _fault = read(raw)
        if value is not None and format_.entry(value).flags & (Flag.PROMPT | Flag.SIDECHAIN) == Flag.PROMPT:
            said = format_.text(value)
            if said.strip():
                return said
    return ""


def find(word: str, cwd: Path, config_dir: Path | None = None) -> Path:
    """The session of an id or of a unique part of one, of any client, or else the only session of a project of that
    name. Raises NotFoundError or AmbiguousError."""
    found: list[Path] = []
    several: list[AmbiguousError] = []
    unknown: list[NotFoundError] = []
    for format_ in FORMATS:
        try:
            found.append(format_.find(word, cwd, config_dir))
        except NotFoundError as error:
            unknown.append(error)
        except AmbiguousError as error:
            several.append(error)
    if len(several) == 1 and not found:
        raise several[0]
    found += (path for error in several for path in error.paths)
    found = found or of_project(word, cwd, config_dir)
    if not found:
        raise unknown[0]
    if len(found) > 1:
        raise AmbiguousError(f"{len(found)} sessions match {word}; name one:\n{_listed(found)}", found)
    return found[0]


def of_project(word: str, cwd: Path, config_dir: Path | None = None) -> list[Path]:
    """The sessions of the projects whose folder has this name, whatever its case, in the order of `stored`. Looks
    into every file: what the client calls a project's folder does not tell where it ends."""
    name = word.strip().lower()
    return [one.path for one in stored(cwd, config_dir) if name and _project_name(one) == name]


def _project_name(one: Stored) -> str:
    try:
        project = about(one)[0].project
    except CannotReadError:
        return ""
    return project.name.lower() if project is not None else ""


def _homes(config_dir: Path | None) -> str:
    homes = [format_.home(config_dir) for format_ in FORMATS]
    return " and ".join(str(home) for home in homes if home != Path())


def _listed(paths: Sequence[Path]) -> str:
    times = {one.path: one.mtime_ns / 1e9 for one in at(paths)}
    lines = [f"  {path}  ({datetime.fromtimestamp(times.get(path, 0)):%Y-%m-%d %H:%M})" for path in paths[:SHOWN]]
    return "\n".join([*lines, *([f"  … and {len(paths) - SHOWN} more"] if len(paths) > SHOWN else [])])
