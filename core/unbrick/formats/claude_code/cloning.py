"""A repaired copy as a session of its own: where it goes, what comes along, and the command that resumes it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from unbrick.bundle import Bundle
from unbrick.disk import has_dir, is_dir
from unbrick.formats import Clock, Clone
from unbrick.formats.claude_code.config import config_home, project_folders, project_name
from unbrick.patch import Patch, View
from unbrick.printable import shell
from unbrick.record import compact, read

EDGE = 1 << 16
"""The client looks for a title in so many bytes at either end of a file (claude-code-format.md §3)."""

MARK = " (repaired)"


def clone(bundle: Bundle, patch: Patch, clock: Clock, title: str | None) -> Clone:
    """A new session that the client can resume: beside the original where that stands among the client's sessions,
    else in the folder of its project under the configuration folder.

    Ids inside the records stay as they are: the client goes by the file's name. The last record's time stays as
    well, so a client may offer to resume an old session from a summary; no other byte would be worth that.
    """
    session_id = clock.uuid()
    home = bundle.home or config_home()
    project = bundle.project
    if bundle.home is not None and bundle.path.resolve().parent.parent == (bundle.home / "projects").resolve():
        folder = bundle.path.resolve().parent
    else:
        if project is None or not is_dir(project):
            project = Path.cwd()
        name = home / "projects" / project_name(os.path.realpath(project))
        folder = next(project_folders(home, project), name)
    path = folder / f"{session_id}.jsonl"
    side = bundle.path.resolve().with_suffix("")
    copies = ((side, folder / session_id),) if not bundle.main.private and has_dir(side) else ()
    line = {"type": "custom-title", "customTitle": title or _title(bundle, patch), "sessionId": session_id}
    return Clone(path, session_id, (compact(line),), copies, _command(project, home, session_id))


def _command(project: Path | None, home: Path, session_id: str) -> str:
    """The complete shell command. A project folder that is gone is made again: the client looks by its name."""
    folder = shell(str(project or Path.cwd()))
    enter = f"cd {folder}" if project is None or is_dir(project) else f"mkdir -p {folder} && cd {folder}"
    config = "" if home.resolve() == config_home().resolve() else f"CLAUDE_CONFIG_DIR={shell(str(home))} "
    return f"{enter} && {config}claude --resume {session_id}"


def _title(bundle: Bundle, patch: Patch) -> str:
    """The session's title, said to be repaired: its own, the client's, the last or first prompt's."""
    found: dict[str, str] = {}
    for raw in _edges(View(bundle.main, patch)):
        value = read(raw)[0]
        if value is None:
            continue
        for type_, key in (("custom-title", "customTitle"), ("ai-title", "aiTitle"), ("last-prompt", "lastPrompt"),
                           ("summary", "summary")):
            text = value.get(key)
            if value.get("type") == type_ and isinstance(text, str) and text.strip():
                found[key] = text
        message = value.get("message")
        text = message.get("content") if isinstance(message, dict) else None
        if value.get("type") == "user" and isinstance(text, str) and not value.get("isMeta"):
            found.setdefault("prompt", text)
    ranked = (found.get(key) for key in ("customTitle", "aiTitle", "lastPrompt", "summary", "prompt"))
    title = " ".join(next(filter(None, ranked), bundle.session_id).split())
    title = title if len(title) <= 80 else title[:79] + "…"
    return title.removesuffix(MARK) + MARK


def _edges(view: View) -> Iterator[bytes]:
    """Rows of the first and last bytes of a view, in order."""
    head = tail = 0
    rows = len(view)
    first = 0
    while first < rows and head < EDGE:
        raw = view.raw(first)
        head += len(raw)
        first += 1
        yield raw
    last = rows
    while last > first and tail < EDGE:
        last -= 1
        tail += len(view.raw(last))
    for row in range(last, rows):
        yield view.raw(row)
