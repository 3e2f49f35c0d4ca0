"""The work of a repair grows with what is wrong in one record, in every format."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from tests.core.rules.test_nameless import amplifier, body, session
from tests.core.test_growth import EMPTY, FEW, IMAGE, MANY, MOST, Work, counted
from tests.core.test_hostile import answer, call
from tests.core.test_repair_rounds import mended

from unbrick.report import Verdict
from unbrick.request import PARTS

LINKED = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
SHAPES: list[Any] = [
    pytest.param(lambda n: ([call(k) for k in range(n)], []), id="calls without a result"),
    pytest.param(
        lambda n: ([{**call(k), "id": f"toolu {k}"} for k in range(n)], []), id="calls with a bad id and no result",
    ),
    pytest.param(
        lambda n: ([{**call(k), "id": f"toolu {k}"} for k in range(n)], [
            {**answer(k), "tool_use_id": f"toolu {k}"} for k in range(n)
        ]), id="calls with a bad id",
    ),
    pytest.param(
        lambda n: ([{**call(k), "id": "toolu_same", "input": {"n": k}} for k in range(n)], []),
        id="calls with one id and no result",
    ),
    pytest.param(
        lambda n: ([{**call(k), "id": "toolu_same", "input": {"n": k}} for k in range(n)], [
            {**answer(k), "tool_use_id": "toolu_same"} for k in range(n)
        ]), id="calls with one id",
    ),
    pytest.param(lambda n: ([{**call(k), "input": "x"} for k in range(n)], []), id="calls without input or result"),
    pytest.param(lambda n: ([{**call(k), "name": ""} for k in range(n)], []), id="calls without a name or a result"),
    pytest.param(
        lambda n: ([{**call(k), "name": ""} for k in range(n)], [answer(k) for k in range(n)]),
        id="calls without a name",
    ),
    pytest.param(
        lambda n: ([{key: value for key, value in call(k).items() if key != "id"} for k in range(n)], []),
        id="calls without an id",
    ),
    pytest.param(lambda n: ([answer(k) for k in range(n)], []), id="results of calls that are nowhere"),
    pytest.param(lambda n: ([{"type": "text", "text": " "}] * n, []), id="blank texts"),
    pytest.param(lambda n: ([{"type": "wat"}] * n, []), id="unknown blocks"),
    pytest.param(lambda n: ([IMAGE] * n, []), id="damaged images"),
]
FORMS = [
    pytest.param(session, "s.jsonl", id="a session of Claude Code"), pytest.param(body, "body.json", id="a body"),
    pytest.param(amplifier, "transcript.jsonl", id="a session of Amplifier"),
]
Shape = Callable[[int], tuple[list[Any], list[Any]]]
Grows = Callable[[Callable[..., bytes], str, Shape], Work]


@pytest.fixture
def grows(monkeypatch: pytest.MonkeyPatch) -> Grows:
    """How many times the work is that mending four times as much takes."""
    return partial(_grows, monkeypatch)


def _grows(monkeypatch: pytest.MonkeyPatch, make: Callable[..., bytes], name: str, shape: Shape) -> Work:
    def work(count: int) -> Work:
        data = make(*shape(count))
        with counted(monkeypatch) as found:
            done, _records = mended(data, name)
        assert done.after.verdict is Verdict.HEALTHY
        lines, read = found()
        return Work(lines, max(read, len(data)))

    work(2)  # What is imported late is imported now.
    few, many = work(FEW), work(MANY)
    return Work(*(round(more / less) for less, more in zip(few, many, strict=True)))


@pytest.mark.parametrize(("make", "name"), FORMS)
@pytest.mark.parametrize("shape", SHAPES)
def test_many_odd_blocks_of_a_reply_are_mended(
    make: Callable[..., bytes], name: str, shape: Shape, grows: Grows,
) -> None:
    assert max(grows(make, name, shape)) <= MOST


@pytest.mark.parametrize(("make", "name"), FORMS[1:])
def test_too_many_images_at_an_address_are_mended(make: Callable[..., bytes], name: str, grows: Grows) -> None:
    assert max(grows(make, name, lambda n: ([LINKED] * n * 20, []))) <= MOST


def test_more_odd_blocks_than_are_told_are_mended_in_one_repair() -> None:
    count = 2 * PARTS + 100
    done, _records = mended(body([], [EMPTY] * count), "body.json")
    assert done.after.verdict is Verdict.HEALTHY
    assert len(done.applied) == count
