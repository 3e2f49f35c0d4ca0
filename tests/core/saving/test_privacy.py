"""What is written is as private as the original: while it is written, under any umask, whoever else is named."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import builder
from unbrick.clock import FixedClock
from unbrick.export import WAYS, What, export
from unbrick.opening import Choices, Opened, examine, open_word
from unbrick.restore import restore
from unbrick.save import Receipt, keep_all, save_as_session, save_copy, save_in_place
from unbrick.saving import atomic, folders
from unbrick.scanning.scan import finish

PATCH = {2: ()}
SECRET = b"ends in a secret\n"


@pytest.fixture(params=[0o000, 0o022, 0o077], ids="umask {:03o}".format)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "projects" / "-home-dev-project"
    folder.mkdir(parents=True, mode=0o755)
    found = folder / f"{builder.SESSION}.jsonl"
    found.write_bytes(builder.story("2.1.158").data())
    return found


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def copy(opened: Opened) -> list[Path]:
    return [save_copy(opened.bundle, PATCH, opened.bundle.path.parent / "copy.jsonl").path]


def session(opened: Opened) -> list[Path]:
    return [save_as_session(opened.format, opened.bundle, PATCH, FixedClock()).path]


def replaced(opened: Opened) -> list[Path]:
    receipt: Receipt = save_in_place(opened.format, opened.bundle, PATCH, FixedClock())
    assert receipt.backup is not None
    return [receipt.path, receipt.backup]


def restored(opened: Opened) -> list[Path]:
    backup = replaced(opened)[1]
    receipt = restore(opened.format, opened.bundle.path, FixedClock(), backup)
    assert receipt.backup is not None
    return [receipt.path, receipt.backup, backup]


def kept(opened: Opened) -> list[Path]:
    return keep_all(opened.bundle, FixedClock())


def exported(opened: Opened) -> list[Path]:
    there = opened.bundle.path.parent / "x.html"
    finish(export(WAYS[1], opened.format, finish(examine(opened)), What(), there))
    return [there]


Write = Callable[[Opened], list[Path]]
WRITES = [copy, session, replaced, restored, kept, exported]


def written(path: Path, write: Write) -> list[Path]:
    with open_word(str(path), Choices(config_dir=path.parents[2], surroundings=False), path.parent) as opened:
        return write(opened)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("original", [0o600, 0o640, 0o644], ids="{:03o}".format)
def test_new_files_have_the_originals_permissions(path: Path, write: Write, original: int, umask: int) -> None:
    path.chmod(original)
    assert {mode(one) for one in written(path, write)} == {original}


@pytest.mark.parametrize("write", WRITES)
def test_nobody_else_can_read_a_file_while_it_is_written(
    path: Path, write: Write, umask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    class Watched:
        def __getattr__(self, name: str) -> object:
            for one in path.parent.glob(f"*{atomic.TEMPORARY}"):
                if name in ("write", "fchmod", "fchown"):
                    seen.append(mode(one))
            return getattr(os, name)

    path.chmod(0o644)
    monkeypatch.setattr(atomic, "system", Watched())
    written(path, write)
    assert not seen or set(seen) == {0o600}
    assert seen or write in (kept,)


@pytest.mark.parametrize("write", WRITES)
def test_a_copy_goes_to_no_other_group(path: Path, write: Write) -> None:
    """A folder may hand its own group to what is made in it."""
    if os.geteuid() != 0:
        pytest.skip("only the superuser can make a folder of another group")
    os.chown(path, -1, 12345)
    path.chmod(0o640)
    os.chown(path.parent, -1, 54321)
    path.parent.chmod(0o2755)
    for one in written(path, write):
        assert one.stat().st_gid == 12345 or not mode(one) & 0o070


def test_folders_that_are_made_on_the_way_are_private(tmp_path: Path, umask: int) -> None:
    (tmp_path / "there").mkdir(mode=0o755)
    made = tmp_path / "there" / "a" / "b"
    folders.private_folder(made)
    folders.private_folder(made)
    assert [mode(one) for one in (made, made.parent)] == [0o700, 0o700]
    assert mode(tmp_path / "there") == 0o755 & ~umask


def access_list(*named: tuple[int, int], mask: int = 4) -> bytes:
    """A list as Linux keeps it: the owner may read and write, the group nothing, and these users what is said."""
    entries = [(1, 6, 0xFFFFFFFF), *((2, may, user) for user, may in named), (4, 0, 0xFFFFFFFF), (16, mask, 0xFFFFFFFF),
               (32, 0, 0xFFFFFFFF)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def give(path: Path, name: str, value: bytes) -> None:
    try:
        os.setxattr(path, f"system.posix_acl_{name}", value)
    except (AttributeError, OSError):
        pytest.skip("this file system keeps no access lists")


@pytest.mark.parametrize("write", WRITES)
def test_a_list_of_further_readers_goes_along_whole(path: Path, write: Write) -> None:
    """Its mask stands where the group's bits are: without the list, the group could read what it could not."""
    given = access_list((4711, 4))
    give(path, "access", given)
    for one in written(path, write):
        assert os.getxattr(one, "system.posix_acl_access") == given


@pytest.mark.parametrize("write", WRITES)
def test_a_folder_gives_no_further_readers(path: Path, write: Write) -> None:
    path.chmod(0o640)
    give(path.parent, "default", access_list((4711, 6), mask=6))
    for one in written(path, write):
        with pytest.raises(OSError, match=r"No data|not supported"):
            os.getxattr(one, "system.posix_acl_access")
