"""Times as clients write them."""

from __future__ import annotations

import pytest

from unbrick.clock import seconds

TIMES = [
    pytest.param("2026-05-04T09:00:00.250Z", 1777885200.25, id="as clients write it"),
    pytest.param("2026-05-04T11:00:00.250+02:00", 1777885200.25, id="of another zone"),
    pytest.param("2026-05-04T09:00:00.250123456Z", 1777885200.250123, id="finer than a microsecond"),
    pytest.param("2026-05-04T09:00:60.000Z", None, id="a second that no minute has"),
    pytest.param("2026-02-30T09:00:00.000Z", None, id="a day that no calendar holds"),
    pytest.param("2026-05-04T09:00:00.5 Z", None, id="a space in it"),
    pytest.param("2026-05-04", None, id="a day without a time"),
    pytest.param("2026-05-04T09:00:00", None, id="no zone"),
    pytest.param("yesterday, at about nine", None, id="words"),
    pytest.param(1777885200, None, id="a number"),
    pytest.param(None, None, id="nothing"),
]


@pytest.mark.parametrize(("text", "expected"), TIMES)
def test_seconds(text: object, expected: float | None) -> None:
    assert seconds(text) == expected
