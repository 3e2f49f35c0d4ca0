"""Verdicts that are remembered: for whom they hold, what is written, and what becomes of a damaged cache."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.opening import Choices
from unbrick.scanning.scan import finish
from unbrick.sessions import cache as caches
from unbrick.sessions.cache import NAME, Cache
from unbrick.sessions.health import Health, judge
from unbrick.stored import Stored

SAMPLES = Path(__file__).parents[3] / "sample_sessions"
BARE = Choices(surroundings=False, environ={})
ONE = Stored(Path("/home/ada/.claude/projects/-home-ada-shop/1.jsonl"), 1000, 5_000_000_000, True, "claude-code")
GOOD = Health("resumes in full", "good", "healthy", "accepted", "none", 210)
BAD = Health("refused", "bad", "broken", "refused", "file", 12, 3, ("T001", "L002"))


def remembered(folder: Path, choices: Choices = BARE) -> Health | None:
    return Cache(folder, choices).get(ONE, None)


def put(folder: Path, one: Stored = ONE, health: Health = BAD, choices: Choices = BARE) -> None:
    cache = Cache(folder, choices)
    cache.put(one, None, health)
    cache.save()


def test_what_was_said_is_remembered(tmp_path: Path) -> None:
    put(tmp_path / "c")
    assert remembered(tmp_path / "c") == BAD
    assert remembered(tmp_path / "elsewhere") is None


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(ONE._replace(size=1001), id="another size"),
        pytest.param(ONE._replace(mtime_ns=5_000_000_001), id="another time"),
        pytest.param(ONE._replace(path=Path("/home/ada/2.jsonl")), id="another file"),
    ],
)
def test_not_for_another_state_of_the_file(tmp_path: Path, other: Stored) -> None:
    put(tmp_path)
    assert Cache(tmp_path, BARE).get(other, None) is None


@pytest.mark.parametrize(
    "choices",
    [
        pytest.param(replace(BARE, client="2.1.139"), id="another client"),
        pytest.param(replace(BARE, model="claude-opus-4-7"), id="another model"),
        pytest.param(replace(BARE, strict=True), id="strict"),
        pytest.param(replace(BARE, way="run"), id="another way"),
    ],
)
def test_not_for_another_target(tmp_path: Path, choices: Choices) -> None:
    put(tmp_path)
    assert remembered(tmp_path, choices) is None


def test_not_for_another_configuration_of_the_client(tmp_path: Path) -> None:
    home = tmp_path / "home"
    choices = Choices(config_dir=home, environ={"HOME": str(tmp_path)})
    put(tmp_path / "c", choices=choices)
    assert remembered(tmp_path / "c", choices) == BAD
    home.mkdir()
    (home / "settings.json").write_text('{"model": "claude-opus-4-7"}')
    assert remembered(tmp_path / "c", choices) is None


def test_not_for_another_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path)
    monkeypatch.setattr(caches, "_release", lambda: "9.9.9")
    assert remembered(tmp_path) is None
    put(tmp_path, health=GOOD)
    assert remembered(tmp_path) == GOOD


def test_a_file_that_changed_takes_the_place_of_what_it_was(tmp_path: Path) -> None:
    put(tmp_path)
    put(tmp_path, ONE._replace(size=2000), GOOD)
    assert len(json.loads((tmp_path / NAME).read_bytes())["sessions"]) == 1


def test_what_could_not_be_judged_is_asked_again(tmp_path: Path) -> None:
    put(tmp_path, health=Health.unread("it cannot be read"))
    assert not (tmp_path / NAME).exists()


def test_nobody_else_can_read_it_and_no_word_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "unbrick"
    path = SAMPLES / "claude_code" / "crash-mid-tool" / "session.jsonl"
    one = Stored.at(path, "claude-code")
    assert one is not None
    put(folder, one, finish(judge(path, BARE, tmp_path)))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600
    assert [entry.name for entry in folder.iterdir()] == [NAME]
    held = (folder / NAME).read_text()
    for word in ("session.jsonl", "crash", "mugs", "shop", "home", str(path.parent)):
        assert word not in held
    (key,) = json.loads(held)["sessions"]
    assert len(bytes.fromhex(key)) == 16


def test_two_programs_keep_what_the_other_wrote(tmp_path: Path) -> None:
    first, second = Cache(tmp_path, BARE), Cache(tmp_path, BARE)
    other = ONE._replace(path=Path("/home/ada/2.jsonl"))
    first.put(ONE, None, BAD)
    second.put(other, None, GOOD)
    first.save()
    second.save()
    both = Cache(tmp_path, BARE)
    assert (both.get(ONE, None), both.get(other, None)) == (BAD, GOOD)


def test_it_stays_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "MOST", 3)
    for number in range(5):
        put(tmp_path, ONE._replace(path=Path(f"/{number}")))
    cache = Cache(tmp_path, BARE)
    kept = [number for number in range(5) if cache.get(ONE._replace(path=Path(f"/{number}")), None)]
    assert kept == [2, 3, 4]


def whole(folder: Path) -> dict[str, object]:
    put(folder)
    held: dict[str, object] = json.loads((folder / NAME).read_bytes())
    return held


FOREIGN = [
    pytest.param(b"", id="empty"),
    pytest.param(b"{", id="torn"),
    pytest.param(b"\xff\x00\xfe", id="not text"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b'{"unbrick": 1, "sessions": 2}', id="another shape"),
]


@pytest.mark.parametrize("data", FOREIGN)
def test_a_damaged_cache_is_built_anew_without_a_word(tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAME).write_bytes(data)
    assert remembered(tmp_path) is None
    put(tmp_path)
    assert remembered(tmp_path) == BAD


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=14,
))
def test_entries_that_we_did_not_write_are_no_verdicts(
    tmp_path_factory: pytest.TempPathFactory, entry: object,
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    held = whole(folder)
    sessions = held["sessions"]
    assert isinstance(sessions, dict)
    ((key, ours),) = sessions.items()
    held["sessions"] = {key: entry, "other": ours, "third": [*ours[:-1], entry]}
    (folder / NAME).write_text(json.dumps(held))
    found = remembered(folder)
    assert found is None or isinstance(found.word, str)


def test_where_nothing_can_be_written_nothing_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    put(tmp_path / "file" / "unbrick")
    assert remembered(tmp_path / "file" / "unbrick") is None
    cache = Cache(None, BARE)
    cache.put(ONE, None, GOOD)
    cache.save()
    assert cache.get(ONE, None) == GOOD


HEALTH = [
    pytest.param("healthy", "resumes in full", "good", False, id="in full"),
    pytest.param("crash-mid-tool", "resumes, with changes", "warn", False, id="with changes"),
    pytest.param("missing-parent", "loses history", "bad", True, id="loses history"),
    pytest.param("context-too-long", "refused", "bad", True, id="refused"),
    pytest.param("role-system-with-flag", "not this file", "bad", True, id="not this file"),
]


@pytest.mark.parametrize(("name", "word", "grave", "broken"), HEALTH)
def test_the_verdict_in_brief(tmp_path: Path, name: str, word: str, grave: str, broken: bool) -> None:
    found = finish(judge(SAMPLES / "claude_code" / name / "session.jsonl", BARE, tmp_path))
    assert (found.word, found.grave, found.broken) == (word, grave, broken)
    assert found.records > 100
