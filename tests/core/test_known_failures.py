"""Every known failure is covered by a rule or an answer, or says why it is not; its error text leads there."""

from __future__ import annotations

from pathlib import Path

import pytest

from unbrick.answers import ANSWERS, answer_to
from unbrick.failures import Failure, failures, markdown
from unbrick.rules import ALL, BY_CODE
from unbrick.why import codes_of, explain_error

ROOT = Path(__file__).parents[2]
IDS = (
    *(f"A{n:02}" for n in range(1, 32)), *(f"B{n:02}" for n in range(1, 13)), "B12b",
    *(f"B{n:02}" for n in range(13, 18)), *(f"C{n:02}" for n in range(1, 9)), *(f"D{n:02}" for n in range(1, 7)),
    *(f"E{n:02}" for n in range(1, 6)), *(f"F{n:02}" for n in range(1, 10)), *(f"G{n:02}" for n in range(1, 7)),
    *(f"H{n:02}" for n in range(1, 16)),
)
SAID = [pytest.param(failure, text, id=f"{failure.id}: {text[:60]}") for failure in failures() for text in failure.says]


def test_no_failure_is_left_out() -> None:
    assert sorted(failure.id for failure in failures()) == sorted(IDS)


@pytest.mark.parametrize("failure", failures(), ids=lambda failure: f"{failure.id} {failure.title}")
def test_what_covers_a_failure_exists_or_the_reason_is_given(failure: Failure) -> None:
    assert set(failure.rules) <= set(BY_CODE)
    assert set(failure.answers) <= {answer.name for answer in ANSWERS}
    assert failure.rules or failure.answers or failure.note


@pytest.mark.parametrize(("failure", "text"), SAID)
def test_an_error_text_leads_to_what_covers_it(failure: Failure, text: str) -> None:
    answer = answer_to(text)
    led = {*codes_of(text), *([answer.name] if answer else [])}
    assert led & {*failure.rules, *failure.answers}


@pytest.mark.parametrize(("failure", "text"), SAID)
def test_without_a_file_an_error_text_is_explained_too(failure: Failure, text: str) -> None:
    explained = explain_error(text)
    assert explained.title != "Not known"
    titles = {answer.title for answer in ANSWERS if answer.name in failure.answers}
    assert explained.title in titles or set(explained.codes) & set(failure.rules)


def test_every_error_that_a_rule_knows_is_some_failures() -> None:
    covered = {code for failure in failures() for code in failure.rules}
    assert {rule.code for rule in ALL if rule.error} <= covered


def test_the_page_is_current() -> None:
    assert (ROOT / "docs" / "failures.md").read_text() == markdown(), "python -m unbrick.failures > docs/failures.md"
