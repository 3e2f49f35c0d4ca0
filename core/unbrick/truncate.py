"""Cut a session behind a complete turn: the safe points of a report, and the cut itself."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from unbrick.bundle import Bundle
from unbrick.check import check
from unbrick.clock import SYSTEM_CLOCK
from unbrick.edit import Cut, places
from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick.formats import Clock, Format
from unbrick.patch import EMPTY, Patch
from unbrick.record import At
from unbrick.repair import Applied, Repaired, lower, repair
from unbrick.report import Report, Verdict
from unbrick.scanning.scan import Scan
from unbrick.target import NOWHERE, Surroundings, Target
from unbrick.telling.matching import match
from unbrick.weighing.measure import counted
from unbrick.weighing.past import history
from unbrick.weighing.safepoints import Now, SafePoint, now, points, price_behind

__all__ = ["Offer", "SafePoint", "cut_at", "history", "last_safe", "offers", "safe_points", "truncate"]


@dataclass(frozen=True)
class Offer:
    """A place to cut behind, and the fixes, all of which keep everything, that have to be applied `first` for it to be
    safe."""

    point: SafePoint
    first: tuple[Applied, ...] = ()


def safe_points(report: Report) -> tuple[SafePoint, ...]:
    """Every safe point of the conversation, newest first: complete turns with no error of the report before them."""
    return _points(report)


def _points(report: Report, since: Report | None = None) -> tuple[SafePoint, ...]:
    """The safe points of a report, priced by what is loaded on another that led to it."""
    errors = [f for f in report.findings if f.severity is Severity.ERROR and f.row is not None]
    bad = {found.row for found in errors if found.row is not None and found.code[0] in "TCLB"}
    # A damaged line is on no thread; every cut behind it keeps it.
    damaged = min((found.row for found in errors if found.row is not None and found.code[0] == "J"), default=None)
    return points(report.situation, bad, damaged, None if since is None else _before(since, report))


def _before(since: Report, report: Report) -> Now:
    """What was loaded, and what was not, of the rows of a report on another one that led to it."""
    was, now_ = now(since.situation), now(report.situation)
    loaded, held = bytearray(now_.loaded), bytearray(now_.held)
    moved: dict[int, tuple[Scan, int]] = {}
    for one, other in match(since, report):
        if other >= 0:
            if one >= 0:
                moved[other] = since.situation.session.scan, one
            loaded[other], held[other] = (was.loaded[one], was.held[one]) if one >= 0 else (0, 0)
    return Now(bytes(loaded), bytes(held), moved)


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
    point = next((one for one in safe_points(before) if one.at == after), None)
    cut = yield from _cut(format_, before, after, surroundings, patch, clock, point)
    return cut


def offers(
    format_: Format, report: Report, patch: Patch = EMPTY, surroundings: Surroundings = NOWHERE,
    clock: Clock = SYSTEM_CLOCK,
) -> Generator[int, None, tuple[Offer, ...]]:
    """Every safe point, newest first, with those that become safe when what stands before them is mended."""
    plain = safe_points(report)
    known = {point.at for point in plain}
    found = [Offer(point) for point in plain]
    if report.verdict is not Verdict.HEALTHY:
        mended = yield from repair(
            format_, report.bundle, report.target, surroundings, patch=patch, clock=clock, known=report,
        )
        along = [one.fix for one in mended.applied if one.finding.at is None]
        thoughts = [at for fix in along for edit in fix.edits for at in places(edit)]
        for point in _points(mended.after, report) if mended.applied else ():
            first = tuple(
                one for one in mended.applied if one.finding.at is not None and one.finding.at.line <= point.at.line
            )
            there = report.situation.session.scan.view.row(point.at) is not None
            if first and point.drops and point.at not in known and there:
                view = mended.after.situation.session.scan.view
                bound = sum(at <= point.at or view.row(at) is None for at in thoughts)
                gone = replace(point.gone, thoughts=point.gone.thoughts + bound)
                found.append(Offer(replace(point, gone=gone), first))
    return tuple(sorted(found, key=lambda offer: offer.point.at, reverse=True))


def cut_at(
    format_: Format, report: Report, offer: Offer, patch: Patch = EMPTY, surroundings: Surroundings = NOWHERE,
    clock: Clock = SYSTEM_CLOCK,
) -> Generator[int, None, Repaired]:
    """Apply what has to be applied first, then cut. Raises KeyError when there is no such place."""
    done: tuple[Applied, ...] = ()
    known, written = report, patch
    if offer.first:
        chosen = {one.finding.id: one.fix.id for one in offer.first}
        mended = yield from repair(
            format_, report.bundle, report.target, surroundings, patch=patch, allow=(), chosen=chosen, clock=clock,
            known=report,
        )
        done, known, written = mended.applied, mended.after, mended.patch
    cut = yield from _cut(format_, known, offer.point.at, surroundings, written, clock, offer.point, report)
    return Repaired(report, cut.after, cut.patch, (*done, *cut.applied))


def _cut(
    format_: Format, before: Report, after: At, surroundings: Surroundings, patch: Patch, clock: Clock,
    point: SafePoint | None, since: Report | None = None,
) -> Generator[int, None, Repaired]:
    edit = Cut(after)
    new = lower(format_, before.situation, [edit], patch, clock)
    report = yield from check(format_, before.bundle, new, before.target, surroundings, before.situation)
    price = point.price if point else price_behind(before.situation, after.line)
    loaded, left = (since or before).resume.messages, report.resume.messages
    if loaded != left:
        price += f"; resume loads {counted(left, 'message')}, {loaded:,} before"
    fix = Fix("cut", f"Cut behind {before.situation.session.scan.view.place(after)}", Safety.LOSSY, (edit,), price)
    return Repaired(before, report, new, (Applied(Finding("cut", "truncate", Severity.INFO, fix.title), fix),))


def last_safe(
    format_: Format,
    bundle: Bundle,
    target: Target | None = None,
    surroundings: Surroundings = NOWHERE,
    *,
    patch: Patch = EMPTY,
    clock: Clock = SYSTEM_CLOCK,
    tries: int = 20,
    known: Report | None = None,
) -> Generator[int, None, Repaired | None]:
    """Cut behind the newest safe point that drops something, fits the model's window and checks clean afterwards.

    Where none checks clean, the newest after which the next prompt works; None when there is none.
    """
    report = known or (yield from check(format_, bundle, patch, target, surroundings))
    working: Repaired | None = None
    candidates = [
        point for point in safe_points(report) if point.fits and (point.drops or report.verdict is Verdict.HEALTHY)
    ]
    for point in candidates[:tries]:
        cut = yield from _cut(format_, report, point.at, surroundings, patch, clock, point)
        if cut.after.verdict is Verdict.HEALTHY:
            return cut
        if cut.after.verdict is Verdict.FRAGILE:
            working = working or cut
    return working
