"""What the event log, the client's backup and delegated sessions hold of a session's calls (amplifier.md §2, §6).

The log may be a hundred megabytes: it is read once, as a stream, and only the places of its tool events are kept.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from unbrick.bundle import Bundle
from unbrick.formats.amplifier import places, words
from unbrick.held import Held
from unbrick.record import Json, read

HEAD = 400
"""Bytes of a line in which its event is named."""


@dataclass
class Tools:
    """The tool events of a log: call id → (offset, length) of its `tool:post`, and the calls that were started and
    that failed."""

    finished: dict[str, tuple[int, int]] = field(default_factory=dict)
    started: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)


def results(bundle: Bundle, refs: Collection[str]) -> Mapping[str, Held]:
    """What other files of the session hold of calls, by id. Never raises."""
    wanted = set(refs)
    found: dict[str, Held] = {}
    for path in bundle.evidence.get("events", ()):
        found.update(_from_log(path, wanted))
    for name in ("backup", "transcript"):
        for path in bundle.evidence.get(name, ()):
            missing = {ref for ref in wanted if ref not in found or found[ref].content is None}
            if missing and path.name != places.METADATA + places.BACKUP:
                found.update(_from_records(path, missing))
    missing = {ref for ref in wanted if ref not in found or found[ref].content is None}
    if missing:
        for ref, held in delegated(bundle, missing).items():
            found[ref] = held
    return found


def _from_log(path: Path, wanted: set[str]) -> dict[str, Held]:
    try:
        stat = path.stat()
        tools = tool_events(path, stat.st_size, stat.st_mtime_ns)
        with path.open("rb") as file:
            found = {}
            for ref in wanted & (tools.finished.keys() | tools.started | tools.failed):
                content = None
                if ref in tools.finished:
                    offset, length = tools.finished[ref]
                    file.seek(offset)
                    content = written(read(file.read(length))[0])
                found[ref] = Held(content, ref in tools.finished or ref in tools.failed, path.name)
            return found
    except OSError:
        return {}


@lru_cache(maxsize=4)
def tool_events(path: Path, _size: int, _mtime: int) -> Tools:
    """The tool events of a log. Raises OSError."""
    tools = Tools()
    offset = 0
    with path.open("rb") as file:
        for raw in file:
            if b'"tool:' in raw[:HEAD]:
                value = read(raw)[0]
                data = value.get("data") if value else None
                ref = data.get("tool_call_id") if isinstance(data, dict) else None
                if value is not None and isinstance(ref, str):
                    if value.get("event") == "tool:post":
                        tools.finished[ref] = (offset, len(raw))
                    elif value.get("event") == "tool:pre":
                        tools.started.add(ref)
                    elif value.get("event") == "tool:error":
                        tools.failed.add(ref)
            offset += len(raw)
    return tools


def written(event: Json | None) -> str | None:
    """The content of the result that a `tool:post` event tells of, as the client writes it to the transcript."""
    data = event.get("data") if event else None
    if not isinstance(data, dict) or "result" not in data:
        return None
    result = data["result"]
    return result if isinstance(result, str) else json.dumps(result, sort_keys=True)


def _from_records(path: Path, wanted: set[str]) -> dict[str, Held]:
    found = {}
    for value in records_of(path):
        ref, content = value.get("tool_call_id"), value.get("content")
        if ref in wanted and isinstance(content, str) and not words.made_up(content):
            found[str(ref)] = Held(content, True, path.name)
    return found


def records_of(path: Path) -> Iterator[Json]:
    """The readable records of a file; none where it cannot be opened."""
    try:
        with path.open("rb") as file:
            for raw in file:
                value = read(raw)[0]
                if value is not None:
                    yield value
    except OSError:
        return


def delegated(bundle: Bundle, wanted: set[str]) -> dict[str, Held]:
    """What sessions came to that calls handed work to: told by their parent, the agent, and that no other call could
    have started them."""
    started = list(children(bundle))
    if not started:
        return {}
    calls: dict[str, list[str]] = {}
    for value in _calling(bundle, wanted):
        for call in value.get("tool_calls") or ():
            if isinstance(call, dict) and isinstance(call.get("id"), str) and call["id"] in wanted:
                agent = _agent(call)
                if agent:
                    calls.setdefault(agent, []).append(call["id"])
    found = {}
    for agent, refs in calls.items():
        own = [folder for folder, name in started if name.rsplit(":", 1)[-1] == agent.rsplit(":", 1)[-1]]
        if len(own) == len(refs) == 1:
            found[refs[0]] = _outcome(own[0])
    return found


def _agent(call: Json) -> str:
    given = call.get("arguments")
    named = given.get("agent") or given.get("agent_name") if isinstance(given, dict) else None
    return named if isinstance(named, str) else ""


def _calling(bundle: Bundle, wanted: set[str]) -> Iterator[Json]:
    for raw in bundle.main.lines():
        if b'"agent' in raw and any(ref.encode() in raw for ref in wanted):
            value = read(raw)[0]
            if value is not None:
                yield value


def children(bundle: Bundle) -> Iterator[tuple[Path, str]]:
    """(folder, agent) of the sessions that this one started."""
    folder = places.session_folder(bundle.path.resolve())
    try:
        beside = sorted(entry for entry in folder.parent.iterdir() if "_" in entry.name and entry != folder)
    except OSError:
        return
    for entry in beside:
        about: Mapping[str, Any] = places.metadata(entry)
        if about.get("parent_id") == bundle.session_id:
            yield entry, str(about.get("agent_name") or entry.name.split("_", 1)[1])


def _outcome(folder: Path) -> Held:
    last: Json | None = None
    for value in records_of(folder / places.TRANSCRIPT):
        last = value
    content = last.get("content") if last and last.get("role") == "assistant" and not last.get("tool_calls") else None
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    said = "\n".join(
        part["text"] for part in parts
        if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)
    )
    if not said:
        return Held(None, False, folder.name, folder.name)
    result = {"error": None, "output": {"response": said, "session_id": folder.name}, "success": True}
    return Held(json.dumps(result, sort_keys=True), True, folder.name, folder.name)
