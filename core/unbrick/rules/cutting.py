"""A cut that makes a conversation fit: behind the last complete turn that leaves room in the window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unbrick import measure, recorded
from unbrick.edit import Cut
from unbrick.entry import Flag, Kind
from unbrick.finding import Fix, Safety
from unbrick.situation import Situation

ROOM = 0.8
"""Share of the window that a cut should leave the conversation with, so that it can go on or be compacted."""


def cut_to_fit(situation: Situation, rows: Sequence[int], rest: Sequence[int] = ()) -> Iterator[Fix]:
    """The cut in `rows` that keeps most of what fits, when the file's order allows one; `rest` goes in any case."""
    session = situation.session
    scan = session.scan
    limit = measure.window(situation) * ROOM
    prompts = [place for place, row in enumerate(rows) if place and scan.flags[row] & Flag.PROMPT]
    for place in reversed(prompts):
        kept, gone = rows[:place], [*rows[place:], *rest]
        highest = max(kept)
        if highest > min(gone) or not _complete(situation, kept):
            continue
        left = measure.context(session, kept)
        if left > limit:
            continue
        dropped = sum(bool(scan.flags[row] & Flag.PROMPT) for row in gone)
        yield Fix(
            "cut", f"Cut behind line {situation.at(highest).line:,}: leaves about {measure.tokens(left)}", Safety.LOSSY,
            (Cut(situation.at(highest)),),
            f"drops {measure.counted(dropped, 'prompt')}, "
            f"{measure.counted(measure.messages(session, gone), 'message')}",
        )
        return


def _complete(situation: Situation, rows: Sequence[int]) -> bool:
    """Whether the last message is the model's own."""
    kinds = situation.session.scan.kind
    last = next((row for row in reversed(rows) if kinds[row] in (Kind.USER, Kind.ASSISTANT)), None)
    return last is not None and recorded.is_reply(situation.session, last)
