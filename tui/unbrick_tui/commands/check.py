"""`unbrick check`: the verdict on transcripts, as text or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from unbrick import json_report
from unbrick.errors import NotFoundError, UnbrickError
from unbrick.opening import STDIN, Choices, Opened, examine, main_transcripts, open_word
from unbrick.record import Json
from unbrick.report import Verdict
from unbrick.scan import finish
from unbrick_tui.failures import CANNOT, explain
from unbrick_tui.options import fail_on, judgement, painter, print_json, say, status_of
from unbrick_tui.render import report_lines


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--json", "as_json", is_flag=True, help="Print the reports as JSON (docs/json.md).")
@fail_on
@judgement
def check(paths: tuple[str, ...], as_json: bool, fail_on: str, choices: Choices) -> int:
    """Say whether the next prompt will work, what is wrong, and what resume loads.

    PATH is a transcript, a folder (every transcript in it), a session id or a unique part of one, or - for
    standard input. Nothing is ever changed.
    """
    verdicts: list[Verdict] = []
    entries: list[Json] = []
    failed = False
    paint = painter()
    for word in paths:
        for name, opened in _open_all(word, choices):
            try:
                if isinstance(opened, Exception):
                    raise opened
                with opened:
                    report = finish(examine(opened))
                    if as_json:
                        entries.append({**json_report.transcript(report, opened.format.client), "path": name})
                    else:
                        say([""] if verdicts else [])
                        say(report_lines(report, paint, name=name))
                    verdicts.append(report.verdict)
            except BrokenPipeError:
                raise
            except (UnbrickError, OSError) as error:
                sentence, status = explain(error)
                if status != CANNOT:
                    raise
                failed = True
                entries.append(json_report.unread(name, sentence))
                say([f"unbrick: {sentence}"], err=True)
    if as_json:
        print_json(json_report.check_document(entries))
    return CANNOT if failed else status_of(verdicts, fail_on)


def _open_all(word: str, choices: Choices) -> Iterator[tuple[str, Opened | Exception]]:
    """Name and session of everything that a word names, opened one at a time; or why it cannot be opened."""
    names = [word]
    if word != STDIN and Path(word).is_dir():
        names = [str(path) for path in main_transcripts(Path(word))]
        if not names:
            yield word, NotFoundError(f"{word} holds no transcript (*.jsonl).")
    for name in names:
        try:
            opened = open_word(name, choices, Path.cwd())
        except (UnbrickError, OSError) as error:
            yield name, error
        else:
            yield (name if name == STDIN else str(opened.bundle.path)), opened
