"""Rules of the lines family: what is wrong with the bytes of a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from unbrick.edit import Salvage, SetValue
from unbrick.entry import Entry, Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.record import Fault, FaultKind
from unbrick.rules.parts import back, broken, counted, refusal, remark, safe
from unbrick.session import Standing
from unbrick.situation import Situation
from unbrick.thread import Outcome

Check = Callable[[Situation], Iterator[Finding]]


def unreadable_line(situation: Situation) -> Iterator[Finding]:
    """A line is not JSON at all.

    Clients skip such a line. In files above 5 MB, clients from 2.1.90 to 2.1.120 stop reading at it and lose what
    follows (#50347, #53821; claude-code-resume §3).

    There is nothing in it that a client could read, so taking it out loses nothing that would be sent.
    """
    yield from _unreadable(situation, "J001", "unreadable-line", FaultKind.GARBAGE)


def torn_line(situation: Situation) -> Iterator[Finding]:
    """A record is cut off in the middle, at the end of the file or with the next record glued to it.

    It happens when the client is killed while it writes, or when two clients write one file (#20992, #81843). The
    cut-off record is lost. A whole record behind it on the same line is not, but clients skip the line with it, and
    with it what they would have gone on to: up to 2.1.90 everything before it.

    Whole records are cut out and kept, byte for byte. A cut-off last line is closed, so that the next record that the
    client writes does not end up on it.
    """
    yield from _unreadable(situation, "J002", "torn-line", FaultKind.TORN)


def glued_records(situation: Situation) -> Iterator[Finding]:
    """Several records stand on one line, without a line break between them.

    It happens when two processes write one file at the same time (#81843). Clients skip the whole line, and with it
    all its records.

    A line break is put between the records; nothing is lost.
    """
    yield from _unreadable(situation, "J003", "glued-records", FaultKind.GLUED)


def nul_run(situation: Situation) -> Iterator[Finding]:
    """A line holds NUL bytes, as file systems leave them after a crash or a power loss.

    Clients skip the line, and with it a record that stands behind the NUL bytes (#49876, #76059, #81843). In files
    above 5 MB, clients from 2.1.90 to 2.1.120 stop reading there.

    The NUL bytes are taken out; a record on the line is kept.
    """
    yield from _unreadable(situation, "J004", "nul-run", FaultKind.NUL)


def not_an_object(situation: Situation) -> Iterator[Finding]:
    """A line holds valid JSON that is no record: null, a number, a text, an array.

    Clients from 2.1.121 to 2.1.239 crash on it; from 2.1.20 to 2.1.120 they stop reading there and lose what follows;
    others skip it (claude-code-resume §2).

    No record is in it, so the line is taken out.
    """
    yield from _unreadable(situation, "J005", "not-an-object", FaultKind.NOT_OBJECT)


def _unreadable(situation: Situation, code: str, name: str, kind: FaultKind) -> Iterator[Finding]:
    scan = situation.session.scan
    for row, fault in scan.faults.items():
        if fault.kind is not kind or fault.readable:
            continue
        entries = scan.salvaged.get(row, ())
        wanted = _wanted(situation, row, entries)
        talk = sum(entry.kind in (Kind.USER, Kind.ASSISTANT) for entry in wanted)
        crash = kind is FaultKind.NOT_OBJECT and situation.thread.outcome is Outcome.CRASH and _crashes(situation)
        message = fault.message
        severity, outcome = Severity.INFO, None
        if crash:
            severity, outcome = Severity.ERROR, Outcome.CRASH
            message += "; the client crashes on it"
        elif row in situation.once(_stopping) or (situation.thread.outcome in _NOTHING and _stops(situation, code)):
            severity = Severity.ERROR
            outcome = situation.thread.outcome if situation.thread.outcome in _NOTHING else None
            message += "; the client stops reading here"
        elif talk:
            severity = Severity.ERROR
            message += f"; {counted(talk, 'message')} on it would be loaded and {'is' if talk == 1 else 'are'} not"
        elif wanted:
            severity = Severity.WARNING
            message += "; the client skips what it holds for the conversation"
        elif fault.salvage:
            message += f"; {counted(len(fault.salvage), 'whole record')} can be cut out of it"
        fixes = tuple(_salvage(situation, row, fault, talk, severity))
        if severity is Severity.ERROR:
            fixes = tuple(replace(fix, brings=situation.lost) for fix in fixes)
        error = situation.thread.error if outcome is not None else None
        yield Finding(
            code, name, severity, message, situation.at(row), row, api_error=error, fixes=fixes, outcome=outcome,
            unread=talk,
        )


_NOTHING = (Outcome.NOT_FOUND, Outcome.EMPTY)


def _crashes(situation: Situation) -> bool:
    return RULE_AFFECTS["J005"][0].holds(situation.target, situation.size)


def _stops(situation: Situation, code: str) -> bool:
    """Whether this client stops reading at such a line."""
    return any(
        affect.severity is Severity.ERROR and affect.holds(situation.target, situation.size)
        for affect in RULE_AFFECTS[code]
    )


def _wanted(situation: Situation, row: int, entries: tuple[Entry, ...]) -> list[Entry]:
    """The records on a line that a resume would load: those that the thread goes on from, and those at its end."""
    if not entries:
        return []
    thread = situation.thread
    named_by_thread, loaded, has_children = situation.once(_ids)
    named = {entry.uuid for entry in entries if entry.uuid in named_by_thread}
    here = {entry.parent for entry in entries}
    leaf = -1 if thread.leaf is None else thread.leaf
    found: list[Entry] = []
    for entry in reversed(entries):
        if entry.uuid is None or entry.uuid in loaded or entry.flags & (Flag.SIDECHAIN | Flag.API_ERROR):
            continue
        at_end = row > leaf and entry.uuid not in has_children and entry.uuid not in here and (
            entry.parent in loaded or entry.parent in named or entry.parent in named_by_thread
        )
        if entry.uuid in named or at_end:
            found.append(entry)
            named.add(entry.parent)
        elif row > leaf and entry.parent in {other.uuid for other in entries}:
            # A run of records at the end that belongs together: the first of them decides.
            first = next(other for other in entries if other.uuid == entry.parent)
            if first.parent in loaded:
                found.append(entry)
                named.add(entry.parent)
    return found


def _ids(situation: Situation) -> tuple[set[str | None], set[str | None], set[str | None]]:
    """The ids that the thread names as parents, those of its records, and those that any record names as its parent."""
    session, rows = situation.session, situation.thread.rows
    text, parents = session.scan.strings.text, session.scan.parent
    return {text(parents[row]) for row in rows}, set(map(session.uuid, rows)), set(map(text, set(parents)))


def _stopping(situation: Situation) -> set[int]:
    """The rows that something is lost at."""
    return {loss.row for loss in situation.thread.losses}


def _salvage(situation: Situation, row: int, fault: Fault, talk: int, severity: Severity) -> Iterator[Fix]:
    view = situation.session.scan.view
    at, raw = situation.at(row), view.raw(row)
    body = raw.rstrip(b"\r\n")
    if fault.salvage:
        rest = len(body) - sum(map(len, fault.salvage))
        if fault.kind is FaultKind.NUL:
            rest = len(body.replace(b"\x00", b"")) - sum(map(len, fault.salvage))
        title = f"Keep {counted(len(fault.salvage), 'whole record')} of the line"
        if rest > 0:
            title += f"; {counted(rest, 'byte')} of a record that was cut off go"
        yield safe("salvage", title, Salvage(at, fault.salvage), price=back(talk) if talk else "keeps everything")
        return
    last = row == len(view) - 1
    if last and fault.kind is FaultKind.TORN and not raw.endswith(b"\n"):
        yield safe("close", "End the line, so that the next record begins on its own", Salvage(at, (body,)))
    start = body[:40].decode("utf-8", "replace")
    title = f"Take the line out: {counted(len(body), 'byte')}, beginning with {start!r}"
    if fault.kind is FaultKind.TORN and severity is Severity.INFO:
        yield Fix("drop", title, Safety.MANUAL, (Salvage(at, ()),), "you decide")
    else:
        yield safe("drop", title, Salvage(at, ()))


def invalid_utf8(situation: Situation) -> Iterator[Finding]:
    """A record holds bytes that are not valid UTF-8.

    The client reads it all the same and shows U+FFFD (a question mark in a diamond) in their place; that is also what
    it sends. Other readers refuse the line.

    The bytes are replaced by what the client sends already.
    """
    for row, fault in _readable(situation, FaultKind.UTF8):
        fix = safe("replace", "Write U+FFFD where the client reads it", Salvage(situation.at(row), fault.salvage))
        yield remark(situation, "J006", "invalid-utf8", Severity.INFO, fault.message, row, fixes=(fix,))


def byte_order_mark(situation: Situation) -> Iterator[Finding]:
    """A byte order mark stands in front of a record.

    An editor put it there. Clients up to 2.0.14 cannot read the record then; later ones read past it.

    The three bytes are taken out.
    """
    for row, fault in _readable(situation, FaultKind.BOM):
        lost = situation.thread.standing_of(row) is not Standing.LOADED and _stops(situation, "J007")
        brings = (row,) if lost else ()
        fix = safe("strip", "Take the byte order mark out", Salvage(situation.at(row), fault.salvage), brings=brings)
        severity = Severity.ERROR if lost else Severity.INFO
        yield remark(situation, "J007", "byte-order-mark", severity, fault.message, row, fixes=(fix,))


def unterminated_last_line(situation: Situation) -> Iterator[Finding]:
    """The last line does not end in a line break.

    The record is read all the same. A client that goes on writing may put its next record on the same line, where
    neither is read any more.

    A line break is added.
    """
    view = situation.session.scan.view
    row = len(view) - 1
    if row < 0 or row in situation.session.scan.faults or view.at(row).line in view.patch:
        return
    raw = view.raw(row)
    if raw.endswith(b"\n"):
        return
    fix = safe("close", "End the line", Salvage(situation.at(row), (raw,)))
    message = "the last line does not end in a line break"
    yield remark(situation, "J008", "unterminated-last-line", Severity.INFO, message, row, fixes=(fix,))


def _readable(situation: Situation, kind: FaultKind) -> Iterator[tuple[int, Fault]]:
    for row, fault in situation.session.scan.faults.items():
        if fault.kind is kind and fault.readable:
            yield row, fault


def lone_surrogate(situation: Situation) -> Iterator[Finding]:
    r"""A text holds half of a surrogate pair, such as \ud83d without the half that follows it.

    It happens when output is cut in the middle of an emoji, or when a model writes such a half itself (#1832, #6273,
    #8336, #68325). The API cannot read the request then ("no low surrogate in string"), and every retry fails at the
    same character. Clients from 2.1.132 on repair the text while they load it.

    The half is replaced by U+FFFD, as the newest clients do.
    """
    name = "lone-surrogate"
    claimed: set[int | None] = set()
    for what in broken(situation, "J009"):
        if what.row in claimed:
            continue
        claimed.add(what.row)
        fixes = () if what.row is None else _whole(situation, what.row)
        yield refusal(situation, name, what, "a text holds half of a surrogate pair", fixes)
    for row, fault in _readable(situation, FaultKind.SURROGATE):
        if row not in claimed:
            yield remark(situation, "J009", name, Severity.INFO, fault.message, row, fixes=_whole(situation, row))


def _whole(situation: Situation, row: int) -> tuple[Fix, ...]:
    """The fix that replaces every half of a pair in a record's texts."""
    at = situation.at(row)
    edits = tuple(SetValue(at, path, text) for path, text in _halves(situation.session.value(row)))
    title = f"Write U+FFFD in {counted(len(edits), 'text')}"
    if not edits:
        return ()
    return (safe("replace", title, *edits),)


def _halves(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:  # noqa: ANN401
    """Pointers to the texts that cannot be encoded, each with its repaired text."""
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while stack:
        where, found = stack.pop()
        if isinstance(found, str):
            whole = found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            if whole != found:
                yield where, whole
        elif isinstance(found, dict):
            stack += (((*where, key), part) for key, part in found.items())
        elif isinstance(found, list):
            stack += (((*where, index), part) for index, part in enumerate(found))


_STOPS = Affect(Severity.ERROR, since="2.1.90", until="2.1.121", above=5_000_000)
_SKIPPED = Affect(Severity.INFO)

RULE_AFFECTS: dict[str, tuple[Affect, ...]] = {
    "J001": (_STOPS, _SKIPPED),
    "J002": (Affect(Severity.ERROR, until="2.1.101"), _STOPS, Affect(Severity.INFO, since="2.1.101")),
    "J003": (Affect(Severity.ERROR),),
    "J004": (Affect(Severity.ERROR, until="2.1.101"), _STOPS, Affect(Severity.INFO, since="2.1.101")),
    "J005": (
        Affect(Severity.ERROR, Outcome.CRASH, since="2.1.121", until="2.1.240"),
        Affect(Severity.ERROR, since="2.1.20", until="2.1.121"), _SKIPPED,
    ),
    "J007": (Affect(Severity.ERROR, until="2.0.76"), Affect(Severity.INFO, since="2.0.76")),
    "J009": (Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.132"), Affect(Severity.INFO, since="2.1.132")),
}


def _rule(code: str, name: str, check: Check, error: str | None = None) -> Rule[Situation]:
    return Rule(code, name, check, error, RULE_AFFECTS.get(code, (_SKIPPED,)))


RULES: tuple[Rule[Situation], ...] = (
    _rule("J001", "unreadable-line", unreadable_line),
    _rule("J002", "torn-line", torn_line, r"JSON Parse error: Expected ':' before value|Unterminated string in JSON"),
    _rule("J003", "glued-records", glued_records, r"Unexpected non-whitespace character after JSON"),
    _rule("J004", "nul-run", nul_run),
    _rule("J005", "not-an-object", not_an_object,
          r"null is not an object|Cannot (?:read properties|use 'in' operator).{0,40}(?:null|undefined)"),
    _rule("J006", "invalid-utf8", invalid_utf8),
    _rule("J007", "byte-order-mark", byte_order_mark),
    _rule("J008", "unterminated-last-line", unterminated_last_line),
    _rule("J009", "lone-surrogate", lone_surrogate,
          r"(?:no low surrogate|lone (?:leading|trailing) surrogate|surrogates not allowed)"),
)
