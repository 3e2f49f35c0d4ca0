"""Rules of the boundaries family: what a compaction left, and what it cuts off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from unbrick import compaction
from unbrick.answers import contents, listing
from unbrick.edit import Uncompact
from unbrick.entry import Flag, Kind
from unbrick.finding import Advice, Affect, Finding, Fix, Rule, Severity
from unbrick.rules.chainfix import TALK, brings, history, restoring, told
from unbrick.situation import Situation
from unbrick.thread import Outcome
from unbrick.weighing import filling, ladder, measure


def _boundary(situation: Situation) -> int | None:
    """The boundary that the conversation begins with; the last of the file when nothing is loaded."""
    session, thread = situation.session, situation.thread
    if thread.boundary is not None or thread.rows:
        return thread.boundary
    kinds, flags = session.scan.kind, session.scan.flags
    return next(
        (row for row in range(len(kinds) - 1, -1, -1)
         if kinds[row] == Kind.BOUNDARY and not flags[row] & Flag.SIDECHAIN), None,
    )


def _summary(situation: Situation, boundary: int) -> int | None:
    return compaction.summary(situation.session, boundary, situation.thread.rows)


def undone(situation: Situation, boundary: int, summary: int | None) -> tuple[Fix, list[int], int]:
    """The fix that takes a compaction back, the history it brings in, and the tokens of the whole afterwards."""
    rows = history(situation, compaction.before(situation.session, boundary))
    rest = [row for row in situation.thread.rows if row not in (boundary, summary)]
    what = "boundary and summary" if summary is not None else "boundary"
    fix = restoring(
        situation, "uncompact", f"Take {what} out and go on from the history before",
        (Uncompact(situation.at(boundary)),), rows, instead=rest,
    )
    # Where a boundary before this one stands for nothing either, the next repair brings back what is before that.
    fix = replace(fix, brings=tuple(row for row in situation.lost if row < boundary))
    return fix, rows, measure.context(situation.session, [*rows, *rest])


def bare_boundary(situation: Situation) -> Iterator[Finding]:
    """A compaction boundary that no summary follows.

    What stands before a boundary is not loaded; without a summary nothing stands for it, so the model starts from
    nothing, or the client finds no conversation at all (claude-code-resume-table, `c_third_boundary_bare`). It comes
    from a compaction that was killed or not written to its end. Taking the boundary out brings the history back.
    """
    boundary = _boundary(situation)
    if boundary is None or _summary(situation, boundary) is not None:
        yield from _passed_over(situation)
        return
    session, thread = situation.session, situation.thread
    fix, rows, _after = undone(situation, boundary, None)
    count = told(session, rows)
    if not count:
        return
    outcome = thread.outcome if thread.outcome in (Outcome.NOT_FOUND, Outcome.EMPTY) else None
    yield Finding(
        "B001", "bare-boundary", Severity.ERROR,
        f"a compaction ends here without a summary: {measure.counted(count, 'message')} before it are neither sent nor "
        "summarised",
        situation.at(boundary), boundary, fixes=(fix,), outcome=outcome,
        api_error=thread.error if outcome is not None else None,
    )


def _passed_over(situation: Situation) -> Iterator[Finding]:
    """A bare boundary at the end of the file that this client does not look at."""
    session, thread = situation.session, situation.thread
    kinds, flags = session.scan.kind, session.scan.flags
    last = next((row for row in range(len(kinds) - 1, -1, -1) if kinds[row] in (*TALK, Kind.BOUNDARY)), None)
    if last is None or kinds[last] != Kind.BOUNDARY or flags[last] & Flag.SIDECHAIN or last == thread.boundary:
        return
    if thread.rows and compaction.summary(session, last) is None:
        yield Finding(
            "B001", "bare-boundary", Severity.INFO,
            "the file ends in a compaction without a summary; this client does not look at it",
            situation.at(last), last, fixes=(undone(situation, last, None)[0],),
        )


def brought_back(situation: Situation) -> tuple[list[int], Fix] | None:
    """The conversation that taking a failed compaction back would make, and the fix that does so; None where none
    failed, or where nothing is left from before it."""
    boundary = _boundary(situation)
    summary = None if boundary is None else _summary(situation, boundary)
    if boundary is None or summary is None or not situation.session.has(summary, Flag.FAILED):
        return None
    fix, rows, _after = undone(situation, boundary, summary)
    if not measure.messages(situation.session, rows):
        return None
    return [*rows, *(row for row in situation.thread.rows if row not in (boundary, summary))], fix


def ways(situation: Situation, whole: Sequence[int], fix: Fix) -> tuple[ladder.Rung, ...]:
    """What makes the conversation fit that a fix would bring back."""
    back = [row for row in whole if row not in situation.loaded]
    return ladder.ladder(situation, whole, fix.edits, brings(situation.session, back))


def failed_compaction(situation: Situation) -> Iterator[Finding]:
    """The summary of a compaction is only an error text: the model goes on with an empty context.

    When the call for the summary fails ("Request timed out", a usage limit, an API error), clients from 1.0.128 to
    2.1.139 store that text as if it were the summary and go on (anthropics/claude-code#2423, #4996; observed). The
    model has lost everything, the prompt that set the compaction off included, and nothing says so. The whole history
    is still in the file, since a compaction deletes nothing.

    Taking boundary and summary out brings it back (checked on 2.0.76, 2.1.139 and 2.1.329). What could not be
    compacted may be too long again: the fix says how many tokens the session then holds; notes in the place of large
    results, and a cut at a safe point that fits, are the other ways.
    """
    boundary = _boundary(situation)
    if boundary is None:
        return
    summary = _summary(situation, boundary)
    if summary is None or not situation.session.has(summary, Flag.FAILED):
        return
    session = situation.session
    fix, rows, after = undone(situation, boundary, summary)
    count = told(session, rows)
    window = measure.window(situation)
    now = measure.whole(situation)
    where = f"{situation.place(rows[0])} to {situation.place(rows[-1])}" if rows else ""
    message = "the compaction here failed and was kept all the same: its summary is only an error text"
    if not count:
        yield Finding(
            "B002", "failed-compaction", Severity.INFO, f"{message}; the history before it is not in the file",
            situation.at(summary), summary,
        )
        return
    message += (
        f". The model goes on from about {measure.tokens(now)}, without the {measure.counted(count, 'message')} before "
        f"it; they are all still in the file ({where})."
    )
    rungs: tuple[ladder.Rung, ...] = ()
    if after > window * measure.FULL:
        message += (
            f" Brought back whole, the conversation is about {measure.tokens(after)} long, {after / window:.0%} of the "
            "model's window: the next compaction would fail as this one did, so bring back what fits."
        )
        whole = [*rows, *(row for row in situation.thread.rows if row not in (boundary, summary))]
        message += f" Most of it: {filling.heaviest(filling.filling(situation, whole))}."
        rungs = ways(situation, whole, fix)
    advice = [*ladder.advices(rungs), Advice(
        "See every safe point before and after the compaction, with the tokens it leaves, and choose one.",
        listing(situation.bundle),
    ), Advice(
        "See what fills the context, by kind and tool, and every way to make it fit.", contents(situation.bundle),
    ), Advice(
        "Once it resumes, run /compact on purpose, with a client from 2.1.158 on: it does not keep a failed summary.",
        label="then",
    )]
    yield Finding(
        "B002", "failed-compaction", Severity.ERROR, message, situation.at(summary), summary,
        fixes=(*ladder.fixes(rungs), fix), advice=tuple(advice),
    )


def dangling_logical_parent(situation: Situation) -> Iterator[Finding]:
    """A boundary names a record before it that the file does not hold.

    No client follows that name when it builds the request, so nothing is lost to the model; viewers that show a
    session across its compactions stop there (anthropics/claude-code#46603). A third of the boundaries in public
    transcripts are like this.
    """
    session = situation.session
    for row in session.scan.of_kind(Kind.BOUNDARY):
        if session.scan.refers[row] >= 0 and session.scan.refers[row] not in session.row_of:
            yield Finding(
                "B004", "dangling-logical-parent", Severity.INFO,
                "the compaction names a last record before it that is not in the file; the client does not need it",
                situation.at(row), row,
            )


RULES: tuple[Rule[Situation], ...] = (
    Rule(
        "B001", "bare-boundary", bare_boundary, None,
        (
            Affect(Severity.ERROR, until="2.1.112"),
            Affect(Severity.ERROR, Outcome.NOT_FOUND, since="2.1.158", until="2.1.200"),
            Affect(Severity.ERROR, Outcome.EMPTY, since="2.1.200"),
        ),
    ),
    Rule("B002", "failed-compaction", failed_compaction, None, (Affect(Severity.ERROR),)),
    Rule("B004", "dangling-logical-parent", dangling_logical_parent),
)

BY_NAME = {rule.name: rule for rule in RULES}
