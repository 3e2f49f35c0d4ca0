"""Many transcripts are judged by several processes as they are by one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from unbrick.errors import UsageError
from unbrick.opening import Choices
from unbrick.scanning import helpers
from unbrick_tui import checking
from unbrick_tui.checking import Checked, check_all

SAMPLES = sorted((Path(__file__).parent.parent.parent / "sample_sessions" / "claude_code").glob("*/session.jsonl"))


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    monkeypatch.setattr(helpers, "cores", lambda: 2)
    monkeypatch.setattr(checking, "FEW", 4)
    monkeypatch.setattr(checking, "SHARE", 2)
    found = []
    for number, path in enumerate(SAMPLES[:9]):
        shutil.copy(path, tmp_path / f"{number}.jsonl")
        found.append(str(tmp_path / f"{number}.jsonl"))
    (tmp_path / "folder.jsonl").mkdir()
    found.insert(5, str(tmp_path / "folder.jsonl"))
    yield found


CHOICES = Choices("recorded", surroundings=False)


def alone(names: list[str], as_json: bool) -> list[Checked]:
    return [checking.check_one(name, CHOICES, as_json) for name in names]


@pytest.mark.parametrize("as_json", [True, False])
def test_verdicts_come_in_order(names: list[str], as_json: bool) -> None:
    found = list(check_all(names, CHOICES, as_json))
    assert found == alone(names, as_json)
    assert [one.verdict is None for one in found] == [name.endswith("folder.jsonl") for name in names]


def test_what_no_process_did_is_done_here(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    own, expected, opened = os.getpid(), alone(names, True), checking.open_word

    def dies(name: str, *rest: object) -> object:
        if os.getpid() != own and name == names[4]:
            os._exit(1)
        return opened(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(checking, "open_word", dies)
    assert list(check_all(names, CHOICES, True)) == expected


def test_wrong_use_is_told_as_ever(names: list[str]) -> None:
    with pytest.raises(UsageError, match="--client takes"):
        list(check_all(names, Choices("what"), True))
