"""The Amplifier samples: how each way to resume comes out, what a repair makes of it, and that nothing real is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sample_sessions import amplifier

from unbrick.clock import FixedClock
from unbrick.finding import Severity
from unbrick.opening import Choices, Opened, examine, open_word
from unbrick.patch import EMPTY
from unbrick.repair import Repaired, repair
from unbrick.report import Report, Verdict
from unbrick.save import patched, save_in_place
from unbrick.scanning.scan import finish

SAMPLES = Path(__file__).parents[4] / "sample_sessions" / "amplifier"
NAMES = sorted(path.name for path in SAMPLES.iterdir() if (path / "expected.json").exists())
Json = dict[str, Any]


def expected(name: str) -> Json:
    found: Json = json.loads((SAMPLES / name / "expected.json").read_text())
    return found


@contextmanager
def opened(folder: Path, wanted: Json, way: str) -> Iterator[Opened]:
    choices = Choices(model=wanted["model"], strict=wanted["strict"], surroundings=False, way=way)
    with open_word(str(folder), choices, folder) as session:
        yield session


def mended(session: Opened) -> tuple[Report, Repaired]:
    report = finish(examine(session))
    return report, finish(repair(
        session.format, session.bundle, report.target, session.surroundings, clock=FixedClock(), known=report,
    ))


def above(report: Report) -> list[str]:
    return [f"{f.id} {f.message}" for f in report.findings if f.severity is not Severity.INFO]


@pytest.mark.parametrize("way", ["chat", "run"])
@pytest.mark.parametrize("name", NAMES)
def test_a_sample_comes_out_as_the_client_does(name: str, way: str) -> None:
    wanted = expected(name)
    with opened(SAMPLES / name, wanted, way) as session:
        report = finish(examine(session))
    assert report.resume.outcome == wanted[way], above(report)
    assert (report.verdict is Verdict.HEALTHY) == (name in ("healthy", "turn-without-reply")), above(report)


@pytest.mark.parametrize("name", NAMES)
def test_every_pattern_is_named(name: str) -> None:
    wanted = expected(name)
    with opened(SAMPLES / name, wanted, "run") as session:
        report = finish(examine(session))
    assert set(wanted["codes"]) <= {finding.code for finding in report.findings}, [f.id for f in report.findings]


@pytest.mark.parametrize("way", ["chat", "run"])
@pytest.mark.parametrize("name", NAMES)
def test_a_repair_reaches_health_and_stays_there(name: str, way: str, tmp_path: Path) -> None:
    wanted = expected(name)
    folder = tmp_path / "session"
    shutil.copytree(SAMPLES / name, folder)
    with opened(folder, wanted, way) as session:
        _report, done = mended(session)
        data = b"".join(patched(session.bundle.main, done.patch)).decode()
        assert done.after.verdict is Verdict.HEALTHY, above(done.after)
        if done.patch:
            save_in_place(session.format, session.bundle, done.patch, FixedClock())
    assert all(text in data for text in wanted["kept"]), data
    with opened(folder, wanted, way) as session:
        again, second = mended(session)
        assert again.verdict is Verdict.HEALTHY, above(again)
        assert second.patch == EMPTY
    records = [json.loads(line) for line in data.splitlines()]
    assert json.loads((folder / "metadata.json").read_text())["turn_count"] == sum(
        record["role"] == "user" for record in records
    ) or not done.patch


@pytest.mark.parametrize("name", NAMES)
def test_both_places_of_a_call_say_the_same_after_a_repair(name: str) -> None:
    wanted = expected(name)
    with opened(SAMPLES / name, wanted, "run") as session:
        _report, done = mended(session)
        data = b"".join(patched(session.bundle.main, done.patch))
    for record in map(json.loads, data.splitlines()):
        if record["role"] == "assistant" and record.get("tool_calls"):
            blocks = [part for part in record["content"] if part["type"] == "tool_call"]
            assert [(b["id"], b["name"], b["input"]) for b in blocks] == [
                (call["id"], call["tool"], call["arguments"]) for call in record["tool_calls"]
            ]


@pytest.mark.parametrize("name", NAMES)
def test_lines_that_no_fix_names_keep_their_bytes(name: str) -> None:
    wanted = expected(name)
    with opened(SAMPLES / name, wanted, "run") as session:
        _report, done = mended(session)
        before = list(session.bundle.main.lines())
        untouched = [raw for line, raw in enumerate(before, 1) if line not in done.patch]
        after = set(b"".join(patched(session.bundle.main, done.patch)).splitlines())
    assert all(raw.rstrip(b"\n") in after for raw in untouched)


def test_the_samples_are_what_the_module_makes() -> None:
    made = {str(path): data for path, data in amplifier.files()}
    on_disk = {
        str(path.relative_to(SAMPLES.parent)): path.read_bytes() for path in SAMPLES.rglob("*") if path.is_file()
    }
    assert sorted(made) == sorted(on_disk), "run `python -m sample_sessions.make`"
    assert [path for path, data in made.items() if on_disk[path] != data] == []


def test_the_page_has_the_table_of_samples() -> None:
    page = (SAMPLES.parents[1] / "docs" / "amplifier.md").read_text()
    assert amplifier.table() in page, "put `sample_sessions.amplifier.table()` into docs/amplifier.md"
