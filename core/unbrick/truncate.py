"""Safe points: complete turns that a session can be cut behind, and what each cut keeps and drops."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass

from unbrick import api
from unbrick.bundle import Bundle
from unbrick.check import check
from unbrick.clock import SYSTEM_CLOCK
from unbrick.edit import Cut
from unbrick.entry import BlockKind, Flag, Kind
from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick.formats import Clock, Format
from unbrick.patch import EMPTY, Patch
from unbrick.record import At
from unbrick.repair import Applied, Repaired, lower
from unbrick.report import Report, Verdict
from unbrick.session import Session
from unbrick.situation import Situation
from unbrick.target import NOWHERE, Surroundings, Target


@dataclass(frozen=True)
class SafePoint:
    """A place to cut behind. `at` and `row` are the last record kept, `reply` the row of the last assistant
    record. `keeps` and `drops` are user and assistant records of the conversation; `prompts` are the rows of
    the typed prompts that would go, `replies` counts the assistant records and `results` the tool results.
    `tokens` is the size of the context afterwards, as the API counted it where the transcript recorded that, else
    estimated. `segment` is 0 for the conversation since the last compaction, 1 for the one before it, and so on."""

    at: At
    row: int
    reply: int
    keeps: int
    drops: int
    prompts: tuple[int, ...]
    replies: int
    results: int
    tokens: int
    segment: int = 0
    time: float | None = None

    @property
    def price(self) -> str:
        """What the cut costs, in words."""
        parts = [
            f"{count} {one if count == 1 else many}"
            for count, one, many in (
                (len(self.prompts), "prompt", "prompts"), (self.replies, "reply", "replies"),
                (self.results, "result", "results"),
            )
            if count
        ]
        return "drops " + ", ".join(parts) if parts else "keeps everything"


def history(session: Session, situation: Situation) -> list[tuple[int, int]]:
    """(row, segment) of the conversation, oldest first: the thread, and across each boundary and each break of
    the chain what stood before it."""
    thread = situation.thread
    lost_before = {loss.row: loss.before for loss in thread.losses if loss.before is not None}
    segments: list[list[int]] = [list(thread.rows)]
    seen = set(thread.rows)
    while segments[-1]:
        head = segments[-1][0]
        before = lost_before.get(head)
        same = before is not None
        if before is None and session.kind(head) is Kind.BOUNDARY:
            before = session.row(session.scan.strings.text(session.scan.refers[head]))
        if before is None or before in seen:
            break
        older = [row for row in _whole(session, list(session.ancestors(before))[::-1]) if row not in seen]
        seen.update(older)
        if same:
            segments[-1] = older + segments[-1]
            if not older:
                break
        else:
            segments.append(older)
    return [(row, index) for index in range(len(segments) - 1, -1, -1) for row in segments[index]]


def _whole(session: Session, chain: list[int]) -> list[int]:
    """A chain with what a plain walk over parents leaves out of it: parallel calls of one response, and the results
    of all its calls, each behind the row it belongs to."""
    scan = session.scan
    known = set(chain)
    of_response: dict[int, list[int]] = {}
    wanted = {scan.message_id[row] for row in chain if scan.message_id[row] >= 0}
    for row, message in enumerate(scan.message_id):
        if message in wanted and row not in known:
            of_response.setdefault(message, []).append(row)
    added: set[int] = set()
    for row in chain:
        for member in (row, *of_response.get(scan.message_id[row], ())):
            added.add(member)
            for block in scan.blocks(member):
                if scan.block_kind[block] == BlockKind.TOOL_USE:
                    call = session.calls.get(scan.strings.text(scan.block_ref[block]) or "")
                    added.update(result for result, _block in (call.results if call else ()))
    extra = deque(sorted(added - known))
    whole: list[int] = []
    for row in chain:
        while extra and extra[0] < row:
            whole.append(extra.popleft())
        whole.append(row)
    return [*whole, *extra]


def safe_points(report: Report) -> tuple[SafePoint, ...]:
    """Every safe point of the conversation, newest first.

    A turn is complete when a typed prompt or nothing follows it, its last message is the assistant's, and
    every call in it is answered. A point is left out when an error of the request stands before it in its
    segment, or when the file holds records of the kept part behind those of the dropped part.
    """
    situation = report.situation
    session = situation.session
    scan = session.scan
    rows = history(session, situation)
    bad = {
        finding.row for finding in report.findings
        if finding.severity is Severity.ERROR and finding.row is not None and finding.code[0] in "TCLB"
    }
    total = sum(scan.kind[row] in (Kind.USER, Kind.ASSISTANT) for row, _ in rows)
    prompts = [row for row, _ in rows if scan.flags[row] & Flag.PROMPT]
    replies = sum(scan.kind[row] == Kind.ASSISTANT for row, _ in rows)
    results = sum(
        scan.block_kind[block] == BlockKind.TOOL_RESULT for row, _ in rows for block in scan.blocks(row)
    )
    lowest_after = _lowest_after([row for row, _ in rows])
    points: list[SafePoint] = []
    kept = kept_prompts = kept_replies = kept_results = tokens = 0
    highest = -1
    reply: int | None = None
    pending: set[int] = set()
    broken = False
    recorded = 0
    for place, (row, segment) in enumerate(rows):
        if place and rows[place - 1][1] != segment:
            pending, broken, tokens, recorded, reply = set(), False, 0, 0, None
        kind, flags = scan.kind[row], scan.flags[row]
        highest = max(highest, row)
        broken = broken or row in bad
        for block in scan.blocks(row):
            tokens += api.block_tokens(scan.block_kind[block], scan.block_size[block])
            if scan.block_kind[block] == BlockKind.TOOL_USE:
                pending.add(scan.block_ref[block])
            elif scan.block_kind[block] == BlockKind.TOOL_RESULT:
                pending.discard(scan.block_ref[block])
                kept_results += 1
        if kind in (Kind.USER, Kind.ASSISTANT):
            kept += 1
            kept_prompts += bool(flags & Flag.PROMPT)
            kept_replies += kind == Kind.ASSISTANT
            if kind == Kind.ASSISTANT and not flags & (Flag.API_ERROR | Flag.SYNTHETIC):
                reply = row
                recorded = scan.tokens[row] or recorded
            elif kind == Kind.USER:
                reply = None
        following = rows[place + 1] if place + 1 < len(rows) else None
        ends = following is None or following[1] != segment or bool(scan.flags[following[0]] & Flag.PROMPT)
        if ends and reply is not None and not pending and not broken and highest < lowest_after[place]:
            time = scan.time[reply]
            points.append(SafePoint(
                session.at(highest), highest, reply, kept, total - kept, tuple(prompts[kept_prompts:]),
                replies - kept_replies, results - kept_results, recorded or tokens, segment,
                None if time != time else time,
            ))
    return tuple(reversed(points))


def _lowest_after(rows: list[int]) -> list[int]:
    """For each place the lowest row that stands behind it in the conversation."""
    lowest = 1 << 62
    found = [lowest] * len(rows)
    for place in range(len(rows) - 1, -1, -1):
        found[place] = lowest
        lowest = min(lowest, rows[place])
    return found


def truncate(
    format_: Format,
    bundle: Bundle,
    after: At,
    target: Target | None = None,
    surroundings: Surroundings = NOWHERE,
    *,
    patch: Patch = EMPTY,
    clock: Clock = SYSTEM_CLOCK,
    known: Report | None = None,
) -> Generator[int, None, Repaired]:
    """Make a record the last one of the transcript; `known` is the report on this patch where there is one already.

    Raises KeyError when there is no such place.
    """
    before = known or (yield from check(format_, bundle, patch, target, surroundings))
    edit = Cut(after)
    new = lower(format_, before.situation, [edit], patch, clock)
    report = yield from check(format_, bundle, new, before.target, surroundings, before.situation.session.scan)
    point = next((p for p in safe_points(before) if p.at == after), None)
    price = point.price if point else _price(before, report)
    fix = Fix("cut", f"Cut behind line {after.line:,}", Safety.LOSSY, (edit,), price)
    return Repaired(before, report, new, (Applied(Finding("cut", "truncate", Severity.INFO, fix.title), fix),))


def _price(before: Report, after: Report) -> str:
    count = max(before.resume.messages - after.resume.messages, 0)
    return f"drops {count} message{'' if count == 1 else 's'}" if count else "keeps everything"


def last_safe(
    format_: Format,
    bundle: Bundle,
    target: Target | None = None,
    surroundings: Surroundings = NOWHERE,
    *,
    patch: Patch = EMPTY,
    clock: Clock = SYSTEM_CLOCK,
    tries: int = 20,
) -> Generator[int, None, Repaired | None]:
    """Cut behind the newest safe point that drops something and checks clean afterwards; None when there is none."""
    report = yield from check(format_, bundle, patch, target, surroundings)
    candidates = [point for point in safe_points(report) if point.drops or report.verdict is Verdict.HEALTHY]
    for point in candidates[:tries]:
        cut = yield from truncate(format_, bundle, point.at, report.target, surroundings, patch=patch, clock=clock)
        if cut.after.verdict is not Verdict.BROKEN:
            return cut
    return None
