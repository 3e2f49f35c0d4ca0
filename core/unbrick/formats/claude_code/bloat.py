"""What a transcript holds that is never sent: copies of a tool's output for the screen, snapshots of files.

`toolUseResult` is the screen's view of a result (claude-code-format.md §2.1). Where it is huge, opening the session
takes minutes (anthropics/claude-code#21067, #24118); cut to a beginning of each text, the client opens and shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from unbrick.record import Json, compact
from unbrick.session import Session

if TYPE_CHECKING:
    from unbrick.formats.claude_code.change import Draft

COPY = "toolUseResult"
LARGE = 50_000
"""Bytes of a copy from which it is worth shortening (anthropics/claude-code#21067)."""
TEXT, ITEMS = 1_000, 100
"""Characters of a text, and members of a list, that stay."""
SNAPSHOT, DELTA = "file-history-snapshot", "file-history-delta"


def aside(value: Json) -> int:
    """Bytes that shortening a record's copy for the screen would free."""
    copy = value.get(COPY)
    before = len(compact(copy)) if copy else 0
    return before - len(compact(_shortened(copy))) if before >= LARGE else 0


def trim(draft: Draft, row: int) -> None:
    """Shorten the copy that a row holds for the screen, its shape kept."""
    copy = draft.record(row).get(COPY)
    if copy is not None:
        draft.set(row, (COPY,), _shortened(copy))


def _shortened(value: Any) -> Any:  # noqa: ANN401 - whatever a tool gave
    if isinstance(value, str):
        left = len(value) - TEXT
        return value if left <= TEXT else f"{value[:TEXT]}… [{left:,} characters taken out]"
    if isinstance(value, list):
        return [_shortened(item) for item in value[:ITEMS]]
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    return value


def superseded(session: Session) -> Sequence[int]:
    """Rows of snapshots that a later one for the same message replaces; none where deltas build on them."""
    scan = session.scan
    snapshots = scan.strings.find(SNAPSHOT)
    if snapshots < 0 or scan.strings.find(DELTA) >= 0:
        return ()
    last: dict[str, int] = {}
    found: list[int] = []
    for row in (row for row, type_ in enumerate(scan.type) if type_ == snapshots):
        snapshot = session.value(row).get("snapshot")
        message = snapshot.get("messageId") if isinstance(snapshot, dict) else None
        if isinstance(message, str):
            if message in last:
                found.append(last[message])
            last[message] = row
    return found
