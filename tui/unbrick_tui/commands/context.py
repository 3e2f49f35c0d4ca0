"""`unbrick context`: what fills the context of the next request, and the ways to make it fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from unbrick.opening import STDIN, Choices, examine
from unbrick.printable import printable, shell
from unbrick.report import Report
from unbrick.rules.boundaries import brought_back, ways
from unbrick.telling.json_report import context_document
from unbrick.weighing import measure
from unbrick.weighing.filling import Filling, Piece, Share, filling
from unbrick.weighing.ladder import Rung, ladder
from unbrick.weighing.stale import with_thinking
from unbrick_tui.failures import FINE
from unbrick_tui.options import WORD, judgement, opening, print_json, say, work

NEXT, BACK = "next", "brought back"

Part = tuple[str, Filling, Sequence[Rung]]


@click.command()
@click.argument("path", type=WORD)
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON (docs/json.md).")
@judgement
def context(path: str, as_json: bool, choices: Choices) -> int:
    """Show what fills the context of the next request, by kind and by tool, and the ways to make it fit.

    Behind a compaction that failed, the history that can be brought back is shown as well. Nothing is changed.
    """
    with opening(path, choices) as opened:
        report = work(examine(opened))
        parts = list(contexts(report))
        if as_json:
            print_json(context_document(report, parts))
        else:
            say(context_lines(report, parts, path))
    return FINE


def contexts(report: Report) -> Iterator[Part]:
    """What there is to show: the next request, and the history that can be brought back."""
    situation = report.situation
    filled = filling(situation)
    fits = not any(found.code == "S001" for found in report.findings)
    yield NEXT, filled, () if fits else ladder(situation)
    back = brought_back(situation)
    if back is not None:
        whole, fix = back
        filled = filling(situation, whole)
        yield BACK, filled, () if filled.tokens <= filled.window * measure.FULL else ways(situation, whole, fix)


def context_lines(report: Report, parts: Sequence[Part], path: str) -> Iterator[str]:
    """All of it as text."""
    for name, filled, rungs in parts:
        if name == BACK:
            yield ""
        yield from _filled(report, filled, name)
        if rungs:
            yield ""
            yield "Ways to make it fit, those that keep most first:"
            for number, rung in enumerate(rungs, 1):
                yield from _rung(report, rung, number, path)
        elif filled.tokens:
            yield "It fits the window."


def _filled(report: Report, filled: Filling, name: str) -> Iterator[str]:
    what = "The next request" if name == NEXT else "With the history before the failed compaction, the request"
    if not filled.tokens:
        yield f"{what} holds nothing."
        return
    how = f"the API counted {filled.counted:,}; the shares are estimates" if filled.counted else "estimated"
    yield (
        f"{what} is about {measure.tokens(filled.tokens)}, {filled.tokens / filled.window:.0%} of the model's window "
        f"of {filled.window:,} ({how})."
    )
    yield from _table("by kind", filled.kinds, filled.tokens)
    if filled.tools:
        yield from _table("by tool, calls and results", filled.tools, filled.tokens)
    yield ""
    yield f"  {'largest parts':40} {'tokens':>10}"
    for piece in filled.largest:
        yield f"  {_place(report, piece):40} {piece.tokens:>10,}"


def _table(title: str, shares: Sequence[Share], whole: int) -> Iterator[str]:
    yield ""
    yield f"  {title:40} {'tokens':>10} {'share':>6} {'parts':>7}"
    for share in shares:
        name = printable(share.name)
        yield f"  {name:40} {share.tokens:>10,} {share.tokens / whole:>6.0%} {share.count:>7,}"


def _place(report: Report, piece: Piece) -> str:
    where = "the client's own" if piece.row < 0 else report.situation.place(piece.row)
    return printable(f"{where}: {piece.kind.value}{f', {piece.tool}' if piece.tool else ''}")


def _rung(report: Report, rung: Rung, number: int, path: str) -> Iterator[str]:
    fix = None if rung.fix is None else with_thinking(report.situation, rung.fix)
    price = f" ({fix.price})" if fix else ""
    more = "" if rung.fits else "; that alone is not enough"
    yield f"  {number}. {printable(rung.title)}{price}{more}"
    if rung.advice is not None and rung.advice.command:
        yield f"        {printable(rung.advice.command)}"
    finding = next(
        (one for one in report.findings if fix is not None and fix in one.fixes), None,
    )
    if finding is not None and fix is not None:
        word = path if path == STDIN else shell(path)
        yield f"        unbrick repair {word} --fix {finding.id}={fix.id}"
