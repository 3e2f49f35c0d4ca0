"""What is in the file and never sent: told where it is most of it, and taken out without a change of the request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.transcript import Transcript, found, judge, mend, one
from unbrick.finding import Finding, Safety, Severity
from unbrick.patch import EMPTY, Patch, View
from unbrick.rules import bloat
from unbrick.source import Source

EVERY = ("2.0.76", "2.1.70", "2.1.139", "2.1.329")


def screen(size: int) -> Transcript:
    """A result that stands in the record a second time, whole."""
    made = Transcript().talk(2)
    made.prompt("run it")
    made.call("toolu_1")
    copy = {"stdout": "x" * size, "stderr": "", "interrupted": False, "lines": [1, 2]}
    made.result("toolu_1", "ok", toolUseResult=copy)
    made.reply("ran it")
    made.pointer()
    return made


def picture(size: int) -> Transcript:
    """An image that a tool read, as it is sent and for the screen."""
    made = Transcript().talk(2)
    made.prompt("look at it")
    made.call("toolu_1", "Read")
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * size}}
    copy = {"type": "image", "file": {"base64": "A" * size, "type": "image/png"}}
    record = made.result("toolu_1", "", toolUseResult=copy)
    record["message"]["content"][0]["content"] = [image]
    made.reply("seen")
    made.pointer()
    return made


def running(count: int, size: int) -> Transcript:
    """Progress in the chain between a call and its result."""
    made = Transcript(version="2.1.70").talk(2)
    made.prompt("run it")
    made.call("toolu_1")
    for number in range(count):
        made.add("progress", data={"type": "bash_progress", "output": f"{number}" + "y" * size}, toolUseID="toolu_1")
    made.result("toolu_1", "done")
    made.reply("ran it")
    return made


def snapshots(count: int, size: int) -> Transcript:
    """A list of edited files, written anew at each change."""
    made = Transcript().talk(2)
    for number in range(count):
        made.records.append({
            "type": "file-history-snapshot", "messageId": "m-1", "isSnapshotUpdate": number > 0,
            "snapshot": {"messageId": "m-1", "trackedFileBackups": {"a" * size: {"version": number}}},
        })
    made.talk(1)
    made.pointer()
    return made


def again(times: int, size: int) -> Transcript:
    """A conversation each record of which, but the first, was written so many times."""
    made = Transcript()
    for number in range(4):
        made.prompt(f"question {number}")
        made.reply("z" * size)
    made.records[1:] = [record for record in made.records[1:] for _time in range(times)]
    made.pointer()
    return made


CASES = {
    "S003": screen(400_000), "S004": running(40, 5_000), "S005": snapshots(30, 8_000), "S006": again(3, 20_000),
    "S008": picture(400_000),
}
BELOW = {
    "a small copy for the screen": screen(40_000),
    "progress that is no half of the file": running(10, 5_000),
    "snapshots of different messages": Transcript().talk(3),
    "a record that is repeated once": again(1, 20_000),
}


def requested(made: Transcript, version: str, patch: Patch = EMPTY) -> list[Any]:
    return list(judge(made, version, patch=patch).situation.request.messages())


def size_of(made: Transcript, patch: Patch = EMPTY) -> int:
    with Source.of(made.data(), "session.jsonl") as source:
        return sum(len(raw.rstrip(b"\n")) for raw in View(source, patch).raws())


@pytest.mark.parametrize(("code", "version"), [
    # Before 2.1.20 no client wrote progress, and none can go on from it.
    (code, version) for code in CASES for version in EVERY if (code, version) != ("S004", "2.0.76")
])
def test_bloat_is_told_and_goes_without_a_change_of_the_request(code: str, version: str) -> None:
    made = CASES[code]
    finding = one(judge(made, version), code)
    assert finding.severity is Severity.INFO
    (fix,) = finding.fixes
    assert fix.safety is Safety.SAFE
    done = mend(made, version, only={code})
    assert [applied.finding.code for applied in done.applied] == [code]
    assert requested(made, version, done.patch) == requested(made, version)
    assert not found(done.after, code)
    assert done.after.verdict == done.before.verdict
    freed = size_of(made) - size_of(made, done.patch)
    assert said(finding) == pytest.approx(freed, rel=0.02)


def said(finding: Finding) -> float:
    """The bytes that a finding says would be freed."""
    number, unit = finding.message.rpartition(": ")[2].split(" ")[:2]
    return float(number) * {"kB": 1e3, "MB": 1e6}[unit]


@pytest.mark.parametrize("case", BELOW)
def test_an_ordinary_session_shows_nothing(case: str) -> None:
    report = judge(BELOW[case])
    assert not [finding for finding in report.findings if finding.code in bloat.BY_CODE]


def test_bloat_is_never_taken_out_unasked() -> None:
    assert mend(CASES["S003"], allow=set(Safety)).patch == EMPTY


def test_the_copy_for_the_screen_keeps_its_shape() -> None:
    made = screen(400_000)
    done = mend(made, only={"S003"})
    (line,) = done.patch
    copy = json.loads(done.patch[line][0])["toolUseResult"]
    assert copy["stdout"].startswith("x" * 1000 + "… [399,000 characters taken out]")
    assert {key: copy[key] for key in ("stderr", "interrupted", "lines")} == {
        "stderr": "", "interrupted": False, "lines": [1, 2],
    }


def test_snapshots_that_deltas_build_on_stay() -> None:
    made = snapshots(30, 8_000)
    made.records.append({"type": "file-history-delta", "messageId": "m-1"})
    assert not found(judge(made), "S005")


def compacted(turns: int, size: int) -> Transcript:
    made = Transcript(version="2.1.329")
    for number in range(turns):
        made.prompt(f"question {number}")
        made.reply("w" * size)
    made.boundary()
    made.summary("Summary:\n1. everything so far")
    made.prompt("go on")
    made.reply("gone on")
    made.pointer()
    return made


def test_what_no_resume_reads_is_told_in_very_large_files_and_dropped_only_when_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = compacted(20, 10_000)
    assert not found(judge(made), "S007")
    monkeypatch.setattr(bloat, "UNREACHED", 150_000)
    finding = one(judge(made, "2.1.329"), "S007")
    assert finding.severity is Severity.INFO
    (fix,) = finding.fixes
    assert fix.safety is Safety.LOSSY
    assert fix.price.startswith("drops 40 messages that the summary stands for; frees ")
    assert mend(made, "2.1.329").patch == EMPTY
    done = mend(made, "2.1.329", only={"S007"}, allow={Safety.LOSSY})
    assert requested(made, "2.1.329", done.patch) == requested(made, "2.1.329")
    assert done.after.resume.messages == 3
