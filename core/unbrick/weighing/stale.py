"""Thinking that an edit before it makes invalid, on models that bind it to what stood before it (rule R16)."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from unbrick import models, words
from unbrick.edit import (
    Answer,
    Clear,
    DropBlock,
    DropRecord,
    Edit,
    Insert,
    Redact,
    Remake,
    SetRef,
    SetValue,
    Uncompact,
    places,
)
from unbrick.entry import BlockKind
from unbrick.finding import Finding, Fix, Safety
from unbrick.record import At
from unbrick.scanning import ones
from unbrick.situation import Situation

_ALTERS = (Answer, Insert, Clear, DropBlock, DropRecord, SetValue, Remake, Uncompact)
_STAYS = (Answer, Insert, Clear, DropBlock, SetValue, Remake, SetRef)
"""Edits of what records say, not of which are loaded; one in which nothing is left goes."""
_THINKING = (BlockKind.THINKING, BlockKind.REDACTED)
_PLAIN = f"{words.KEEPS}; "


class _Sent:
    """Where the records and the thinking of a request stand in it."""

    def __init__(self, situation: Situation) -> None:
        request = situation.request
        thinking = ones.places(ones.of_kinds(request.kind, *_THINKING))
        self.thinking = [index for index in thinking if request.row[index] >= 0]
        if not self.thinking:
            return
        self._session, self._places = situation.session, situation.loaded
        nowhere, places = len(request.row), self._places.column
        self._first = array("i", (nowhere,)) * len(self._places)
        """For each place of the thread the first part of the request that it goes in as, or the number of all."""
        # That is the one that comes last of those that are put in backwards.
        for index in range(nowhere - 1, -1, -1):
            if (row := request.row[index]) >= 0 and (place := places[row]) >= 0:
                self._first[place] = index
        sent = (row for row, first in zip(situation.thread.rows, self._first, strict=True) if first < nowhere)
        self._rows = array("i", sorted(sent))
        self._from = array("i", accumulate(reversed(self._first), min, initial=nowhere))[::-1]
        """For each place of the thread the first part of the request that stands there or behind it."""

    def behind(self, edits: Iterable[Edit]) -> int:
        """The first of the thinking that edits make invalid, as a place in `thinking`."""
        altered = self._altered(edits) if self.thinking else ()
        return min((bisect_left(self.thinking, self._behind(*at)) for at in altered), default=len(self.thinking))

    def _behind(self, at: At, only: bool) -> int:
        """The first part of the request at a record or behind it, or `only` behind it; the next number for none."""
        row = self._session.scan.view.row(at)
        if row is not None and row in self._places:
            return self._from[self._places[row] + only]
        # A record that an edit took out is not there any more: what stands behind it in the file counts.
        place = (bisect_right if only else bisect_left)(self._rows, at, key=self._session.at)
        return self._first[self._places[self._rows[place]]] if place < len(self._rows) else self._from[-1]

    def _altered(self, edits: Iterable[Edit]) -> Iterator[tuple[At, bool]]:
        """Where edits put something else before the model than it saw when it went on from there, and whether only
        behind that record.

        Edits that bring back what was sent at the time, such as a relinked record, do not count.
        """
        session = self._session
        for edit in edits:
            if isinstance(edit, Insert):
                yield edit.behind, True
            elif isinstance(edit, _ALTERS):
                yield edit.at, isinstance(edit, Answer)
            elif isinstance(edit, Redact):
                yield from ((at, False) for at in edit.ats)
            elif isinstance(edit, SetRef):
                calls = (session.calls.get(ref) for ref in (edit.old, edit.new))  # Before it is done, and after.
                yield from ((session.at(row), False) for call in calls if call for row, _block in call.uses)


def stale_thinking(situation: Situation, edits: Sequence[Edit]) -> Fix | None:
    """What takes the thinking out that edits made invalid; they are done in this situation."""
    if not models.binds_thinking(situation.target.model):
        return None
    request, sent = situation.request, situation.once(_Sent)
    drops = tuple(
        DropBlock(situation.at(request.row[index]), request.block[index])
        for index in sent.thinking[sent.behind(edits) :]
    )
    if not drops:
        return None
    count = _counted(len(drops))
    return Fix(
        "thinking-along", f"Take {count} behind the edit along: {situation.target.model} binds thinking to what stood "
        "before it", Safety.LOSSY, tuple(reversed(drops)), f"drops {count}",
    )


def foreseen(situation: Situation, edits: Sequence[Edit]) -> Fix | None:
    """What takes the thinking out that edits will make invalid which are not done yet, to be done together with them;
    None where only what is loaded afterwards tells, or where they change a record of such thinking themselves."""
    if not all(isinstance(edit, _STAYS) for edit in edits):
        return None
    along = stale_thinking(situation, edits)
    own = {at for edit in edits for at in places(edit)}
    return None if along is None or any(at in own for drop in along.edits for at in places(drop)) else along


def bound(situation: Situation, edits: Iterable[Edit]) -> int:
    """How many thinking blocks edits will take along that are not done yet; what they do themselves is their own."""
    if not models.binds_thinking(situation.target.model):
        return 0
    sent, whole = situation.once(_Sent), tuple(edits)
    own = {at for edit in whole for at in places(edit)}
    return sum(situation.at(situation.request.row[index]) not in own for index in sent.thinking[sent.behind(whole) :])


def priced(situation: Situation, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings whose fixes say in their price what thinking goes along."""
    binds = models.binds_thinking(situation.target.model)
    for finding in findings:
        fixes = tuple(with_thinking(situation, fix) for fix in finding.fixes) if binds else finding.fixes
        yield replace(finding, fixes=fixes) if fixes != finding.fixes else finding


def with_thinking(situation: Situation, fix: Fix) -> Fix:
    """A fix that says in its price what thinking goes along. It is not safe then; what has to be asked for anyway, to
    bring history back or by a person's own decision, stays what it is."""
    number = bound(situation, fix.edits)
    if not number:
        return fix
    said = "" if fix.price == words.KEEPS else fix.price.removeprefix(_PLAIN)
    drops = said.rpartition("; ")[2].startswith("drops ")
    safety = Safety.LOSSY if fix.safety is Safety.SAFE else fix.safety
    price = f"{said}, {_counted(number)}" if drops else "; ".join(filter(None, (said, f"drops {_counted(number)}")))
    return replace(fix, safety=safety, price=price)


def _counted(number: int) -> str:
    return words.plural(number, "thinking block")
