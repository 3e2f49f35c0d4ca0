"""Whether a repair made something worse."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick.report import Report, Verdict
from unbrick.thread import Outcome

_LOADS = (Outcome.ACCEPTED, Outcome.HEALED, Outcome.REFUSED)


_ORDER = (Verdict.HEALTHY, Verdict.FRAGILE, Verdict.BROKEN)


def _order(report: Report) -> int:
    return _ORDER.index(report.verdict)


def worse(before: Report, after: Report) -> bool:
    """Whether the verdict fell, and no more is loaded for it."""
    return _order(after) > _order(before) and after.resume.messages <= before.resume.messages


def more(before: Report, after: Report) -> bool:
    """Whether more is loaded than was added, less is lost, or the client gets further than before."""
    was, is_ = before.resume, after.resume
    added = max(len(after.situation.session) - len(before.situation.session), 0)
    return is_.messages > was.messages + added or is_.lost < was.lost or is_.outcome is not was.outcome


def introduced(
    before: Report, after: Report, done: Sequence[tuple[Finding, Fix]], mendable: Callable[[Finding], bool]
) -> bool:
    """Whether a finding above info is there that was not there before, or one got worse.

    A line that can be read again, history that comes back, a block that is sent again, or a session that loads again
    may show what was wrong all along: that is found, not introduced, and the next rounds see to it.
    """
    if before.resume.outcome not in _LOADS and after.resume.outcome in _LOADS:
        return False
    if all(finding.code.startswith("J") for finding, _fix in done):
        # A boundary and its summary may stand on such a line: what is before it is summarised then, as it was meant to.
        kept = [report.resume.messages + report.resume.summarised for report in (before, after)]
        return kept[1] < kept[0]
    if _order(after) < _order(before) and after.resume.messages > before.resume.messages:
        return False
    harmless = all(fix.safety is Safety.SAFE for _finding, fix in done)
    known: dict[tuple[str, str | None], Severity] = {}
    for finding in before.findings:
        key = (finding.code, finding.uuid)
        known[key] = max(known.get(key, Severity.INFO), finding.severity)
    found = [
        finding for finding in after.findings
        if finding.severity > known.get((finding.code, finding.uuid), Severity.INFO)
        and not (_aside(before, finding) and (mendable(finding) or _undecided(after, finding)))
        and not (_unsent(before, finding) and mendable(finding))
        and not (harmless and _bared(before, after, finding))
    ]
    return bool(found)


def _bared(before: Report, after: Report, finding: Finding) -> bool:
    """Whether a refused request is refused for a message that now ends it, as one behind it went to its place."""
    last = len(after.situation.request) - 1
    moved = len(before.situation.request) - 1 != last == finding.message_index
    return moved and before.resume.outcome is after.resume.outcome is Outcome.REFUSED


def _undecided(report: Report, finding: Finding) -> bool:
    """Whether a finding only warns of a part that is not loaded, whatever is mended."""
    return finding.severity is Severity.WARNING and _aside(report, finding)


def _unsent(report: Report, finding: Finding) -> bool:
    """Whether a finding stands at a block that is in the file and not sent."""
    situation = report.situation
    row = None if finding.at is None else situation.session.scan.view.row(finding.at)
    if row is None or finding.block is None or finding.block >= len(situation.session.scan.blocks(row)):
        return False
    return situation.part(row, finding.block) is None


def _aside(report: Report, finding: Finding) -> bool:
    """Whether a finding stands at a record that is in the file and not loaded."""
    situation = report.situation
    row = None if finding.at is None else situation.session.scan.view.row(finding.at)
    return row is not None and row not in situation.loaded
