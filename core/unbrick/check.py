"""Scan a transcript, simulate the resume, apply the rules: the one path from bytes to a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from typing import Any

from unbrick.api import lint
from unbrick.bundle import Bundle
from unbrick.entry import BlockFlag, Kind
from unbrick.finding import Finding, Rule, Safety, Severity
from unbrick.formats import Format
from unbrick.patch import EMPTY, Patch, View
from unbrick.report import Cause, Judged, Report, Resume, Verdict
from unbrick.request import PARTS, Request
from unbrick.rules import LATE, RULES
from unbrick.scanning.ones import both, of_kinds
from unbrick.scanning.rescan import rescan
from unbrick.scanning.scan import finish, scan
from unbrick.session import Session, Standing, link
from unbrick.situation import Asks, Situation, Violation
from unbrick.target import NOWHERE, Basis, Surroundings, Target, Version
from unbrick.thread import Outcome
from unbrick.weighing import measure
from unbrick.weighing.stale import priced
from unbrick.why import account


def check(
    format_: Format,
    bundle: Bundle,
    patch: Patch = EMPTY,
    target: Target | None = None,
    surroundings: Surroundings = NOWHERE,
    before: Situation | None = None,
) -> Generator[int, None, Report]:
    """Judge a transcript as a patch leaves it. Yields rows read so far, returns the report. Never raises on
    bad data. With what another patch of the same transcript came to, `before`, only other lines are read."""
    view = View(bundle.main, patch)
    if before is None:
        scanned = yield from scan(view, format_.bare)
        return (yield from judging(format_, bundle, link(scanned), target, surroundings))
    scanned = yield from rescan(before.session.scan, view, format_.bare)
    return (yield from judging(format_, bundle, link(scanned), target, surroundings, before.request))


def choose_target(
    format_: Format,
    session: Session,
    surroundings: Surroundings,
    *,
    client: Version | str | None = None,
    model: str | None = None,
    strict: bool = False,
    way: str | None = None,
) -> Target:
    """The target to judge for: the given client, else the one installed, else the one that wrote the last
    records. `client` is a version, `installed` or `recorded`; `way` one of the format's ways to resume. Raises
    ValueError when `installed` is asked for and none is found, or when there is no such way."""
    recorded = format_.recorded(session)
    chosen = recorded
    if client is not None and not recorded.version.numbers:
        raise ValueError("no client stands between this file and the API; leave --client out")
    if isinstance(client, Version):
        chosen = replace(recorded, version=client, basis=Basis.GIVEN)
    elif client == "installed" and surroundings.installed is None:
        raise ValueError(
            "no installed client was found on this machine; name a version with --client, or use --client recorded"
        )
    elif client != "recorded" and surroundings.installed is not None:
        chosen = replace(recorded, version=surroundings.installed, basis=Basis.INSTALLED)
    chosen = replace(chosen, model=model or chosen.model, strict=strict)
    if way is not None:
        ways = format_.ways(session)
        if way not in ways:
            raise ValueError(f"{format_.name} has no way of resuming called {way!r}" + (
                f", but {' and '.join(ways)}" if ways else ": it resumes every session in the same way"
            ))
        chosen = replace(chosen, way=way)
    return format_.aimed(chosen)


def simulate(
    format_: Format, bundle: Bundle, session: Session, target: Target, surroundings: Surroundings,
    like: Request | None = None,
) -> Situation:
    """What a client will load and send, and what the API says to it."""
    thread = format_.thread(session, target)
    request = format_.request(session, thread, target, surroundings, like=like)
    violations = tuple(_attributed(request, lint(request, target, request.complete)))
    return Situation(
        bundle, session, thread, request, target, surroundings, violations,
        Asks(
            lambda row: session.of(row, format_.text), lambda row: session.of(row, format_.kept),
            lambda row: session.of(row, format_.content),
            lambda row, block: format_.spot(session.value(row), block), lambda refs: format_.results(bundle, refs),
            lambda: format_.recovered(bundle, session), lambda row: session.of(row, format_.odd),
            lambda row: session.glance(row, format_.aside), lambda: format_.superseded(session),
            lambda: format_.handed(bundle, session), lambda row: session.glance(row, format_.content),
        ),
    )


_OF_FORM = {"T007", "T008", "T009", "C009", "C010"}


def _attributed(request: Request, violations: Iterable[Violation]) -> Iterator[Violation]:
    """What is refused of a call because of the form that it is stored in is that form's fault."""
    for violation in violations:
        index = request.first[violation.message] + (violation.block or 0)
        if violation.code in _OF_FORM and index < len(request.row) and request.flags[index] & BlockFlag.FORM:
            yield replace(violation, code="T014")
        else:
            yield violation


def judge(
    format_: Format,
    bundle: Bundle,
    session: Session,
    target: Target | None = None,
    surroundings: Surroundings = NOWHERE,
) -> Report:
    """Judge a linked session; the part of a check that depends on the target."""
    return finish(judging(format_, bundle, session, target, surroundings))


def judging(
    format_: Format,
    bundle: Bundle,
    session: Session,
    target: Target | None = None,
    surroundings: Surroundings = NOWHERE,
    like: Request | None = None,
) -> Generator[int, None, Report]:
    """The same in steps, for a session whose judgement takes long: one for the resume, one for each rule. `like` is as
    `Format.request` has it."""
    target = target or choose_target(format_, session, surroundings)
    situation = simulate(format_, bundle, session, target, surroundings, like)
    found: list[Finding] = []
    for rule in RULES:
        yield len(session)
        found += _found(rule, situation)
    early = tuple(found)
    last_error = account(situation, early)
    late = _late(Judged(situation, early, last_error))
    findings = tuple(priced(situation, sorted((*early, *late), key=_order)))
    recorded = format_.recorded(session)
    # A request that nothing was made up for, and that is not refused, is the same in every way.
    same = not situation.request.synthetic and not situation.violations
    elsewhere = [] if same else [replace(target, way=way) for way in format_.ways(session) if way != target.way]
    if recorded.version != target.version:
        elsewhere.insert(0, recorded)
    resume = resume_of(situation, findings)
    others = tuple(
        (other, found) for other, found in _elsewhere(format_, bundle, session, elsewhere, surroundings, target)
        if other.way == target.way or _differs(resume, found)
    )
    session.forget()
    return Report(bundle, situation, findings, _verdict(findings), _cause(findings), resume, last_error, others)


def _elsewhere(
    format_: Format, bundle: Bundle, session: Session, targets: Iterable[Target], surroundings: Surroundings,
    same: Target,
) -> Iterator[tuple[Target, Resume]]:
    """What happens to the same session on other clients, or resumed in another way."""
    for target in targets:
        situation = simulate(format_, bundle, session, target, surroundings)
        # What the same client sends in another way differs in its request alone, so only what is refused needs a name.
        plain = target.client == same.client and target.version == same.version and not situation.violations
        yield target, resume_of(situation, () if plain else tuple(_findings(situation)))


def _differs(one: Resume, other: Resume) -> bool:
    return (one.outcome, one.lost) != (other.outcome, other.lost)


def _findings(situation: Situation) -> Iterator[Finding]:
    for rule in RULES:
        yield from _found(rule, situation)


def _found(rule: Rule[Situation], situation: Situation) -> Iterator[Finding]:
    told: Counter[int] = Counter()
    for finding in rule.check(situation):
        if finding.row is not None:
            told[finding.row] += 1
        if finding.row is None or told[finding.row] <= PARTS:
            yield _placed(finding, rule, situation)


def _late(judged: Judged) -> Iterator[Finding]:
    for rule in LATE:
        for finding in rule.check(judged):
            yield _placed(finding, rule, judged.situation)


def _placed(finding: Finding, rule: Rule[Any], situation: Situation) -> Finding:
    return replace(
        finding,
        uuid=finding.uuid or (None if finding.row is None else situation.session.uuid(finding.row)),
        affects=finding.affects or tuple(one for one in rule.affects if one.client == situation.target.client),
        file=finding.file or str(situation.bundle.path),
        document=_document(finding, situation),
    )


def _document(finding: Finding, situation: Situation) -> tuple[str | int, ...]:
    """Where a finding stands in a file that is one document."""
    if finding.at is None or finding.at.part:
        return ()
    base = situation.bundle.main.pointer(finding.at.line)
    if base is None:
        return ()
    inside = finding.pointer
    if not inside and finding.block is not None and finding.row is not None:
        inside = situation.asks.spot(finding.row, finding.block)
    return (*base, *inside)


def _order(finding: Finding) -> tuple[int, int, str]:
    rank = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}[finding.severity]
    return rank, -1 if finding.row is None else finding.row, finding.code


def _verdict(findings: tuple[Finding, ...]) -> Verdict:
    worst = max((finding.severity for finding in findings), default=Severity.INFO)
    return {Severity.ERROR: Verdict.BROKEN, Severity.WARNING: Verdict.FRAGILE}.get(worst, Verdict.HEALTHY)


def _cause(findings: tuple[Finding, ...]) -> Cause:
    """Cause of the first error, of those that stop the next prompt before those that only lose history."""
    above = [finding for finding in findings if finding.severity is not Severity.INFO]
    errors = [finding for finding in above if finding.severity is Severity.ERROR]
    stopping = [finding for finding in errors if finding.outcome is not None]
    worst = next(iter(stopping or errors or above), None)
    return Cause.NONE if worst is None else Cause(worst.cause)


_WORST = [Outcome.CRASH, Outcome.HANG, Outcome.NOT_FOUND, Outcome.EMPTY, Outcome.REFUSED, Outcome.HEALED]


def resume_of(situation: Situation, findings: tuple[Finding, ...]) -> Resume:
    """The numbers of a resume."""
    session, thread = situation.session, situation.thread
    scan = session.scan
    talk = scan.kinds(Kind.USER, Kind.ASSISTANT)
    loaded, lost, summarised, rewound, undecided = (
        both(of_kinds(thread.standing, standing), talk).count(1)
        for standing in (
            Standing.LOADED, Standing.LOST, Standing.SUMMARISED, Standing.REWOUND, Standing.UNDECIDED,
        )
    )
    outcome, error = thread.outcome, thread.error
    if outcome is Outcome.ACCEPTED:
        stopping = [f for f in findings if f.outcome is not None]
        worst = next((f for o in _WORST for f in stopping if f.outcome is o), None)
        if worst is not None and worst.outcome is not None:
            outcome, error = worst.outcome, worst.api_error
    first = next((row for row in thread.rows if session.kind(row) in (Kind.USER, Kind.ASSISTANT)), None)
    since = None if first is None or scan.time[first] != scan.time[first] else scan.time[first]
    unread, readable, brought = _brought(situation, findings)
    return Resume(
        outcome, error, loaded, lost + unread, brought + readable, summarised, rewound, undecided,
        measure.whole(situation), since,
    )


def _brought(situation: Situation, findings: tuple[Finding, ...]) -> tuple[int, int, int]:
    """Messages on lines that cannot be read, those of them that a fix makes readable, and the lost records that some
    fix brings back; what a person has to decide does not count."""
    kinds, standing = situation.session.scan.kind, situation.thread.standing
    unread = readable = 0
    rows: set[int] = set()
    seen: set[int] = set()
    for finding in findings:
        fixes = [fix for fix in finding.fixes if fix.edits and fix.safety is not Safety.MANUAL]
        unread += finding.unread
        readable += finding.unread if fixes else 0
        for fix in fixes:
            if id(fix.brings) not in seen:  # Many findings may share one tuple of all that is lost.
                seen.add(id(fix.brings))
                rows.update(fix.brings)
    lost = (row for row in rows if standing[row] == Standing.LOST and kinds[row] in (Kind.USER, Kind.ASSISTANT))
    return unread, readable, sum(1 for _row in lost)
