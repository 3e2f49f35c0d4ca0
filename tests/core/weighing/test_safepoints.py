"""The one safe point that is asked for is one of all of them, though the others are not priced for it."""

from __future__ import annotations

import pytest

from tools.contexts import SONNET, reading
from tools.transcript import Transcript, judge
from unbrick.weighing.safepoints import newest, points


def talk(prompts: int) -> Transcript:
    """Prompts and replies."""
    made = Transcript(model=SONNET)
    for number in range(prompts):
        made.prompt(f"prompt {number}")
        made.reply(f"reply {number}", tokens=10_000 + 1_000 * number)
    made.pointer()
    return made


CASES = {
    "prompts and replies": talk(6),
    "one prompt": talk(1),
    "no prompt": Transcript(model=SONNET),
    "calls and results": reading(6, 36_000, tokens=20_000),
}


@pytest.mark.parametrize("name", CASES)
def test_the_newest_that_leaves_so_many_tokens_is_the_first_of_all_that_do(name: str) -> None:
    situation = judge(CASES[name], model=SONNET).situation
    every = points(situation)
    for limit in {0, *(point.tokens + more for point in every for more in (-1, 0))}:
        fitting = (point for point in every if point.drops and point.tokens <= limit)
        found, expected = newest(situation, limit), next(fitting, None)
        assert (found and found.at) == (expected and expected.at)
        assert (found and found.price) == (expected and expected.price)
        assert (found and list(found.prompts)) == (expected and list(expected.prompts))


def test_none_is_found_where_all_that_is_loaded_would_stay() -> None:
    situation = judge(CASES["prompts and replies"], model=SONNET).situation
    assert newest(situation, 1_000_000, among=[point.row for point in points(situation)]) is None
