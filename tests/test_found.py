"""What fuzzing found once stays a case; and the campaign itself, its first cases."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest

from tools import fuzz

FOUND = sorted((Path(__file__).parent / "data" / "found").glob("*.gz"))
KNOWN = fuzz.origins(corpus=False)


@pytest.fixture(autouse=True)
def _no_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "SLOW", float("inf"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name.split(".")[0])
def test_what_was_found_is_mended(path: Path, tmp_path: Path) -> None:
    _name, number, name = path.name.removesuffix(".gz").split(".", 2)
    data = gzip.decompress(path.read_bytes())
    case = fuzz.Case(int(number), path.stem, (), data, None, name, name == "session.jsonl")
    fuzz.play(case, tmp_path, Counter(), [])


@pytest.mark.parametrize("number", range(40))
def test_the_laws_hold_on_damage_by_chance(number: int, tmp_path: Path) -> None:
    fuzz.play(fuzz.make(number, 1, KNOWN), tmp_path, Counter(), [])
