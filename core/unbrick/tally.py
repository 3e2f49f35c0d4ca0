"""Messages and their parts counted by what they are to a reader: prompts, replies, results, thinking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from unbrick import words
from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.report import Report

NOUNS: dict[BlockKind, tuple[str, str]] = {
    BlockKind.TEXT: ("text", "texts"), BlockKind.THINKING: ("thinking block", "thinking blocks"),
    BlockKind.REDACTED: ("thinking block", "thinking blocks"), BlockKind.TOOL_USE: ("call", "calls"),
    BlockKind.TOOL_RESULT: ("result", "results"), BlockKind.IMAGE: ("image", "images"),
    BlockKind.DOCUMENT: ("document", "documents"), BlockKind.SERVER_USE: ("call", "calls"),
    BlockKind.SERVER_RESULT: ("result", "results"), BlockKind.OTHER: ("block", "blocks"),
}
"""What a block is called, one and many."""
RESULT = NOUNS[BlockKind.TOOL_RESULT]
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


def tally(report: Report, rows: Sequence[int]) -> Tally:
    """Some rows, counted."""
    scan = report.situation.session.scan
    prompts = sum(bool(scan.flags[row] & Flag.PROMPT) for row in rows)
    summaries = sum(bool(scan.flags[row] & Flag.SUMMARY) for row in rows)
    thoughts = sum(_thinks(report, row) for row in rows)
    notices = sum(bool(scan.flags[row] & Flag.API_ERROR) for row in rows)
    replies = sum(scan.kind[row] == Kind.ASSISTANT for row in rows) - thoughts - notices
    held = [sum(scan.block_kind[block] == BlockKind.TOOL_RESULT for block in scan.blocks(row)) for row in rows]
    others = sum(
        scan.kind[row] == Kind.USER and not scan.flags[row] & (Flag.PROMPT | Flag.SUMMARY) and not results
        for row, results in zip(rows, held, strict=True)
    )
    return Tally(len(rows), prompts, replies, sum(held), summaries, thoughts, notices, others)


def _thinks(report: Report, row: int) -> bool:
    """Whether a record holds thinking and nothing else: clients store one reply in several."""
    scan = report.situation.session.scan
    kinds = {NOUNS[BlockKind(scan.block_kind[block])] for block in scan.blocks(row)}
    return kinds == {NOUNS[BlockKind.THINKING]}


def blocks(report: Report, row: int) -> Counter[tuple[str, str]]:
    """The blocks of a row by noun, images in results counted as such, empty texts not at all."""
    scan = report.situation.session.scan
    found = Counter(
        NOUNS[BlockKind(scan.block_kind[block])] for block in scan.blocks(row)
        if scan.block_kind[block] != BlockKind.TEXT or not scan.block_flags[block] & (BlockFlag.EMPTY | BlockFlag.BLANK)
    )
    media = sum(bool(scan.block_flags[block] & BlockFlag.MEDIA) for block in scan.blocks(row))
    return found + Counter({NOUNS[BlockKind.IMAGE]: media})
