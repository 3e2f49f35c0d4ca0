"""What a repair may do never makes it keep less: over all samples, and fix by fix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unbrick.clock import FixedClock
from unbrick.finding import Safety, Severity
from unbrick.opening import Choices, Opened, open_source
from unbrick.patch import EMPTY
from unbrick.repair import Repaired, repair
from unbrick.report import Verdict
from unbrick.scanning.scan import finish
from unbrick.source import Source

SAMPLES = Path(__file__).parents[2] / "sample_sessions"
FOUND = sorted(SAMPLES.glob("claude_code/*/session.jsonl"))
WORST = [Verdict.BROKEN, Verdict.FRAGILE, Verdict.HEALTHY]

SAFE = frozenset({Safety.SAFE})
RESTORE, LOSSY = SAFE | {Safety.RESTORES}, SAFE | {Safety.LOSSY}
ALL = RESTORE | LOSSY
STEPS = [(SAFE, RESTORE), (SAFE, LOSSY), (RESTORE, ALL), (LOSSY, ALL)]


def opened(source: Source) -> Opened:
    return open_source(source, Choices(surroundings=False))


def mended(session: Opened, allow: frozenset[Safety], before: Repaired | None = None) -> Repaired:
    known = None if before is None else before.after
    patch = EMPTY if before is None else before.patch
    return finish(repair(
        session.format, session.bundle, patch=patch, allow=allow, clock=FixedClock(), known=known,
    ))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.parent.name)
def test_more_permissions_never_keep_less_and_a_second_repair_changes_nothing(path: Path) -> None:
    with opened(Source.open(path)) as session:
        done = {allow: mended(session, allow) for allow in (SAFE, RESTORE, LOSSY, ALL)}
        for fewer, more in STEPS:
            less, best = done[fewer].after, done[more].after
            better = WORST.index(best.verdict) > WORST.index(less.verdict)
            assert better or best.resume.messages >= less.resume.messages, (sorted(fewer), sorted(more))
            assert WORST.index(best.verdict) >= WORST.index(less.verdict)
        for allow, first in done.items():
            assert not mended(session, allow, first).applied, sorted(allow)


@pytest.mark.parametrize("cut", [13_727, 51_822], ids=["some kept messages gone", "most kept messages gone"])
def test_what_brings_back_never_leaves_less_loaded(cut: int) -> None:
    data = (SAMPLES / "claude_code" / "kept-too-much" / "session.jsonl").read_bytes()[cut:]
    with opened(Source.of(data, "session.jsonl")) as session:
        done = mended(session, RESTORE)
        assert done.applied
        assert done.after.resume.messages >= done.before.resume.messages


def test_a_result_is_put_in_its_place_though_the_request_then_ends_with_a_reply() -> None:
    use = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}
    body = {"messages": [
        {"role": "user", "content": "go"}, {"role": "assistant", "content": [use]}, {"role": "user", "content": "no"},
        {"role": "assistant", "content": "hm"}, {"role": "user", "content": [result]},
    ]}
    with opened(Source.of(json.dumps(body).encode(), "body.json")) as session:
        done = mended(session, SAFE)
        assert [one.finding.code for one in done.applied] == ["T004"]
        assert [found.code for found in done.after.findings if found.severity is Severity.ERROR] == ["C004"]
        assert not mended(session, SAFE, done).applied
