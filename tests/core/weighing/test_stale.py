"""Thinking that a chosen fix makes invalid goes in the same step: what comes of it is what two steps came to."""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from unbrick.check import check
from unbrick.clock import FixedClock
from unbrick.opening import Choices, examine, open_word
from unbrick.repair import Repaired, repair
from unbrick.report import Report
from unbrick.scanning.scan import finish

SAMPLES = Path(__file__).parents[3] / "sample_sessions"
FILES = sorted((*SAMPLES.glob("*/*/*.jsonl"), *SAMPLES.glob("messages/*/*.json")))
BINDS = Choices(surroundings=False, model="claude-opus-5-5")


NEW = re.compile(r"00000000-0000-4000-8000-[0-9a-f]{12}")


def told(done: Repaired) -> tuple[str, list[tuple[str, str, str]], list[tuple[str, str]]]:
    """The patch of a repair with its new ids in order, what it did, by fix and price, and what is found afterwards."""
    ids: dict[str, str] = {}
    patch = NEW.sub(lambda found: ids.setdefault(found[0], f"id {len(ids)}"), repr(sorted(done.patch.items())))
    return (
        patch, [(one.finding.code, one.fix.id, one.fix.price) for one in done.applied],
        [(finding.code, finding.message) for finding in done.after.findings],
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.relative_to(SAMPLES).parts[:-1]))
def test_one_step_comes_to_what_two_come_to(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_word(str(path), BINDS, path.parent) as opened:
        report = finish(examine(opened))

        def fixed(finding: str, fix: str) -> Repaired:
            return finish(repair(
                opened.format, opened.bundle, report.target, chosen={finding: fix}, allow=(), known=report,
                clock=FixedClock(),
            ))

        for finding in report.findings:
            for fix in finding.fixes:
                one = told(fixed(finding.id, fix.id))
                with monkeypatch.context() as patched:
                    patched.setattr("unbrick.repair.foreseen", lambda *_of: None)
                    two = told(fixed(finding.id, fix.id))
                assert one == two, f"{finding.id}, {fix.id}"


def test_an_answer_takes_the_thinking_behind_it_along_with_one_judgement(monkeypatch: pytest.MonkeyPatch) -> None:
    path = next(path for path in FILES if "partial-parallel-results" in path.parts)
    judged = 0

    def counted(*of: Any) -> Generator[int, None, Report]:
        nonlocal judged
        judged += 1
        return check(*of)

    with open_word(str(path), BINDS, path.parent) as opened:
        report = finish(examine(opened))
        finding = next(finding for finding in report.findings if finding.code == "T001")
        assert finding.fixes[0].id == "answer"
        monkeypatch.setattr("unbrick.repair.check", counted)
        done = finish(repair(
            opened.format, opened.bundle, report.target, chosen={finding.id: "answer"}, allow=(), known=report,
        ))
        assert [one.fix.id for one in done.applied] == ["answer", "thinking-along"]
        assert judged == 1
