"""The tools family looks only at calls of which something is remarkable: looking at all of them finds the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from unbrick.check import choose_target, simulate
from unbrick.finding import Finding
from unbrick.opening import Choices, open_word
from unbrick.patch import View
from unbrick.rules.tools import RULES
from unbrick.scanning.scan import finish, scan
from unbrick.session import link
from unbrick.target import Version

SAMPLES = Path(__file__).resolve().parents[3] / "sample_sessions" / "claude_code"


def found(path: Path, version: str, *, every: bool) -> tuple[list[Finding], int]:
    """What the tools family finds, and how many calls it looked at."""
    with open_word(str(path), Choices(surroundings=False), path.parent) as opened:
        session = link(finish(scan(View(opened.bundle.main), opened.format.bare)))
        target = choose_target(opened.format, session, opened.surroundings, client=Version.parse(version))
        situation = simulate(opened.format, opened.bundle, session, target, opened.surroundings)
        if every:
            situation.__dict__["odd_calls"] = tuple(session.calls.of_rows(situation.thread.rows))
        return [finding for rule in RULES for finding in rule.check(situation)], len(situation.odd_calls)


@pytest.mark.parametrize("version", ["1.0.44", "2.1.139", "2.1.329"])
def test_calls_of_which_nothing_is_remarkable_yield_nothing(version: str) -> None:
    paths = sorted(path for path in SAMPLES.glob("*/**/*.jsonl") if path.stat().st_size < 200_000)
    assert len(paths) > 50
    passed_over = 0
    for path in paths:
        odd, looked_at = found(path, version, every=False)
        whole, calls = found(path, version, every=True)
        assert odd == whole, path
        passed_over += calls - looked_at
    assert passed_over > 20
