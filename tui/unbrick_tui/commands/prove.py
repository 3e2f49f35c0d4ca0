"""`unbrick prove`: resume the repaired copy with the installed client, at no cost, and see what it sends."""

from __future__ import annotations

from pathlib import Path

import click

from unbrick.opening import Choices
from unbrick_tui.commands.repair import allowed
from unbrick_tui.options import WORD


@click.command()
@click.argument("path", type=WORD)
@click.option("--before", is_flag=True, help="Resume the session as it is first, then its repaired copy.")
@click.option("--restore", is_flag=True, help="Repair as `repair --restore` does.")
@click.option("--lossy", is_flag=True, help="Repair as `repair --lossy` does.")
@click.option(
    "--client-path", metavar="P", type=click.Path(path_type=Path),
    help="The client's program; else the `claude` on the path.",
)
@click.option("--model", metavar="M", help="Resume with this model; else with the session's.")
@click.option(
    "--config-dir", metavar="DIR", type=click.Path(path_type=Path),
    help="The client's configuration folder; else the one it would use itself. It is only read.",
)
@click.option("--timeout", type=click.FloatRange(1, 3600), default=120, show_default=True, help="Seconds per run.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
def prove(
    path: str, before: bool, restore: bool, lossy: bool, client_path: Path | None, model: str | None,
    config_dir: Path | None, timeout: float, yes: bool,
) -> int:
    """Resume the repaired copy of a session with the client on this machine, and show what is sent and what is missing.

    The client runs in a private home with a made-up key against a stand-in of the API on this machine: nothing is
    sent anywhere, nothing costs anything, and the original is only read. It asks before it starts anything.
    """
    from unbrick_tui.proving import run  # the stand-in, threads and processes: only when they are asked for

    return run(
        path, Choices(None, model, config_dir=config_dir), client_path=client_path, before=before,
        allow=allowed(restore=restore, lossy=lossy), timeout=timeout, yes=yes,
    )
