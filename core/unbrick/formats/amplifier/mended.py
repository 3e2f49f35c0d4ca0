"""What the client makes of a conversation before it sends it: its own repair before a turn in a terminal, and the
results that its providers make up (amplifier.md §3 and §5)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from unbrick.entry import BlockKind, Kind
from unbrick.session import Session
from unbrick.thread import Thread


@dataclass
class Mended:
    """`dropped` rows are left out; `made_up` are the (call id, tool) to answer behind a row; `closed` the rows behind
    which the client puts a reply of its own."""

    dropped: set[int] = field(default_factory=set)
    made_up: dict[int, list[tuple[str, str | None]]] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)


class Pairs:
    """Calls and results of a thread."""

    def __init__(self, session: Session, thread: Thread) -> None:
        scan = session.scan
        self.scan = scan
        self.rows = thread.rows
        self.results: dict[int, int] = {}
        """Number of a call id → the last row that answers it, as the client counts."""
        tools = set()
        use, result = int(BlockKind.TOOL_USE), int(BlockKind.TOOL_RESULT)
        kinds, refs, first = scan.block_kind, scan.block_ref, scan.first
        for row in thread.rows:
            for index in range(first[row], first[row + 1]):
                if kinds[index] == result:
                    self.results[refs[index]] = row
                elif kinds[index] == use:
                    tools.add(row)
        self.calling = sorted(tools)

    def calls(self, row: int) -> Iterator[tuple[int, str | None]]:
        """(number of the id, tool) of a row's calls."""
        scan = self.scan
        for index in scan.blocks(row):
            if scan.block_kind[index] == BlockKind.TOOL_USE:
                yield scan.block_ref[index], scan.strings.text(scan.block_name[index])


def nothing(_pairs: Pairs) -> Mended:
    """The conversation as it stands."""
    return Mended()


def repaired(session: Session, pairs: Pairs) -> Mended:
    """The repair before a turn: one pass that makes up what is missing, and what is not in its place."""
    scan, mended = session.scan, Mended()
    reminder = scan.strings.find("user/reminder")
    kinds, types, text = scan.kind, scan.type, scan.strings.text
    # A reminder counts as none of the person's only when its tag stands bare (amplifier.md §4, pattern 6).
    bare = {
        row for row in pairs.rows
        if types[row] == reminder and session.scan.view.raw(row).find(b"<system-reminder>") >= 0
    } if reminder >= 0 else set()
    calling = set(pairs.calling)
    tool = scan.strings.find("tool")
    breaks = [
        row for row in pairs.rows
        if (kinds[row] == Kind.USER and types[row] != tool and row not in bare)
        or (kinds[row] == Kind.ASSISTANT and row not in calling)
    ]
    others = [row for row in pairs.rows if row not in bare and not (kinds[row] == Kind.USER and types[row] == tool)]
    for row in pairs.calling:
        broken, last = [], row
        for number, name in pairs.calls(row):
            found = pairs.results.get(number, -1)
            start = bisect_right(breaks, row)
            misplaced = found > row and start < len(breaks) and breaks[start] < found
            if found < 0 or misplaced:
                broken.append((text(number) or "", name))
                if misplaced:
                    # By its id: with one that is not in its place, all of them go.
                    mended.dropped.update(at for at, _block in session.calls[text(number) or ""].results)
            else:
                last = max(last, found)
        if broken:
            mended.made_up[row] = broken
        place = bisect_right(others, last)
        while place < len(others) and others[place] in mended.dropped:
            place += 1
        following = others[place] if place < len(others) else None
        if (broken or last > row) and (following is None or kinds[following] == Kind.USER):
            mended.closed.add(last)
    return mended


def provided(session: Session, pairs: Pairs) -> Mended:
    """What a provider makes up inside a request: results of the calls that it sees without any."""
    text, mended = session.scan.strings.text, Mended()
    for row in pairs.calling:
        missing = [(text(number) or "", name) for number, name in pairs.calls(row) if number not in pairs.results]
        if missing:
            mended.made_up[row] = missing
    return mended
