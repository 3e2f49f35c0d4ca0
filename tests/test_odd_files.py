"""What is no ordinary file, no room, no home, a disk that fails: a sentence and an exit status, and the original as it
was."""

from __future__ import annotations

import os
import re
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from test_cli import cut_off, write
from unbrick_tui.cli import run

READING = ("check", "context", "request", "why", "export", "redact", "truncate", "repair", "open")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A session that loses history, in a folder and a home of its own."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "CLAUDE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    made: Path = write(tmp_path / "s" / "session.jsonl", cut_off())
    return made


def pipe(path: Path) -> str:
    os.mkfifo(path)
    return str(path)


def loop(path: Path) -> str:
    path.symlink_to(path)
    return str(path)


def dangling(path: Path) -> str:
    path.symlink_to(path.with_name("nowhere"))
    return str(path)


def listener(path: Path) -> str:
    with socket.socket(socket.AF_UNIX) as open_:
        open_.bind(str(path))
    return str(path)


def folder(path: Path) -> str:
    path.mkdir()
    return str(path)


TARGETS: dict[str, tuple[Callable[[Path], str], str]] = {
    "a pipe": (pipe, "is a pipe"), "a link to itself": (loop, "too many levels of symbolic links"),
    "a link to nothing": (dangling, "no such file"), "a socket": (listener, "cannot be read|is no file"),
    "an empty folder": (folder, "holds no transcript"),
    "the endless device": (lambda _path: "/dev/zero", "is a device"),
    "the empty device": (lambda _path: "/dev/null", "is a device"),
    "a name that is too long": (lambda path: str(path) + "x" * 5000, "does not exist|name too long"),
    "a path that is too long": (lambda path: "/".join([str(path), *["y" * 200] * 30]), "does not exist|name too long"),
    "a file that is taken for a folder": (lambda path: f"{path.parent}/s/session.jsonl/x", "does not exist"),
    "a name that no terminal should see": (
        lambda path: os.fsdecode(os.fsencode(path.parent) + b"/\xff\n\x1b]0;x\x07.jsonl"), "does not exist",
    ),
}


def clean(said: str) -> None:
    """Nobody reads a traceback, and nothing acts on the terminal."""
    assert "Traceback" not in said
    assert "itself failed" not in said
    assert all(char.isprintable() or char == "\n" for char in said)


@pytest.mark.parametrize(("make", "sentence"), TARGETS.values(), ids=TARGETS)
def test_what_is_no_transcript_is_refused(
    path: Path, capfd: pytest.CaptureFixture[str], make: Callable[[Path], str], sentence: str
) -> None:
    word = make(path.parent.parent / "odd.jsonl")
    for command in READING:
        if command == "why" and "\n" in word:
            continue  # It takes that for an error text.
        options = ["--list"] if command == "truncate" else []
        assert run([command, word, *options]) == 3
        out, said = capfd.readouterr()
        assert out == ""
        clean(said)
        assert re.search(sentence, said), said
    assert run(["restore", word]) == 3
    clean("".join(capfd.readouterr()))


OUTPUTS = {
    "the full device": lambda _path: "/dev/full", "a pipe": pipe, "a folder": folder, "a link to itself": loop,
    "a link to nothing": dangling, "a folder that is not there": lambda path: f"{path}/no/copy.jsonl",
    "a name that is too long": lambda path: str(path) + "x" * 300, "what the system keeps": lambda _path: "/proc/copy",
    "a file that is taken for a folder": lambda path: f"{path.parent}/s/session.jsonl/copy",
    "an empty name": lambda _path: "",
}


@pytest.mark.parametrize("make", OUTPUTS.values(), ids=OUTPUTS)
def test_where_nothing_can_be_written(
    path: Path, capfd: pytest.CaptureFixture[str], make: Callable[[Path], str]
) -> None:
    original, out = path.read_bytes(), make(path.parent.parent / "odd")
    for words in (["repair", str(path)], ["truncate", str(path), "--last-safe"], ["export", str(path), "--force"]):
        assert run([*words, "-o", out]) in (2, 3)
        printed, said = capfd.readouterr()
        assert printed == ""
        clean(said)
        assert re_said(said)
    assert path.read_bytes() == original
    assert [one.name for one in path.parent.iterdir()] == ["session.jsonl"]


def re_said(said: str) -> bool:
    return any(word in said for word in (
        "Nothing was", "takes the name", "is not a folder", "no such file", "not a directory", "too long",
    ))


NAME = os.fsdecode(b"\xff\n\x1b]0;x\x07\xc2\x9b31m \xe2\x80\xae'$(touch owned) .jsonl")


def test_a_name_with_odd_bytes_goes_through_every_command(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    odd = path.with_name(NAME)
    path.rename(odd)
    word, original = str(odd), odd.read_bytes()
    for words in (
        ["check", word], ["check", word, "--json"], ["repair", word, "--in-place"], ["restore", word, "--list"],
        ["restore", word], ["repair", word, "--as-session"], ["context", word], ["why", word], ["export", word],
        ["request", word], ["redact", word], ["truncate", word, "--list"], ["repair", word, "-o", NAME],
        ["list"], ["open", word],
    ):
        assert run(words) in (0, 1), words
        clean("".join(capfd.readouterr()))
    assert odd.read_bytes() == original
    assert not Path("owned").exists()


def started(words: list[str], before: tuple[str, ...] = (), **how: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [*before, sys.executable, "-m", "unbrick_tui", *words], check=False, text=True, timeout=120,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how},
    )


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full here")
@pytest.mark.parametrize("words", [
    ["check"], ["check", "--json"], ["export", "-o", "-"], ["repair", "-o", "-"], ["repair", "--in-place"],
], ids=" ".join)
def test_output_that_cannot_be_written(path: Path, words: list[str]) -> None:
    with FULL.open("w") as full:
        done = started([words[0], str(path), *words[1:]], stdout=full)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == "unbrick: standard output cannot be written: no space left on device."
    clean(done.stderr)


SAVES = (["repair", "--in-place"], ["repair", "--as-session"], ["repair", "-o", "copy.jsonl"], ["export"])


@pytest.mark.parametrize("words", SAVES, ids=" ".join)
def test_no_room(path: Path, words: list[str]) -> None:
    original = path.read_bytes()

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))

    done = started([words[0], str(path), *words[1:]], preexec_fn=bounded)
    assert done.returncode == 3
    assert "cannot be written: file too large" in done.stderr
    clean(done.stderr)
    assert path.read_bytes() == original
    assert [one.name for one in path.parent.iterdir()] == ["session.jsonl"]
    assert not Path("copy.jsonl").exists()


@pytest.mark.parametrize("home", [None, "", "/dev/null", "/proc/none"])
@pytest.mark.parametrize("words", [["check"], ["list"], ["settings"], ["explain", "L001"]], ids=" ".join)
def test_no_home(path: Path, words: list[str], home: str | None) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "HOME"}
    environ |= {} if home is None else {"HOME": home}
    environ["CLAUDE_CONFIG_DIR"] = str(path.parent)
    done = started([*words, *([str(path)] if words == ["check"] else [])], env=environ)
    assert done.returncode in (0, 1)
    clean(done.stdout + done.stderr)


@pytest.mark.skipif(shutil.which("strace") is None, reason="faults are injected by strace")
@pytest.mark.parametrize("error", ["ESTALE", "EIO", "ENODEV"])
@pytest.mark.parametrize("words", [["check"], ["repair", "--in-place"], ["request"]], ids=" ".join)
def test_a_file_whose_disk_is_gone(path: Path, words: list[str], error: str) -> None:
    """As on a network file that vanishes: every reading fails, from some moment on."""
    original = path.read_bytes()
    for moment in (1, 3, 6):
        inject = ("strace", "-f", "-o", "/dev/null", "-P", str(path), "-e", "trace=pread64",
                  "-e", f"inject=pread64:error={error}:when={moment}+")
        done = started([words[0], str(path), *words[1:]], inject)
        assert done.returncode in (0, 1, 3)
        clean(done.stdout + done.stderr)
        if done.returncode == 3:
            assert f"{path} cannot be read: " in done.stderr
        assert path.read_bytes() == original or moment > 1
        assert not list(path.parent.glob(".*unbrick-tmp"))


MOUNT = """
mount -t tmpfs -o size=1m none "$1" && cp "$2" "$1" && %s
shift 2
exec "$@"
"""
PLACES = {
    "that can only be read": ('mount -o remount,ro "$1"', "read-only file system|write-protected"),
    "that is full": ('dd if=/dev/zero of="$1/filled" bs=1k 2>/dev/null; true', "no space left on device"),
}


@pytest.mark.parametrize(("prepare", "sentence"), PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("words", SAVES[:3], ids=" ".join)
def test_a_file_system(tmp_path: Path, path: Path, words: list[str], prepare: str, sentence: str) -> None:
    """A real one, mounted where nobody else sees it."""
    there = tmp_path / "mounted"
    there.mkdir()
    mounting = ("unshare", "-rm", "sh", "-c", MOUNT % prepare, "sh", str(there), str(path))
    if subprocess.run([*mounting, "true"], capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    copy = str(there / path.name)
    arguments = [str(there / word) if word == "copy.jsonl" else word for word in words[1:]]
    done = started([words[0], copy, *arguments], mounting, env={**os.environ, "CLAUDE_CONFIG_DIR": str(there)})
    assert done.returncode == 3
    assert re.search(sentence, done.stderr), done.stderr
    assert "Nothing was changed" in done.stderr
    clean(done.stderr)


@pytest.mark.skipif(shutil.which("strace") is None, reason="faults are injected by strace")
@pytest.mark.parametrize("error", ["EPERM", "EOPNOTSUPP", "EMLINK"])
def test_no_hard_links(path: Path, error: str) -> None:
    """As on a stick, or a share: the backup is a copy."""
    original = path.read_bytes()
    inject = ("strace", "-f", "-o", "/dev/null", "-e", "trace=link,linkat", "-e", f"inject=link,linkat:error={error}")
    done = started(["repair", str(path), "--in-place"], inject)
    assert done.returncode in (0, 1), done.stderr
    assert path.read_bytes() != original
    (backup,) = path.parent.glob("*.unbrick-backup")
    assert backup.read_bytes() == original
    done = started(["repair", str(path), "--as-session"], inject)
    assert done.returncode in (0, 1), done.stderr


@pytest.mark.skipif(shutil.which("strace") is None, reason="faults are injected by strace")
@pytest.mark.parametrize("words", SAVES[:3], ids=" ".join)
def test_a_quota_that_is_only_told_at_the_end(path: Path, words: list[str]) -> None:
    """As a server tells it: when the data are to be on the disk."""
    original = path.read_bytes()
    inject = ("strace", "-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=EDQUOT")
    done = started([words[0], str(path), *words[1:]], inject)
    assert done.returncode == 3
    assert "cannot be written: disk quota exceeded" in done.stderr
    clean(done.stderr)
    assert path.read_bytes() == original
    assert [one.name for one in path.parent.iterdir()] == ["session.jsonl"]
    assert not Path("copy.jsonl").exists()
