"""`unbrick request --recorded`, as people and scripts run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / "sample_sessions" / "claude_code"
NOTED = SAMPLES / "healthy-compacted-twice"
NONE = SAMPLES / "null-parent-in-the-middle"
RECORDED = {"number", "line", "id", "time", "purpose", "version", "model", "size", "proof", "why"}


def request(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "unbrick_tui", "request", *map(str, arguments), "--no-surroundings"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_list_says_of_each_what_came_of_it() -> None:
    done = request(NOTED, "--recorded")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("The client noted ")
    assert lines[1].startswith("1. line ")
    assert "cannot be rebuilt" in lines[1], "the texts of the samples were shortened"
    assert any(line.startswith("The next request, by Claude Code ") for line in lines)


def test_one_request_is_printed_message_by_message() -> None:
    done = request(NOTED, "--recorded", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Request 1, noted on line ")
    assert "\nmessages.0 user (line " in done.stdout
    assert request(NOTED, "--recorded", "last").returncode == 0


def test_the_list_as_json() -> None:
    found = json.loads(request(NOTED, "--recorded", "--json").stdout)
    assert set(found) == {"schema", "recorded", "departure"}
    assert [one["number"] for one in found["recorded"]] == list(range(1, len(found["recorded"]) + 1))
    assert all(set(one) == RECORDED for one in found["recorded"])
    assert set(found["departure"] or ()) <= {"message_index", "block_index", "before", "after"}


def test_one_request_as_json() -> None:
    found = json.loads(request(NOTED, "--recorded", "1", "--json").stdout)
    assert set(found) == {"schema", "recorded", "messages", "lines"}
    assert len(found["messages"]) == len(found["lines"]) == found["recorded"]["size"]
    assert set(found["recorded"]) == RECORDED


def test_the_last_beside_the_next() -> None:
    done = request(NOTED, "--recorded", "--diff", "--client", "2.1.329")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Request 9, noted on line 65: 18 messages, cannot be rebuilt")
    assert lines[1] == "The next one, by Claude Code 2.1.329: 27 messages."
    assert "- messages.3, user (line 25): will not be sent again; a summary stands for it" in lines
    assert any(line.startswith("+ messages.0 of the next, user (line 152): new since then") for line in lines)
    assert any(line.startswith("- … and ") for line in lines), "long runs are cut"
    assert request(NOTED, "--recorded", "1", "--diff").stdout.startswith("Request 1, ")


def test_beside_the_next_as_json() -> None:
    found = json.loads(request(NOTED, "--recorded", "last", "--diff", "--json").stdout)
    assert set(found) == {"schema", "recorded", "beside"}
    assert {one["fate"] for one in found["beside"]} == {"gone", "new"}
    assert all(set(one) == {"fate", "before", "after", "lines", "blocks"} for one in found["beside"])
    before = [one["before"] for one in found["beside"] if one["before"] is not None]
    assert before == list(range(found["recorded"]["size"]))


def test_every_field_is_documented() -> None:
    text = (SAMPLES.parents[1] / "docs" / "json.md").read_text("utf-8")
    for key in (*RECORDED, "recorded", "departure", "before", "after", "lines", "beside", "fate", "blocks"):
        assert f"`{key}`" in text, key


def test_a_file_that_records_none_says_so() -> None:
    done = request(NONE, "--recorded")
    assert done.returncode == 0
    assert done.stdout.startswith("This file records no requests. Claude Code notes what it sends from 2.1.300 on")
    assert json.loads(request(NONE, "--recorded", "--json").stdout)["recorded"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param((NONE, "--recorded", "last"), "no recorded request", id="the last of none"),
        pytest.param((NOTED, "--recorded", "999"), "but no number 999", id="more than there are"),
        pytest.param((NOTED, "--recorded", "0"), "counted from 1", id="zero"),
        pytest.param((NOTED, "--recorded", "two"), "counted from 1", id="a word"),
        pytest.param((NOTED, "--recorded", "1", "--prompt", "x"), "use one of them", id="with a prompt"),
        pytest.param((NOTED, "--diff"), "say --recorded --diff", id="a comparison with nothing"),
    ],
)
def test_wrong_use_gets_a_sentence(arguments: tuple[object, ...], said: str) -> None:
    done = request(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_comparison_where_none_is_recorded_says_so_as_the_list_does() -> None:
    done = request(NONE, "--recorded", "--diff")
    assert done.returncode == 0
    assert done.stdout == request(NONE, "--recorded").stdout
