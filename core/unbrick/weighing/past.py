"""The history of a conversation: what is loaded, and what stood before it across compactions and breaks."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence

from unbrick.entry import BlockKind, Kind
from unbrick.session import Session
from unbrick.situation import Situation

Pieces = Sequence[tuple[Sequence[int], int]]
"""Rows that hang together, each with the segment that they are in: 0 since the last compaction, 1 before it, and so
on."""


def history(session: Session, situation: Situation) -> list[tuple[int, int]]:
    """(row, segment) of the conversation, oldest first: the thread, and across each boundary and each break of
    the chain what stood before it."""
    return [(row, segment) for piece, segment in pieces(session, situation) for row in piece]


def pieces(session: Session, situation: Situation) -> Pieces:
    """The history in pieces that hang together, each with its segment, oldest first."""
    thread = situation.thread
    if not thread.rows:
        return []
    lost_before = {loss.row: loss.before for loss in thread.losses if loss.before is not None}
    whole = _Whole(session)
    found: list[tuple[Sequence[int], int]] = [(thread.rows, 0)]
    seen: set[int] = set()
    while True:
        head, segment = found[-1][0][0], found[-1][1]
        before = lost_before.get(head)
        if before is None and session.kind(head) is Kind.BOUNDARY:
            before = session.row(session.scan.strings.text(session.scan.refers[head]))
            segment += 1
        if before is None or before in (seen := seen or set(thread.rows)):
            break
        older = whole.of(before, seen)
        if not older:
            break
        seen.update(older)
        found.append((older, segment))
    return found[::-1]


class _Whole:
    """Chains with what a plain walk over parents leaves out of them: parallel calls of one response, and the results
    of all its calls, each behind the row it belongs to."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, row: int, seen: Collection[int]) -> list[int]:
        """The rows up to a row that were not seen yet, oldest first."""
        session, scan = self._session, self._session.scan
        chain: list[int] = []
        for up in session.ancestors(row):
            if up in seen:
                break
            chain.append(up)
        chain.reverse()
        known = set(chain)
        added: set[int] = set()
        # What names no response is of none: a client finds nothing beside it.
        for response in {scan.message_id[own] for own in chain if scan.message_id[own] >= 0}:
            for member in session.responses.get(response, ()):
                added.add(member)
                for block in scan.blocks(member):
                    if scan.block_kind[block] == BlockKind.TOOL_USE:
                        call = session.calls.get(scan.strings.text(scan.block_ref[block]) or "")
                        added.update(result for result, _block in (call.results if call else ()))
        extra = deque(one for one in sorted(added - known) if one not in seen)
        whole: list[int] = []
        for own in chain:
            while extra and extra[0] < own:
                whole.append(extra.popleft())
            whole.append(own)
        return [*whole, *extra]
