"""Opening and saving a session that is a folder: which file is the truth, what follows it, what is never written."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from unbrick.clock import FixedClock, SystemClock
from unbrick.errors import AmbiguousError, CannotWriteError, NotFoundError
from unbrick.formats.amplifier import places
from unbrick.opening import Choices, Opened, examine, open_source, open_word
from unbrick.patch import EMPTY
from unbrick.repair import Repaired, repair
from unbrick.restore import restore
from unbrick.save import keep_all, save_as_session, save_in_place
from unbrick.saving import atomic
from unbrick.scanning.scan import finish
from unbrick.source import Source

SAMPLES = Path(__file__).parents[4] / "sample_sessions" / "amplifier"
ID, OTHER = "7d3c1f5a-5e55-4000-8000-0000000000a1", "7d3c1f5a-5e55-4000-8000-0000000000a2"
CHOICES = Choices(surroundings=False)


@pytest.fixture
def projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A client's folder with one broken session."""
    monkeypatch.setenv("AMPLIFIER_HOME", str(tmp_path / "home"))
    found = tmp_path / "home" / "projects"
    put(found, "prompt-before-results", ID)
    return found


def put(projects: Path, name: str, session_id: str) -> Path:
    folder = projects / "-home-user-app" / "sessions" / session_id
    shutil.copytree(SAMPLES / name, folder)
    (folder / "expected.json").unlink()
    first = (folder / "transcript.jsonl").read_bytes().splitlines(keepends=True)[0]
    (folder / "transcript.jsonl.backup").write_bytes(first)
    return folder


def mended(session: Opened) -> Repaired:
    report = finish(examine(session))
    return finish(repair(session.format, session.bundle, report.target, clock=FixedClock(), known=report))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def about(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "metadata.json").read_text())
    return found


@pytest.mark.parametrize("word", ["", "transcript.jsonl", "metadata.json", "events.jsonl", "transcript.jsonl.backup"])
def test_a_session_is_opened_by_its_folder_and_any_of_its_files(projects: Path, word: str) -> None:
    folder = projects / "-home-user-app" / "sessions" / ID
    with open_word(str(folder / word), CHOICES, projects) as session:
        assert session.bundle.path == folder / "transcript.jsonl"
        assert session.bundle.session_id == ID
        assert session.format.name == "Amplifier"


@pytest.mark.parametrize("word", [ID, ID[:8], ID[-6:]])
def test_a_session_is_found_by_its_id_or_a_part_of_it(projects: Path, word: str) -> None:
    with open_word(word, CHOICES, projects) as session:
        assert session.bundle.session_id == ID


def test_a_part_of_two_ids_is_ambiguous_and_of_none_unknown(projects: Path) -> None:
    put(projects, "healthy", OTHER)
    with pytest.raises(AmbiguousError, match="2 sessions match"):
        places.find(ID[:8], projects, None)
    with pytest.raises(NotFoundError):
        places.find("ffffffff", projects, None)


def test_in_place_the_metadata_follows_and_both_come_back(projects: Path) -> None:
    folder = projects / "-home-user-app" / "sessions" / ID
    stale = about(folder) | {"turn_count": 9}
    (folder / "metadata.json").write_text(json.dumps(stale))
    before = bytes_of(folder)
    with open_word(str(folder), CHOICES, folder) as session:
        receipt = save_in_place(session.format, session.bundle, mended(session).patch, FixedClock())
    assert receipt.beside == (folder / "metadata.json",)
    assert about(folder) == stale | {"turn_count": 3}
    untouched = ("events.jsonl", "transcript.jsonl.backup")
    assert {name: bytes_of(folder)[name] for name in untouched} == {name: before[name] for name in untouched}
    restore(session.format, folder / "transcript.jsonl", SystemClock())
    assert {name: bytes_of(folder)[name] for name in before} == before


def test_metadata_that_cannot_be_written_with_it_are_named(projects: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = projects / "-home-user-app" / "sessions" / ID
    stale = about(folder) | {"turn_count": 9}
    (folder / "metadata.json").write_text(json.dumps(stale))

    class Full:
        def __getattr__(self, name: str) -> Any:
            def call(*arguments: Any, **options: Any) -> Any:
                if name == "open" and "metadata.json" in str(arguments[0]):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return getattr(os, name)(*arguments, **options)

            return call

    with open_word(str(folder), CHOICES, folder) as session, monkeypatch.context() as patched:
        patched.setattr(atomic, "system", Full())
        receipt = save_in_place(session.format, session.bundle, mended(session).patch, FixedClock())
    assert receipt.beside == ()
    assert receipt.note == "Could not be written with it, and is as it was: metadata.json."
    assert about(folder) == stale


def test_a_new_session_is_a_folder_that_is_marked_as_the_clients_own_forks(projects: Path) -> None:
    folder = projects / "-home-user-app" / "sessions" / ID
    before = bytes_of(folder)
    with open_word(str(folder), CHOICES, folder) as session:
        receipt = save_as_session(session.format, session.bundle, mended(session).patch, FixedClock(), "Mended")
    assert bytes_of(folder) == before
    assert receipt.command is not None
    assert receipt.command.endswith(f"amplifier session resume {receipt.session_id}")
    new = places.find(str(receipt.session_id), projects, None).parent
    assert sorted(bytes_of(new)) == ["metadata.json", "transcript.jsonl"]
    assert about(new) == about(folder) | {
        "session_id": receipt.session_id, "turn_count": 3, "parent_id": ID, "forked_from_turn": 3, "name": "Mended",
        "forked_at": "2026-01-01T00:00:00.000+00:00",
    }
    with open_word(str(new), CHOICES, new) as session:
        assert mended(session).patch == EMPTY


def test_nothing_is_left_of_a_new_session_that_could_not_be_written(projects: Path) -> None:
    folder = projects / "-home-user-app" / "sessions" / ID
    clock = FixedClock()
    taken = folder.parent / FixedClock().uuid()
    taken.mkdir()
    with open_word(str(folder), CHOICES, folder) as session, pytest.raises(CannotWriteError):
        save_as_session(session.format, session.bundle, mended(session).patch, clock)
    assert sorted(path.name for path in folder.parent.iterdir()) == sorted([ID, taken.name])
    assert list(taken.iterdir()) == []


def test_the_history_of_context_persistent_is_what_is_mended(projects: Path) -> None:
    folder = projects / "-home-user-app" / "sessions" / ID
    real = projects / "app-4657675b" / "sessions" / ID / "context-messages.jsonl"
    real.parent.mkdir(parents=True)
    records = [json.loads(line) for line in (folder / "transcript.jsonl").read_text().splitlines()]
    for record in records:
        record["timestamp"] = record.pop("metadata")["timestamp"]
    killed = [record for record in records if record["role"] != "tool"]
    real.write_text("".join(json.dumps(record) + "\n" for record in killed))
    transcript = (folder / "transcript.jsonl").read_bytes()
    with open_word(str(folder), CHOICES, folder) as session:
        assert session.bundle.path == real
        done = mended(session)
        copy = save_as_session(session.format, session.bundle, done.patch, FixedClock())
        save_in_place(session.format, session.bundle, done.patch, FixedClock())
    assert (folder / "transcript.jsonl").read_bytes() == transcript
    for path in (real, real.parents[1] / str(copy.session_id) / real.name):
        results = [record for line in path.read_text().splitlines() if (record := json.loads(line))["role"] == "tool"]
        assert len(results) == 4
        assert all("timestamp" in record and "metadata" not in record for record in results)
    assert places.entrance(folder.parent / str(copy.session_id)) == copy.path


def test_copies_can_be_kept_before_anything_is_done(projects: Path) -> None:
    folder = projects / "-home-user-app" / "sessions" / ID
    before = bytes_of(folder)
    with open_word(str(folder), CHOICES, folder) as session:
        kept = keep_all(session.bundle, FixedClock())
        again = keep_all(session.bundle, FixedClock())
    assert [path.read_bytes() for path in kept] == [
        before[name] for name in ("transcript.jsonl", "metadata.json", "transcript.jsonl.backup")
    ]
    assert not {path.name for path in kept} & {path.name for path in again}
    assert {name: data for name, data in bytes_of(folder).items() if name in before} == before


def test_a_file_named_without_a_folder_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The command that keeps a copy of a torn session's folder needs that folder's name.
    whole = (SAMPLES / "two-of-three-results" / "transcript.jsonl").read_bytes()
    (tmp_path / "transcript.jsonl").write_bytes(whole[: len(whole) * 2 // 3])
    monkeypatch.chdir(tmp_path)
    with open_source(Source.open(Path("transcript.jsonl")), CHOICES) as session:
        risk = next(found for found in finish(examine(session)).findings if found.code == "J010")
        assert f"{tmp_path.name}.kept" in str(risk.advice[0].command)
