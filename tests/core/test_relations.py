"""What records have to do with one another."""

from __future__ import annotations

from pathlib import Path

import pytest

from unbrick.opening import Choices, examine, open_word
from unbrick.relations import MOST, Tie, related
from unbrick.scanning.scan import finish
from unbrick.session import Standing

SAMPLES = Path(__file__).parents[2] / "sample_sessions" / "claude_code"


@pytest.mark.parametrize("sample", ["healthy-compacted-twice", "missing-parent", "parent-cycle", "duplicate-uuid",
                                    "partial-parallel-results", "torn-and-glued"])
def test_relations_lead_to_other_records_and_back(sample: str) -> None:
    path = SAMPLES / sample / "session.jsonl"
    with open_word(str(path), Choices(surroundings=False, environ={}), Path()) as opened:
        situation = finish(examine(opened)).situation
        session = situation.session
        every = {row: related(situation, row).relations for row in range(len(session))}
        for row, found in every.items():
            assert row not in [one.row for one in found]
            for one in found:
                back = [other.tie for other in every.get(one.row, ()) if other.row == row]
                if one.tie is Tie.PARENT:
                    assert Tie.CHILD in back or len(session.children.get(one.row)) > MOST  # type: ignore[arg-type]
                elif one.tie is Tie.RESULT:
                    assert Tie.CALL in back or Tie.RESULT in back
                elif one.tie in (Tie.PART, Tie.TWIN):
                    assert one.tie in back
        summarised = [row for row in every if situation.thread.standing_of(row) is Standing.SUMMARISED]
        assert all(any(one.tie is Tie.SUMMARISED for one in every[row]) for row in summarised)


def test_rows_that_do_not_exist_have_none() -> None:
    with open_word(str(SAMPLES / "healthy" / "session.jsonl"), Choices(surroundings=False, environ={}), Path()) as one:
        situation = finish(examine(one)).situation
        assert not related(situation, -1).relations
        assert not related(situation, len(situation.session)).relations
