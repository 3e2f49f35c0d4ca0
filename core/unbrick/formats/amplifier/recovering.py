"""Records that the client's backup and the event log hold and the transcript does not (amplifier.md §2, §3).

The log tells of every prompt, every block of a reply and every result, so the conversation can be told from it once
more; where a record of the transcript is known in it, what stands behind is the record that belongs there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from unbrick.bundle import Bundle
from unbrick.formats.amplifier import places
from unbrick.formats.amplifier.log import HEAD, written
from unbrick.formats.amplifier.write import dump
from unbrick.held import Recovered
from unbrick.record import Json, read
from unbrick.secrecy.hide import alike
from unbrick.session import Session

_TOLD = (b'"prompt:submit"', b'"content_block:end"', b'"tool:post"')


def recovered(bundle: Bundle, session: Session) -> Sequence[Recovered]:
    """Whole records in the place of damaged lines, history that was there before the transcript began, and what came
    after its end. Never raises."""
    kept = _backup(bundle)
    told = [dump(value) for path in bundle.evidence.get("events", ()) for value in _told(path)]
    if not kept and not told:
        return ()
    sources = ((kept, places.BACKUP), (told, places.EVENTS))
    found = [*_lines(session, sources), *_calls(session, sources)]
    older = _older(session, kept)
    if older is not None:
        found.append(older)
    for lines, name in sources:
        tail = _behind(session, lines, name)
        if tail is not None and not any(one.behind for one in found):
            found.append(tail)
    return found


def _backup(bundle: Bundle) -> list[bytes]:
    """The readable lines of the client's backup, whole or not."""
    for path in bundle.evidence.get("backup", ()):
        if path.name != places.METADATA + places.BACKUP:
            try:
                lines = (line.strip() for line in path.read_bytes().split(b"\n"))
                return [line for line in lines if line and read(line)[0] is not None]
            except OSError:
                return []
    return []


def key(value: Json) -> tuple[str, str]:
    """What tells a record from others in both tellings: its role, and the ids or the text in it."""
    role = str(value.get("role"))
    content = value.get("content")
    if role == "tool":
        return role, str(value.get("tool_call_id"))
    called = value.get("tool_calls")
    if isinstance(called, list) and called:
        return role, ",".join(str(call.get("id")) for call in called if isinstance(call, dict))
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    texts = [str(part.get("text")) for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    return role, "\n".join(texts)


def _same(kept: tuple[str, str], own: tuple[str, str] | None) -> bool:
    """Whether a record that is kept elsewhere is one of the transcript, where values may have been redacted."""
    return own is not None and kept[0] == own[0] and alike(own[1], kept[1])


def _lines(session: Session, sources: Iterable[tuple[list[bytes], str]]) -> Iterator[Recovered]:
    """What stood on damaged lines: the line that begins in the same way, or stands between the same two."""
    scan = session.scan
    broken = [row for row, fault in scan.faults.items() if not fault.readable and not fault.salvage]
    if not broken:
        return
    done: set[int] = set()
    for lines, name in sources:
        keys = [key(read(line)[0] or {}) for line in lines]
        for row in broken:
            if row in done:
                continue
            before, after = _neighbour(session, row, -1), _neighbour(session, row, 1)
            torn = scan.view.raw(row).strip(b" \t\r\n\x00")
            for place, line in enumerate(lines):
                if before is not None and (not place or not _same(keys[place - 1], before)):
                    continue
                between = place + 1 < len(lines) and _same(keys[place + 1], after)
                if between or (before is None and after is None) or (torn and _begins(line, torn)):
                    if _same(keys[place], before) or _same(keys[place], after):
                        continue
                    done.add(row)
                    yield Recovered(row, False, (line,), 1, name)
                    break


def _calls(session: Session, sources: Iterable[tuple[list[bytes], str]]) -> Iterator[Recovered]:
    """Replies whose results stand in the transcript, and they do not."""
    scan = session.scan
    tool = scan.strings.find("tool")
    if tool < 0:
        return
    calls = session.calls
    strays = (call for call in map(calls.__getitem__, calls) if call.ref and call.results and not call.uses)
    waiting = {call.ref: call.results[0][0] for call in strays}
    for lines, name in sources:
        for line in lines if waiting else ():
            value = read(line)[0] or {}
            called = value.get("tool_calls")
            refs = [str(call.get("id")) for call in called or () if isinstance(call, dict)]
            rows = [waiting.pop(ref) for ref in refs if ref in waiting]
            if rows and not any(ref in calls and calls[ref].uses for ref in refs):
                yield Recovered(min(rows) - 1, True, (line,), 1, name, refs=frozenset(refs))


def _neighbour(session: Session, row: int, step: int) -> tuple[str, str] | None:
    row += step
    while 0 <= row < len(session):
        value = session.scan.view.value(row)
        if value is not None:
            return key(value)
        row += step
    return None


def _begins(line: bytes, torn: bytes) -> bool:
    """Whether a record begins as a torn one does, up to what the client notes about it."""
    end = line.rfind(b', "metadata": ')
    core = line[: end if end >= 0 else -1]
    return len(torn) > 20 and (core.startswith(torn) or torn.startswith(core))


def _older(session: Session, kept: list[bytes]) -> Recovered | None:
    """History that the backup holds and the transcript does not begin with: the client came up empty, and saved."""
    if not kept:
        return None
    first = next((value for row in range(len(session)) if (value := session.scan.view.value(row)) is not None), None)
    keys = [key(read(line)[0] or {}) for line in kept]
    if first is not None and (session.scan.faults or any(_same(one, key(first)) for one in keys)):
        return None
    count = sum(one[0] in ("user", "assistant", "tool") for one in keys)
    return Recovered(-1, False, tuple(kept), count, places.BACKUP)


def _behind(session: Session, lines: list[bytes], name: str) -> Recovered | None:
    """What came after the last record, as far as it is told; it may have been cut off on purpose."""
    row = len(session) - 1
    value = session.scan.view.value(row) if row >= 0 else None
    if value is None or not lines:
        return None
    last = key(value)
    place = next((i for i in range(len(lines) - 1, -1, -1) if _same(key(read(lines[i])[0] or {}), last)), None)
    rest = lines[place + 1 :] if place is not None else []
    roles = [str((read(line)[0] or {}).get("role")) for line in rest]
    if not any(role in ("user", "assistant") for role in roles):
        return None
    return Recovered(row, True, tuple(rest), len(rest), name, sure=False)


def _told(path: Path) -> list[Json]:
    try:
        stat = path.stat()
        return _conversation(path, stat.st_size, stat.st_mtime_ns)
    except OSError:
        return []


@lru_cache(maxsize=2)
def _conversation(path: Path, _size: int, _mtime: int) -> list[Json]:
    """The conversation as the log tells it: prompts, replies, and results in the order of their calls."""
    told: list[Json] = []
    parts: list[Json] = []
    results: dict[str, Json] = {}
    order: list[str] = []

    def answered() -> None:
        told.extend(results[ref] for ref in order if ref in results)
        results.clear()
        order.clear()

    with path.open("rb") as file:
        for raw in file:
            if not any(event in raw[:HEAD] for event in _TOLD):
                continue
            value = read(raw)[0]
            data = value.get("data") if value else None
            if value is None or not isinstance(data, dict):
                continue
            about = {"timestamp": str(value.get("ts"))}
            if value.get("event") == "prompt:submit":
                answered()
                parts = []
                told.append({"role": "user", "content": str(data.get("prompt") or ""), "metadata": about})
            elif value.get("event") == "tool:post":
                content, ref = written(value), str(data.get("tool_call_id"))
                if content is not None:
                    results[ref] = {
                        "role": "tool", "name": data.get("tool_name"), "tool_call_id": ref, "content": content,
                        "metadata": about,
                    }
            else:
                block, index, total = data.get("block"), data.get("block_index"), data.get("total_blocks")
                if index == 0:
                    answered()
                    parts = []
                if isinstance(block, dict):
                    parts.append(block)
                if isinstance(index, int) and isinstance(total, int) and index == total - 1 and parts:
                    reply = _reply(parts, about)
                    order.extend(str(call["id"]) for call in reply.get("tool_calls", ()))
                    told.append(reply)
                    parts = []
    answered()
    return told


def _reply(parts: Sequence[Json], about: Json) -> Json:
    """A reply as the client stores it. The log keeps no signatures, so thinking is left out: the client itself sends
    none of a reply with calls."""
    content: list[Any] = []
    calls: list[Json] = []
    for part in parts:
        if part.get("type") == "text":
            content.append({"type": "text", "text": str(part.get("text") or "")})
        elif part.get("type") == "tool_call":
            given = part.get("arguments")
            given = given if isinstance(given, dict) else _read(given)
            content.append({"type": "tool_call", "id": part.get("id"), "name": part.get("name"), "input": given})
            calls.append({"id": part.get("id"), "tool": part.get("name"), "arguments": given})
    reply: Json = {"role": "assistant", "content": content}
    if calls:
        reply["tool_calls"] = calls
    return {**reply, "metadata": about}


def _read(given: object) -> Json:
    try:
        found = json.loads(given) if isinstance(given, str) else {}
    except (ValueError, RecursionError):
        found = {}
    return found if isinstance(found, dict) else {"raw": given}


