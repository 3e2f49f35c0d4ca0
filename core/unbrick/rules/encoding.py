"""Rules of the lines family about the encoding: bytes and characters that not every reader takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from unbrick.edit import Salvage
from unbrick.finding import Finding, Fix, Rule, Severity
from unbrick.record import FaultKind
from unbrick.rules.lines import NOTHING, readable, rule, stopping, stops, why
from unbrick.rules.parts import broken, refusal, remark, safe
from unbrick.session import Standing
from unbrick.situation import Situation


def invalid_utf8(situation: Situation) -> Iterator[Finding]:
    """A record holds bytes that are not valid UTF-8.

    The client reads it all the same and shows U+FFFD (a question mark in a diamond) in their place; that is also what
    it sends. Other readers refuse the line.

    The bytes are replaced by what the client sends already.
    """
    for row, fault in readable(situation, FaultKind.UTF8):
        fix = safe("replace", "Write U+FFFD where the client reads it", Salvage(situation.at(row)))
        yield _decoded(situation, "J006", "invalid-utf8", fault.message, row, fix)


def _decoded(situation: Situation, code: str, name: str, message: str, row: int, fix: Fix) -> Finding:
    """The finding of a line that some clients read all the same, and that has others reject the file."""
    if row not in situation.once(stopping):
        return remark(situation, code, name, Severity.INFO, message, row, fixes=(fix,))
    outcome = situation.thread.outcome if situation.thread.outcome in NOTHING else None
    found = remark(
        situation, code, name, Severity.ERROR, f"{message}; {why(situation, row)}", row,
        fixes=(replace(fix, brings=situation.lost),),
    )
    return replace(found, outcome=outcome)


def byte_order_mark(situation: Situation) -> Iterator[Finding]:
    """A byte order mark stands in front of a record.

    An editor put it there. Clients up to 2.0.14 cannot read the record then; later ones read past it.

    The three bytes are taken out.
    """
    for row, fault in readable(situation, FaultKind.BOM):
        if situation.thread.whole:
            fix = safe("strip", "Take the byte order mark out", Salvage(situation.at(row)))
            yield _decoded(situation, "J007", "byte-order-mark", fault.message, row, fix)
            continue
        lost = situation.thread.standing_of(row) is not Standing.LOADED and stops(situation, "J007")
        brings = (row,) if lost else ()
        fix = safe("strip", "Take the byte order mark out", Salvage(situation.at(row)), brings=brings)
        severity = Severity.ERROR if lost else Severity.INFO
        yield remark(situation, "J007", "byte-order-mark", severity, fault.message, row, fixes=(fix,))


def lone_surrogate(situation: Situation) -> Iterator[Finding]:
    r"""A text holds half of a surrogate pair, such as \ud83d without the half that follows it.

    It happens when output is cut in the middle of an emoji, or when a model writes such a half itself (#1832, #6273,
    #8336, #68325). The API cannot read the request then ("no low surrogate in string"), and every retry fails at the
    same character. Clients from 2.1.132 on repair the text while they load it.

    The half is replaced by U+FFFD, as the newest clients do.
    """
    name = "lone-surrogate"
    claimed: set[int | None] = set()
    for what in broken(situation, "J009"):
        if what.row in claimed:
            continue
        claimed.add(what.row)
        fixes = () if what.row is None else _whole(situation, what.row)
        yield refusal(situation, name, what, "a text holds half of a surrogate pair", fixes)
    for row, fault in readable(situation, FaultKind.SURROGATE):
        if row not in claimed:
            yield remark(situation, "J009", name, Severity.INFO, fault.message, row, fixes=_whole(situation, row))


def _whole(situation: Situation, row: int) -> tuple[Fix, ...]:
    """The fix that replaces every half of a pair in a record; none where other damage of its line goes first."""
    fault = situation.session.scan.faults.get(row)
    if fault is None or fault.kind is not FaultKind.SURROGATE:
        return ()
    return (safe("replace", "Write U+FFFD in the place of each half", Salvage(situation.at(row))),)


RULES: tuple[Rule[Situation], ...] = (
    rule("J006", "invalid-utf8", invalid_utf8),
    rule("J007", "byte-order-mark", byte_order_mark),
    rule("J009", "lone-surrogate", lone_surrogate,
          r"(?:no low surrogate|lone (?:leading|trailing) surrogate|surrogates not allowed)"),
)
