"""From the parts of a request back to the blocks of records, and what rules say and mend about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from unbrick import recorded
from unbrick.edit import Conform, Edit, SetValue
from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick.recorded import Recorded
from unbrick.situation import Situation, Violation
from unbrick.thread import Outcome

PLACEHOLDER = "(no content)"
"""What stands for content that there is none of."""

_PLACE = re.compile(r"messages\.(\d+)\.content\.(\d+)")


@dataclass(frozen=True)
class Broken:
    """A violation and the record and block that it shows at; both None where the client writes that part itself."""

    violation: Violation
    row: int | None
    block: int | None


def broken(situation: Situation, code: str) -> Iterator[Broken]:
    """The violations of one code, each with the place in the file that it comes from."""
    request = situation.request
    for violation in situation.violations:
        if violation.code != code:
            continue
        start, end = request.first[violation.message], request.first[violation.message + 1]
        index = start + (violation.block or 0)
        if violation.block is None and violation.message in request.wrong:
            yield Broken(violation, request.wrong[violation.message][2], None)
        elif index < end and request.row[index] >= 0:
            yield Broken(violation, request.row[index], request.block[index])
        elif start == end:
            yield Broken(violation, _between(situation, violation.message), None)
        else:
            yield Broken(violation, None, None)


def _between(situation: Situation, message: int) -> int | None:
    """The row of a message without parts: the one without blocks that stands between its neighbours."""
    request, scan, loaded = situation.request, situation.session.scan, situation.loaded
    first = request.first[message]
    rows, sent_rows = situation.thread.rows, request.row
    before = next((loaded[sent_rows[i]] for i in range(first - 1, -1, -1) if sent_rows[i] in loaded), -1)
    after = next((loaded[sent_rows[i]] for i in range(first, len(sent_rows)) if sent_rows[i] in loaded), len(rows))
    for row in (rows[place] for place in range(before + 1, after)):
        if scan.kind[row] in TALK and scan.first[row] == scan.first[row + 1]:
            return row
    return None


TALK = (1, 2)
"""Kinds of records that are messages: user and assistant."""


def verdict(situation: Situation, code: str, *, inside: bool = False) -> tuple[Severity, Outcome]:
    """What a violation of a code comes to on this target: refused, or healed by the client's second try."""
    request = situation.request
    if code in request.heals or (code in request.heals_in_prompts and not inside):
        return Severity.WARNING, Outcome.HEALED
    return Severity.ERROR, Outcome.REFUSED


def refusal(
    situation: Situation, name: str, what: Broken, message: str, fixes: tuple[Fix, ...] = ()
) -> Finding:
    """The finding of a violation."""
    violation = what.violation
    severity, outcome = verdict(situation, violation.code, inside=bool(violation.path))
    return Finding(
        violation.code, name, severity, message,
        None if what.row is None else situation.at(what.row), what.row, what.block,
        message_index=violation.message, block_index=violation.block, api_error=violation.text,
        fixes=fixes, outcome=outcome, cause="client" if what.row is None else "file",
    )


def remark(
    situation: Situation, code: str, name: str, severity: Severity, message: str, row: int, block: int | None = None,
    fixes: tuple[Fix, ...] = (),
) -> Finding:
    """A finding about a block that the API will not refuse."""
    part = situation.part(row, block or 0)
    message_index, block_index = (None, None) if part is None else situation.request.locate(part)
    return Finding(
        code, name, severity, message, situation.at(row), row, block,
        message_index=message_index, block_index=block_index, fixes=fixes,
    )


def recorded_error(situation: Situation, pattern: str) -> Recorded | None:
    """The last error that the transcript recorded, where its text matches and no reply came after it."""
    error = situation.once(recorded.last)
    return None if error is None or error.past or not re.search(pattern, error.text, re.IGNORECASE) else error


def named_place(error: Recorded) -> tuple[int, int] | None:
    """The message and the block of the request that an error names, None where it names none."""
    found = _PLACE.search(error.text)
    return None if found is None else (int(found[1]), int(found[2]))


def named_here(situation: Situation, error: Recorded) -> tuple[int, int] | None:
    """The same where it can be trusted: another version than the one that was refused numbers messages otherwise."""
    scan = situation.session.scan
    same = scan.strings.text(scan.version[error.row]) == str(situation.target.version)
    return named_place(error) if same else None


def sends(situation: Situation) -> bool:
    """Whether a request goes out at all: where loading fails, nothing is left out of one."""
    return len(situation.request) > 0


def sent(situation: Situation, row: int, block: int) -> bool:
    """Whether a block goes into the request as what it is, not as a placeholder for it."""
    part = situation.part(row, block)
    return part is not None and part not in situation.request.synthetic


def content(situation: Situation, row: int) -> tuple[tuple[str | int, ...], object]:
    """The pointer to the content of a record's message, and the content."""
    return situation.asks.content(row)


def located(
    situation: Situation, row: int, block: int, *, glanced: bool = False
) -> tuple[tuple[str | int, ...], object]:
    """The pointer to a content block of a record, and the block as stored, or at a glance; None where there is none."""
    base, found = situation.asks.glanced(row) if glanced else content(situation, row)
    if not isinstance(found, list):
        return base, None
    return (*base, block), found[block] if block < len(found) else None


def stored(situation: Situation, row: int, block: int) -> object:
    """A content block as stored, None where there is none."""
    return located(situation, row, block)[1]


def pointer(situation: Situation, row: int, block: int, *inside: str | int) -> tuple[str | int, ...]:
    """The pointer to a block of a record, or into it; to its content, where that is no list."""
    base, listed = situation.once(_listed, row)
    return (*base, block, *inside) if listed else base


def _listed(situation: Situation, row: int) -> tuple[tuple[str | int, ...], bool]:
    """The pointer to the content of a record's message, and whether it is a list."""
    base, found = situation.asks.glanced(row)
    return base, isinstance(found, list)


def set_block(situation: Situation, row: int, block: int, value: object, *inside: str | int) -> SetValue:
    """The edit that replaces a block, or one value in it."""
    return SetValue(situation.at(row), pointer(situation, row, block, *inside), value)


def set_content(situation: Situation, row: int, value: object) -> SetValue:
    """The edit that replaces the content of a record's message."""
    base, _found = content(situation, row)
    return SetValue(situation.at(row), base, value)


def conforming(situation: Situation, row: int | None) -> tuple[str, tuple[Fix, ...]]:
    """What is odd about the form of a record that can be written as its reader takes it, and the fix."""
    odd = "" if row is None else situation.asks.conforms(row)
    if row is None or not odd:
        return "", ()
    return odd, (safe("conform", "Write it in the form that its reader takes", Conform(situation.at(row))),)


def safe(
    id_: str, title: str, *edits: Edit, price: str = "keeps everything", brings: Iterable[int] = ()
) -> Fix:
    """A fix that drops and alters nothing that would be sent; the rows that it brings back."""
    return Fix(id_, title, Safety.SAFE, edits, price, tuple(brings))


def lossy(id_: str, title: str, price: str, *edits: Edit) -> Fix:
    """A fix that drops something; the price counts what."""
    return Fix(id_, title, Safety.LOSSY, edits, price)


def counted(count: int, noun: str) -> str:
    """`1 result`, `3 results`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def back(count: int) -> str:
    """The price of a fix that brings messages back."""
    return f"brings back {counted(count, 'message')}"
