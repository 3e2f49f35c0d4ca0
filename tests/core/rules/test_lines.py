from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tools.chat import Chat, call, codes, judge, mend, only, result, sent
from tools.transcript import Transcript
from tools.transcript import mend as transcript_mend
from unbrick.edit import Answer, Salvage
from unbrick.finding import Safety, Severity
from unbrick.record import salvaged
from unbrick.report import Verdict
from unbrick.thread import Outcome

OLD, TREE, ROLE, NEW = "1.0.128", "2.1.20", "2.1.139", "2.1.329"
VERSIONS = (OLD, TREE, ROLE, NEW)
LARGE = 6_000_000


def chat() -> Chat:
    made = Chat()
    for number in range(1, 5):
        made.user(f"PROMPT-{number}")
        made.assistant(call(f"t{number}"))
        made.user(result(f"t{number}", f"TOOLOUT-{number}"))
        made.assistant(f"REPLY-{number}")
    return made


def lines() -> list[bytes]:
    return [line + b"\n" for line in chat().lines()]


def with_line(line: bytes, at: int = 8) -> bytes:
    made = lines()
    return b"".join([*made[:at], line, *made[at:]])


def replaced(at: int, line: bytes) -> bytes:
    made = lines()
    made[at] = line
    return b"".join(made)


def torn_and_glued(at: int = 6) -> bytes:
    """The record in front of a place is cut off, and the one at it begins on the same line."""
    made = lines()
    made[at - 1] = made[at - 1][:120]
    return b"".join(made)


def glued(at: int = 6) -> bytes:
    made = lines()
    made[at - 1] = made[at - 1].rstrip(b"\n")
    return b"".join(made)


def nul_before(at: int = 6) -> bytes:
    made = lines()
    return b"".join([*made[:at], b"\x00" * 64 + made[at], *made[at + 1 :]])


def large(data: bytes) -> bytes:
    """The same session with a first record of six megabytes that no client sends."""
    extra = {"type": "file-history-snapshot", "messageId": "x", "snapshot": {"padding": "y" * LARGE}}
    return json.dumps(extra).encode() + b"\n" + data


def surrogate() -> bytes:
    made = chat()
    made.records[6]["message"]["content"][0]["content"] = "cut \ud83d off"
    return made.bytes()


E, W, I = "error ", "warning ", "info "  # noqa: E741
TABLE = [
    # transcript, findings on 1.0.128, 2.1.20, 2.1.139, 2.1.329
    pytest.param(b"".join(lines()), "", "", "", "", id="nothing wrong"),
    pytest.param(with_line(b"not json\n"), *[I + "J001"] * 4, id="a line that is not JSON"),
    pytest.param(with_line(b"\n"), "", "", "", "", id="an empty line"),
    pytest.param(with_line(b"\x00" * 32 + b"\n"), *[I + "J004"] * 4, id="a line of NUL bytes"),
    pytest.param(nul_before(), *[E + "J004"] * 4, id="NUL bytes in front of a record"),
    pytest.param(torn_and_glued(), *[E + "J002"] * 4, id="a record cut off, the next one glued on"),
    pytest.param(glued(), *[E + "J003"] * 4, id="two records on one line"),
    pytest.param(b"".join(lines()) + lines()[0][:90], *[I + "J002"] * 4, id="a last line that is cut off"),
    pytest.param(b"".join(lines())[:-1], *[I + "J008"] * 4, id="no line break at the end"),
    pytest.param(with_line(b"null\n"), I + "J005", E + "J005", E + "J005", I + "J005", id="a line null"),
    pytest.param(with_line(b"[1]\n"), I + "J005", E + "J005", E + "J005", I + "J005", id="a line with an array"),
    pytest.param(b"\xef\xbb\xbf" + b"".join(lines()), E + "J007", *[I + "J007"] * 3, id="a byte order mark"),
    pytest.param(
        b"".join(lines()).replace(b"TOOLOUT-2", b"TOOL\xff\xfeOUT"), *[I + "J006"] * 4, id="invalid UTF-8 in a text"
    ),
    pytest.param(surrogate(), E + "J009", E + "J009", I + "J009", I + "J009", id="half of a surrogate pair"),
    pytest.param(b"".join(line.rstrip(b"\n") + b"\r\n" for line in lines()), "", "", "", "", id="carriage returns"),
]


@pytest.mark.parametrize(("data", "old", "tree", "role", "new"), TABLE)
def test_what_is_found_on_which_client(data: bytes, old: str, tree: str, role: str, new: str) -> None:
    assert [", ".join(codes(judge(data, version), "J")) for version in VERSIONS] == [old, tree, role, new]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("data", [param.values[0] for param in TABLE], ids=[param.id for param in TABLE])
def test_the_default_repair_mends_what_hurts(data: bytes, version: str) -> None:
    repaired = mend(data, version)
    assert not [one for one in codes(repaired.after, "J") if not one.startswith("info")]
    assert repaired.after.resume.outcome is Outcome.ACCEPTED
    assert "PROMPT-4" in sent(repaired.after)
    if repaired.before.verdict is Verdict.HEALTHY:
        assert repaired.patch == {}


@pytest.mark.parametrize("build", [torn_and_glued, glued, nul_before], ids=["torn and glued", "glued", "NUL bytes"])
def test_whole_records_are_cut_out_byte_for_byte(build: Callable[[], bytes]) -> None:
    whole = lines()[6].rstrip(b"\n")
    for version in VERSIONS:
        found = next(one for one in judge(build(), version).findings if one.code[0] == "J")
        (fix,) = found.fixes
        assert (fix.id, fix.safety) == ("salvage", Safety.SAFE)
        assert fix.price.startswith("brings back ")
        (edit,) = fix.edits
        assert isinstance(edit, Salvage)
        assert edit.pieces is None
        raw = next(line for line in build().splitlines() if salvaged(line) != (line,))
        assert salvaged(raw)[-1] == whole
        assert "TOOLOUT-2" in sent(mend(build(), version).after)


def test_a_cut_off_last_line_is_closed_and_kept() -> None:
    found = only(judge(b"".join(lines()) + lines()[0][:90], ROLE), "J002")
    assert [fix.id for fix in found.fixes] == ["close", "drop"]
    assert [fix.safety for fix in found.fixes] == [Safety.SAFE, Safety.MANUAL]
    assert found.fixes[1].price == "you decide"
    (edit,) = found.fixes[0].edits
    assert isinstance(edit, Salvage)
    assert edit.pieces == (lines()[0][:90],)


@pytest.mark.parametrize(("version", "outcome", "error"), [
    ("2.0.76", None, Severity.INFO), ("2.1.112", None, Severity.ERROR), ("2.1.139", Outcome.CRASH, Severity.ERROR),
    ("2.1.227", Outcome.CRASH, Severity.ERROR), ("2.1.228", None, Severity.INFO),
])
def test_a_line_that_is_no_object_stops_or_crashes(version: str, outcome: Outcome | None, error: Severity) -> None:
    report = judge(with_line(b"null\n"), version)
    found = only(report, "J005")
    assert (found.outcome, found.severity) == (outcome, error)
    assert found.fixes[0].safety is Safety.SAFE
    assert report.resume.outcome is (outcome or Outcome.ACCEPTED)


@pytest.mark.parametrize(("line", "code"), [(b"not json\n", "J001"), (b"\x00" * 32 + b"\n", "J004")])
@pytest.mark.parametrize(("version", "expected"), [
    ("2.1.70", "info"), ("2.1.90", "error"), ("2.1.112", "error"), ("2.1.139", "info"), ("2.1.329", "info"),
])
def test_a_bad_line_stops_two_clients_in_large_files(line: bytes, code: str, version: str, expected: str) -> None:
    data = large(with_line(line))
    assert codes(judge(data, version), "J") == [f"{expected} {code}"]
    assert codes(mend(data, version).after, "J") == ([f"info {code}"] if expected == "info" else [])


def test_a_record_on_a_branch_that_is_not_loaded_is_worth_a_remark_only() -> None:
    made = chat()
    fork = made.records[3]["uuid"]
    made.user("PROMPT-LEFT", parent=fork)
    made.assistant("REPLY-LEFT")
    made.user("PROMPT-STAYED", parent=fork)
    made.assistant("REPLY-STAYED")
    raw = [line + b"\n" for line in made.lines()]
    raw[16] = b"\x00" * 8 + raw[16]
    assert codes(judge(b"".join(raw), NEW), "J") == ["info J004"]


def test_halves_of_pairs_are_replaced_where_they_stand() -> None:
    report = judge(surrogate(), OLD)
    found = only(report, "J009")
    assert found.api_error == "The request body is not valid JSON: no low surrogate in string"
    after = mend(surrogate(), OLD).after
    assert "cut \\ufffd off" in sent(after)
    line = (after.situation.session.scan.view.raw(6)).decode()
    assert line == lines()[6].decode().rstrip("\n").replace("TOOLOUT-2", "cut \ufffd off")


def test_one_line_is_one_finding_however_much_is_wrong_with_it() -> None:
    found = judge(with_line(b"\x00\x00{\"type\":\"us\n"), NEW).findings
    assert [one.code for one in found if one.code[0] == "J"] == ["J004"]


def with_parallel_calls() -> list[bytes]:
    made = Transcript(version=OLD)
    for turn in range(3):
        made.prompt(f"PROMPT-{turn}")
        made.reply(f"REPLY-{turn}", response=f"msg_{turn}")
        for ref in ("a", "b"):
            made.call(f"toolu_{turn}{ref}", response=f"msg_{turn}")
        for ref in ("a", "b"):
            made.result(f"toolu_{turn}{ref}", f"TOOLOUT-{turn}{ref}")
    made.reply("REPLY-4")
    return made.data().splitlines(keepends=True)


@pytest.mark.parametrize("version", ["1.0.128", "2.0.14", "2.1.139"])
@pytest.mark.parametrize("run", [2, 3, 5], ids=["two lines", "three lines", "five lines"])
def test_no_result_is_invented_for_a_call_whose_own_stands_on_a_glued_line(run: int, version: str) -> None:
    whole = with_parallel_calls()
    for at in range(len(whole) - run + 1):
        joined = b"".join(line.rstrip(b"\n") for line in whole[at : at + run]) + b"\n"
        done = transcript_mend(b"".join([*whole[:at], joined, *whole[at + run :]]), version)
        edits = [edit for applied in done.applied for edit in applied.fix.edits]
        assert not [edit for edit in edits if isinstance(edit, Answer)], at
        assert (done.after.resume.messages, done.after.resume.lost) == (len(whole), 0), at
