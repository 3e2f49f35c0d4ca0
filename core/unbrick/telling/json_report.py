"""Reports as JSON: a contract with scripts, versioned by `schema` (docs/json.md says what each field means)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from unbrick.finding import Affect, Finding, Fix
from unbrick.record import END, At, Json
from unbrick.report import LastError, Report, Resume
from unbrick.request import Part, Request
from unbrick.session import Session
from unbrick.target import Target

if TYPE_CHECKING:
    from unbrick.sent import Beside, Departure, Sent
    from unbrick.weighing.filling import Filling
    from unbrick.weighing.ladder import Rung

SCHEMA = 1


def check_document(transcripts: Iterable[Json]) -> Json:
    """What `check --json` prints."""
    return {"schema": SCHEMA, "transcripts": list(transcripts)}


def transcript(report: Report, format_name: str) -> Json:
    """The entry of one transcript that could be read."""
    return {
        "path": str(report.bundle.path),
        "format": format_name,
        "target": target(report.target),
        "records": len(report.situation.session),
        "verdict": report.verdict.value,
        "cause": report.cause.value,
        "resume": resume(report.resume),
        "last_error": last_error(report.last_error, report.situation.session),
        "findings": [finding(one) for one in report.findings],
        "error": None,
    }


def unread(path: str, error: str) -> Json:
    """The entry of a transcript that could not be read: every field is there, and `error` says why."""
    return {
        "path": path, "format": None, "target": None, "records": None, "verdict": None, "cause": None,
        "resume": None, "last_error": None, "findings": [], "error": error,
    }


def target(value: Target) -> Json:
    """Who the transcript was judged for."""
    return {
        "client": value.client, "version": str(value.version), "model": value.model, "endpoint": value.endpoint,
        "basis": value.basis.value,
    }


def resume(value: Resume) -> Json:
    """What happens to the first request after a resume."""
    return {
        "outcome": value.outcome.value,
        "error": value.error,
        "messages": value.messages,
        "lost": {"messages": value.lost, "recoverable": value.recoverable},
        "summarised": value.summarised,
    }


def last_error(value: LastError | None, session: Session) -> Json | None:
    """The last error that the transcript itself recorded."""
    if value is None:
        return None
    return {
        "line": line(session.at(value.row)), "text": value.text, "explained_by": value.explained_by,
        "past": value.past, "answer": value.answer,
    }


def finding(value: Finding) -> Json:
    """One finding; lines are counted from 1, message and block indices as the API counts them, from 0."""
    return {
        "id": value.id,
        "code": value.code,
        "name": value.name,
        "severity": value.severity.value,
        "file": value.file,
        "line": None if value.at is None else line(value.at),
        "pointer": pointer(value.pointer) if value.pointer else None,
        "document": pointer(value.document) if value.document else None,
        "uuid": value.uuid,
        "message_index": value.message_index,
        "block_index": value.block_index,
        "message": value.message,
        "api_error": value.api_error,
        "affects": [affect(one) for one in value.affects],
        "fixes": [fix(one) for one in value.fixes],
    }


def affect(value: Affect) -> Json:
    """One row of what a fault does on which targets."""
    return {
        "severity": value.severity.value,
        "outcome": None if value.outcome is None else value.outcome.value,
        "since": value.since,
        "until": value.until,
        "above": value.above,
    }


def fix(value: Fix) -> Json:
    """One remedy."""
    return {"id": value.id, "title": value.title, "safety": value.safety.value}


def line(at: At) -> int | None:
    """Line of the original file counted from 1, None for what a repair appended."""
    return None if at.line >= END else at.line


def pointer(parts: Sequence[str | int]) -> str:
    """A path into a JSON value as an RFC 6901 string."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def context_document(report: Report, parts: Iterable[tuple[str, Filling, Sequence[Rung]]]) -> Json:
    """What `context --json` prints: what fills the next request and, behind a failed compaction, the one that would be
    brought back; the ways to make each fit."""
    session = report.situation.session
    return {
        "schema": SCHEMA,
        "path": str(report.bundle.path),
        "target": target(report.target),
        "contexts": [
            {
                "name": name,
                "tokens": value.tokens,
                "counted": value.counted or None,
                "window": value.window,
                "kinds": [{"name": one.name, "tokens": one.tokens, "count": one.count} for one in value.kinds],
                "tools": [{"name": one.name, "tokens": one.tokens, "count": one.count} for one in value.tools],
                "largest": [
                    {
                        "line": None if one.row < 0 else line(session.at(one.row)), "block": one.block,
                        "kind": one.kind.value, "tool": one.tool or None, "tokens": one.tokens,
                    }
                    for one in value.largest
                ],
                "ways": [
                    {
                        "id": None if one.fix is None else one.fix.id, "title": one.title,
                        "price": None if one.fix is None else one.fix.price, "tokens": one.tokens,
                        "messages": one.messages, "fits": one.fits,
                        "command": None if one.advice is None else one.advice.command,
                    }
                    for one in rungs
                ],
            }
            for name, value, rungs in parts
        ],
    }


def request_document(request: Request, session: Session) -> Json:
    """What `request --json` prints: the messages as they will be sent, and the origin of each block."""
    return {"schema": SCHEMA, "messages": list(request.messages()), "origin": list(origins(request, session))}


def origins(request: Request, session: Session) -> Iterator[list[Json]]:
    """For each message the origin of each of its blocks: a line and a block of it, or the reason why the client
    writes the block itself."""
    for message in range(len(request)):
        yield [origin(part, session) for part in request.parts(message)]


def origin(part: Part, session: Session) -> dict[str, Any]:
    """Where one block comes from."""
    if part.synthetic is not None or part.row < 0:
        return {"synthetic": None if part.synthetic is None else part.synthetic.value}
    return {"line": line(session.at(part.row)), "block": part.block}


def recorded_document(all_: Sequence[Sent], session: Session, next_: Departure | None) -> Json:
    """What `request --recorded --json` prints: the requests that were noted, and where the next one departs from
    the last."""
    return {
        "schema": SCHEMA,
        "recorded": [recorded(one, number, session) for number, one in enumerate(all_, 1)],
        "departure": None if next_ is None else departure(next_),
    }


def recorded_request_document(value: Sent, number: int, session: Session) -> Json:
    """What `request --recorded N --json` prints: one request with its messages, and the lines each stands in."""
    return {
        "schema": SCHEMA,
        "recorded": recorded(value, number, session),
        "messages": value.messages(),
        "lines": [[line(session.at(row)) for row in rows] for rows in value.rows],
    }


def beside_document(value: Sent, number: int, session: Session, parts: Iterable[Beside], built: Request) -> Json:
    """What `request --recorded N --diff --json` prints: the messages of a request beside those of the next one."""
    return {
        "schema": SCHEMA,
        "recorded": recorded(value, number, session),
        "beside": [
            {
                "fate": one.fate.value, "before": one.before, "after": one.after,
                "lines": sorted({*(() if one.before is None else lines_sent(value, one.before, session)),
                                 *(() if one.after is None else lines_built(built, one.after, session))}),
                "blocks": [
                    {"block_index": change.block, "before": change.before, "after": change.after}
                    for change in one.changes
                ],
            }
            for one in parts
        ],
    }


def lines_sent(value: Sent, message: int, session: Session) -> list[int]:
    """The lines that a message which was sent stands in."""
    return [found for row in value.rows[message] if (found := line(session.at(row))) is not None]


def lines_built(built: Request, message: int, session: Session) -> list[int]:
    """The lines that a message of a request comes from."""
    rows = {part.row for part in built.parts(message) if part.row >= 0}
    return sorted(found for row in rows if (found := line(session.at(row))) is not None)


def recorded(value: Sent, number: int, session: Session) -> Json:
    """A request that was noted; `number` counts from 1."""
    return {
        "number": number, "line": line(session.at(value.row)), "id": value.id, "time": value.time,
        "purpose": value.purpose, "version": value.version, "model": value.model, "size": value.size,
        "proof": value.proof.value, "why": value.why or None,
    }


def departure(value: Departure) -> Json:
    """Where the next request departs from the last."""
    return {
        "message_index": value.message, "block_index": value.block, "before": value.before, "after": value.after,
    }
