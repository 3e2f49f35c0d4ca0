"""What a tour through all commands leaves behind: files as private as the original, no word of the conversation in what
is remembered, and nothing sent anywhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import builder
from tools.outward import listening
from unbrick_tui.cli import run

MARK = "Zanzibar-4711"
SECRET = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
SAMPLES = Path(__file__).parents[1] / "sample_sessions"
WRITTEN = {
    "repaired.jsonl": ("repair", "{path}", "--lossy", "--restore"), "cut.jsonl": ("truncate", "{path}", "--last-safe"),
    "edited.jsonl": ("edit", "{path}", "--delete", "3"), "redacted.jsonl": ("redact", "{path}", "--all"),
    "page.html": ("export", "{path}", "--as", "html"), "page.md": ("export", "{path}", "--all"),
    "messages.json": ("export", "{path}", "--as", "messages"), "report.zip": ("export", "{path}", "--as", "report"),
    "hidden.md": ("export", "{path}", "--level", "full"),
}
READ = (
    ("check", "{path}"), ("check", "{path}", "--json"), ("check", "{folder}"), ("context", "{path}"), ("list",),
    ("list", "--json"), ("request", "{path}"), ("why", "{path}"), ("why", "{path}", "API Error: 400 x"),
    ("redact", "{path}"), ("truncate", "{path}", "--list"),
    ("explain", "T001"), ("settings",),
)
CHANGED = (
    ("repair", "{path}", "--as-session"), ("truncate", "{path}", "--last-safe", "--as-session"),
    ("edit", "{path}", "--delete", "3", "--in-place"), ("redact", "{path}", "--all", "--in-place"),
    ("restore", "{path}", "--list"), ("restore", "{path}"), ("restore", "{path}", "{backup}"),
)

def test_the_hook_hears() -> None:
    with listening() as heard:
        os.system(":")
    assert heard


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home, and folders for what programs keep, of a person who hides nothing: no umask."""
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TMPDIR"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    before = os.umask(0)
    yield tmp_path
    os.umask(before)


def _session(home: Path, client: str) -> Path:
    """A session whose every prompt, reply and result holds the mark and a secret, for its owner alone."""
    if client == "amplifier":
        sessions = home / "home" / ".amplifier" / "projects" / "-work" / "sessions"
        folder = sessions / "11111111-2222-4333-8444-555555555555"
        shutil.copytree(SAMPLES / "amplifier" / "healthy", folder)
        path = folder / "transcript.jsonl"
        words: tuple[bytes, ...] = (b"Fix the", b"operator", b"All tests")
    else:
        path = home / "config" / "projects" / "-work" / f"{builder.SESSION}.jsonl"
        path.parent.mkdir(parents=True)
        path.write_bytes(builder.story("2.1.158").data())
        words = (b"PROMPT-", b"REPLY-", b"TOOLOUT-", b"THINK-")
    data = path.read_bytes()
    for word in words:
        data = data.replace(word, f"{MARK} {SECRET} ".encode() + word)
    path.write_bytes(data)
    assert data.count(MARK.encode()) > 2
    for one in path.parent.rglob("*"):
        one.chmod(0o700 if one.is_dir() else 0o600)
    return path


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


@pytest.mark.parametrize("client", ["claude_code", "amplifier"])
def test_a_tour_leaves_nothing_that_others_can_read(
    home: Path, client: str, capfd: pytest.CaptureFixture[str],
) -> None:
    path = _session(home, client)
    before = _files(home)
    with listening() as heard:
        for words in READ:
            assert run([word.format(path=path, folder=path.parent) for word in words]) in (0, 1), words
        remembered = _files(home) - before
        for name, words in WRITTEN.items():
            assert run([*(word.format(path=path) for word in words), "-o", name]) in (0, 1), words
        for words in CHANGED:
            backups = sorted(path.parent.glob("*.unbrick-backup*"))
            if "{backup}" in words and not backups:
                continue
            status = run([word.format(path=path, backup=backups[0] if backups else "") for word in words])
            assert status in (0, 1), (words, capfd.readouterr())
    said = "".join(capfd.readouterr())
    assert "itself failed" not in said and "Usage:" not in said
    assert not heard
    left = _files(home) - before
    assert {name for name in WRITTEN if (home / "work" / name).exists()} == set(WRITTEN)
    assert any(".unbrick-backup" in one.name for one in left)
    assert not [one for one in left if one.stat().st_mode & 0o077], "read by others"
    assert not _files(home / "tmpdir"), "temporary files stay"
    apart = [home / name for name in ("home", "xdg_cache_home", "xdg_state_home", "xdg_config_home", "xdg_data_home")]
    kept = {one for one in left if any(one.is_relative_to(folder) for folder in apart)}
    kept = {one for one in kept if not one.is_relative_to(path.parents[1])} | remembered
    assert remembered, "verdicts are remembered"
    for one in kept:
        raw = one.read_bytes()
        assert not [word for word in (MARK, SECRET, SECRET[4:20]) if word.encode() in raw], one
    for name in ("redacted.jsonl", "page.html", "page.md", "report.zip", "hidden.md"):
        assert SECRET.encode() not in (home / "work" / name).read_bytes(), name
    assert MARK.encode() not in (home / "work" / "report.zip").read_bytes()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_what_is_written_is_as_private_as_the_original(home: Path, mode: int) -> None:
    path = _session(home, "claude_code")
    path.chmod(mode)
    before = _files(home)
    for name, words in WRITTEN.items():
        assert run([*(word.format(path=path) for word in words), "-o", name]) in (0, 1)
        assert (home / "work" / name).stat().st_mode & 0o077 & ~mode == 0, name
    assert run(["edit", str(path), "--delete", "3", "--in-place"]) in (0, 1)
    assert all(one.stat().st_mode & 0o077 & ~mode == 0 for one in _files(home) - before)
