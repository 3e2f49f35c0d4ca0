"""A save that is killed at any of its system calls leaves the old file or the new one, whole, and the backup."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from unbrick.bundle import Bundle
from unbrick.clock import FixedClock
from unbrick.edit import Redact
from unbrick.errors import UnbrickError
from unbrick.formats.claude_code import ClaudeCode
from unbrick.record import END
from unbrick.restore import backups, restore
from unbrick.save import save_as_session, save_copy, save_in_place
from unbrick.saving import atomic
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
