"""The format of a file is told from its first records, however large or damaged they are."""

from __future__ import annotations

import tracemalloc

import pytest

from unbrick.opening import detect
from unbrick.source import Source

RECORD = b'{"parentUuid":null,"sessionId":"s","type":"user","uuid":"%d","message":{"role":"user","content":"%b"}}\n'


@pytest.mark.parametrize("head", [b"", b"\0" * 3_000 + b"\n", b"no record\n" * 40], ids=["no", "a large", "some"])
def test_lines_that_cannot_be_read_do_not_keep_records_from_telling(
    head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unbrick.opening.ENOUGH", 100)
    found = detect(Source.of(head + RECORD % (1, b"hello")))
    assert found is not None
    assert found.client == "claude-code"


def test_large_records_are_not_all_held_to_tell_the_format(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(RECORD % (number, b"x" * 100_000) for number in range(60))
    monkeypatch.setattr("unbrick.opening.ENOUGH", 200_000)
    with Source.of(data) as source:
        len(source)
        tracemalloc.start()
        assert detect(source) is not None
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < len(data) / 2
