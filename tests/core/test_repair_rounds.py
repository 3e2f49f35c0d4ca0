"""A repair takes rounds by the kinds of damage, not by how much there is of one."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from tests.core.test_hostile import assistant, bundle_of, call, lines, on, user

from unbrick import repair as repairing
from unbrick.formats.claude_code import ClaudeCode
from unbrick.repair import repair
from unbrick.report import Report, Verdict
from unbrick.scan import finish

FORMAT = ClaudeCode()


def test_the_calls_of_one_response_are_answered_together(monkeypatch: pytest.MonkeyPatch) -> None:
    count, rounds = 40, 0
    check = repairing.check

    def counted(*given: object) -> Generator[int, None, Report]:
        nonlocal rounds
        rounds += 1
        return (yield from check(*given))  # type: ignore[arg-type]

    monkeypatch.setattr(repairing, "check", counted)
    told = [user(0, None), *(assistant(n, n - 1, [call(n)], "msg_one") for n in range(1, count + 1))]
    body = lines([*told, user(count + 1, count, "and now?")])
    result = finish(repair(FORMAT, bundle_of(body), on("2.1.329")))
    assert len(result.applied) == count
    assert result.after.verdict is Verdict.HEALTHY
    assert rounds <= 4
