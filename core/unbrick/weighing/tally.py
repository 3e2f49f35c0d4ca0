"""Messages and their parts counted by what they are to a reader: prompts, replies, results, thinking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from unbrick import words
from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.scanning.ones import both, of_kinds, without
from unbrick.scanning.scan import Scan
from unbrick.session import Standing
from unbrick.situation import Situation

NOUNS: dict[BlockKind, tuple[str, str]] = {
    BlockKind.TEXT: ("text", "texts"), BlockKind.THINKING: ("thinking block", "thinking blocks"),
    BlockKind.REDACTED: ("thinking block", "thinking blocks"), BlockKind.TOOL_USE: ("call", "calls"),
    BlockKind.TOOL_RESULT: ("result", "results"), BlockKind.IMAGE: ("image", "images"),
    BlockKind.DOCUMENT: ("document", "documents"), BlockKind.SERVER_USE: ("call", "calls"),
    BlockKind.SERVER_RESULT: ("result", "results"), BlockKind.OTHER: ("block", "blocks"),
}
"""What a block is called, one and many."""
CALL, RESULT = NOUNS[BlockKind.TOOL_USE], NOUNS[BlockKind.TOOL_RESULT]
_SUMMARY = ("summary", "summaries")


@dataclass(frozen=True)
class Tally:
    """Messages by what they are: typed prompts, replies (assistant records; `thoughts` are those that hold nothing but
    thinking, `notices` the client's own of errors), tool results in the others, summaries of compactions, and the user
    records that are none of these."""

    messages: int = 0
    prompts: int = 0
    replies: int = 0
    results: int = 0
    summaries: int = 0
    thoughts: int = 0
    notices: int = 0
    others: int = 0

    @property
    def brings(self) -> str:
        """That they come back: summaries, which stand for other messages, are counted apart from these."""
        own = self.messages - self.summaries
        if not own:
            return words.brings(self.summaries, *_SUMMARY)
        counts = [count for count in self.counts if count[1:] != _SUMMARY]
        besides = f", besides {words.plural(self.summaries, *_SUMMARY)}" if self.summaries else ""
        return f"{words.brings(own)}: {words.listed(counts)}{besides}"

    @property
    def counts(self) -> list[words.Counted]:
        """As a price lists them."""
        return [
            (self.prompts, "prompt", "prompts"), (self.replies, "reply", "replies"),
            (self.results, *RESULT), (self.summaries, *_SUMMARY),
            (self.thoughts, "thinking block", "thinking blocks"), (self.notices, "error notice", "error notices"),
            (self.others, "other message", "other messages"),
        ]


class Priced:
    """What goes with a cut: `gone` counts it of what is loaded now, `erased` the messages that are not loaded now;
    `back` the messages that are loaded instead of what is now, where it costs nothing else."""

    gone: Tally
    erased: int
    back: int = 0

    @property
    def drops(self) -> int:
        """Messages that would go."""
        return self.gone.messages + self.erased

    @property
    def price(self) -> str:
        """What it costs, in words."""
        said = words.costs(self.gone.counts, self.erased)
        return words.brings(self.back) if self.back and said == words.KEEPS else said


FIELDS = tuple(field.name for field in fields(Tally))
_PROMPTS, _REPLIES, _RESULTS, _SUMMARIES, _THOUGHTS, _NOTICES, _OTHERS = range(1, len(FIELDS))
# Plain integers: looking up an enumeration's member costs more than the comparison.
_USER, _ASSISTANT, _RESULT = int(Kind.USER), int(Kind.ASSISTANT), int(BlockKind.TOOL_RESULT)
_PROMPT, _SUMMED, _NOTICE = int(Flag.PROMPT), int(Flag.SUMMARY), int(Flag.API_ERROR)
_APART = _PROMPT | _SUMMED | _NOTICE
_THINKING = frozenset({int(BlockKind.THINKING), int(BlockKind.REDACTED)})
_OTHER = int(BlockKind.OTHER)
_MARK = "fallback"
"""The block of the API that says which model took over: no words of anybody."""
_HELD = (Standing.LOST, Standing.UNDECIDED, Standing.SUMMARISED)


def tally(scan: Scan, rows: Iterable[int]) -> Tally:
    """Some rows, counted."""
    counts = [0] * len(FIELDS)
    for row in rows:
        count(counts, scan, row)
    return Tally(*counts)


def count(counts: list[int], scan: Scan, row: int) -> None:
    """Add a row to the counts of a tally, which stand in the order of its fields."""
    kinds, flags, kind = scan.block_kind[scan.first[row] : scan.first[row + 1]], scan.flags[row], scan.kind[row]
    counts[0] += 1
    if results := kinds.count(_RESULT):
        counts[_RESULTS] += results
    if flags & _APART:
        counts[_NOTICES if flags & _NOTICE else _SUMMARIES if flags & _SUMMED else _PROMPTS] += 1
    elif kind == _ASSISTANT:
        # Clients store one reply in several records.
        thinks = kinds and kinds[0] in _THINKING and all(one in _THINKING for one in kinds)
        if thinks or _OTHER not in kinds or not marks_only(scan, row):
            counts[_THOUGHTS if thinks else _REPLIES] += 1
    elif kind == _USER and not results:
        counts[_OTHERS] += 1


def marks_only(scan: Scan, row: int) -> bool:
    """Whether a row holds nothing but marks of the API, which say which model took over."""
    there = scan.blocks(row)
    return bool(there) and all(scan.strings.text(scan.block_name[block]) == _MARK for block in there)


def loaded(situation: Situation) -> bytes:
    """1 for each row that is a message that a resume loads; one that is shown and never sent is none."""
    there = both(heard(situation), of_kinds(situation.thread.standing, Standing.LOADED))
    return without(there, situation.session.scan.marked(Flag.VIRTUAL))


def held(situation: Situation) -> bytes:
    """1 for each row that is a message of the conversation that is in the file and not loaded."""
    return both(situation.session.messages, of_kinds(situation.thread.standing, *_HELD))


def without_summaries(gone: Tally, back: bool, erased: int) -> Tally:
    """What goes, without the summaries in whose place all comes `back` that they stand for."""
    if erased or not back:
        return gone
    return replace(gone, messages=gone.messages - gone.summaries, summaries=0)


def heard(situation: Situation) -> bytes | bytearray:
    """1 for each row that is a message to somebody who reads along: the client's own notices of errors are none, except
    to a client that sends them."""
    session = situation.session
    if not any(session.scan.marked(Flag.API_ERROR)):
        return session.messages
    found = bytearray(session.messages)
    for row in situation.request.row:
        if row >= 0:
            found[row] = 1
    return found


def blocks(scan: Scan, row: int) -> Counter[tuple[str, str]]:
    """The blocks of a row by noun, images in results counted as such, empty texts not at all."""
    found = Counter(
        NOUNS[BlockKind(scan.block_kind[block])] for block in scan.blocks(row)
        if scan.block_kind[block] != BlockKind.TEXT or not scan.block_flags[block] & (BlockFlag.EMPTY | BlockFlag.BLANK)
    )
    media = sum(bool(scan.block_flags[block] & BlockFlag.MEDIA) for block in scan.blocks(row))
    return found + Counter({NOUNS[BlockKind.IMAGE]: media})
