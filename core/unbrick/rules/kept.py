"""What a compaction keeps by name, and what stands around it in the wrong place (B003, B007 to B009)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from unbrick import compaction
from unbrick.edit import DropRecord, Edit, Keep, Relink
from unbrick.entry import Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.rules.boundaries import undone
from unbrick.rules.chainfix import TALK, history, restoring
from unbrick.rules.order import in_front, moved_behind
from unbrick.situation import Situation
from unbrick.weighing import measure


def missing_boundary(situation: Situation) -> Iterator[Finding]:
    """The summary of a compaction stands in the file, and the boundary that belongs in front of it does not.

    Clients up to 2.1.139 need no boundary: a summary without a parent is the beginning (claude-code-resume-table,
    `c_boundary2_removed`). Later ones do not see what the boundary kept by name. Where the summary still names the
    boundary as its parent, clients from 2.1.101 on go on with the record before it, and send the history beside the
    summary that was written to stand for it.
    """
    session, thread = situation.session, situation.thread
    talk = next((row for row in thread.rows if session.kind(row) in TALK), None)
    if thread.boundary is None and talk is not None and compaction.sound_summary(session, talk):
        before = compaction.previous(session, thread.rows[0])
        if before is None:
            return
        rows = history(situation, before)
        if not measure.messages(session, rows):
            return
        edits: list[Edit] = [
            Relink(situation.at(child), session.uuid(before)) for child in session.children.get(talk, ())
        ]
        edits.append(DropRecord(situation.at(talk)))
        title = f"Take the summary out and go on from {situation.place(before)}, with the history before"
        rest = [row for row in thread.rows if row != talk]
        undo = restoring(situation, "uncompact", title, edits, rows, certain=False, instead=rest)
        yield Finding(
            "B007", "missing-boundary", Severity.INFO,
            "a summary stands here without the boundary of its compaction; it is sent, and what is before it is not",
            situation.at(talk), talk, fixes=(undo,),
        )
    for row in thread.bridged:
        if compaction.sound_summary(session, row):
            yield _beside(situation, row)


def _beside(situation: Situation, summary: int) -> Finding:
    """A summary that the client goes on from to the history that it stands for."""
    session, thread = situation.session, situation.thread
    twice = measure.messages(session, thread.rows[: situation.loaded[summary]])
    count = measure.counted(twice, "message")
    return Finding(
        "B007", "missing-boundary", Severity.INFO,
        "the boundary of this compaction is not in the file: the client goes on with "
        f"{situation.place(thread.bridged[summary])}, and sends {count} beside the summary that stands for them",
        situation.at(summary), summary,
        fixes=(Fix(
            "begin", "Begin with the summary", Safety.LOSSY, (Relink(situation.at(summary), None),),
            f"leaves {count} out, which the summary stands for",
        ),),
    )


def dangling_preserved_segment(situation: Situation) -> Iterator[Finding]:
    """A boundary names messages to keep from before it, and the file does not hold (all of) them, or it names none
    though the other boundaries of the file do.

    Clients from 2.1.158 put the named messages behind the summary; what is not there is left out without a word
    (claude-code-resume-table, `c_preserved_dangling`, `c_boundary2_meta_gone`). Where the records are gone there is
    nothing to bring back: the summary still stands for them. Where the last record before the compaction is there, it
    is what clients keep, and the boundary can name it again.
    """
    boundary = situation.thread.boundary
    if boundary is None:
        return
    session = situation.session
    named = situation.kept(boundary)
    missing = [uuid for uuid in named if session.row(uuid) is None]
    if not missing and (named or not _others_keep(situation, boundary)):
        return
    fixes = (*_keep_last(situation, boundary), *_undo_fully(situation, boundary))
    severity = DANGLING_PRESERVED_SEGMENT.severity(situation.target, situation.size) if named and fixes else (
        Severity.INFO
    )
    yield Finding(
        "B003", "dangling-preserved-segment", severity,
        f"the compaction keeps {measure.counted(len(named), 'message')} by name, and {len(missing):,} of these "
        f"{'is' if len(missing) == 1 else 'are'} not in the file: the kept messages are not put behind the summary"
        if named else
        "the compaction keeps no message by name, though others of this file do: none is put behind the summary",
        situation.at(boundary), boundary, fixes=fixes,
    )


def _others_keep(situation: Situation, boundary: int) -> bool:
    """Whether another boundary written by the same client version keeps messages by name."""
    scan = situation.session.scan
    return any(
        kind == Kind.BOUNDARY and row != boundary and scan.version[row] == scan.version[boundary]
        and situation.kept(row) for row, kind in enumerate(scan.kind)
    )


def _keep_last(situation: Situation, boundary: int) -> Iterator[Fix]:
    """Keep the last message before the compaction, as clients do."""
    session = situation.session
    named = session.row_of.get(session.scan.refers[boundary], -1)
    summary = compaction.summary(session, boundary, situation.thread.rows)
    if not 0 <= named < boundary or summary is None or session.kind(named) is not Kind.ASSISTANT:
        return
    edit = Keep(situation.at(boundary), (session.uuid(named) or "",))
    if any(row < boundary and row != named for row in situation.thread.rows):
        # What it names now is sent along, and would not be any more.
        return
    title = f"Keep {situation.place(named)}, the last record before the compaction"
    yield restoring(situation, "keep", title, (edit,), [named], certain=False)


def _undo_fully(situation: Situation, boundary: int) -> Iterator[Fix]:
    fix, rows, _after = undone(
        situation, boundary, compaction.summary(situation.session, boundary, situation.thread.rows)
    )
    if measure.messages(situation.session, rows):
        yield replace(fix, safety=Safety.RESTORES, price=fix.price.removeprefix("keeps everything; "))


def overlong_preserved_segment(situation: Situation) -> Iterator[Finding]:
    """A boundary keeps messages by name that an earlier compaction had already summarised.

    So the compaction did not shorten the conversation: what its summary and the one before stand for is sent along
    (claude-code-resume-table, `c_preserved_all_history`). It comes from a second compaction in one process that names
    as its beginning a record far before (anthropics/claude-code#92089), and from tools that rewrite ids.
    """
    session, boundary = situation.session, situation.thread.boundary
    if boundary is None:
        return
    kinds, flags = session.scan.kind, session.scan.flags
    earlier = next(
        (row for row in range(boundary - 1, -1, -1)
         if kinds[row] == Kind.BOUNDARY and not flags[row] & (Flag.SIDECHAIN | Flag.MICRO)), None,
    )
    if earlier is None:
        return
    before = set(situation.kept(earlier))
    kept = [(uuid, row) for uuid in situation.kept(boundary) if (row := session.row(uuid)) is not None]
    over = [row for uuid, row in kept if row < earlier and uuid not in before]
    count = measure.messages(session, (row for row in over if row in situation.loaded))
    if not count:
        return
    rest = tuple(uuid for uuid, row in kept if row < boundary and row not in over)
    fixes: tuple[Fix, ...] = ()
    if rest:
        fixes = (Fix(
            "keep", f"Keep only the {measure.counted(len(rest), 'record')} since the compaction before", Safety.LOSSY,
            (Keep(situation.at(boundary), rest),),
            f"drops {measure.counted(count, 'message')}, which the summaries stand for",
        ),)
    yield Finding(
        "B008", "overlong-preserved-segment", OVERLONG_PRESERVED_SEGMENT.severity(situation.target, situation.size),
        f"the compaction keeps {measure.counted(count, 'message')} by name that the compaction before it had "
        "summarised: they are sent again, beside the summaries",
        situation.at(boundary), boundary, fixes=fixes,
    )


def summary_before_boundary(situation: Situation) -> Iterator[Finding]:
    """The summary of a compaction stands in front of its boundary in the file.

    Clients from 2.1.158 on do not read what stands before the last boundary, so the summary is not sent: the model
    goes on without the history and without what stands for it (claude-code-resume-table,
    `c_boundary2_swapped_summary`). The mend moves the lines, which keep their bytes.
    """
    session = situation.session
    boundaries = [row for row in session.scan.of_kind(Kind.BOUNDARY) if not session.has(row, Flag.SIDECHAIN)]
    for row in boundaries:
        wrong = in_front(situation, row)
        summary = next((other for other in wrong if compaction.sound_summary(session, other)), None)
        if summary is None or (row != boundaries[-1] and summary not in situation.loaded):
            continue
        lost = summary not in situation.loaded
        yield Finding(
            "B009", "summary-before-boundary", Severity.ERROR if lost else Severity.INFO,
            f"it stands in front of its boundary, {situation.place(row)}"
            + (": the client does not read it" if lost else "; this client reads it all the same"),
            situation.at(summary), summary,
            fixes=(Fix(
                "behind", "Put it behind its boundary", Safety.SAFE, tuple(moved_behind(situation, row)),
                brings=(summary,),
            ),),
        )


DANGLING_PRESERVED_SEGMENT: Rule[Situation] = Rule(
    "B003", "dangling-preserved-segment", dangling_preserved_segment, None,
    (Affect(Severity.WARNING, since="2.1.158"),),
)

OVERLONG_PRESERVED_SEGMENT: Rule[Situation] = Rule(
    "B008", "overlong-preserved-segment", overlong_preserved_segment, None,
    (Affect(Severity.WARNING, since="2.1.70"),),
)

RULES: tuple[Rule[Situation], ...] = (
    DANGLING_PRESERVED_SEGMENT,
    Rule("B007", "missing-boundary", missing_boundary),
    OVERLONG_PRESERVED_SEGMENT,
    Rule(
        "B009", "summary-before-boundary", summary_before_boundary, None, (Affect(Severity.ERROR, since="2.1.158"),),
    ),
)
