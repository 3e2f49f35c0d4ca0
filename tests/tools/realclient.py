"""Real Claude Code clients as a test tool: run by `unbrick.proof`, in a private home, against its stand-in.

The clients are named by the environment: ``UNBRICK_CLIENTS="2.1.139=/path/claude,2.1.329=/path/claude"``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unbrick.proof import home, resuming
from unbrick.proof.resuming import NEXT, Resumed
from unbrick.proof.standin import Script

__all__ = ["MODELS", "NEXT", "Home", "Resumed", "clients", "resume"]

MODELS = {"1.0.44": "claude-sonnet-4-20250514", "2.1.139": "claude-opus-4-7", "2.1.329": "claude-opus-5-5"}
"""Model each client is run with unless a test says otherwise."""


def clients() -> dict[str, Path]:
    """Version → executable, as the environment names them."""
    named = filter(None, os.environ.get("UNBRICK_CLIENTS", "").split(","))
    return {version: Path(path) for version, path in (item.split("=", 1) for item in named)}


class Home(home.Home):
    """The private home, with a project folder named as in the stories."""

    def __init__(self, project: str = "shop-api", config: Mapping[str, Any] | None = None) -> None:
        super().__init__(project, config)


def resume(
    client: Path, session_id: str, transcript: bytes, *, model: str | None = None,
    config: Mapping[str, Any] | None = None, extra: Mapping[str, str] | None = None, script: Script | None = None,
    side_folder: Path | None = None, timeout: float = 60, window: int | None = None,
) -> Resumed:
    """Lay a transcript where the client looks, resume it with NEXT, and say how that went."""
    return resuming.resume(
        client, session_id, [transcript], model=model, config=config, extra=extra, script=script,
        side_folder=side_folder, timeout=timeout, window=window,
    )
