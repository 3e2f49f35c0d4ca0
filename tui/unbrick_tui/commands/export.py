"""`unbrick export`: a session as Markdown, as one HTML page, as messages, or as a bundle for a bug report."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from unbrick.errors import UsageError
from unbrick.export import WAYS, Level, Way, What, by_suffix, suggested
from unbrick.export import export as write
from unbrick.opening import Choices, examine, expanded
from unbrick.printable import printable
from unbrick_tui.destination import STDOUT
from unbrick_tui.failures import FINE
from unbrick_tui.options import WORD, judgement, opening, output, say, work

BY_NAME = {way.name: way for way in WAYS}


@click.command()
@click.argument("path", type=WORD)
@click.option(
    "--as", "name", type=click.Choice(list(BY_NAME)), metavar="|".join(BY_NAME),
    help="The form; without it, what OUT ends in tells (.md, .html, .json, .zip), else markdown.",
)
@click.option("-o", "--out", metavar="OUT", help="The file to write, else one in this folder; - for standard output.")
@click.option("--all", "everything", is_flag=True, help="Everything in the file, not only what a resume loads.")
@click.option(
    "--level", type=click.Choice([level.name.lower() for level in Level]),
    help="talk: prompts and replies. brief: also thinking, calls and results, long ones cut. full: all of it.",
)
@click.option("--no-findings", is_flag=True, help="Leave out what unbrick found.")
@click.option("--no-images", is_flag=True, help="Leave out images.")
@click.option("--secrets", is_flag=True, help="Leave likely keys, tokens and passwords readable.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@judgement
def export(
    path: str, name: str | None, out: str | None, everything: bool, level: str | None, no_findings: bool,
    no_images: bool, secrets: bool, force: bool, choices: Choices,
) -> int:
    """Write a session in a form to read or to share: what a resume loads, or with --all everything in the file.

    In markdown and html, likely secrets give way to a note. The html page needs no network, and nothing in it runs.
    messages is word for word what will be sent. report holds findings, structure and versions, and no content at all.
    """
    if out == "":
        raise UsageError("-o takes the name of a new file, or - for standard output.")
    way = _way(name, out)
    depth = way.level if level is None else Level[level.upper()]
    what = What(everything, depth, not no_findings, not no_images, secrets)
    with opening(path, choices) as opened:
        report = work(examine(opened))
        if out == STDOUT:
            if way.name == "report" and sys.stdout.isatty():
                raise UsageError("A ZIP file is nothing for a terminal; name a file (-o FILE), or pipe it on.")
            with output() as stream:
                work(way.write(opened.format, report, what, stream))
            return FINE
        there = suggested(way, report, Path.cwd()) if out is None else expanded(out)
        size = work(write(way, opened.format, report, what, there, force=force))
        say([f"wrote {printable(str(there))}: {size:,} bytes, {way.about}."])
        return FINE


def _way(name: str | None, out: str | None) -> Way:
    if name is not None:
        return BY_NAME[name]
    found = None if out in (None, STDOUT) else by_suffix(Path(str(out)))
    return found or WAYS[0]
