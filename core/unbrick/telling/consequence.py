"""What an edit does to the conversation, told from the reports before and after: what is loaded, what comes back, what
goes, what is mended and what is not. Every preview and every price of a cut or of an edit by hand is made of this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass

from unbrick import words
from unbrick.edit import Clear, Salvage, places
from unbrick.entry import BlockKind, Flag
from unbrick.finding import Finding, Fix, Safety, Severity
from unbrick.patch import View
from unbrick.report import Report
from unbrick.telling.matching import match, place_of, put_back
from unbrick.telling.sentences import place
from unbrick.thread import Outcome
from unbrick.weighing.tally import (
    CALL,
    NOUNS,
    RESULT,
    Tally,
    blocks,
    held,
    loaded,
    marks_only,
    tally,
    without_summaries,
)

_TEXT = NOUNS[BlockKind.TEXT]
_SAID = {NOUNS[kind] for kind in (BlockKind.THINKING, BlockKind.TOOL_USE, BlockKind.TOOL_RESULT, BlockKind.OTHER)}
"""What a fix writes as text where it cannot be sent as it is. An image gives way to a note, and that is a loss."""
_NOTHING = (Outcome.NOT_FOUND, Outcome.CRASH, Outcome.HANG)
"""So a client loads nothing, whatever the thread holds."""
_MEDIA = {NOUNS[BlockKind.IMAGE], NOUNS[BlockKind.DOCUMENT]}


@dataclass(frozen=True)
class Consequence:
    """`back` was not loaded before. `dropped` was loaded and is not in the file afterwards, `left` is in it and not
    loaded any more (`aside` where that is no loss), `erased` was not loaded and is not in the file either. `added` was
    written by the edit. Of messages that stay, `parts` counts what they have lost, by noun, `written` what they have
    got, and `told` what stands in them as text now; `cleared` results gave way to notes; `altered` messages say
    something else. `joined` messages are no records of their own any more: others that stay say all that they said.
    Of what fixes did that keep everything, `spelled` messages are written otherwise, and `unsent` counts images and
    documents that could not be sent. `notices` of the client went. `mended` findings are not there afterwards,
    `brought` ones were not there before, or were milder."""

    before: Report
    after: Report
    back: Tally
    dropped: Tally
    left: Tally
    aside: Tally
    added: Tally
    erased: Tally
    parts: Mapping[tuple[str, str], int]
    written: Mapping[tuple[str, str], int]
    told: Mapping[tuple[str, str], int]
    unsent: Mapping[tuple[str, str], int]
    cleared: int
    altered: int
    spelled: int
    joined: int
    notices: int
    mended: tuple[Finding, ...]
    brought: tuple[Finding, ...]

    @property
    def lost(self) -> list[words.Counted]:
        """What is dropped, messages and parts of messages together."""
        parts = dict(self.parts)
        whole = [(number + parts.pop((one, many), 0), one, many) for number, one, many in self.dropped.counts]
        return [*whole, *((number, *noun) for noun, number in parts.items())]

    @property
    def price(self) -> str:
        """What it costs, in the words of all prices."""
        if costs := self._costs():
            only = self.dropped.messages == self.dropped.thoughts and not self.erased.messages
            kept = self.back.messages > self.back.summaries and only
            return ", ".join([self._back(), *costs]) if kept else "; ".join(costs)
        if self.altered:
            return f"changes what {words.plural(self.altered, 'message')} say{'s' * (self.altered == 1)}"
        if self.back.messages:
            return self._back()
        return words.SENT if self.unsent else words.NOTICES if self.notices else words.KEEPS

    @property
    def gone(self) -> Tally:
        """What is not loaded any more."""
        return Tally(*map(sum, zip(*map(astuple, (self.dropped, self.left, self.aside)), strict=True)))

    def _costs(self) -> list[str]:
        return words.costs_apart(self.lost, self.left.messages, self.erased.messages, self.cleared)

    def _back(self) -> str:
        return self.back.brings.partition(":")[0]

    def lines(self) -> Iterator[tuple[str, str]]:
        """What changes in the conversation, a sentence each, with whether that is `good`, `warn`, `bad` or `plain`."""
        old, new = self.before.resume, self.after.resume
        loads = "loads" if self.after.target.resumed else "sends"
        if old.outcome in _NOTHING:
            yield "plain", f"{loads} {words.plural(new.messages, 'message')}, nothing before"
        elif old.messages == new.messages:
            yield "plain", f"{loads} {words.plural(new.messages, 'message')}, as before"
        else:
            yield "plain", f"{loads} {words.plural(new.messages, 'message')}, {old.messages:,} before"
        if self.back.messages:
            yield "good", self.back.brings
        fresh = [*self.added.counts, *((number, *noun) for noun, number in self.written.items())]
        if words.listed(fresh):
            yield "plain", f"adds {words.listed(fresh)}"
        if self.told:
            yield "plain", f"turns {words.listed([(number, *noun) for noun, number in self.told.items()])} into text"
        if self.joined:
            yield "plain", f"joins {words.plural(self.joined, 'message')} to others, word for word"
        if self.unsent:
            unsent = [(number, *noun) for noun, number in self.unsent.items()]
            yield "plain", f"takes out {words.listed(unsent)} that cannot be sent"
        if self.notices:
            yield "plain", f"takes out {words.plural(self.notices, 'error notice')} of the client"
        if self.spelled:
            yield "plain", f"writes {words.plural(self.spelled, 'message')} so that all of it can be sent"
        if self.aside.messages:
            them = "it stays" if self.aside.messages == 1 else "they stay"
            yield "plain", f"leaves {words.plural(self.aside.messages, 'message')} out: {them} in the file"
        costs = self._costs()
        yield from (("warn", cost) for cost in costs)
        if self.altered:
            yield "warn", f"changes what {words.plural(self.altered, 'message')} say{'s' * (self.altered == 1)}"
        elif not costs:
            yield "good", words.SENT if self.unsent else words.KEEPS
        if self.mended:
            yield "good", f"mends {_named(self.mended)}"
        left = sum(f.severity is not Severity.INFO for f in self.after.findings)
        yield from self._brought()
        if left and self.mended:
            yield "plain", f"leaves {words.plural(left, 'problem')} for later"

    def _brought(self) -> Iterator[tuple[str, str]]:
        for severity, style in ((Severity.ERROR, "bad"), (Severity.WARNING, "warn"), (Severity.INFO, "plain")):
            found = [one for one in self.brought if one.severity is severity]
            if found:
                noun = "note" if severity is Severity.INFO else "problem"
                yield style, f"shows {_named(found, noun)} that {'was' if len(found) == 1 else 'were'} not there"


def _named(findings: Sequence[Finding], noun: str = "problem") -> str:
    """`2 problems (T001 line 205, C003)`."""
    first = ", ".join(f"{one.code} {place(one).removesuffix(': ').partition(' (')[0]}".strip() for one in findings[:3])
    more = f" and {len(findings) - 3:,} more" if len(findings) > 3 else ""
    return f"{words.plural(len(findings), noun)} ({first}{more})"


def consequence(before: Report, after: Report, done: Iterable[Fix] = ()) -> Consequence:
    """What lies between two reports on one source under two patches, of which some fixes may be known that led from one
    to the other: what one of these does that keeps everything is no loss."""
    old, new, known = before.situation, after.situation, _Done(done, before.situation.session.scan.view)
    gone: list[int] = []
    left: list[int] = []
    back: list[int] = []
    added: list[int] = []
    erased: list[int] = []
    parts: Counter[tuple[str, str]] = Counter()
    written: Counter[tuple[str, str]] = Counter()
    told: Counter[tuple[str, str]] = Counter()
    unsent: Counter[tuple[str, str]] = Counter()
    altered: list[tuple[Counter[str], Counter[str], bool]] = []
    twins: set[int] = set()
    cleared = notices = 0
    for one, other in match(before, after):
        was, is_ = one >= 0 and _loaded(before, one), other >= 0 and _loaded(after, other)
        if was and not is_:
            if other >= 0 and old.session.messages[one]:
                left.append(one)
            elif other < 0 and old.session.has(one, Flag.API_ERROR) and place_of(before, one) in known.named:
                notices += 1
            elif other < 0 and (twin := _twin(before, one, after)) >= 0 and _loaded(after, twin):
                twins.add(twin)
            elif other < 0 and twin >= 0 and known.all_safe:
                left.append(one)
            elif other < 0 and not (_nothing(before, one, after) or (
                place_of(before, one) in known.named and _silent(before, one)
            )):
                gone.append(one)
        elif other < 0 and old.once(held)[one] and new.session.row(old.session.uuid(one)) is None:
            erased.append(one)
        elif is_ and not was:
            there = one >= 0 or new.session.scan.view.raw(other).strip() in known.pieces
            (back if there else added).append(other)
        elif was and is_ and old.asks.content(one)[1] != new.asks.content(other)[1]:
            had, has = blocks(old.session.scan, one), blocks(new.session.scan, other)
            if set(has - had) == {_TEXT} and set(had - has) <= _SAID and (has - had).total() == (had - has).total():
                told += had - has
                continue
            again = {RESULT: _repeated(before, one, after, other), CALL: _made(before, one, after, other)}
            lost, at = had - has - Counter(again), place_of(before, one)
            if at in known.safe:
                unsent += Counter({noun: number for noun, number in lost.items() if noun in _MEDIA})
                lost -= unsent
            parts += lost
            written += has - had
            # Another id of a call is no other word, nor is another order, nor what is written where nothing was said.
            said, says = _lines(before, one), _lines(after, other)
            if had == has and said and said != says:
                cleared += known.noted.get(at, 0)
                if at not in known.noted:
                    altered.append((says - said, said - says, at in known.safe))
    back = [row for row in back if row not in twins]
    moved = parts & written
    joined = _joined(before, gone, [new for new, rest, _safe in altered if not rest])
    gone = [row for row in gone if row not in joined]
    mended, brought = _findings(before, after)
    returned, dropped, forgot, aside = (
        tally(new.session.scan, back), tally(old.session.scan, gone), tally(old.session.scan, erased),
        tally(old.session.scan, left),
    )
    says_else = Counter(safe for new, rest, safe in altered if new or rest)
    return Consequence(
        before, after, returned, without_summaries(dropped, returned.messages > returned.summaries, forgot.messages),
        *((Tally(), aside) if known.all_safe else (aside, Tally())), tally(new.session.scan, added), forgot,
        dict(parts - moved), dict(written - moved), dict(told), dict(unsent), cleared,
        says_else[False], says_else[True], len(joined), notices, mended, brought,
    )


class _Done:
    """What is known of the fixes that led from one report to another: where those that keep everything edit (`safe`)
    and where any does (`named`), the whole records that they put back, and how many results give way to notes where."""

    def __init__(self, fixes: Iterable[Fix], view: View) -> None:
        whole = list(fixes)
        edits = [(edit, fix.safety is Safety.SAFE) for fix in whole for edit in fix.edits]
        self.all_safe = bool(whole) and all(safe for _edit, safe in edits)
        self.named = {at for edit, _safe in edits for at in places(edit)}
        self.safe = {at for edit, safe in edits if safe for at in places(edit)}
        self.pieces = {
            piece.strip() for edit, _safe in edits if isinstance(edit, Salvage) for piece in put_back(edit, view)
        }
        self.noted = {edit.at: len(edit.notes) for edit, _safe in edits if isinstance(edit, Clear)}


def _loaded(report: Report, row: int) -> bool:
    """Whether a row is a message that is loaded."""
    return bool(report.situation.once(loaded)[row])


def _lines(report: Report, row: int) -> Counter[str]:
    """What a row says, line by line, empty ones left out."""
    return Counter(line for line in report.situation.text(row).split("\n") if line.strip())


def _joined(before: Report, gone: Sequence[int], fresh: Sequence[Counter[str]]) -> set[int]:
    """The rows of plain text that went and all of whose lines are among the fresh ones of a message that has kept its
    own; these lines are taken out there."""
    scan, found = before.situation.session.scan, set()
    for row in gone if fresh else ():
        said = _lines(before, row) if all(scan.block_kind[one] == BlockKind.TEXT for one in scan.blocks(row)) else None
        there = next((new for new in fresh if said and said <= new), None)
        if said and there is not None:
            there -= said
            found.add(row)
    return found


def _twin(before: Report, row: int, after: Report) -> int:
    """The row that is there afterwards under the same id and says the same; -1 for none."""
    twin = after.situation.session.row(before.situation.session.uuid(row))
    same = twin is not None and before.situation.asks.content(row)[1] == after.situation.asks.content(twin)[1]
    return twin if twin is not None and same else -1


def _nothing(before: Report, row: int, after: Report) -> bool:
    """Whether nothing is lost with a row: it holds marks of the API, or calls and results that are loaded elsewhere."""
    scan = before.situation.session.scan
    again = _repeated(before, row, after) + _made(before, row, after)
    return marks_only(scan, row) or 0 < again == len(scan.blocks(row))


def _silent(report: Report, row: int) -> bool:
    """Whether a row says nothing."""
    return not blocks(report.situation.session.scan, row) and not report.situation.text(row).strip()


def _made(before: Report, one: int, after: Report, other: int = -1) -> int:
    """How many calls of a row are not in it afterwards and are loaded all the same, under the same id."""
    calls, stay = after.situation.session.calls, set(_uses(after, other)) if other >= 0 else set()
    return sum(
        any(_loaded(after, row) and _uses(after, row).get(ref) == what for row, _block in call.uses)
        for ref, what in _uses(before, one).items() if ref not in stay and (call := calls.get(ref))
    )


def _uses(report: Report, row: int) -> Mapping[str, object]:
    """The calls of a row: what each asks for, by id."""
    found = report.situation.asks.content(row)[1]
    return {
        ref: (found[number].get("name"), found[number].get("input"))
        for number, kind, _flags, ref in report.situation.blocks(row)
        if kind is BlockKind.TOOL_USE and ref and isinstance(found, list) and isinstance(found[number], dict)
    }


def _repeated(before: Report, one: int, after: Report, other: int = -1) -> int:
    """How many results of a row are not in it afterwards and are loaded all the same, under the same call; with one of
    several calls of that id its result goes, too."""
    were, calls = before.situation.session.calls, after.situation.session.calls
    gone = _answered(before, one) - (_answered(after, other) if other >= 0 else Counter())
    found = ((were.get(ref), calls.get(ref), number) for ref, number in gone.items())
    return sum(
        number for had, call, number in found
        if had and call and len(had.uses) == len(call.uses) and any(_loaded(after, row) for row, _block in call.results)
    )


def _answered(report: Report, row: int) -> Counter[str]:
    """The ids of the calls whose results a row holds."""
    scan = report.situation.session.scan
    results = (block for block in scan.blocks(row) if scan.block_kind[block] == BlockKind.TOOL_RESULT)
    return Counter(scan.strings.text(scan.block_ref[block]) or "" for block in results)


def _findings(before: Report, after: Report) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Those above info that are not there afterwards, and those that were not there before or were milder."""

    def key(finding: Finding) -> tuple[str, object]:
        # What an edit writes into a line moves what stands behind it in that line.
        return finding.code, finding.uuid or (finding.at and finding.at.line)

    def worst(report: Report) -> dict[tuple[str, object], Severity]:
        found: dict[tuple[str, object], Severity] = {}
        for finding in report.findings:
            found[key(finding)] = max(finding.severity, found.get(key(finding), Severity.INFO))
        return found

    were, are = worst(before), worst(after)
    mended = (f for f in before.findings if f.severity is not Severity.INFO and key(f) not in are)
    brought = (f for f in after.findings if key(f) not in were or f.severity > were[key(f)])
    return tuple(mended), tuple(brought)
