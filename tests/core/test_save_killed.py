"""A save that is killed at any of its system calls leaves the old file or the new one, whole, and the backup."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from unbrick.bundle import Bundle
from unbrick.clock import FixedClock
from unbrick.edit import Redact
from unbrick.errors import UnbrickError
from unbrick.formats.claude_code import ClaudeCode
from unbrick.opening import Choices, open_word
from unbrick.record import END
from unbrick.restore import backups, restore
from unbrick.save import save_as_session, save_copy, save_in_place
from unbrick.saving import atomic, leftovers
from unbrick.source import CHUNK, Source

SESSION = "11111111-2222-4333-8444-555555555555"
NEW = "00000000-0000-4000-8000-000000000001"
OLD = b'{"n":1}\n{"n":2,"pad":"' + b"x" * CHUNK + b'"}\n{"n":3}\n'
PATCH = {1: (b'{"n":"one"}',), END: (b'{"n":4}',)}
SAVED = OLD.replace(b'{"n":1}', b'{"n":"one"}') + b'{"n":4}\n'
TITLE = b'{"type":"custom-title","customTitle":"T","sessionId":"' + NEW.encode() + b'"}\n'
SIDE = {"subagents/agent-1.jsonl": b"{}\n" * 9, "tool-results/t.txt": b"out, and a secret"}
REDACT = Redact((), "a secret", "[redacted]")
MOST = 400


class Unowned(ClaudeCode):
    """Claude Code, and no process has the session open."""

    def owner(self, bundle: Bundle) -> int | None:
        return None


class Dying:
    """The operating system, with the process gone at the n-th call: before it is made, after it, or, for a write,
    when a part has been written."""

    def __init__(self, fatal: int, moment: str) -> None:
        self.left, self.moment = fatal, moment

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                if self.moment == "partly" and name == "write":
                    os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
                elif self.moment == "after":
                    getattr(os, name)(*arguments, **options)
                os._exit(9)
            return getattr(os, name)(*arguments, **options)

        return call


def in_place(path: Path) -> None:
    with Source.open(path) as source:
        save_in_place(Unowned(), Unowned().bundle(source), PATCH, FixedClock())


def copy(path: Path) -> None:
    with Source.open(path) as source:
        save_copy(Unowned().bundle(source), PATCH, path.with_name("copy.jsonl"))


def session(path: Path) -> None:
    with Source.open(path) as source:
        save_as_session(Unowned(), Unowned().bundle(source), PATCH, FixedClock(), "T")


def redacted(path: Path) -> None:
    with Source.open(path) as source:
        save_as_session(Unowned(), Unowned().bundle(source), PATCH, FixedClock(), "T", (REDACT,))


def put_back(path: Path) -> None:
    restore(Unowned(), path, FixedClock(), path.with_name("kept"))


def child(work: Callable[[Path], None], path: Path, fatal: int, moment: str) -> NoReturn:
    atomic.system = Dying(fatal, moment)
    try:
        work(path)
    except UnbrickError:
        os._exit(3)
    except BaseException:
        os._exit(4)
    os._exit(0)


def lay(folder: Path) -> Path:
    """A session with side files; its path."""
    path = folder / "projects" / "-home-dev-shop" / f"{SESSION}.jsonl"
    side = {f"{SESSION}/{name}": data for name, data in SIDE.items()}
    for name, data in {path.name: OLD, "kept": SAVED, **side}.items():
        file = path.parent / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    path.chmod(0o600)
    return path


def whole_or_absent(path: Path, data: bytes) -> bool:
    return not path.exists() or path.read_bytes() == data


@pytest.mark.parametrize("moment", ["before", "after", "partly"])
@pytest.mark.parametrize("work", [in_place, copy, session, redacted, put_back], ids=lambda work: work.__name__)
def test_killed_at_every_system_call(tmp_path: Path, work: Callable[[Path], None], moment: str) -> None:
    for fatal in range(1, MOST):
        path = lay(tmp_path / str(fatal))
        folder = path.parent
        pid = os.fork()
        if pid == 0:
            child(work, path, fatal, moment)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert status in (0, 9), f"call {fatal}"
        now = path.read_bytes()
        replaced = work in (in_place, put_back) and now == SAVED
        assert replaced or now == OLD
        assert all(one.read_bytes() == OLD for one in backups(path))
        assert backups(path) or not replaced
        assert whole_or_absent(folder / "copy.jsonl", SAVED)
        new = folder / f"{NEW}.jsonl"
        assert whole_or_absent(new, SAVED + TITLE)
        for name, data in SIDE.items():
            assert (folder / SESSION / name).read_bytes() == data
            if work is redacted:
                data = data.replace(REDACT.value.encode(), REDACT.note.encode())
            if new.exists():
                assert (folder / NEW / name).read_bytes() == data
            assert whole_or_absent(folder / NEW / name, data), f"call {fatal}"
        for left in folder.rglob(f"*{atomic.TEMPORARY}"):
            assert left.stat().st_mode & 0o077 == 0 or work in (session, redacted)
        listed = {one.path.name for one in ClaudeCode().sessions(folder, tmp_path / str(fatal))}
        assert listed <= {path.name, "copy.jsonl", new.name}
        again(work, path, replaced)
        if status == 0:
            assert fatal > 8
            return
    pytest.fail(f"more than {MOST} system calls")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_where_a_session_has_a_file_in_another_folder(
    tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    sample = Path(__file__).parents[2] / "sample_sessions" / "amplifier" / "prompt-before-results"

    def work(path: Path) -> None:
        with open_word(str(path.parent), Choices(surroundings=False), path.parent) as session:
            save_as_session(session.format, session.bundle, {1: ()}, FixedClock())

    for fatal in range(1, MOST):
        home = tmp_path / str(fatal)
        monkeypatch.setenv("AMPLIFIER_HOME", str(home))
        folder = home / "projects" / "-home-user-app" / "sessions" / SESSION
        apart = home / "projects" / "app-4657675b" / "sessions"
        shutil.copytree(sample, folder)
        (apart / SESSION).mkdir(parents=True)
        shutil.copy(folder / "transcript.jsonl", apart / SESSION / "context-messages.jsonl")
        pid = os.fork()
        if pid == 0:
            child(work, folder / "transcript.jsonl", fatal, moment)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert status in (0, 9), f"call {fatal}"
        leftovers.sweep(folder.parent)
        new = {SESSION, NEW} if (folder.parent / NEW).exists() else {SESSION}
        assert {one.name for one in folder.parent.iterdir()} == new, f"call {fatal}"
        assert {one.name for one in apart.iterdir()} == new, f"call {fatal}"
        if NEW in new:
            assert (apart / NEW / "context-messages.jsonl").exists()
        if status == 0:
            assert fatal > 8
            return
    pytest.fail(f"more than {MOST} system calls")


@pytest.fixture
def half_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a new session whose save was killed before the transcript had its name."""
    path = lay(tmp_path)
    monkeypatch.setattr("unbrick.save._written", lambda *_given: os._exit(9))
    pid = os.fork()
    if pid == 0:
        child(session, path, 0, "before")
    os.waitpid(pid, 0)
    made = path.parent / NEW
    assert made.exists() and not made.with_suffix(".jsonl").exists()
    return made


def test_what_somebody_changed_or_added_since_stays(half_made: Path) -> None:
    changed, added, swapped = (half_made / name for name in ("subagents/agent-1.jsonl", "notes", "tool-results/t.txt"))
    changed.write_bytes(changed.read_bytes() + b"{}\n")
    added.write_bytes(b"mine")
    data = swapped.read_bytes()
    swapped.rename(half_made.with_name("moved"))
    swapped.write_bytes(data)
    leftovers.sweep(half_made.parent)
    assert {one for one in half_made.rglob("*") if one.is_file()} == {changed, added, swapped}
    assert half_made.with_name("moved").read_bytes() == data
    assert not list(half_made.parent.glob(f".*{atomic.TEMPORARY}"))


def test_a_folder_whose_transcript_came_stays(half_made: Path) -> None:
    before = sorted(half_made.rglob("*"))
    half_made.with_suffix(".jsonl").write_bytes(OLD)
    leftovers.sweep(half_made.parent)
    assert sorted(half_made.rglob("*")) == before
    assert not list(half_made.parent.glob(f".*{atomic.TEMPORARY}"))


def test_a_folder_stays_where_nobody_can_tell_whether_its_transcript_came(
    half_made: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = sorted(half_made.rglob("*"))
    look = Path.lstat

    def fail(path: Path) -> os.stat_result:
        if path.suffix == ".jsonl" and path.stem == NEW:
            raise OSError(errno.EIO, "the disk fails")
        return look(path)

    monkeypatch.setattr(Path, "lstat", fail)
    leftovers.sweep(half_made.parent)
    assert sorted(half_made.rglob("*")) == before


@pytest.mark.parametrize("note", [
    b"", b"[]", b"{}", b'{"unless": 1, "made": [1]}', b'{"unless": "x", "made": [["kept", "a", 1, 1]]}',
    b'{"unless": "x", "made": [["kept"]]}', b'{"unless": "x", "made": 7}', b'{"unless": "x", "made": [["\\u0000", 1]]}',
    pytest.param(b"[" * 200_000, id="nested without end"), pytest.param(None, id="a pipe"),
])
def test_a_note_that_cannot_be_read_is_no_note(half_made: Path, note: bytes | None) -> None:
    (left,) = half_made.parent.glob(f".*{atomic.TEMPORARY}/{leftovers.NOTE}")
    if note is None:
        left.unlink()
        os.mkfifo(left)
    else:
        left.write_bytes(note)
    before = sorted(half_made.rglob("*"))
    leftovers.sweep(half_made.parent)
    assert sorted(half_made.rglob("*")) == before and not left.parent.exists()


LINKED = "linked"


@pytest.mark.parametrize("where, goes", [
    (NEW, True), (f"{NEW}/inside", True), (f"../../other/-home-dev-shop/{NEW}", True),
    (f"../../projects/-home-dev-shop/{NEW}", True),
    ("other", False), (f"other/{NEW}", False), (f"../{NEW}", False), (f"../other/{NEW}", False),
    (f"../../other/elsewhere/{NEW}", False), (f"../../../other/-home-dev-shop/{NEW}", False),
    (f"{NEW}/../other", False), (f"{NEW}/{LINKED}/empty", False), (f"../../{LINKED}/-home-dev-shop/{NEW}", False),
], ids=lambda value: value if isinstance(value, str) else "goes" if value else "stays")
def test_a_note_names_only_what_a_save_there_makes(tmp_path: Path, where: str, goes: bool) -> None:
    place = tmp_path / "a" / "projects" / "-home-dev-shop"
    made = place / f".{NEW}.0123abcd{atomic.TEMPORARY}"
    made.mkdir(parents=True)
    named = place / where
    if LINKED in where:
        link = place / where.partition(LINKED)[0] / LINKED
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(tmp_path)
    named.mkdir(parents=True, exist_ok=True)
    (made / leftovers.NOTE).write_text(json.dumps({"unless": f"{NEW}.jsonl", "made": [[where]]}))
    leftovers.sweep(place)
    assert named.exists() is not goes and not made.exists()


def test_a_note_that_depends_on_what_stands_elsewhere_is_not_heeded(half_made: Path) -> None:
    (left,) = half_made.parent.glob(f".*{atomic.TEMPORARY}/{leftovers.NOTE}")
    left.write_text(json.dumps({**json.loads(left.read_text()), "unless": "../no/such"}))
    before = sorted(half_made.rglob("*"))
    leftovers.sweep(half_made.parent)
    assert sorted(half_made.rglob("*")) == before


def test_the_note_of_another_user_is_not_heeded(half_made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(half_made.rglob("*"))
    monkeypatch.setattr(os, "geteuid", lambda: half_made.stat().st_uid + 1)
    leftovers.sweep(half_made.parent)
    assert sorted(half_made.rglob("*")) == before


def again(work: Callable[[Path], None], path: Path, replaced: bool) -> None:
    """What a killed save left behind does not stand in the way of the next one, and is gone after it."""
    if work in (in_place, put_back) and not replaced:
        work(path)
        assert path.read_bytes() == SAVED
        assert backups(path)[0].read_bytes() == OLD
    else:
        with Source.of(SAVED) as source:
            save_copy(Unowned().bundle(source), {}, path.with_name("other.jsonl"))
    assert not list(path.parent.rglob(f"*{atomic.TEMPORARY}"))
    new = path.with_name(f"{NEW}.jsonl")
    assert new.exists() or not new.with_suffix("").exists()
