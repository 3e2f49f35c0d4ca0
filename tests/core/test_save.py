"""What is saved is whole, private and reversible; what cannot be saved is said, and nothing is touched."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unbrick.bundle import Bundle
from unbrick.clock import SYSTEM_CLOCK, FixedClock
from unbrick.errors import CannotWriteError, NotFoundError, SessionInUseError, SourceChangedError
from unbrick.formats.claude_code import ClaudeCode
from unbrick.record import END
from unbrick.restore import backups, left_behind, restore
from unbrick.save import save_as_session, save_copy, save_in_place
from unbrick.saving import atomic
from unbrick.source import CHUNK, Source

BODY = b'{"type":"user","n":1}\n{"type":"user","n":2}\n{"type":"user","n":3}\n'
PATCH = {2: (b'{"type":"user","n":"two"}',), 3: (), END: (b'{"type":"user","n":4}',)}
AFTER = b'{"type":"user","n":1}\n{"type":"user","n":"two"}\n{"type":"user","n":4}\n'
LATE = b'{"type":"user","n":"late"}\n'
SESSION = "11111111-2222-4333-8444-555555555555"


@dataclass
class Owned(ClaudeCode):
    """Claude Code with a process that has the session open, at the calls listed."""

    pids: list[int | None] = field(default_factory=list)

    def owner(self, bundle: Bundle) -> int | None:
        return self.pids.pop(0) if self.pids else None


FREE = Owned()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "config" / "projects" / "-home-dev-shop"
    folder.mkdir(parents=True)
    path = folder / f"{SESSION}.jsonl"
    path.write_bytes(BODY)
    path.chmod(0o640)
    return path


@pytest.fixture
def bundle(path: Path) -> Iterator[Bundle]:
    with Source.open(path) as source:
        yield ClaudeCode().bundle(source)


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_copy_is_the_patched_file_as_private_as_the_original(bundle: Bundle, path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    receipt = save_copy(bundle, PATCH, out)
    assert out.read_bytes() == AFTER
    assert (receipt.path, receipt.size, receipt.sha256) == (out, len(AFTER), hashlib.sha256(AFTER).hexdigest())
    assert (receipt.kept, receipt.changed, receipt.added, receipt.dropped) == (1, 1, 1, 1)
    assert mode(out) == 0o640
    assert path.read_bytes() == BODY
    assert names(tmp_path) == {"config", "out.jsonl"}


@pytest.mark.parametrize(
    ("patch", "counts"),
    [
        pytest.param({}, (3, 0, 0, 0), id="nothing"),
        pytest.param({2: (b'{"type":"user","n":2}', b"new")}, (3, 0, 1, 0), id="a line behind another"),
        pytest.param({2: (b"a", b"b")}, (2, 1, 1, 0), id="one becomes two"),
        pytest.param({1: (), 2: (), 3: ()}, (0, 0, 0, 3), id="all dropped"),
    ],
)
def test_counts(bundle: Bundle, tmp_path: Path, patch: dict[int, tuple[bytes, ...]], counts: tuple[int, ...]) -> None:
    receipt = save_copy(bundle, patch, tmp_path / "out.jsonl")
    assert (receipt.kept, receipt.changed, receipt.added, receipt.dropped) == counts


def test_a_copy_never_overwrites(bundle: Bundle, path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    for taken in (path, link):
        with pytest.raises(CannotWriteError, match=r"exists already; choose another name\. Nothing was changed"):
            save_copy(bundle, PATCH, taken)
    assert path.read_bytes() == BODY
    with pytest.raises(CannotWriteError, match="is not a folder; make it first"):
        save_copy(bundle, PATCH, tmp_path / "no" / "out.jsonl")


def test_a_name_that_is_taken_in_the_last_moment_is_not_overwritten(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.jsonl"

    class Late:
        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def link(self, source: Path, destination: Path) -> None:
            out.write_bytes(b"other")
            os.link(source, destination)

    monkeypatch.setattr(atomic, "system", Late())
    with pytest.raises(CannotWriteError, match="exists already"):
        save_copy(bundle, PATCH, out)
    assert out.read_bytes() == b"other"
    assert names(tmp_path) == {"config", "out.jsonl"}


def test_in_place_keeps_mode_and_backup(bundle: Bundle, path: Path) -> None:
    inode = path.stat().st_ino
    receipt = save_in_place(FREE, bundle, PATCH, FixedClock("2026-11-21T00:40:00.123Z"))
    assert path.read_bytes() == AFTER
    assert mode(path) == 0o640
    assert receipt.backup == path.with_name(f"{SESSION}.jsonl.20261121T004000123Z.unbrick-backup")
    assert receipt.backup.read_bytes() == BODY
    assert mode(receipt.backup) == 0o640
    assert path.stat().st_ino != inode
    assert names(path.parent) == {path.name, receipt.backup.name}
    assert [one.path for one in ClaudeCode().sessions(path.parent, path.parents[2])] == [path]


def test_backups_are_never_overwritten_and_the_newest_comes_first(path: Path) -> None:
    clock = FixedClock()
    for number in range(12):
        with Source.open(path) as source:
            save_in_place(FREE, ClaudeCode().bundle(source), {1: (b"%d" % number,)}, clock)
    kept = backups(path)
    assert len(kept) == 12
    assert [one.read_bytes().split(b"\n")[0] for one in kept[:2]] == [b"10", b"9"]
    assert kept[-1].read_bytes() == BODY


def test_a_link_stays_a_link_to_the_real_file(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)
    with Source.open(link) as source:
        receipt = save_in_place(FREE, ClaudeCode().bundle(source), PATCH, FixedClock())
    assert link.is_symlink()
    assert receipt.path == path
    assert path.read_bytes() == link.read_bytes() == AFTER
    assert receipt.backup is not None
    assert receipt.backup.parent == path.parent


def test_hard_links_are_refused_but_for_our_own(bundle: Bundle, path: Path, tmp_path: Path) -> None:
    os.link(path, path.with_name("left.20260101T000000000Z.unbrick-backup"))
    assert atomic.other_links(path) == 0
    os.link(path, tmp_path / "second")
    with pytest.raises(CannotWriteError, match=r"has 1 other name \(hard links\).*save a copy instead"):
        save_in_place(FREE, bundle, PATCH, FixedClock())
    assert path.read_bytes() == BODY
    (tmp_path / "second").unlink()
    save_in_place(FREE, bundle, PATCH, FixedClock())


@pytest.mark.parametrize("pids", [[4242], [None, 4242]], ids=["before", "while writing"])
def test_a_session_that_is_open_is_refused(bundle: Bundle, path: Path, pids: list[int | None]) -> None:
    sentence = r"Claude Code \(pid 4242\) has this open: quit it, then try again; or save a copy now\."
    with pytest.raises(SessionInUseError, match=sentence):
        save_in_place(Owned(pids=pids), bundle, PATCH, FixedClock())
    assert names(path.parent) == {path.name}
    assert path.read_bytes() == BODY


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more\n")


def swap(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(BODY)
    other.replace(path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(append, "has grown by 1 line since it was read", id="grown"),
        pytest.param(lambda path: os.truncate(path, 7), "has shrunk by 59 bytes", id="shrunk"),
        pytest.param(swap, "was replaced by another file", id="replaced"),
        pytest.param(Path.unlink, "was removed|no such file", id="removed"),
        pytest.param(lambda path: os.utime(path, ns=(1, 1)), "was written to", id="rewritten"),
    ],
)
def test_a_file_that_changed_is_not_replaced(bundle: Bundle, path: Path, change: Any, sentence: str) -> None:
    change(path)
    now = path.read_bytes() if path.exists() else None
    with pytest.raises(CannotWriteError, match=sentence):
        save_in_place(FREE, bundle, PATCH, FixedClock())
    assert (path.read_bytes() if path.exists() else None) == now
    assert names(path.parent) == ({path.name} if now is not None else set())


def test_a_change_while_writing_is_seen(bundle: Bundle, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Late:
        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def link(self, source: Path, destination: Path) -> None:
            os.link(source, destination)
            append(path)

    monkeypatch.setattr(atomic, "system", Late())
    with pytest.raises(SourceChangedError, match="has grown by 1 line"):
        save_in_place(FREE, bundle, PATCH, FixedClock())
    assert path.read_bytes() == BODY + b"more\n"
    assert names(path.parent) == {path.name}


def last_moment(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Something happens when nothing is asked any more, right before the file is replaced."""
    class Late:
        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def replace(self, source: Path, destination: Path) -> None:
            monkeypatch.undo()
            change()
            source.replace(destination)

    monkeypatch.setattr(atomic, "system", Late())


@pytest.mark.parametrize("work", ["save", "restore"])
def test_a_line_written_in_the_last_moment_is_taken_along(
    bundle: Bundle, path: Path, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    if work == "restore":
        kept = path.with_name("kept")
        kept.write_bytes(AFTER)
    last_moment(monkeypatch, lambda: append(path))
    if work == "restore":
        receipt = restore(FREE, path, FixedClock(), kept)
    else:
        receipt = save_in_place(FREE, bundle, PATCH, FixedClock())
    assert path.read_bytes() == AFTER + b"more\n"
    assert "grew while it was replaced: what was added stands at its end" in receipt.note
    assert receipt.backup is not None
    assert receipt.backup.read_bytes() == BODY + b"more\n"


def test_a_file_written_anew_in_the_last_moment_is_in_the_backup(
    bundle: Bundle, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last_moment(monkeypatch, lambda: path.write_bytes(b"{}\n"))
    receipt = save_in_place(FREE, bundle, PATCH, FixedClock())
    assert path.read_bytes() == AFTER
    assert receipt.backup is not None
    assert receipt.backup.read_bytes() == b"{}\n"
    assert f"what was written is in {receipt.backup.name} alone" in receipt.note


def test_a_disk_that_fails_when_a_file_is_closed_does_not_hinder_restoring(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files of one size that differ: they are read up to where they do, and closed."""
    def chunks(one: Path) -> Iterator[bytes]:
        try:
            yield one.read_bytes()
        except GeneratorExit:
            raise OSError(errno.EIO, "Input/output error") from None

    backup = path.with_name(f"{path.name}.20260101T000000000Z.unbrick-backup")
    backup.write_bytes(AFTER)
    path.write_bytes(AFTER.replace(b"1", b"2"))
    monkeypatch.setattr("unbrick.restore.read_chunks", chunks)
    restore(FREE, path, FixedClock())
    assert path.read_bytes() == AFTER


def test_two_saves_over_one_file_at_once(bundle: Bundle, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def second() -> None:
        with Source.open(path) as source, pytest.raises(SourceChangedError, match="being saved by another unbrick"):
            save_in_place(FREE, ClaudeCode().bundle(source), {1: ()}, FixedClock())
        with pytest.raises(SourceChangedError, match="being saved by another unbrick"):
            restore(FREE, path, FixedClock(), other)

    other = path.with_name("kept")
    other.write_bytes(b"{}\n")
    last_moment(monkeypatch, second)
    save_in_place(FREE, bundle, PATCH, FixedClock())
    assert path.read_bytes() == AFTER
    assert [backup.read_bytes() for backup in backups(path)] == [BODY]


@pytest.mark.parametrize("fatal", range(1, 7))
def test_a_look_at_the_file_that_fails_once_costs_no_backup(
    bundle: Bundle, path: Path, monkeypatch: pytest.MonkeyPatch, fatal: int
) -> None:
    looks = 0

    def changed(source: Source) -> bool:
        nonlocal looks
        looks += 1
        return looks == fatal

    monkeypatch.setattr(Source, "changed", changed)
    with suppress(CannotWriteError):
        save_in_place(FREE, bundle, PATCH, FixedClock())
    replaced = path.read_bytes() == AFTER
    assert replaced or path.read_bytes() == BODY
    assert [backup.read_bytes() for backup in backups(path)] == ([BODY] if replaced else [])


def test_a_copy_of_what_was_read_can_be_saved_while_the_file_grows_or_is_replaced(
    bundle: Bundle, path: Path, tmp_path: Path
) -> None:
    append(path)
    receipt = save_copy(bundle, PATCH, tmp_path / "one.jsonl")
    assert "has grown by 1 line since it was read; the copy holds what was read" in receipt.note
    swap(path)
    save_copy(bundle, PATCH, tmp_path / "two.jsonl")
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes() == AFTER


def test_a_copy_of_a_file_that_was_rewritten_is_refused(bundle: Bundle, path: Path, tmp_path: Path) -> None:
    os.truncate(path, 10)
    with pytest.raises(SourceChangedError, match="was rewritten since it was read"):
        save_copy(bundle, PATCH, tmp_path / "out.jsonl")
    assert names(tmp_path) == {"config"}


class Failing:
    """The operating system, refusing the n-th call of a function."""

    def __init__(self, function: str, number: int, number_of_error: int) -> None:
        self.function, self.left, self.error = function, number, number_of_error

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            if name == self.function:
                self.left -= 1
                if self.left == 0:
                    raise OSError(self.error, os.strerror(self.error))
            return getattr(os, name)(*arguments, **options)

        return call


@pytest.mark.parametrize(
    ("function", "number", "error"),
    [
        ("open", 1, errno.EACCES), ("open", 1, errno.EROFS), ("write", 1, errno.ENOSPC), ("write", 3, errno.ENOSPC),
        ("fsync", 1, errno.EIO), ("fchmod", 1, errno.EPERM), ("replace", 1, errno.EPERM), ("close", 1, errno.EIO),
    ],
)
def test_what_the_system_refuses_is_a_sentence_and_nothing_is_left_behind(
    bundle: Bundle, path: Path, monkeypatch: pytest.MonkeyPatch, function: str, number: int, error: int
) -> None:
    monkeypatch.setattr(atomic, "system", Failing(function, number, error))
    with pytest.raises(CannotWriteError, match=f"{path.name} cannot be written: .*Nothing was changed"):
        save_in_place(FREE, bundle, PATCH, FixedClock())
    assert path.read_bytes() == BODY
    assert {name for name in names(path.parent) if name.endswith(atomic.TEMPORARY)} == set()
    assert all(one.read_bytes() == BODY for one in backups(path))


def test_what_a_living_save_writes_is_not_swept_away(bundle: Bundle, path: Path, tmp_path: Path) -> None:
    with atomic.staged(tmp_path, "other.jsonl", atomic.Privacy(), [BODY]) as other:
        dead = tmp_path / f".gone.jsonl.0123abcd{atomic.TEMPORARY}"
        alien = tmp_path / f".alien{atomic.TEMPORARY}"
        for left in (dead, alien):
            left.write_bytes(BODY[:9])
        save_copy(bundle, PATCH, tmp_path / "out.jsonl")
        assert not dead.exists()
        assert alien.exists()
        other.put(tmp_path / "other.jsonl")
    assert (tmp_path / "other.jsonl").read_bytes() == BODY


def test_a_temporary_file_swept_before_its_lock_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Swept:
        opened = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def open(self, path: Path, *arguments: Any) -> int:
            fd = os.open(path, *arguments)
            self.opened += 1
            if self.opened == 1:
                path.unlink()
            return fd

    monkeypatch.setattr(atomic, "system", Swept())
    with atomic.staged(tmp_path, "out", atomic.Privacy(), [BODY]) as new:
        new.put(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == BODY


def test_the_longest_names_can_be_saved(path: Path) -> None:
    for name in ("n" * 214 + ".jsonl", "é" * 107 + ".jsonl", "語" * 71 + ".jsonl"):
        longest = path.with_name(name)
        longest.write_bytes(BODY)
        with Source.open(longest) as source:
            save_in_place(FREE, ClaudeCode().bundle(source), PATCH, FixedClock())
        assert longest.read_bytes() == AFTER


def test_without_hard_links_backup_and_copy_are_copies(
    bundle: Bundle, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoLinks:
        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def link(self, _source: Path, _destination: Path) -> None:
            raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(atomic, "system", NoLinks())
    out = tmp_path / "out.jsonl"
    save_copy(bundle, PATCH, out)
    assert out.read_bytes() == AFTER
    with pytest.raises(CannotWriteError, match="exists already"):
        save_copy(bundle, PATCH, out)
    receipt = save_in_place(FREE, bundle, PATCH, FixedClock())
    assert receipt.backup is not None
    assert receipt.backup.read_bytes() == BODY
    assert mode(receipt.backup) == 0o640
    assert names(path.parent) == {path.name, receipt.backup.name}


def test_no_byte_is_readable_by_others_before_it_may_be(
    bundle: Bundle, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    class Watching:
        def __getattr__(self, name: str) -> Any:
            def call(*arguments: Any, **options: Any) -> Any:
                seen.extend(mode(one) for one in path.parent.iterdir())
                return getattr(os, name)(*arguments, **options)

            return call

    monkeypatch.setattr(atomic, "system", Watching())
    path.chmod(0o600)
    save_in_place(FREE, bundle, PATCH, FixedClock())
    assert set(seen) == {0o600}


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_cannot_be_written_to(bundle: Bundle, path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        with pytest.raises(CannotWriteError, match=r"permission denied\. Nothing was changed"):
            save_in_place(FREE, bundle, PATCH, FixedClock())
    finally:
        path.parent.chmod(0o700)
    assert path.read_bytes() == BODY


def test_standard_input_cannot_be_replaced(tmp_path: Path) -> None:
    with Source.of(BODY, "<stdin>") as source:
        bundle = ClaudeCode().bundle(source)
        with pytest.raises(CannotWriteError, match="has no file to replace; save a copy instead"):
            save_in_place(FREE, bundle, PATCH, FixedClock())
        out = tmp_path / "out.jsonl"
        save_copy(bundle, PATCH, out)
    assert out.read_bytes() == AFTER
    assert mode(out) == 0o600


def test_a_new_session_brings_its_side_folder(bundle: Bundle, path: Path) -> None:
    side = path.with_suffix("") / "subagents"
    side.mkdir(parents=True)
    (side / "agent-1.jsonl").write_bytes(b"{}\n")
    (side / "agent-1.jsonl").chmod(0o600)
    (side / "link").symlink_to("agent-1.jsonl")
    os.mkfifo(side / "pipe")
    receipt = save_as_session(FREE, bundle, PATCH, FixedClock(), "Shop (repaired)")
    new = b"00000000-0000-4000-8000-000000000001"
    assert receipt.path == path.with_name(f"{new.decode()}.jsonl")
    title = b'{"type":"custom-title","customTitle":"Shop (repaired)","sessionId":"' + new + b'"}\n'
    assert receipt.path.read_bytes() == AFTER + title
    copied = receipt.path.with_suffix("") / "subagents"
    assert names(copied) == {"agent-1.jsonl", "link"}
    assert (copied / "link").is_symlink()
    assert mode(copied / "agent-1.jsonl") == 0o600
    assert receipt.command is not None
    assert receipt.command.endswith("claude --resume 00000000-0000-4000-8000-000000000001")
    assert path.read_bytes() == BODY


def test_a_new_session_that_fails_leaves_nothing(
    bundle: Bundle, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = path.with_suffix("")
    side.mkdir()
    (side / "a.txt").write_bytes(b"a")
    before = names(path.parent)
    for number in (1, 3):
        monkeypatch.setattr(atomic, "system", Failing("fsync", number, errno.ENOSPC))
        with pytest.raises(CannotWriteError, match="no space left on device"):
            save_as_session(FREE, bundle, PATCH, FixedClock())
        assert names(path.parent) == before


def test_a_side_folder_that_cannot_be_looked_at_is_not_left_out(
    bundle: Bundle, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = path.with_suffix("")
    side.mkdir()
    stat_ = Path.stat

    def failing(self: Path, **options: bool) -> os.stat_result:
        if self == side:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return stat_(self, **options)

    before = names(path.parent)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", failing)
        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            save_as_session(FREE, bundle, PATCH, FixedClock())
    assert names(path.parent) == before


def test_restoring_undoes_and_restoring_again_redoes(path: Path) -> None:
    clock = FixedClock("2026-11-21T00:40:00.000Z")
    with pytest.raises(NotFoundError, match=r"has no backup \(\*\.unbrick-backup\) beside it"):
        restore(FREE, path, clock)
    with Source.open(path) as source:
        save_in_place(FREE, ClaudeCode().bundle(source), PATCH, clock)
    clock.time = "2026-11-21T00:41:00.000Z"
    receipt = restore(FREE, path, clock)
    assert path.read_bytes() == BODY
    assert receipt.note.endswith("2 lines back in, 2 lines out.")
    assert (receipt.kept, receipt.added, receipt.dropped) == (1, 2, 2)
    assert receipt.backup is not None
    assert receipt.backup.read_bytes() == AFTER
    clock.time = "2026-11-21T00:42:00.000Z"
    restore(FREE, path, clock)
    assert path.read_bytes() == AFTER
    oldest = backups(path)[-1]
    restore(FREE, path, clock, oldest)
    assert path.read_bytes() == BODY
    with pytest.raises(CannotWriteError, match="already holds what"):
        restore(FREE, path, clock, oldest)
    path.unlink()
    assert restore(FREE, path, clock, oldest).note == f"{path} was gone; it is back."
    assert path.read_bytes() == BODY


def test_every_backup_comes_back_byte_for_byte_and_restoring_undoes_it(path: Path) -> None:
    """Of several saves of several kinds, the client having added to the session between them and after them."""
    clock = FixedClock()
    times = (f"2026-11-21T01:{minute:02}:00.000Z" for minute in range(60))
    patches: tuple[dict[int, tuple[bytes, ...]], ...] = (PATCH, {1: ()}, {2: (b"x", b"{}")}, {END: (b"{}",)})
    for patch in patches:
        clock.time = next(times)
        with Source.open(path) as source:
            save_in_place(FREE, ClaudeCode().bundle(source), patch, clock)
        with path.open("ab") as file:
            file.write(LATE[:-1] if patch is PATCH else LATE)
    saved = backups(path)
    assert len(saved) == len(patches)
    for backup in saved:
        before, wanted = path.read_bytes(), backup.read_bytes()
        clock.time = next(times)
        receipt = restore(FREE, path, clock, backup)
        assert path.read_bytes() == wanted
        assert receipt.note.startswith(f"Undoes what was saved since {backup.name}: ")
        assert receipt.backup is not None
        assert receipt.backup.read_bytes() == before
        clock.time = next(times)
        restore(FREE, path, clock, receipt.backup)
        assert path.read_bytes() == before
    assert all(backup.exists() for backup in saved)


def test_a_session_keeps_what_belongs_to_it_where_something_fails_after_it_has_its_name(
    bundle: Bundle, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = path.with_suffix("")
    side.mkdir()
    (side / "one.txt").write_bytes(b"one")
    make_new = atomic.make_new

    def named(staged: Path, destination: Path) -> None:
        make_new(staged, destination)
        if destination.suffix == ".jsonl":
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(atomic, "make_new", named)
    with pytest.raises(CannotWriteError):
        save_as_session(FREE, bundle, PATCH, FixedClock())
    (made,) = (one for one in path.parent.glob("*.jsonl") if one != path)
    assert (made.with_suffix("") / "one.txt").read_bytes() == b"one"


def test_restoring_passes_over_the_backup_of_a_save_that_was_killed(path: Path) -> None:
    with Source.open(path) as source:
        save_in_place(FREE, ClaudeCode().bundle(source), PATCH, FixedClock("2026-11-21T00:40:00.000Z"))
    atomic.keep(path, path.with_name(f"{path.name}.20261121T004100000Z{atomic.BACKUP}"))
    restore(FREE, path, FixedClock("2026-11-21T00:42:00.000Z"))
    assert path.read_bytes() == BODY


@pytest.mark.parametrize("links", [True, False], ids=["a link", "a copy"])
def test_what_is_added_to_a_replaced_file_is_found_in_its_backup(
    path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """By a client that held the file open, or before a save was killed that would have taken it along."""
    if not links:
        monkeypatch.setattr(atomic, "system", Failing("link", 1, errno.EPERM))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    held = path.open("ab")
    with Source.open(path) as source:
        receipt = save_in_place(FREE, ClaudeCode().bundle(source), {3: ()}, SYSTEM_CLOCK)
    assert left_behind(path) is None
    assert receipt.backup is not None
    with held:
        held.write(LATE)
    assert left_behind(path) == (receipt.backup if links else None)
    with path.open("ab") as file:
        file.write(LATE)
    assert left_behind(path) is None


def test_lines_in_another_order_are_another_file(path: Path) -> None:
    lines = BODY.splitlines()
    with Source.open(path) as source:
        save_in_place(FREE, ClaudeCode().bundle(source), {1: (), 2: (lines[1], lines[0])}, FixedClock())
    restore(FREE, path, FixedClock())
    assert path.read_bytes() == BODY


def test_restoring_is_refused_while_the_session_is_open(bundle: Bundle, path: Path) -> None:
    save_in_place(FREE, bundle, PATCH, FixedClock())
    with pytest.raises(SessionInUseError, match="pid 7"):
        restore(Owned(pids=[7]), path, FixedClock())
    assert path.read_bytes() == AFTER


@given(
    st.lists(st.binary(max_size=12).filter(lambda raw: b"\n" not in raw), max_size=8), st.booleans(),
    st.dictionaries(st.integers(1, 8), st.lists(st.sampled_from([b"x", b"{}"]), max_size=2).map(tuple), max_size=4),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lines_that_no_patch_names_keep_their_bytes(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], ended: bool, patch: dict[int, tuple[bytes, ...]]
) -> None:
    data = b"\n".join(lines) + (b"\n" if ended else b"")
    folder = tmp_path_factory.mktemp("law")
    with Source.of(data) as source:
        patch = {line: pieces for line, pieces in patch.items() if line <= len(source)}
        save_copy(Bundle(source, "s"), patch, folder / "out")
        kept = [raw for line, raw in enumerate(source.lines(), 1) if line not in patch]
    written = (folder / "out").read_bytes().split(b"\n")
    position = 0
    for raw in kept:
        position = written.index(raw.removesuffix(b"\n"), position) + 1
    if not patch:
        assert (folder / "out").read_bytes() == data


def test_large_files_are_copied_in_pieces(tmp_path: Path) -> None:
    data = b"a" * (3 * CHUNK) + b"\n" + b"b\n" + b"c" * CHUNK
    with Source.of(data) as source:
        save_copy(Bundle(source, "s"), {2: (b"B",)}, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == data.replace(b"\nb\n", b"\nB\n")


@pytest.mark.parametrize("known", [True, False], ids=["with such advice", "without"])
def test_a_large_file_goes_to_the_disk_bit_by_bit(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    told: list[tuple[int, int]] = []

    class Advised:
        def __getattr__(self, name: str) -> Any:
            if name != "posix_fadvise":
                return getattr(os, name)
            if not known:
                raise AttributeError(name)
            return lambda fd, start, length, _advice: told.append((start, start + length))

    monkeypatch.setattr(atomic, "system", Advised())
    monkeypatch.setattr(atomic, "WINDOW", 20)
    receipt = save_copy(bundle, PATCH, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == AFTER
    assert receipt.sha256 == hashlib.sha256(AFTER).hexdigest()
    assert bool(told) is known
    assert all(0 <= start < end <= len(AFTER) for start, end in told)
