"""`unbrick check`: the verdict on transcripts, as text or JSON."""

from __future__ import annotations

import click

from unbrick.disk import is_dir
from unbrick.errors import UsageError
from unbrick.opening import STDIN, Choices, expanded, main_transcripts
from unbrick.record import Json
from unbrick.report import Verdict
from unbrick.telling import json_report
from unbrick_tui.checking import check_all
from unbrick_tui.failures import CANNOT
from unbrick_tui.options import WORD, fail_on, judgement, print_json, say, status_of


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=WORD)
@click.option("--json", "as_json", is_flag=True, help="Print the reports as JSON (docs/json.md).")
@fail_on
@judgement
def check(paths: tuple[str, ...], as_json: bool, fail_on: str, choices: Choices) -> int:
    """Say whether the next prompt will work, what is wrong, and what resume loads.

    PATH is a transcript, a folder (every transcript in it), a session id or a unique part of one, or - for
    standard input. Nothing is ever changed.
    """
    if paths.count(STDIN) > 1:
        raise UsageError("Standard input can be read once; name - one time.")
    verdicts: list[Verdict] = []
    entries: list[Json] = []
    failed = False
    for checked in check_all([name for word in paths for name in _names(word)], choices, as_json):
        entries.append(checked.entry)
        if checked.verdict is None:
            failed = True
            say([f"unbrick: {checked.sentence}"], err=True)
            continue
        if not as_json:
            say([*([""] if verdicts else []), *checked.lines])
        verdicts.append(checked.verdict)
    if as_json:
        print_json(json_report.check_document(entries))
    return CANNOT if failed else status_of(verdicts, fail_on)


def _names(word: str) -> list[str]:
    """The transcripts that a word names: those of a folder, else the word itself."""
    if word in ("", STDIN) or not is_dir(expanded(word)):
        return [word]
    return [str(path) for path in main_transcripts(expanded(word))] or [word]
