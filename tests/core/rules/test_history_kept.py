"""Every damage of the reference table, on every version: found where it is, explained, and mended with nothing lost.

The sessions are built in the shape that the version writes, damaged as the row says, judged, and mended with what a
repair applies by itself. What is not found, not mended, or only offered stands in one place below, with the reason.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from statistics import fmean

import pytest

from tools import builder, compactions, mutations, transcript
from unbrick.finding import Finding, Safety, Severity
from unbrick.situation import Situation
from unbrick.thread import Outcome

VERSIONS = (
    "1.0.128", "2.0.14", "2.0.76", "2.1.20", "2.1.70", "2.1.90", "2.1.112", "2.1.139", "2.1.158", "2.1.200", "2.1.240",
    "2.1.266", "2.1.329",
)
"""Those of the table, but for 1.0.44, in whose files every record carries one time."""

LARGE = {
    f"xb_{name}": name for name in (
        "control", "parent_cycle", "uuid_duplicate", "garbage_mid", "torn_glued", "orphan_mid", "sidechain_tail",
        "branch_tail",
    )
}
"""Damage in files above 5 MB, which some versions load by another path."""
LARGE_VERSIONS = ("2.1.90", "2.1.139", "2.1.266", "2.1.329")

PATTERNS = [*mutations.MUTATIONS, *compactions.MUTATIONS, *LARGE]
CASES = [
    (name, version) for name in PATTERNS for version in VERSIONS if name not in LARGE or version in LARGE_VERSIONS
]
UNLOADED = (Outcome.NOT_FOUND, Outcome.CRASH, Outcome.HANG, Outcome.EMPTY)
MARK = re.compile(r"(?:PROMPT|REPLY|THINK|TOOLOUT|SUMMARY)-\db?")
CALL = re.compile(r'"type":"tool_use","id":"(toolu_\d+)"')
ID = re.compile(rb'"(?:[0-9a-f]{8}-[0-9a-f-]{27}|toolu_[^"]+|msg_[^"]+)"')

# What is not found, not mended, or not mended unasked. Each row: pattern → reason.

HARMLESS = {
    "control": "nothing is wrong",
    "last_is_user": "a prompt that has no reply yet", "last_is_result": "a result that has no reply yet",
    "consecutive_users": "the API joins them", "consecutive_assistants": "the API joins them",
    "synthetic_unflagged": "the client's own reply is part of its conversation",
    "x_interleaved_chain": "one chain, read whole by every version", "x_linear": "one chain, read whole",
}
"""Nothing is to be found, whatever the request looks like."""

UNSENDABLE = {
    "think_only_mid": "a thought without a reply behind it cannot be sent",
    "think_only_end": "a thought without a reply behind it cannot be sent",
}
"""What the file holds and no request may."""

OFFERED = {
    "branch_tail": "two branches with prompts: a person knows which one is meant",
    "branch_tail_nolp": "the same", "branch_tail_oldtime": "the same", "branch_tail_oldtime_nolp": "the same",
    "branch_head_newtime": "the same", "branch_head_newtime_nolp": "the same", "branch_tail_lp_branch": "the same",
    "branch_head_lp_branch": "the same", "branch_tail_lp_early": "the same", "branch_tail_lp_dangling": "the same",
    "branch_tail_lp_at_prompt": "the same", "xb_branch_tail": "the same",
    "x_fallback_fileorder": "two ends stand before the broken record, one nearer in the file, one in time",
    "sidechain_all": "it may be a subagent's file, which belongs to another session",
    "x_virtual_flag": "what is marked as only shown was perhaps never meant to be sent",
    "c_boundary2_removed": "what the missing boundary kept by name is not known",
    "c_boundaries_removed": "the same", "c_boundary2_subtype_gone": "the same",
    "c_boundary2_meta_gone": "what the boundary kept by name is a guess", "c_preserved_removed": "the same",
    "c_preserved_dangling": "the same",
    "c_post_parent_old": "the prompt that hangs on the history before the compaction may be another client's",
}
"""What is found and has a way back that a person must choose."""

UNMENDED = {
    **{("x_fallback_neartime", version): "the branch in front of the broken record was begun last, so it hangs there"
       for version in VERSIONS},
    ("dup_tool_use_id_later", "2.1.20"): "the shared id and the calls that are not loaded hide each other's results",
    ("dup_tool_use_id_later", "2.1.70"): "the same",
}
"""What is found, and not mended."""

CLAIMED = {
    "c_summary2_removed": "what the missing summary stood for is neither sent nor summarised",
    "c_summary2_removed_nolink": "the same",
    "c_cut_after_boundary2": "the same", "c_cut_mid_summary2": "the same",
}
"""Errors though all that the undamaged session sends is sent: there the history is lost with its summary."""


@dataclass(frozen=True)
class Case:
    """A damaged session: its bytes, what the undamaged one sends, what of that the damaged file still holds, and the
    lines that differ."""

    data: bytes
    whole: frozenset[str]
    held: frozenset[str]
    lines: frozenset[int]
    model: str

    def near(self, finding: Finding) -> bool:
        """Whether a finding stands at the damage: on a line that differs, or on one that names or is named there."""
        return finding.at is None or finding.at.line in self.lines


@cache
def case(name: str, version: str) -> Case:
    if name.startswith("c_"):
        control, data = compactions.mutated(version, name)
        small = control
    else:
        control, data = builder.mutated(version, LARGE.get(name, name), large=name in LARGE)
        small = builder.mutated(version, "control")[0]
    model = builder.story(version).model
    whole = marks(small) if not name.startswith("c_") else sent(transcript.judge(small, version, model=model).situation)
    return Case(data, whole, marks(data) & whole, frozenset(changed(control, data)), model)


def marks(data: bytes) -> frozenset[str]:
    """The marks and calls that the records of a file hold; pointers and titles only speak of them."""
    lines = data.decode("utf-8", "replace").split("\n")
    text = "\n".join(line for line in lines if not line.startswith('{"type":"last-prompt'))
    return frozenset(MARK.findall(text)) | frozenset(CALL.findall(text))


def sent(situation: Situation) -> frozenset[str]:
    """The marks and calls of the request; none where no request goes out."""
    if situation.thread.outcome in UNLOADED:
        return frozenset()
    text = json.dumps([*situation.request.messages()], separators=(",", ":"), ensure_ascii=False)
    return frozenset(MARK.findall(text)) | frozenset(CALL.findall(text))


def changed(control: bytes, data: bytes) -> Iterator[int]:
    """The lines of the damaged file that differ from the whole one, those around a line that is gone, and those that
    share an id with one of them."""
    before, after = control.split(b"\n"), data.split(b"\n")
    ids: set[bytes] = set()
    for tag, start, end, first, last in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from range(first + 1, last + 1) if last > first else (first, first + 1)
            ids.update(ID.findall(b"\n".join(before[start:end] + after[first:last])[-20_000:]))
    for number, line in enumerate(after, 1):
        if ids.intersection(ID.findall(line[-20_000:])):
            yield number


@dataclass(frozen=True)
class Judged:
    """What is found, what goes out, and how that ends. Not the report: its file is closed behind each test."""

    findings: tuple[Finding, ...]
    sent: frozenset[str]
    outcome: Outcome


@cache
def judged(name: str, version: str) -> Judged:
    found = case(name, version)
    report = transcript.judge(found.data, version, model=found.model)
    return Judged(report.findings, sent(report.situation), report.resume.outcome)


@cache
def mended(name: str, version: str) -> frozenset[str]:
    """What goes out after a repair that asks nothing."""
    found = case(name, version)
    return sent(transcript.mend(found.data, version, model=found.model).after.situation)


def of_the_damage(name: str, version: str) -> list[Finding]:
    """What is found beyond what an undamaged session of this version shows."""
    control = {finding.code for finding in judged(untouched(name), version).findings}
    return [finding for finding in judged(name, version).findings if finding.code not in control]


def untouched(name: str) -> str:
    return "c_control" if name.startswith("c_") else "xb_control" if name in LARGE else "control"


def hurt(name: str, version: str) -> bool:
    """Whether this version refuses the damaged session, or does not send all that is in it."""
    report, usual = judged(name, version), judged(untouched(name), version)
    lost = case(name, version).held & usual.sent - report.sent
    return bool(lost) or report.outcome is not usual.outcome


def versions(name: str) -> list[str]:
    return [version for other, version in CASES if other == name]


@pytest.mark.parametrize("name", PATTERNS)
def test_what_is_lost_or_refused_is_found_where_it_is(name: str) -> None:
    for version in versions(name):
        findings = of_the_damage(name, version)
        if name in HARMLESS:
            assert not [finding.id for finding in findings if finding.severity is not Severity.INFO], version
        elif hurt(name, version):
            assert any(case(name, version).near(finding) for finding in findings), (version, findings)
            assert all(finding.message for finding in findings)


@pytest.mark.parametrize("name", PATTERNS)
def test_what_a_version_gets_over_is_no_error(name: str) -> None:
    for version in versions(name):
        if not hurt(name, version) and name not in CLAIMED:
            errors = [one.id for one in of_the_damage(name, version) if one.severity is Severity.ERROR]
            assert not errors, version


@pytest.mark.parametrize("name", PATTERNS)
def test_all_that_the_file_holds_is_sent_after_a_repair(name: str) -> None:
    for version in versions(name):
        found = case(name, version)
        missing = found.held - mended(name, version)
        if missing and (name, version) not in UNMENDED and name not in UNSENDABLE:
            assert name in OFFERED, (version, missing)
            left = found.held - chosen(name, version)
            # A summary goes where the history that it stands for comes back.
            assert not {mark for mark in left if not mark.startswith("SUMMARY")}, (version, missing)


def chosen(name: str, version: str) -> frozenset[str]:
    """What is sent once some fix that was offered is chosen, and what it allows is mended."""
    found = case(name, version)
    best: frozenset[str] = frozenset()
    for finding in judged(name, version).findings:
        for fix in finding.fixes:
            after = transcript.mend(
                found.data, version, model=found.model, chosen={finding.id: fix.id},
                allow={Safety.SAFE, Safety.RESTORES},
            ).after
            best = max(best, sent(after.situation), key=lambda one: len(one & found.held))
    return best


def test_no_exception_is_there_unneeded() -> None:
    short = {(name, version) for name, version in CASES if score(name, version) < 1}
    assert set(UNMENDED) <= short
    assert not (set(OFFERED) | set(UNSENDABLE)) - {name for name, _version in short}


def score(name: str, version: str) -> float:
    """The share of the messages and calls in the file that go out after a repair, nothing being asked."""
    found = case(name, version)
    return len(found.held & mended(name, version)) / len(found.held) if found.held else 1.0


def test_the_score_of_a_repair() -> None:
    """Mean and worst over all damage and versions, and over what a repair may mend without asking."""
    scores = {key: score(*key) for key in CASES}
    asked = {key for key in CASES if key[0] in OFFERED or key[0] in UNSENDABLE or key in UNMENDED}
    print(f"kept: mean {fmean(scores.values()):.2%}, worst {min(scores.values()):.0%}")
    assert fmean(scores.values()) > 0.96
    assert all(share == 1 for key, share in scores.items() if key not in asked)
