"""Where Claude Code keeps its sessions, and which of them a person means (claude-code-format.md §1)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path

from unbrick.bundle import Bundle
from unbrick.disk import is_dir, is_file
from unbrick.errors import AmbiguousError, NotFoundError
from unbrick.formats.claude_code import naming
from unbrick.formats.claude_code.config import config_home, project_folders, project_name
from unbrick.formats.claude_code.owners import living as of_home
from unbrick.formats.claude_code.owners import owner
from unbrick.formats.claude_code.target import CLIENT
from unbrick.record import glance
from unbrick.source import Source
from unbrick.stored import Stored, newest_first

__all__ = ["bundle", "find", "home", "living", "owner", "sessions"]

HEAD = 400
"""So many lines are looked through for the project's folder."""

SHOWN = 8
RESUMES = "claude --resume"

_KEPT = ("file-history", "image-cache", "tasks", "session-env")
"""Folders of the client with one for each session."""
_SHARED = ("paste-cache", "plans", "shell-snapshots", "backups")

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def bundle(source: Source) -> Bundle:
    """The session around a transcript: its id is the file's name, its side folder (subagents, stored results) is
    evidence, its project the folder that its records name."""
    path = source.path
    if source.private:
        return Bundle(source, path.stem, project=_project(source, None), resumes=RESUMES)
    real = path.resolve()
    home = _home(real)
    project = _project(source, real.parent.name)
    side = real.parent / real.stem
    evidence = {
        name: files
        for name in ("subagents", "tool-results")
        if (files := tuple(sorted(one for one in _walk(side / name) if is_file(one))))
    }
    place = _place(source, real.stem, project) if home is None else None
    return Bundle(source, real.stem, evidence=evidence, home=home, project=project, place=place, resumes=RESUMES)


def _place(source: Source, stem: str, project: Path | None) -> Path | None:
    """Where the client would look for a file that stands elsewhere: it goes by the folder's and the file's name."""
    if project is None:
        return None
    session_id = stem if _UUID.fullmatch(stem) else _recorded_id(source)
    return config_home() / "projects" / project_name(str(project)) / f"{session_id}.jsonl" if session_id else None


def _recorded_id(source: Source) -> str | None:
    """The last id that the head of the file names: the first may be that of a session that this one goes on from."""
    found: str | None = None
    for raw in islice(source.lines(), HEAD):
        if b'"sessionId"' in raw:
            value, _fault = glance(raw)
            named = value.get("sessionId") if value else None
            found = named if isinstance(named, str) and _UUID.fullmatch(named) else found
    return found


def _home(path: Path) -> Path | None:
    """The configuration folder that a transcript stands in, also where its `projects` is a link to elsewhere.

    A person's own `projects` folder is none: the client's holds folders named for absolute paths, with a dash first.
    """
    own = config_home()
    if (own / "projects").resolve() in path.parents:
        return own
    pairs = pairwise(path.parents)
    return next((up.parent for inner, up in pairs if up.name == "projects" and inner.name.startswith("-")), None)


def _walk(folder: Path) -> Iterator[Path]:
    try:
        yield from folder.rglob("*")
    except OSError:
        return


def _project(source: Source, name: str | None) -> Path | None:
    """The folder the person worked in, as the head of the file tells."""
    return naming.project(islice(source.lines(), HEAD), name)


def traces(found: Bundle) -> Iterator[Path]:
    """All of the side folder, the client's history of prompts and of edited files, its index of sessions, what was
    pasted, planned and remembered, its log of the session, its settings and what it noted of the shell (format §1)."""
    real = found.path.resolve()
    yield from sorted(_walk(real.with_suffix("")))
    if found.home is None:
        return
    home, name = found.home, found.session_id
    yield from (home / "history.jsonl", home / "debug" / f"{name}.txt", real.with_name("sessions-index.json"))
    yield from (home / ".claude.json", home.with_name(".claude.json"))
    yield from sorted((home / "todos").glob(f"{name}*"))
    for folder in (*(home / kept / name for kept in _KEPT), *(home / kept for kept in _SHARED), real.parent / "memory"):
        yield from sorted(_walk(folder))


def home(config_dir: Path | None) -> Path:
    """The folder of all projects."""
    return config_home(config_dir) / "projects"


def living(config_dir: Path | None) -> dict[str, int]:
    """The ids of the sessions that live clients have open, and the process ids."""
    return of_home(config_home(config_dir))


def sessions(cwd: Path, config_dir: Path | None) -> list[Stored]:
    """Transcripts on this machine: this folder's first, newest first."""
    home = config_home(config_dir)
    here = list(project_folders(home, cwd))
    others = [folder for folder in _folders(home / "projects") if folder not in here]
    found = [one for folder in here for one in _transcripts(folder, here=True)]
    return newest_first([*found, *(one for folder in others for one in _transcripts(folder, here=False))])


def _folders(projects: Path) -> list[Path]:
    try:
        return [folder for folder in projects.iterdir() if is_dir(folder)]
    except OSError:
        return []


def _transcripts(folder: Path, *, here: bool) -> Iterator[Stored]:
    """The sessions of a project. Older clients laid the transcripts of subagents beside them."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".jsonl") and not entry.name.startswith("agent-"):
                    stored = Stored.at(entry, CLIENT, here=here)
                    if stored is not None:
                        yield stored
    except OSError:
        return


def find(text: str, cwd: Path, config_dir: Path | None) -> Path:
    """The transcript of a session id or of a unique part of one; this folder's session wins, as in the client.

    Raises NotFoundError or AmbiguousError, whose sentences list what comes near.
    """
    word = text.strip().removesuffix(".jsonl").lower()
    known = [one.path for one in sessions(cwd, config_dir)]
    home = config_home(config_dir)
    if not known:
        raise NotFoundError(
            f"{text} is no file, and {home / 'projects'} holds no sessions. "
            "Give a path, or name the client's folder with --config-dir."
        )
    here = {folder.resolve() for folder in project_folders(home, cwd)}
    for matches in (
        [path for path in known if path.stem.lower() == word],
        [path for path in known if word and path.stem.lower().startswith(word)],
        [path for path in known if word and word in path.stem.lower()],
    ):
        local = [path for path in matches if path.parent.resolve() in here]
        if len(matches) == 1:
            return matches[0]
        if len(local) == 1 and len(word) >= 4:
            return local[0]
        if matches:
            raise AmbiguousError(f"{len(matches)} sessions match {text}; name one:\n{_listed(matches)}", matches)
    from difflib import get_close_matches

    close = set(get_close_matches(word, [path.stem for path in known], n=SHOWN, cutoff=0.7))
    near = [path for path in known if path.stem in close]
    hint = f"Near to it:\n{_listed(near)}" if near else f"The newest are:\n{_listed(known[:3])}"
    raise NotFoundError(f"{text} is no file, and no session in {home} has such an id. {hint}")


def _listed(paths: list[Path]) -> str:
    lines = [f"  {path}  ({datetime.fromtimestamp(path.stat().st_mtime):%Y-%m-%d %H:%M})" for path in paths[:SHOWN]]
    return "\n".join([*lines, *([f"  … and {len(paths) - SHOWN} more"] if len(paths) > SHOWN else [])])
