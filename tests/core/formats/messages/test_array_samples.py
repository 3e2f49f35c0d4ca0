"""The samples of message arrays: judged as expected, mended, clean at the second look, made as they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sample_sessions import messages

from unbrick.clock import FixedClock
from unbrick.elements import Elements
from unbrick.finding import Severity
from unbrick.opening import Choices, Opened, examine, open_source
from unbrick.patch import View
from unbrick.record import FRAME
from unbrick.repair import repair
from unbrick.report import Report, Verdict
from unbrick.save import patched
from unbrick.scanning.scan import finish
from unbrick.source import Source

SAMPLES = Path(__file__).parents[4] / "sample_sessions" / "messages"
NAMES = sorted(path.name for path in SAMPLES.iterdir())
CHOICES = Choices(surroundings=False, environ={})


def expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / name / "expected.json").read_text("utf-8"))
    return found


def opened(name: str, data: bytes | None = None) -> Opened:
    file = SAMPLES / name / expected(name)["file"]
    return open_source(Source.open(file) if data is None else Source.of(data, file.name), CHOICES)


def above(report: Report) -> list[str]:
    return [one.code for one in report.findings if one.severity is not Severity.INFO]


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_judged_as_the_api_does(name: str) -> None:
    wanted = expected(name)
    with opened(name) as session:
        report = finish(examine(session))
    assert session.format.client == wanted["format"]
    assert set(above(report)) >= ({wanted["code"]} if wanted["code"] else set())
    assert wanted["code"] or not above(report)
    if wanted["error"]:
        said = [one.api_error or "" for one in report.findings if one.code == wanted["code"]]
        assert any(wanted["error"] in one for one in said)


@pytest.mark.parametrize("name", NAMES)
def test_a_repaired_sample_is_clean_and_keeps_the_bytes_of_what_it_did_not_touch(name: str) -> None:
    wanted = expected(name)["after_repair"]
    with opened(name) as session:
        report = finish(examine(session))
        done = finish(repair(session.format, session.bundle, report.target, clock=FixedClock()))
        source = session.bundle.main
        after = b"".join(patched(source, done.patch))
        kept = [source[line - 1] for line in range(1, len(source) + 1) if line not in done.patch]
        if isinstance(source, Elements) and FRAME not in done.patch and not source.flaw:
            head, tail = source.frame()
            assert after.startswith(head)
            assert after.endswith(tail)
    with opened(name, after) as again:
        second = finish(examine(again))
        assert second.verdict is Verdict(wanted["verdict"])
        assert len(second.situation.session) == wanted["messages"]
        assert set(kept) <= set(View(again.bundle.main).raws())


def test_the_samples_are_what_their_maker_writes() -> None:
    assert {path: (SAMPLES.parent / path).read_bytes() for path, _data in messages.files()} == dict(messages.files())


def test_the_page_of_samples_lists_them() -> None:
    page = (SAMPLES.parents[1] / "docs" / "samples.md").read_text("utf-8")
    assert messages.table() in page, "put the output of `python -m sample_sessions.make --table` into docs/samples.md"
