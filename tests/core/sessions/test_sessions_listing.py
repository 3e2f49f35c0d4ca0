"""Which sessions there are, and what each says of itself in the ends of its file."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.errors import AmbiguousError, CannotReadError, NotFoundError
from unbrick.sessions.ends import ends
from unbrick.sessions.listing import TITLE, about, at, find, newest, of_project, stored
from unbrick.stored import Stored

SAMPLES = Path(__file__).parents[3] / "sample_sessions"
ONE, TWO = "aaaa1111-0000-4000-8000-000000000001", "aaaa2222-0000-4000-8000-000000000002"
FAR = "bbbb3333-0000-4000-8000-000000000003"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CLAUDE_CONFIG_DIR", "AMPLIFIER_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def line(**values: Any) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"


def said(text: Any, number: int = 1, role: str = "user", **more: Any) -> bytes:
    return line(**{
        "parentUuid": None, "isSidechain": False, "type": role, "message": {"role": role, "content": text},
        "cwd": "/home/ada/shop", "uuid": f"00000000-0000-4000-8000-{number:012}", "version": "2.1.139",
        "timestamp": "2026-05-19T16:00:00.000Z", **more,
    })


def put(home: Path, name: str, data: bytes, project: str = "-home-ada-shop", age: int = 0) -> Path:
    path = home / ".claude" / "projects" / project / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
    return path


def put_amplifier(home: Path, name: str, project: str = "-home-user-app", age: int = 0) -> Path:
    folder = home / ".amplifier" / "projects" / project / "sessions" / name
    shutil.copytree(SAMPLES / "amplifier" / "healthy", folder)
    for path in folder.iterdir():
        os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
    return folder / "transcript.jsonl"


def told(path: Path) -> Any:
    found = Stored.at(path)
    assert found is not None
    return about(found)[0]


class TestStored:
    """What is on the list."""

    def test_every_clients_with_this_folders_first_and_the_newest_first(self, home: Path) -> None:
        old = put(home, ONE, said("hi"), age=50)
        new = put(home, TWO, said("hi"), age=20)
        far = put(home, FAR, said("hi"), project="-home-ada-web", age=30)
        other = put_amplifier(home, FAR, age=10)
        found = stored(Path("/home/ada/shop"))
        assert [one.path for one in found] == [new, old, other, far]
        assert [one.here for one in found] == [True, True, False, False]
        assert {one.client for one in found} == {"claude-code", "amplifier"}
        assert stored(Path("/home/user/app"))[0].path == other

    def test_what_is_no_session_of_its_own_is_left_out(self, home: Path) -> None:
        path = put(home, ONE, said("hi"))
        put(home, "agent-12ab", said("hi", isSidechain=True))
        side = path.parent / ONE / "subagents" / "agent-1.jsonl"
        side.parent.mkdir(parents=True)
        side.write_bytes(said("hi"))
        (path.parent / "a-folder.jsonl").mkdir()
        (path.parent / "notes.txt").write_text("no")
        os.mkfifo(path.parent / "pipe.jsonl")
        put_amplifier(home, "0011223344556677-8899aabbccddeeff_explorer")
        assert [one.path for one in stored(Path("/"))] == [path]

    def test_a_history_that_a_bundle_keeps_elsewhere_is_the_transcript(self, home: Path) -> None:
        path = put_amplifier(home, FAR)
        kept = home / ".amplifier" / "projects" / "app-0123abcd" / "sessions" / FAR / "context-messages.jsonl"
        kept.parent.mkdir(parents=True)
        kept.write_bytes(path.read_bytes())
        assert [one.path for one in stored(Path("/"))] == [kept]
        assert told(kept).session_id == FAR

    def test_the_folder_that_the_environment_names(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        put(home, ONE, said("hi"))
        monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(home / "other"))
        assert stored(Path("/")) == []
        moved = home / "other" / "projects"
        shutil.copytree(home / ".claude" / "projects", moved)
        assert [one.path for one in stored(Path("/"))] == [moved / "-home-ada-shop" / f"{ONE}.jsonl"]

    def test_the_newest_of_all_clients(self, home: Path) -> None:
        with pytest.raises(NotFoundError, match=r"No session was found in .*projects and .*projects\. Name a transc"):
            newest(Path("/"))
        put(home, ONE, said("hi"), age=5)
        other = put_amplifier(home, FAR)
        assert newest(Path("/")) == other

    def test_what_is_gone_is_left_out(self, home: Path) -> None:
        path = put(home, ONE, said("hi"))
        assert [one.path for one in at([path, path.with_name("gone.jsonl")])] == [path]


LONG = [said("x" * 3000, n, "assistant") for n in range(2, 60)]

TITLES = [
    pytest.param([said("Fix the tests")], "Fix the tests", id="the first prompt"),
    pytest.param([said("<command-name>/clear"), said("Fix  the\n tests")], "Fix the tests", id="not a command"),
    pytest.param([said("Warm up", isSidechain=True), said("Fix")], "Fix", id="not a subagent's"),
    pytest.param([said("Be careful", isMeta=True), said("Fix")], "Fix", id="not the client's own"),
    pytest.param([said([{"type": "text", "text": "Fix"}])], "Fix", id="from a block"),
    pytest.param([said("Fix"), line(type="ai-title", aiTitle="Repair")], "Repair", id="a title by a model"),
    pytest.param(
        [line(type="custom-title", customTitle="Mine"), said("Fix"), line(type="ai-title", aiTitle="Repair")], "Mine",
        id="a title by the person wins",
    ),
    pytest.param(
        [said("Fix"), line(type="ai-title", aiTitle="One"), line(type="ai-title", aiTitle="Two")], "Two",
        id="the last title",
    ),
    pytest.param([said('the "aiTitle" key', aiTitle="no")], 'the "aiTitle" key', id="a message is no title"),
    pytest.param(
        [line(type="summary", summary="Of another", leafUuid="not-here"), said("Fix")], "Fix",
        id="a summary of another session",
    ),
    pytest.param(
        [said("Fix"), line(type="summary", summary="Own", leafUuid="00000000-0000-4000-8000-000000000001")], "Own",
        id="a summary of its own",
    ),
    pytest.param([said("Fix"), *LONG, line(type="ai-title", aiTitle="At the end")], "At the end", id="far apart"),
    pytest.param(
        [said([{"type": "image", "source": {"data": "A" * 60_000}}, {"type": "text", "text": "What is it?"}]), *LONG],
        "[image] What is it?", id="a first prompt longer than what is looked at first",
    ),
    pytest.param([b"{torn\n", said("Fix")], "Fix", id="behind a torn line"),
    pytest.param([said("a" * 5000)], "a" * TITLE, id="cut"),
    pytest.param([], "", id="an empty file"),
    pytest.param([line(type="mode", mode="plan")], "", id="nothing was said"),
]


@pytest.mark.parametrize(("lines", "title"), TITLES)
def test_title(home: Path, lines: list[bytes], title: str) -> None:
    assert told(put(home, ONE, b"".join(lines))).title == title


def test_what_else_a_session_says(home: Path) -> None:
    found = told(put(home, ONE, said("Fix") + said("Done", 2, "assistant").replace(b"2.1.139", b"2.1.200")))
    assert (found.session_id, found.project, found.version) == (ONE, Path("/home/ada/shop"), "2.1.200")


def test_what_amplifier_noted(home: Path) -> None:
    path = put_amplifier(home, FAR)
    noted = json.loads((path.parent / "metadata.json").read_text())
    (path.parent / "metadata.json").write_text(json.dumps(noted | {"name": "Addition", "working_dir": "/home/ada/x"}))
    found = told(path)
    assert (found.session_id, found.title, found.project) == (FAR, "Addition", Path("/home/ada/x"))
    (path.parent / "metadata.json").write_text("{")
    assert told(path).title == "Fix the failing test in app.py"


def test_a_file_that_cannot_be_read_is_named(home: Path) -> None:
    path = put(home, ONE, said("Fix"))
    one = Stored.at(path)
    path.unlink()
    assert one is not None
    with pytest.raises(CannotReadError, match=f"{ONE}.jsonl cannot be read: no such file"):
        about(one)


@given(st.binary(max_size=400), st.integers(min_value=1, max_value=80))
def test_the_ends_hold_whole_lines(tmp_path_factory: pytest.TempPathFactory, data: bytes, size: int) -> None:
    path = tmp_path_factory.mktemp("ends") / "file"
    path.write_bytes(data)
    head, tail, whole = ends(path, size)
    lines = data.removesuffix(b"\n").split(b"\n")
    if whole:
        assert (head, tail) == (lines, [])
    else:
        assert head == lines[: len(head)]
        assert tail == lines[len(lines) - len(tail) :]
        assert len(head) + len(tail) <= len(lines)


@given(st.binary(max_size=600))
def test_any_bytes_say_something(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / f"{ONE}.jsonl"
    path.write_bytes(data)
    for client in ("claude-code", "amplifier", "messages", ""):
        one = Stored.at(path, client)
        assert one is not None
        assert len(about(one)[0].title) <= TITLE


class TestFind:
    """What a word means."""

    def test_an_id_of_any_client(self, home: Path) -> None:
        path, other = put(home, ONE, said("hi")), put_amplifier(home, FAR)
        assert find("aaaa1", Path("/")) == path
        assert find("bbbb", Path("/")) == other

    def test_one_part_of_ids_of_two_clients(self, home: Path) -> None:
        path, other = put(home, ONE, said("hi")), put_amplifier(home, TWO, age=9)
        with pytest.raises(AmbiguousError, match=r"2 sessions match aaaa; name one:\n  /.*\n  /.*") as caught:
            find("aaaa", Path("/"))
        assert caught.value.paths == (path, other)

    def test_several_of_one_client_are_listed_with_their_paths(self, home: Path) -> None:
        paths = {put(home, ONE, said("hi")), put(home, TWO, said("hi"))}
        with pytest.raises(AmbiguousError) as caught:
            find("aaaa", Path("/"))
        assert set(caught.value.paths) == paths

    @pytest.mark.parametrize("word", ["shop", "Shop", " shop "])
    def test_the_name_of_a_project_with_one_session(self, home: Path, word: str) -> None:
        path = put(home, ONE, said("hi"))
        put(home, FAR, said("hi").replace(b"/home/ada/shop", b"/home/ada/web-shop"), project="-home-ada-web-shop")
        assert find(word, Path("/")) == path

    def test_the_name_of_a_project_with_several(self, home: Path) -> None:
        paths = [put(home, ONE, said("hi")), put(home, TWO, said("hi"), age=7)]
        assert of_project("shop", Path("/")) == paths
        with pytest.raises(AmbiguousError, match="2 sessions match shop"):
            find("shop", Path("/"))

    def test_the_name_counts_and_not_the_clients_folder(self, home: Path) -> None:
        path = put(home, ONE, said("hi"), project="-mnt-elsewhere")
        assert find("shop", Path("/")) == path

    def test_neither(self, home: Path) -> None:
        put(home, ONE, said("hi"))
        with pytest.raises(NotFoundError, match="ada is no file"):
            find("ada", Path("/"))
