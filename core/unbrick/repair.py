"""Apply fixes on disjoint lines, check again, until nothing is left to apply."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Generator, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from unbrick.bundle import Bundle
from unbrick.check import check
from unbrick.clock import SYSTEM_CLOCK
from unbrick.edit import Edit
from unbrick.editing.groups import Applied, groups, steps
from unbrick.editing.harm import introduced, more, worse
from unbrick.editing.lowering import Change, lower, overlap, together, touched
from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick.formats import Clock, Format
from unbrick.patch import EMPTY, Patch, compose
from unbrick.record import At
from unbrick.report import Report
from unbrick.request import PARTS
from unbrick.target import NOWHERE, Surroundings, Target
from unbrick.weighing.stale import foreseen, stale_thinking

__all__ = ["Applied", "Repaired", "choose", "lower", "repair"]

STAGES = "JLBTCSE"
"""Families in the order of repair: a salvaged line may hold the parent that a link misses, and so on."""

ROUNDS, TRIES = 50, 20
"""More rounds than a repair ever takes: so many, and so many for each finding."""

PASSES = 4
"""So often at most is tried again what could not be done at first."""

GIVE_UP = 10
"""So many fixes of one kind in a row that make something worse: the others of that kind are not tried one by one."""

NO_FIX = ""
"""Chosen for a finding that is to be left alone: no fix has this id."""

DEFAULT: frozenset[Safety] = frozenset({Safety.SAFE})

KEEPS = (Safety.SAFE, Safety.RESTORES, Safety.LOSSY)
"""The safeties of what a repair applies of itself, the one that keeps most first."""


@dataclass(frozen=True)
class Repaired:
    """What a repair came to: the report before, the patch, the report after, and each fix applied, in order."""

    before: Report
    after: Report
    patch: Patch
    applied: tuple[Applied, ...]

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """All fixes, in order."""
        return tuple(applied.fix for applied in self.applied)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All edits, in order."""
        return tuple(edit for applied in self.applied for edit in applied.fix.edits)


Key = tuple[str, str]
"""A finding's id and a fix's."""


def repair(
    format_: Format,
    bundle: Bundle,
    target: Target | None = None,
    surroundings: Surroundings = NOWHERE,
    *,
    patch: Patch = EMPTY,
    allow: Collection[Safety] = DEFAULT,
    only: Collection[str] | None = None,
    chosen: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    clock: Clock = SYSTEM_CLOCK,
    known: Report | None = None,
) -> Generator[int, None, Repaired]:
    """Mend what is broken or fragile with fixes of the allowed safeties, best first.

    `only` names the codes to mend, `chosen` a fix by finding id, `without` the findings to leave alone; `known` is the
    report on this patch where there is one already. Yields rows read so far.
    """
    before = report = known or (yield from check(format_, bundle, patch, target, surroundings))
    applied: list[Applied] = []
    for _try in range(PASSES):
        start = report
        done, patch, report, refused = yield from _pass(
            format_, report, patch, allow, only, {**dict.fromkeys(without, NO_FIX), **(chosen or {})}, clock,
            surroundings,
        )
        applied += done
        # What could not be done at first may be possible after what was done since.
        moved = more(start, report) or any(_key(one) not in refused for one in done)
        if not refused or chosen or not done or not moved:
            break
    along = _along(stale_thinking(report.situation, [edit for item in applied for edit in item.fix.edits]))
    if along:
        done, patch, report = yield from _apply(format_, report, along, patch, clock, surroundings)
        applied += done
    return Repaired(before, report, patch, tuple(applied))


def _pass(
    format_: Format, report: Report, patch: Patch, allow: Collection[Safety], only: Collection[str] | None,
    chosen: Mapping[str, str], clock: Clock, surroundings: Surroundings,
) -> Generator[int, None, tuple[list[Applied], Patch, Report, set[Key]]]:
    """Apply fixes until none is left that has not been refused: what was done, the patch and the report after it, and
    what was refused."""
    applied: list[Applied] = []
    refused: set[Key] = set()
    tried: set[Key] = set()
    once_more: set[Key] = set()
    failed: Counter[Key] = Counter()
    size = len(report.findings)
    first = report
    good = (0, patch, report)
    stood = {_state(report)}

    def mendable(finding: Finding) -> bool:
        return (only is None or finding.code in only) and choose(finding, allow, chosen) is not None

    for _round in range(ROUNDS + TRIES * size):
        batch = _batch(report, allow, only, chosen, refused)[: max(size, 1)]
        if not batch:
            break
        along = _along(foreseen(report.situation, batch[0].fix.edits)) if _is_wish(batch, chosen) else []
        step = [_with(batch[0], *along)] if along else batch
        done, new_patch, after = yield from _apply(format_, report, step, patch, clock, surroundings)
        if done and along:
            done = batch
        elif along:
            along = []
            done, new_patch, after = yield from _apply(format_, report, batch, patch, clock, surroundings)
        wanted = bool(done) and all(chosen.get(item.finding.id) == item.fix.id for item in done)
        idle = set(_idle(report, after, done, chosen))
        state = _state(after)
        # Fixes that bare one another would otherwise go round in a circle.
        useless = state in stood or (len(idle) == len(done) and not more(report, after))
        if done and (wanted or not (
            useless or introduced(report, after, [(one.finding, one.fix) for one in done], mendable)
        )):
            refused |= idle
            applied += [*done, *along]
            for item in done:
                failed[_sort(item)] = 0
            patch, report = new_patch, after
            stood.add(state)
            if chosen or not worse(first, report):
                good = (len(applied), patch, report)
            size *= 2
            # What made something worse before may not any more; each is tried twice at most.
            refused -= once_more
            once_more.clear()
        elif len(batch) == 1:
            if _key(batch[0]) not in tried:
                once_more.add(_key(batch[0]))
            tried.add(_key(batch[0]))
            refused.add(_key(batch[0]))
            kind = _sort(batch[0])
            failed[kind] += 1
            if failed[kind] == GIVE_UP:
                like = _batch(report, allow, only, {}, refused)
                refused.update(_key(one) for one in like if _sort(one) == kind and one.finding.id not in chosen)
                size = len(like)
        else:
            # One of them is to blame: fewer at a time find it.
            size = len(batch) // 2
    # A step that bared another break was taken for the sake of the next one; where none came it is not worth it.
    kept, patch, report = good
    refused.update(map(_key, applied[kept:]))
    return applied[:kept], patch, report, refused


def _state(report: Report) -> Hashable:
    """What tells the states of a session apart in the course of a repair."""
    found = sorted((finding.id, finding.severity) for finding in report.findings)
    return report.resume, _blocks(report), tuple(found)


def _blocks(report: Report) -> int:
    """How many content blocks the session holds."""
    return len(report.situation.session.scan.block_kind)


def _key(applied: Applied) -> Key:
    return applied.finding.id, applied.fix.id


def _sort(applied: Applied) -> Key:
    return applied.finding.code, applied.fix.id


def _idle(before: Report, after: Report, done: Sequence[Applied], chosen: Mapping[str, str]) -> Iterator[Key]:
    """Fixes not to be applied again: those a person chose, and those whose finding stands as before. Where more is
    wrong with a record than is told, blocks that were not spoken of take the numbers of those that went."""
    were, are = (Counter(finding.code for finding in report.findings) for report in (before, after))
    standing = {(finding.id, finding.severity) for finding in after.findings}
    fewer = _blocks(after) < _blocks(before)
    for item in done:
        finding = item.finding
        stands = (finding.id, finding.severity) in standing and are[finding.code] >= were[finding.code]
        stands = stands and not (fewer and are[finding.code] >= PARTS)
        if finding.id in chosen or stands:
            yield _key(item)


def choose(
    finding: Finding, allow: Collection[Safety], chosen: Mapping[str, str], refused: Collection[Key] = (),
) -> Fix | None:
    """The fix to apply: the chosen one, else the one that keeps most of those whose safety is allowed and that were
    not refused. Safe keeps more than what restores, and that more than what drops; a rule names the best first."""
    able = [fix for fix in finding.fixes if (finding.id, fix.id) not in refused]
    if finding.id in chosen:
        return next((fix for fix in able if fix.id == chosen[finding.id]), None)
    mild = [fix for fix in able if fix.safety in allow and fix.safety in KEEPS]
    return min(mild, key=lambda fix: KEEPS.index(fix.safety), default=None)


def _batch(
    report: Report,
    allow: Collection[Safety],
    only: Collection[str] | None,
    chosen: Mapping[str, str],
    refused: set[Key],
) -> list[Applied]:
    """The fixes of the first family that has any, one per finding."""
    by_stage: dict[int, list[Applied]] = {}
    for finding in report.findings:
        named = finding.id in chosen or (only is not None and finding.code in only)
        if not named and (only is not None or finding.severity is Severity.INFO):
            continue
        fix = choose(finding, allow, chosen, refused)
        if fix is not None:
            by_stage.setdefault(STAGES.find(finding.code[0]), []).append(Applied(finding, fix))
    return by_stage[min(by_stage)] if by_stage else []


Step = tuple[list[Applied], Patch, Report]


def _apply(
    format_: Format, report: Report, batch: list[Applied], patch: Patch, clock: Clock, surroundings: Surroundings
) -> Generator[int, None, Step]:
    """Apply the fixes of a batch that touch different lines; the others wait for the next round. A fix that changes
    nothing, or that names what is not there any more, is not done."""
    situation = report.situation
    change: Change = {}
    done: list[Applied] = []
    stepwise: list[Applied] = []
    taken: set[At] = set()
    waiting = deque(groups(batch))
    while waiting:
        group = waiting.popleft()
        edits = steps(group)
        several = len(edits) > len(group)
        new = together(format_, situation, edits, clock)
        if new is not None:
            if not overlap(change, new) and taken.isdisjoint(new):
                change.update(new)
                done += group
        elif (several or len(group) == 1) and (places := touched(format_, situation, edits, clock)):
            if taken.isdisjoint(places) and change.keys().isdisjoint(places):
                taken |= places
                stepwise += group
        elif len(group) > 1:
            # One of them names what is not there.
            half = len(group) // 2
            waiting.extendleft((group[half:], group[:half]))
        elif not done and not stepwise:
            try:
                changed = lower(format_, situation, edits, patch, clock)
            except (KeyError, IndexError):
                continue
            if changed != patch:
                patch = changed
                done += group
                break
    if stepwise:
        # Step by step of all of them: one scan for each step, not for each fix.
        try:
            patch = lower(format_, situation, steps(stepwise), patch, clock, change)
            change, done = {}, [*done, *stepwise]
        except (KeyError, IndexError):
            if not done:
                return (yield from _apply(format_, report, stepwise[: len(stepwise) // 2], patch, clock, surroundings))
    if change:
        patch = compose(patch, change)
    if not done:
        return done, patch, report
    after = yield from check(format_, report.bundle, patch, report.target, surroundings, situation)
    return done, patch, after


def _is_wish(batch: Sequence[Applied], chosen: Mapping[str, str]) -> bool:
    """Whether a batch is one fix that a person chose: it is done whatever comes of it."""
    return len(batch) == 1 and chosen.get(batch[0].finding.id) == batch[0].fix.id


def _with(one: Applied, along: Applied) -> Applied:
    """A fix that does what another does as well."""
    return replace(one, fix=replace(one.fix, edits=(*one.fix.edits, *along.fix.edits)))


def _along(fix: Fix | None) -> list[Applied]:
    return [] if fix is None else [Applied(Finding("C007", "unsigned-thinking", Severity.INFO, fix.title), fix)]
