"""Small sessions taken for large ones: what is done in another way from some size on, done at every size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

BOUNDS = {
    "unbrick.abridged.LARGE": 0, "unbrick.record.LARGE": 0, "unbrick.session.LARGE": 0,
    "unbrick.scanning.scan.LARGE": 0, "unbrick.abridged.BLOCK": 160, "unbrick.mending.CHUNK": 64,
    "unbrick.record.CHUNK": 64, "unbrick.scanning.vectors.MANY": 1, "unbrick.scanning.scan.BATCH": 10,
    "unbrick.scanning.scan.PIECE": 1_000, "unbrick.source.CHUNK": 500, "unbrick.formats.claude_code.carried.EVERY": 1,
}
"""Lines without the middle of their texts, texts in pieces, columns as vectors, many batches of rows, and requests that
are taken up after each message."""


@contextmanager
def taken_for_large() -> Iterator[None]:
    """While it lasts, every session is large."""
    with ExitStack() as patches:
        for name, bound in BOUNDS.items():
            patches.enter_context(patch(name, bound))
        yield
