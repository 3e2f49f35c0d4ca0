"""`unbrick edit`, and what `truncate` can do besides cutting behind a point."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from test_cli import SAMPLES, UNBRICK

HEALTHY, LOST = SAMPLES / "healthy" / "session.jsonl", SAMPLES / "missing-parent" / "session.jsonl"
PREFIX = ["--no-surroundings"]


def run(*words: str | Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [UNBRICK, *map(str, words), *PREFIX], capture_output=True, text=True, input=text, timeout=60, check=False,
    )


def printed(*words: str | Path) -> Any:
    done = run(*words, "--json")
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def test_an_edit_is_shown_and_nothing_is_written(tmp_path: Path) -> None:
    done = run("edit", HEALTHY, "--delete-turn", "167")
    assert done.returncode == 0
    assert "Take out the turn at line 167 (drops 1 prompt, 7 replies, 5 results, 1 thinking block)" in done.stdout
    assert "Nothing has been written" in done.stdout


def test_edits_are_done_in_order_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    said = printed("edit", HEALTHY, "--delete-turn", "21", "--set-text", "184", "Say it in “French”.", "-o", out)
    assert [one["fix"] for one in said["applied"]] == ["say", "drop-turn"]
    assert said["after"]["word"] == "resumes in full"
    assert said["written"]["checked"]["verdict"] == "healthy"
    before, after = HEALTHY.read_bytes().splitlines(), out.read_bytes().splitlines()
    assert json.loads(next(line for line in after if "French" in line.decode()))["message"]["content"] \
        == "Say it in “French”."
    assert before[20] not in after
    assert (Counter(before) & Counter(after)).total() == said["written"]["kept"]


def test_a_text_is_read_from_standard_input() -> None:
    done = run("edit", HEALTHY, "--set-text", "3", "-", "--json", text="two\nlines\n")
    assert json.loads(done.stdout)["price"] == "changes what 1 message says"


def test_a_text_may_be_a_result_by_its_number() -> None:
    said = printed("edit", HEALTHY, "--set-text", "8:1", "nothing to see")
    assert said["applied"][0]["title"] == "Change the result of line 8"


@pytest.mark.parametrize(
    ("words", "said"), [
        pytest.param([], "edit takes --set-text", id="nothing to do"),
        pytest.param(["--drop-block", "7"], "--drop-block takes LINE:N", id="a block without its number"),
        pytest.param(["--drop-block", "7:9"], "line 7 has no block 9", id="no such block"),
        pytest.param(["--delete", "9999"], "9999 is neither a line of this file", id="no such line"),
        pytest.param(["--delete-pair", "3"], "holds neither a call nor a result", id="no pair"),
        pytest.param(["--delete-turn", "1"], "part of no turn", id="no turn"),
        pytest.param(["--strip", "images"], "There are no images", id="no images"),
        pytest.param(["--of", "3", "--delete", "3"], "--of and --before say what --strip", id="nothing to strip"),
        pytest.param(["--strip", "thinking", "--of", "3", "--before", "4"], "exclude each other", id="two scopes"),
        pytest.param(["--set-text", "3", "  "], "An empty text is refused", id="an empty text"),
        pytest.param(["--set-text", "3:x", "a"], "--set-text takes LINE or LINE:N", id="no number"),
        pytest.param(["--set-text", "3:4", "a"], "there is no text 4", id="no such text"),
        pytest.param(["--delete", "7", "--delete", "7"], "went with an edit before", id="gone already"),
    ],
)
def test_wrong_use_gets_a_sentence(words: list[str], said: str) -> None:
    done = run("edit", HEALTHY, *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_points_that_fixes_make_safe_are_listed_and_cut_at() -> None:
    listed = run("truncate", LOST, "--list").stdout
    assert "safe after 1 fix above" in listed
    assert "1 file written after it" in listed
    plain, mended = printed("truncate", LOST, "--at", "199"), printed("truncate", LOST, "--at", "199", "--mend")
    assert plain["after"]["word"] == "loses history"
    assert mended["after"]["word"] == "resumes in full"
    assert [one["fix"] for one in mended["applied"]][-1] == "cut"


def test_the_list_as_json_holds_both_ends() -> None:
    said = printed("truncate", LOST, "--list")
    assert said["points"][0]["first"] == ["L001@125"]
    assert [one["line"] for one in said["points"]] == sorted((one["line"] for one in said["points"]), reverse=True)
    assert said["beginnings"][0]["price"].startswith("drops 1 prompt")


@pytest.mark.parametrize("option", ["--keep-from", "--before"])
def test_the_beginning_is_dropped(tmp_path: Path, option: str) -> None:
    out = tmp_path / "out.jsonl"
    said = printed("truncate", HEALTHY, option, "96", "-o", out)
    assert said["written"]["checked"]["word"] == "resumes in full"
    assert said["conversation"]["gone"]["prompts"] == 5
    first = next(value for value in map(json.loads, out.read_bytes().splitlines()) if value["type"] == "user")
    assert first["parentUuid"] is None
    assert first["uuid"] == json.loads(HEALTHY.read_bytes().splitlines()[95])["uuid"]


def test_a_beginning_that_is_no_prompt_is_refused() -> None:
    done = run("truncate", HEALTHY, "--keep-from", "97")
    assert done.returncode == 2
    assert "is no typed prompt" in done.stderr
