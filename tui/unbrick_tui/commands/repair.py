"""`unbrick repair`: mend what can be mended, shown first, written where the person says."""

from __future__ import annotations

from collections.abc import Iterator

import click

from unbrick.errors import UsageError
from unbrick.finding import Safety, Severity
from unbrick.opening import Choices, examine
from unbrick.repair import Repaired
from unbrick.repair import repair as mend
from unbrick.report import Report
from unbrick.rules import BY_CODE
from unbrick_tui.destination import Destination, deliver, destination
from unbrick_tui.options import WORD, fail_on, judgement, opening, work


@click.command()
@click.argument("path", type=WORD)
@click.option("--restore", is_flag=True, help="Also bring back what the client left out.")
@click.option("--lossy", is_flag=True, help="Also apply fixes that drop something.")
@click.option("--only", multiple=True, metavar="CODE…", help="Mend only findings of these codes.")
@click.option("--fix", "chosen", multiple=True, metavar="FINDING=FIX…", help="Choose a fix for one finding.")
@destination
@fail_on
@judgement
def repair(
    path: str, restore: bool, lossy: bool, only: tuple[str, ...], chosen: tuple[str, ...], into: Destination,
    fail_on: str, choices: Choices,
) -> int:
    """Mend a transcript with the fixes that keep everything, until nothing is left to mend.

    Without a destination the changes are shown, in words and in lines, and nothing is written.
    """
    codes = _codes(only)
    fixes = _fixes(chosen)
    with opening(path, choices) as opened:
        into.check(path)
        before = work(examine(opened))
        _known(fixes, before)
        allow = allowed(restore=restore, lossy=lossy)
        result: Repaired = work(mend(
            opened.format, opened.bundle, before.target, opened.surroundings, allow=allow, only=codes, chosen=fixes,
        ))
        return deliver(opened, result, into, fail_on, name=path, more=[*_more(result.after, allow)])


_OPTIONS = {Safety.RESTORES: "--restore", Safety.LOSSY: "--lossy"}


def _more(after: Report, allow: set[Safety]) -> Iterator[str]:
    """Says which options would mend more of what is left."""
    left = {
        fix.safety for finding in after.findings if finding.severity is not Severity.INFO
        for fix in finding.fixes if fix.edits
    }
    options = [option for safety, option in _OPTIONS.items() if safety in left - allow]
    if options:
        yield f"With {' and '.join(options)} more is mended, at the prices named beside the fixes."


def allowed(*, restore: bool, lossy: bool) -> set[Safety]:
    """The fixes that are applied without asking for each."""
    return {Safety.SAFE} | ({Safety.RESTORES} if restore else set()) | ({Safety.LOSSY} if lossy else set())


def _codes(words: tuple[str, ...]) -> frozenset[str] | None:
    """Codes of --only, given one by one or with commas."""
    codes = frozenset(code.strip().upper() for word in words for code in word.split(",") if code.strip())
    unknown = sorted(codes - BY_CODE.keys())
    if unknown:
        raise UsageError(f"There is no rule {', '.join(unknown)}. The rules are: {', '.join(BY_CODE)}.")
    return codes or None


def _fixes(words: tuple[str, ...]) -> dict[str, str]:
    """Finding id → fix id of --fix."""
    chosen: dict[str, str] = {}
    for word in words:
        finding, _, fix = word.partition("=")
        if not finding or not fix:
            raise UsageError(f"--fix takes FINDING=FIX, such as T001@214=answer, not {word!r}.")
        chosen[finding] = fix
    return chosen


def _known(chosen: dict[str, str], report: Report) -> None:
    """Refuse a choice for a finding or fix that the report does not have."""
    for name, fix in chosen.items():
        finding = report.find(name)
        if finding is None:
            raise UsageError(f"This transcript has no finding {name}; unbrick check lists them.")
        offered = [one.id for one in finding.fixes if one.edits]
        if fix not in offered:
            said = f"it has {', '.join(offered)}" if offered else "it has none that edits the file"
            raise UsageError(f"{name} has no fix {fix}; {said}.")
