"""The client installed on this machine, read from its files and never executed."""

from __future__ import annotations

from collections.abc import Mapping

from unbrick.target import Version


def installed(environ: Mapping[str, str]) -> Version | None:
    """Version of the installed client, None when none is found."""
    return None
