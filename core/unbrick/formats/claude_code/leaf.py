"""Which record the client takes for the end of the conversation (claude-code-resume §3, Leaf)."""

from __future__ import annotations

from dataclasses import dataclass

from unbrick.entry import Flag, Kind
from unbrick.formats.claude_code.behaviour import Leaf, Untimed
from unbrick.formats.claude_code.chain import Chain, Walker
from unbrick.formats.claude_code.loaded import Loaded, spoken

NO_TIME_ERROR = "RangeError: Invalid time value"


@dataclass(frozen=True)
class Choice:
    """The leaf and its chain; `crash` is what the client prints when choosing fails."""

    leaf: int | None = None
    chain: Chain | None = None
    crash: str | None = None


def choose(loaded: Loaded, walker: Walker) -> Choice:
    """The end of the conversation; no leaf where the client finds none."""
    rule = loaded.traits.leaf
    if rule.by_time:
        return _newest(loaded, walker, sidechains=rule is Leaf.NEWEST_ANY)
    leaf = last = last_spoken(loaded)
    if rule is Leaf.POINTER:
        pointed = pointer(loaded)
        if pointed is not None and (last is None or not _descends(loaded, last, pointed)):
            leaf = pointed
    if leaf is None or (loaded.session.scan.flags[leaf] & (Flag.SIDECHAIN | Flag.NO_TIME)):
        return Choice()
    if rule is Leaf.POINTER:
        leaf = _with_rest(loaded, leaf)
    return Choice(leaf, walker.walk(leaf))


def _with_rest(loaded: Loaded, leaf: int) -> int:
    """The last of the attachments and notices that follow the end, as where a prompt got no reply; else the end itself
    (observed from 2.1.139 on, not on 2.1.112)."""
    scan = loaded.session.scan
    end = leaf
    for row in range(leaf + 1, loaded.end):
        if (
            scan.kind[row] in (Kind.ATTACHMENT, Kind.NOTICE) and loaded.alive[row] and loaded.parent(row) == end
            and not scan.flags[row] & (Flag.SIDECHAIN | Flag.NO_TIME)
        ):
            end = row
    return end


def _descends(loaded: Loaded, row: int, ancestor: int) -> bool:
    """Whether a record descends from another by its parents as written; nothing is bridged for this."""
    seen: set[int] = set()
    while row >= 0 and row not in seen:
        if row == ancestor:
            return True
        seen.add(row)
        row = loaded.parent(row)
    return False


def _newest(loaded: Loaded, walker: Walker, *, sidechains: bool) -> Choice:
    """The newest record; comparisons with a time that is none are false, as in the client."""
    scan = loaded.session.scan
    untimed = loaded.traits.untimed_first
    best: int | None = None
    talk = False
    for row in loaded.rows():
        flags = scan.flags[row]
        if (flags & Flag.SIDECHAIN and not sidechains) or scan.kind[row] == Kind.PROGRESS:
            continue
        talk = talk or scan.kind[row] in (Kind.USER, Kind.ASSISTANT)
        if best is None:
            if not flags & Flag.NO_TIME or untimed is not Untimed.PASSED:
                best = row
        elif scan.time[row] > scan.time[best]:
            best = row
    if best is None or not talk:
        return Choice()
    if scan.flags[best] & Flag.NO_TIME and untimed is Untimed.CRASH:
        return Choice(crash=NO_TIME_ERROR)
    return Choice(best, walker.walk(best))


def last_spoken(loaded: Loaded) -> int | None:
    """The last user or assistant record outside sidechains that the client holds."""
    for row in range(loaded.end - 1, -1, -1):
        if loaded.alive[row] and spoken(loaded, row):
            return row
    return None


def pointer(loaded: Loaded) -> int | None:
    """The record that the last pointer names, None where the client does not hold it."""
    session = loaded.session
    scan = session.scan
    for row in range(loaded.end - 1, -1, -1):
        if scan.flags[row] & Flag.POINTER and scan.refers[row] >= 0:
            named = session.row_of.get(scan.refers[row])
            if named is not None and not loaded.alive[named]:
                rows = session.duplicates.get(scan.refers[row], ())
                named = next((other for other in reversed(rows) if loaded.alive[other]), None)
            return named
    return None
