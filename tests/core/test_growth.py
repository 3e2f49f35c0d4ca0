"""The work of a check and of a repair grows with what is wrong, not with its square."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from types import FrameType
from typing import Any, NamedTuple

import orjson
import pytest
from tests.core.test_hostile import FORMAT, NEW, answer, assistant, bundle_of, call, judged, lines, on, user

from unbrick.finding import Safety
from unbrick.repair import repair
from unbrick.scanning.scan import finish

FEW, MANY = 40, 160
MOST = 6
"""Of four times as many, a square would be sixteen times the work. A repair may take a round more."""


class Work(NamedTuple):
    """Lines of Python that were run, each turn of a loop once more, and bytes of JSON that were read: the same on any
    machine, at any load."""

    lines: int
    bytes: int


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Work]]:
    """Counts what runs in the block."""
    before, run, read = sys.gettrace(), count(), [0]
    loads = orjson.loads

    def line(_frame: FrameType, event: str, _argument: object) -> Callable[..., object]:
        if event == "line":
            next(run)
        return line

    def reading(raw: bytes) -> object:
        read[0] += len(raw)
        return loads(raw)

    with monkeypatch.context() as patched:
        patched.setattr(orjson, "loads", reading)
        sys.settrace(line)
        try:
            yield lambda: Work(next(run), read[0])
        finally:
            sys.settrace(before)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Work]:
    def done(records: Iterable[dict[str, Any]], mend: bool = False) -> Work:
        data = lines([*records])
        with counted(monkeypatch) as found:
            if mend:
                finish(repair(FORMAT, bundle_of(data), on(NEW), allow=frozenset(Safety) - {Safety.MANUAL}))
            else:
                judged(data)
        lines_run, read = found()
        return Work(lines_run, max(read, len(data)))

    return done


def grows(work: Callable[..., Work], make: Callable[[int], list[dict[str, Any]]], mend: bool = False) -> Work:
    """How many times the work is that four times as much takes."""
    work(make(2), mend)  # What is imported late is imported now.
    few, many = work(make(FEW), mend), work(make(MANY), mend)
    return Work(*(round(more / less) for less, more in zip(few, many, strict=True)))


TEXT = {"type": "text", "text": "Done."}
EMPTY = {"type": "text", "text": ""}
THOUGHT = {"type": "thinking", "thinking": "x", "signature": "s"}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGVsbG8="}}
BARE_IMAGE = {"type": "image"}
NAMELESS = {"type": "tool_use", "id": "toolu_same", "name": "a b", "input": {}}
UNKNOWN = {"type": "wat"}
MARKED = {**TEXT, "cache_control": {"type": "ephemeral"}}
BLOCKS: list[Any] = [
    pytest.param(lambda _n: 1, id="numbers"), pytest.param(lambda _n: EMPTY, id="empty texts"),
    pytest.param(lambda _n: {**TEXT, "more": 1}, id="unknown members"), pytest.param(lambda _n: THOUGHT, id="thinking"),
    pytest.param(lambda _n: {**THOUGHT, "signature": ""}, id="unsigned thinking"),
    pytest.param(lambda _n: IMAGE, id="damaged images"), pytest.param(lambda _n: BARE_IMAGE, id="images without data"),
    pytest.param(lambda _n: NAMELESS, id="calls with a bad name and one id"), pytest.param(call, id="calls"),
    pytest.param(lambda n: {**call(n), "input": "x"}, id="calls with text for input"),
    pytest.param(lambda n: {**call(n), "id": f"toolu {n}"}, id="calls with bad ids"),
    pytest.param(answer, id="stray results"),
    pytest.param(lambda n: {**answer(n), "content": [BARE_IMAGE]}, id="stray results that hold what is no image"),
    pytest.param(lambda _n: MARKED, id="marks for the cache"), pytest.param(lambda _n: UNKNOWN, id="unknown blocks"),
]
MENDED = {
    "numbers", "empty texts", "unknown members", "thinking", "damaged images", "calls with bad ids", "stray results",
    "stray results that hold what is no image",
}


def in_a_prompt(block: Callable[[int], Any], count: int) -> list[dict[str, Any]]:
    odd = [block(number) for number in range(count)]
    return [user(0, None), assistant(1, 0, [TEXT]), user(2, 1, [TEXT, *odd]), assistant(3, 2, [TEXT])]


def in_a_reply(block: Callable[[int], Any], count: int) -> list[dict[str, Any]]:
    odd = [block(number) for number in range(count)]
    return [user(0, None), assistant(1, 0, [TEXT, *odd, TEXT]), user(2, 1)]


def in_a_result(block: Callable[[int], Any], count: int) -> list[dict[str, Any]]:
    odd = {**answer(-1), "content": [block(number) for number in range(count)]}
    return [user(0, None), assistant(1, 0, [call(-1)]), user(2, 1, [odd]), assistant(3, 2, [TEXT])]


@pytest.mark.parametrize("where", [in_a_prompt, in_a_reply, in_a_result])
@pytest.mark.parametrize("block", BLOCKS)
def test_many_odd_blocks_of_one_record(
    block: Callable[[int], Any], where: Callable[..., list[dict[str, Any]]], work: Callable[..., Work]
) -> None:
    assert max(grows(work, partial(where, block))) <= MOST


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.id in MENDED])
def test_many_odd_blocks_of_one_record_are_mended(block: Callable[[int], Any], work: Callable[..., Work]) -> None:
    assert max(grows(work, partial(in_a_prompt, block), mend=True)) <= MOST


def chain(count: int) -> list[dict[str, Any]]:
    turns = [(user(2 * n, 2 * n - 1 if n else None), assistant(2 * n + 1, 2 * n, [TEXT])) for n in range(count)]
    return [record for turn in turns for record in turn]


def shuffled(count: int) -> list[dict[str, Any]]:
    records = chain(count)
    random.Random(1).shuffle(records)
    return records


def one_id(count: int) -> list[dict[str, Any]]:
    return [assistant(n, n - 1 if n else None, [call(0)]) for n in range(count)]


def late_results(count: int) -> list[dict[str, Any]]:
    calls, results = ([make(n) for n in range(count)] for make in (call, answer))
    return [user(0, None), assistant(1, 0, calls), user(2, 1), assistant(3, 2, [TEXT]), user(4, 3, results)]


def results_behind_text(count: int) -> list[dict[str, Any]]:
    calls = [call(n) for n in range(count)]
    return [
        user(0, None), assistant(1, 0, calls), user(2, 1), *(user(n + 3, n + 2, [answer(n)]) for n in range(count)),
    ]


def lost_results(count: int) -> list[dict[str, Any]]:
    calls = [call(n) for n in range(count)]
    return [user(0, None), assistant(1, 0, calls), *(user(n + 2, 10_000 + n, [answer(n)]) for n in range(count))]


def missing_parents(count: int) -> list[dict[str, Any]]:
    return [
        {**record, "parentUuid": f"gone{place}"} if place % 2 else record for place, record in enumerate(chain(count))
    ]


@pytest.mark.parametrize("make", [
    pytest.param(lambda count: chain(count)[::-1], id="in reverse"), pytest.param(shuffled, id="shuffled"),
    pytest.param(one_id, id="one id for all calls"), pytest.param(late_results, id="late results in one record"),
    pytest.param(results_behind_text, id="results behind a prompt"), pytest.param(lost_results, id="lost results"),
    pytest.param(missing_parents, id="missing parents"),
    pytest.param(lambda count: [*chain(count), *chain(count)], id="all records twice"),
])
def test_many_odd_records(make: Callable[[int], list[dict[str, Any]]], work: Callable[..., Work]) -> None:
    assert max(grows(work, make)) <= MOST
