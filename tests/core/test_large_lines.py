"""What is said of a large line, and what a repair writes of it, is what is where nothing of it is left out."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.transcript import Transcript, judge, mend
from unbrick import abridged, mending, record, session
from unbrick.clock import FixedClock
from unbrick.finding import Safety
from unbrick.record import compact, length
from unbrick.rules import weight
from unbrick.scanning import scan

LONG, FOX = "x" * 700, "🦊"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR\0\0\1\0\0\0\1\0\x08\2"
TEXTS = [
    LONG * 2, LONG + FOX + LONG, FOX * 300, "Съешь ещё этих булок. " * 60, "Grüß dich, so geht es.\n" * 60,
    "我能吞下玻璃而不伤身体。" * 40, LONG + "\ud83d" + LONG, FOX * 90 + "\ude00" + FOX * 90, "\ud83d " * 300,
    "\u3000" * 900, "\x01\n\"\\" * 200,
    base64.b64encode(PNG + bytes(900)).decode(),
]
SPOILS: list[Callable[[bytes], bytes]] = [
    lambda raw: raw, lambda raw: raw, lambda raw: raw,
    lambda raw: raw[: len(raw) // 2] + bytes(3) + raw[len(raw) // 2 :],
    lambda raw: b"\0".join(raw[at : at + 100] for at in range(0, len(raw), 100)),
    lambda raw: raw[: len(raw) // 2] + b"\xff" + raw[len(raw) // 2 :],
    lambda raw: b"\xef\xbb\xbf" + raw, lambda raw: raw[:-40], lambda raw: raw[:-1] + b',"x":NaN}',
]


@st.composite
def sessions(draw: st.DrawFn) -> bytes:
    """A session with a large record of some kind, damaged or not."""
    text, other = draw(st.sampled_from(TEXTS)), draw(st.sampled_from(TEXTS))
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": text}}
    made = Transcript().talk(1)
    made.call("toolu_1", draw(st.sampled_from(["Bash", LONG])))
    made.result("toolu_1", "done")
    contents: list[Any] = [text, [{"type": "text", "text": text}], [image], [image, {"type": "text", "text": other}]]
    large = made.records[-1]
    large["message"]["content"][0]["content"] = draw(st.sampled_from(contents))
    if draw(st.booleans()):
        large["toolUseResult"] = {"stdout": text, "stderr": other}
    made.reply(draw(st.sampled_from(["so be it", other])))
    lines = [compact(one) for one in made.records]
    row = draw(st.integers(0, len(lines) - 1) | st.just(3))
    # A glance tells halves as U+FFFD, which nobody makes of them where bytes are no UTF-8 as well.
    halves = any(half in lines[row] for half in (b"\\ud83d", b"\\ude00"))
    lines[row] = draw(st.sampled_from(SPOILS[:3] if halves else SPOILS))(lines[row])
    return b"\n".join(lines) + b"\n"


def said(raw: bytes, version: str, large: int, block: int) -> object:
    """What is said of a session, and the lines of its repair, where lines of so many bytes are large."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (abridged, record, session, scan):
            patch.setattr(module, "LARGE", large)
        patch.setattr(abridged, "BLOCK", block)
        patch.setattr(mending, "CHUNK", 64)
        patch.setattr(record, "CHUNK", 64)
        patch.setattr(weight, "LIMIT", 2_000)
        report = judge(raw, version)
        repaired = mend(raw, version, allow=set(Safety), clock=FixedClock())
    return report.findings, report.resume, repaired.fixes, repaired.patch


@settings(max_examples=40)
@given(sessions(), st.sampled_from(["1.0.128", "2.1.139", "2.1.329"]), st.sampled_from([150, 200]))
def test_a_large_line_is_judged_and_mended_like_any_other(raw: bytes, version: str, block: int) -> None:
    assert repr(said(raw, version, 0, block)) == repr(said(raw, version, 1 << 30, block))


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
))
def test_the_length_of_a_value_is_that_of_its_json(value: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record, "CHUNK", 3)
        assert length(value) == len(compact(value))
