"""A repaired copy as a session of its own: a folder with the transcript, its metadata, and the command that resumes
it. It is marked as a fork, in the words of the client's own forks."""

from __future__ import annotations

import json
from pathlib import Path

from unbrick import jsonspan
from unbrick.bundle import Bundle
from unbrick.disk import is_dir
from unbrick.formats import Clock, Clone
from unbrick.formats.amplifier import places
from unbrick.formats.amplifier.following import turn_count
from unbrick.patch import Patch, View
from unbrick.printable import shell
from unbrick.record import read

MARK = " (repaired)"


def clone(bundle: Bundle, patch: Patch, clock: Clock, title: str | None) -> Clone:
    """A new session that `amplifier session resume` finds: beside the original where that stands among the client's
    sessions, else under the client's folder in the project that its metadata names."""
    session_id = clock.uuid()
    own = bundle.path.resolve()
    home = bundle.home or places.home()
    project = bundle.project or Path.cwd()
    original = places.session_folder(own)
    if bundle.home is not None:
        folder = original.parent / session_id
    else:
        folder = home / "projects" / places.slug(str(project)) / "sessions" / session_id
    path = folder / places.TRANSCRIPT
    if own.name == places.CONTEXT and own.parent.parent.name == "sessions" and own.parent != original:
        path = own.parent.parent / session_id / places.CONTEXT
    files = {folder / places.METADATA: _metadata(bundle, patch, clock, session_id, title)}
    if path.name == places.CONTEXT:
        # The client lists a session by its transcript, and reads the other file in its place.
        files[folder / places.TRANSCRIPT] = b"".join(
            raw if raw.endswith(b"\n") else raw + b"\n" for raw in View(bundle.main, patch).raws()
        )
    return Clone(path, session_id, (), (), _command(project, home, session_id), files, folder)


def _metadata(bundle: Bundle, patch: Patch, clock: Clock, session_id: str, title: str | None) -> bytes:
    """The original's metadata under the new id; every other value keeps its bytes."""
    raw = b"{}"
    part = bundle.parts.get("metadata")
    if part is not None:
        try:
            raw = part.read_bytes()
        except OSError:
            raw = b"{}"
    value = read(raw)[0]
    if value is None:
        raw, value = b"{}", {}
    turns = turn_count(View(bundle.main, patch))
    now = clock.now().replace("Z", "+00:00")
    changes: dict[str, object] = {"session_id": session_id}
    if not value:
        changes |= {"created": now, "bundle": "unknown", "model": "unknown"}
        if bundle.project is not None:
            changes["working_dir"] = str(bundle.project)
    name = title or value.get("name")
    if isinstance(name, str) and name:
        changes["name"] = title or name.removesuffix(MARK) + MARK
    changes |= {
        "turn_count": turns, "parent_id": bundle.session_id, "forked_from_turn": turns, "forked_at": now,
    }
    for key, new in changes.items():
        raw = _set(raw, key, json.dumps(new, ensure_ascii=False).encode())
    return raw


def _set(raw: bytes, key: str, new: bytes) -> bytes:
    """A member set; a new one on a line of its own, indented as the client does."""
    try:
        return jsonspan.set_value(raw, (key,), new)
    except KeyError:
        body = raw.rstrip()
        inner = body[:-1].rstrip()
        comma = b"," if inner != b"{" else b""
        return inner + comma + b"\n  " + json.dumps(key).encode() + b": " + new + b"\n}"


def _command(project: Path, home: Path, session_id: str) -> str:
    folder = shell(str(project))
    enter = f"cd {folder}" if is_dir(project) else f"mkdir -p {folder} && cd {folder}"
    named = "" if home.resolve() == places.home().resolve() else f"AMPLIFIER_HOME={shell(str(home))} "
    return f"{enter} && {named}amplifier session resume {session_id}"
