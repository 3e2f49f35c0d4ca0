"""The documentation says what the program does."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from unbrick.catalogue import FAMILIES, explanation, markdown, rule_of
from unbrick.request import Synthetic
from unbrick.rules import ALL, BY_CODE
from unbrick.session import Standing
from unbrick.telling import json_report

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_sessions"
DOCS = ROOT / "docs"


def test_the_page_of_rules_is_the_one_that_the_rules_write() -> None:
    assert (DOCS / "rules.md").read_text("utf-8") == markdown(), (
        "run: python -m unbrick.catalogue > docs/rules.md"
    )


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_a_rule_has_a_row_and_a_section(code: str) -> None:
    text = (DOCS / "rules.md").read_text("utf-8")
    assert f"| [{code}](#" in text
    assert explanation(BY_CODE[code]) in text


def test_rules_are_found_by_code_and_name() -> None:
    for rule in ALL:
        assert rule_of(rule.code.lower()) is rule
        assert rule_of(rule.name) is rule
        assert rule.code[0] in FAMILIES
    assert rule_of("Z999") is None


@pytest.mark.parametrize(
    "word", ["record", "message", "block", "turn", "thread", "chain", "leaf", "boundary", "request", "target"],
)
def test_the_glossary_fixes_the_word(word: str) -> None:
    assert f"**{word}**" in (DOCS / "glossary.md").read_text("utf-8")


@pytest.mark.parametrize("standing", ["rewound", "lost", "undecided"])
def test_the_glossary_names_what_is_off_the_thread(standing: str) -> None:
    assert Standing[standing.upper()]
    assert f"**{standing}**" in (DOCS / "glossary.md").read_text("utf-8")


def test_links_between_pages_lead_somewhere() -> None:
    for page in DOCS.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+\.md)[^)]*\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} → {target}"


def test_every_command_is_documented() -> None:
    from unbrick_tui.cli import cli

    text = (DOCS / "command-line.md").read_text("utf-8")
    ctx = click.Context(cli)
    for name in cli.list_commands(ctx):
        command = cli.get_command(ctx, name)
        if not command.hidden:
            assert f"unbrick {name} " in text
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--"):
                    assert option in text, f"{name} {option}"


def test_the_schema_number_is_the_documented_one() -> None:
    assert f'"schema": {json_report.SCHEMA}' in (DOCS / "json.md").read_text("utf-8")


def test_every_field_of_the_json_is_documented() -> None:
    from test_cli import KEYS

    text = (DOCS / "json.md").read_text("utf-8")
    for part, keys in KEYS.items():
        for key in sorted(keys - {"schema", "transcripts"}):
            assert f"`{key}`" in text, f"{part}: {key}"


def test_every_reason_for_a_synthetic_block_is_documented() -> None:
    text = (DOCS / "json.md").read_text("utf-8")
    assert [reason.value for reason in Synthetic if f"`{reason.value}`" not in text] == []


def test_the_example_of_linting_a_request_is_a_test_suite() -> None:
    page = (DOCS / "formats.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    tests = [name for name in names if name.startswith("test_")]
    assert len(tests) == 2
    for name in tests:
        names[name]()


def shown(page: str) -> list[str]:
    """The commands that a page shows in its blocks, each on a line of its own, without what a comment says."""
    blocks = re.findall(r"^```(?:sh)?\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    lines = (line.removeprefix("$ ") for block in blocks for line in block.splitlines())
    commands = (line for line in lines if re.match(r"(cat \S+ \| )?unbrick ", line))
    return [line for line in commands if not re.search(r" \[|…$|PATH…", line)]


RUN = [
    pytest.param(page, line, id=f"{page} {line.partition('  #')[0].strip()}")
    for page in ("README.md", "docs/command-line.md", "docs/formats.md", "docs/export.md", "docs/application.md")
    for line in dict.fromkeys(shown(page))
]
ASK = ("unbrick prove", "unbrick 60a1f", "unbrick  ")
"""What opens the application or starts a client; both have tests of their own."""


@pytest.mark.parametrize(("page", "line"), RUN)
def test_a_command_runs_as_it_is_printed(
    page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    from unbrick_tui.cli import cli

    if line.startswith(ASK):
        return
    session = tmp_path / "session.jsonl"
    shutil.copy(SAMPLES / "claude_code" / "context-too-long" / "session.jsonl", session)
    shutil.copy(SAMPLES / "messages" / "no-result" / "body.json", tmp_path / "body.json")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / ".claude"))
    command = re.sub(r"\b(SESSION|PATH)\b", str(session), line.partition("  #")[0])
    piped, _, command = command.rpartition("| ") if command.startswith("cat ") else ("", "", command)
    typed = (tmp_path / piped.split()[1]).read_text("utf-8") if piped else None
    words = shlex.split(command)[1:]
    if words[0] == "restore":  # There is a backup where something was saved in place.
        done = CliRunner().invoke(cli, ["truncate", str(session), "--at", "200", "--in-place"])
        assert done.exit_code in (0, 1), done.output
    done = CliRunner().invoke(cli, words, input=typed)
    assert done.exit_code in (0, 1), done.output
    assert "Usage:" not in done.output


def test_commands_are_found_in_the_pages() -> None:
    assert len(RUN) >= 20
