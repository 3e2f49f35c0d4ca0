"""Redaction: a value, such as a key that a tool printed, replaced everywhere in a session.

It is a fix like any other: made of edits, undone, saved with a backup. Other files that hold the value are named.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from unbrick import words
from unbrick.bundle import Bundle
from unbrick.check import check
from unbrick.clock import SYSTEM_CLOCK
from unbrick.disk import is_file
from unbrick.edit import DropBlock, DropRecords, Edit, Redact
from unbrick.entry import BlockKind, Entry
from unbrick.errors import UsageError
from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick.formats import Clock, Format
from unbrick.patch import EMPTY, Patch, View
from unbrick.record import FRAME, At, read
from unbrick.repair import Applied, Repaired, lower
from unbrick.report import Report
from unbrick.scanning.scan import BATCH, finish
from unbrick.scanning.search import suspects
from unbrick.secrecy.hide import NOTE, Hidden
from unbrick.secrecy.packed import Room, begins, contents, embedded
from unbrick.secrecy.secrets import in_record, masked
from unbrick.session import Session
from unbrick.source import Source
from unbrick.target import NOWHERE, Surroundings
from unbrick.weighing.stale import stale_thinking
from unbrick.words import plural

CHUNK = 1 << 20
OVERLAP = 40
"""So many bytes one of a value takes where each letter is an escape in JSON in JSON."""
HEAD = 64
"""So many lines tell whether a file is a transcript."""

_THOUGHTS = (BlockKind.THINKING, BlockKind.REDACTED)


@dataclass(frozen=True)
class Redaction:
    """The fix that replaces a value, how many copies of it there are, and the rows that hold them."""

    fix: Fix
    copies: int
    rows: tuple[int, ...]


def redaction(format_: Format, report: Report, value: str, note: str = NOTE) -> Generator[int, None, Redaction]:
    """What replaces every copy of a value in a session as it was last judged. Yields rows read so far.

    Thinking that holds the value goes, with the rest of that reply's: its signature stands for the exact words, and the
    API refuses a reply of which some thinking is missing (messages-api-rules R14, R15). Thinking behind a copy goes
    where the model binds it to what stood before (R16).

    Raises UsageError when the session does not hold the value, when it is too short to be told from other text, and
    when it is part of what holds the session together: an id, a kind of record, the name of a tool.
    """
    hidden = _hidden(value, note)
    session = report.situation.session
    held: list[int] = []
    sealed: list[int] = []
    copies = 0
    for done, rows in suspects(session.scan.view, hidden.possible):
        for row in rows:
            raw = session.scan.view.raw(row)
            new, count = hidden.hide(raw)
            if count:
                copies += count
                held.append(row)
                _insist_apart(format_, report, row, raw, new)
                if any(session.scan.block_kind[block] in _THOUGHTS for block in session.scan.blocks(row)):
                    thoughts = [format_.blocks(session.value(row))[block] for block, _at in _thoughts(session, row)]
                    if any(hidden.spans(text) for thought in thoughts for text in _texts(thought)):
                        sealed.append(row)
        yield done
    copies += sum(hidden.hide(half, framed=True)[1] for half in _frame(report))
    if not copies:
        raise NothingToRedactError(f"No record of {report.bundle.path} holds this value. Nothing was changed.")
    drops = {at for row in sealed for one in _reply(session, row) for at in _thoughts(session, one)}
    places = tuple(session.at(row) for row in held)
    bound = stale_thinking(report.situation, [Redact(places, value, note)])
    drops |= {(edit.block, edit.at) for edit in (bound.edits if bound else ()) if isinstance(edit, DropBlock)}
    return Redaction(_fix(session, held, copies, drops, value, note), copies, tuple(held))


@dataclass(frozen=True)
class Likely:
    """A likely secret of a session, and the rows that hold it. `secrets.masked` makes it fit to be shown."""

    kind: str
    value: str
    rows: tuple[int, ...]


def likely(view: View) -> Generator[int, None, tuple[Likely, ...]]:
    """The likely secrets of the records of a view, in the order of their first copy. Yields rows read so far."""
    found: dict[str, tuple[str, list[int]]] = {}
    for row, raw in enumerate(view.raws()):
        if row % BATCH == 0:
            yield row
        for kind, value in in_record(raw):
            rows = found.setdefault(value, (kind, []))[1]
            if rows[-1:] != [row]:
                rows.append(row)
    return tuple(Likely(kind, value, tuple(rows)) for value, (kind, rows) in found.items())


def redact(
    format_: Format, report: Report, values: Iterable[str], surroundings: Surroundings = NOWHERE,
    patch: Patch = EMPTY, clock: Clock = SYSTEM_CLOCK, note: str = NOTE,
) -> Generator[int, None, Repaired]:
    """Replace several values, one after the other, in a session as it was last judged. Yields rows read so far.

    Raises UsageError as `redaction` does; a value that went with another one is passed over.
    """
    before, applied = report, list[Applied]()
    for value in values:
        try:
            found = yield from redaction(format_, report, value, note)
        except NothingToRedactError:
            if not applied:
                raise
            continue
        patch = lower(format_, report.situation, found.fix.edits, patch, clock)
        applied.append(Applied(Finding("redact", "redact", Severity.INFO, found.fix.title), found.fix))
        report = yield from check(format_, report.bundle, patch, report.target, surroundings, report.situation)
    return Repaired(before, report, patch, tuple(applied))


class NothingToRedactError(UsageError):
    """The session does not hold the value."""


def _hidden(value: str, note: str) -> Hidden:
    try:
        return Hidden(value, note)
    except ValueError as error:
        raise UsageError(f"This value cannot be redacted: {error}. Nothing was changed.") from None


def _fix(
    session: Session, held: Sequence[int], copies: int, drops: Iterable[tuple[int, At]], value: str, note: str,
) -> Fix:
    blocks: dict[At, list[int]] = {}
    for block, at in drops:
        blocks.setdefault(at, []).append(block)
    whole = tuple(at for at, dropped in sorted(blocks.items()) if len(dropped) == _size(session, at))
    gone = set(whole)
    parts = tuple(
        DropBlock(at, block) for at, dropped in blocks.items() if at not in gone
        for block in sorted(dropped, reverse=True)
    )
    ats = tuple(at for row in held if (at := session.at(row)) not in gone)
    price = f"replaces {plural(copies, 'copy', 'copies')} in {plural(len(held), 'record')}"
    count = sum(map(len, blocks.values()))
    if count:
        price += f", {words.drops((count, 'thinking block', 'thinking blocks'))}"
    edits: tuple[Edit, ...] = (*parts, *([DropRecords(whole)] if whole else []), Redact(ats, value, note))
    return Fix("redact", f"Redact {masked(value)} everywhere", Safety.LOSSY, edits, price)


def _size(session: Session, at: At) -> int:
    row = session.scan.view.row(at)
    return 0 if row is None else len(session.scan.blocks(row))


def _insist_apart(format_: Format, report: Report, row: int, raw: bytes, new: bytes) -> None:
    before, after = read(raw)[0], read(new)[0]
    if before is not None and (after is None or _bones(format_.entry(before)) != _bones(format_.entry(after))):
        place = report.situation.place(row)
        raise UsageError(
            f"This value is part of an id, a name or a kind in {place}, which holds the session together; "
            "it cannot be redacted. Nothing was changed."
        )


def _bones(entry: Entry) -> tuple[object, ...]:
    """What other records and the client go by."""
    return (
        entry.kind, entry.type, entry.uuid, entry.parent, entry.message_id, entry.model, entry.version, entry.refers,
        entry.time, tuple((block.kind, block.ref, block.name) for block in entry.blocks),
    )


def _thoughts(session: Session, row: int) -> list[tuple[int, At]]:
    """The thinking of a record: block and place."""
    scan = session.scan
    start = scan.first[row]
    return [(index - start, session.at(row)) for index in scan.blocks(row) if scan.block_kind[index] in _THOUGHTS]


def _reply(session: Session, row: int) -> Sequence[int]:
    """The rows of the reply that a row is part of."""
    number = session.scan.message_id[row]
    return session.responses.get(number, (row,)) if number >= 0 else (row,)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from chain.from_iterable(map(_texts, value.values()))


def _frame(report: Report) -> tuple[bytes, ...]:
    view = report.situation.session.scan.view
    return tuple(view.patch.get(FRAME) or view.source.frame())


def in_parts(parts: Iterable[Path], files: Mapping[Path, bytes], edits: Iterable[Edit]) -> dict[Path, bytes]:
    """The files that are written with a transcript (`files`), and those edited together with it (`parts`), with what
    edits redact in the transcript redacted in them; a part that neither changes is left out. Raises OSError."""
    result = dict(files)
    swaps = {(edit.value, edit.note) for edit in edits if isinstance(edit, Redact)}
    for path in dict.fromkeys((*parts, *files)) if swaps else ():
        try:
            raw = new = result[path] if path in result else path.read_bytes()
        except FileNotFoundError:
            continue
        for value, note in swaps:
            new = Hidden(value, note).hide(new)[0]
        if new is not raw:
            result[path] = new
    return result


def in_folder(format_: Format, folder: Path, edits: Iterable[Edit]) -> Iterator[tuple[Path, bytes]]:
    """The files of a folder that hold what edits redact in a transcript, each with its bytes without that: one that is
    a transcript itself loses it as that one did, thinking included. Raises OSError, and UsageError where it is part of
    what holds such a transcript together."""
    swaps = {(edit.value, edit.note): Hidden(edit.value, edit.note) for edit in edits if isinstance(edit, Redact)}
    for path in _files(folder) if swaps else ():
        if any(_holds(path, one) for one in swaps.values()):
            raw = _as_transcript(format_, path, swaps)
            for hidden in swaps.values():
                # A line may be JSON; and a value may go over several lines.
                raw = hidden.hide(b"".join(hidden.hide(line)[0] for line in raw.splitlines(keepends=True)))[0]
            yield path, raw


def _files(folder: Path) -> Iterator[Path]:
    """Each file in a folder and in those below, links to files, too. Raises OSError: what is not looked at keeps what
    is to go."""
    for path in sorted(folder.iterdir()):
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            yield from _files(path)
        elif stat.S_ISREG(mode) or (stat.S_ISLNK(mode) and is_file(path)):
            yield path


def _as_transcript(format_: Format, path: Path, swaps: Iterable[tuple[str, str]]) -> bytes:
    """The bytes of a file, without some values where it is a transcript."""
    with Source.open(path) as source:
        head = [value for value, _fault in map(read, islice(source.lines(), HEAD)) if value is not None]
        patch: Patch = EMPTY
        if head and format_.recognises(head, path):
            report = finish(check(format_, format_.bundle(source)))
            for value, note in swaps:
                with suppress(NothingToRedactError):
                    done = finish(redact(format_, report, (value,), patch=patch, note=note))
                    report, patch = done.after, done.patch
        return b"".join(source.patched(patch))


def elsewhere(format_: Format, bundle: Bundle, value: str, unread: list[Path] | None = None) -> Iterator[Path]:
    """Other files that hold a value, or have it in their names, and stay as they are: backups and other sessions in the
    transcript's folder, subagents' transcripts, stored results, logs, what else the client keeps.

    They are read in pieces, compressed ones as well; a copy is found as it stands, or with its escapes. `unread` takes
    those that were not unpacked to their end. Gives nothing for a file of our own.
    """
    if bundle.main.private:
        return
    hidden, room = Hidden(value, NOTE), Room()
    real = Path(os.path.realpath(bundle.path))
    own = {real, *map(Path.resolve, bundle.parts.values())}
    beside = (
        one for folder in dict.fromkeys(path.parent for path in own) for one in _listed(folder)
        if real.suffix in one.suffixes or any(one.name.startswith(path.name) for path in own)
    )
    for path in dict.fromkeys((*chain.from_iterable(bundle.evidence.values()), *beside, *format_.traces(bundle))):
        if path not in own and is_file(path):
            held = _named(path, real.parent, value) or any(_held(pieces, [hidden]) for pieces in contents(path, room))
            cut = room.was_cut()
            if held:
                yield path
            elif cut and unread is not None:
                unread.append(path)


def compressed(view: View, values: Iterable[str]) -> Generator[int, None, tuple[tuple[int, ...], tuple[int, ...]]]:
    """Rows that hold one of some values in what gzip or zip made, where nothing can be replaced; and rows of which not
    all was unpacked, so that they may. Yields rows read so far."""
    hidden, room = [Hidden(value, NOTE) for value in values], Room()
    rows: list[int] = []
    unread: list[int] = []
    for done, found in suspects(view, begins):
        for row in found:
            held = any(_held(pieces, hidden) for pieces in embedded(view.raw(row), room))
            cut = room.was_cut()
            if held:
                rows.append(row)
            elif cut:
                unread.append(row)
        yield done
    return tuple(rows), tuple(unread)


def _named(path: Path, folder: Path, value: str) -> bool:
    """Whether a file's name holds a value, or that of a folder which it stands in below another."""
    return value in (str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _holds(path: Path, hidden: Hidden) -> bool:
    """Whether a file holds a value. Raises OSError."""
    with path.open("rb") as file:
        return _held(iter(lambda: file.read(CHUNK), b""), [hidden])


def _held(pieces: Iterable[bytes], hidden: Sequence[Hidden]) -> bool:
    """Whether what stands in pieces holds one of some values."""
    overlap = OVERLAP * max(len(one.value.encode("utf-8", "surrogatepass")) for one in hidden)
    tail = b""
    for piece in pieces:
        tail += piece
        if any(one.possible(tail) and one.hide(tail)[1] for one in hidden):
            return True
        tail = tail[-overlap:]
    return False
