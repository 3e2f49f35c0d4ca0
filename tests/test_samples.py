"""The shipped samples: what is said of each, what a repair makes of it, and that they are made as they say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sample_sessions import make

from unbrick.check import judge
from unbrick.clock import FixedClock
from unbrick.finding import Safety, Severity
from unbrick.opening import Choices, Opened, examine, open_source
from unbrick.patch import EMPTY
from unbrick.repair import Repaired, repair
from unbrick.report import Report, Verdict
from unbrick.save import patched
from unbrick.scanning.scan import finish
from unbrick.source import Source

SAMPLES = Path(__file__).parents[1] / "sample_sessions"
FOLDERS = sorted(path for path in (SAMPLES / "claude_code").iterdir() if (path / "expected.json").exists())
MENDED_FOR = ("2.1.139", "2.1.329")
"""Clients that a repaired sample has to be well on; an older one may have troubles of its own with any session."""
ALLOWS = {"--restore": Safety.RESTORES, "--lossy": Safety.LOSSY}

LARGE = {"context-too-long": 1_000_000, "replayed-history": 250_000}
"""Samples that are about what swells a file, and how large they may be."""

Json = dict[str, Any]


@cache
def expected(folder: Path) -> Json:
    value: Json = json.loads((folder / "expected.json").read_text())
    return value


CASES = [
    pytest.param(folder, judged, id=f"{folder.name} on {judged['client']}")
    for folder in FOLDERS for judged in expected(folder)["judged"]
]
REPAIRS = [case for case in CASES if case.values[1]["client"] in MENDED_FOR]  # type: ignore[index]


@contextmanager
def opened(folder: Path, judged: Json, data: bytes | None = None) -> Iterator[Opened]:
    """A sample as it ships, or other bytes in its place, with the surroundings it ships with and no others."""
    config = folder / "config"
    choices = Choices(
        client=judged["client"], model=judged["model"], config_dir=config if config.is_dir() else None,
        surroundings=config.is_dir(), environ={},
    )
    source = Source.open(folder / "session.jsonl") if data is None else Source.of(data, "session.jsonl")
    with open_source(source, choices) as session:
        yield session


def checked(session: Opened) -> Report:
    return finish(examine(session))


def repaired(session: Opened, report: Report, options: list[str]) -> Repaired:
    allow = {Safety.SAFE} | {ALLOWS[option] for option in options}
    return finish(repair(
        session.format, session.bundle, report.target, session.surroundings, allow=allow, clock=FixedClock()
    ))


def sentences(report: Report) -> list[str]:
    return [f"{f.severity} {f.id} {f.message}" for f in report.findings if f.severity is not Severity.INFO]


@pytest.mark.parametrize(("folder", "judged"), CASES)
def test_a_sample_is_judged_as_the_client_treats_it(folder: Path, judged: Json) -> None:
    with opened(folder, judged) as session:
        report = checked(session)
    said = sentences(report)
    assert report.resume.outcome == judged["outcome"], said
    if judged["error"] is not None:
        assert re.search(judged["error"], report.resume.error or ""), report.resume.error
    if judged["lost"] is not None:
        assert (report.resume.lost > 0) == judged["lost"], (report.resume, said)
    assert set(judged["codes"]) <= {finding.code for finding in report.findings}, [f.id for f in report.findings]
    if judged["outcome"] not in ("accepted", "healed") or judged["lost"]:
        assert report.verdict is Verdict.BROKEN, said


@pytest.mark.parametrize(
    "folder", [f for f in FOLDERS if f.name.startswith("healthy")], ids=lambda folder: folder.name
)
def test_a_healthy_sample_gets_nothing_above_info(folder: Path) -> None:
    for judged in expected(folder)["judged"]:
        with opened(folder, judged) as session:
            report = checked(session)
        assert not sentences(report)
        assert report.verdict is Verdict.HEALTHY


@pytest.mark.parametrize(("folder", "judged"), REPAIRS)
def test_a_repair_reaches_the_expected_verdict_and_keeps_what_it_says(folder: Path, judged: Json) -> None:
    after = expected(folder)["after_repair"]
    with opened(folder, judged) as session:
        done = repaired(session, checked(session), after["options"])
        data = b"".join(patched(session.bundle.main, done.patch))
        fixes = [f"{a.finding.id}={a.fix.id}" for a in done.applied]
    assert judged["verdict"] in (None, done.after.verdict), (fixes, sentences(done.after))
    assert done.after.resume.messages >= after["kept"], (fixes, done.after.resume)

    with opened(folder, judged, data) as session:
        again = checked(session)
        assert again.verdict == done.after.verdict, sentences(again)
        assert again.resume.messages == done.after.resume.messages
        second = repaired(session, again, after["options"])
    assert not second.applied, [f"{a.finding.id}={a.fix.id}" for a in second.applied]
    assert second.patch == EMPTY


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_saving_without_an_edit_writes_the_same_bytes(folder: Path) -> None:
    raw = (folder / "session.jsonl").read_bytes()
    with Source.open(folder / "session.jsonl") as source:
        assert b"".join(patched(source, EMPTY)) == raw


def test_judging_twice_says_the_same() -> None:
    folder, judged = CASES[0].values[:2]
    with opened(folder, judged) as session:  # type: ignore[arg-type]
        first = checked(session)
        second = judge(session.format, session.bundle, first.situation.session, first.target, session.surroundings)
    assert [f.id for f in first.findings] == [f.id for f in second.findings]


def test_the_samples_are_what_make_py_makes() -> None:
    made = dict(make.files())
    on_disk = {
        path.relative_to(SAMPLES): path.read_bytes()
        for path in (SAMPLES / "claude_code").rglob("*") if path.is_file()
    }
    assert sorted(map(str, made)) == sorted(map(str, on_disk))
    different = [str(path) for path, data in made.items() if on_disk[path] != data]
    assert not different, f"run `python -m sample_sessions.make`: {different}"


def test_the_page_of_samples_is_current() -> None:
    page = (SAMPLES.parent / "docs" / "samples.md").read_text()
    table: str = make.table()
    assert table in page, "put the output of `python -m sample_sessions.make --table` into docs/samples.md"


def test_samples_are_small_and_tell_nothing_of_where_they_were_made() -> None:
    for path in SAMPLES.rglob("*.jsonl"):
        data = path.read_bytes()
        # One has to be longer than a model's window.
        assert len(data) < LARGE.get(path.parent.name, 200_000), path
        assert not re.search(rb"/tmp/|/root\b|sk-ant-|localhost|127\.0\.0\.1", data), path
