"""What Claude Code's configuration and environment decide about what it sends; read, never written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from unbrick.bundle import Bundle
from unbrick.target import Surroundings


def surroundings(bundle: Bundle, config_dir: Path | None, environ: Mapping[str, str]) -> Surroundings:
    """The client's configuration around a session, as neutral facts."""
    return Surroundings(True, config_dir)
