"""`unbrick check`: the verdict on transcripts, as text or JSON."""

from __future__ import annotations

from pathlib import Path

import click

from unbrick import json_report
from unbrick.disk import is_dir
from unbrick.errors import UsageError
from unbrick.opening import STDIN, Choices, examine, expanded, main_transcripts, open_word
from unbrick.record import Json
from unbrick.report import Verdict
from unbrick_tui.failures import CANNOT, explain
from unbrick_tui.options import WORD, fail_on, judgement, painter, print_json, say, status_of, work
from unbrick_tui.render import report_lines


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
    paint = painter()
    for word in paths:
        for name in _names(word):
            try:
                with open_word(name, choices, Path.cwd()) as opened:
                    report = work(examine(opened))
                    name = name if name == STDIN else str(opened.bundle.path)
                    if as_json:
                        entries.append({**json_report.transcript(report, opened.format.client), "path": name})
                    else:
                        say([""] if verdicts else [])
                        say(report_lines(report, paint, name=name))
                    verdicts.append(report.verdict)
            except BrokenPipeError:
                raise
            except Exception as error:  # one file that defeats us must not hide the verdict on the others
                sentence, status = explain(error)
                if status != CANNOT:
                    raise
                failed = True
                entries.append(json_report.unread(name, sentence))
                say([f"unbrick: {sentence}"], err=True)
    if as_json:
        print_json(json_report.check_document(entries))
    return CANNOT if failed else status_of(verdicts, fail_on)


def _names(word: str) -> list[str]:
    """The transcripts that a word names: those of a folder, else the word itself."""
    if word in ("", STDIN) or not is_dir(expanded(word)):
        return [word]
    return [str(path) for path in main_transcripts(expanded(word))] or [word]
