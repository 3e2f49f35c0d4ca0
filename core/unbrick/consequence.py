"""What an edit does to the conversation, told from the reports before and after: what is loaded, what comes back, what
goes, what is mended and what is not. Every preview and every price of a cut or of an edit by hand is made of this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from unbrick import words
from unbrick.entry import BlockKind, Kind
from unbrick.finding import Finding, Severity
from unbrick.patch import View
from unbrick.record import END, FRAME, At
from unbrick.report import Report
from unbrick.sentences import place
from unbrick.session import Standing
from unbrick.tally import NOUNS, RESULT, Tally, blocks, tally
from unbrick.thread import Outcome

_TALK = (Kind.USER, Kind.ASSISTANT)
_TEXT = NOUNS[BlockKind.TEXT]
_SAID = {NOUNS[kind] for kind in (BlockKind.THINKING, BlockKind.TOOL_USE, BlockKind.TOOL_RESULT, BlockKind.OTHER)}
"""What a fix writes as text where it cannot be sent as it is. An image gives way to a note, and that is a loss."""
_NOTHING = (Outcome.NOT_FOUND, Outcome.CRASH, Outcome.HANG)
"""So a client loads nothing, whatever the thread holds."""
_MARK = "fallback"
"""The block of the API that says which model took over: no words of anybody."""


@dataclass(frozen=True)
class Consequence:
    """`back` was not loaded before, `gone` is not loaded afterwards, `added` was written by the edit, `erased` was not
    loaded and is not even in the file afterwards. Of messages that stay, `parts` counts what they have lost, by noun,
    `written` what they have got, and `told` what stands in them as text now; `altered` of them say something else.
    `joined` messages are no records of their own any more: others that stay say all that they said. `mended`
    findings are not there afterwards, `brought` ones were not there before, or were milder."""

    before: Report
    after: Report
    back: Tally
    gone: Tally
    added: Tally
    erased: Tally
    parts: Mapping[tuple[str, str], int]
    written: Mapping[tuple[str, str], int]
    told: Mapping[tuple[str, str], int]
    altered: int
    joined: int
    mended: tuple[Finding, ...]
    brought: tuple[Finding, ...]

    @property
    def lost(self) -> list[words.Counted]:
        """What is not loaded any more, messages and parts of messages together."""
        parts = dict(self.parts)
        whole = [(number + parts.pop((one, many), 0), one, many) for number, one, many in self.gone.counts]
        return [*whole, *((number, *noun) for noun, number in parts.items())]

    @property
    def price(self) -> str:
        """What it costs, in the words of all prices."""
        if words.listed(self.lost) or self.erased.messages:
            said = [words.drops(*self.lost)] if words.listed(self.lost) else []
            return "; ".join([*said, *self._erased()])
        if self.altered:
            return f"changes what {words.plural(self.altered, 'message')} say{'s' * (self.altered == 1)}"
        return self.back.brings.partition(":")[0] if self.back.messages else words.KEEPS

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
        if words.listed(self.lost):
            yield "warn", words.drops(*self.lost)
        elif not self.altered and not self.erased.messages:
            yield "good", words.KEEPS
        yield from (("warn", sentence) for sentence in self._erased())
        if self.altered:
            yield "warn", f"changes what {words.plural(self.altered, 'message')} say{'s' * (self.altered == 1)}"
        if self.mended:
            yield "good", f"mends {_named(self.mended)}"
        left = sum(f.severity is not Severity.INFO for f in self.after.findings)
        yield from self._brought()
        if left and self.mended:
            yield "plain", f"leaves {words.plural(left, 'problem')} for later"

    def _erased(self) -> Iterator[str]:
        if self.erased.messages:
            number = self.erased.messages
            yield f"erases {words.plural(number, 'message')} that {'is' if number == 1 else 'are'} not loaded now"

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


def consequence(before: Report, after: Report) -> Consequence:
    """What lies between two reports on one source under two patches."""
    match = _match(before, after)
    old, new = before.situation, after.situation
    gone: list[int] = []
    back: list[int] = []
    added: list[int] = []
    erased: list[int] = []
    parts: Counter[tuple[str, str]] = Counter()
    written: Counter[tuple[str, str]] = Counter()
    told: Counter[tuple[str, str]] = Counter()
    altered: list[tuple[Counter[str], Counter[str]]] = []
    for one, other in match:
        was, is_ = one >= 0 and _loaded(before, one), other >= 0 and _loaded(after, other)
        if was and not is_:
            if not _nothing(before, one, after):
                gone.append(one)
        elif other < 0 and _held(before, one) and new.session.row(old.session.uuid(one)) is None:
            erased.append(one)
        elif is_ and not was:
            (back if one >= 0 else added).append(other)
        elif was and is_ and old.asks.content(one)[1] != new.asks.content(other)[1]:
            had, has = blocks(old.session.scan, one), blocks(new.session.scan, other)
            if set(has - had) == {_TEXT} and set(had - has) <= _SAID and (has - had).total() == (had - has).total():
                told += had - has
                continue
            parts += had - has - Counter({RESULT: _repeated(before, one, after, other)})
            written += has - had
            # Another id of a call is no other word, nor is another order, nor what is written where nothing was said.
            said, says = _lines(before, one), _lines(after, other)
            if had == has and said and said != says:
                altered.append((says - said, said - says))
    moved = parts & written
    joined = _joined(before, gone, [new for new, left in altered if not left])
    gone = [row for row in gone if row not in joined]
    mended, brought = _findings(before, after)
    return Consequence(
        before, after, tally(new.session.scan, back), tally(old.session.scan, gone), tally(new.session.scan, added),
        tally(old.session.scan, erased),
        dict(parts - moved), dict(written - moved), dict(told),
        sum(bool(new or left) for new, left in altered), len(joined), mended, brought,
    )


def _loaded(report: Report, row: int) -> bool:
    """Whether a row is a message that is loaded; a notice of an error is one where it is sent."""
    situation = report.situation
    if situation.thread.standing[row] != Standing.LOADED or situation.session.scan.kind[row] not in _TALK:
        return False
    return bool(situation.session.messages[row]) or row in situation.request.row


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


def _nothing(before: Report, row: int, after: Report) -> bool:
    """Whether nothing is lost with a row: it holds marks of the API, or results that are loaded elsewhere."""
    scan = before.situation.session.scan
    held = scan.blocks(row)
    marks = all(scan.strings.text(scan.block_name[block]) == _MARK for block in held)
    return bool(held) and (marks or _repeated(before, row, after) == len(held))


def _repeated(before: Report, one: int, after: Report, other: int = -1) -> int:
    """How many results of a row are not in it afterwards and are loaded all the same, under the same call."""
    calls = after.situation.session.calls
    gone = _answered(before, one) - (_answered(after, other) if other >= 0 else Counter())
    found = ((calls.get(ref), number) for ref, number in gone.items())
    return sum(number for call, number in found if call and any(_loaded(after, row) for row, _block in call.results))


def _answered(report: Report, row: int) -> Counter[str]:
    """The ids of the calls whose results a row holds."""
    scan = report.situation.session.scan
    results = (block for block in scan.blocks(row) if scan.block_kind[block] == BlockKind.TOOL_RESULT)
    return Counter(scan.strings.text(scan.block_ref[block]) or "" for block in results)


def _held(report: Report, row: int) -> bool:
    """Whether a row is a message of the conversation that is in the file and not loaded."""
    situation = report.situation
    held = (Standing.LOST, Standing.UNDECIDED, Standing.SUMMARISED)
    return situation.thread.standing[row] in held and bool(situation.session.messages[row])


def _match(before: Report, after: Report) -> Iterator[tuple[int, int]]:
    """Pairs of rows that are one record and may have changed in what becomes of it; -1 for none."""
    old, new = before.situation.session.scan.view, after.situation.session.scan.view
    standing = before.situation.thread.standing, after.situation.thread.standing
    touched = sorted(
        line for line in {*old.patch, *new.patch}
        if line not in (END, FRAME) and old.patch.get(line) != new.patch.get(line)
    )
    here: list[int] = []
    there: list[int] = []
    line = 1
    for stop in (*touched, len(old.source) + 1):
        start, other = old.start(line), new.start(line)
        size = old.start(stop) - start
        if standing[0][start : start + size] != standing[1][other : other + size]:
            for place in range(size):
                if standing[0][start + place] != standing[1][other + place]:
                    yield start + place, other + place
        if stop <= len(old.source):
            here += range(old.start(stop), old.start(stop + 1))
            there += range(new.start(stop), new.start(stop + 1))
        line = stop + 1
    here += range(old.start(line), len(old))
    there += range(new.start(line), len(new))
    yield from _paired(before, after, here, there)


def _paired(before: Report, after: Report, here: list[int], there: list[int]) -> Iterator[tuple[int, int]]:
    """Rows of touched lines: the same record by its id, by its bytes, or by its place."""
    left = dict.fromkeys(there)
    places = {_place(after, row): row for row in there}
    known: dict[object, list[int]] = {}
    for row in there:
        known.setdefault(_key(after, row), []).append(row)
    unknown: list[int] = []
    for row in here:
        same = known.get(_key(before, row))
        if same:
            found = same.pop(0)
            left.pop(found, None)
            yield row, found
        else:
            unknown.append(row)
    damaged: set[int] = set()
    for row in unknown:
        found = places.get(_place(before, row), -1)
        if found in left:
            del left[found]
            yield row, found
        else:
            yield row, -1
        if before.situation.session.kind(row) is Kind.FAULT:
            damaged.add(_place(before, row).line)
    for row in left:
        # What was whole inside a damaged line was there before, and was not loaded.
        salvaged = _place(after, row).line in damaged
        yield (next(r for r in unknown if _place(before, r).line == _place(after, row).line) if salvaged else -1), row


def _place(report: Report, row: int) -> At:
    return report.situation.session.at(row)


def _key(report: Report, row: int) -> object:
    session = report.situation.session
    view: View = session.scan.view
    return session.uuid(row) or view.raw(row).rstrip(b"\r\n")


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
