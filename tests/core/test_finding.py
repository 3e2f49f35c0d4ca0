from __future__ import annotations

import random

import pytest

from unbrick.finding import Severity

INFO, WARNING, ERROR = Severity.INFO, Severity.WARNING, Severity.ERROR


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        pytest.param(INFO, WARNING, id="info below warning"),
        pytest.param(WARNING, ERROR, id="warning below error"),
        pytest.param(INFO, ERROR, id="info below error"),
    ],
)
def test_severities_are_ordered_by_weight_not_by_alphabet(lower: Severity, higher: Severity) -> None:
    assert lower < higher
    assert lower <= higher
    assert higher > lower
    assert higher >= lower
    assert not higher < lower
    assert not lower > higher
    assert max(lower, higher) is max(higher, lower) is higher
    assert min(lower, higher) is lower


def test_the_worst_of_many_is_found_in_any_order() -> None:
    for seed in range(20):
        found = [INFO, WARNING, ERROR, INFO]
        random.Random(seed).shuffle(found)
        assert max(found) is ERROR
        assert sorted(found) == [INFO, INFO, WARNING, ERROR]
