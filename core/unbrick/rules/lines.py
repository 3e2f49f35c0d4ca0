"""Rules of the lines family: what is wrong with the bytes of a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from unbrick.edit import Reframe, Salvage
from unbrick.entry import Entry, Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.record import Fault, FaultKind
from unbrick.rules import toolfix
from unbrick.rules.chainfix import history, told
from unbrick.rules.parts import back, counted, remark, safe
from unbrick.situation import Situation
from unbrick.thread import Outcome

Check = Callable[[Situation], Iterator[Finding]]


def unreadable_line(situation: Situation) -> Iterator[Finding]:
    """A line is not JSON at all.

    Clients skip such a line. In files above 5 MB, clients from 2.1.90 to 2.1.115 stop reading at it and lose what
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
    above 5 MB, clients from 2.1.90 to 2.1.115 stop reading there.

    The NUL bytes are taken out; a record on the line is kept.
    """
    yield from _unreadable(situation, "J004", "nul-run", FaultKind.NUL)


def not_an_object(situation: Situation) -> Iterator[Finding]:
    """A line holds valid JSON that is no record: null, a number, a text, an array.

    Clients from 2.1.116 to 2.1.227 crash on it; from 2.1.19 to 2.1.115 they stop reading there and lose what follows;
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
        message = fault.message.replace("the line", f"the {situation.session.scan.view.source.unit}")
        severity, outcome = Severity.INFO, None
        if crash:
            severity, outcome = Severity.ERROR, Outcome.CRASH
            message += "; the client crashes on it"
        elif row in situation.once(stopping) or (situation.thread.outcome in NOTHING and stops(situation, code)):
            severity = Severity.ERROR
            outcome = situation.thread.outcome if situation.thread.outcome in NOTHING else None
            message += f"; {why(situation, row)}"
        elif talk:
            severity = Severity.ERROR
            message += f"; {counted(talk, 'message')} on it would be loaded and {'is' if talk == 1 else 'are'} not"
        elif wanted:
            severity = Severity.WARNING
            message += "; the client skips what it holds for the conversation"
        elif fault.salvage:
            message += f"; {counted(len(fault.salvage), 'whole record')} can be cut out of it"
        returns = talk + told(situation.session, _above(situation, wanted))
        fixes = tuple(_salvage(situation, row, fault, returns, severity))
        if severity is Severity.ERROR:
            fixes = tuple(replace(fix, brings=situation.lost) for fix in fixes)
        error = situation.thread.error if outcome is not None else None
        yield Finding(
            code, name, severity, message, situation.at(row), row, api_error=error, fixes=fixes, outcome=outcome,
            unread=talk,
        )


def _above(situation: Situation, wanted: Sequence[Entry]) -> list[int]:
    """What comes back with records on a line that the thread goes on from: what stands before them."""
    found: dict[int, None] = {}
    for entry in wanted:
        parent = situation.session.row(entry.parent)
        if parent is not None and parent not in situation.loaded and situation.thread.rows:
            found |= dict.fromkeys(history(situation, parent))
    return [*found]


def why(situation: Situation, row: int) -> str:
    """What it costs that a line cannot be read, on a client that goes no further."""
    if situation.thread.whole:
        reasons = (loss.why for loss in situation.thread.losses if loss.row == row)
        return next(reasons, "the client cannot read the file")
    return "the client stops reading here"


NOTHING = (Outcome.NOT_FOUND, Outcome.EMPTY, Outcome.REFUSED)


def _crashes(situation: Situation) -> bool:
    return any(
        affect.outcome is Outcome.CRASH and affect.holds(situation.target, situation.size)
        for affect in RULE_AFFECTS["J005"]
    )


def stops(situation: Situation, code: str) -> bool:
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


def stopping(situation: Situation) -> set[int]:
    """The rows that something is lost at."""
    return {loss.row for loss in situation.thread.losses}


def _salvage(situation: Situation, row: int, fault: Fault, returns: int, severity: Severity) -> Iterator[Fix]:
    view = situation.session.scan.view
    at, raw = situation.at(row), view.raw(row)
    ending = raw[-64:]
    size = len(raw) - len(ending) + len(ending.rstrip(b"\r\n"))
    for found in situation.recovered:
        if found.row == row and not found.behind:
            yield toolfix.bring_in(situation, found, f"Put the whole record back, from {found.source}")
            return
    if fault.salvage:
        kept = sum(end - start - raw.count(b"\x00", start, end) for start, end in fault.salvage)
        rest = size - raw.count(b"\x00") - kept
        title = f"Keep {counted(len(fault.salvage), 'whole record')} of the {view.source.unit}"
        if rest > 0:
            title += f"; {counted(rest, 'byte')} of a record that was cut off go"
        yield safe("salvage", title, Salvage(at), price=back(returns) if returns else "keeps everything")
        return
    price = back(len(situation.lost)) if situation.thread.whole and situation.lost else "keeps everything"
    last = row == len(view) - 1
    if last and fault.kind is FaultKind.TORN and not raw.endswith(b"\n") and not situation.thread.whole:
        edit = Salvage(at, (raw.rstrip(b"\r\n"),))
        yield safe("close", "End the line, so that the next record begins on its own", edit)
    start = raw[: min(size, 40)].decode("utf-8", "replace")
    title = f"Take the {view.source.unit} out: {counted(size, 'byte')}, beginning with {start!r}"
    if fault.kind is FaultKind.TORN and severity is Severity.INFO:
        yield Fix("drop", title, Safety.MANUAL, (Salvage(at, ()),), "you decide")
    else:
        yield safe("drop", title, Salvage(at, ()), price=price)


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
    if view.source.pointer(1) is not None:  # One document, which ends where it ends.
        return
    raw = view.raw(row)
    if raw.endswith(b"\n"):
        return
    fix = safe("close", "End the line", Salvage(situation.at(row), (raw,)))
    message = "the last line does not end in a line break"
    yield remark(situation, "J008", "unterminated-last-line", Severity.INFO, message, row, fixes=(fix,))


def flawed_document(situation: Situation) -> Iterator[Finding]:
    """What stands around or between the messages of a JSON document is damaged: its end is missing, a comma is missing
    or too many, something stands behind it, or the file is empty.

    It happens when a log is written while the program is killed, when pieces are joined by hand, or when an editor
    leaves a comma behind the last message. A reader of JSON refuses the whole document; so does the API ("The request
    body is not valid JSON").

    It is written as JSON wants it. Every message that is whole keeps its bytes.
    """
    view = situation.session.scan.view
    if not view.flaw:
        return
    fixes: tuple[Fix, ...] = ()
    if view.source.mended is not None and len(view):
        head, tail = view.source.frame()
        gone = len(b"".join((head, tail)).strip()) - len(b"".join(view.source.mended).strip())
        title = "Write what stands around the messages as JSON wants it"
        title += f"; {counted(gone, 'byte')} that are no part of it go" if gone > 0 else ""
        price = back(len(situation.lost)) if situation.lost else "keeps everything"
        fixes = (replace(safe("reframe", title, Reframe(), price=price), brings=situation.lost),)
    yield Finding(
        "J013", "flawed-document", Severity.ERROR, f"the file is not valid JSON: {view.flaw}",
        api_error=situation.thread.error, fixes=fixes, outcome=Outcome.REFUSED,
    )


def readable(situation: Situation, kind: FaultKind) -> Iterator[tuple[int, Fault]]:
    """Rows with a fault of a kind that some clients read past."""
    for row, fault in situation.session.scan.faults.items():
        if fault.kind is kind and fault.readable:
            yield row, fault


_STOPS = Affect(Severity.ERROR, since="2.1.90", until="2.1.116", above=5_000_000)
_SKIPPED = Affect(Severity.INFO)

RULE_AFFECTS: dict[str, tuple[Affect, ...]] = {
    "J001": (_STOPS, _SKIPPED),
    "J002": (Affect(Severity.ERROR, until="2.1.91"), _STOPS, Affect(Severity.INFO, since="2.1.91")),
    "J003": (Affect(Severity.ERROR),),
    "J004": (Affect(Severity.ERROR, until="2.1.91"), _STOPS, Affect(Severity.INFO, since="2.1.91")),
    "J005": (
        Affect(Severity.ERROR, Outcome.CRASH, since="2.1.116", until="2.1.228"),
        Affect(Severity.ERROR, since="2.1.19", until="2.1.116"), _SKIPPED,
        Affect(Severity.ERROR, Outcome.CRASH, client="amplifier"),
    ),
    "J007": (Affect(Severity.ERROR, until="2.0.69"), Affect(Severity.INFO, since="2.0.69")),
    "J013": (Affect(Severity.ERROR, Outcome.REFUSED, client="messages"),),
    "J009": (Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.132"), Affect(Severity.INFO, since="2.1.132")),
}


def rule(code: str, name: str, check: Check, error: str | None = None) -> Rule[Situation]:
    """A rule of this family with what it affects."""
    return Rule(code, name, check, error, RULE_AFFECTS.get(code, (_SKIPPED,)))


RULES: tuple[Rule[Situation], ...] = (
    rule("J001", "unreadable-line", unreadable_line),
    rule("J002", "torn-line", torn_line, r"JSON Parse error: Expected ':' before value|Unterminated string in JSON"),
    rule("J003", "glued-records", glued_records, r"Unexpected non-whitespace character after JSON"),
    rule("J004", "nul-run", nul_run),
    rule("J005", "not-an-object", not_an_object,
          r"null is not an object|Cannot (?:read properties|use 'in' operator).{0,40}(?:null|undefined)"),
    rule("J008", "unterminated-last-line", unterminated_last_line),
    rule("J013", "flawed-document", flawed_document, r"request body is not valid JSON(?!: no low)"),
)
