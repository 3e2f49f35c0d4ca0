"""The requests that the client really sent, rebuilt from its own notes (claude-code-resume.md §7; 2.1.300 and newer).

A note (`api-request`) names its messages by hash: the first `keep` of an earlier request, then a tail. Messages that
the transcript does not hold as such stand in notes of their own (`api-request-blob`), system prompt and tools in a
third kind (`api-request-shape`); everything else is found by hashing what the transcript may have become.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from json import loads
from typing import Any

from unbrick.formats.claude_code.candidates import candidates
from unbrick.formats.claude_code.canonical import bare, canonical, digest, in_blocks
from unbrick.record import Json
from unbrick.sent import Message, Proof, Sent
from unbrick.session import Session

NOTE, BLOB, SHAPE = "api-request", "api-request-blob", "api-request-shape"


@dataclass(frozen=True)
class _Note:
    """An `api-request` record as far as it can be used; anything of another type than it should have counts as
    absent. `spoilt` says what of it could not be used."""

    row: int
    value: Json
    id: str
    base: str | None
    keep: int
    tail: tuple[str, ...]
    spoilt: str = ""


@dataclass
class _Run:
    """A digest as far as the messages go that carry no mark: the next request mostly goes on from there, so that a long
    session is not read anew for each of its requests."""

    head: str = ""
    hashes: list[str] = field(default_factory=list)
    hasher: Any = None

    # hashlib has no public name for the type of a running digest.
    def begun(self, head: str, hashes: Sequence[str], marked: Mapping[int, str], found: _Found) -> Any:  # noqa: ANN401
        """The digest of a head and of messages, those with a mark as given."""
        first = min(marked, default=len(hashes))
        start = len(self.hashes)
        if self.hasher is None or head != self.head or start > first or self.hashes != list(hashes[:start]):
            self.head, self.hashes, self.hasher, start = head, [], hashlib.sha256(head.encode()), 0
        for place in range(start, first):
            self.hasher.update((("," if place else "") + found.messages[hashes[place]][0]).encode())
        self.hashes = list(hashes[:first])
        hasher = self.hasher.copy()
        for place in range(first, len(hashes)):
            text = marked.get(place, found.messages[hashes[place]][0])
            hasher.update((("," if place else "") + text).encode())
        return hasher


@dataclass
class _Found:
    """What hashes stand for: canonical text of a message and the rows it stands in; rows of blobs and shapes."""

    messages: dict[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    blobs: dict[str, int] = field(default_factory=dict)
    altered: set[str] = field(default_factory=set)
    """Hashes whose blob, or shape, holds something else by now."""
    shapes: dict[str, int] = field(default_factory=dict)
    run: _Run = field(default_factory=_Run)


def sent(session: Session) -> list[Sent]:
    """The requests that the client noted, in file order; empty where it noted none. Never raises on bad data."""
    rows = _rows(session)
    notes = [_note(row, session.value(row)) for row in rows[NOTE]]
    if not notes:
        return []
    found = _stored(session, rows)
    wanted = {hash_ for note in notes for hash_ in note.tail if hash_ not in found.messages}
    _look(session, wanted, found)
    by_id = {note.id: note for note in notes}
    out: list[Sent] = []
    hashes: list[str] = []
    before: _Note | None = None
    for note in notes:
        if before is not None and note.base == before.id and note.keep <= len(hashes):
            hashes, broken = [*hashes[: note.keep], *note.tail], ""
        else:
            hashes, broken = _resolve(note, by_id)
        out.append(_rebuilt(session, note, hashes, note.spoilt or broken, found))
        before = None if broken else note
    return out


def _rows(session: Session) -> dict[str, list[int]]:
    """Rows of each kind of note."""
    scan = session.scan
    numbers = {scan.strings.find(word): word for word in (NOTE, BLOB, SHAPE)}
    numbers.pop(-1, None)
    rows: dict[str, list[int]] = {NOTE: [], BLOB: [], SHAPE: []}
    if numbers:
        for row, type_ in enumerate(scan.type):
            if type_ in numbers:
                rows[numbers[type_]].append(row)
    return rows


def _word(value: object, key: str) -> str | None:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _note(row: int, value: Json) -> _Note:
    keep, tail = value.get("keep", 0), value.get("tail")
    spoilt = ""
    if not isinstance(keep, int) or isinstance(keep, bool) or keep < 0:
        keep, spoilt = 0, "its note does not say how many messages it took over (keep)"
    if not isinstance(tail, list) or not all(isinstance(hash_, str) for hash_ in tail):
        tail, spoilt = [], "its note does not list its messages (tail)"
    return _Note(row, value, _word(value, "id") or f"line {row + 1}", _word(value, "base"), keep, tuple(tail), spoilt)


def _stored(session: Session, rows: dict[str, list[int]]) -> _Found:
    """What stands in notes of its own, each held against its hash; of two with one hash the right one counts."""
    found = _Found()
    for row in rows[BLOB]:
        value = session.value(row)
        hash_, message = value.get("hash"), value.get("message")
        if isinstance(hash_, str) and isinstance(message, dict):
            text = _canonical(in_blocks(bare(message)))
            right = text is not None and digest(text) == hash_
            if text is not None and (right or hash_ not in found.messages):
                found.messages[hash_] = text, (row,)
                found.blobs[hash_] = row
                (found.altered.discard if right else found.altered.add)(hash_)
    for row in rows[SHAPE]:
        value = session.value(row)
        hash_, shape = value.get("shapeHash"), value.get("shape")
        if isinstance(hash_, str) and isinstance(shape, dict):
            text = _canonical(shape)
            right = text is not None and digest(text) == hash_
            if right or hash_ not in found.shapes:
                found.shapes[hash_] = row
                (found.altered.discard if right else found.altered.add)(hash_)
    return found


def _look(session: Session, wanted: set[str], found: _Found) -> None:
    """Hash what the transcript may have become until nothing is wanted any more."""
    if not wanted:
        return
    for rows, message in candidates(session):
        text = _canonical(in_blocks(bare(message)))
        if text is not None and (hash_ := digest(text)) in wanted:
            found.messages[hash_] = text, rows
            wanted.discard(hash_)
            if not wanted:
                return


def _resolve(note: _Note, by_id: dict[str, _Note]) -> tuple[list[str], str]:
    """The hashes of a request's messages, and a sentence on what is missing at their beginning."""
    parts: list[tuple[str, ...]] = []
    seen: set[str] = set()
    limit = note.keep + len(note.tail)
    broken = ""
    while limit > 0:
        if limit > note.keep + len(note.tail):
            broken = f"it took over more messages of request {note.id} than that had"
        elif limit > note.keep:
            parts.append(note.tail[: limit - note.keep])
        limit = min(limit, note.keep)
        seen.add(note.id)
        if not limit or broken:
            break
        following = by_id.get(note.base or "")
        if following is None or following.id in seen:
            broken = f"the request that it took {limit:,} messages over from ({note.base}) is not in the file"
            break
        note = following
    return [hash_ for part in reversed(parts) for hash_ in part], broken


def _rebuilt(session: Session, note: _Note, hashes: Sequence[str], broken: str, found: _Found) -> Sent:
    missing = [place for place, hash_ in enumerate(hashes) if hash_ not in found.messages]
    shape = note.value.get("shapeHash")
    shape = shape if isinstance(shape, str) else ""
    params = note.value.get("params")
    proof = Proof.INCOMPLETE
    if broken:
        why = f"It cannot be rebuilt: {broken}."
    elif missing:
        first = f"messages.{missing[0]}" + (f" and {len(missing) - 1:,} more" if len(missing) > 1 else "")
        why = f"It cannot be rebuilt: {first} stands in the file no more, or was edited (no record has its hash)."
    elif shape not in found.shapes:
        why = "It cannot be rebuilt: the note with its system prompt and tools is not in the file, or was edited."
    elif not isinstance(params, dict) or not isinstance(note.value.get("requestDigest"), str):
        why = "It cannot be rebuilt: its note lacks its parameters or its digest."
    else:
        own = _digest(note.value, params, session.value(found.shapes[shape])["shape"], hashes, found)
        proof = Proof.VERIFIED if own == note.value["requestDigest"] else Proof.DIFFERS
        why = "" if proof is Proof.VERIFIED else _altered(session, hashes, shape, found)
    return Sent(
        note.row, note.id, _word(note.value, "timestamp"), _word(note.value, "querySource"),
        _word(note.value, "version"), _word(params, "model"), len(hashes), proof, why,
        partial(_messages, session, tuple(hashes), found),
        tuple(found.messages[hash_][1] if hash_ in found.messages else () for hash_ in hashes),
    )


def _altered(session: Session, hashes: Sequence[str], shape: str, found: _Found) -> str:
    lines = sorted(
        session.at(row).line for hash_, row in (*found.blobs.items(), *found.shapes.items())
        if hash_ in found.altered and (hash_ in hashes or hash_ == shape)
    )
    if lines:
        more = f" and {len(lines) - 1:,} more" if len(lines) > 1 else ""
        return f"It was rebuilt, but its digest is another: line {lines[0]:,}{more} no longer holds what was sent."
    return "It was rebuilt from messages that all have their hash, but its digest is another: the note was edited."


def _messages(session: Session, hashes: Sequence[str], found: _Found) -> list[Message | None]:
    out: list[Message | None] = []
    for hash_ in hashes:
        if hash_ in found.blobs:
            out.append(session.value(found.blobs[hash_])["message"])
        else:
            out.append(loads(found.messages[hash_][0]) if hash_ in found.messages else None)
    return out


def _digest(note: Json, params: Json, shape: Json, hashes: Sequence[str], found: _Found) -> str | None:
    """The digest of a whole request: its parameters, system prompt, tools and messages with the marks for the cache
    back in their places; None where a mark leads nowhere."""
    parts: dict[str, Any] = {**params, **{key: shape[key] for key in ("system", "tools") if key in shape}}
    marked: dict[int, str] = {}
    marks = note.get("cacheControl")
    for mark in marks if isinstance(marks, list) else ():
        path = mark.get("path") if isinstance(mark, dict) else None
        if not isinstance(path, list) or not path:
            return None
        top, rest = path[0], path[1:]
        if top == "messages":
            if not rest or not isinstance(rest[0], int) or not 0 <= rest[0] < len(hashes):
                return None
            text = marked.get(rest[0], found.messages[hashes[rest[0]]][0])
            message = _marked(loads(text), rest[1:], mark.get("value"))
            canon = None if message is None else _canonical(message)
            if canon is None:
                return None
            marked[rest[0]] = canon
        elif isinstance(top, str):
            parts[top] = _marked(parts.get(top), rest, mark.get("value"))
            if parts[top] is None:
                return None
    parts.pop("messages", None)
    try:
        members = {key: f"{canonical(key)}:{canonical(value)}" for key, value in parts.items()}
    except RecursionError:
        return None
    before = [members[key] for key in sorted(members) if key < "messages"]
    after = [members[key] for key in sorted(members) if key > "messages"]
    hasher = found.run.begun("{" + ",".join([*before, '"messages":[']), hashes, marked, found)
    hasher.update(("]" + "".join(f",{member}" for member in after) + "}").encode())
    whole: str = hasher.hexdigest()
    return whole


def _marked(value: Any, path: Sequence[Any], mark: Any) -> Any:  # noqa: ANN401 - JSON
    """A copy of a value with a mark for the cache at a path; None where there is no such place."""
    if not path:
        return {**value, "cache_control": mark} if isinstance(value, dict) else None
    step = path[0]
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        inner = _marked(value[step], path[1:], mark)
        return None if inner is None else [*value[:step], inner, *value[step + 1 :]]
    if isinstance(value, dict) and isinstance(step, str) and step in value:
        inner = _marked(value[step], path[1:], mark)
        return None if inner is None else {**value, step: inner}
    return None


def _canonical(value: Any) -> str | None:  # noqa: ANN401 - JSON
    """The canonical text, None for a value nested deeper than can be read."""
    try:
        return canonical(value)
    except RecursionError:
        return None
