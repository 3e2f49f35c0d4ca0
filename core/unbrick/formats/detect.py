"""Which format a file is in: one readable table, tried in order."""

from __future__ import annotations

from itertools import islice

from unbrick.errors import NotATranscriptError
from unbrick.formats import Format
from unbrick.formats.table import FORMATS
from unbrick.record import Json, read, salvage
from unbrick.source import Source

LINES = 400
"""Lines from the start that are looked at; damage at the head of a file must not hide what it is."""


def detect(source: Source) -> Format:
    """The format of a file. Raises NotATranscriptError with a sentence that names the file and what to do."""
    head: list[Json] = []
    for raw in islice(source.lines(), LINES):
        value, fault = read(raw)
        if value is not None:
            head.append(value)
        elif fault is not None:
            head += [found for piece in (fault.salvage or salvage(raw)) if (found := read(piece)[0]) is not None]
        if len(head) >= 40:
            break
    for format_ in FORMATS:
        if format_.recognises(head, source.path):
            return format_
    known = ", ".join(format_.name for format_ in FORMATS)
    raise NotATranscriptError(
        f"{source.path} is not a session transcript that unbrick knows ({known}); "
        "name the .jsonl file of a session, or its session id."
    )
