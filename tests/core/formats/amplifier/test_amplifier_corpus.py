"""Sessions that Amplifier's own code wrote, and the cases its own repairer is tested with, where they are at hand."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tools import peer_adapter
from unbrick.clock import FixedClock
from unbrick.finding import Severity
from unbrick.opening import Choices, examine, open_word
from unbrick.repair import repair
from unbrick.report import Report, Verdict
from unbrick.save import patched, save_in_place
from unbrick.scanning.scan import finish

CORPUS = Path(__file__).parents[5] / "shared" / "corpus" / "amplifier"
SESSIONS = sorted(path for path in (CORPUS / "sessions").glob("*") if path.is_dir()) if CORPUS.is_dir() else []

pytestmark = pytest.mark.skipif(not SESSIONS, reason="the corpus of Amplifier sessions is not beside the checkout")

FINE = {"01-healthy", "08-openai-written", "11-incomplete-assistant-turn"}
REFUSED_IN_BOTH = {"12-duplicate-tool-result", "18-subsession-crash"}
"""The last is a sub-session, which is resumed in one way only."""
EMPTY = {"14-truncated-last-line"}
OLDER = {"13-orphan-tool-result", "15-truncated-last-line-with-backup"}
"""Accepted, with a result or two messages left out."""


@pytest.fixture(params=SESSIONS, ids=lambda path: path.name)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    copy = tmp_path / request.param.name
    shutil.copytree(request.param, copy)
    for place, _folders, files in os.walk(copy):
        Path(place).chmod(0o755)
        for name in files:
            (Path(place) / name).chmod(0o644)
    return copy


def check(folder: Path, way: str | None = None, model: str | None = None) -> Report:
    with open_word(str(folder), Choices(surroundings=False, way=way, model=model), folder) as session:
        return finish(examine(session))


def test_a_session_is_judged_as_it_is(folder: Path) -> None:
    name = folder.name
    if name in REFUSED_IN_BOTH:
        assert check(folder).resume.outcome == "refused"
        return
    chat, run = check(folder, "chat"), check(folder, "run")
    assert (chat.verdict is Verdict.HEALTHY) == (name in FINE)
    if name in FINE | OLDER:
        assert [chat.resume.outcome, run.resume.outcome] == ["accepted", "accepted"]
    elif name in EMPTY:
        assert [chat.resume.outcome, run.resume.outcome] == ["empty", "empty"]
    else:
        assert [chat.resume.outcome, run.resume.outcome] == ["accepted", "refused"]
        assert [(target.way, resume.outcome.value) for target, resume in chat.others] == [("run", "refused")]


def test_a_session_of_openai_is_refused_on_claude() -> None:
    folder = CORPUS / "sessions" / "08-openai-written"
    assert check(folder, model="claude-sonnet-4-5").resume.outcome == "refused"


def test_a_repaired_session_is_clean_and_holds_every_real_result(folder: Path) -> None:
    with open_word(str(folder), Choices(surroundings=False), folder) as session:
        report = finish(examine(session))
        done = finish(repair(session.format, session.bundle, report.target, clock=FixedClock(), known=report))
        data = b"".join(patched(session.bundle.main, done.patch))
        if done.patch:
            save_in_place(session.format, session.bundle, done.patch, FixedClock())
    again = check(folder)
    assert again.verdict is Verdict.HEALTHY, [f.message for f in again.findings if f.severity is not Severity.INFO]
    records = [json.loads(line) for line in data.splitlines()]
    called = {call["id"] for record in records for call in record.get("tool_calls") or ()}
    stored = {record["tool_call_id"]: record["content"] for record in records if record["role"] == "tool"}
    for ref, result in held(folder / "events.jsonl").items():
        if ref in called:
            # A hook that spoke has the client store the output alone.
            assert json.loads(stored[ref]) in (result, result["output"])


def held(log: Path) -> dict[str, Any]:
    events = map(json.loads, log.read_text().splitlines()) if log.exists() else ()
    return {event["data"]["tool_call_id"]: event["data"]["result"] for event in events if event["event"] == "tool:post"}


def test_the_clients_backup_and_log_are_never_written(folder: Path) -> None:
    paths = (path for path in folder.rglob("*") if path.suffix == ".backup" or "events" in path.name)
    watched = {path: path.read_bytes() for path in paths}
    test_a_repaired_session_is_clean_and_holds_every_real_result(folder)
    assert {path: path.read_bytes() for path in watched} == watched


def test_the_cases_of_the_clients_own_repairer() -> None:
    spec = importlib.util.spec_from_file_location("check_cases", CORPUS / "check_cases.py")
    assert spec is not None
    assert spec.loader is not None
    cases = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cases)
    failed: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for case in json.loads((CORPUS / "peer-cases.json").read_text())["cases"]:
        records = case["transcript"]
        if case["op"] == "diagnose+repair":
            mended = peer_adapter.repair(json.loads(json.dumps(records)))
            ids = {ref for record in records for ref in cases.calls(record)}
            real = [one for one in records if one.get("role") == "tool" and one.get("tool_call_id") in ids]
            failed["answered"] += not cases.paired(mended)
            failed["healthy"] += peer_adapter.diagnose(mended)["status"] != "healthy"
            failed["real"] += not all(one in mended for one in real)
        elif case["op"] == "rewind":
            kept = peer_adapter.rewind(json.loads(json.dumps(records)))
            failed["prefix"] += kept != records[: len(kept)] or not cases.paired(kept)
        done[case["op"]] += 1
    assert (done["diagnose+repair"], done["rewind"]) == (65, 35)
    assert +failed == Counter()
