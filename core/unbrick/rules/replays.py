"""Runs of records that a client wrote a second time (L015)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from unbrick.edit import Edit, Relink, Salvage
from unbrick.entry import Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.rules.chainfix import history, restoring
from unbrick.session import Standing
from unbrick.situation import Situation
from unbrick.weighing import measure

LEAST = 3
"""Fewer copies in a row come from a line that was written twice."""


@dataclass(frozen=True)
class Replay:
    """Copies in file order, the record right behind them that hangs on the last of them, and the record in front of
    them, which that one followed; both None where nothing hangs on the copies."""

    copies: tuple[int, ...]
    follower: int | None = None
    before: int | None = None


def replayed_records(situation: Situation) -> Iterator[Finding]:
    """The client wrote a part of its history into the file again, with the same ids.

    A second compaction in one process, or one of a subagent, appends what the compaction before had summarised once
    more, and hangs the next record on the last copy. The conversation then goes on from far back: what stands between
    the two compactions is skipped, and what the boundary keeps is not found (anthropics/claude-code#92089, #92849,
    2.1.237 to 2.1.275). Without such a record the copies do no harm, but the file grows with each compaction. The mend
    takes the copies out and hangs the record on the one that it followed.
    """
    session, thread = situation.session, situation.thread
    for replay in situation.once(_replays):
        first = replay.copies[0]
        edits: list[Edit] = [Salvage(situation.at(row), ()) for row in replay.copies]
        count = measure.counted(len(replay.copies), "record")
        written = f"{count} from here to {situation.place(replay.copies[-1])} are written a second time"
        title = f"Take the {count} out that stand further up already"
        lost: list[int] = []
        if replay.follower is not None and replay.before is not None:
            edits.append(Relink(situation.at(replay.follower), session.uuid(replay.before)))
            title += f", and hang {situation.place(replay.follower)} behind {situation.place(replay.before)}"
            lost = [
                row for row in history(situation, replay.before)
                if thread.standing[row] in (Standing.LOST, Standing.UNDECIDED)
            ] if replay.follower in situation.loaded else _not_kept(situation, replay)
        messages = measure.messages(session, lost)
        if messages:
            made = restoring(situation, "once", title, edits, lost)
            yield Finding(
                "L015", "replayed-records", Severity.ERROR,
                f"{written}, and {situation.place(replay.follower or first)} hangs on the last copy: "
                f"{measure.counted(messages, 'message')} before it {'is' if messages == 1 else 'are'} not loaded",
                situation.at(first), first, fixes=(replace(made, brings=(*made.brings, *situation.lost)),),
            )
        else:
            size = sum(session.scan.size[row] for row in replay.copies)
            yield Finding(
                "L015", "replayed-records", Severity.INFO, f"{written}: {size / 1e6:,.1f} MB that nobody needs",
                situation.at(first), first, fixes=(Fix("once", title, Safety.SAFE, tuple(edits)),),
            )


def runs(situation: Situation) -> frozenset[int]:
    """The records that stand in such runs."""
    return frozenset(row for replay in situation.once(_replays) for row in replay.copies)


def copied(situation: Situation) -> frozenset[int]:
    """The records that stand in such runs, on the last of which something hangs."""
    return frozenset(
        row for replay in situation.once(_replays) if replay.follower is not None for row in replay.copies
    )


def _not_kept(situation: Situation, replay: Replay) -> list[int]:
    """What the boundary behind the copies keeps by name and the client does not load, since it does not find the way
    from the last of it to the first."""
    session, boundary = situation.session, situation.thread.boundary
    if boundary is None or boundary < replay.copies[-1]:
        return []
    named = (session.row(uuid) for uuid in situation.kept(boundary))
    return [row for row in named if row is not None and row < boundary and row not in situation.loaded]


def _replays(situation: Situation) -> tuple[Replay, ...]:
    session, scan = situation.session, situation.session.scan
    if not session.duplicates:
        return ()
    first_of = {row: rows[0] for rows in session.duplicates.values() for row in rows[1:]}
    found: list[Replay] = []
    run: list[int] = []
    last: int | None = None
    ahead: int | None = None
    for row, flags in enumerate(scan.flags):
        if not flags & Flag.LINK or flags & Flag.SIDECHAIN or scan.kind[row] == Kind.PROGRESS:
            continue
        again = row in first_of and (not run or first_of[run[-1]] < first_of[row] < run[0]) and _same(situation, row)
        if again:
            ahead = last if not run else ahead
            run.append(row)
        else:
            if len(run) >= LEAST:
                found.append(_replay(situation, run, row, ahead))
            run = []
        last = row
    if len(run) >= LEAST:
        found.append(Replay(tuple(run)))
    return tuple(found)


def _same(situation: Situation, row: int) -> bool:
    """Whether a copy says of its parent, time and size what the record it repeats says."""
    scan = situation.session.scan
    first = situation.session.duplicates[scan.uuid[row]][0]
    return scan.parent[row] == scan.parent[first] and scan.kind[row] == scan.kind[first] and (
        scan.time[row] == scan.time[first]
    )


def _replay(situation: Situation, run: list[int], following: int, ahead: int | None) -> Replay:
    session, scan = situation.session, situation.session.scan
    hangs = scan.parent[following] >= 0 and scan.parent[following] == scan.uuid[run[-1]]
    live = -1 if ahead is None else session.row_of.get(scan.uuid[ahead], ahead)
    if not hangs or ahead is None or live in session.ancestors(run[-1]):
        return Replay(tuple(run))
    return Replay(tuple(run), following, ahead)


REPLAYED_RECORDS: Rule[Situation] = Rule(
    "L015", "replayed-records", replayed_records, None, (Affect(Severity.ERROR),),
)
