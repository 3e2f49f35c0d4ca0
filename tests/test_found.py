"""What fuzzing found once stays a case; and the campaign itself, its first cases."""

from __future__ import annotations

import gzip
from collections import Counter
from itertools import count, islice
from pathlib import Path

import pytest

from tools import exhaust, fuzz
from unbrick import repair as repairing
from unbrick.check import check

FOUND = sorted((Path(__file__).parent / "data" / "found").glob("*.gz"))
KNOWN = fuzz.origins(corpus=False)


SLICES = {"types": 509, "lines": 1511, "cuts": 701, "files": 89}
"""Of the campaigns that leave nothing out, every so manieth case runs with the tests."""


@pytest.fixture(autouse=True)
def _no_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "SLOW", float("inf"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name.split(".")[0])
def test_what_was_found_is_mended(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = count()
    monkeypatch.setattr(repairing, "check", lambda *given: next(rounds) >= 0 and check(*given))
    _name, number, name = path.name.removesuffix(".gz").split(".", 2)
    data = gzip.decompress(path.read_bytes())
    case = fuzz.Case(int(number), path.stem, (), data, None, name, name == "session.jsonl")
    fuzz.play(case, tmp_path, Counter(), [])
    assert next(rounds) < 200


@pytest.mark.parametrize("number", range(40))
def test_the_laws_hold_on_damage_by_chance(number: int, tmp_path: Path) -> None:
    fuzz.play(fuzz.make(number, 1, KNOWN), tmp_path, Counter(), [])


@pytest.mark.parametrize("kind", SLICES)
def test_the_laws_hold_on_damage_without_chance(kind: str) -> None:
    for case in islice(exhaust.KINDS[kind](corpus=False), SLICES[kind] // 2, None, SLICES[kind]):
        try:
            case.play()
        except Exception as error:
            raise AssertionError(case.name) from error
