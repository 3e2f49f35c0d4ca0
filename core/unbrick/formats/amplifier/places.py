"""Where Amplifier keeps its sessions, each a folder, and which files belong to one (amplifier.md §1)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from unbrick.bundle import Bundle
from unbrick.disk import is_dir, is_file
from unbrick.errors import AmbiguousError, NotFoundError
from unbrick.formats.amplifier.words import CLIENT
from unbrick.printable import shell
from unbrick.record import read
from unbrick.source import Source
from unbrick.stored import About, Stored, newest_first

TRANSCRIPT, CONTEXT, METADATA, EVENTS = "transcript.jsonl", "context-messages.jsonl", "metadata.json", "events.jsonl"
BACKUP = ".backup"
FILES = frozenset({TRANSCRIPT, CONTEXT, METADATA, EVENTS, TRANSCRIPT + BACKUP, METADATA + BACKUP})
SHOWN = 8
RESUMES = "amplifier session resume"


def home(config_dir: Path | None = None) -> Path:
    """The client's folder: the one given, else $AMPLIFIER_HOME, else ~/.amplifier."""
    if config_dir is not None:
        return config_dir.expanduser()
    named = os.environ.get("AMPLIFIER_HOME")
    if named:
        return Path(named).expanduser()
    user = os.environ.get("HOME")
    return (Path(user) if user else Path.home()) / ".amplifier"


def slug(folder: str) -> str:
    """Name of a project's folder: its path with dashes, one in front."""
    name = folder.replace("/", "-").replace("\\", "-").replace(":", "")
    return name if name.startswith("-") else f"-{name}"


def entrance(path: Path) -> Path | None:
    """The file that the client reads the history of a session from, for its folder or any of its files."""
    folder = path if is_dir(path) else path.parent if path.name in FILES else None
    if folder is None:
        return None
    real = context(folder)
    if real is not None:
        return real
    if folder == path:
        found = [folder / name for name in (CONTEXT, TRANSCRIPT) if is_file(folder / name)]
        return found[0] if found and _is_session(folder) else None
    return folder / TRANSCRIPT if path.name not in (TRANSCRIPT, CONTEXT) and is_file(folder / TRANSCRIPT) else None


def _is_session(folder: Path) -> bool:
    """Whether a folder is one session, not one of several transcripts."""
    return is_file(folder / TRANSCRIPT) or is_file(folder / METADATA) or folder.parent.name == "sessions"


def context(folder: Path) -> Path | None:
    """The file in the folder of another project's name that a session reads its history from, where its bundle keeps
    one; also where it was copied into the session's own folder."""
    if is_file(folder / CONTEXT):
        return folder / CONTEXT
    within = folder.parent.parent.parent if folder.parent.name == "sessions" else None
    try:
        beside = sorted(within.glob(f"*/sessions/{_plain(folder.name)}/{CONTEXT}")) if within is not None else []
        found = beside or (sorted(folder.glob(f"*/{CONTEXT}")) if is_file(folder / TRANSCRIPT) else [])
    except OSError:
        return None
    return next((one for one in found if is_file(one)), None)


def _plain(name: str) -> str:
    """A name without what means something in a pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def session_folder(path: Path) -> Path:
    """The folder with the transcript and what describes the session, for the file with its history."""
    folder = path.parent
    if path.name != CONTEXT or is_file(folder / TRANSCRIPT):
        return folder
    if folder.parent.name == "sessions":
        try:
            for other in sorted(folder.parent.parent.parent.glob(f"*/sessions/{_plain(folder.name)}/{TRANSCRIPT}")):
                return other.parent
        except OSError:
            return folder
    return folder.parent if is_file(folder.parent / TRANSCRIPT) else folder


def bundle(source: Source) -> Bundle:
    """The session around a transcript."""
    if source.private:
        return Bundle(source, source.path.stem, resumes=RESUMES)
    path = source.path.resolve()
    folder = session_folder(path)
    about = metadata(folder)
    parts = {"metadata": folder / METADATA} if is_file(folder / METADATA) else {}
    evidence: dict[str, tuple[Path, ...]] = {}
    candidates = {
        "events": (folder / EVENTS,), "backup": (path.with_name(path.name + BACKUP), folder / (METADATA + BACKUP)),
        "transcript": (folder / TRANSCRIPT,) if path.name == CONTEXT else (),
    }
    for name, paths in candidates.items():
        there = tuple(one for one in paths if is_file(one))
        if there:
            evidence[name] = there
    named = about.get("session_id")
    inside = folder.parent.name == "sessions"
    session_id = folder.name if inside or not isinstance(named, str) else named
    cwd = about.get("working_dir")
    project = Path(cwd) if isinstance(cwd, str) and cwd.startswith("/") else None
    own = folder.parents[3] if inside and len(folder.parents) > 3 and folder.parents[2].name == "projects" else None
    place = None
    if own is None and isinstance(named, str) and project is not None:
        place = home() / "projects" / slug(str(project)) / "sessions" / named
    elsewhere = own is not None and own.resolve() != home().resolve()
    named_home = f"AMPLIFIER_HOME={shell(str(own))} " if elsewhere else ""
    return Bundle(source, session_id, parts, evidence, own, project, place, f"{named_home}{RESUMES}", folder)


def traces(found: Bundle) -> Iterator[Path]:
    """The files of a session's folder, and of the sessions that it handed work to, at any depth (amplifier.md §1)."""
    if found.folder is None or found.home is None:
        return
    try:
        yield from sorted(found.folder.rglob("*"))
        for other in sorted(found.folder.parent.glob("*_*")):
            noted = metadata(other)
            if found.session_id in (noted.get("parent_id"), noted.get("trace_id")):
                yield from sorted(other.rglob("*"))
    except OSError:
        return


def metadata(folder: Path) -> Mapping[str, Any]:
    """What the client noted of a session; empty where that cannot be read."""
    try:
        return read((folder / METADATA).read_bytes())[0] or {}
    except OSError:
        return {}


def sessions(cwd: Path, config_dir: Path | None) -> list[Stored]:
    """Transcripts on this machine, those of delegated work left out: this folder's first, newest first. Where a
    session's bundle keeps its history in a file of another folder, that is the transcript."""
    projects = home(config_dir) / "projects"
    here = projects / slug(os.path.realpath(cwd))
    elsewhere = {path.parent.name: path for path in _files(projects, CONTEXT)}
    found = (
        Stored.at(elsewhere.get(path.parent.name, path), CLIENT, here=here in path.parents)
        for path in _files(projects, TRANSCRIPT) if "_" not in path.parent.name
    )
    return newest_first(one for one in found if one is not None)


def about(path: Path) -> About:
    """What the client noted of a session."""
    folder = session_folder(path)
    noted = metadata(folder)
    name, cwd = noted.get("name"), noted.get("working_dir")
    return About(
        folder.name, name if isinstance(name, str) else "",
        Path(cwd) if isinstance(cwd, str) and cwd.startswith("/") else None,
    )


def _files(projects: Path, name: str) -> list[Path]:
    """The files of a name in the folders of sessions."""
    try:
        return list(projects.glob(f"*/sessions/*/{name}"))
    except OSError:
        return []


def find(text: str, cwd: Path, config_dir: Path | None) -> Path:
    """The history of a session id or of a unique part of one. Raises NotFoundError or AmbiguousError."""
    word = text.strip().lower()
    projects = home(config_dir) / "projects"
    stored = (Stored.at(path) for path in _files(projects, TRANSCRIPT))
    known = [one.path for one in newest_first(one for one in stored if one is not None)]
    for matches in (
        [path for path in known if path.parent.name.lower() == word],
        [path for path in known if word and path.parent.name.lower().startswith(word)],
        [path for path in known if word and word in path.parent.name.lower()],
    ):
        if len(matches) == 1:
            return entrance(matches[0].parent) or matches[0]
        if matches:
            raise AmbiguousError(f"{len(matches)} sessions match {text}; name one:\n{_listed(matches)}", matches)
    raise NotFoundError(f"{text} is no file, and no session in {projects} has such an id.")


def _listed(paths: list[Path]) -> str:
    lines = [f"  {path}  ({datetime.fromtimestamp(path.stat().st_mtime):%Y-%m-%d %H:%M})" for path in paths[:SHOWN]]
    return "\n".join([*lines, *([f"  … and {len(paths) - SHOWN} more"] if len(paths) > SHOWN else [])])


def owner(found: Bundle) -> int | None:
    """Process id of a client that was started with the session's id, or part of one."""
    if found.main.private:
        return None
    return next((pid for word, pid in living().items() if found.session_id.startswith(word)), None)


def living() -> dict[str, int]:
    """What may be ids of sessions, or beginnings of them, in the commands that started clients which live, and the
    process ids. The client takes no lock, so a session that was opened otherwise (`amplifier continue`) is not seen."""
    try:
        processes = [entry for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    except OSError:
        return {}
    found: dict[str, int] = {}
    for process in processes:
        if int(process.name) == os.getpid():
            continue
        try:
            words = (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if any(Path(word).name in ("amplifier", "amplifier_app_cli") for word in words):
            found.update((word, int(process.name)) for word in words if len(word) >= 8)
    return found
