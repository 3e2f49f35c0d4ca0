"""`unbrick request --recorded N --diff`: a request that went out beside the one to come, message by message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from unbrick.printable import printable, shorten
from unbrick.record import compact
from unbrick.report import Report
from unbrick.sent import Beside, Fate, Message, Sent, beside, blocks
from unbrick.session import Standing
from unbrick.telling import sentences
from unbrick.telling.json_report import line, lines_built, lines_sent

SHOWN = 12
"""So many messages in a row that are gone, or new, are shown."""

_WHY = {
    Standing.SUMMARISED: "a summary stands for it", Standing.REWOUND: "somebody went back before it",
    Standing.LOST: "it is in the file, and the client will not load it",
    Standing.UNDECIDED: "it is beside the thread; the file does not say why",
    Standing.LOADED: "it is loaded, and sent in other words or left out",
}


def comparison(report: Report, one: Sent, number: int, proof: str) -> Iterator[str]:
    """A request that went out beside the next one, in words; `proof` says what came of rebuilding it."""
    session, built, messages = report.situation.session, report.situation.request, one.messages()
    at = line(session.at(one.row))
    yield f"Request {number}, noted on line {at:,}: {sentences.messages(one.size)}, {proof}."
    yield f"The next one, by {sentences.client(report.target)}: {sentences.messages(len(built))}."
    if one.why:
        yield printable(one.why)
    yield ""
    same = True
    for fate, group in groupby(beside(messages, built), lambda pair: pair.fate):
        pairs = list(group)
        same = same and fate is Fate.SAME
        if fate is Fate.SAME:
            yield f"= {_range(pairs)}: will be sent again as {'it was' if len(pairs) == 1 else 'they were'}"
        elif fate is Fate.UNKNOWN:
            yield f"? {_range(pairs)}: not in the file any more, and not compared"
        else:
            for pair in pairs[:SHOWN]:
                yield from _told(pair, messages, report, one)
            if len(pairs) > SHOWN:
                yield f"{_SIGNS[fate]} … and {len(pairs) - SHOWN:,} more that {_MORE[fate]}"
    yield ""
    if same:
        yield "Nothing differs so far; the prompt that is typed next will follow."
    yield "Not compared: reminders that the client writes anew with each prompt, and marks for the cache."


_SIGNS = {Fate.CHANGED: "~", Fate.GONE: "-", Fate.NEW: "+"}
_MORE = {Fate.CHANGED: "change", Fate.GONE: "will not be sent again", Fate.NEW: "are new"}


def _told(pair: Beside, messages: Sequence[Message | None], report: Report, one: Sent) -> Iterator[str]:
    """A message that is changed, gone or new."""
    session, built = report.situation.session, report.situation.request
    sign = _SIGNS[pair.fate]
    now = "" if pair.after is None else _lines(lines_built(built, pair.after, session))
    if pair.before is None:
        assert pair.after is not None
        role = built.role(pair.after).word
        yield f"{sign} messages.{pair.after} of the next, {role} ({now}): new since then"
        yield from (f"    {said_of(block)}" for block in blocks(built.message(pair.after)))
        return
    message = messages[pair.before]
    role = f", {printable(str(message.get('role')))}" if message else ""
    place = f"{sign} messages.{pair.before}{role} ({_lines(lines_sent(one, pair.before, session))})"
    if pair.after is None:
        yield f"{place}: will not be sent again{_because(report, one, pair.before)}"
        yield from (f"    {said_of(block)}" for block in blocks(message or {}))
        return
    moved = "" if pair.after == pair.before else f" as messages.{pair.after}"
    yield f"{place}: will be sent{moved} with other content ({now})"
    for change in pair.changes:
        for word, block in (("was", change.before), ("will be", change.after)):
            told = "nothing" if block is None else said_of(block)
            yield f"    content.{change.block} {word} {told}"


def _because(report: Report, one: Sent, message: int) -> str:
    standing = report.situation.thread.standing
    found = {Standing(standing[row]) for row in one.rows[message]} & _WHY.keys()
    return f"; {_WHY[min(found - {Standing.LOADED} or found)]}" if found else ""


def _range(pairs: Sequence[Beside]) -> str:
    first, last = pairs[0], pairs[-1]
    said = f"messages.{first.before}" + ("" if len(pairs) == 1 else f" to messages.{last.before}")
    return said if first.before == first.after else f"{said} (from messages.{first.after} of the next on)"


def _lines(numbers: Sequence[int]) -> str:
    if not numbers:
        return "no line of the file"
    shown = ", ".join(f"{number:,}" for number in numbers[:4]) + (", …" if len(numbers) > 4 else "")
    return f"line {shown}" if len(numbers) == 1 else f"lines {shown}"


def said_of(block: Any) -> str:  # noqa: ANN401 - JSON
    """Type and beginning of a block."""
    kind = block.get("type") if isinstance(block, dict) else None
    return f"{printable(str(kind))}: {shorten(printable(brief(block)), 100)}"


def brief(block: Any) -> str:  # noqa: ANN401
    """The beginning of what a block says."""
    if not isinstance(block, dict):
        return str(block)[:400]
    for key in ("text", "thinking", "content"):
        if isinstance(block.get(key), str):
            return str(block[key])[:400]
    if block.get("type") == "tool_use":
        return f"{block.get('name')} {compact(block.get('input')).decode('utf-8', 'replace')[:400]}"
    inner = block.get("content")
    if isinstance(inner, list):
        return " ".join(brief(part) for part in inner[:4])
    return compact({key: value for key, value in block.items() if key != "source"}).decode("utf-8", "replace")[:400]
