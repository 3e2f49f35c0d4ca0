"""Neutral edits written the way Claude Code writes records (claude-code-resume.md §3, §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from unbrick.edit import Edit
from unbrick.formats import Clock
from unbrick.record import At
from unbrick.session import Session
from unbrick.target import Target
from unbrick.thread import Thread


def lower(
    edit: Edit, session: Session, thread: Thread, target: Target, clock: Clock
) -> Mapping[At, Sequence[bytes]]:
    """An edit as pieces by place (see `patch.compose`). Raises KeyError when it names what the session has not."""
    raise KeyError(type(edit).__name__)
