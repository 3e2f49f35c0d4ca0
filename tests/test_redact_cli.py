"""`unbrick redact`: the list, what is refused, and a session without its secrets."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tools import builder
from unbrick.errors import UsageError
from unbrick_tui.cli import cli

KEY = "ghp" + "_" + "9fQz7Lk2Vb8Xw3Rt6Yp1Nc5Md4Hs0Gj2Ka7E"
WORD = "correct-horse-battery"

Run = Callable[..., Result]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    data = builder.story("2.1.158").data()
    made = tmp_path / f"{builder.SESSION}.jsonl"
    made.write_bytes(data.replace(b"PROMPT-1", KEY.encode()).replace(b"TOOLOUT-2", f"{KEY} {WORD}".encode()))
    return made


@pytest.fixture
def run(path: Path) -> Run:
    def invoke(*options: str, given: str = "") -> Result:
        words = ["redact", str(path), "--no-surroundings", *options]
        return CliRunner().invoke(cli, words, input=given, standalone_mode=False)

    return invoke


def test_the_list_shows_no_secret_whole(run: Run, path: Path) -> None:
    before = path.read_bytes()
    said = run().stdout
    assert "1. GitHub token ghp_… (40 characters): lines" in said and KEY not in said
    assert path.read_bytes() == before


def test_the_list_as_json(run: Run) -> None:
    (found,) = json.loads(run("--json").stdout)["secrets"]
    assert found["kind"] == "GitHub token" and len(found["lines"]) == 3 and KEY not in found["shown"]


def test_without_a_destination_nothing_is_written_and_no_line_is_shown(run: Run, path: Path) -> None:
    before = path.read_bytes()
    done = run("--all")
    assert "Redact ghp_… (40 characters) everywhere (replaces" in done.stdout
    assert "Nothing has been written" in done.stdout
    assert KEY not in done.output and path.read_bytes() == before


def test_in_place_leaves_a_backup_and_names_it(run: Run, path: Path) -> None:
    before = path.read_bytes()
    done = run("--pick", "1", "--in-place")
    assert done.exception is None, done.exception
    (backup,) = path.parent.glob("*.unbrick-backup")
    assert KEY.encode() not in path.read_bytes() and backup.read_bytes() == before
    assert str(backup) in done.stdout.split("hold it, too")[1] and KEY not in done.output


def test_a_line_that_keeps_it_compressed_is_named(run: Run, path: Path) -> None:
    packed = base64.b64encode(gzip.compress(KEY.encode()))
    data = path.read_bytes().replace(b"TOOLOUT-4", packed)
    path.write_bytes(data)
    number = next(number for number, raw in enumerate(data.splitlines(), 1) if packed in raw)
    done = run("--all", "--in-place")
    assert f"Compressed data holds it, too, and stays as it is: line {number}." in done.stdout


def test_a_value_that_no_form_gives_away_is_asked_for(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    done = run("--ask", "-o", str(out), given=f"{WORD}\n")
    assert done.exception is None, done.exception
    assert WORD not in out.read_text() and KEY in out.read_text() and WORD not in done.output


def test_to_standard_output_goes_the_session_alone(run: Run, path: Path) -> None:
    done = run("--all", "-o", "-")
    assert done.stdout_bytes == path.read_bytes().replace(KEY.encode(), b"[redacted]")


@pytest.mark.parametrize(("options", "given", "why"), [
    pytest.param(("--in-place",), "", "Say what to redact", id="nothing chosen"),
    pytest.param(("--pick", "2"), "", "1 to 1", id="no such number"),
    pytest.param(("--pick", "x"), "", "takes numbers", id="no number"),
    pytest.param(("--ask",), "no-such-value\n", "No record", id="not there"),
    pytest.param(("--ask",), "\n", "too short", id="nothing typed"),
])
def test_what_cannot_be_done_is_said(run: Run, options: tuple[str, ...], given: str, why: str) -> None:
    error = run(*options, given=given).exception
    assert isinstance(error, UsageError) and why in str(error)
