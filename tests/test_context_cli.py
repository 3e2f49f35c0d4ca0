"""`unbrick context`: the table, the ways to make it fit, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from tools.contexts import failed, reading
from tools.transcript import Transcript
from unbrick_tui.cli import cli

Show = Callable[..., str]
OPTIONS = ("--client", "2.1.139", "--no-surroundings")


@pytest.fixture
def show(tmp_path: Path) -> Show:
    """What the command prints about a transcript."""

    def run(made: Transcript, *options: str) -> str:
        path = tmp_path / "s.jsonl"
        path.write_bytes(made.data())
        done = CliRunner().invoke(cli, ["context", str(path), *OPTIONS, *options], standalone_mode=False)
        assert done.exception is None, done.exception
        return done.stdout.replace(str(path), "PATH")

    return run


def test_the_table_names_kinds_tools_and_lines(show: Show) -> None:
    said = show(reading(4, 36_000, tokens=20_000, error=None)).splitlines()
    assert said[0].startswith("The next request is about 60,000 tokens, 30% of the model's window of 200,000")
    assert "API counted 60,000" in said[0]
    rows = {line[:42].strip(): line[42:].split() for line in said if line.startswith("  ")}
    assert rows["tool results"][2] == "4"
    assert rows["Read"][2] == "8"
    assert "line 3: tool results, Read" in rows
    assert said[-1] == "It fits the window."


def test_what_does_not_fit_is_followed_by_the_ways_and_their_commands(show: Show) -> None:
    said = show(reading(17, 36_000, tokens=15_000))
    assert "Ways to make it fit, those that keep most first:\n  1. Go on with a model whose window" in said
    assert "        unbrick repair PATH --fix S001@70=clear-results\n" in said
    assert "        unbrick repair PATH --fix S001@70=cut\n" in said


def test_a_failed_compaction_shows_what_would_come_back(show: Show) -> None:
    document = json.loads(show(failed(18), "--json"))
    assert document["schema"] == 1
    ahead, back = document["contexts"]
    assert (ahead["name"], ahead["counted"], ahead["ways"]) == ("next", 15_300, [])
    assert (back["name"], back["counted"]) == ("brought back", 195_000)
    assert [way["id"] for way in back["ways"]] == [None, "clear-results", "cut"]
    for one in document["contexts"]:
        assert sum(kind["tokens"] for kind in one["kinds"]) == one["tokens"]
    assert all(way["fits"] for way in back["ways"])
    assert back["largest"][0] == {"line": 3, "block": 0, "kind": "tool results", "tool": "Read", "tokens": 9970}


def test_every_field_is_documented(show: Show) -> None:
    page = (Path(__file__).parents[1] / "docs" / "json.md").read_text("utf-8")
    for one in json.loads(show(failed(18), "--json"))["contexts"]:
        for name in (*one, *one["kinds"][0], *one["largest"][0], *(one["ways"] or [{}])[0]):
            assert f"`{name}`" in page


def test_an_empty_transcript_is_filled_with_nothing(show: Show) -> None:
    assert show(Transcript().talk(0)).startswith("The next request holds nothing.")
