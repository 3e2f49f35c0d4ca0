"""What a turn comes to, and what a folded run holds, counted from the columns when it is painted."""

from __future__ import annotations

from collections import Counter

from unbrick.entry import BlockFlag, BlockKind, Kind
from unbrick.printable import printable
from unbrick.scanning.scan import Scan
from unbrick_tui.folding import Rank
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.outline import Outline
from unbrick_tui.rows import NAN, Said, Tone, collapsed
from unbrick_tui.text import count, one_line, thousands
from unbrick_tui.widgets.layout import Group

_NAMED = 500
"""Records of a run that are asked for their names."""
_MOST = 20_000
"""Blocks of a turn that are looked at one by one."""
_ERROR = int(BlockFlag.ERROR)


def facts(outline: Outline, rows: range) -> list[str]:
    """`9 calls`, `2 failed`, `37k tokens`, `4 min`: what is worth saying of a turn, most telling first."""
    scan = outline.report.situation.session.scan
    blocks = slice(scan.first[rows.start], scan.first[rows.stop])
    calls, failed = scan.block_kind[blocks].count(BlockKind.TOOL_USE), _failed(scan, blocks)
    tokens = next((held for held in reversed(scan.tokens[rows.start : rows.stop]) if held), 0)
    said = [count(calls, "call")] if calls else []
    if failed:
        said.append(f"{failed:,} failed")
    if tokens:
        said.append(f"{thousands(tokens)} tokens")
    lasted = _lasted(scan, rows)
    return [*said, lasted] if lasted else said


def _failed(scan: Scan, blocks: slice) -> int:
    """How many results are errors, of those at the beginning where there are very many."""
    last = min(blocks.stop, blocks.start + _MOST)
    return sum(bool(flags & _ERROR) for flags in scan.block_flags[blocks.start : last])


def _lasted(scan: Scan, rows: range) -> str:
    """How long it went on, from a minute to a day; state that is written later is no part of it, nor is what a client
    or a fix adds days afterwards."""
    talk = (Kind.USER, Kind.ASSISTANT)
    end = next((
        scan.time[row] for row in reversed(rows) if scan.kind[row] in talk and scan.time[row] == scan.time[row]
    ), NAN)
    minutes = (end - scan.time[rows.start]) / 60
    if not 1 <= minutes < 60 * 24:  # NaN as well.
        return ""
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"


def folded(outline: Outline, group: Group, glyphs: Glyphs) -> Said:
    """A folded run as one line."""
    scan = outline.report.situation.session.scan
    ranks = outline.folding.ranks[group.first : group.first + group.rows]
    if ranks.count(Rank.AGENT) == group.rows:
        return _agent(outline, group, glyphs)
    if ranks.count(Rank.STATE) == group.rows:
        return Said(glyphs.more, f"{group.rows:,} more", _state(scan, group), Tone.QUIET, NAN)
    blocks = slice(scan.first[group.first], scan.first[group.first + group.rows])
    kinds = scan.block_kind[blocks]
    parts = [
        count(number, one, many) for number, one, many in (
            (ranks.count(Rank.REPLY), "reply", "replies"), (kinds.count(BlockKind.TOOL_USE), "call", "calls"),
            (kinds.count(BlockKind.TOOL_RESULT), "result", "results"), (_failed(scan, blocks), "failed", "failed"),
            (kinds.count(BlockKind.THINKING), "thought", "thoughts"),
            (ranks.count(Rank.STATE), "of context and state", "of context and state"),
            (ranks.count(Rank.AGENT), "of a subagent", "of subagents"),
        ) if number
    ]
    return Said(glyphs.more, f"{group.rows:,} more", ", ".join(parts), Tone.QUIET, NAN)


def _state(scan: Scan, group: Group) -> str:
    kinds = scan.kind[group.first : group.first + group.rows]
    names = Counter(
        (scan.strings.text(scan.type[row]) or Kind(scan.kind[row]).name.lower()).split("/", 1)[-1]
        for row in range(group.first, group.first + min(group.rows, _NAMED))
    )
    return collapsed(dict(names.most_common()), kinds.count(Kind.ATTACHMENT), group.rows)


def _agent(outline: Outline, group: Group, glyphs: Glyphs) -> Said:
    """A run of records of subagents: how many of them it is, how many records, and what the first was told."""
    session = outline.report.situation.session
    rows = range(group.first, group.first + group.rows)
    begun = [row for row in rows[:_MOST] if session.parent_row[row] not in rows]
    first = next((row for row in begun if session.kind(row) is Kind.USER), None)
    told = one_line(outline.report.situation.text(first), 200) if first is not None else ""
    word = count(max(len(begun), 1), "subagent") if len(begun) > 1 else "subagent"
    text = f"{count(group.rows, 'record')} of {word}" if len(begun) > 1 else count(group.rows, "record")
    return Said(glyphs.more, "subagent", printable(f"{text}: {told}" if told else text), Tone.QUIET, NAN)
