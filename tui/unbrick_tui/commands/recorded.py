"""`unbrick request --recorded`: the requests that really went out, as the client noted them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from unbrick.errors import UsageError
from unbrick.opening import Opened
from unbrick.printable import printable, shorten
from unbrick.report import Report
from unbrick.sent import Departure, Proof, Sent, beside, blocks, departure
from unbrick.telling import sentences
from unbrick.telling.json_report import (
    beside_document,
    line,
    recorded_document,
    recorded_request_document,
)
from unbrick_tui.commands.beside import brief, comparison, said_of
from unbrick_tui.failures import FINE
from unbrick_tui.options import print_json, say

LIST = "list"
LAST = "last"


def wanted(word: str) -> int:
    """Which request is asked for: 0 for the list, -1 for the last, else its number. Raises UsageError."""
    if word in (LIST, LAST):
        return 0 if word == LIST else -1
    if not word.isascii() or not word.isdigit() or not int(word):
        raise UsageError(
            f"--recorded takes the number of a request, counted from 1, or `last`, not {word!r}; PATH comes before it."
        )
    return int(word)


def show(opened: Opened, report: Report, number: int, *, as_json: bool, diff: bool = False) -> int:
    """Print the list of requests, or one of them, with `diff` beside the next one. Raises UsageError when there is no
    such request."""
    session = report.situation.session
    sent = opened.format.sent(session)
    if number > len(sent) or (number and not sent):
        there = f"{len(sent):,} recorded requests, but no number {number}" if sent else "no recorded request"
        raise UsageError(f"{opened.bundle.path} has {there}; unbrick request PATH --recorded lists them.")
    if number:
        number = len(sent) if number < 0 else number
        one = sent[number - 1]
        built = report.situation.request
        if diff and as_json:
            print_json(beside_document(one, number, session, beside(one.messages(), built), built))
        elif diff:
            say(comparison(report, one, number, one.proof.words))
        elif as_json:
            print_json(recorded_request_document(one, number, session))
        else:
            say(_one(report, one, number))
        return FINE
    parts = departure(sent[-1].messages(), report.situation.request) if sent else None
    if as_json:
        print_json(recorded_document(sent, session, parts))
    else:
        say(_list(report, sent, parts) if sent else _none(opened, report))
    return FINE


def _none(opened: Opened, report: Report) -> Iterator[str]:
    wrote = opened.format.recorded(report.situation.session)
    by = f"; {sentences.client(wrote)} wrote this file last" if wrote.version.numbers else ""
    yield (
        f"This file records no requests. Claude Code notes what it sends from 2.1.300 on{by}. Without --recorded, "
        "unbrick works out what will be sent."
    )


def _list(report: Report, sent: Sequence[Sent], parts: Departure | None) -> Iterator[str]:
    session = report.situation.session
    proven = sum(one.proof is Proof.VERIFIED for one in sent)
    yield f"The client noted {sentences.count(len(sent), 'request')}; {proven:,} rebuilt and verified by digest:"
    for number, one in enumerate(sent, 1):
        about = ", ".join(printable(word) for word in (one.time, one.version, one.model, one.purpose) if word)
        at = line(session.at(one.row))
        yield f"{number}. line {at:,}: {sentences.messages(one.size)}, {one.proof.words} ({about})"
        if one.why:
            yield f"   {printable(one.why)}"
    who = sentences.client(report.target)
    if parts is None:
        yield f"The next request, by {who}, goes on from the last one: everything in it will be sent again."
        return
    place = f"messages.{parts.message}" + ("" if parts.block is None else f".content.{parts.block}")
    yield f"The next request, by {who}, departs from the last one at {place}:"
    yield f"  sent: {_said(parts.before)}"
    yield f"  next: {_said(parts.after)}"


def _said(value: Any) -> str:  # noqa: ANN401 - JSON
    return "nothing" if value is None else shorten(printable(brief(value)), 160)


def _one(report: Report, one: Sent, number: int) -> Iterator[str]:
    session = report.situation.session
    at = line(session.at(one.row))
    yield f"Request {number}, noted on line {at:,}: {sentences.messages(one.size)}, {one.proof.words}."
    if one.why:
        yield printable(one.why)
    for index, (message, rows) in enumerate(zip(one.messages(), one.rows, strict=True)):
        if message is None:
            yield f"messages.{index} is not in the file"
            continue
        lines = ", ".join(f"{line(session.at(row)):,}" for row in rows)
        yield f"messages.{index} {printable(str(message.get('role')))} (line {lines})"
        for place, block in enumerate(blocks(message)):
            yield f"  content.{place} {said_of(block)}"
