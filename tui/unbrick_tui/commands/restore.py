"""`unbrick restore`: put a backup back."""

from __future__ import annotations

from pathlib import Path

import click

from unbrick.clock import SYSTEM_CLOCK
from unbrick.disk import is_dir
from unbrick.errors import NotATranscriptError, NotFoundError, UsageError
from unbrick.formats.table import FORMATS
from unbrick.opening import STDIN, Choices, expanded, framed, readable, resolve
from unbrick.printable import printable
from unbrick.restore import backups
from unbrick.restore import restore as put_back
from unbrick.source import Source
from unbrick_tui.failures import FINE
from unbrick_tui.options import WORD, say
from unbrick_tui.waiting import slow


@click.command()
@click.argument("path", type=WORD)
@click.argument("backup", required=False, type=click.Path(path_type=Path))
@click.option("--list", "listed", is_flag=True, help="List the backups, newest first.")
@click.option(
    "--config-dir", metavar="DIR", type=click.Path(path_type=Path), help="The client's configuration folder.",
)
def restore(path: str, backup: Path | None, listed: bool, config_dir: Path | None) -> int:
    """Put a BACKUP of a transcript back, the newest unless one is named.

    What stands there now becomes a backup itself, so that restoring twice undoes the first.
    """
    if path == STDIN:
        raise UsageError("restore takes the path of a transcript, not standard input.")
    there = expanded(path)
    with slow(f"looking for backups of {path}"):
        if not (is_dir(there.parent) and backups(there)):
            there = resolve(path, Choices(config_dir=config_dir), Path.cwd())
    if listed:
        found = backups(there)
        if not found:
            raise NotFoundError(f"{there} has no backup beside it.")
        say(printable(str(one)) for one in found)
        return FINE
    chosen = backup or next(iter(backups(there)), None)
    format_ = FORMATS[0]
    if chosen is not None:
        with Source.open(chosen) as source:
            # A backup is named after its file; what frames the one frames the other.
            source, known = framed(source)
            ours = chosen in backups(there) or readable(source)
        if known is None or not ours:
            raise NotATranscriptError(f"{chosen} is not a transcript that unbrick knows; nothing was changed.")
        format_ = known
    with slow(f"restoring {there}"):
        receipt = put_back(format_, there, SYSTEM_CLOCK, backup)
    said = [f"restored {printable(str(receipt.path))}"]
    if receipt.note:
        said.append(printable(receipt.note))
    if receipt.backup is not None:
        said.append(f"what stood there is kept: {printable(str(receipt.backup))}")
    say(said)
    return FINE
