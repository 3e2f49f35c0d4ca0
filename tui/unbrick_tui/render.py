"""A report as plain text: the verdict first, then what is wrong, what resume loads, and what would mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from unbrick.edit import Cut
from unbrick.finding import Advice, Finding, Safety, Severity
from unbrick.opening import STDIN
from unbrick.printable import printable, shell, shorten
from unbrick.report import Report, Verdict
from unbrick.telling import sentences
from unbrick.telling.json_report import line
from unbrick.thread import Outcome

Paint = Callable[[str, str], str]
"""Text and a style (`good`, `bad`, `warn`, `dim`, `strong`) → text as it is printed."""

LIKE = 3
"""So many findings of one code are shown in full; the others by their lines."""

_STYLE = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.INFO: "dim"}


def plain(text: str, style: str) -> str:
    """No colour."""
    return text


def report_lines(
    report: Report, paint: Paint = plain, *, name: str | None = None, promise: bool = True
) -> Iterator[str]:
    """The lines of a report. `name` is the path as the person gave it; `promise` adds the next step and that
    nothing has been changed."""
    yield headline(report, paint)
    where = printable(name or str(report.bundle.path))
    unit = report.bundle.main.unit
    records = sentences.count(len(report.situation.session), "record" if unit == "line" else unit)
    yield f"  {where}: {records}, {sentences.judged_for(report.target)}"
    said = [sentences.sentence(report), sentences.loads(report)]
    said += [*sentences.others(report), sentences.last_error(report)]
    yield from (f"  {one}" for one in said if one)
    if report.last_error is not None:
        yield from advice_lines(report.last_error.advice)
    yield from finding_lines(report, paint)
    if promise:
        yield ""
        yield from next_step(report, name)
        yield "Nothing has been changed."


def headline(report: Report, paint: Paint = plain) -> str:
    """The first line: a mark, and whether the next prompt will work, on which client."""
    outcome = report.resume.outcome
    if outcome is Outcome.HEALED or (outcome is Outcome.ACCEPTED and report.verdict is Verdict.FRAGILE):
        mark, style = "!", "warn"
    elif outcome is not Outcome.ACCEPTED or report.verdict is Verdict.BROKEN:
        mark, style = "✗", "bad"
    else:
        mark, style = "✓", "good"
    return paint(f"{mark} {sentences.headline(report)}", style)


def finding_lines(report: Report, paint: Paint = plain) -> Iterator[str]:
    """All findings, worst first, those of one code together."""
    innocent = report.cause in sentences.INNOCENT
    above = [finding for finding in report.findings if finding.severity is not Severity.INFO]
    told = sentences.foremost(report, above) if above else None
    for severity in (Severity.ERROR, Severity.WARNING, Severity.INFO):
        found = [finding for finding in report.findings if finding.severity is severity]
        for code in dict.fromkeys(finding.code for finding in found):
            group = [finding for finding in found if finding.code == code]
            if severity is not Severity.INFO or group[0] is found[0]:
                yield ""
            for one in group[:LIKE]:
                yield from one_finding(one, paint, apart=innocent and one.cause == "file", told=one is told)
            rest = group[LIKE:]
            if rest:
                places = ", ".join(dict.fromkeys(str(line(f.at)) if f.at else "?" for f in rest[:12]))
                more = " …" if len(rest) > 12 else ""
                yield f"  and {len(rest):,} more {code}, on lines {places}{more} (all of them: --json)"


def one_finding(value: Finding, paint: Paint = plain, *, apart: bool = False, told: bool = False) -> Iterator[str]:
    """One finding: code, line and sentence, the API's sentence, fixes with their price, other ways out. Of one whose
    first sentence is `told` already, the rest."""
    note = " (apart from the verdict)" if apart else ""
    if value.severity is Severity.INFO and not (value.fixes or value.advice or value.api_error):
        yield f"{paint(f'info {value.code}', _STYLE[value.severity])} {_told(value)}{note}"
        return
    yield f"{paint(f'{value.severity.value} {value.code}', _STYLE[value.severity])} {value.name} [{value.id}]{note}"
    said = sentences.halves(value)[1] if told else _told(value)
    if said:
        yield f"    {said}"
    if value.api_error:
        yield f"    the API or client says: {shorten(printable(value.api_error), 200)}"
    for fix in value.fixes:
        yield f"    fix {paint(fix.id, 'strong')}: {printable(fix.title)} ({printable(fix.price)})"
    yield from advice_lines(value.advice, first=not value.fixes)


def _told(value: Finding) -> str:
    return f"{sentences.place(value)}{printable(value.message)}"


def advice_lines(advice: Sequence[Advice], *, first: bool = True) -> Iterator[str]:
    """Ways out that are no edit, with their complete commands."""
    for label, one in sentences.labelled(advice, first=first):
        yield f"    {label}: {printable(one.text)}"
        if one.command:
            yield f"        {printable(one.command)}"


def next_step(report: Report, name: str | None = None) -> Iterator[str]:
    """The commands that mend what can be mended, in full."""
    wanted = {
        fix.safety
        for found in report.findings if found.severity is not Severity.INFO for fix in found.fixes if fix.edits
    }
    # Where the whole does not fit any more, a cut is what comes first.
    offered = next((found.fixes for found in report.findings[:1] if found.fixes), ())
    cut = next((edit for fix in offered[:1] for edit in fix.edits if isinstance(edit, Cut)), None)
    path = name or str(report.bundle.path)
    path = shell(f"./{path}" if path[0] == "-" and path != STDIN else path)
    whither, option = "as a new session", "--as-session"
    if not report.target.resumed:
        old = Path("body.json" if path == STDIN else name or report.bundle.path)
        whither, option = "to a file", f"-o {shell(str(old.with_name(f'{old.stem}.repaired{old.suffix}')))}"
    if Safety.SAFE in wanted:
        yield f"A repair shows what it would change, and saves it {whither}:"
        yield f"    unbrick repair {path}"
        yield f"    unbrick repair {path} {option}"
    elif cut is not None:
        yield f"The cut is shown first, then saved {whither}:"
        yield f"    unbrick truncate {path} --at {line(cut.after)}"
        yield f"    unbrick truncate {path} --at {line(cut.after)} {option}"
    elif Safety.RESTORES in wanted and not (offered and offered[0].safety is Safety.LOSSY):
        yield "Bringing it back shows first what it would change:"
        yield f"    unbrick repair {path} --restore"
    elif Safety.LOSSY in wanted:
        yield "What fits drops something; to see what:" if Safety.RESTORES in wanted else (
            "Every fix drops something; to see what:"
        )
        yield f"    unbrick repair {path} --lossy"
        yield f"    unbrick truncate {path} --list"
    elif not wanted and report.resume.undecided:
        branches = [found for found in report.findings if found.code[0] == "L"]
        back = [(found, fix) for found in branches for fix in found.fixes if fix.edits]
        for found, fix in back[:2]:
            yield f"If what stands beside the thread is what you miss ({printable(fix.price)}):"
            yield f"    unbrick repair {path} --fix {found.id}={fix.id}"
