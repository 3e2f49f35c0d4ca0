"""What a transcript holds never acts on the terminal, whichever command tells of it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from tools import builder
from tools.hostile import NASTY, everywhere
from unbrick_tui.cli import run

WORDS = (
    ["check", "{path}"], ["check", "{path}", "--json"], ["check", "{path}", "--client", "2.1.329"],
    ["context", "{path}"], ["context", "{path}", "--json"], ["request", "{path}"], ["request", "{path}", "--json"],
    ["why", "{path}"], ["why", "{path}", "API Error: 400 messages.1.content.0: x"], ["list"], ["list", "--json"],
    ["redact", "{path}"], ["redact", "{path}", "--json"], ["truncate", "{path}", "--list"],
    ["truncate", "{path}", "--list", "--json"], ["repair", "{path}"], ["repair", "{path}", "--lossy", "--restore"],
    ["repair", "{path}", "-o", "copy.jsonl"], ["edit", "{path}", "--delete", "3"],
    ["edit", "{path}", "--delete", "3", "--json"], ["export", "{path}", "--as", "markdown", "-o", "-"],
    ["export", "{path}", "--as", "html", "-o", "-"], ["export", "{path}", "--as", "report", "-o", "copy.jsonl"],
    ["export", "{path}", "--as", "messages", "-o", "-"], ["export", "{path}", "--all", "--level", "full", "-o", "-"],
    ["edit", "{path}", "--delete-turn", "1", "-o", "copy.jsonl"], ["edit", "{path}", "--strip", "images"],
    ["edit", "{path}", "--strip", "thinking", "-o", "copy.jsonl"], ["edit", "{path}", "--set-text", "1", "{nasty}x"],
    ["redact", "{path}", "--all", "-o", "copy.jsonl"], ["repair", "{path}", "--lossy", "--as-session"],
    ["truncate", "{path}", "--last-safe", "-o", "copy.jsonl"], ["truncate", "{path}", "--keep-from", "{nasty}x"],
    ["settings"], ["explain", "{nasty}x"], ["check", "{nasty}x"],
    ["check", "{path}", "--client", "{nasty}x"], ["check", "{path}", "--model", "{nasty}x"],
    ["list", "--project", "{nasty}x"], ["restore", "{path}", "{nasty}x"],
    ["restore", "{path}", "--list"], ["open", "{path}"],
)
ABOUT_VERSIONS = ("check", "context", "request", "list")
JOINERS = set(map(ascii, "\u200c\u200d\u00ad"))
ACTING = {"Cc", "Cf", "Cs", "Zl", "Zp", "Co"}


def acting(said: str) -> set[str]:
    """Characters that a terminal acts on, or that hide what is said."""
    return {ascii(char) for char in set(said) - {"\n"} if unicodedata.category(char) in ACTING}


@pytest.mark.parametrize("nasty", NASTY, ids=lambda nasty: ascii(nasty)[:24])
def test_no_command_lets_it_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], nasty: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "config" / "projects" / "-home-ada-shop" / f"{builder.SESSION}.jsonl"
    path.parent.mkdir(parents=True)
    for version in (False, True):
        path.write_bytes(everywhere(nasty, version=version))
        before = path.read_bytes()
        for words in WORDS if not version else (words for words in WORDS if words[0] in ABOUT_VERSIONS):
            typed = nasty.replace("\0", "").encode("utf-8", "replace").decode()
            status = run([word.format(path=path, nasty=typed) for word in words])
            said = "".join(capfd.readouterr())
            assert "Usage:" not in said, (words, said)
            assert status in (0, 1, 2, 3), words
            assert "itself failed" not in said, (words, said[-600:])
            # A document for people keeps what scripts and emoji are joined with.
            assert not acting(said) - (JOINERS if words[0] == "export" else set()), words
            Path("copy.jsonl").unlink(missing_ok=True)
        assert path.read_bytes() == before
