"""Rules of the boundaries family: compactions that left too little, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from unbrick import compaction
from unbrick.answers import contents, listing
from unbrick.entry import Flag, Kind
from unbrick.finding import Advice, Affect, Finding, Rule, Safety, Severity
from unbrick.rules.boundaries import undone
from unbrick.rules.chainfix import history, told
from unbrick.situation import Situation
from unbrick.weighing import measure

THIN = 500
"""Characters of a summary record below which it holds next to nothing: some 400 are the client's own words."""
MUCH, MANY = 20_000, 30
"""Tokens and messages of a history that so few words cannot stand for."""

LOOKED_AT = 80
"""So many records at the end of the file are looked at for notices."""

NOTICE = re.compile(
    r"error during compaction|compaction (?:was )?(?:interrupted|cancell?ed)|error compacting conversation"
    r"|failed to generate conversation summary",
    re.IGNORECASE,
)


def thin_summary(situation: Situation) -> Iterator[Finding]:
    """The summary of a compaction says next to nothing of a long history.

    What the model wrote instead of a summary is kept as one: half a sentence, a question, a refusal in words that
    unbrick does not know (anthropics/claude-code#4996, #14852). The model goes on from that alone. A person may have
    asked for so short a summary, so the history is brought back only when that is asked for.
    """
    boundary, session = situation.thread.boundary, situation.session
    summary = None if boundary is None else compaction.summary(session, boundary, situation.thread.rows)
    if boundary is None or summary is None or session.has(summary, Flag.FAILED):
        return
    scan = session.scan
    said = sum(scan.block_size[block] for block in scan.blocks(summary))
    if said >= THIN:
        return
    rows = history(situation, compaction.before(session, boundary))
    count, tokens = told(session, rows), measure.context(session, rows)
    if count < MANY or tokens < MUCH:
        return
    fix, _rows, _after = undone(situation, boundary, summary)
    price = fix.price.removeprefix("keeps everything; ")
    yield Finding(
        "B005", "thin-summary", Severity.WARNING,
        f"the summary here has {said:,} characters, the client's own words included, and stands for "
        f"{measure.counted(count, 'message')} (about {measure.tokens(tokens)}), which are all still in the file",
        situation.at(summary), summary, fixes=(replace(fix, safety=Safety.RESTORES, price=price),),
    )


def unfinished_compaction(situation: Situation) -> Iterator[Finding]:
    """A compaction was tried at the end of the session, and left nothing.

    It was interrupted, ran into a limit, or its request failed (anthropics/claude-code#60542, #65028, #61838, #2423).
    Only the notice is in the file: the history before it is whole and is sent as before. The next attempt sends the
    same history, so where it was too long or took too long, it helps to make it shorter first.
    """
    session, thread = situation.session, situation.thread
    notices: list[int] = []
    for row in range(len(session) - 1, max(len(session) - LOOKED_AT, 0) - 1, -1):
        kind = session.kind(row)
        if kind is Kind.BOUNDARY:
            break
        if _may_tell(situation, row) and NOTICE.search(situation.text(row)):
            notices.append(row)
    if not notices or not thread.rows:
        return
    tries = "once" if len(notices) == 1 else f"{len(notices):,} times"
    yield Finding(
        "B006", "unfinished-compaction", Severity.INFO,
        f"a compaction was tried {tries} at the end and left nothing; the history is whole, about "
        f"{measure.tokens(measure.whole(situation))}, and the next one sends it again",
        situation.at(notices[0]), notices[0],
        advice=(
            Advice("See what fills the context, and what makes it shorter.", contents(situation.bundle)),
            Advice("Cut a copy behind an earlier complete turn.", listing(situation.bundle)),
        ),
    )


def _may_tell(situation: Situation, row: int) -> bool:
    """Whether a record may be the client's notice: no text that a person or the model wrote, and no result."""
    session = situation.session
    if session.has(row, Flag.SIDECHAIN | Flag.PROMPT | Flag.SUMMARY):
        return False
    kind = session.kind(row)
    first = next(iter(situation.blocks(row)), None)
    return (
        kind is Kind.NOTICE or session.has(row, Flag.API_ERROR)
        or (kind is Kind.USER and first is not None and first[3] is None)
    )


RULES: tuple[Rule[Situation], ...] = (
    Rule("B005", "thin-summary", thin_summary, None, (Affect(Severity.WARNING),)),
    Rule("B006", "unfinished-compaction", unfinished_compaction),
)
