"""Where Claude Code keeps its sessions, which process owns one, and where a repaired copy goes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from unbrick.bundle import Bundle
from unbrick.formats import Clock, Clone
from unbrick.patch import Patch
from unbrick.source import Source


def bundle(source: Source) -> Bundle:
    """The session around a transcript."""
    return Bundle(source, source.path.stem)


def sessions(cwd: Path, config_dir: Path | None) -> Iterable[Path]:
    """Transcripts on this machine: this folder's first, newest first."""
    return ()


def find(text: str, cwd: Path, config_dir: Path | None) -> Path:
    """The transcript of a session id or a unique part of one."""
    raise NotImplementedError


def owner(bundle: Bundle) -> int | None:
    """Process id of a live client that has the session open."""
    return None


def clone(bundle: Bundle, patch: Patch, clock: Clock, title: str | None) -> Clone:
    """A new session beside the old one that the client can resume."""
    raise NotImplementedError
