"""`unbrick why`: from an error text to what accounts for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from unbrick.errors import NotFoundError, UsageError
from unbrick.opening import STDIN, Choices, examine, resolve
from unbrick.printable import printable, printable_lines
from unbrick.report import Report
from unbrick.sessions.listing import newest
from unbrick.telling import sentences
from unbrick.why import Explanation, explain_error
from unbrick_tui.failures import FINE
from unbrick_tui.options import judgement, opening, painter, say, work
from unbrick_tui.render import Paint, advice_lines, one_finding, plain
from unbrick_tui.waiting import LOOKING, slow


@click.command()
@click.argument("words", nargs=-1, metavar="[PATH] [ERROR-TEXT | -]")
@judgement
def why(words: tuple[str, ...], choices: Choices) -> int:
    """Say what an error means: the line, the rule and the fix that account for it, or that the file is innocent.

    ERROR-TEXT is what the client printed, in quotes, or - to paste it on standard input. Without it, the last error
    that the transcript itself recorded is explained; without PATH, this folder's newest session is looked at.
    """
    path, text = _sort(words, choices)
    if path is None:
        say(explanation_lines(explain_error(text or ""), None, painter()))
        return FINE
    with opening(path, choices) as opened:
        report = work(examine(opened))
        if text is None and report.last_error is None:
            say([f"{printable(path)} records no error.", f"{sentences.headline(report)}"])
            return FINE
        if text is None and report.last_error is not None:
            text = report.last_error.text
        found = explain_error(text or "", report.situation, report.findings)
        say(explanation_lines(found, report, painter()))
    return FINE


def _sort(words: tuple[str, ...], choices: Choices) -> tuple[str | None, str | None]:
    """PATH and ERROR-TEXT of the words given; a single word is a path when it names one."""
    if len(words) > 2:
        raise UsageError("why takes a PATH and one ERROR-TEXT; put the text in quotes, or give - and paste it.")
    if len(words) == 2:
        return words[0], _text(words[1])
    if len(words) == 1 and words[0] != STDIN:
        try:
            with slow(LOOKING):
                resolve(words[0], choices, Path.cwd())
        except NotFoundError:
            if len(words[0].split()) == 1 and ("/" in words[0] or words[0].endswith(".jsonl")):
                raise
        else:
            return words[0], None
    text = _text(words[0]) if words else None
    try:
        with slow(LOOKING):
            return str(newest(Path.cwd(), choices.config_dir)), text
    except NotFoundError:
        if text is None:
            raise
        return None, text


def _text(word: str) -> str:
    text = "" if word == STDIN and sys.stdin is None else sys.stdin.read() if word == STDIN else word
    if not text.strip():
        raise UsageError("The error text is empty; paste what the client printed.")
    return text


def explanation_lines(found: Explanation, report: Report | None, paint: Paint = plain) -> Iterator[str]:
    """An explanation as text."""
    yield paint(f"“{printable_lines(found.text.strip())[:600]}”", "dim")
    yield paint(printable(found.title), "strong")
    for said in found.sentences:
        yield f"  {printable(said)}"
    for number, what in found.places:
        unit = "line" if report is None else report.bundle.main.unit
        yield f"  {unit} {number:,}: {printable(what)}"
    if found.findings:
        for one in found.findings[:4]:
            yield ""
            yield from one_finding(one, paint)
    else:
        yield from advice_lines(found.advice)
    if report is not None:
        yield ""
        yield f"{printable(str(report.bundle.path))}: {sentences.headline(report)}"
