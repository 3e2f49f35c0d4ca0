"""What is said about places to cut at: a line for each, and what the one that is pointed at keeps and drops."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

from unbrick import words
from unbrick.entry import Kind
from unbrick.session import Standing
from unbrick.situation import Situation
from unbrick.telling.diff import difference
from unbrick.truncate import Offer
from unbrick.weighing.beginnings import Beginning, beginnings
from unbrick.weighing.past import history
from unbrick.weighing.tally import loaded
from unbrick.weighing.touched import touched
from unbrick_tui.prose import Passage
from unbrick_tui.text import count, moment, one_line, thousands, tokens
from unbrick_tui.widgets.ladder import Piece

NAMED = 6
"""Files named of those that were written behind a cut."""


class Kept:
    """The rows of one segment of a conversation up to a row; asked for each row that is painted."""

    def __init__(self, segments: array[int], segment: int, last: int) -> None:
        self._segments, self._segment, self._last = segments, segment, last

    def __contains__(self, row: object) -> bool:
        return isinstance(row, int) and row <= self._last and self._segments[row] == self._segment


class Places:
    """The places of one session, gathered off the interface's thread: to cut behind, and to begin with."""

    def __init__(self, situation: Situation, offers: Sequence[Offer]) -> None:
        self.situation = situation
        useful = [offer for offer in offers if offer.point.drops]
        self.offers: Sequence[Offer] = useful or list(offers)
        self.beginnings = beginnings(situation)
        rows = history(situation.session, situation)
        self.rows = array("q", (row for row, _segment in rows))
        """All of the conversation, in order."""
        self._segment = array("q", [-1]) * len(situation.session)
        for row, segment in rows:
            self._segment[row] = segment

    @cached_property
    def _written(self) -> tuple[list[int], list[str]]:
        found = sorted(touched(self.situation, self.rows))
        return [row for row, _path in found], [path for _row, path in found]

    def prepare(self) -> Places:
        """Work out now what would be worked out when it is asked for."""
        assert self._written is not None
        return self

    def kept(self, row: int, segment: int) -> Kept:
        """What stays of the conversation behind a cut: the messages up to the row, since the compaction before it."""
        return Kept(self._segment, segment, row)

    def files(self, row: int) -> list[str]:
        """The files that were written behind a row, the last one first, told by where they part."""
        rows, paths = self._written
        return list(dict.fromkeys(reversed([self._brief(path) for path in paths[bisect_right(rows, row) :]])))

    def _brief(self, path: str) -> str:
        return path.removeprefix(self._folder) or path

    @cached_property
    def _folder(self) -> str:
        """The folder that all written files stand in, with what ends it; nothing where there is none."""
        first, last = min(self._written[1], default=""), max(self._written[1], default="")
        common = first[: difference(first, last)[0]] if first != last else ""
        return common[: max(common.rfind("/"), common.rfind("\\")) + 1]

    def words(self, row: int, length: int = 160) -> str:
        """How what a row says begins; the last of its lines that says something for a reply."""
        text = self.situation.text(row).strip()
        if self.situation.session.kind(row) is Kind.ASSISTANT:
            text = text.rsplit("\n", 1)[-1]
        return one_line(text, length)


def line(places: Places, offer: Offer) -> list[Piece]:
    """A safe point on one line; what it costs comes before what a narrow screen can do without."""
    point = offer.point
    fixes = [("good", f"  after {count(len(offer.first), 'fix', 'fixes')}")] if offer.first else []
    fits = [] if point.fits else [("warn", "  more than fits")]
    return [
        ("strong", places.situation.place(point.row)), ("plain", f"  {point.price}"), *fixes, *fits,
        *_left(point.tokens, point.time), ("plain", f"  {quoted(places.words(point.reply, 80))}"),
    ]


def start_line(places: Places, start: Beginning) -> list[Piece]:
    """A place to begin with on one line."""
    return [
        ("strong", places.situation.place(start.row)), ("plain", f"  {start.price}"),
        *_left(start.tokens, start.time), ("plain", f"  {quoted(places.words(start.row, 80))}"),
    ]


def _left(tokens: int, time: float | None) -> list[Piece]:
    """How much stays, and since when."""
    return [("dim", f"  {thousands(tokens)} left"), ("dim", "" if time is None else f"  {moment(time)}")]


def quoted(text: str) -> str:
    """A text in quotes, nothing for none."""
    return f"“{text}”" if text else ""


def about(places: Places, offer: Offer, resumed: bool) -> Iterator[Passage]:
    """What a cut keeps and drops."""
    point = offer.point
    yield "plain", f"keeps {count(point.keeps, 'message')}, {tokens(point.tokens)}; {quoted(places.words(point.reply))}"
    yield "warn" if point.drops else "good", point.price
    if offer.first:
        them = "it" if len(offer.first) == 1 else "them"
        yield "good", f"safe after {count(len(offer.first), 'fix', 'fixes')} above; choosing the point applies {them}:"
        yield from (("plain", f"  {one.fix.title}: {one.fix.price}") for one in offer.first)
    if point.segment:
        yield "warn", "goes back before a compaction: its summary goes, the history itself is loaded"
    if not resumed and places.situation.session.kind(point.row) is Kind.ASSISTANT:
        yield "warn", "ends with a reply: put the next prompt behind it before you send it"
    files = places.files(point.row)
    if files:
        names = ", ".join(files[:NAMED]) + (f" and {len(files) - NAMED:,} more" if len(files) > NAMED else "")
        yield "warn", f"{count(len(files), 'file')} written behind it: {names}; files on disk are not rolled back"
    else:
        yield "dim", "no file was written behind it; files on disk are not rolled back"
    yield from _prompts(places, point.prompts)


def about_start(places: Places, start: Beginning) -> Iterator[Passage]:
    """What beginning with a prompt keeps and drops."""
    yield "plain", f"keeps {count(start.keeps, 'message')}, {tokens(start.tokens)}"
    yield "plain", f"begins with {quoted(places.words(start.row))}"
    yield "warn", start.price
    summarised = places.situation.thread.standing.count(Standing.SUMMARISED)
    if summarised:
        yield "warn", f"what compactions stand for goes as well: {words.plural(summarised, 'record')}"
    yield from _prompts(places, start.prompts)


def _prompts(places: Places, rows: Sequence[int]) -> Iterator[Passage]:
    if not rows:
        yield "dim", "no prompt that is loaded goes"
        return
    now = places.situation.once(loaded)
    sent = sum(now[row] for row in rows)
    of_them = "" if sent == len(rows) else f", {sent or 'none'} of them loaded now"
    yield "head", f"{count(len(rows), 'prompt')} that would go{of_them} (y copies):"
    for row in rows[:200]:
        style, why = ("plain", "") if now[row] else ("dim", " (not loaded now)")
        yield style, f" {places.situation.place(row)}{why}: {places.words(row, 400)}"


def prompts(places: Places, rows: Sequence[int]) -> str:
    """The prompts that would go, in full."""
    return "\n\n".join(places.situation.text(row).strip() for row in rows)


