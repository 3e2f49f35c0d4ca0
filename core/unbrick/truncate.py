"""Cut a session behind a complete turn: the safe points of a report, and the cut itself."""

from __future__ import annotations

from collections.abc import Generator

from unbrick.bundle import Bundle
from unbrick.check import check
from unbrick.clock import SYSTEM_CLOCK
from unbrick.edit import Cut
from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick.formats import Clock, Format
from unbrick.measure import counted
from unbrick.patch import EMPTY, Patch
from unbrick.record import At
from unbrick.repair import Applied, Repaired, lower
from unbrick.report import Report, Verdict
from unbrick.safepoints import SafePoint, history, points, price_behind
from unbrick.target import NOWHERE, Surroundings, Target

__all__ = ["SafePoint", "history", "last_safe", "safe_points", "truncate"]


def safe_points(report: Report) -> tuple[SafePoint, ...]:
    """Every safe point of the conversation, newest first: complete turns with no error of the report before them."""
    errors = [f for f in report.findings if f.severity is Severity.ERROR and f.row is not None]
    bad = {found.row for found in errors if found.row is not None and found.code[0] in "TCLB"}
    # A damaged line is on no thread; every cut behind it keeps it.
    damaged = min((found.row for found in errors if found.row is not None and found.code[0] == "J"), default=None)
    return points(report.situation, bad, damaged)


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


def _cut(
    format_: Format, before: Report, after: At, surroundings: Surroundings, patch: Patch, clock: Clock,
    point: SafePoint | None,
) -> Generator[int, None, Repaired]:
    edit = Cut(after)
    new = lower(format_, before.situation, [edit], patch, clock)
    report = yield from check(
        format_, before.bundle, new, before.target, surroundings, before.situation.session.scan
    )
    price = point.price if point else price_behind(before.situation, after.line)
    loaded, left = before.resume.messages, report.resume.messages
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
