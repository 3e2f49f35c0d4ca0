"""The formats that unbrick knows; the first that recognises a file reads it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unbrick.formats import Format
from unbrick.formats.amplifier import Amplifier
from unbrick.formats.claude_code import ClaudeCode
from unbrick.formats.messages import Chat, Messages
from unbrick.record import Json

FORMATS: tuple[Format, ...] = (ClaudeCode(), Amplifier(), Chat(), Messages())

BY_CLIENT = {format_.client: format_ for format_ in FORMATS}


def recognise(head: Sequence[Json], path: Path) -> Format | None:
    """The format of a file with these first readable records. One without any goes by its name, to the format that
    is most particular about names, or else to the first: its damage is a finding, not a reason to refuse it."""
    known = [format_ for format_ in FORMATS if format_.recognises(head, path)]
    if head:
        return known[0] if known else None
    return known[-1] if known else FORMATS[0]
