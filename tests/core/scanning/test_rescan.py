"""A scan made from the one before is the scan."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import strategies as made
from unbrick.formats.claude_code import records
from unbrick.patch import View, compose
from unbrick.record import END, At
from unbrick.scanning.rescan import BLOCK_COLUMNS, ROW_COLUMNS, grown, rescan
from unbrick.scanning.scan import Scan, finish, scan
from unbrick.source import Source

STRINGS = {"type", "uuid", "parent", "refers", "message_id", "model", "version", "block_ref", "block_name"}
PIECES = st.lists(
    st.sampled_from([
        b"", b"{", b'{"type":"user","uuid":"new","parentUuid":"other","message":{"content":[{"type":"text"}]}}',
        b'{"a":1}{"type":"user","uuid":"glued"}', b'{"type":"tag","tag":"x"}',
    ]), max_size=3,
).map(tuple)


def columns(scanned: Scan) -> dict[str, Any]:
    """All that a scan holds, strings spelled out and times comparable."""
    found: dict[str, Any] = {}
    for name in (*ROW_COLUMNS, *BLOCK_COLUMNS, "first"):
        values = list(getattr(scanned, name))
        found[name] = [scanned.strings.text(value) for value in values] if name in STRINGS else values
    found["time"] = [repr(time) for time in scanned.time]
    return {**found, "faults": scanned.faults, "salvaged": scanned.salvaged}


def test_every_column_is_taken_over() -> None:
    assert {one.name for one in fields(Scan)} == {
        *ROW_COLUMNS, *BLOCK_COLUMNS, "view", "strings", "first", "faults", "salvaged",
    }


@given(made.damaged_sessions(), st.data())
def test_a_scan_made_from_the_one_before_is_the_scan(body: bytes, data: st.DataObject) -> None:
    with Source.of(body) as source:
        patch = {}
        before = finish(scan(View(source), records.entry))
        for _step in range(3):
            view = View(source, patch)
            rows = data.draw(st.lists(st.integers(0, max(len(view) - 1, 0)), max_size=4, unique=True))
            change = {view.at(row): data.draw(PIECES) for row in rows if row < len(view)}
            if data.draw(st.booleans()):
                change[At(END, len(patch.get(END, ())))] = data.draw(PIECES)
            patch = data.draw(st.sampled_from([{}, compose(patch, change), compose(patch, change)]))
            known = columns(before)
            again = finish(rescan(before, View(source, patch), records.entry))
            assert columns(again) == columns(finish(scan(View(source, patch), records.entry)))
            assert columns(before) == known
            before = again


def test_another_source_is_refused() -> None:
    with Source.of(b"{}\n") as one, Source.of(b"{}\n") as other:
        before = finish(scan(View(one), records.entry))
        with pytest.raises(ValueError, match="not one of this source"):
            finish(rescan(before, View(other), records.entry))


@given(made.damaged_sessions(), st.integers(0, 1 << 30))
def test_a_scan_of_a_file_that_grew_is_the_scan(body: bytes, cut: int) -> None:
    with Source.of(body[: cut % (len(body) + 1)]) as shorter, Source.of(body) as whole:
        before = finish(scan(View(shorter), records.entry))
        known = columns(before)
        again = finish(grown(before, View(whole), records.entry))
        assert columns(again) == columns(finish(scan(View(whole), records.entry)))
        assert columns(before) == known
