"""Make every sample from the recorded base sessions: `python -m sample_sessions.make` writes the same bytes each time."""

from __future__ import annotations

import sys

from sample_sessions import amplifier, messages
from sample_sessions.cases import (
    blocks,
    boundaries,
    chain,
    compactions,
    content,
    history,
    innocent,
    lines,
    media,
    size,
    tools,
    undamaged,
)
from sample_sessions.making import HERE, SAMPLES, files, table

CASES = (
    undamaged, blocks, chain, history, boundaries, compactions, lines, tools, content, media, innocent, size,
)
"""Modules that put their samples on the list when they are imported."""


def main() -> int:
    """Write them all, or print the table of them."""
    if "--table" in sys.argv:
        print(table(), messages.table(), sep="\n", end="")
        return 0
    for path, data in files():
        target = HERE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    amplifier.write()
    messages.write()
    print(f"{len(SAMPLES) + len(amplifier.SAMPLES) + len(messages.SAMPLES)} samples", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
