"""Rules of the size family about what is in the file and never sent: told where it makes up most of a large file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from unbrick.compaction import stood_for
from unbrick.edit import DropRecords, Edit, Forget, Trim
from unbrick.entry import BlockFlag, BlockKind, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.rules.replays import runs
from unbrick.scanning.ones import above, both, places
from unbrick.scanning.vectors import total
from unbrick.situation import Situation
from unbrick.weighing import measure

WORTH = 60_000
"""Bytes from which bloat is told, where it is also half of the file."""
MUCH = 5_000_000
"""Bytes from which it is told in any file: from about this size on, clients load a file by another path."""
UNREACHED = 50_000_000
"""Bytes before the last compaction from which they are told: sessions of this size no longer opened (#19963)."""
TOO_MUCH = 500_000_000
COPY = 50_000
"""Bytes that a record holds beyond its blocks from which it is looked at."""


def _tells(situation: Situation, freed: int, share: int = 2) -> bool:
    """Whether so many bytes are worth telling: one in `share` of the file."""
    return freed >= MUCH or (freed >= WORTH and share * freed >= situation.size)


def _of_kind(situation: Situation, kind: Kind) -> int:
    """Bytes of the records of a kind."""
    scan = situation.session.scan
    marks = scan.kinds(kind)
    return total(scan.size, marks) if 1 in marks else 0


def _bytes(count: int) -> str:
    """`12.3 MB`, `340 kB`."""
    return f"{count / 1e6:,.1f} MB" if count >= 1_000_000 else f"{count / 1000:,.0f} kB"


def _finding(
    situation: Situation, code: str, what: str, rows: Sequence[int], freed: int, fix: Fix | None,
) -> Finding:
    """The finding at the largest of some rows."""
    size = situation.session.scan.size
    largest = max(rows, key=lambda row: size[row])
    return Finding(
        code, BY_CODE[code].name, BY_CODE[code].severity(situation.target, situation.size),
        f"{what}: {_bytes(freed)} of {_bytes(situation.size)}",
        situation.at(largest), largest, fixes=() if fix is None else (fix,),
    )


def _freeing(id_: str, title: str, freed: int, edits: Sequence[Edit], loses: str = "") -> Fix:
    """A fix that takes out what is never sent."""
    price = f"{loses or 'keeps everything that is sent'}; frees {_bytes(freed)}"
    return Fix(id_, title, Safety.LOSSY if loses else Safety.SAFE, tuple(edits), price)


def large_display_copy(situation: Situation) -> Iterator[Finding]:
    """The output of a tool is kept a second time for the screen, and is huge.

    A result stands in the record twice: as it was sent to the model, shortened, and whole for the client's own screen.
    Outputs of megabytes make opening the session take minutes, and every version has to read them
    (anthropics/claude-code#21067, #23948, #24118). Nothing of the copy is ever sent; the fix leaves a beginning of each
    text, so that the client still has something to show.
    """
    yield from _copies(situation, "S003", "output kept for the screen only", lambda media: not media, 2)


def image_stored_twice(situation: Situation) -> Iterator[Finding]:
    """An image is stored twice: in the message, and once more for the screen.

    A picture that a tool read stands in the record as it is sent, and a second time in the copy that the client keeps
    for its screen. A session with many screenshots is twice as large as it has to be. The one that is sent stays.
    """
    yield from _copies(situation, "S008", "second copies of images, for the screen only", lambda media: media, 4)


def _large(situation: Situation) -> list[int]:
    """The user records that are large enough to hold a copy."""
    scan = situation.session.scan
    return [*places(both(above(scan.size, COPY), scan.kinds(Kind.USER)))]


def _copies(
    situation: Situation, code: str, what: str, wanted: Callable[[bool], bool], share: int
) -> Iterator[Finding]:
    scan = situation.session.scan
    beside = {
        row: extra for row in situation.once(_large)
        if (extra := scan.size[row] - sum(scan.block_size[block] for block in scan.blocks(row))) > COPY
        and wanted(_has_media(situation, row))
    }
    if not _tells(situation, sum(beside.values()), share):
        return
    freed = {row: count for row in beside if (count := situation.asks.aside(row))}
    total = sum(freed.values())
    if _tells(situation, total, share):
        title = f"Leave the beginning of each text in {measure.counted(len(freed), 'record')}"
        fix = _freeing("trim", title, total, [Trim(situation.at(row)) for row in freed])
        yield _finding(situation, code, what, list(freed), total, fix)


def _has_media(situation: Situation, row: int) -> bool:
    scan = situation.session.scan
    return any(
        scan.block_flags[block] & BlockFlag.MEDIA or scan.block_kind[block] in (BlockKind.IMAGE, BlockKind.DOCUMENT)
        for block in scan.blocks(row)
    )


def progress_bloat(situation: Situation) -> Iterator[Finding]:
    """The progress of running tools and subagents makes up most of the file.

    Clients of early 2026 (until 2.1.84) wrote a record for each line of progress, with the whole text so far: 102 MB
    for 14 messages, and twenty minutes to open a session (anthropics/claude-code#23373, #19887, #24457). Progress is
    never sent and never shown again. What hangs on such a record is hung on what stands before it, as the client does
    when it loads the file.
    """
    if _tells(situation, _of_kind(situation, Kind.PROGRESS)):
        rows = [*situation.session.scan.of_kind(Kind.PROGRESS)]
        yield from _dropped(situation, "S004", "progress of tools that have ended", rows, "progress record")


def repeated_snapshots(situation: Situation) -> Iterator[Finding]:
    """Snapshots of the edited files are stored again and again for the same message.

    Before each prompt the client notes which files it has edited, for /rewind; clients before 2.1.208 write the whole
    list each time that it changes (anthropics/claude-code changelog 2.1.50, 2.1.208: up to 79 times smaller since). Of
    several for one message only the last counts. The others can go; /rewind works as before.
    """
    if _tells(situation, _of_kind(situation, Kind.METADATA)):
        rows = situation.asks.superseded()
        yield from _dropped(situation, "S005", "snapshots that a later one replaces", rows, "snapshot")


def repeated_records(situation: Situation) -> Iterator[Finding]:
    """Records are in the file several times, byte for byte.

    Clients before 2.1.199 wrote records again when they opened or resumed a session (changelog 2.1.199). The client
    takes one of each, the last; the others only make the file large. Whole runs of history that were written again are
    another matter (L015).
    """
    scan, session = situation.session.scan, situation.session
    if not _tells(situation, sum(scan.size[row] for rows in session.duplicates.values() for row in rows[:-1])):
        return
    apart = runs(situation)
    same: list[int] = []
    for rows in session.duplicates.values():
        last = scan.view.raw(rows[-1]).rstrip(b"\r\n")
        if apart.isdisjoint(rows):
            same += [row for row in rows[:-1] if scan.view.raw(row).rstrip(b"\r\n") == last]
    what = "records that stand in the file again, byte for byte"
    yield from _dropped(situation, "S006", what, sorted(same), "record")


def _dropped(situation: Situation, code: str, what: str, rows: Sequence[int], noun: str) -> Iterator[Finding]:
    """The finding and the fix that takes rows out, where they are worth it."""
    freed = sum(situation.session.scan.size[row] for row in rows)
    if rows and _tells(situation, freed):
        edits = (DropRecords(tuple(map(situation.at, rows))),)
        title = f"Take {measure.counted(len(rows), noun)} out"
        yield _finding(situation, code, what, rows, freed, _freeing("drop", title, freed, edits))


def behind_the_boundary(situation: Situation) -> Iterator[Finding]:
    """Most of a very large file stands before the last compaction, where no resume reads it.

    A compaction deletes nothing: what the summary stands for stays in the file. Sessions with dozens of compactions
    grow to hundreds of megabytes, and clients then do not open them, or say that they do not exist
    (anthropics/claude-code#19963: 568 MB with 48 compactions; reported properly since 2.1.116). What a resume loads
    stays: boundary, summary and the messages that the compaction kept. What goes cannot be brought back afterwards, so
    keep the original: the fix is no repair, and is applied only when it is asked for.
    """
    boundary, session = situation.thread.boundary, situation.session
    if boundary is None or not situation.thread.rows or (
        situation.size - total(session.scan.size[boundary:]) < UNREACHED
    ):
        return
    gone = stood_for(session, situation.thread, boundary)
    freed = total(session.scan.size[:boundary], gone)
    if _tells(situation, freed):
        count = measure.counted(both(gone, session.messages[:boundary]).count(1), "message")
        loses = f"drops {count} that the summary stands for"
        title = f"Take the {measure.counted(gone.count(1), 'record')} before the last compaction out"
        fix = _freeing("forget", title, freed, [Forget(situation.at(boundary))], loses)
        yield _finding(situation, "S007", "history that the last summary stands for", (boundary,), freed, fix)


RULES: tuple[Rule[Situation], ...] = (
    Rule("S003", "large-display-copy", large_display_copy),
    Rule("S004", "progress-bloat", progress_bloat),
    Rule("S005", "repeated-snapshots", repeated_snapshots),
    Rule("S006", "repeated-records", repeated_records),
    Rule(
        "S007", "behind-the-boundary", behind_the_boundary, None,
        (Affect(Severity.WARNING, until="2.1.116", above=TOO_MUCH),),
    ),
    Rule("S008", "image-stored-twice", image_stored_twice),
)

BY_CODE = {rule.code: rule for rule in RULES}
